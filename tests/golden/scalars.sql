SELECT COUNT(*) AS n FROM visits WHERE visited_on <= DATE '2025-12-01' - INTERVAL '90' DAY;
-- tables: visits
-- visits: at most 64 rows of each person
-- one row: no grouping
-- COUNT(*): one unit changes it by at most 64

SELECT COUNT(*) AS n FROM visits WHERE visited_on >= DATE '2025-01-31' + INTERVAL '1' MONTH AND visited_on < DATE '2025-02-01' + INTERVAL 3 MONTH;
-- tables: visits
-- visits: at most 64 rows of each person
-- one row: no grouping
-- COUNT(*): one unit changes it by at most 64

SELECT COUNT(*) AS n FROM visits WHERE visited_on + INTERVAL 2 WEEK > seen_at - INTERVAL 36 HOUR;
-- tables: visits
-- visits: at most 64 rows of each person
-- one row: no grouping
-- COUNT(*): one unit changes it by at most 64

SELECT SUM(date_diff('day', visited_on, DATE '2025-12-31')) AS days, AVG(date_diff('month', visited_on, DATE '2025-12-31')) AS months FROM visits;
-- tables: visits
-- visits: at most 64 rows of each person
-- one row: no grouping
-- SUM(DATE_DIFF('DAY', visited_on, CAST('2025-12-31' AS DATE))): one unit changes it by at most 23296
-- SUM(DATE_DIFF('MONTH', visited_on, CAST('2025-12-31' AS DATE)) - 5): one unit changes it by at most 384
-- COUNT(DATE_DIFF('MONTH', visited_on, CAST('2025-12-31' AS DATE))): one unit changes it by at most 64

SELECT visited_on - DATE '2025-01-01' AS day, COUNT(*) AS n FROM visits WHERE visited_on < DATE '2025-01-05' GROUP BY visited_on - DATE '2025-01-01';
-- tables: visits
-- visits: at most 64 rows of each person
-- groups by visited_on - CAST('2025-01-01' AS DATE): keys are discovered; a group is shown when enough units are in it
-- COUNT(*): one unit changes it by at most 64
-- COUNT(DISTINCT unit): one unit changes it by at most 1

SELECT COUNT(*) AS n FROM visits WHERE visited_on + 30 > DATE '2025-06-01' AND date_diff('hour', visited_on, seen_at) > 24;
-- tables: visits
-- visits: at most 64 rows of each person
-- one row: no grouping
-- COUNT(*): one unit changes it by at most 64

SELECT date_trunc('month', visited_on + INTERVAL 1 MONTH) AS m, COUNT(*) AS n FROM visits WHERE visited_on IS NOT NULL GROUP BY date_trunc('month', visited_on + INTERVAL 1 MONTH);
-- tables: visits
-- visits: at most 64 rows of each person
-- groups by DATE_TRUNC('MONTH', visited_on + INTERVAL '1' MONTH): 13 declared cells, each with its own noise
-- COUNT(*): one unit changes it by at most 64
-- COUNT(DISTINCT unit): one unit changes it by at most 1

SELECT COUNT(*) AS n FROM visits WHERE replace(hospital, '医院', '') = '第一' OR trim(hospital) || sex = '12F';
-- tables: visits
-- visits: at most 64 rows of each person
-- one row: no grouping
-- COUNT(*): one unit changes it by at most 64

SELECT left(hospital, 2) AS h, COUNT(*) AS n FROM visits WHERE hospital IS NOT NULL GROUP BY left(hospital, 2);
-- tables: visits
-- visits: at most 64 rows of each person
-- groups by LEFT(hospital, 2): keys are discovered; a group is shown when enough units are in it
-- COUNT(*): one unit changes it by at most 64
-- COUNT(DISTINCT unit): one unit changes it by at most 1

SELECT COUNT(*) AS n FROM visits WHERE concat(hospital, '/', city) = '12/' OR right(hospital, 3) = '%医院';
-- tables: visits
-- visits: at most 64 rows of each person
-- one row: no grouping
-- COUNT(*): one unit changes it by at most 64

SELECT COUNT(*) AS n FROM visits WHERE regexp_matches(hospital, '^第[一二三]+(人民)?医院$') OR regexp_matches(hospital, '[0-9]{3}%');
-- tables: visits
-- visits: at most 64 rows of each person
-- one row: no grouping
-- COUNT(*): one unit changes it by at most 64

SELECT COUNT(*) AS n, SUM(clamp(strpos(hospital, '医'), 0, 9)) AS s FROM visits WHERE contains(hospital, '医') AND NOT starts_with(hospital, '100') AND ends_with(hospital, '院');
-- tables: visits
-- visits: at most 64 rows of each person
-- one row: no grouping
-- COUNT(*): one unit changes it by at most 64
-- SUM(CLAMP(STRPOS(hospital, '医'), 0, 9)): one unit changes it by at most 576

SELECT COUNT(*) AS n FROM visits WHERE EXTRACT(doy FROM visited_on) > 100 AND EXTRACT(minute FROM seen_at) = 30 AND EXTRACT(week FROM visited_on) < 40;
-- tables: visits
-- visits: at most 64 rows of each person
-- one row: no grouping
-- COUNT(*): one unit changes it by at most 64
