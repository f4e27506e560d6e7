SELECT v.city, COUNT(*) AS n FROM visits v GROUP BY v.city HAVING COUNT(*) > 2 ORDER BY n DESC LIMIT 2;
-- ties, floors and LIMIT over released counts

SELECT v.code, SUM(v.days) AS n, MODE(v.city) AS m FROM visits v GROUP BY v.code ORDER BY n DESC;
-- groups that one unit opens

WITH m AS (SELECT hospital AS k, COUNT(*) AS n FROM visits GROUP BY hospital)
SELECT v.code, COUNT(*) AS c FROM visits v JOIN m ON m.k = v.hospital WHERE v.days < m.n GROUP BY v.code;
-- a discovered stage that reads a discovered stage

SELECT COUNT(DISTINCT v.code) AS n, MEDIAN(v.days) AS m, STDDEV(v.days) AS s FROM visits v;
-- cuts by keyed order, picks and moments side by side
