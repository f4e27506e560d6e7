SELECT COUNT(*) FROM visits WHERE city = '郑州市';
-- tables: visits
-- visits: at most 64 rows of each person
-- one row: no grouping
-- COUNT(*): one unit changes it by at most 64

SELECT COUNT(*) FROM visits WHERE city <> '郑州市' OR city IS NULL;
-- tables: visits
-- visits: at most 64 rows of each person
-- one row: no grouping
-- COUNT(*): one unit changes it by at most 64

SELECT COUNT(*) FROM visits WHERE NOT (city = '郑州市' AND days > 3);
-- tables: visits
-- visits: at most 64 rows of each person
-- one row: no grouping
-- COUNT(*): one unit changes it by at most 64

SELECT COUNT(*) FROM visits WHERE amount BETWEEN 10.5 AND 900 AND sex IN ('F');
-- tables: visits
-- visits: at most 64 rows of each person
-- one row: no grouping
-- COUNT(*): one unit changes it by at most 64

SELECT COUNT(*) FROM visits WHERE amount > 100 AND amount <= 1e3;
-- tables: visits
-- visits: at most 64 rows of each person
-- one row: no grouping
-- COUNT(*): one unit changes it by at most 64

SELECT COUNT(*) FROM visits WHERE visited_on >= '2025-03-01' AND visited_on < DATE '2025-06-15';
-- tables: visits
-- visits: at most 64 rows of each person
-- one row: no grouping
-- COUNT(*): one unit changes it by at most 64

SELECT COUNT(*) FROM visits WHERE seen_at > TIMESTAMP '2025-03-01 12:00:00' OR seen_at IS NULL;
-- tables: visits
-- visits: at most 64 rows of each person
-- one row: no grouping
-- COUNT(*): one unit changes it by at most 64

SELECT COUNT(*) FROM visits WHERE hospital LIKE '第_%医院';
-- tables: visits
-- visits: at most 64 rows of each person
-- one row: no grouping
-- COUNT(*): one unit changes it by at most 64

SELECT COUNT(*) FROM visits WHERE hospital LIKE '100!%%' ESCAPE '!';
-- tables: visits
-- visits: at most 64 rows of each person
-- one row: no grouping
-- COUNT(*): one unit changes it by at most 64

SELECT COUNT(*) FROM visits WHERE city LIKE '%封%' AND upper(sex) = 'F';
-- tables: visits
-- visits: at most 64 rows of each person
-- one row: no grouping
-- COUNT(*): one unit changes it by at most 64

SELECT COUNT(*) FROM visits WHERE urgent;
-- tables: visits
-- visits: at most 64 rows of each person
-- one row: no grouping
-- COUNT(*): one unit changes it by at most 64

SELECT COUNT(*) FROM visits WHERE urgent IS NOT TRUE;
-- tables: visits
-- visits: at most 64 rows of each person
-- one row: no grouping
-- COUNT(*): one unit changes it by at most 64

SELECT COUNT(*) FROM visits WHERE (days > 3) IS FALSE AND amount IS NOT NULL;
-- tables: visits
-- visits: at most 64 rows of each person
-- one row: no grouping
-- COUNT(*): one unit changes it by at most 64

SELECT COUNT(*) FROM visits WHERE city > '开封市';
-- tables: visits
-- visits: at most 64 rows of each person
-- one row: no grouping
-- COUNT(*): one unit changes it by at most 64

SELECT COUNT(*) FROM visits WHERE weight / NULLIF(days, 0) > 10 OR days % 7 = 3;
-- tables: visits
-- visits: at most 64 rows of each person
-- one row: no grouping
-- COUNT(*): one unit changes it by at most 64

SELECT COUNT(*) FROM visits WHERE COALESCE(city, '洛阳市') = '洛阳市';
-- tables: visits
-- visits: at most 64 rows of each person
-- one row: no grouping
-- COUNT(*): one unit changes it by at most 64

SELECT COUNT(*) FROM visits WHERE NULLIF(days, 0) IS NULL AND abs(code - 50) < 20;
-- tables: visits
-- visits: at most 64 rows of each person
-- one row: no grouping
-- COUNT(*): one unit changes it by at most 64

SELECT COUNT(*) FROM visits WHERE month(visited_on) IN (3, 4) AND EXTRACT(dow FROM visited_on) <> 0;
-- tables: visits
-- visits: at most 64 rows of each person
-- one row: no grouping
-- COUNT(*): one unit changes it by at most 64

SELECT COUNT(*) FROM visits WHERE date_trunc('month', visited_on) = DATE '2025-03-01';
-- tables: visits
-- visits: at most 64 rows of each person
-- one row: no grouping
-- COUNT(*): one unit changes it by at most 64

SELECT COUNT(*) FROM visits WHERE length(hospital) > 4 AND substr(hospital, 1, 1) = '第';
-- tables: visits
-- visits: at most 64 rows of each person
-- one row: no grouping
-- COUNT(*): one unit changes it by at most 64

SELECT COUNT(*) FROM visits WHERE city IS DISTINCT FROM '郑州市' AND sex IS NOT DISTINCT FROM NULL;
-- tables: visits
-- visits: at most 64 rows of each person
-- one row: no grouping
-- COUNT(*): one unit changes it by at most 64

SELECT COUNT(*) FROM visits WHERE greatest(days, 5) = 5 AND least(amount, 100, 7) < 50;
-- tables: visits
-- visits: at most 64 rows of each person
-- one row: no grouping
-- COUNT(*): one unit changes it by at most 64

SELECT COUNT(*) FROM visits WHERE TRY_CAST(hospital AS INTEGER) IS NULL AND CAST(days AS VARCHAR) = '4';
-- tables: visits
-- visits: at most 64 rows of each person
-- one row: no grouping
-- COUNT(*): one unit changes it by at most 64

SELECT COUNT(*) FROM visits WHERE CASE WHEN days > 5 THEN sex = 'F' ELSE urgent END;
-- tables: visits
-- visits: at most 64 rows of each person
-- one row: no grouping
-- COUNT(*): one unit changes it by at most 64

SELECT COUNT(*) FROM visits WHERE round(amount / 100, 1) >= 2.5 AND floor(weight) <> ceil(weight);
-- tables: visits
-- visits: at most 64 rows of each person
-- one row: no grouping
-- COUNT(*): one unit changes it by at most 64

SELECT COUNT(*) FROM visits WHERE hospital NOT LIKE '第%';
-- tables: visits
-- visits: at most 64 rows of each person
-- one row: no grouping
-- COUNT(*): one unit changes it by at most 64

SELECT COUNT(*) FROM visits WHERE hospital NOT LIKE '100!%%' ESCAPE '!';
-- tables: visits
-- visits: at most 64 rows of each person
-- one row: no grouping
-- COUNT(*): one unit changes it by at most 64
