SELECT city, COUNT(*) AS n, (SELECT COUNT(*) FROM drugs d WHERE d.city = v.city) AS x FROM visits v GROUP BY city;
-- tables: drugs, visits
-- v: at most 64 rows of each person
-- d: at most 8 rows of each person
-- groups by city: 4 declared cells, each with its own noise
-- COUNT(*): one unit changes it by at most 64
-- COUNT(DISTINCT unit): one unit changes it by at most 1
-- groups by d.city: 4 declared cells, each with its own noise
-- COUNT(*): one unit changes it by at most 8
-- COUNT(DISTINCT unit): one unit changes it by at most 1

SELECT city, (SELECT SUM(beds) FROM hospitals h WHERE h.region = visits.city) AS beds, COUNT(*) AS n FROM visits GROUP BY city;
-- tables: hospitals, visits
-- visits: at most 64 rows of each person
-- groups by city: 4 declared cells, each with its own noise
-- COUNT(*): one unit changes it by at most 64
-- COUNT(DISTINCT unit): one unit changes it by at most 1

SELECT city FROM visits v GROUP BY city HAVING COUNT(*) > 4 * (SELECT COUNT(*) FROM drugs d WHERE d.city = v.city);
-- tables: drugs, visits
-- v: at most 64 rows of each person
-- d: at most 8 rows of each person
-- groups by city: 4 declared cells, each with its own noise
-- COUNT(*): one unit changes it by at most 64
-- COUNT(DISTINCT unit): one unit changes it by at most 1
-- groups by d.city: 4 declared cells, each with its own noise
-- COUNT(*): one unit changes it by at most 8
-- COUNT(DISTINCT unit): one unit changes it by at most 1

WITH c AS (SELECT city, COUNT(*) AS n FROM visits GROUP BY city) SELECT city, n, (SELECT n FROM c AS o WHERE o.city = c.city) AS again FROM c;
-- tables: visits
-- visits: at most 64 rows of each person
-- groups by city: 4 declared cells, each with its own noise
-- COUNT(*): one unit changes it by at most 64
-- COUNT(DISTINCT unit): one unit changes it by at most 1

SELECT hospital, COUNT(*) AS n FROM visits v GROUP BY hospital ORDER BY (SELECT COUNT(*) FROM visits w WHERE w.hospital = v.hospital AND w.urgent) DESC, n;
-- tables: visits
-- v: at most 64 rows of each person
-- w: at most 64 rows of each person
-- groups by hospital: keys are discovered; a group is shown when enough units are in it
-- COUNT(*): one unit changes it by at most 64
-- COUNT(DISTINCT unit): one unit changes it by at most 1
-- groups by w.hospital: keys are discovered; a group is shown when enough units are in it
-- COUNT(*): one unit changes it by at most 64
-- COUNT(DISTINCT unit): one unit changes it by at most 1

SELECT city, sex, (SELECT COUNT(*) FROM drugs d WHERE d.city = v.city AND v.sex = d.drug) AS x, (SELECT AVG(price) FROM drugs d WHERE v.city = d.city) AS y FROM visits v GROUP BY city, sex;
-- tables: drugs, visits
-- v: at most 64 rows of each person
-- d: at most 8 rows of each person
-- d: at most 8 rows of each person
-- groups by city, sex: 12 declared cells, each with its own noise
-- COUNT(DISTINCT unit): one unit changes it by at most 1
-- groups by d.city, d.drug: 12 declared cells, each with its own noise
-- COUNT(*): one unit changes it by at most 8
-- COUNT(DISTINCT unit): one unit changes it by at most 1
-- groups by d.city: 4 declared cells, each with its own noise
-- SUM(price - 49.25): one unit changes it by at most 406
-- COUNT(price): one unit changes it by at most 8
-- COUNT(DISTINCT unit): one unit changes it by at most 1

SELECT hospital, COUNT(*) AS n, (SELECT SUM(days) FROM visits w WHERE w.hospital = v.hospital AND w.days > 5) AS x FROM visits v GROUP BY hospital;
-- tables: visits
-- v: at most 64 rows of each person
-- w: at most 64 rows of each person
-- groups by hospital: keys are discovered; a group is shown when enough units are in it
-- COUNT(*): one unit changes it by at most 64
-- COUNT(DISTINCT unit): one unit changes it by at most 1
-- groups by w.hospital: keys are discovered; a group is shown when enough units are in it
-- SUM(days): one unit changes it by at most 1920
-- COUNT(DISTINCT unit): one unit changes it by at most 1

SELECT diagnosis, (SELECT COUNT(*) FROM visits w WHERE w.diagnosis = v.diagnosis AND w.urgent) AS x FROM visits v GROUP BY diagnosis;
-- tables: visits
-- v: at most 64 rows of each person
-- w: at most 64 rows of each person
-- groups by diagnosis: keys are discovered; a group is shown when enough units are in it
-- COUNT(DISTINCT unit): one unit changes it by at most 1
-- groups by w.diagnosis: keys are discovered; a group is shown when enough units are in it
-- COUNT(*): one unit changes it by at most 64
-- COUNT(DISTINCT unit): one unit changes it by at most 1

SELECT city, (SELECT COALESCE(SUM(price), -1) + 2 * COUNT(*) FROM drugs d WHERE d.city = v.city AND d.drug = 'A') AS x FROM visits v GROUP BY city;
-- tables: drugs, visits
-- v: at most 64 rows of each person
-- d: at most 8 rows of each person
-- groups by city: 4 declared cells, each with its own noise
-- COUNT(DISTINCT unit): one unit changes it by at most 1
-- groups by d.city: 4 declared cells, each with its own noise
-- SUM(price): one unit changes it by at most 800
-- COUNT(*): one unit changes it by at most 8
-- COUNT(DISTINCT unit): one unit changes it by at most 1

SELECT hospital, (SELECT MAX(level) FROM hospitals h WHERE h.hospital = v.hospital) AS l, (SELECT COUNT(*) FROM hospitals h WHERE h.hospital = v.hospital) AS k, COUNT(*) AS n FROM visits v GROUP BY hospital;
-- tables: hospitals, visits
-- v: at most 64 rows of each person
-- groups by hospital: keys are discovered; a group is shown when enough units are in it
-- COUNT(*): one unit changes it by at most 64
-- COUNT(DISTINCT unit): one unit changes it by at most 1

SELECT code, (SELECT hospital FROM hospitals h WHERE h.beds = v.code) AS x, COUNT(*) AS n FROM visits v GROUP BY code;
-- tables: hospitals, visits
-- v: at most 64 rows of each person
-- groups by code: keys are discovered; a group is shown when enough units are in it
-- COUNT(*): one unit changes it by at most 64
-- COUNT(DISTINCT unit): one unit changes it by at most 1

SELECT h.hospital, (SELECT SUM(beds) FROM hospitals g WHERE g.region = h.region) AS beds FROM hospitals h;
-- public tables only: exact, no noise, no charge

SELECT region, SUM(beds) AS beds, (SELECT COUNT(*) FROM visits v WHERE v.city = h.region) AS n FROM hospitals h GROUP BY region HAVING (SELECT COUNT(*) FROM drugs d WHERE d.city = h.region) >= 0;
-- tables: drugs, hospitals, visits
-- v: at most 64 rows of each person
-- d: at most 8 rows of each person
-- groups by v.city: 4 declared cells, each with its own noise
-- COUNT(*): one unit changes it by at most 64
-- COUNT(DISTINCT unit): one unit changes it by at most 1
-- groups by d.city: 4 declared cells, each with its own noise
-- COUNT(*): one unit changes it by at most 8
-- COUNT(DISTINCT unit): one unit changes it by at most 1

WITH c AS (SELECT city, COUNT(*) AS n FROM visits GROUP BY city), d AS (SELECT city, AVG(price) AS p FROM drugs GROUP BY city) SELECT city, n, (SELECT p FROM d WHERE d.city = c.city) AS p FROM c WHERE n > (SELECT p FROM d WHERE d.city = c.city);
-- tables: drugs, visits
-- visits: at most 64 rows of each person
-- drugs: at most 8 rows of each person
-- groups by city: 4 declared cells, each with its own noise
-- COUNT(*): one unit changes it by at most 64
-- COUNT(DISTINCT unit): one unit changes it by at most 1
-- groups by city: 4 declared cells, each with its own noise
-- SUM(price - 49.25): one unit changes it by at most 406
-- COUNT(price): one unit changes it by at most 8
-- COUNT(DISTINCT unit): one unit changes it by at most 1

WITH c AS (SELECT city, sex, COUNT(*) AS n FROM visits GROUP BY city, sex) SELECT city, sex, n / (SELECT SUM(n) FROM c AS o WHERE o.city = c.city) AS share FROM c;
-- tables: visits
-- visits: at most 64 rows of each person
-- groups by city, sex: 12 declared cells, each with its own noise
-- COUNT(*): one unit changes it by at most 64
-- COUNT(DISTINCT unit): one unit changes it by at most 1

WITH c AS (SELECT city, sex, COUNT(*) AS n FROM visits GROUP BY city, sex) SELECT city, SUM(n) AS n, (SELECT MAX(n) FROM c AS o WHERE o.city = c.city) AS m FROM c GROUP BY city;
-- tables: visits
-- visits: at most 64 rows of each person
-- groups by city, sex: 12 declared cells, each with its own noise
-- COUNT(*): one unit changes it by at most 64
-- COUNT(DISTINCT unit): one unit changes it by at most 1

WITH c AS (SELECT city, sex, COUNT(*) AS n FROM visits GROUP BY city, sex) SELECT city, n / (SELECT n FROM c AS o WHERE o.city = c.city AND o.sex = 'M') AS r FROM c WHERE sex = 'F';
-- tables: visits
-- visits: at most 64 rows of each person
-- groups by city, sex: 12 declared cells, each with its own noise
-- COUNT(*): one unit changes it by at most 64
-- COUNT(DISTINCT unit): one unit changes it by at most 1

SELECT city, (SELECT COUNT(*) FROM drugs d WHERE d.city = v.city GROUP BY d.city HAVING COUNT(*) > 20) AS x FROM visits v GROUP BY city;
-- tables: drugs, visits
-- v: at most 64 rows of each person
-- d: at most 8 rows of each person
-- groups by city: 4 declared cells, each with its own noise
-- COUNT(DISTINCT unit): one unit changes it by at most 1
-- groups by d.city: 4 declared cells, each with its own noise
-- COUNT(*): one unit changes it by at most 8
-- COUNT(DISTINCT unit): one unit changes it by at most 1

SELECT city, SUM((SELECT COUNT(*) FROM drugs d WHERE d.city = v.city)) OVER () AS s FROM visits v GROUP BY city;
-- tables: drugs, visits
-- v: at most 64 rows of each person
-- d: at most 8 rows of each person
-- groups by city: 4 declared cells, each with its own noise
-- COUNT(DISTINCT unit): one unit changes it by at most 1
-- groups by d.city: 4 declared cells, each with its own noise
-- COUNT(*): one unit changes it by at most 8
-- COUNT(DISTINCT unit): one unit changes it by at most 1

SELECT * FROM (SELECT city, COUNT(*) AS n, (SELECT COUNT(*) FROM drugs d WHERE d.city = v.city) AS x FROM visits v GROUP BY city) t WHERE x > 5;
-- tables: drugs, visits
-- v: at most 64 rows of each person
-- d: at most 8 rows of each person
-- groups by city: 4 declared cells, each with its own noise
-- COUNT(*): one unit changes it by at most 64
-- COUNT(DISTINCT unit): one unit changes it by at most 1
-- groups by d.city: 4 declared cells, each with its own noise
-- COUNT(*): one unit changes it by at most 8
-- COUNT(DISTINCT unit): one unit changes it by at most 1

SELECT visited_on, (SELECT COUNT(*) FROM visits w WHERE w.visited_on = v.visited_on AND w.urgent) AS x FROM visits v GROUP BY visited_on;
-- tables: visits
-- v: at most 64 rows of each person
-- w: at most 64 rows of each person
-- groups by visited_on: 366 declared cells, each with its own noise
-- COUNT(DISTINCT unit): one unit changes it by at most 1
-- groups by w.visited_on: 366 declared cells, each with its own noise
-- COUNT(*): one unit changes it by at most 64
-- COUNT(DISTINCT unit): one unit changes it by at most 1

SELECT city, (SELECT AVG(price) FROM drugs d WHERE d.city = v.city AND d.price > (SELECT AVG(price) FROM drugs e WHERE e.city = d.city)) AS x FROM visits v GROUP BY city;
-- tables: drugs, visits
-- v: at most 64 rows of each person
-- e: at most 8 rows of each person
-- d: at most 8 rows of each person
-- a value for each row: up to 1 rows match one row
-- groups by city: 4 declared cells, each with its own noise
-- COUNT(DISTINCT unit): one unit changes it by at most 1
-- groups by e.city: 4 declared cells, each with its own noise
-- SUM(price - 49.25): one unit changes it by at most 406
-- COUNT(price): one unit changes it by at most 8
-- COUNT(DISTINCT unit): one unit changes it by at most 1
-- groups by d.city: 4 declared cells, each with its own noise
-- SUM(price - 49.25): one unit changes it by at most 406
-- COUNT(price): one unit changes it by at most 8
-- COUNT(DISTINCT unit): one unit changes it by at most 1

SELECT COUNT(*) AS n FROM visits v JOIN (SELECT city, (SELECT COUNT(*) FROM drugs d WHERE d.city = w.city) AS x FROM visits w GROUP BY city) m ON m.city = v.city WHERE v.days < m.x;
-- tables: drugs, visits
-- w: at most 64 rows of each person
-- d: at most 8 rows of each person
-- v: at most 64 rows of each person
-- m: up to 1 rows match one row
-- groups by city: 4 declared cells, each with its own noise
-- COUNT(DISTINCT unit): one unit changes it by at most 1
-- groups by d.city: 4 declared cells, each with its own noise
-- COUNT(*): one unit changes it by at most 8
-- COUNT(DISTINCT unit): one unit changes it by at most 1
-- one row: no grouping
-- COUNT(*): one unit changes it by at most 64

SELECT t.hospital, t.n, t.beds FROM (SELECT h.hospital, (SELECT COUNT(*) FROM visits v WHERE v.hospital = h.hospital) AS n, (SELECT SUM(beds) FROM hospitals) AS beds FROM hospitals h) t WHERE t.n > 0;
-- tables: hospitals, visits
-- v: at most 64 rows of each person
-- groups by v.hospital: keys are discovered; a group is shown when enough units are in it
-- COUNT(*): one unit changes it by at most 64
-- COUNT(DISTINCT unit): one unit changes it by at most 1

SELECT COUNT(*) AS n FROM visits v JOIN (SELECT region, SUM(beds) AS beds FROM hospitals h GROUP BY region HAVING SUM(beds) > (SELECT MAX(beds) FROM hospitals g WHERE g.region = h.region)) t ON t.region = v.city;
-- tables: hospitals, visits
-- v: at most 64 rows of each person
-- t: up to 1 rows match one row
-- one row: no grouping
-- COUNT(*): one unit changes it by at most 64
