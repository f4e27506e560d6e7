SELECT city, COUNT(*) AS n FROM visits GROUP BY city;
-- tables: visits
-- visits: at most 64 rows of each person
-- groups by city: 4 declared cells, each with its own noise
-- COUNT(*): one unit changes it by at most 64
-- COUNT(DISTINCT unit): one unit changes it by at most 1

SELECT city, sex, AVG(amount) AS mean FROM visits GROUP BY 1, 2 ORDER BY mean DESC, city LIMIT 3;
-- tables: visits
-- visits: at most 64 rows of each person
-- groups by city, sex: 12 declared cells, each with its own noise
-- SUM(amount - 10000): one unit changes it by at most 640000
-- COUNT(amount): one unit changes it by at most 64
-- COUNT(DISTINCT unit): one unit changes it by at most 1

SELECT sex, COUNT(*) FROM visits WHERE city IS NOT NULL AND sex = 'F' GROUP BY sex;
-- tables: visits
-- visits: at most 64 rows of each person
-- groups by sex: 1 declared cells, each with its own noise
-- COUNT(*): one unit changes it by at most 64
-- COUNT(DISTINCT unit): one unit changes it by at most 1

SELECT city, COUNT(*) AS n FROM visits WHERE city IN ('郑州市', '开封市') GROUP BY city HAVING COUNT(*) > 2 ORDER BY n;
-- tables: visits
-- visits: at most 64 rows of each person
-- groups by city: 2 declared cells, each with its own noise
-- COUNT(*): one unit changes it by at most 64
-- COUNT(DISTINCT unit): one unit changes it by at most 1

SELECT hospital, COUNT(DISTINCT id_card) AS people FROM visits GROUP BY hospital ORDER BY people DESC, hospital;
-- tables: visits
-- visits: at most 64 rows of each person
-- groups by hospital: keys are discovered; a group is shown when enough units are in it
-- COUNT(DISTINCT id_card): one unit changes it by at most 1

SELECT hospital, city, SUM(amount) FROM visits GROUP BY hospital, city;
-- tables: visits
-- visits: at most 64 rows of each person
-- groups by hospital, city: keys are discovered; a group is shown when enough units are in it
-- SUM(amount): one unit changes it by at most 1.28e+06
-- COUNT(DISTINCT unit): one unit changes it by at most 1

SELECT month(visited_on) AS m, COUNT(*) AS n FROM visits GROUP BY m ORDER BY m;
-- tables: visits
-- visits: at most 64 rows of each person
-- groups by MONTH(visited_on): 13 declared cells, each with its own noise
-- COUNT(*): one unit changes it by at most 64
-- COUNT(DISTINCT unit): one unit changes it by at most 1

SELECT date_trunc('quarter', visited_on) AS q, SUM(amount) AS s FROM visits WHERE visited_on >= '2025-04-01' GROUP BY q ORDER BY q;
-- tables: visits
-- visits: at most 64 rows of each person
-- groups by DATE_TRUNC('QUARTER', visited_on): 4 declared cells, each with its own noise
-- SUM(amount): one unit changes it by at most 1.28e+06
-- COUNT(DISTINCT unit): one unit changes it by at most 1

SELECT visited_on, COUNT(*) FROM visits WHERE visited_on BETWEEN '2025-03-01' AND '2025-03-20' GROUP BY visited_on;
-- tables: visits
-- visits: at most 64 rows of each person
-- groups by visited_on: 20 declared cells, each with its own noise
-- COUNT(*): one unit changes it by at most 64
-- COUNT(DISTINCT unit): one unit changes it by at most 1

SELECT year(seen_at) AS y, COUNT(*) FROM visits GROUP BY year(seen_at);
-- tables: visits
-- visits: at most 64 rows of each person
-- groups by YEAR(seen_at): keys are discovered; a group is shown when enough units are in it
-- COUNT(*): one unit changes it by at most 64
-- COUNT(DISTINCT unit): one unit changes it by at most 1

SELECT CASE WHEN days >= 10 THEN 'long' WHEN days >= 3 THEN 'middle' ELSE 'short' END AS stay, COUNT(*) AS n, AVG(amount) AS mean FROM visits GROUP BY stay ORDER BY n DESC;
-- tables: visits
-- visits: at most 64 rows of each person
-- groups by CASE WHEN days >= 10 THEN 'long' WHEN days >= 3 THEN 'middle' ELSE 'short' END: 3 declared cells, each with its own noise
-- COUNT(*): one unit changes it by at most 64
-- SUM(amount - 10000): one unit changes it by at most 640000
-- COUNT(amount): one unit changes it by at most 64
-- COUNT(DISTINCT unit): one unit changes it by at most 1

SELECT CASE WHEN days >= 10 THEN 'long' END AS stay, COUNT(*) AS n FROM visits GROUP BY stay;
-- tables: visits
-- visits: at most 64 rows of each person
-- groups by CASE WHEN days >= 10 THEN 'long' END: 2 declared cells, each with its own noise
-- COUNT(*): one unit changes it by at most 64
-- COUNT(DISTINCT unit): one unit changes it by at most 1

SELECT urgent, days, COUNT(*) AS n FROM visits WHERE days <= 5 GROUP BY urgent, days;
-- tables: visits
-- visits: at most 64 rows of each person
-- groups by urgent, days: 18 declared cells, each with its own noise
-- COUNT(*): one unit changes it by at most 64
-- COUNT(DISTINCT unit): one unit changes it by at most 1

SELECT amount > 1000 AS costly, COUNT(*) FROM visits GROUP BY amount > 1000;
-- tables: visits
-- visits: at most 64 rows of each person
-- groups by amount > 1000: 3 declared cells, each with its own noise
-- COUNT(*): one unit changes it by at most 64
-- COUNT(DISTINCT unit): one unit changes it by at most 1

SELECT code, COUNT(*) FROM visits WHERE code IN (10, 20, 30) GROUP BY code;
-- tables: visits
-- visits: at most 64 rows of each person
-- groups by code: 3 declared cells, each with its own noise
-- COUNT(*): one unit changes it by at most 64
-- COUNT(DISTINCT unit): one unit changes it by at most 1

SELECT upper(sex) AS s, COUNT(*) FROM visits GROUP BY sex;
-- tables: visits
-- visits: at most 64 rows of each person
-- groups by sex: 3 declared cells, each with its own noise
-- COUNT(*): one unit changes it by at most 64
-- COUNT(DISTINCT unit): one unit changes it by at most 1

SELECT coalesce(city, '洛阳市') AS c, COUNT(*) AS n FROM visits GROUP BY c ORDER BY n DESC NULLS LAST, c OFFSET 1;
-- tables: visits
-- visits: at most 64 rows of each person
-- groups by COALESCE(city, '洛阳市'): 3 declared cells, each with its own noise
-- COUNT(*): one unit changes it by at most 64
-- COUNT(DISTINCT unit): one unit changes it by at most 1

SELECT diagnosis, COUNT(*) AS n FROM visits WHERE diagnosis <> 'I10' GROUP BY diagnosis;
-- tables: visits
-- visits: at most 64 rows of each person
-- groups by diagnosis: keys are discovered; a group is shown when enough units are in it
-- COUNT(*): one unit changes it by at most 64
-- COUNT(DISTINCT unit): one unit changes it by at most 1

SELECT substr(hospital, 1, 1) AS first, COUNT(*) FROM visits GROUP BY first;
-- tables: visits
-- visits: at most 64 rows of each person
-- groups by SUBSTRING(hospital, 1, 1): keys are discovered; a group is shown when enough units are in it
-- COUNT(*): one unit changes it by at most 64
-- COUNT(DISTINCT unit): one unit changes it by at most 1

SELECT round(amount / 1000) AS thousands, COUNT(*) FROM visits GROUP BY thousands;
-- tables: visits
-- visits: at most 64 rows of each person
-- groups by ROUND(amount / 1000): keys are discovered; a group is shown when enough units are in it
-- COUNT(*): one unit changes it by at most 64
-- COUNT(DISTINCT unit): one unit changes it by at most 1

SELECT city FROM visits GROUP BY city;
-- tables: visits
-- visits: at most 64 rows of each person
-- groups by city: 4 declared cells, each with its own noise
-- COUNT(DISTINCT unit): one unit changes it by at most 1

SELECT if(days > 2, 1, 0) AS flag, COUNT(*) * 2 + 1 AS n FROM visits GROUP BY flag;
-- tables: visits
-- visits: at most 64 rows of each person
-- groups by CASE WHEN days > 2 THEN 1 ELSE 0 END: 2 declared cells, each with its own noise
-- COUNT(*): one unit changes it by at most 64
-- COUNT(DISTINCT unit): one unit changes it by at most 1

SELECT weight, COUNT(*) AS n FROM visits WHERE weight BETWEEN 0 AND 1000 GROUP BY weight;
-- tables: visits
-- visits: at most 64 rows of each person
-- groups by weight: keys are discovered; a group is shown when enough units are in it
-- COUNT(*): one unit changes it by at most 64
-- COUNT(DISTINCT unit): one unit changes it by at most 1
