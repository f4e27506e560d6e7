SELECT COUNT(DISTINCT city) AS cities, COUNT(DISTINCT hospital) AS hospitals FROM visits;
-- tables: visits
-- visits: at most 64 rows of each person
-- COUNT(DISTINCT city): of the bounded rows; one value a unit, by MIN in a subquery, has less noise
-- COUNT(DISTINCT hospital): of the bounded rows; one value a unit, by MIN in a subquery, has less noise
-- one row: no grouping
-- COUNT(DISTINCT city): one unit changes it by at most 3
-- COUNT(DISTINCT hospital): one unit changes it by at most 64

SELECT sex, COUNT(DISTINCT days) AS d, COUNT(DISTINCT amount) FILTER (WHERE urgent) AS a FROM visits GROUP BY sex;
-- tables: visits
-- visits: at most 64 rows of each person
-- COUNT(DISTINCT days): of the bounded rows; one value a unit, by MIN in a subquery, has less noise
-- COUNT(DISTINCT CASE WHEN urgent THEN amount END): of the bounded rows; one value a unit, by MIN in a subquery, has less noise
-- groups by sex: 3 declared cells, each with its own noise
-- COUNT(DISTINCT days): one unit changes it by at most 31
-- COUNT(DISTINCT CASE WHEN urgent THEN amount END): one unit changes it by at most 64
-- COUNT(DISTINCT unit): one unit changes it by at most 1

SELECT COUNT(DISTINCT days > 4) AS b, COUNT(DISTINCT id_card) AS people FROM visits;
-- tables: visits
-- visits: at most 64 rows of each person
-- COUNT(DISTINCT days > 4): of the bounded rows; one value a unit, by MIN in a subquery, has less noise
-- one row: no grouping
-- COUNT(DISTINCT days > 4): one unit changes it by at most 2
-- COUNT(DISTINCT id_card): one unit changes it by at most 1

SELECT COUNT(DISTINCT h) AS n FROM (SELECT id_card, MIN(hospital) AS h FROM visits GROUP BY id_card) v;
-- tables: visits
-- visits: at most 64 rows of each person
-- one row: no grouping
-- COUNT(DISTINCT h): one unit changes it by at most 1
