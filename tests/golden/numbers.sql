SELECT AVG(log10(days + 1)) AS a, AVG(log2(days + 1)) AS b, AVG(log(days + 1)) AS c, AVG(log(3, days + 1)) AS d FROM visits;
-- tables: visits
-- visits: at most 64 rows of each person
-- one row: no grouping
-- SUM(LOG(10, days + 1) - 0.745681): one unit changes it by at most 47.7236
-- COUNT(LOG(10, days + 1)): one unit changes it by at most 64
-- SUM(LOG(2, days + 1) - 2.4771): one unit changes it by at most 158.534
-- COUNT(LOG(2, days + 1)): one unit changes it by at most 64
-- SUM(LOG(3, days + 1) - 1.56287): one unit changes it by at most 100.024
-- COUNT(LOG(3, days + 1)): one unit changes it by at most 64

SELECT SUM(trunc(clamp(weight, -9.5, 200))) AS a, SUM(sign(days - 3)) AS b, SUM(days // 7) AS c, SUM(days % 7) AS d FROM visits;
-- tables: visits
-- visits: at most 64 rows of each person
-- one row: no grouping
-- SUM(TRUNC(CLAMP(weight, -9.5, 200))): one unit changes it by at most 12800
-- SUM(SIGN(days - 3)): one unit changes it by at most 64
-- SUM(days // 7): one unit changes it by at most 256
-- SUM(days % 7): one unit changes it by at most 1920

SELECT sign(days - 3) AS s, COUNT(*) AS n FROM visits GROUP BY 1;
-- tables: visits
-- visits: at most 64 rows of each person
-- groups by SIGN(days - 3): 4 declared cells, each with its own noise
-- COUNT(*): one unit changes it by at most 64
-- COUNT(DISTINCT unit): one unit changes it by at most 1

SELECT AVG(sin(days)) AS a, AVG(cos(days)) AS b, AVG(cbrt(days)) AS c, COUNT(*) * pi() AS d FROM visits;
-- tables: visits
-- visits: at most 64 rows of each person
-- one row: no grouping
-- SUM(SIN(days) - 0): one unit changes it by at most 64
-- COUNT(SIN(days)): one unit changes it by at most 64
-- SUM(COS(days) - 0): one unit changes it by at most 64
-- COUNT(COS(days)): one unit changes it by at most 64
-- SUM(CBRT(days) - 1.55362): one unit changes it by at most 99.4315
-- COUNT(CBRT(days)): one unit changes it by at most 64
-- COUNT(*): one unit changes it by at most 64

SELECT COUNT(*) AS n FROM visits WHERE isnan(weight);
-- tables: visits
-- visits: at most 64 rows of each person
-- one row: no grouping
-- COUNT(*): one unit changes it by at most 64
