SELECT width_bucket(days, 0, 30, 6) AS bucket, COUNT(*) AS n FROM visits GROUP BY bucket ORDER BY bucket;
-- tables: visits
-- visits: at most 64 rows of each person
-- groups by WIDTH_BUCKET(days, 0, 30, 6): 8 declared cells, each with its own noise
-- COUNT(*): one unit changes it by at most 64
-- COUNT(DISTINCT unit): one unit changes it by at most 1

SELECT width_bucket(amount, 100, 1500, 4) AS bucket, AVG(days) AS mean FROM visits WHERE amount IS NOT NULL GROUP BY 1;
-- tables: visits
-- visits: at most 64 rows of each person
-- groups by WIDTH_BUCKET(amount, 100, 1500, 4): 7 declared cells, each with its own noise
-- SUM(days - 15): one unit changes it by at most 960
-- COUNT(days): one unit changes it by at most 64
-- COUNT(DISTINCT unit): one unit changes it by at most 1

SELECT city, width_bucket(days * 2, 5, 50, 3) AS bucket, COUNT(*) AS n FROM visits WHERE days <= 10 GROUP BY city, bucket;
-- tables: visits
-- visits: at most 64 rows of each person
-- groups by city, WIDTH_BUCKET(days * 2, 5, 50, 3): 16 declared cells, each with its own noise
-- COUNT(*): one unit changes it by at most 64
-- COUNT(DISTINCT unit): one unit changes it by at most 1
