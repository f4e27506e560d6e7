SELECT MEDIAN(days) AS middle, QUANTILE_CONT(days, 0.9) AS high, QUANTILE_DISC(amount, 0.25) AS low FROM visits;
-- tables: visits
-- visits: at most 64 rows of each person
-- MEDIAN(days): one of 31 values, 1 apart
-- QUANTILE_CONT(days, 0.9): one of 31 values, 1 apart
-- QUANTILE_DISC(amount, 0.25): one of 2001 values, 10 apart
-- one row: no grouping
-- MEDIAN(days): picked by noisy max; one unit stands for at most 64 rows
-- QUANTILE_CONT(days, 0.9): picked by noisy max; one unit stands for at most 64 rows
-- QUANTILE_DISC(amount, 0.25): picked by noisy max; one unit stands for at most 64 rows

SELECT city, MEDIAN(amount) AS middle FROM visits WHERE city IS NOT NULL GROUP BY city ORDER BY city;
-- tables: visits
-- visits: at most 64 rows of each person
-- MEDIAN(amount): one of 2001 values, 10 apart
-- groups by city: 3 declared cells, each with its own noise
-- MEDIAN(amount): picked by noisy max; one unit stands for at most 64 rows
-- COUNT(DISTINCT unit): one unit changes it by at most 1

SELECT MIN(days) AS least, MAX(days) AS most, MIN(visited_on) AS first, MAX(visited_on) AS last FROM visits;
-- tables: visits
-- visits: at most 64 rows of each person
-- MIN(days): the quantile 0.01, because an extreme belongs to one unit
-- MIN(days): one of 31 values, 1 apart
-- MAX(days): the quantile 0.99, because an extreme belongs to one unit
-- MAX(days): one of 31 values, 1 apart
-- MIN(visited_on): the quantile 0.01, because an extreme belongs to one unit
-- MIN(visited_on): one of 365 values, 1 apart
-- MAX(visited_on): the quantile 0.99, because an extreme belongs to one unit
-- MAX(visited_on): one of 365 values, 1 apart
-- one row: no grouping
-- MIN(days): picked by noisy max; one unit stands for at most 64 rows
-- MAX(days): picked by noisy max; one unit stands for at most 64 rows
-- MIN(visited_on): picked by noisy max; one unit stands for at most 64 rows
-- MAX(visited_on): picked by noisy max; one unit stands for at most 64 rows

SELECT PERCENTILE_CONT(0.2) WITHIN GROUP (ORDER BY days DESC) AS p, MEDIAN(days) FILTER (WHERE urgent) AS u FROM visits;
-- tables: visits
-- visits: at most 64 rows of each person
-- QUANTILE_CONT(days, 0.8): one of 31 values, 1 apart
-- MEDIAN(CASE WHEN urgent THEN days END): one of 31 values, 1 apart
-- one row: no grouping
-- QUANTILE_CONT(days, 0.8): picked by noisy max; one unit stands for at most 64 rows
-- MEDIAN(CASE WHEN urgent THEN days END): picked by noisy max; one unit stands for at most 64 rows

SELECT MODE(city) AS city, MEDIAN(n) AS visits FROM (SELECT id_card, MIN(city) AS city, COUNT(*) AS n FROM visits GROUP BY id_card) v WHERE city = '开封市';
-- tables: visits
-- visits: at most 64 rows of each person
-- MODE(city): one of 3 public values
-- MEDIAN(n): one of 64 values, 1 apart
-- one row: no grouping
-- MODE(city): picked by noisy max; one unit stands for at most 1 rows
-- MEDIAN(n): picked by noisy max; one unit stands for at most 1 rows

SELECT MEDIAN(clamp(days, 5, 200)) AS w, MEDIAN(days) - 1 AS d FROM visits;
-- tables: visits
-- visits: at most 64 rows of each person
-- MEDIAN(CLAMP(days, 5, 200)): one of 26 values, 1 apart
-- MEDIAN(days): one of 31 values, 1 apart
-- one row: no grouping
-- MEDIAN(CLAMP(days, 5, 200)): picked by noisy max; one unit stands for at most 64 rows
-- MEDIAN(days): picked by noisy max; one unit stands for at most 64 rows
