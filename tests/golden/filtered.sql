SELECT COUNT(*) FILTER (WHERE urgent) AS urgent, COUNT_IF(days > 3) AS long, COUNT(*) AS n FROM visits;
-- tables: visits
-- visits: at most 64 rows of each person
-- one row: no grouping
-- COUNT(CASE WHEN urgent THEN 1 END): one unit changes it by at most 64
-- COUNT(CASE WHEN days > 3 THEN 1 END): one unit changes it by at most 64
-- COUNT(*): one unit changes it by at most 64

SELECT city, SUM(amount) FILTER (WHERE sex = 'F') AS women, SUM(amount) FILTER (WHERE sex = 'M' AND days > 1) AS men
FROM visits GROUP BY city;
-- tables: visits
-- visits: at most 64 rows of each person
-- groups by city: 4 declared cells, each with its own noise
-- SUM(CASE WHEN sex = 'F' THEN amount END): one unit changes it by at most 1.28e+06
-- SUM(CASE WHEN sex = 'M' AND days > 1 THEN amount END): one unit changes it by at most 1.28e+06
-- COUNT(DISTINCT unit): one unit changes it by at most 1

SELECT AVG(amount) FILTER (WHERE urgent IS NOT TRUE) AS calm, AVG(CAST(urgent AS INTEGER)) AS share FROM visits;
-- tables: visits
-- visits: at most 64 rows of each person
-- one row: no grouping
-- SUM(CASE WHEN NOT urgent IS TRUE THEN amount END - 10000): one unit changes it by at most 640000
-- COUNT(CASE WHEN NOT urgent IS TRUE THEN amount END): one unit changes it by at most 64
-- SUM(CAST(urgent AS INT) - 0.5): one unit changes it by at most 32
-- COUNT(CAST(urgent AS INT)): one unit changes it by at most 64

SELECT sex, COUNT(DISTINCT id_card) FILTER (WHERE urgent) AS people, COUNT(DISTINCT id_card) AS everyone
FROM visits GROUP BY sex ORDER BY sex;
-- tables: visits
-- visits: at most 64 rows of each person
-- groups by sex: 3 declared cells, each with its own noise
-- COUNT(DISTINCT id_card) FILTER (WHERE urgent): one unit changes it by at most 1
-- COUNT(DISTINCT id_card): one unit changes it by at most 1

SELECT hospital, COUNT_IF(urgent) FILTER (WHERE days IS NOT NULL) AS n, SUM(urgent) AS m FROM visits GROUP BY hospital;
-- tables: visits
-- visits: at most 64 rows of each person
-- groups by hospital: keys are discovered; a group is shown when enough units are in it
-- COUNT(CASE WHEN NOT days IS NULL THEN CASE WHEN urgent THEN 1 END END): one unit changes it by at most 64
-- SUM(urgent): one unit changes it by at most 64
-- COUNT(DISTINCT unit): one unit changes it by at most 1

SELECT AVG(CASE WHEN days > 3 THEN 1 ELSE 0 END) AS share, COUNT(amount) FILTER (WHERE city = '郑州市') AS known
FROM visits WHERE sex IS NOT NULL;
-- tables: visits
-- visits: at most 64 rows of each person
-- one row: no grouping
-- SUM(CASE WHEN days > 3 THEN 1 ELSE 0 END - 0.5): one unit changes it by at most 32
-- COUNT(CASE WHEN days > 3 THEN 1 ELSE 0 END): one unit changes it by at most 64
-- COUNT(CASE WHEN city = '郑州市' THEN amount END): one unit changes it by at most 64

SELECT v.city, SUM(d.price) FILTER (WHERE d.drug = 'A') AS paid
FROM visits v JOIN drugs d ON v.id_card = d.person GROUP BY v.city HAVING COUNT_IF(v.urgent) > 0;
-- tables: drugs, visits
-- v: at most 64 rows of each person
-- d: at most 8 rows of each person
-- groups by v.city: 4 declared cells, each with its own noise
-- SUM(CASE WHEN d.drug = 'A' THEN d.price END): one unit changes it by at most 51200
-- COUNT(CASE WHEN v.urgent THEN 1 END): one unit changes it by at most 512
-- COUNT(DISTINCT unit): one unit changes it by at most 1

SELECT region, COUNT(*) FILTER (WHERE level > 1) AS large, COUNT_IF(level = 1) AS small FROM hospitals GROUP BY region;
-- public tables only: exact, no noise, no charge
