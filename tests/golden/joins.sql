SELECT COUNT(*) FROM visits v JOIN drugs d ON v.id_card = d.person;
-- tables: drugs, visits
-- v: at most 64 rows of each person
-- d: at most 8 rows of each person
-- one row: no grouping
-- COUNT(*): one unit changes it by at most 512

SELECT d.drug, COUNT(*) AS n, SUM(d.price) AS s FROM visits v LEFT JOIN drugs d ON v.id_card = d.person GROUP BY d.drug;
-- tables: drugs, visits
-- v: at most 64 rows of each person
-- d: at most 8 rows of each person
-- groups by d.drug: 3 declared cells, each with its own noise
-- COUNT(*): one unit changes it by at most 512
-- SUM(d.price): one unit changes it by at most 51200
-- COUNT(DISTINCT unit): one unit changes it by at most 1

SELECT COUNT(d.price) AS matched, COUNT(*) AS n FROM visits v LEFT JOIN drugs d ON d.person = v.id_card AND d.city = v.city;
-- tables: drugs, visits
-- v: at most 64 rows of each person
-- d: at most 8 rows of each person
-- one row: no grouping
-- COUNT(d.price): one unit changes it by at most 512
-- COUNT(*): one unit changes it by at most 512

SELECT COUNT(DISTINCT d.person) AS takers, COUNT(DISTINCT v.id_card) AS visitors FROM visits v LEFT JOIN drugs d ON v.id_card = d.person;
-- tables: drugs, visits
-- v: at most 64 rows of each person
-- d: at most 8 rows of each person
-- one row: no grouping
-- COUNT(DISTINCT d.person): one unit changes it by at most 1
-- COUNT(DISTINCT v.id_card): one unit changes it by at most 1

SELECT a.city, COUNT(*) FROM visits a JOIN visits b ON a.id_card = b.id_card AND a.days < b.days GROUP BY a.city;
-- tables: visits
-- a: at most 64 rows of each person
-- b: at most 64 rows of each person
-- groups by a.city: 4 declared cells, each with its own noise
-- COUNT(*): one unit changes it by at most 4096
-- COUNT(DISTINCT unit): one unit changes it by at most 1

SELECT h.level, COUNT(*) AS n, AVG(v.amount) AS mean FROM visits v JOIN hospitals h ON v.hospital = h.hospital GROUP BY h.level;
-- tables: hospitals, visits
-- v: at most 64 rows of each person
-- h: up to 2 rows match one row
-- groups by h.level: 4 declared cells, each with its own noise
-- COUNT(*): one unit changes it by at most 128
-- SUM(v.amount - 10000): one unit changes it by at most 1.28e+06
-- COUNT(v.amount): one unit changes it by at most 128
-- COUNT(DISTINCT unit): one unit changes it by at most 1

SELECT h.level, COUNT(*) AS n FROM visits v LEFT JOIN hospitals h USING (hospital) GROUP BY h.level;
-- tables: hospitals, visits
-- v: at most 64 rows of each person
-- h: up to 2 rows match one row
-- groups by h.level: 4 declared cells, each with its own noise
-- COUNT(*): one unit changes it by at most 128
-- COUNT(DISTINCT unit): one unit changes it by at most 1

SELECT region, COUNT(DISTINCT id_card) AS people FROM hospitals h JOIN visits v ON h.hospital = v.hospital GROUP BY region;
-- tables: hospitals, visits
-- v: at most 64 rows of each person
-- h: up to 2 rows match one row
-- groups by region: 4 declared cells, each with its own noise
-- COUNT(DISTINCT id_card): one unit changes it by at most 1

SELECT hospital, COUNT(*) AS n FROM visits JOIN hospitals USING (hospital) WHERE level = 3 GROUP BY hospital;
-- tables: hospitals, visits
-- visits: at most 64 rows of each person
-- hospitals: up to 2 rows match one row
-- groups by hospital: keys are discovered; a group is shown when enough units are in it
-- COUNT(*): one unit changes it by at most 128
-- COUNT(DISTINCT unit): one unit changes it by at most 1

SELECT COUNT(*) FROM visits v JOIN drugs d ON v.id_card = d.person JOIN hospitals h ON h.region = d.city AND h.level > 1;
-- tables: drugs, hospitals, visits
-- v: at most 64 rows of each person
-- d: at most 8 rows of each person
-- h: up to 4 rows match one row
-- one row: no grouping
-- COUNT(*): one unit changes it by at most 2048

SELECT COUNT(*) FROM drugs a LEFT JOIN visits b ON a.person = b.id_card LEFT JOIN visits c ON b.id_card = c.id_card;
-- tables: drugs, visits
-- a: at most 8 rows of each person
-- b: at most 64 rows of each person
-- c: at most 64 rows of each person
-- one row: no grouping
-- COUNT(*): one unit changes it by at most 32768

SELECT SUM(d.price * v.days) AS s FROM visits v JOIN drugs d ON v.id_card = d.person WHERE d.drug = 'A';
-- tables: drugs, visits
-- v: at most 64 rows of each person
-- d: at most 8 rows of each person
-- one row: no grouping
-- SUM(d.price * v.days): one unit changes it by at most 1.536e+06

SELECT COUNT(*) AS n FROM visits v JOIN (SELECT hospital FROM hospitals EXCEPT SELECT hospital FROM hospitals WHERE level = 1) h ON h.hospital = v.hospital;
-- tables: hospitals, visits
-- v: at most 64 rows of each person
-- h: up to 1 rows match one row
-- one row: no grouping
-- COUNT(*): one unit changes it by at most 64

SELECT COUNT(*) AS n FROM visits v WHERE v.hospital IN (SELECT hospital FROM hospitals INTERSECT SELECT hospital FROM hospitals WHERE level < 3);
-- tables: hospitals, visits
-- v: at most 64 rows of each person
-- one row: no grouping
-- COUNT(*): one unit changes it by at most 64

SELECT h.hospital, COUNT(*) AS n FROM visits v JOIN (SELECT h AS hospital FROM (SELECT DISTINCT hospital AS h FROM hospitals) p) h ON h.hospital = v.hospital WHERE v.city = '郑州市' GROUP BY h.hospital;
-- tables: hospitals, visits
-- v: at most 64 rows of each person
-- h: up to 1 rows match one row
-- groups by h.hospital: keys are discovered; a group is shown when enough units are in it
-- COUNT(*): one unit changes it by at most 64
-- COUNT(DISTINCT unit): one unit changes it by at most 1

WITH p AS (SELECT DATE '2025-06-01' AS since, 3 AS least) SELECT COUNT(*) AS n FROM visits, p WHERE visited_on >= p.since AND days > p.least;
-- tables: visits
-- visits: at most 64 rows of each person
-- p: up to 1 rows match one row
-- one row: no grouping
-- COUNT(*): one unit changes it by at most 64

WITH w (name, weight) AS (VALUES ('第一医院', 2), ('12', 3)) SELECT SUM(w.weight) AS n FROM visits v JOIN w ON w.name = v.hospital;
-- tables: visits
-- v: at most 64 rows of each person
-- w: up to 1 rows match one row
-- one row: no grouping
-- SUM(w.weight): one unit changes it by at most 192

SELECT COUNT(*) AS n FROM visits v JOIN (SELECT '第一医院' AS name UNION ALL SELECT '12' UNION ALL SELECT '12') w ON w.name = v.hospital;
-- tables: visits
-- v: at most 64 rows of each person
-- w: up to 3 rows match one row
-- one row: no grouping
-- COUNT(*): one unit changes it by at most 192
