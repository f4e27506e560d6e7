SELECT city, COUNT(*) AS n, COUNT(DISTINCT p) AS people FROM (SELECT id_card AS p, city FROM visits UNION ALL SELECT person, city FROM drugs) u GROUP BY city;
-- tables: drugs, visits
-- visits: at most 64 rows of each person
-- drugs: at most 8 rows of each person
-- groups by city: 4 declared cells, each with its own noise
-- COUNT(*): one unit changes it by at most 72
-- COUNT(DISTINCT p): one unit changes it by at most 1

WITH amounts AS (SELECT id_card AS p, amount AS x, 1 AS kind FROM visits WHERE days > 2 UNION ALL SELECT person, 2, 2 FROM drugs UNION ALL SELECT id_card, NULL, 3 FROM visits) SELECT kind, COUNT(*) AS n, SUM(x) AS x FROM amounts GROUP BY kind;
-- tables: drugs, visits
-- visits: at most 64 rows of each person
-- drugs: at most 8 rows of each person
-- visits: at most 64 rows of each person
-- groups by kind: 3 declared cells, each with its own noise
-- COUNT(*): one unit changes it by at most 136
-- SUM(x): one unit changes it by at most 2.72e+06
-- COUNT(DISTINCT unit): one unit changes it by at most 1

SELECT COUNT(*) AS n, SUM(x.days) AS s FROM (SELECT id_card AS p, days FROM visits UNION ALL SELECT id_card, days FROM visits) x JOIN drugs d ON d.person = x.p;
-- tables: drugs, visits
-- visits: at most 64 rows of each person
-- visits: at most 64 rows of each person
-- d: at most 8 rows of each person
-- one row: no grouping
-- COUNT(*): one unit changes it by at most 1024
-- SUM(x.days): one unit changes it by at most 30720

SELECT COUNT(*) AS n FROM visits v JOIN (SELECT hospital, level FROM hospitals UNION ALL SELECT region, beds FROM hospitals) h USING (hospital);
-- tables: hospitals, visits
-- v: at most 64 rows of each person
-- h: up to 6 rows match one row
-- one row: no grouping
-- COUNT(*): one unit changes it by at most 384

SELECT level, COUNT(*) AS n FROM (SELECT level FROM hospitals UNION ALL SELECT 7 FROM hospitals) u GROUP BY level;
-- public tables only: exact, no noise, no charge

WITH c AS (SELECT city, COUNT(*) AS n FROM visits GROUP BY city) SELECT city, n FROM c UNION ALL SELECT 'all', SUM(n) FROM c ORDER BY 1;
-- tables: visits
-- visits: at most 64 rows of each person
-- groups by city: 4 declared cells, each with its own noise
-- COUNT(*): one unit changes it by at most 64
-- COUNT(DISTINCT unit): one unit changes it by at most 1

WITH c AS (SELECT city, COUNT(*) AS n, SUM(days) AS s FROM visits GROUP BY city) SELECT k, y / 2 AS half FROM (SELECT city AS k, n AS y FROM c UNION ALL SELECT city, s FROM c) AS u;
-- tables: visits
-- visits: at most 64 rows of each person
-- groups by city: 4 declared cells, each with its own noise
-- COUNT(*): one unit changes it by at most 64
-- SUM(days): one unit changes it by at most 1920
-- COUNT(DISTINCT unit): one unit changes it by at most 1
