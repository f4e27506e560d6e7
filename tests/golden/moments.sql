SELECT VAR_POP(amount) AS v, VAR_SAMP(amount) AS w, VARIANCE(days) AS x FROM visits;
-- tables: visits
-- visits: at most 64 rows of each person
-- one row: no grouping
-- SUM(amount - 10000): one unit changes it by at most 640000
-- COUNT(amount): one unit changes it by at most 64
-- SUM((amount - 10000)² - 5e+07): one unit changes it by at most 3.2e+09
-- SUM(days - 15): one unit changes it by at most 960
-- COUNT(days): one unit changes it by at most 64
-- SUM((days - 15)² - 112): one unit changes it by at most 7232

SELECT STDDEV_POP(days) AS a, STDDEV_SAMP(days) AS b, STDDEV(amount) AS c FROM visits;
-- tables: visits
-- visits: at most 64 rows of each person
-- one row: no grouping
-- SUM(days - 15): one unit changes it by at most 960
-- COUNT(days): one unit changes it by at most 64
-- SUM((days - 15)² - 112): one unit changes it by at most 7232
-- SUM(amount - 10000): one unit changes it by at most 640000
-- COUNT(amount): one unit changes it by at most 64
-- SUM((amount - 10000)² - 5e+07): one unit changes it by at most 3.2e+09

SELECT COVAR_POP(amount, days) AS p, COVAR_SAMP(amount, days) AS s FROM visits WHERE sex = 'F';
-- tables: visits
-- visits: at most 64 rows of each person
-- one row: no grouping
-- SUM((amount - 10000) * (days - 15)): one unit changes it by at most 9.6e+06
-- COUNT(amount, days): one unit changes it by at most 64
-- SUM(amount - 10000): one unit changes it by at most 640000
-- SUM(days - 15): one unit changes it by at most 960

SELECT CORR(amount, days) AS r, CORR(days, clamp(code, 0, 100)) AS s FROM visits;
-- tables: visits
-- visits: at most 64 rows of each person
-- one row: no grouping
-- SUM((amount - 10000) * (days - 15)): one unit changes it by at most 9.6e+06
-- COUNT(amount, days): one unit changes it by at most 64
-- SUM(amount - 10000): one unit changes it by at most 640000
-- SUM(days - 15): one unit changes it by at most 960
-- SUM((amount - 10000)² - 5e+07): one unit changes it by at most 3.2e+09
-- SUM((days - 15)² - 112): one unit changes it by at most 7232
-- SUM((days - 15) * (CLAMP(code, 0, 100) - 50)): one unit changes it by at most 48000
-- COUNT(days, CLAMP(code, 0, 100)): one unit changes it by at most 64
-- SUM(days - 15): one unit changes it by at most 960
-- SUM(CLAMP(code, 0, 100) - 50): one unit changes it by at most 3200
-- SUM((days - 15)² - 112): one unit changes it by at most 7232
-- SUM((CLAMP(code, 0, 100) - 50)² - 1250): one unit changes it by at most 80000

SELECT REGR_SLOPE(amount, days) AS slope, REGR_INTERCEPT(amount, days) AS start FROM visits;
-- tables: visits
-- visits: at most 64 rows of each person
-- one row: no grouping
-- SUM((amount - 10000) * (days - 15)): one unit changes it by at most 9.6e+06
-- COUNT(amount, days): one unit changes it by at most 64
-- SUM(amount - 10000): one unit changes it by at most 640000
-- SUM(days - 15): one unit changes it by at most 960
-- SUM((days - 15)² - 112): one unit changes it by at most 7232

SELECT city, STDDEV(days) AS spread, AVG(days) AS mean, COUNT(days) AS n FROM visits GROUP BY city;
-- tables: visits
-- visits: at most 64 rows of each person
-- groups by city: 4 declared cells, each with its own noise
-- SUM(days - 15): one unit changes it by at most 960
-- COUNT(days): one unit changes it by at most 64
-- SUM((days - 15)² - 112): one unit changes it by at most 7232
-- COUNT(DISTINCT unit): one unit changes it by at most 1

SELECT VAR_POP(clamp(weight, 0, 300)) AS v FROM visits WHERE weight BETWEEN 0 AND 300;
-- tables: visits
-- visits: at most 64 rows of each person
-- one row: no grouping
-- SUM((CLAMP(weight, 0, 300) - 150)² - 11250): one unit changes it by at most 720000
-- COUNT(CLAMP(weight, 0, 300)): one unit changes it by at most 64
-- SUM(CLAMP(weight, 0, 300) - 150): one unit changes it by at most 9600

SELECT VAR_POP(days) FILTER (WHERE urgent) AS v, CORR(amount, days) FILTER (WHERE sex = 'M') AS r FROM visits;
-- tables: visits
-- visits: at most 64 rows of each person
-- one row: no grouping
-- SUM(CASE WHEN urgent THEN days END - 15): one unit changes it by at most 960
-- COUNT(CASE WHEN urgent THEN days END): one unit changes it by at most 64
-- SUM((CASE WHEN urgent THEN days END - 15)² - 112): one unit changes it by at most 7232
-- SUM((CASE WHEN sex = 'M' THEN amount END - 10000) * (days - 15)): one unit changes it by at most 9.6e+06
-- COUNT(CASE WHEN sex = 'M' THEN amount END, days): one unit changes it by at most 64
-- SUM(CASE WHEN sex = 'M' THEN amount END - 10000): one unit changes it by at most 640000
-- SUM(days - 15): one unit changes it by at most 960
-- SUM((CASE WHEN sex = 'M' THEN amount END - 10000)² - 5e+07): one unit changes it by at most 3.2e+09
-- SUM((days - 15)² - 112): one unit changes it by at most 7232

SELECT CORR(v.days, d.price) AS r, VAR_POP(d.price) AS v FROM visits v JOIN drugs d ON v.id_card = d.person;
-- tables: drugs, visits
-- v: at most 64 rows of each person
-- d: at most 8 rows of each person
-- one row: no grouping
-- SUM((v.days - 15) * (d.price - 49.25)): one unit changes it by at most 389760
-- COUNT(v.days, d.price): one unit changes it by at most 512
-- SUM(v.days - 15): one unit changes it by at most 7680
-- SUM(d.price - 49.25): one unit changes it by at most 25984
-- SUM((v.days - 15)² - 112): one unit changes it by at most 57856
-- SUM((d.price - 49.25)² - 1287.78): one unit changes it by at most 659344
-- SUM((d.price - 49.25)² - 1287.78): one unit changes it by at most 659344
-- COUNT(d.price): one unit changes it by at most 512
-- SUM(d.price - 49.25): one unit changes it by at most 25984

SELECT STDDEV(month(visited_on)) AS months, VAR_SAMP(CAST(urgent AS INTEGER)) AS share FROM visits;
-- tables: visits
-- visits: at most 64 rows of each person
-- one row: no grouping
-- SUM((MONTH(visited_on) - 6.5)² - 15): one unit changes it by at most 976
-- COUNT(MONTH(visited_on)): one unit changes it by at most 64
-- SUM(MONTH(visited_on) - 6.5): one unit changes it by at most 352
-- SUM(CAST(urgent AS INT) - 0.5): one unit changes it by at most 32
-- COUNT(CAST(urgent AS INT)): one unit changes it by at most 64
-- SUM((CAST(urgent AS INT) - 0.5)²): one unit changes it by at most 16
