SELECT COUNT(*) AS n, COUNT(v.days) AS visits, COUNT(d.price) AS drugs FROM visits v RIGHT JOIN drugs d ON v.id_card = d.person;
-- tables: drugs, visits
-- v: at most 64 rows of each person
-- d: at most 8 rows of each person
-- one row: no grouping
-- COUNT(*): one unit changes it by at most 512
-- COUNT(v.days): one unit changes it by at most 512
-- COUNT(d.price): one unit changes it by at most 512

SELECT d.drug, COUNT(*) AS n, SUM(v.days) AS days FROM visits v RIGHT JOIN drugs d ON v.id_card = d.person AND v.city = d.city GROUP BY d.drug;
-- tables: drugs, visits
-- v: at most 64 rows of each person
-- d: at most 8 rows of each person
-- groups by d.drug: 3 declared cells, each with its own noise
-- COUNT(*): one unit changes it by at most 512
-- SUM(v.days): one unit changes it by at most 15360
-- COUNT(DISTINCT unit): one unit changes it by at most 1

SELECT COUNT(*) AS n, COUNT(DISTINCT v.id_card) AS a, COUNT(DISTINCT d.person) AS b FROM visits v FULL JOIN drugs d ON v.id_card = d.person;
-- tables: drugs, visits
-- v: at most 64 rows of each person
-- d: at most 8 rows of each person
-- one row: no grouping
-- COUNT(*): one unit changes it by at most 512
-- COUNT(DISTINCT v.id_card): one unit changes it by at most 1
-- COUNT(DISTINCT d.person): one unit changes it by at most 1

SELECT v.city, COUNT(*) AS n FROM visits v FULL OUTER JOIN drugs d ON v.id_card = d.person AND v.city = d.city AND v.days > 10 GROUP BY v.city;
-- tables: drugs, visits
-- v: at most 64 rows of each person
-- d: at most 8 rows of each person
-- groups by v.city: 4 declared cells, each with its own noise
-- COUNT(*): one unit changes it by at most 512
-- COUNT(DISTINCT unit): one unit changes it by at most 1

SELECT city, COUNT(*) AS n FROM (SELECT id_card AS p, city FROM visits) v FULL JOIN (SELECT person AS p, city FROM drugs) d USING (p, city) GROUP BY city;
-- tables: drugs, visits
-- visits: at most 64 rows of each person
-- drugs: at most 8 rows of each person
-- groups by city: 4 declared cells, each with its own noise
-- COUNT(*): one unit changes it by at most 512
-- COUNT(DISTINCT unit): one unit changes it by at most 1

SELECT COUNT(*) AS n FROM (SELECT id_card AS p, days FROM visits WHERE days > 20) a FULL JOIN (SELECT person AS p, price FROM drugs) b USING (p) FULL JOIN (SELECT id_card AS p FROM visits WHERE urgent) c USING (p);
-- tables: drugs, visits
-- visits: at most 64 rows of each person
-- drugs: at most 8 rows of each person
-- visits: at most 64 rows of each person
-- one row: no grouping
-- COUNT(*): one unit changes it by at most 32768

SELECT COUNT(*) AS n, SUM(h.level) AS levels FROM hospitals h RIGHT JOIN visits v ON v.hospital = h.hospital;
-- tables: hospitals, visits
-- v: at most 64 rows of each person
-- h: up to 2 rows match one row
-- one row: no grouping
-- COUNT(*): one unit changes it by at most 128
-- SUM(h.level): one unit changes it by at most 384

SELECT COUNT(v.amount) AS n, SUM(v.days) AS days, COUNT(DISTINCT v.id_card) AS people FROM hospitals h LEFT JOIN visits v ON v.hospital = h.hospital AND v.days > 3 WHERE h.level > 1;
-- tables: hospitals, visits
-- v: at most 64 rows of each person
-- h: up to 2 rows match one row
-- one row: no grouping
-- COUNT(v.amount): one unit changes it by at most 128
-- SUM(v.days): one unit changes it by at most 3840
-- COUNT(DISTINCT v.id_card): one unit changes it by at most 1

SELECT h.region, SUM(v.days * 2) AS days FROM hospitals h LEFT JOIN visits v USING (hospital) WHERE v.days > 1 GROUP BY h.region;
-- tables: hospitals, visits
-- v: at most 64 rows of each person
-- h: up to 2 rows match one row
-- groups by h.region: 4 declared cells, each with its own noise
-- SUM(v.days * 2): one unit changes it by at most 7680
-- COUNT(DISTINCT unit): one unit changes it by at most 1

SELECT COUNT(*) AS n FROM visits v SEMI JOIN drugs d ON v.id_card = d.person AND d.price > v.days;
-- tables: drugs, visits
-- v: at most 64 rows of each person
-- d: at most 8 rows of each person
-- one row: no grouping
-- COUNT(*): one unit changes it by at most 64

SELECT city, COUNT(*) AS n, COUNT(DISTINCT id_card) AS people FROM visits v ANTI JOIN drugs d ON v.id_card = d.person AND v.city = d.city GROUP BY city;
-- tables: drugs, visits
-- v: at most 64 rows of each person
-- d: at most 8 rows of each person
-- groups by city: 4 declared cells, each with its own noise
-- COUNT(*): one unit changes it by at most 64
-- COUNT(DISTINCT id_card): one unit changes it by at most 1

SELECT COUNT(*) AS n FROM visits v ANTI JOIN hospitals h USING (hospital);
-- tables: hospitals, visits
-- v: at most 64 rows of each person
-- one row: no grouping
-- COUNT(*): one unit changes it by at most 64

SELECT COUNT(*) AS n FROM visits v SEMI JOIN hospitals h ON v.city = h.region AND h.level > v.days / 10;
-- tables: hospitals, visits
-- v: at most 64 rows of each person
-- one row: no grouping
-- COUNT(*): one unit changes it by at most 64

SELECT COUNT(*) AS n FROM visits v, drugs d, hospitals h WHERE v.id_card = d.person AND h.hospital = v.hospital AND d.price > 10 AND v.city = h.region;
-- tables: drugs, hospitals, visits
-- v: at most 64 rows of each person
-- d: at most 8 rows of each person
-- h: up to 2 rows match one row
-- one row: no grouping
-- COUNT(*): one unit changes it by at most 1024

SELECT h.level, COUNT(*) AS n FROM hospitals h, hospitals g, drugs d, visits v WHERE g.region = h.region AND h.hospital = v.hospital AND d.person = v.id_card AND g.level < 3 GROUP BY h.level;
-- tables: drugs, hospitals, visits
-- d: at most 8 rows of each person
-- v: at most 64 rows of each person
-- h: up to 2 rows match one row
-- g: up to 4 rows match one row
-- groups by h.level: 4 declared cells, each with its own noise
-- COUNT(*): one unit changes it by at most 4096
-- COUNT(DISTINCT unit): one unit changes it by at most 1

SELECT COUNT(*) AS n FROM visits v, hospitals h WHERE (v.hospital = h.hospital AND v.days > 20) OR (v.hospital = h.hospital AND h.level = 3);
-- tables: hospitals, visits
-- v: at most 64 rows of each person
-- h: up to 2 rows match one row
-- one row: no grouping
-- COUNT(*): one unit changes it by at most 128

SELECT COUNT(*) AS n FROM drugs d LEFT JOIN visits v ON v.id_card = d.person, hospitals h WHERE h.region = d.city;
-- tables: drugs, hospitals, visits
-- d: at most 8 rows of each person
-- v: at most 64 rows of each person
-- h: up to 4 rows match one row
-- one row: no grouping
-- COUNT(*): one unit changes it by at most 2048

SELECT COUNT(*) AS n FROM visits v JOIN (VALUES (0, 9, 'few'), (10, 30, 'many')) AS b(lo, hi, label) ON v.days BETWEEN b.lo AND b.hi;
-- tables: visits
-- v: at most 64 rows of each person
-- b: up to 2 rows match one row
-- one row: no grouping
-- COUNT(*): one unit changes it by at most 128

SELECT b.label, COUNT(*) AS n FROM visits v, (VALUES (0, 9, 'few'), (10, 30, 'many')) AS b(lo, hi, label) WHERE v.days BETWEEN b.lo AND b.hi GROUP BY b.label;
-- tables: visits
-- v: at most 64 rows of each person
-- b: up to 2 rows match one row
-- groups by b.label: 2 declared cells, each with its own noise
-- COUNT(*): one unit changes it by at most 128
-- COUNT(DISTINCT unit): one unit changes it by at most 1

SELECT COUNT(*) AS n FROM visits v CROSS JOIN hospitals h WHERE v.days > h.level;
-- tables: hospitals, visits
-- v: at most 64 rows of each person
-- h: up to 5 rows match one row
-- one row: no grouping
-- COUNT(*): one unit changes it by at most 320

SELECT COUNT(*) AS n FROM visits v JOIN (SELECT region, MAX(level) AS best, COUNT(*) AS n FROM hospitals WHERE beds > 5 GROUP BY region HAVING COUNT(*) >= 1) h ON v.city = h.region AND v.days > h.best;
-- tables: hospitals, visits
-- v: at most 64 rows of each person
-- h: up to 1 rows match one row
-- one row: no grouping
-- COUNT(*): one unit changes it by at most 64

SELECT COUNT(*) AS n FROM visits v JOIN (SELECT a.hospital, b.level FROM hospitals a JOIN hospitals b ON a.region = b.region) h USING (hospital);
-- tables: hospitals, visits
-- v: at most 64 rows of each person
-- h: up to 8 rows match one row
-- one row: no grouping
-- COUNT(*): one unit changes it by at most 512

SELECT a.level, COUNT(*) AS n FROM hospitals a, hospitals b WHERE a.region = b.region GROUP BY a.level;
-- public tables only: exact, no noise, no charge

SELECT a.hospital, b.level FROM hospitals a FULL JOIN (SELECT hospital, level FROM hospitals WHERE level > 2) b ON a.hospital = b.hospital ORDER BY 1, 2;
-- public tables only: exact, no noise, no charge
