SELECT COUNT(*) AS n, COUNT(amount) AS known, COUNT(DISTINCT id_card) AS people FROM visits;
-- tables: visits
-- visits: at most 64 rows of each person
-- one row: no grouping
-- COUNT(*): one unit changes it by at most 64
-- COUNT(amount): one unit changes it by at most 64
-- COUNT(DISTINCT id_card): one unit changes it by at most 1

SELECT SUM(amount) FROM visits;
-- tables: visits
-- visits: at most 64 rows of each person
-- one row: no grouping
-- SUM(amount): one unit changes it by at most 1.28e+06

SELECT SUM(days) AS total, AVG(days) AS mean FROM visits WHERE sex = 'F';
-- tables: visits
-- visits: at most 64 rows of each person
-- one row: no grouping
-- SUM(days): one unit changes it by at most 1920
-- SUM(days - 15): one unit changes it by at most 960
-- COUNT(days): one unit changes it by at most 64

SELECT AVG(amount) AS mean, COUNT(amount) AS n, SUM(amount) / COUNT(amount) AS ratio FROM visits;
-- tables: visits
-- visits: at most 64 rows of each person
-- one row: no grouping
-- SUM(amount - 10000): one unit changes it by at most 640000
-- COUNT(amount): one unit changes it by at most 64
-- SUM(amount): one unit changes it by at most 1.28e+06

SELECT SUM(clamp(weight, 0, 200)) FROM visits WHERE weight BETWEEN 0 AND 200;
-- tables: visits
-- visits: at most 64 rows of each person
-- one row: no grouping
-- SUM(CLAMP(weight, 0, 200)): one unit changes it by at most 12800

SELECT AVG(clamp(weight, -10, 200)) FROM visits WHERE weight BETWEEN 0 AND 200;
-- tables: visits
-- visits: at most 64 rows of each person
-- one row: no grouping
-- SUM(CLAMP(weight, -10, 200) - 95): one unit changes it by at most 6720
-- COUNT(CLAMP(weight, -10, 200)): one unit changes it by at most 64

SELECT SUM(clamp(amount, 0, 500)) AS capped FROM visits;
-- tables: visits
-- visits: at most 64 rows of each person
-- one row: no grouping
-- SUM(CLAMP(amount, 0, 500)): one unit changes it by at most 32000

SELECT SUM(CASE WHEN sex = 'F' THEN amount ELSE 0 END) / SUM(amount) AS share FROM visits;
-- tables: visits
-- visits: at most 64 rows of each person
-- one row: no grouping
-- SUM(CASE WHEN sex = 'F' THEN amount ELSE 0 END): one unit changes it by at most 1.28e+06
-- SUM(amount): one unit changes it by at most 1.28e+06

SELECT SUM(amount * days) AS bed_cost, AVG(amount / (days + 1)) AS daily FROM visits;
-- tables: visits
-- visits: at most 64 rows of each person
-- one row: no grouping
-- SUM(amount * days): one unit changes it by at most 3.84e+07
-- SUM(amount / (days + 1) - 10000): one unit changes it by at most 640000
-- COUNT(amount / (days + 1)): one unit changes it by at most 64

SELECT SUM(-days) AS minus, SUM(days * 2 - 1) AS odd, SUM(abs(days - 15)) AS far FROM visits;
-- tables: visits
-- visits: at most 64 rows of each person
-- one row: no grouping
-- SUM(-days): one unit changes it by at most 1920
-- SUM(days * 2 - 1): one unit changes it by at most 3776
-- SUM(ABS(days - 15)): one unit changes it by at most 960

SELECT COUNT(CASE WHEN days > 3 AND urgent THEN 1 END) AS long_urgent FROM visits;
-- tables: visits
-- visits: at most 64 rows of each person
-- one row: no grouping
-- COUNT(CASE WHEN days > 3 AND urgent THEN 1 END): one unit changes it by at most 64

SELECT AVG(month(visited_on)) AS month, SUM(1) AS ones FROM visits;
-- tables: visits
-- visits: at most 64 rows of each person
-- one row: no grouping
-- SUM(MONTH(visited_on) - 6): one unit changes it by at most 384
-- COUNT(MONTH(visited_on)): one unit changes it by at most 64
-- SUM(1): one unit changes it by at most 64

SELECT AVG(least(greatest(code, 0), 100)) FROM visits WHERE code IS NOT NULL;
-- tables: visits
-- visits: at most 64 rows of each person
-- one row: no grouping
-- SUM(LEAST(GREATEST(code, 0), 100) - 50): one unit changes it by at most 3200
-- COUNT(LEAST(GREATEST(code, 0), 100)): one unit changes it by at most 64

SELECT round(AVG(amount), 1) AS mean, SUM(days) * 100.0 / COUNT(*) AS per_hundred, 'x' AS tag FROM visits;
-- tables: visits
-- visits: at most 64 rows of each person
-- one row: no grouping
-- SUM(amount - 10000): one unit changes it by at most 640000
-- COUNT(amount): one unit changes it by at most 64
-- SUM(days): one unit changes it by at most 1920
-- COUNT(*): one unit changes it by at most 64

SELECT COUNT(DISTINCT v.id_card) FROM visits AS v WHERE v.days >= 2;
-- tables: visits
-- v: at most 64 rows of each person
-- one row: no grouping
-- COUNT(DISTINCT v.id_card): one unit changes it by at most 1

SELECT SUM(TRY_CAST(days AS DOUBLE)) FROM visits;
-- tables: visits
-- visits: at most 64 rows of each person
-- one row: no grouping
-- SUM(TRY_CAST(days AS DOUBLE)): one unit changes it by at most 1920

SELECT SUM(round(amount)) AS r, SUM(floor(amount)) AS f, SUM(ceil(amount)) AS c FROM visits;
-- tables: visits
-- visits: at most 64 rows of each person
-- one row: no grouping
-- SUM(ROUND(amount)): one unit changes it by at most 1.28006e+06
-- SUM(FLOOR(amount)): one unit changes it by at most 1.28e+06
-- SUM(CEIL(amount)): one unit changes it by at most 1.28e+06

SELECT COUNT(*) AS n FROM visits HAVING COUNT(*) > 5;
-- tables: visits
-- visits: at most 64 rows of each person
-- one row: no grouping
-- COUNT(*): one unit changes it by at most 64

SELECT COUNT(*) AS n FROM visits HAVING COUNT(*) < 5;
-- tables: visits
-- visits: at most 64 rows of each person
-- one row: no grouping
-- COUNT(*): one unit changes it by at most 64
