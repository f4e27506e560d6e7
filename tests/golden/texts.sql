SELECT regexp_extract(diagnosis, '^([A-Z])([0-9])', 1) AS c, COUNT(*) AS n FROM visits GROUP BY 1;
-- tables: visits
-- visits: at most 64 rows of each person
-- groups by REGEXP_EXTRACT(diagnosis, '^([A-Z])([0-9])', 1): keys are discovered; a group is shown when enough units are in it
-- COUNT(*): one unit changes it by at most 64
-- COUNT(DISTINCT unit): one unit changes it by at most 1

SELECT regexp_replace(hospital, '第(.)', '<\1>') AS c, COUNT(*) AS n FROM visits GROUP BY 1;
-- tables: visits
-- visits: at most 64 rows of each person
-- groups by REGEXP_REPLACE(hospital, '第(.)', '<\1>'): keys are discovered; a group is shown when enough units are in it
-- COUNT(*): one unit changes it by at most 64
-- COUNT(DISTINCT unit): one unit changes it by at most 1

SELECT regexp_replace(hospital, '[一二医]', '', 'g') AS c, COUNT(*) AS n FROM visits GROUP BY 1;
-- tables: visits
-- visits: at most 64 rows of each person
-- groups by REGEXP_REPLACE(hospital, '[一二医]', '', 'g'): keys are discovered; a group is shown when enough units are in it
-- COUNT(*): one unit changes it by at most 64
-- COUNT(DISTINCT unit): one unit changes it by at most 1

SELECT COUNT(*) AS n FROM visits WHERE regexp_full_match(diagnosis, '[EI]1.');
-- tables: visits
-- visits: at most 64 rows of each person
-- one row: no grouping
-- COUNT(*): one unit changes it by at most 64

SELECT split_part(diagnosis, '1', 2) AS c, COUNT(*) AS n FROM visits GROUP BY 1;
-- tables: visits
-- visits: at most 64 rows of each person
-- groups by SPLIT_PART(diagnosis, '1', 2): keys are discovered; a group is shown when enough units are in it
-- COUNT(*): one unit changes it by at most 64
-- COUNT(DISTINCT unit): one unit changes it by at most 1

SELECT concat_ws('-', sex, diagnosis) AS c, COUNT(*) AS n FROM visits GROUP BY 1;
-- tables: visits
-- visits: at most 64 rows of each person
-- groups by CONCAT_WS('-', sex, diagnosis): keys are discovered; a group is shown when enough units are in it
-- COUNT(*): one unit changes it by at most 64
-- COUNT(DISTINCT unit): one unit changes it by at most 1

SELECT prefix(diagnosis, 'I') AS i, suffix(diagnosis, '1') AS e, COUNT(*) AS n FROM visits GROUP BY 1, 2;
-- tables: visits
-- visits: at most 64 rows of each person
-- groups by STARTS_WITH(diagnosis, 'I'), ENDS_WITH(diagnosis, '1'): 9 declared cells, each with its own noise
-- COUNT(*): one unit changes it by at most 64
-- COUNT(DISTINCT unit): one unit changes it by at most 1
