SELECT strftime(visited_on, '%Y-%m') AS m, COUNT(*) AS n FROM visits GROUP BY m ORDER BY m;
-- tables: visits
-- visits: at most 64 rows of each person
-- groups by STRFTIME(visited_on, '%Y-%m'): 13 declared cells, each with its own noise
-- COUNT(*): one unit changes it by at most 64
-- COUNT(DISTINCT unit): one unit changes it by at most 1

SELECT strftime(seen_at, '%Y-%m-%d %H') AS h, COUNT(*) AS n FROM visits GROUP BY 1 ORDER BY 1;
-- tables: visits
-- visits: at most 64 rows of each person
-- groups by STRFTIME(seen_at, '%Y-%m-%d %H'): keys are discovered; a group is shown when enough units are in it
-- COUNT(*): one unit changes it by at most 64
-- COUNT(DISTINCT unit): one unit changes it by at most 1

SELECT strftime(visited_on, '%A %a %b %B %y %j %V %G %u %w %d 100%%') AS d, COUNT(*) AS n FROM visits WHERE visited_on < '2025-02-01' GROUP BY 1;
-- tables: visits
-- visits: at most 64 rows of each person
-- groups by STRFTIME(visited_on, '%A %a %b %B %y %j %V %G %u %w %d 100%%'): 32 declared cells, each with its own noise
-- COUNT(*): one unit changes it by at most 64
-- COUNT(DISTINCT unit): one unit changes it by at most 1

SELECT dayname(visited_on) AS d, monthname(visited_on) AS m, COUNT(*) AS n FROM visits GROUP BY 1, 2;
-- tables: visits
-- visits: at most 64 rows of each person
-- groups by DAYNAME(visited_on), MONTHNAME(visited_on): 104 declared cells, each with its own noise
-- COUNT(*): one unit changes it by at most 64
-- COUNT(DISTINCT unit): one unit changes it by at most 1

SELECT week(visited_on) AS w, dayofyear(visited_on) > 100 AS late, COUNT(*) AS n FROM visits GROUP BY 1, 2;
-- tables: visits
-- visits: at most 64 rows of each person
-- groups by WEEK(visited_on), DAYOFYEAR(visited_on) > 100: 159 declared cells, each with its own noise
-- COUNT(*): one unit changes it by at most 64
-- COUNT(DISTINCT unit): one unit changes it by at most 1

SELECT isodow(visited_on) AS d, weekday(visited_on) AS e, dayofmonth(visited_on) > 15 AS f, COUNT(*) AS n FROM visits GROUP BY ALL;
-- tables: visits
-- visits: at most 64 rows of each person
-- groups by ISODOW(visited_on), DAYOFWEEK(visited_on), DAYOFMONTH(visited_on) > 15: 192 declared cells, each with its own noise
-- COUNT(*): one unit changes it by at most 64
-- COUNT(DISTINCT unit): one unit changes it by at most 1

SELECT hour(seen_at) AS h, minute(seen_at) AS m, COUNT(*) AS n FROM visits GROUP BY 1, 2;
-- tables: visits
-- visits: at most 64 rows of each person
-- groups by HOUR(seen_at), MINUTE(seen_at): 1525 declared cells, each with its own noise
-- COUNT(*): one unit changes it by at most 64
-- COUNT(DISTINCT unit): one unit changes it by at most 1

SELECT last_day(visited_on) AS d, COUNT(*) AS n FROM visits GROUP BY 1;
-- tables: visits
-- visits: at most 64 rows of each person
-- groups by (DATE_TRUNC('MONTH', visited_on) + INTERVAL '1' MONTH) - INTERVAL '1' DAY: 13 declared cells, each with its own noise
-- COUNT(*): one unit changes it by at most 64
-- COUNT(DISTINCT unit): one unit changes it by at most 1

SELECT date_sub('month', DATE '2025-01-15', visited_on) AS m, datesub('week', visited_on, DATE '2025-06-01') > 0 AS w, COUNT(*) AS n FROM visits GROUP BY 1, 2;
-- tables: visits
-- visits: at most 64 rows of each person
-- groups by DATE_SUB('month', CAST('2025-01-15' AS DATE), visited_on), DATESUB('week', visited_on, CAST('2025-06-01' AS DATE)) > 0: keys are discovered; a group is shown when enough units are in it
-- COUNT(*): one unit changes it by at most 64
-- COUNT(DISTINCT unit): one unit changes it by at most 1

SELECT date_trunc('month', visited_on) + INTERVAL 1 MONTH AS m, COUNT(*) AS n FROM visits GROUP BY 1;
-- tables: visits
-- visits: at most 64 rows of each person
-- groups by DATE_TRUNC('MONTH', visited_on) + INTERVAL '1' MONTH: 13 declared cells, each with its own noise
-- COUNT(*): one unit changes it by at most 64
-- COUNT(DISTINCT unit): one unit changes it by at most 1
