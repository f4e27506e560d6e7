SELECT SUM(sqrt(amount)) AS a, AVG(power(days, 2)) AS b, AVG(ln(days + 1)) AS c FROM visits;
-- tables: visits
-- visits: at most 64 rows of each person
-- one row: no grouping
-- SUM(SQRT(amount)): one unit changes it by at most 9050.97
-- SUM(POWER(days, 2) - 450): one unit changes it by at most 28800
-- COUNT(POWER(days, 2)): one unit changes it by at most 64
-- SUM(LN(days + 1) - 1.71699): one unit changes it by at most 109.888
-- COUNT(LN(days + 1)): one unit changes it by at most 64

SELECT AVG(exp(days / 30)) AS e, SUM(clamp(days ** 3, 0, 1000)) AS p FROM visits WHERE sqrt(days) > 2;
-- tables: visits
-- visits: at most 64 rows of each person
-- one row: no grouping
-- SUM(EXP(days / 30) - 1.35914): one unit changes it by at most 86.9851
-- COUNT(EXP(days / 30)): one unit changes it by at most 64
-- SUM(CLAMP(POWER(days, 3), 0, 1000)): one unit changes it by at most 64000

SELECT sqrt(COUNT(*)) AS root, exp(AVG(ln(days + 1))) AS geometric, power(SUM(days), 2) AS square FROM visits;
-- tables: visits
-- visits: at most 64 rows of each person
-- one row: no grouping
-- COUNT(*): one unit changes it by at most 64
-- SUM(LN(days + 1) - 1.71699): one unit changes it by at most 109.888
-- COUNT(LN(days + 1)): one unit changes it by at most 64
-- SUM(days): one unit changes it by at most 1920
