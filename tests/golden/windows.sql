SELECT n, COUNT(*) AS c FROM (SELECT id_card, ROW_NUMBER() OVER (PARTITION BY id_card ORDER BY visited_on, amount) AS n FROM visits) v GROUP BY n ORDER BY n;
-- tables: visits
-- visits: at most 64 rows of each person
-- groups by n: 64 declared cells, each with its own noise
-- COUNT(*): one unit changes it by at most 64
-- COUNT(DISTINCT unit): one unit changes it by at most 1

SELECT COUNT(*) AS n, SUM(gap) AS days FROM (SELECT visited_on - LAG(visited_on) OVER (PARTITION BY id_card ORDER BY visited_on, code) AS gap FROM visits WHERE visited_on IS NOT NULL) v WHERE gap <= 30;
-- tables: visits
-- visits: at most 64 rows of each person
-- one row: no grouping
-- COUNT(*): one unit changes it by at most 64
-- SUM(gap): one unit changes it by at most 23296

SELECT COUNT(*) AS n FROM (SELECT RANK() OVER (PARTITION BY id_card, city ORDER BY days DESC NULLS LAST) AS r, DENSE_RANK() OVER (PARTITION BY id_card ORDER BY sex) AS d FROM visits) v WHERE r > 2 AND d > 1;
-- tables: visits
-- visits: at most 64 rows of each person
-- one row: no grouping
-- COUNT(*): one unit changes it by at most 64

SELECT COUNT(*) AS n FROM (SELECT SUM(days) OVER (PARTITION BY id_card ORDER BY visited_on) AS run, COUNT(*) OVER (PARTITION BY id_card) AS visits, COUNT(days) OVER (PARTITION BY id_card, sex ORDER BY days) AS c FROM visits) v WHERE run > 20 AND visits > 5 AND c < 4;
-- tables: visits
-- visits: at most 64 rows of each person
-- one row: no grouping
-- COUNT(*): one unit changes it by at most 64

SELECT AVG(least) AS a, COUNT(*) AS n FROM (SELECT MIN(amount) OVER (PARTITION BY id_card ORDER BY visited_on) AS least, MAX(weight) OVER (PARTITION BY id_card) AS most FROM visits) v WHERE most IS NOT NULL;
-- tables: visits
-- visits: at most 64 rows of each person
-- one row: no grouping
-- SUM(least - 10000): one unit changes it by at most 640000
-- COUNT(least): one unit changes it by at most 64
-- COUNT(*): one unit changes it by at most 64

SELECT COUNT(*) AS n, COUNT(DISTINCT p) AS people FROM (SELECT id_card AS p, city FROM visits WHERE visited_on IS NOT NULL QUALIFY RANK() OVER (PARTITION BY id_card ORDER BY visited_on DESC) = 1) v WHERE city = '郑州市';
-- tables: visits
-- visits: at most 64 rows of each person
-- one row: no grouping
-- COUNT(*): one unit changes it by at most 64
-- COUNT(DISTINCT p): one unit changes it by at most 1

SELECT SUM(s) AS s FROM (SELECT SUM(amount) OVER (PARTITION BY id_card ORDER BY visited_on, amount, code, days, seen_at, hospital, city, sex, urgent, diagnosis, weight ROWS BETWEEN 1 PRECEDING AND CURRENT ROW) AS s FROM visits) v;
-- tables: visits
-- visits: at most 64 rows of each person
-- one row: no grouping
-- SUM(s): one unit changes it by at most 8.192e+07

SELECT COUNT(*) AS n FROM (SELECT LEAD(days, 2) OVER (PARTITION BY id_card ORDER BY visited_on, amount, code, days, seen_at) AS later, days FROM (SELECT * FROM visits WHERE days > 3) x) v WHERE later > days;
-- tables: visits
-- visits: at most 64 rows of each person
-- one row: no grouping
-- COUNT(*): one unit changes it by at most 64

SELECT COUNT(*) AS n FROM (SELECT COUNT(*) OVER (PARTITION BY id_card) AS pairs FROM visits v JOIN drugs d ON d.person = v.id_card) v WHERE pairs > 10;
-- tables: drugs, visits
-- v: at most 64 rows of each person
-- d: at most 8 rows of each person
-- one row: no grouping
-- COUNT(*): one unit changes it by at most 512
