SELECT city, sex, COUNT(*) AS n FROM visits GROUP BY ROLLUP (city, sex);
-- tables: visits
-- visits: at most 64 rows of each person
-- visits: at most 64 rows of each person
-- visits: at most 64 rows of each person
-- groups by city, sex: 12 declared cells, each with its own noise
-- COUNT(*): one unit changes it by at most 64
-- COUNT(DISTINCT unit): one unit changes it by at most 1
-- groups by city: 4 declared cells, each with its own noise
-- COUNT(*): one unit changes it by at most 64
-- COUNT(DISTINCT unit): one unit changes it by at most 1
-- one row: no grouping
-- COUNT(*): one unit changes it by at most 64

SELECT city, GROUPING(city) AS total, SUM(amount) AS amount FROM visits GROUP BY ROLLUP (city) ORDER BY SUM(amount) DESC;
-- tables: visits
-- visits: at most 64 rows of each person
-- visits: at most 64 rows of each person
-- groups by city: 4 declared cells, each with its own noise
-- SUM(amount): one unit changes it by at most 1.28e+06
-- COUNT(DISTINCT unit): one unit changes it by at most 1
-- one row: no grouping
-- SUM(amount): one unit changes it by at most 1.28e+06

SELECT city AS c, sex, COUNT(*) AS n, AVG(days) AS mean, GROUPING(city, sex) AS level FROM visits GROUP BY CUBE (city, sex);
-- tables: visits
-- visits: at most 64 rows of each person
-- visits: at most 64 rows of each person
-- visits: at most 64 rows of each person
-- visits: at most 64 rows of each person
-- groups by city, sex: 12 declared cells, each with its own noise
-- COUNT(*): one unit changes it by at most 64
-- SUM(days - 15): one unit changes it by at most 960
-- COUNT(days): one unit changes it by at most 64
-- COUNT(DISTINCT unit): one unit changes it by at most 1
-- groups by city: 4 declared cells, each with its own noise
-- COUNT(*): one unit changes it by at most 64
-- SUM(days - 15): one unit changes it by at most 960
-- COUNT(days): one unit changes it by at most 64
-- COUNT(DISTINCT unit): one unit changes it by at most 1
-- groups by sex: 3 declared cells, each with its own noise
-- COUNT(*): one unit changes it by at most 64
-- SUM(days - 15): one unit changes it by at most 960
-- COUNT(days): one unit changes it by at most 64
-- COUNT(DISTINCT unit): one unit changes it by at most 1
-- one row: no grouping
-- COUNT(*): one unit changes it by at most 64
-- SUM(days - 15): one unit changes it by at most 960
-- COUNT(days): one unit changes it by at most 64

SELECT city, sex, COUNT(DISTINCT id_card) AS people FROM visits GROUP BY GROUPING SETS ((city, sex), sex, ());
-- tables: visits
-- visits: at most 64 rows of each person
-- visits: at most 64 rows of each person
-- visits: at most 64 rows of each person
-- groups by city, sex: 12 declared cells, each with its own noise
-- COUNT(DISTINCT id_card): one unit changes it by at most 1
-- groups by sex: 3 declared cells, each with its own noise
-- COUNT(DISTINCT id_card): one unit changes it by at most 1
-- one row: no grouping
-- COUNT(DISTINCT id_card): one unit changes it by at most 1

SELECT v.city, month(visited_on) AS m, COUNT(*) AS n FROM visits v GROUP BY city, ROLLUP (m);
-- tables: visits
-- v: at most 64 rows of each person
-- v: at most 64 rows of each person
-- groups by city, MONTH(visited_on): 52 declared cells, each with its own noise
-- COUNT(*): one unit changes it by at most 64
-- COUNT(DISTINCT unit): one unit changes it by at most 1
-- groups by city: 4 declared cells, each with its own noise
-- COUNT(*): one unit changes it by at most 64
-- COUNT(DISTINCT unit): one unit changes it by at most 1

SELECT sex, COUNT(*) AS n, SUM(CASE WHEN sex = 'F' THEN 1 ELSE 0 END) AS women FROM visits GROUP BY ROLLUP (sex) HAVING GROUPING(sex) = 1 OR COUNT(*) > 20;
-- tables: visits
-- visits: at most 64 rows of each person
-- visits: at most 64 rows of each person
-- groups by sex: 3 declared cells, each with its own noise
-- COUNT(*): one unit changes it by at most 64
-- SUM(CASE WHEN sex = 'F' THEN 1 ELSE 0 END): one unit changes it by at most 64
-- COUNT(DISTINCT unit): one unit changes it by at most 1
-- one row: no grouping
-- COUNT(*): one unit changes it by at most 64
-- SUM(CASE WHEN sex = 'F' THEN 1 ELSE 0 END): one unit changes it by at most 64

SELECT city, COUNT(*) AS n FROM visits GROUP BY (city);
-- tables: visits
-- visits: at most 64 rows of each person
-- groups by (city): 4 declared cells, each with its own noise
-- COUNT(*): one unit changes it by at most 64
-- COUNT(DISTINCT unit): one unit changes it by at most 1

SELECT COUNT(*) AS n FROM visits GROUP BY ();
-- tables: visits
-- visits: at most 64 rows of each person
-- one row: no grouping
-- COUNT(*): one unit changes it by at most 64

SELECT r.city, r.n / whole.n AS share FROM (SELECT city, COUNT(*) AS n FROM visits GROUP BY city) r CROSS JOIN (SELECT COUNT(*) AS n FROM visits GROUP BY GROUPING SETS (())) whole;
-- tables: visits
-- visits: at most 64 rows of each person
-- visits: at most 64 rows of each person
-- groups by city: 4 declared cells, each with its own noise
-- COUNT(*): one unit changes it by at most 64
-- COUNT(DISTINCT unit): one unit changes it by at most 1
-- one row: no grouping
-- COUNT(*): one unit changes it by at most 64

SELECT region, COUNT(*) AS n FROM hospitals GROUP BY ROLLUP (region);
-- public tables only: exact, no noise, no charge

SELECT upper(city) AS big, COUNT(*) AS n FROM visits GROUP BY ROLLUP (city);
-- tables: visits
-- visits: at most 64 rows of each person
-- visits: at most 64 rows of each person
-- groups by city: 4 declared cells, each with its own noise
-- COUNT(*): one unit changes it by at most 64
-- COUNT(DISTINCT unit): one unit changes it by at most 1
-- one row: no grouping
-- COUNT(*): one unit changes it by at most 64

SELECT city, COUNT(*) AS n, (SELECT COUNT(*) FROM drugs d WHERE d.city = v.city) AS c, (SELECT AVG(price) FROM drugs d WHERE d.city = v.city) AS a FROM visits v GROUP BY ROLLUP (city);
-- tables: drugs, visits
-- v: at most 64 rows of each person
-- d: at most 8 rows of each person
-- v: at most 64 rows of each person
-- groups by city: 4 declared cells, each with its own noise
-- COUNT(*): one unit changes it by at most 64
-- COUNT(DISTINCT unit): one unit changes it by at most 1
-- groups by d.city: 4 declared cells, each with its own noise
-- COUNT(*): one unit changes it by at most 8
-- SUM(price - 49.25): one unit changes it by at most 406
-- COUNT(price): one unit changes it by at most 8
-- COUNT(DISTINCT unit): one unit changes it by at most 1
-- one row: no grouping
-- COUNT(*): one unit changes it by at most 64

SELECT city, sex, COUNT(*) AS n, EXISTS (SELECT 1 FROM hospitals h WHERE h.region = v.city) AS e, COUNT(*) + (SELECT COUNT(*) FROM hospitals h WHERE h.region = v.city) AS m FROM visits v GROUP BY CUBE (city, sex);
-- tables: hospitals, visits
-- v: at most 64 rows of each person
-- v: at most 64 rows of each person
-- v: at most 64 rows of each person
-- v: at most 64 rows of each person
-- groups by city, sex: 12 declared cells, each with its own noise
-- COUNT(*): one unit changes it by at most 64
-- COUNT(DISTINCT unit): one unit changes it by at most 1
-- groups by city: 4 declared cells, each with its own noise
-- COUNT(*): one unit changes it by at most 64
-- COUNT(DISTINCT unit): one unit changes it by at most 1
-- groups by sex: 3 declared cells, each with its own noise
-- COUNT(*): one unit changes it by at most 64
-- COUNT(DISTINCT unit): one unit changes it by at most 1
-- one row: no grouping
-- COUNT(*): one unit changes it by at most 64

SELECT region, level, COUNT(*) AS n, (SELECT COUNT(*) FROM hospitals g WHERE g.region = h.region) AS same FROM hospitals h GROUP BY GROUPING SETS ((region, level), (level), ()) HAVING NOT EXISTS (SELECT 1 FROM hospitals g WHERE g.region = h.region AND g.beds > 400);
-- public tables only: exact, no noise, no charge

SELECT v.days // 10 AS tens, days AS d, coalesce(v.sex, 'F') AS s, v.days // 10 * 2 AS twice, GROUPING(v.days // 10) AS g, COUNT(*) AS n FROM visits v GROUP BY GROUPING SETS ((v.days // 10), (days), (v.sex, coalesce(v.sex, 'F')), (coalesce(v.sex, 'F')), ()) HAVING coalesce(v.sex, 'F') IS NULL OR coalesce(v.sex, 'F') <> 'x';
-- tables: visits
-- v: at most 64 rows of each person
-- v: at most 64 rows of each person
-- v: at most 64 rows of each person
-- v: at most 64 rows of each person
-- v: at most 64 rows of each person
-- at most 1,000,000 rows are shown
-- groups by v.days // 10: keys are discovered; a group is shown when enough units are in it
-- COUNT(*): one unit changes it by at most 64
-- COUNT(DISTINCT unit): one unit changes it by at most 1
-- groups by days: 32 declared cells, each with its own noise
-- COUNT(*): one unit changes it by at most 64
-- COUNT(DISTINCT unit): one unit changes it by at most 1
-- groups by v.sex, COALESCE(v.sex, 'F'): 6 declared cells, each with its own noise
-- COUNT(*): one unit changes it by at most 64
-- COUNT(DISTINCT unit): one unit changes it by at most 1
-- groups by COALESCE(v.sex, 'F'): 2 declared cells, each with its own noise
-- COUNT(*): one unit changes it by at most 64
-- COUNT(DISTINCT unit): one unit changes it by at most 1
-- one row: no grouping
-- COUNT(*): one unit changes it by at most 64
