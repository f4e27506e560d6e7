SELECT days > 3 AS late, urgent, COUNT(*) AS n FROM visits GROUP BY ALL ORDER BY ALL DESC;
-- tables: visits
-- visits: at most 64 rows of each person
-- groups by days > 3, urgent: 9 declared cells, each with its own noise
-- COUNT(*): one unit changes it by at most 64
-- COUNT(DISTINCT unit): one unit changes it by at most 1

SELECT COUNT(*) AS n, SUM(days) AS s FROM visits GROUP BY ALL;
-- tables: visits
-- visits: at most 64 rows of each person
-- one row: no grouping
-- COUNT(*): one unit changes it by at most 64
-- SUM(days): one unit changes it by at most 1920

SELECT DISTINCT city FROM visits;
-- tables: visits
-- visits: at most 64 rows of each person
-- groups by city: 4 declared cells, each with its own noise
-- COUNT(DISTINCT unit): one unit changes it by at most 1

SELECT COUNT(*) AS n FROM (SELECT DISTINCT id_card, city FROM visits) AS t;
-- tables: visits
-- visits: at most 64 rows of each person
-- one row: no grouping
-- COUNT(*): one unit changes it by at most 64

SELECT city, COUNT(*) AS n FROM (SELECT DISTINCT id_card, city FROM visits) AS t GROUP BY city;
-- tables: visits
-- visits: at most 64 rows of each person
-- groups by city: 4 declared cells, each with its own noise
-- COUNT(*): one unit changes it by at most 1
-- COUNT(DISTINCT unit): one unit changes it by at most 1

SELECT DISTINCT city, COUNT(*) > 0 AS any_row FROM visits GROUP BY city, sex;
-- tables: visits
-- visits: at most 64 rows of each person
-- groups by city, sex: 12 declared cells, each with its own noise
-- COUNT(*): one unit changes it by at most 64
-- COUNT(DISTINCT unit): one unit changes it by at most 1

SELECT COUNT(*) AS n FROM visits WHERE diagnosis ILIKE 'i1%';
-- tables: visits
-- visits: at most 64 rows of each person
-- one row: no grouping
-- COUNT(*): one unit changes it by at most 64

SELECT COUNT(*) AS n FROM visits WHERE diagnosis NOT ILIKE 'E!%' ESCAPE '!';
-- tables: visits
-- visits: at most 64 rows of each person
-- one row: no grouping
-- COUNT(*): one unit changes it by at most 64

SELECT COUNT(*) AS n FROM visits WHERE sex = ANY (['F', 'M']) AND list_contains(['A', 'B', 'I10'], diagnosis);
-- tables: visits
-- visits: at most 64 rows of each person
-- one row: no grouping
-- COUNT(*): one unit changes it by at most 64

SELECT COUNT(*) AS n FROM visits WHERE (sex, diagnosis) IN (('F', 'I10'), ('M', 'E11'));
-- tables: visits
-- visits: at most 64 rows of each person
-- one row: no grouping
-- COUNT(*): one unit changes it by at most 64

SELECT COUNT(*) AS n FROM visits WHERE (sex, diagnosis) NOT IN (('F', 'I10'), ('M', NULL));
-- tables: visits
-- visits: at most 64 rows of each person
-- one row: no grouping
-- COUNT(*): one unit changes it by at most 64

SELECT city, COUNT(*) AS n, n * 2 AS twice, twice + 1 AS more FROM visits GROUP BY city;
-- tables: visits
-- visits: at most 64 rows of each person
-- groups by city: 4 declared cells, each with its own noise
-- COUNT(*): one unit changes it by at most 64
-- COUNT(DISTINCT unit): one unit changes it by at most 1

SELECT AVG(d) AS a FROM (SELECT days * 2 AS d FROM visits WHERE d > 6) AS t;
-- tables: visits
-- visits: at most 64 rows of each person
-- one row: no grouping
-- SUM(d - 30): one unit changes it by at most 1920
-- COUNT(d): one unit changes it by at most 64

SELECT COUNT(*) AS n FROM main.visits WHERE main.visits.days > 3;
-- tables: visits
-- visits: at most 64 rows of each person
-- one row: no grouping
-- COUNT(*): one unit changes it by at most 64

SELECT sex, COUNT(*) AS n FROM visits NATURAL JOIN (SELECT hospital FROM hospitals WHERE level = 2) AS h GROUP BY sex;
-- tables: hospitals, visits
-- visits: at most 64 rows of each person
-- h: up to 2 rows match one row
-- groups by sex: 3 declared cells, each with its own noise
-- COUNT(*): one unit changes it by at most 128
-- COUNT(DISTINCT unit): one unit changes it by at most 1

SELECT SUM(d) AS s FROM (SELECT ROW_NUMBER() OVER w AS place, days AS d FROM visits WINDOW w AS (PARTITION BY id_card ORDER BY days)) AS t WHERE d >= 0;
-- tables: visits
-- visits: at most 64 rows of each person
-- one row: no grouping
-- SUM(d): one unit changes it by at most 1920

SELECT urgent, COUNT(*) AS n FROM visits GROUP BY urgent ORDER BY urgent FETCH FIRST 2 ROWS ONLY;
-- tables: visits
-- visits: at most 64 rows of each person
-- groups by urgent: 3 declared cells, each with its own noise
-- COUNT(*): one unit changes it by at most 64
-- COUNT(DISTINCT unit): one unit changes it by at most 1

SELECT COUNT(*) AS n FROM (SELECT * EXCLUDE (amount, weight) FROM visits) AS t WHERE days > 2;
-- tables: visits
-- visits: at most 64 rows of each person
-- one row: no grouping
-- COUNT(*): one unit changes it by at most 64

SELECT AVG((sex = 'F')::INT) AS share, SUM((days > 3)::INT) AS n FROM visits;
-- tables: visits
-- visits: at most 64 rows of each person
-- one row: no grouping
-- SUM(CAST((sex = 'F') AS INT) - 0.5): one unit changes it by at most 32
-- COUNT(CAST((sex = 'F') AS INT)): one unit changes it by at most 64
-- SUM(CAST((days > 3) AS INT)): one unit changes it by at most 64

SELECT STDDEV(n) AS s, MEDIAN(n) AS m, QUANTILE_CONT(n, 0.25) AS q, VAR_POP(n) AS v FROM (SELECT city, COUNT(*) AS n FROM visits GROUP BY city) AS t;
-- tables: visits
-- visits: at most 64 rows of each person
-- groups by city: 4 declared cells, each with its own noise
-- COUNT(*): one unit changes it by at most 64
-- COUNT(DISTINCT unit): one unit changes it by at most 1

SELECT regr_count(amount, days) AS n FROM visits;
-- tables: visits
-- visits: at most 64 rows of each person
-- one row: no grouping
-- COUNT(CASE WHEN NOT amount IS NULL AND NOT days IS NULL THEN 1 END): one unit changes it by at most 64

SELECT city, COUNT(*)::VARCHAR AS n FROM visits GROUP BY city;
-- tables: visits
-- visits: at most 64 rows of each person
-- groups by city: 4 declared cells, each with its own noise
-- COUNT(*): one unit changes it by at most 64
-- COUNT(DISTINCT unit): one unit changes it by at most 1
