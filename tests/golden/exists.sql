SELECT COUNT(*) AS n FROM visits v WHERE EXISTS (SELECT * FROM drugs d WHERE d.person = v.id_card AND d.price > v.days);
-- tables: drugs, visits
-- v: at most 64 rows of each person
-- one row: no grouping
-- COUNT(*): one unit changes it by at most 64

SELECT city, COUNT(*) AS n, COUNT(DISTINCT id_card) AS people FROM visits v WHERE NOT EXISTS (SELECT 1 FROM drugs d WHERE d.person = v.id_card) GROUP BY city;
-- tables: drugs, visits
-- v: at most 64 rows of each person
-- groups by city: 4 declared cells, each with its own noise
-- COUNT(*): one unit changes it by at most 64
-- COUNT(DISTINCT id_card): one unit changes it by at most 1

SELECT COUNT(*) AS n FROM visits WHERE id_card IN (SELECT person FROM drugs WHERE drug = 'A');
-- tables: drugs, visits
-- visits: at most 64 rows of each person
-- one row: no grouping
-- COUNT(*): one unit changes it by at most 64

SELECT COUNT(*) AS n FROM visits WHERE id_card NOT IN (SELECT person FROM drugs WHERE price > 50) AND days > 2;
-- tables: drugs, visits
-- visits: at most 64 rows of each person
-- one row: no grouping
-- COUNT(*): one unit changes it by at most 64

SELECT COUNT(*) AS n FROM visits v WHERE v.city IN (SELECT city FROM drugs WHERE person = v.id_card);
-- tables: drugs, visits
-- v: at most 64 rows of each person
-- one row: no grouping
-- COUNT(*): one unit changes it by at most 64

SELECT COUNT(*) AS n FROM visits v WHERE v.city NOT IN (SELECT d.city FROM drugs d WHERE d.person = v.id_card AND d.price > 10);
-- tables: drugs, visits
-- v: at most 64 rows of each person
-- one row: no grouping
-- COUNT(*): one unit changes it by at most 64

SELECT COUNT(*) AS n FROM visits v WHERE (v.days IN (SELECT w.days FROM visits w WHERE w.id_card = v.id_card AND w.city <> v.city)) IS NULL;
-- tables: visits
-- v: at most 64 rows of each person
-- one row: no grouping
-- COUNT(*): one unit changes it by at most 64

SELECT COUNT(*) AS n FROM visits v WHERE v.days > 25 OR EXISTS (SELECT 1 FROM drugs d JOIN visits w ON w.id_card = d.person WHERE d.person = v.id_card AND w.days > v.days);
-- tables: drugs, visits
-- v: at most 64 rows of each person
-- one row: no grouping
-- COUNT(*): one unit changes it by at most 64

SELECT COUNT(*) AS n FROM visits v WHERE EXISTS (SELECT 1 FROM drugs d WHERE d.person = v.id_card AND NOT EXISTS (SELECT 1 FROM visits w WHERE w.id_card = d.person AND w.city = d.city));
-- tables: drugs, visits
-- v: at most 64 rows of each person
-- one row: no grouping
-- COUNT(*): one unit changes it by at most 64

SELECT COUNT(*) AS n FROM visits WHERE hospital IN (SELECT hospital FROM hospitals WHERE level = 3);
-- tables: hospitals, visits
-- visits: at most 64 rows of each person
-- one row: no grouping
-- COUNT(*): one unit changes it by at most 64

SELECT COUNT(*) AS n FROM visits WHERE hospital NOT IN (SELECT hospital FROM hospitals);
-- tables: hospitals, visits
-- visits: at most 64 rows of each person
-- one row: no grouping
-- COUNT(*): one unit changes it by at most 64

SELECT COUNT(*) AS n FROM visits v WHERE EXISTS (SELECT 1 FROM hospitals h WHERE h.hospital = v.hospital AND h.level * 5 > v.days);
-- tables: hospitals, visits
-- v: at most 64 rows of each person
-- one row: no grouping
-- COUNT(*): one unit changes it by at most 64

SELECT sex, COUNT(*) AS n FROM visits v WHERE days > (SELECT MAX(level) FROM hospitals h WHERE h.region = v.city) GROUP BY sex;
-- tables: hospitals, visits
-- v: at most 64 rows of each person
-- groups by sex: 3 declared cells, each with its own noise
-- COUNT(*): one unit changes it by at most 64
-- COUNT(DISTINCT unit): one unit changes it by at most 1

SELECT COUNT(*) AS n FROM visits WHERE days > (SELECT AVG(level) FROM hospitals) * 4;
-- tables: hospitals, visits
-- visits: at most 64 rows of each person
-- one row: no grouping
-- COUNT(*): one unit changes it by at most 64

SELECT hospital, level FROM hospitals h WHERE level = (SELECT MAX(level) FROM hospitals g WHERE g.region = h.region) ORDER BY hospital;
-- public tables only: exact, no noise, no charge

SELECT COUNT(*) AS n FROM hospitals WHERE region NOT IN (SELECT region FROM hospitals WHERE level = 1 AND region IS NOT NULL);
-- public tables only: exact, no noise, no charge

SELECT COUNT(*) AS n FROM (SELECT id_card AS p, days FROM visits v WHERE EXISTS (SELECT 1 FROM drugs d WHERE d.person = v.id_card)) x JOIN drugs y ON y.person = x.p;
-- tables: drugs, visits
-- v: at most 64 rows of each person
-- y: at most 8 rows of each person
-- one row: no grouping
-- COUNT(*): one unit changes it by at most 512
