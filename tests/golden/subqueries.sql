SELECT city, COUNT(*) AS n, COUNT(DISTINCT id_card) AS people
FROM (SELECT * FROM visits WHERE days > 3) v GROUP BY city;
-- tables: visits
-- visits: at most 64 rows of each person
-- groups by city: 4 declared cells, each with its own noise
-- COUNT(*): one unit changes it by at most 64
-- COUNT(DISTINCT id_card): one unit changes it by at most 1

WITH busy AS (SELECT id_card, city AS place, amount * 2 AS cost, days FROM visits WHERE urgent)
SELECT place, AVG(cost) AS mean, STDDEV(days) AS spread FROM busy GROUP BY place;
-- tables: visits
-- visits: at most 64 rows of each person
-- groups by place: 4 declared cells, each with its own noise
-- SUM(cost - 20000): one unit changes it by at most 1.28e+06
-- COUNT(cost): one unit changes it by at most 64
-- SUM(days - 15): one unit changes it by at most 960
-- COUNT(days): one unit changes it by at most 64
-- SUM((days - 15)² - 112): one unit changes it by at most 7232
-- COUNT(DISTINCT unit): one unit changes it by at most 1

WITH a AS (SELECT id_card, amount, sex FROM visits), b AS (SELECT id_card, amount FROM a WHERE sex = 'F')
SELECT COUNT(*) AS n, SUM(b.amount) AS total FROM a JOIN b ON a.id_card = b.id_card;
-- tables: visits
-- visits: at most 64 rows of each person
-- visits: at most 64 rows of each person
-- one row: no grouping
-- COUNT(*): one unit changes it by at most 4096
-- SUM(b.amount): one unit changes it by at most 8.192e+07

SELECT COUNT(*) AS n, COUNT(p.one) AS known, SUM(p.price) AS price FROM visits v
LEFT JOIN (SELECT person, price, 1 AS one FROM drugs WHERE drug = 'A') p ON p.person = v.id_card;
-- tables: drugs, visits
-- v: at most 64 rows of each person
-- drugs: at most 8 rows of each person
-- one row: no grouping
-- COUNT(*): one unit changes it by at most 512
-- COUNT(p.one): one unit changes it by at most 512
-- SUM(p.price): one unit changes it by at most 51200

SELECT level, COUNT(*) AS n FROM (SELECT hospital AS h, days FROM visits WHERE days IS NOT NULL) v
JOIN hospitals ON v.h = hospitals.hospital GROUP BY level;
-- tables: hospitals, visits
-- visits: at most 64 rows of each person
-- hospitals: up to 2 rows match one row
-- groups by level: 4 declared cells, each with its own noise
-- COUNT(*): one unit changes it by at most 128
-- COUNT(DISTINCT unit): one unit changes it by at most 1

SELECT COUNT(DISTINCT who) AS people, AVG(x) AS x FROM
(SELECT v.id_card AS who, coalesce(v.days, 0) + 1 AS x FROM visits v JOIN drugs d ON v.id_card = d.person WHERE d.price > 1) s;
-- tables: drugs, visits
-- v: at most 64 rows of each person
-- d: at most 8 rows of each person
-- one row: no grouping
-- COUNT(DISTINCT who): one unit changes it by at most 1
-- SUM(x - 16): one unit changes it by at most 7680
-- COUNT(x): one unit changes it by at most 512
