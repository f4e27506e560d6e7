SELECT city, AVG(n) AS mean FROM (SELECT id_card, city, count(*) AS n FROM visits GROUP BY id_card, city) v GROUP BY city;
-- tables: visits
-- visits: at most 64 rows of each person
-- groups by city: 4 declared cells, each with its own noise
-- SUM(n - 32): one unit changes it by at most 32
-- COUNT(n): one unit changes it by at most 1
-- COUNT(DISTINCT unit): one unit changes it by at most 1

WITH per AS (SELECT id_card, COUNT(*) AS n, SUM(amount) AS total FROM visits GROUP BY id_card)
SELECT AVG(n) AS visits, AVG(clamp(total, 0, 50000)) AS spent, COUNT(DISTINCT id_card) AS people FROM per;
-- tables: visits
-- visits: at most 64 rows of each person
-- one row: no grouping
-- SUM(n - 32): one unit changes it by at most 32
-- COUNT(n): one unit changes it by at most 1
-- SUM(CLAMP(total, 0, 50000) - 25000): one unit changes it by at most 25000
-- COUNT(CLAMP(total, 0, 50000)): one unit changes it by at most 1
-- COUNT(DISTINCT id_card): one unit changes it by at most 1

SELECT n, COUNT(*) AS people FROM (SELECT id_card, COUNT(*) AS n FROM visits GROUP BY id_card) v GROUP BY n ORDER BY n;
-- tables: visits
-- visits: at most 64 rows of each person
-- groups by n: 64 declared cells, each with its own noise
-- COUNT(*): one unit changes it by at most 1
-- COUNT(DISTINCT unit): one unit changes it by at most 1

SELECT s, COUNT(*) AS people, AVG(h) AS hospitals, AVG(d) AS days
FROM (SELECT id_card, MIN(sex) AS s, COUNT(DISTINCT hospital) AS h, AVG(days) AS d FROM visits
WHERE sex IS NOT NULL GROUP BY id_card HAVING COUNT(*) FILTER (WHERE urgent) > 0) v GROUP BY s;
-- tables: visits
-- visits: at most 64 rows of each person
-- groups by s: 3 declared cells, each with its own noise
-- COUNT(*): one unit changes it by at most 1
-- SUM(h - 32): one unit changes it by at most 32
-- COUNT(h): one unit changes it by at most 1
-- SUM(d - 15): one unit changes it by at most 15
-- COUNT(d): one unit changes it by at most 1
-- COUNT(DISTINCT unit): one unit changes it by at most 1

SELECT month(last) AS m, COUNT(*) AS n FROM (SELECT id_card, MAX(visited_on) AS last FROM visits GROUP BY 1) v GROUP BY m;
-- tables: visits
-- visits: at most 64 rows of each person
-- groups by MONTH(last): 13 declared cells, each with its own noise
-- COUNT(*): one unit changes it by at most 1
-- COUNT(DISTINCT unit): one unit changes it by at most 1

SELECT COUNT(*) AS n, SUM(d.price) AS paid FROM drugs d
JOIN (SELECT id_card FROM visits WHERE urgent GROUP BY id_card) v ON d.person = v.id_card;
-- tables: drugs, visits
-- d: at most 8 rows of each person
-- visits: at most 64 rows of each person
-- one row: no grouping
-- COUNT(*): one unit changes it by at most 8
-- SUM(d.price): one unit changes it by at most 800

SELECT n, COUNT(*) AS people FROM (SELECT id_card, COUNT(*) AS n FROM visits GROUP BY 1) v WHERE n <= 5 GROUP BY n;
-- tables: visits
-- visits: at most 64 rows of each person
-- groups by n: 5 declared cells, each with its own noise
-- COUNT(*): one unit changes it by at most 1
-- COUNT(DISTINCT unit): one unit changes it by at most 1
