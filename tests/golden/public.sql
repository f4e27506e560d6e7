SELECT hospital, level FROM hospitals WHERE level >= 2 ORDER BY level DESC, hospital;
-- public tables only: exact, no noise, no charge

SELECT region, COUNT(*) AS n, MAX(level) AS top, MIN(hospital) AS first FROM hospitals GROUP BY region ORDER BY n DESC, top DESC;
-- public tables only: exact, no noise, no charge

SELECT COUNT(*), COUNT(DISTINCT region), AVG(level), SUM(beds) FROM hospitals;
-- public tables only: exact, no noise, no charge

SELECT a.hospital, b.hospital AS other FROM hospitals a JOIN hospitals b ON a.region = b.region WHERE a.level < b.level ORDER BY 1, 2;
-- public tables only: exact, no noise, no charge

SELECT level * 2 AS twice, CASE WHEN level = 3 THEN 'top' ELSE 'other' END AS kind FROM hospitals ORDER BY 1, 2 LIMIT 4 OFFSET 1;
-- public tables only: exact, no noise, no charge

SELECT region FROM hospitals GROUP BY region HAVING COUNT(*) > 1 ORDER BY COUNT(*) DESC;
-- public tables only: exact, no noise, no charge

SELECT h FROM (SELECT hospital AS h FROM (SELECT DISTINCT hospital FROM hospitals) p) t ORDER BY h;
-- public tables only: exact, no noise, no charge

SELECT COUNT(*) FROM (SELECT region FROM hospitals INTERSECT SELECT region FROM hospitals WHERE level = 3) t;
-- public tables only: exact, no noise, no charge

SELECT region, n FROM (SELECT region, 1 AS n FROM hospitals EXCEPT SELECT region, 1 FROM hospitals WHERE level = 3 ORDER BY 1 LIMIT 5) t ORDER BY region;
-- public tables only: exact, no noise, no charge
