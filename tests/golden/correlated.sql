SELECT COUNT(*) AS n FROM visits v WHERE amount > (SELECT AVG(w.amount) FROM visits w WHERE w.city = v.city);
-- tables: visits
-- w: at most 64 rows of each person
-- v: at most 64 rows of each person
-- a value for each row: up to 1 rows match one row
-- groups by w.city: 4 declared cells, each with its own noise
-- SUM(w.amount - 10000): one unit changes it by at most 640000
-- COUNT(w.amount): one unit changes it by at most 64
-- COUNT(DISTINCT unit): one unit changes it by at most 1
-- one row: no grouping
-- COUNT(*): one unit changes it by at most 64

SELECT city, COUNT(*) AS n FROM visits v WHERE days >= (SELECT COUNT(*) / 10 FROM drugs d WHERE d.city = v.city AND d.drug = 'A') GROUP BY city;
-- tables: drugs, visits
-- d: at most 8 rows of each person
-- v: at most 64 rows of each person
-- a value for each row: up to 1 rows match one row
-- groups by d.city: 4 declared cells, each with its own noise
-- COUNT(*): one unit changes it by at most 8
-- COUNT(DISTINCT unit): one unit changes it by at most 1
-- groups by city: 4 declared cells, each with its own noise
-- COUNT(*): one unit changes it by at most 64
-- COUNT(DISTINCT unit): one unit changes it by at most 1

SELECT COUNT(*) AS n FROM visits v WHERE (SELECT COUNT(*) FROM drugs d WHERE d.person = v.id_card) >= 2;
-- tables: drugs, visits
-- v: at most 64 rows of each person
-- d: at most 8 rows of each person
-- one row: no grouping
-- COUNT(*): one unit changes it by at most 64

SELECT COUNT(*) AS n FROM visits v WHERE (SELECT COUNT(*) FROM drugs d WHERE d.person = v.id_card AND d.city = v.city) = 0;
-- tables: drugs, visits
-- v: at most 64 rows of each person
-- d: at most 8 rows of each person
-- one row: no grouping
-- COUNT(*): one unit changes it by at most 64

SELECT COUNT(*) AS n FROM visits v WHERE days > (SELECT 0.5 * SUM(d.price) + COUNT(*) FROM drugs d WHERE v.city = d.city AND d.drug = v.sex);
-- tables: drugs, visits
-- d: at most 8 rows of each person
-- v: at most 64 rows of each person
-- a value for each row: up to 1 rows match one row
-- groups by d.city, d.drug: 12 declared cells, each with its own noise
-- COUNT(*): one unit changes it by at most 8
-- SUM(d.price): one unit changes it by at most 800
-- COUNT(DISTINCT unit): one unit changes it by at most 1
-- one row: no grouping
-- COUNT(*): one unit changes it by at most 64

SELECT h.hospital, (SELECT COUNT(*) FROM visits v WHERE v.hospital = h.hospital) AS n FROM hospitals h WHERE h.level = 2;
-- tables: hospitals, visits
-- v: at most 64 rows of each person
-- groups by v.hospital: keys are discovered; a group is shown when enough units are in it
-- COUNT(*): one unit changes it by at most 64
-- COUNT(DISTINCT unit): one unit changes it by at most 1

SELECT hospital, level FROM hospitals h WHERE (SELECT SUM(days) FROM visits v WHERE v.hospital = h.hospital) > 100 ORDER BY hospital, level;
-- tables: hospitals, visits
-- v: at most 64 rows of each person
-- groups by v.hospital: keys are discovered; a group is shown when enough units are in it
-- SUM(days): one unit changes it by at most 1920
-- COUNT(DISTINCT unit): one unit changes it by at most 1

SELECT AVG((amount > (SELECT AVG(amount) FROM visits w WHERE w.sex = v.sex))::INT) AS above FROM visits v;
-- tables: visits
-- w: at most 64 rows of each person
-- v: at most 64 rows of each person
-- a value for each row: up to 1 rows match one row
-- groups by w.sex: 3 declared cells, each with its own noise
-- SUM(amount - 10000): one unit changes it by at most 640000
-- COUNT(amount): one unit changes it by at most 64
-- COUNT(DISTINCT unit): one unit changes it by at most 1
-- one row: no grouping
-- SUM(CAST((amount > (SELECT …)) AS INT) - 0.5): one unit changes it by at most 32
-- COUNT(CAST((amount > (SELECT …)) AS INT)): one unit changes it by at most 64

SELECT COUNT(*) AS n FROM (SELECT v.*, (SELECT MAX(w.days) FROM visits w WHERE w.id_card = v.id_card) AS most FROM visits v) AS t WHERE days = most;
-- tables: visits
-- v: at most 64 rows of each person
-- w: at most 64 rows of each person
-- one row: no grouping
-- COUNT(*): one unit changes it by at most 64

SELECT COUNT(*) AS n FROM hospitals WHERE hospital IN (SELECT hospital FROM visits GROUP BY hospital HAVING COUNT(*) > 30);
-- tables: hospitals, visits
-- visits: at most 64 rows of each person
-- groups by hospital: keys are discovered; a group is shown when enough units are in it
-- COUNT(*): one unit changes it by at most 64
-- COUNT(DISTINCT unit): one unit changes it by at most 1

SELECT COUNT(*) AS n FROM visits WHERE city IN (SELECT city FROM visits WHERE city IS NOT NULL GROUP BY city ORDER BY COUNT(*) DESC LIMIT 1);
-- tables: visits
-- visits: at most 64 rows of each person
-- visits: at most 64 rows of each person
-- groups by city: 3 declared cells, each with its own noise
-- COUNT(*): one unit changes it by at most 64
-- COUNT(DISTINCT unit): one unit changes it by at most 1
-- one row: no grouping
-- COUNT(*): one unit changes it by at most 64

SELECT COUNT(*) AS n FROM visits WHERE id_card IN (SELECT person FROM drugs GROUP BY person HAVING COUNT(*) >= 2);
-- tables: drugs, visits
-- visits: at most 64 rows of each person
-- one row: no grouping
-- COUNT(*): one unit changes it by at most 64

SELECT COUNT(*) AS n FROM visits WHERE id_card IN (SELECT person FROM drugs WHERE drug = 'A' UNION SELECT person FROM drugs WHERE price > 50);
-- tables: drugs, visits
-- visits: at most 64 rows of each person
-- one row: no grouping
-- COUNT(*): one unit changes it by at most 64

SELECT COUNT(*) AS n FROM visits v JOIN (SELECT person, city, COUNT(*) AS n FROM drugs GROUP BY person, city) AS d ON d.person = v.id_card AND d.city = v.city WHERE d.n > 1;
-- tables: drugs, visits
-- v: at most 64 rows of each person
-- drugs: at most 8 rows of each person
-- one row: no grouping
-- COUNT(*): one unit changes it by at most 64

SELECT COUNT(*) AS n FROM visits v WHERE days > (SELECT AVG(w.days) FROM visits w WHERE w.city = v.city) AND days < (SELECT 20 + COUNT(*) FROM drugs d WHERE d.drug = v.sex);
-- tables: drugs, visits
-- w: at most 64 rows of each person
-- d: at most 8 rows of each person
-- v: at most 64 rows of each person
-- a value for each row: up to 1 rows match one row
-- a value for each row: up to 1 rows match one row
-- groups by w.city: 4 declared cells, each with its own noise
-- SUM(w.days - 15): one unit changes it by at most 960
-- COUNT(w.days): one unit changes it by at most 64
-- COUNT(DISTINCT unit): one unit changes it by at most 1
-- groups by d.drug: 3 declared cells, each with its own noise
-- COUNT(*): one unit changes it by at most 8
-- COUNT(DISTINCT unit): one unit changes it by at most 1
-- one row: no grouping
-- COUNT(*): one unit changes it by at most 64

WITH c AS (SELECT city, AVG(days) AS days FROM visits GROUP BY city) SELECT COUNT(*) AS n FROM visits v WHERE v.days > (SELECT days FROM c WHERE c.city = v.city);
-- tables: visits
-- visits: at most 64 rows of each person
-- v: at most 64 rows of each person
-- a value for each row: up to 1 rows match one row
-- groups by city: 4 declared cells, each with its own noise
-- SUM(days - 15): one unit changes it by at most 960
-- COUNT(days): one unit changes it by at most 64
-- COUNT(DISTINCT unit): one unit changes it by at most 1
-- one row: no grouping
-- COUNT(*): one unit changes it by at most 64

SELECT COUNT(*) AS n FROM visits v WHERE days > (SELECT AVG(w.days) FROM visits w WHERE w.city = v.city GROUP BY w.city HAVING COUNT(*) > 70);
-- tables: visits
-- w: at most 64 rows of each person
-- v: at most 64 rows of each person
-- a value for each row: up to 1 rows match one row
-- groups by w.city: 4 declared cells, each with its own noise
-- SUM(w.days - 15): one unit changes it by at most 960
-- COUNT(w.days): one unit changes it by at most 64
-- COUNT(*): one unit changes it by at most 64
-- COUNT(DISTINCT unit): one unit changes it by at most 1
-- one row: no grouping
-- COUNT(*): one unit changes it by at most 64

SELECT city, COUNT(*) FILTER (WHERE days > (SELECT AVG(w.days) FROM visits w WHERE w.city = v.city)) AS n FROM visits v GROUP BY city;
-- tables: visits
-- w: at most 64 rows of each person
-- v: at most 64 rows of each person
-- a value for each row: up to 1 rows match one row
-- groups by w.city: 4 declared cells, each with its own noise
-- SUM(w.days - 15): one unit changes it by at most 960
-- COUNT(w.days): one unit changes it by at most 64
-- COUNT(DISTINCT unit): one unit changes it by at most 1
-- groups by city: 4 declared cells, each with its own noise
-- COUNT(CASE WHEN days > (SELECT …) THEN 1 END): one unit changes it by at most 64
-- COUNT(DISTINCT unit): one unit changes it by at most 1

WITH c AS (SELECT city, sex, AVG(days) AS a FROM visits GROUP BY city, sex) SELECT COUNT(*) AS n FROM visits v WHERE v.days > (SELECT a FROM c WHERE c.city = v.city AND c.sex = 'F');
-- tables: visits
-- visits: at most 64 rows of each person
-- v: at most 64 rows of each person
-- a value for each row: up to 1 rows match one row
-- groups by city, sex: 12 declared cells, each with its own noise
-- SUM(days - 15): one unit changes it by at most 960
-- COUNT(days): one unit changes it by at most 64
-- COUNT(DISTINCT unit): one unit changes it by at most 1
-- one row: no grouping
-- COUNT(*): one unit changes it by at most 64

SELECT COUNT(*) FROM visits v WHERE v.days IN (SELECT (SELECT COUNT(*) FROM drugs d WHERE d.city = h.region) FROM hospitals h);
-- tables: drugs, hospitals, visits
-- d: at most 8 rows of each person
-- v: at most 64 rows of each person
-- groups by d.city: 4 declared cells, each with its own noise
-- COUNT(*): one unit changes it by at most 8
-- COUNT(DISTINCT unit): one unit changes it by at most 1
-- one row: no grouping
-- COUNT(*): one unit changes it by at most 64
