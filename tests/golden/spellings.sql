SELECT days > 3 AS late, urgent, COUNT(*) AS n FROM visits GROUP BY ALL ORDER BY ALL DESC;
-- tables: visits
-- visits: at most 64 rows of each person
-- groups by days > 3, urgent: 9 declared cells, each with its own noise
-- COUNT(*): one unit changes it by at most 64
-- COUNT(DISTINCT unit): one unit changes it by at most 1

SELECT COUNT(*) AS n, SUM(days) AS s FROM visits GROUP BY ALL;
-- tables: visits
-- visits: at most 64 rows of each person
-- one row: no grouping
-- COUNT(*): one unit changes it by at most 64
-- SUM(days): one unit changes it by at most 1920

SELECT DISTINCT city FROM visits;
-- tables: visits
-- visits: at most 64 rows of each person
-- groups by city: 4 declared cells, each with its own noise
-- COUNT(DISTINCT unit): one unit changes it by at most 1

SELECT COUNT(*) AS n FROM (SELECT DISTINCT id_card, city FROM visits) AS t;
-- tables: visits
-- visits: at most 64 rows of each person
-- one row: no grouping
-- COUNT(*): one unit changes it by at most 64

SELECT city, COUNT(*) AS n FROM (SELECT DISTINCT id_card, city FROM visits) AS t GROUP BY city;
-- tables: visits
-- visits: at most 64 rows of each person
-- groups by city: 4 declared cells, each with its own noise
-- COUNT(*): one unit changes it by at most 1
-- COUNT(DISTINCT unit): one unit changes it by at most 1

SELECT DISTINCT city, COUNT(*) > 0 AS any_row FROM visits GROUP BY city, sex;
-- tables: visits
-- visits: at most 64 rows of each person
-- groups by city, sex: 12 declared cells, each with its own noise
-- COUNT(*): one unit changes it by at most 64
-- COUNT(DISTINCT unit): one unit changes it by at most 1

SELECT COUNT(*) AS n FROM visits WHERE diagnosis ILIKE 'i1%';
-- tables: visits
-- visits: at most 64 rows of each person
-- one row: no grouping
-- COUNT(*): one unit changes it by at most 64

SELECT COUNT(*) AS n FROM visits WHERE diagnosis NOT ILIKE 'E!%' ESCAPE '!';
-- tables: visits
-- visits: at most 64 rows of each person
-- one row: no grouping
-- COUNT(*): one unit changes it by at most 64

SELECT COUNT(*) AS n FROM visits WHERE sex = ANY (['F', 'M']) AND list_contains(['A', 'B', 'I10'], diagnosis);
-- tables: visits
-- visits: at most 64 rows of each person
-- one row: no grouping
-- COUNT(*): one unit changes it by at most 64

SELECT COUNT(*) AS n FROM visits WHERE (sex, diagnosis) IN (('F', 'I10'), ('M', 'E11'));
-- tables: visits
-- visits: at most 64 rows of each person
-- one row: no grouping
-- COUNT(*): one unit changes it by at most 64

SELECT COUNT(*) AS n FROM visits WHERE (sex, diagnosis) NOT IN (('F', 'I10'), ('M', NULL));
-- tables: visits
-- visits: at most 64 rows of each person
-- one row: no grouping
-- COUNT(*): one unit changes it by at most 64

SELECT city, COUNT(*) AS n, n * 2 AS twice, twice + 1 AS more FROM visits GROUP BY city;
-- tables: visits
-- visits: at most 64 rows of each person
-- groups by city: 4 declared cells, each with its own noise
-- COUNT(*): one unit changes it by at most 64
-- COUNT(DISTINCT unit): one unit changes it by at most 1

SELECT AVG(d) AS a FROM (SELECT days * 2 AS d FROM visits WHERE d > 6) AS t;
-- tables: visits
-- visits: at most 64 rows of each person
-- one row: no grouping
-- SUM(d - 30): one unit changes it by at most 1920
-- COUNT(d): one unit changes it by at most 64

SELECT COUNT(*) AS n FROM main.visits WHERE main.visits.days > 3;
-- tables: visits
-- visits: at most 64 rows of each person
-- one row: no grouping
-- COUNT(*): one unit changes it by at most 64

SELECT sex, COUNT(*) AS n FROM visits NATURAL JOIN (SELECT hospital FROM hospitals WHERE level = 2) AS h GROUP BY sex;
-- tables: hospitals, visits
-- visits: at most 64 rows of each person
-- h: up to 2 rows match one row
-- groups by sex: 3 declared cells, each with its own noise
-- COUNT(*): one unit changes it by at most 128
-- COUNT(DISTINCT unit): one unit changes it by at most 1

SELECT SUM(d) AS s FROM (SELECT ROW_NUMBER() OVER w AS place, days AS d FROM visits WINDOW w AS (PARTITION BY id_card ORDER BY days)) AS t WHERE d >= 0;
-- tables: visits
-- visits: at most 64 rows of each person
-- one row: no grouping
-- SUM(d): one unit changes it by at most 1920

SELECT urgent, COUNT(*) AS n FROM visits GROUP BY urgent ORDER BY urgent FETCH FIRST 2 ROWS ONLY;
-- tables: visits
-- visits: at most 64 rows of each person
-- groups by urgent: 3 declared cells, each with its own noise
-- COUNT(*): one unit changes it by at most 64
-- COUNT(DISTINCT unit): one unit changes it by at most 1

SELECT COUNT(*) AS n FROM (SELECT * EXCLUDE (amount, weight) FROM visits) AS t WHERE days > 2;
-- tables: visits
-- visits: at most 64 rows of each person
-- one row: no grouping
-- COUNT(*): one unit changes it by at most 64

SELECT AVG((sex = 'F')::INT) AS share, SUM((days > 3)::INT) AS n FROM visits;
-- tables: visits
-- visits: at most 64 rows of each person
-- one row: no grouping
-- SUM(CAST((sex = 'F') AS INT) - 0.5): one unit changes it by at most 32
-- COUNT(CAST((sex = 'F') AS INT)): one unit changes it by at most 64
-- SUM(CAST((days > 3) AS INT)): one unit changes it by at most 64

SELECT STDDEV(n) AS s, MEDIAN(n) AS m, QUANTILE_CONT(n, 0.25) AS q, VAR_POP(n) AS v FROM (SELECT city, COUNT(*) AS n FROM visits GROUP BY city) AS t;
-- tables: visits
-- visits: at most 64 rows of each person
-- groups by city: 4 declared cells, each with its own noise
-- COUNT(*): one unit changes it by at most 64
-- COUNT(DISTINCT unit): one unit changes it by at most 1

SELECT regr_count(amount, days) AS n FROM visits;
-- tables: visits
-- visits: at most 64 rows of each person
-- one row: no grouping
-- COUNT(CASE WHEN NOT amount IS NULL AND NOT days IS NULL THEN 1 END): one unit changes it by at most 64

SELECT city, COUNT(*)::VARCHAR AS n FROM visits GROUP BY city;
-- tables: visits
-- visits: at most 64 rows of each person
-- groups by city: 4 declared cells, each with its own noise
-- COUNT(*): one unit changes it by at most 64
-- COUNT(DISTINCT unit): one unit changes it by at most 1

SELECT COUNT(DISTINCT CASE WHEN urgent AND days > 3 THEN id_card END) AS people, COUNT(DISTINCT IF(days > 4, id_card, NULL)) AS long, COUNT(DISTINCT CASE WHEN sex = 'F' THEN hospital END) AS h FROM visits;
-- tables: visits
-- visits: at most 64 rows of each person
-- COUNT(DISTINCT CASE WHEN sex = 'F' THEN hospital END): of the bounded rows; one value a unit, by MIN in a subquery, has less noise
-- one row: no grouping
-- COUNT(DISTINCT id_card) FILTER (WHERE urgent AND days > 3): one unit changes it by at most 1
-- COUNT(DISTINCT id_card) FILTER (WHERE days > 4): one unit changes it by at most 1
-- COUNT(DISTINCT CASE WHEN sex = 'F' THEN hospital END): one unit changes it by at most 64

SELECT city, COUNT(*) AS n FROM visits v WHERE days = ANY (SELECT level FROM hospitals) OR v.id_card = ANY (SELECT person FROM drugs WHERE drug = 'A') GROUP BY city;
-- tables: drugs, hospitals, visits
-- v: at most 64 rows of each person
-- groups by city: 4 declared cells, each with its own noise
-- COUNT(*): one unit changes it by at most 64
-- COUNT(DISTINCT unit): one unit changes it by at most 1

SELECT COUNT(*) AS n FROM visits WHERE days <> ALL (SELECT beds FROM hospitals WHERE beds IS NOT NULL) AND NOT (code <> ALL (SELECT beds FROM hospitals));
-- tables: hospitals, visits
-- visits: at most 64 rows of each person
-- one row: no grouping
-- COUNT(*): one unit changes it by at most 64

SELECT COUNT(*) AS n, COUNT(*) FILTER (WHERE (days, sex) = (4, 'F')) AS four, COUNT(*) FILTER (WHERE NOT ((days, sex) = (4, NULL))) AS rest, COUNT(*) FILTER (WHERE (days, sex) <> (4, 'F')) AS other FROM visits WHERE (city, sex) NOT IN (('郑州市', 'F'), (NULL, 'M'));
-- tables: visits
-- visits: at most 64 rows of each person
-- one row: no grouping
-- COUNT(*): one unit changes it by at most 64
-- COUNT(CASE WHEN (days IS NOT DISTINCT FROM 4 AND sex IS NOT DISTINCT FROM 'F') …: one unit changes it by at most 64
-- COUNT(CASE WHEN NOT ((days IS NOT DISTINCT FROM 4 AND sex IS NOT DISTINCT FROM …: one unit changes it by at most 64
-- COUNT(CASE WHEN NOT (days IS NOT DISTINCT FROM 4 AND sex IS NOT DISTINCT FROM '…: one unit changes it by at most 64

SELECT COUNT(*) AS n, COUNT_IF(hospital SIMILAR TO '[0-9]+') AS digits, COUNT_IF(hospital NOT SIMILAR TO '[0-9]') AS others FROM visits;
-- tables: visits
-- visits: at most 64 rows of each person
-- one row: no grouping
-- COUNT(*): one unit changes it by at most 64
-- COUNT(CASE WHEN REGEXP_FULL_MATCH(hospital, '[0-9]+') THEN 1 END): one unit changes it by at most 64
-- COUNT(CASE WHEN NOT REGEXP_FULL_MATCH(hospital, '[0-9]') THEN 1 END): one unit changes it by at most 64

SELECT days > 10 AS long, city IS NULL AS none, COUNT(*) AS n FROM visits GROUP BY CUBE (days > 10, city IS NULL);
-- tables: visits
-- visits: at most 64 rows of each person
-- visits: at most 64 rows of each person
-- visits: at most 64 rows of each person
-- visits: at most 64 rows of each person
-- groups by days > 10, city IS NULL: 6 declared cells, each with its own noise
-- COUNT(*): one unit changes it by at most 64
-- COUNT(DISTINCT unit): one unit changes it by at most 1
-- groups by days > 10: 3 declared cells, each with its own noise
-- COUNT(*): one unit changes it by at most 64
-- COUNT(DISTINCT unit): one unit changes it by at most 1
-- groups by city IS NULL: 2 declared cells, each with its own noise
-- COUNT(*): one unit changes it by at most 64
-- COUNT(DISTINCT unit): one unit changes it by at most 1
-- one row: no grouping
-- COUNT(*): one unit changes it by at most 64

SELECT city, sex, days BETWEEN 3 AND 10 AS mid, COUNT(*) AS n FROM visits GROUP BY ROLLUP ((city, sex), (days BETWEEN 3 AND 10));
-- tables: visits
-- visits: at most 64 rows of each person
-- visits: at most 64 rows of each person
-- visits: at most 64 rows of each person
-- groups by city, sex, days BETWEEN 3 AND 10: 36 declared cells, each with its own noise
-- COUNT(*): one unit changes it by at most 64
-- COUNT(DISTINCT unit): one unit changes it by at most 1
-- groups by city, sex: 12 declared cells, each with its own noise
-- COUNT(*): one unit changes it by at most 64
-- COUNT(DISTINCT unit): one unit changes it by at most 1
-- one row: no grouping
-- COUNT(*): one unit changes it by at most 64

SELECT substr(hospital, -2) AS k, substring(hospital, -9, 2) AS l, COUNT(*) AS n FROM visits GROUP BY 1, 2;
-- tables: visits
-- visits: at most 64 rows of each person
-- groups by SUBSTRING(hospital, -2), SUBSTRING(hospital, -9, 2): keys are discovered; a group is shown when enough units are in it
-- COUNT(*): one unit changes it by at most 64
-- COUNT(DISTINCT unit): one unit changes it by at most 1

SELECT a.city, a.n, b.n AS drugs FROM (SELECT city, COUNT(*) AS n FROM visits GROUP BY ROLLUP (city)) a FULL JOIN (SELECT city, COUNT(*) AS n FROM drugs GROUP BY city) b ON a.city IS NOT DISTINCT FROM b.city;
-- tables: drugs, visits
-- visits: at most 64 rows of each person
-- visits: at most 64 rows of each person
-- drugs: at most 8 rows of each person
-- groups by city: 4 declared cells, each with its own noise
-- COUNT(*): one unit changes it by at most 64
-- COUNT(DISTINCT unit): one unit changes it by at most 1
-- one row: no grouping
-- COUNT(*): one unit changes it by at most 64
-- groups by city: 4 declared cells, each with its own noise
-- COUNT(*): one unit changes it by at most 8
-- COUNT(DISTINCT unit): one unit changes it by at most 1

SELECT a.hospital, a.n, b.n AS urgent FROM (SELECT hospital, COUNT(*) AS n FROM visits GROUP BY hospital) a LEFT JOIN (SELECT hospital, COUNT(*) AS n FROM visits WHERE urgent GROUP BY hospital) b ON a.hospital IS NOT DISTINCT FROM b.hospital;
-- tables: visits
-- visits: at most 64 rows of each person
-- visits: at most 64 rows of each person
-- groups by hospital: keys are discovered; a group is shown when enough units are in it
-- COUNT(*): one unit changes it by at most 64
-- COUNT(DISTINCT unit): one unit changes it by at most 1
-- groups by hospital: keys are discovered; a group is shown when enough units are in it
-- COUNT(*): one unit changes it by at most 64
-- COUNT(DISTINCT unit): one unit changes it by at most 1

SELECT COUNT(*) AS n FROM visits v JOIN (SELECT hospital, COUNT(*) AS n FROM visits GROUP BY hospital) b ON v.hospital IS NOT DISTINCT FROM b.hospital AND b.n > v.days;
-- tables: visits
-- visits: at most 64 rows of each person
-- v: at most 64 rows of each person
-- b: up to 1 rows match one row
-- groups by hospital: keys are discovered; a group is shown when enough units are in it
-- COUNT(*): one unit changes it by at most 64
-- COUNT(DISTINCT unit): one unit changes it by at most 1
-- one row: no grouping
-- COUNT(*): one unit changes it by at most 64
