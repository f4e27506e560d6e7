WITH c AS (SELECT city, sex, COUNT(*) AS n FROM visits GROUP BY city, sex) SELECT city, COUNT(*) AS k FROM drugs d GROUP BY city HAVING city IN (SELECT city FROM c WHERE n > 24);
-- tables: drugs, visits
-- d: at most 8 rows of each person
-- visits: at most 64 rows of each person
-- groups by city: 4 declared cells, each with its own noise
-- COUNT(*): one unit changes it by at most 8
-- COUNT(DISTINCT unit): one unit changes it by at most 1
-- groups by city, sex: 12 declared cells, each with its own noise
-- COUNT(*): one unit changes it by at most 64
-- COUNT(DISTINCT unit): one unit changes it by at most 1

WITH c AS (SELECT city, sex, COUNT(*) AS n FROM visits GROUP BY city, sex) SELECT city, COUNT(*) AS k FROM drugs d GROUP BY city HAVING city NOT IN (SELECT city FROM c WHERE n > 24);
-- tables: drugs, visits
-- d: at most 8 rows of each person
-- visits: at most 64 rows of each person
-- groups by city: 4 declared cells, each with its own noise
-- COUNT(*): one unit changes it by at most 8
-- COUNT(DISTINCT unit): one unit changes it by at most 1
-- groups by city, sex: 12 declared cells, each with its own noise
-- COUNT(*): one unit changes it by at most 64
-- COUNT(DISTINCT unit): one unit changes it by at most 1

WITH c AS (SELECT city, sex, COUNT(*) AS n FROM visits GROUP BY city, sex) SELECT city, COUNT(*) AS k, EXISTS (SELECT 1 FROM c WHERE c.city = d.city AND c.sex = 'F' AND c.n > 24) AS e FROM drugs d GROUP BY city;
-- tables: drugs, visits
-- d: at most 8 rows of each person
-- visits: at most 64 rows of each person
-- groups by city: 4 declared cells, each with its own noise
-- COUNT(*): one unit changes it by at most 8
-- COUNT(DISTINCT unit): one unit changes it by at most 1
-- groups by city, sex: 12 declared cells, each with its own noise
-- COUNT(*): one unit changes it by at most 64
-- COUNT(DISTINCT unit): one unit changes it by at most 1

WITH c AS (SELECT city, sex, COUNT(*) AS n FROM visits GROUP BY city, sex) SELECT city, sex, COUNT(*) IN (SELECT n FROM c WHERE c.city = v.city AND v.sex = c.sex) AS same FROM visits v GROUP BY city, sex;
-- tables: visits
-- v: at most 64 rows of each person
-- visits: at most 64 rows of each person
-- groups by city, sex: 12 declared cells, each with its own noise
-- COUNT(*): one unit changes it by at most 64
-- COUNT(DISTINCT unit): one unit changes it by at most 1
-- groups by city, sex: 12 declared cells, each with its own noise
-- COUNT(*): one unit changes it by at most 64
-- COUNT(DISTINCT unit): one unit changes it by at most 1

SELECT city, COUNT(*) AS n, EXISTS (SELECT * FROM hospitals h WHERE h.region = v.city AND h.level > 1) AS e FROM visits v GROUP BY city;
-- tables: hospitals, visits
-- v: at most 64 rows of each person
-- groups by city: 4 declared cells, each with its own noise
-- COUNT(*): one unit changes it by at most 64
-- COUNT(DISTINCT unit): one unit changes it by at most 1

SELECT city, COUNT(*) AS n FROM visits v GROUP BY city HAVING NOT EXISTS (SELECT region FROM hospitals h WHERE h.region = v.city AND h.level = 1);
-- tables: hospitals, visits
-- v: at most 64 rows of each person
-- groups by city: 4 declared cells, each with its own noise
-- COUNT(*): one unit changes it by at most 64
-- COUNT(DISTINCT unit): one unit changes it by at most 1

SELECT city, COUNT(*) AS n FROM visits v GROUP BY city HAVING city IN (SELECT city FROM drugs GROUP BY city HAVING COUNT(*) > 20);
-- tables: drugs, visits
-- v: at most 64 rows of each person
-- drugs: at most 8 rows of each person
-- groups by city: 4 declared cells, each with its own noise
-- COUNT(*): one unit changes it by at most 64
-- COUNT(DISTINCT unit): one unit changes it by at most 1
-- groups by city: 4 declared cells, each with its own noise
-- COUNT(*): one unit changes it by at most 8
-- COUNT(DISTINCT unit): one unit changes it by at most 1

SELECT city, COUNT(*) AS n FROM visits v GROUP BY city HAVING EXISTS (SELECT region FROM hospitals GROUP BY region HAVING COUNT(*) > 2);
-- tables: hospitals, visits
-- v: at most 64 rows of each person
-- groups by city: 4 declared cells, each with its own noise
-- COUNT(*): one unit changes it by at most 64
-- COUNT(DISTINCT unit): one unit changes it by at most 1

SELECT city, COUNT(*) AS n FROM visits v GROUP BY city HAVING EXISTS (SELECT region FROM hospitals GROUP BY region HAVING COUNT(*) > 3);
-- tables: hospitals, visits
-- v: at most 64 rows of each person
-- groups by city: 4 declared cells, each with its own noise
-- COUNT(*): one unit changes it by at most 64
-- COUNT(DISTINCT unit): one unit changes it by at most 1

WITH d AS (SELECT hospital, COUNT(*) AS n FROM visits GROUP BY hospital) SELECT h.hospital, h.level, h.hospital IN (SELECT hospital FROM d WHERE n > 55) AS big FROM hospitals h;
-- tables: hospitals, visits
-- visits: at most 64 rows of each person
-- groups by hospital: keys are discovered; a group is shown when enough units are in it
-- COUNT(*): one unit changes it by at most 64
-- COUNT(DISTINCT unit): one unit changes it by at most 1

WITH c AS (SELECT city, sex, COUNT(*) AS n FROM visits GROUP BY city, sex) SELECT h.region, COUNT(*) AS k FROM hospitals h GROUP BY h.region HAVING EXISTS (SELECT 1 FROM c WHERE c.city = h.region AND c.n > 30);
-- tables: hospitals, visits
-- visits: at most 64 rows of each person
-- groups by city, sex: 12 declared cells, each with its own noise
-- COUNT(*): one unit changes it by at most 64
-- COUNT(DISTINCT unit): one unit changes it by at most 1

SELECT h.hospital, h.level IN (SELECT g.level FROM hospitals g WHERE g.region = h.region) AS own FROM hospitals h;
-- public tables only: exact, no noise, no charge

SELECT region, COUNT(*) AS k FROM hospitals h GROUP BY region HAVING NOT EXISTS (SELECT DISTINCT 7 FROM hospitals g WHERE g.region = h.region AND g.level = 2 ORDER BY 1);
-- public tables only: exact, no noise, no charge

WITH c AS (SELECT hospital, sex, COUNT(*) AS n FROM visits GROUP BY hospital, sex) SELECT hospital, COUNT(*) AS k FROM visits v GROUP BY hospital HAVING hospital IN (SELECT DISTINCT hospital FROM c ORDER BY hospital LIMIT 2) ORDER BY hospital;
-- tables: visits
-- v: at most 64 rows of each person
-- visits: at most 64 rows of each person
-- groups by hospital: keys are discovered; a group is shown when enough units are in it
-- COUNT(*): one unit changes it by at most 64
-- COUNT(DISTINCT unit): one unit changes it by at most 1
-- groups by hospital, sex: keys are discovered; a group is shown when enough units are in it
-- COUNT(*): one unit changes it by at most 64
-- COUNT(DISTINCT unit): one unit changes it by at most 1

WITH c AS (SELECT hospital, sex, COUNT(*) AS n FROM visits GROUP BY hospital, sex) SELECT COUNT(*) AS n FROM visits WHERE hospital IN (SELECT DISTINCT hospital FROM c ORDER BY hospital LIMIT 2);
-- tables: visits
-- visits: at most 64 rows of each person
-- visits: at most 64 rows of each person
-- groups by hospital, sex: keys are discovered; a group is shown when enough units are in it
-- COUNT(*): one unit changes it by at most 64
-- COUNT(DISTINCT unit): one unit changes it by at most 1
-- one row: no grouping
-- COUNT(*): one unit changes it by at most 64

SELECT COUNT(*) AS n FROM visits WHERE hospital IN (SELECT hospital FROM hospitals ORDER BY hospital OFFSET 2);
-- tables: hospitals, visits
-- visits: at most 64 rows of each person
-- one row: no grouping
-- COUNT(*): one unit changes it by at most 64

WITH c AS (SELECT city, sex, COUNT(*) AS n FROM visits GROUP BY city, sex) SELECT city, SUM(COUNT(*)) OVER (PARTITION BY city IN (SELECT city FROM c WHERE n > 24)) AS beside FROM drugs GROUP BY city;
-- tables: drugs, visits
-- drugs: at most 8 rows of each person
-- visits: at most 64 rows of each person
-- groups by city: 4 declared cells, each with its own noise
-- COUNT(*): one unit changes it by at most 8
-- COUNT(DISTINCT unit): one unit changes it by at most 1
-- groups by city, sex: 12 declared cells, each with its own noise
-- COUNT(*): one unit changes it by at most 64
-- COUNT(DISTINCT unit): one unit changes it by at most 1
