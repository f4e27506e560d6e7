SELECT a.n / b.n AS share FROM (SELECT COUNT(*) AS n FROM visits WHERE urgent) a CROSS JOIN (SELECT COUNT(*) AS n FROM visits) b;
-- tables: visits
-- visits: at most 64 rows of each person
-- visits: at most 64 rows of each person
-- one row: no grouping
-- COUNT(*): one unit changes it by at most 64
-- one row: no grouping
-- COUNT(*): one unit changes it by at most 64

SELECT (SELECT COUNT(*) FROM drugs) / (SELECT COUNT(DISTINCT id_card) FROM visits) AS each;
-- tables: drugs, visits
-- drugs: at most 8 rows of each person
-- visits: at most 64 rows of each person
-- one row: no grouping
-- COUNT(*): one unit changes it by at most 8
-- one row: no grouping
-- COUNT(DISTINCT id_card): one unit changes it by at most 1

WITH y AS (SELECT month(visited_on) AS m, SUM(amount) AS total FROM visits GROUP BY 1)
SELECT a.m, a.total - b.total AS more FROM y a JOIN y b ON a.m = b.m + 1 ORDER BY a.m;
-- tables: visits
-- visits: at most 64 rows of each person
-- groups by MONTH(visited_on): 13 declared cells, each with its own noise
-- SUM(amount): one unit changes it by at most 1.28e+06
-- COUNT(DISTINCT unit): one unit changes it by at most 1

SELECT city, n FROM (SELECT city, COUNT(*) AS n FROM visits GROUP BY city) v ORDER BY n DESC, city LIMIT 2;
-- tables: visits
-- visits: at most 64 rows of each person
-- groups by city: 4 declared cells, each with its own noise
-- COUNT(*): one unit changes it by at most 64
-- COUNT(DISTINCT unit): one unit changes it by at most 1

SELECT MAX(n) AS most, AVG(n) AS mean, COUNT(*) AS cities FROM (SELECT city, COUNT(*) AS n FROM visits GROUP BY city) v WHERE n > 10;
-- tables: visits
-- visits: at most 64 rows of each person
-- groups by city: 4 declared cells, each with its own noise
-- COUNT(*): one unit changes it by at most 64
-- COUNT(DISTINCT unit): one unit changes it by at most 1

WITH c AS (SELECT city, COUNT(*) AS n FROM visits GROUP BY city), d AS (SELECT city, COUNT(*) AS n FROM drugs GROUP BY city)
SELECT c.city, c.n / d.n AS ratio FROM c LEFT JOIN d ON c.city = d.city;
-- tables: drugs, visits
-- visits: at most 64 rows of each person
-- drugs: at most 8 rows of each person
-- groups by city: 4 declared cells, each with its own noise
-- COUNT(*): one unit changes it by at most 64
-- COUNT(DISTINCT unit): one unit changes it by at most 1
-- groups by city: 4 declared cells, each with its own noise
-- COUNT(*): one unit changes it by at most 8
-- COUNT(DISTINCT unit): one unit changes it by at most 1

SELECT city, sex, COUNT(*) AS n, RANK() OVER (PARTITION BY sex ORDER BY COUNT(*) DESC) AS place FROM visits WHERE city IS NOT NULL AND sex IS NOT NULL GROUP BY city, sex ORDER BY sex, place, city;
-- tables: visits
-- visits: at most 64 rows of each person
-- groups by city, sex: 6 declared cells, each with its own noise
-- COUNT(*): one unit changes it by at most 64
-- COUNT(DISTINCT unit): one unit changes it by at most 1

SELECT city, COUNT(*) AS n, COUNT(*) / SUM(COUNT(*)) OVER () AS share FROM visits GROUP BY city QUALIFY RANK() OVER (ORDER BY COUNT(*) DESC, city) < 4 ORDER BY n, city;
-- tables: visits
-- visits: at most 64 rows of each person
-- groups by city: 4 declared cells, each with its own noise
-- COUNT(*): one unit changes it by at most 64
-- COUNT(DISTINCT unit): one unit changes it by at most 1

SELECT 'visits' AS what, COUNT(*) AS n FROM visits UNION ALL SELECT 'drugs', COUNT(*) FROM drugs ORDER BY what;
-- tables: drugs, visits
-- visits: at most 64 rows of each person
-- drugs: at most 8 rows of each person
-- one row: no grouping
-- COUNT(*): one unit changes it by at most 64
-- one row: no grouping
-- COUNT(*): one unit changes it by at most 8

SELECT h.region, v.n FROM (SELECT city, COUNT(*) AS n FROM visits GROUP BY city) v JOIN hospitals h ON h.region = v.city WHERE h.level > 1 ORDER BY n, h.region;
-- tables: hospitals, visits
-- visits: at most 64 rows of each person
-- groups by city: 4 declared cells, each with its own noise
-- COUNT(*): one unit changes it by at most 64
-- COUNT(DISTINCT unit): one unit changes it by at most 1

SELECT city, CASE WHEN COUNT(*) > 60 THEN 'many' WHEN AVG(days) > 10 THEN 'long' ELSE 'few' END AS kind FROM visits GROUP BY city;
-- tables: visits
-- visits: at most 64 rows of each person
-- groups by city: 4 declared cells, each with its own noise
-- COUNT(*): one unit changes it by at most 64
-- SUM(days - 15): one unit changes it by at most 960
-- COUNT(days): one unit changes it by at most 64
-- COUNT(DISTINCT unit): one unit changes it by at most 1

SELECT COUNT(*) AS n FROM visits WHERE days > (SELECT AVG(days) FROM visits);
-- tables: visits
-- visits: at most 64 rows of each person
-- visits: at most 64 rows of each person
-- one row: no grouping
-- SUM(days - 15): one unit changes it by at most 960
-- COUNT(days): one unit changes it by at most 64
-- one row: no grouping
-- COUNT(*): one unit changes it by at most 64

SELECT city, COUNT(*) AS n FROM visits WHERE amount < (SELECT 0.2 * AVG(amount) FROM visits WHERE urgent) GROUP BY city HAVING COUNT(*) > (SELECT COUNT(*) / 100 FROM drugs);
-- tables: drugs, visits
-- visits: at most 64 rows of each person
-- visits: at most 64 rows of each person
-- drugs: at most 8 rows of each person
-- one row: no grouping
-- SUM(amount - 10000): one unit changes it by at most 640000
-- COUNT(amount): one unit changes it by at most 64
-- groups by city: 4 declared cells, each with its own noise
-- COUNT(*): one unit changes it by at most 64
-- COUNT(DISTINCT unit): one unit changes it by at most 1
-- one row: no grouping
-- COUNT(*): one unit changes it by at most 8

WITH m AS (SELECT city, AVG(days) AS mean FROM visits WHERE city IS NOT NULL GROUP BY city)
SELECT SUM(v.amount) AS total, COUNT(*) AS n FROM visits v JOIN m ON v.city = m.city WHERE v.days > m.mean;
-- tables: visits
-- visits: at most 64 rows of each person
-- v: at most 64 rows of each person
-- m: up to 1 rows match one row
-- groups by city: 3 declared cells, each with its own noise
-- SUM(days - 15): one unit changes it by at most 960
-- COUNT(days): one unit changes it by at most 64
-- COUNT(DISTINCT unit): one unit changes it by at most 1
-- one row: no grouping
-- SUM(v.amount): one unit changes it by at most 1.28e+06
-- COUNT(*): one unit changes it by at most 64

WITH m AS (SELECT hospital, sex, COUNT(*) AS n FROM visits WHERE hospital IS NOT NULL AND sex IS NOT NULL GROUP BY hospital, sex)
SELECT COUNT(*) AS n, SUM(clamp(v.days - m.n, -50, 50)) AS d FROM visits v JOIN m ON v.hospital = m.hospital AND m.sex = v.sex;
-- tables: visits
-- visits: at most 64 rows of each person
-- v: at most 64 rows of each person
-- m: up to 1 rows match one row
-- groups by hospital, sex: keys are discovered; a group is shown when enough units are in it
-- COUNT(*): one unit changes it by at most 64
-- COUNT(DISTINCT unit): one unit changes it by at most 1
-- one row: no grouping
-- COUNT(*): one unit changes it by at most 64
-- SUM(CLAMP(v.days - m.n, -50, 50)): one unit changes it by at most 3200

SELECT AVG(days) AS mean, COUNT(*) FILTER (WHERE days > (SELECT AVG(days) FROM visits)) AS above FROM visits;
-- tables: visits
-- visits: at most 64 rows of each person
-- visits: at most 64 rows of each person
-- one row: no grouping
-- SUM(days - 15): one unit changes it by at most 960
-- COUNT(days): one unit changes it by at most 64
-- one row: no grouping
-- SUM(days - 15): one unit changes it by at most 960
-- COUNT(days): one unit changes it by at most 64
-- COUNT(CASE WHEN days > (SELECT AVG(days) FROM visits) THEN 1 END): one unit changes it by at most 64

SELECT region, level FROM hospitals WHERE beds > (SELECT AVG(beds) FROM hospitals);
-- public tables only: exact, no noise, no charge

WITH r AS (SELECT region, MAX(beds) AS most FROM hospitals GROUP BY region)
SELECT h.hospital, r.most FROM hospitals h JOIN r ON h.region = r.region AND h.beds = r.most ORDER BY 1;
-- public tables only: exact, no noise, no charge
