SELECT v.city, COUNT(*) AS n FROM visits v GROUP BY v.city HAVING COUNT(*) > 2 ORDER BY n DESC LIMIT 2;
-- ties, floors and LIMIT over released counts

SELECT v.code, SUM(v.days) AS n, MODE(v.city) AS m FROM visits v GROUP BY v.code ORDER BY n DESC;
-- groups that one unit opens

WITH m AS (SELECT hospital AS k, COUNT(*) AS n FROM visits GROUP BY hospital)
SELECT v.code, COUNT(*) AS c FROM visits v JOIN m ON m.k = v.hospital WHERE v.days < m.n GROUP BY v.code;
-- a discovered stage that reads a discovered stage

SELECT COUNT(DISTINCT v.code) AS n, MEDIAN(v.days) AS m, STDDEV(v.days) AS s FROM visits v;
-- cuts by keyed order, picks and moments side by side

WITH m AS (SELECT v.city, COUNT(DISTINCT v.code) AS n FROM visits v GROUP BY v.city)
SELECT v.code, COUNT(*) AS c, SUM(v.days) AS s FROM
(SELECT id_card, city, code, SUM(days) OVER (PARTITION BY id_card ORDER BY visited_on) AS days FROM visits) v
LEFT JOIN m ON m.city = v.city
WHERE v.days >= (SELECT AVG(x.days) FROM visits x WHERE x.city = v.city)
AND NOT EXISTS (SELECT 1 FROM m WHERE m.city = v.city AND m.n > v.days)
GROUP BY GROUPING SETS ((v.code, v.city), (v.code), ());
-- windows of a unit, a correlated part and what comes back in one statement, by sets of discovered keys

WITH u AS (SELECT id_card, days, city FROM visits UNION ALL SELECT person, 2, city FROM drugs),
t AS (SELECT u.id_card, u.city, SUM(u.days) AS days FROM u GROUP BY u.id_card, u.city)
SELECT COUNT(*) AS n, SUM(t.days) AS s FROM t ANTI JOIN drugs d ON d.person = t.id_card AND d.city = t.city
WHERE t.city NOT IN (SELECT city FROM visits WHERE city IS NOT NULL GROUP BY city ORDER BY COUNT(*) LIMIT 1);
-- branches that add up, totals of each unit, an anti join and groups that were chosen by a released count

WITH m AS (SELECT v.code, COUNT(*) AS n, (SELECT COUNT(*) FROM visits w WHERE w.code = v.code AND w.days > 1) AS x
FROM visits v GROUP BY v.code)
SELECT v.city, COUNT(*) AS c, (SELECT COUNT(DISTINCT d.person) FROM drugs d WHERE d.city = v.city) AS p
FROM visits v WHERE v.days <> (SELECT m.x FROM m WHERE m.code = v.code) GROUP BY v.city;
-- values of two released groups side by side, and one of them by its key beside each row

SELECT COUNT(*) AS n FROM stays s
JOIN (SELECT id_card, stay, COUNT(*) AS n FROM bills GROUP BY id_card, stay) k ON k.id_card = s.id_card AND k.stay = s.sid;
-- the stay counted as settled by the group, and the group by the stay

SELECT COUNT(*) AS n FROM visits v
JOIN (VALUES (DATE '0001-01-01'), (TIMESTAMP '0001-01-01 00:00:00')) r(x) ON v.seen_at = r.x;
-- one moment, written in two ways

SELECT COUNT(*) AS n FROM hospitals h FULL JOIN hospitals g ON h.hospital = g.hospital AND h.level > g.level
JOIN visits v ON v.days > 1;
-- rows without a match stand beside the pairs

SELECT k, n FROM (SELECT v.city AS k, SUM(v.days) AS n FROM visits v GROUP BY v.city ORDER BY 1) a
UNION ALL SELECT k, n FROM (SELECT v.sex AS k, SUM(v.days) AS n FROM visits v GROUP BY v.sex) b;
-- branches with one name for their cells: their error bars were looked for under another, and the job failed

SELECT v.city, SUM(clamp(v.days * 1e16, 0, 1e18)) AS s, AVG(clamp(v.days * 1e16, -1e18, 1e18)) AS a,
STDDEV_POP(clamp(v.days * 1e16, 0, 1e18)) AS d FROM visits v GROUP BY v.city;
-- sums and squares in coarser steps than the numbers have

WITH m AS (SELECT v.code, v.city, COUNT(*) AS n FROM visits v GROUP BY v.code, v.city)
SELECT d.city, COUNT(*) AS c, EXISTS (SELECT 1 FROM m WHERE m.city = d.city AND m.n > 3) AS e FROM drugs d GROUP BY d.city
HAVING d.city IN (SELECT m.city FROM m) OR COUNT(*) NOT IN (SELECT m.n FROM m);
-- matches among released groups beside other groups

SELECT v.city, COUNT(*) AS n, (SELECT COUNT(*) FROM drugs d WHERE d.city = v.city) AS x,
EXISTS (SELECT 1 FROM hospitals h WHERE h.region = v.city) AS e FROM visits v GROUP BY ROLLUP (v.city);
-- values of groups beside a total that has no key to find one by
