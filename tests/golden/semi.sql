SELECT COUNT(DISTINCT id_card) AS people, COUNT(*) AS n FROM visits v SEMI JOIN drugs d ON v.id_card = d.person AND d.price < v.days;
-- tables: drugs, visits
-- v: at most 64 rows of each person
-- d: at most 8 rows of each person
-- one row: no grouping
-- COUNT(DISTINCT id_card): one unit changes it by at most 1
-- COUNT(*): one unit changes it by at most 64

SELECT city, COUNT(DISTINCT id_card) AS people FROM visits v ANTI JOIN hospitals h USING (hospital) GROUP BY city;
-- tables: hospitals, visits
-- v: at most 64 rows of each person
-- groups by city: 4 declared cells, each with its own noise
-- COUNT(DISTINCT id_card): one unit changes it by at most 1
