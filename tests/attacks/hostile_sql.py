# ruff: noqa: E501 - statements stand one after the other, between bars
"""Hostile statements, in our own words: attacks that engines are known to answer, and plain mistakes."""

from __future__ import annotations

from collections.abc import Iterator

_FUNCTIONS = """getenv('HOME') current_setting('temp_directory') random() uuid() gen_random_uuid() now() version()
current_database() current_user() txid_current() pg_backend_pid() setseed(0.5) nextval('s') currval('s')
error(hospital) write_log(hospital) query('select 1') hash(hospital) md5(hospital) sha256(hospital)
repeat(hospital, 1000000000) lpad(hospital, 2000000000, 'x') rpad(hospital, 2000000000, 'x')
format('{:>2000000000}', hospital) printf('%2000000000d', days) bitstring('1', 2000000000) range(1000000000)
generate_series(1, 2000000000) list_transform([1], x -> x) regexp_matches(hospital, '(a') regexp_matches(hospital, city)
regexp_matches(hospital, 'a{1000}') regexp_matches(hospital, '(a{99}){99}') regexp_matches(hospital, '[z-a]') regexp_matches(hospital, 'a**')
regexp_matches(hospital, '(?i)a') regexp_matches(hospital, 'a', 'i') regexp_matches(hospital, '') regexp_matches(hospital, '\\1') regexp_full_match(hospital, 'a')
regexp_replace(hospital, '(a+)+$', 'b', 'g') strptime(hospital, '%Y') strftime(visited_on, hospital)
make_date(days, days, days) make_timestamp(days, 1, 1, 1, 1, 1) chr(days) ascii(hospital) from_base64(hospital)
json_extract(hospital, '$.a') json_serialize_sql('select 1') timezone('x', seen_at) time_bucket(INTERVAL 1 day, seen_at)
datediff('century', visited_on, visited_on) datediff(hospital, visited_on, visited_on) visited_on-seen_at visited_on+days visited_on*2 age(seen_at) epoch(seen_at) factorial(days) exp(hospital) ln(seen_at) sqrt(urgent)
pow(weight,days) sin(weight) gamma(weight) string_split(hospital, ',') concat(hospital, days) concat(id_card, 'x') reverse(hospital)
levenshtein(hospital, 'x') jaccard(hospital, 'x') struct_pack(a := days) map([1], [2]) row(days, days) unnest([1, 2])
getvariable('x') current_query() pg_typeof(days) typeof(hospital) stats(days) alias(days) constant_or_null(days, 1)
in_search_path('a', 'b') current_schemas(true) col_description(1, 1) has_table_privilege('x', 'y') to_json(days)
encode(hospital) decode(hospital) hex(hospital) unhex(hospital) trim(days) trim(hospital, city) replace(hospital, 'a', city) replace(replace(hospital, 'a', 'bbbbbbbbb'), 'b', 'ccccccccc')
instr(hospital, city) contains(hospital, city) starts_with(hospital, city) left(hospital, days) right(hospital, -1) left(days, 1)
to_days(days) today() current_date current_timestamp current_time localtimestamp""".replace("\n", " ")

_STARS = """duckdb_settings() duckdb_databases() duckdb_tables() duckdb_columns() duckdb_views() duckdb_functions()
duckdb_extensions() duckdb_secrets() duckdb_memory() duckdb_temporary_files() duckdb_logs() duckdb_optimizers()
duckdb_variables() duckdb_indexes() duckdb_constraints() duckdb_schemas() duckdb_sequences() duckdb_types()
duckdb_keywords() pragma_database_size() pragma_storage_info('visits') pragma_table_info('visits') pragma_version()
glob('/etc/*') read_text('/etc/passwd') read_blob('/etc/passwd') read_csv('/etc/passwd') read_csv_auto('x')
read_json('/etc/hostname') read_parquet('s3://b/x') read_ndjson('x') sniff_csv('x') parquet_metadata('x')
parquet_schema('x') query('SELECT 1') query_table('visits') range(10) generate_series(10) repeat_row(1, num_rows=3)
test_all_types() which_secret('s3://x', 's3') json_execute_serialized_sql('x') from_substrait('x') unnest([1])
sqlite_scan('a', 'b') postgres_scan('a', 'b', 'c') iceberg_scan('x') delta_scan('x')"""

_NOT_SELECT = """PRAGMA database_list|PRAGMA show_tables|PRAGMA version|PRAGMA enable_profiling|PRAGMA threads=4
SHOW ALL TABLES|SHOW TABLES|DESCRIBE visits|SUMMARIZE visits|EXPLAIN SELECT COUNT(*) FROM visits
EXPLAIN ANALYZE SELECT COUNT(*) FROM visits|COPY visits TO '/tmp/x.csv'|COPY (SELECT 1) TO '/dev/stdout'
COPY visits FROM '/etc/passwd'|EXPORT DATABASE '/tmp/x'|IMPORT DATABASE '/tmp/x'|ATTACH '/tmp/x.duckdb' AS x
ATTACH ':memory:' AS m|DETACH workspace|USE workspace|INSTALL httpfs|LOAD httpfs|LOAD '/tmp/x.so'|FORCE INSTALL httpfs
UPDATE EXTENSIONS|CREATE SECRET s (TYPE s3)|SET memory_limit='100GB'|SET enable_external_access=true
RESET lock_configuration|SET VARIABLE x=1|SET schema='main'|SET SESSION threads=9|CALL pragma_version()|CHECKPOINT
VACUUM|ANALYZE|ANALYZE visits|PREPARE p AS SELECT 1|EXECUTE p|DEALLOCATE p|CREATE TABLE t (a INT)
CREATE TEMP TABLE t AS SELECT * FROM visits|CREATE VIEW v AS SELECT * FROM visits|CREATE MACRO m() AS 1
CREATE OR REPLACE TEMP VIEW v AS SELECT 1|CREATE SEQUENCE s|CREATE INDEX i ON visits (days)|CREATE SCHEMA s
CREATE TYPE t AS ENUM ('a')|INSERT INTO visits VALUES (1)|DELETE FROM visits|UPDATE visits SET days=1|DROP TABLE visits
DROP VIEW v|ALTER TABLE visits ADD COLUMN z INT|TRUNCATE visits|COMMENT ON TABLE visits IS 'x'|BEGIN|COMMIT|ROLLBACK
BEGIN TRANSACTION|MERGE INTO visits USING drugs ON 1=1 WHEN MATCHED THEN DELETE|VALUES (1)|TABLE visits
GRANT SELECT ON visits TO x|KILL 1|HANDLER visits OPEN|PIVOT visits ON city USING SUM(amount)|UNPIVOT visits ON days
FROM visits|SELECT|(SELECT COUNT(*) FROM visits)|1+1|visits|;"""

_ROWS = """amount|city|city, COUNT(*)|amount + 1|CASE WHEN days > 1 THEN city END|upper(city)|COUNT(*) + days
hospital AS h|SUM(days) / amount|v.amount|round(amount, 2)|visited_on|month(visited_on)|coalesce(city, '郑州市')|1|'x', 2
NULL|TRUE|visits|v|if(days > 1, amount, 0)|greatest(amount, SUM(amount))|clamp(amount, 0, 1)|days IS NULL"""

_CONSTRUCTS = """COUNT(*) FILTER (WHERE id_card > 1) FROM visits|COUNT(*) FROM visits TABLESAMPLE 10%
COUNT(*) FROM visits USING SAMPLE 10|days FROM visits QUALIFY row_number() OVER () = 1|DISTINCT city FROM visits
DISTINCT ON (city) city FROM visits|SUM(DISTINCT days) FROM visits|AVG(DISTINCT days) FROM visits
COUNT(DISTINCT NULL) FROM visits|COUNT(DISTINCT (id_card, city)) FROM visits|COUNT(DISTINCT id_card, city) FROM visits
COUNT(DISTINCT upper(id_card)) FROM visits|COUNT(DISTINCT id_card || '') FROM visits|COUNT(id_card) FROM visits
SUM(amount ORDER BY days) FROM visits|COUNT(*) OVER () FROM visits|row_number() OVER (ORDER BY days) FROM visits
SUM(amount) OVER (PARTITION BY id_card) FROM visits|lag(amount) OVER (ORDER BY days) FROM visits
MIN(weight) FROM visits|MAX(code) FROM visits|MEDIAN(weight) FROM visits|MODE(hospital) FROM visits|MODE(id_card) FROM visits
quantile_cont(amount, days) FROM visits|percentile_cont(0.5) WITHIN GROUP (ORDER BY weight) FROM visits|MEDIAN(city) FROM visits
quantile_cont(amount, 1.5) FROM visits|quantile_cont(amount, 0.12345) FROM visits|quantile_cont(amount, [0.1, 0.9]) FROM visits
quantile_cont(amount) FROM visits|percentile_cont(0.5) WITHIN GROUP (ORDER BY amount, days) FROM visits|MEDIAN(id_card) FROM visits
MAX(amount, 3) FROM visits|MIN(SUM(amount)) FROM visits|MEDIAN(amount) OVER () FROM visits|MAX(seen_at) FROM visits
mode() WITHIN GROUP (ORDER BY city) FROM visits|listagg(city) WITHIN GROUP (ORDER BY city) FROM visits|MEDIAN(NULL) FROM visits
quantile_cont(0.5) FROM visits|MODE(NULL) FROM visits|MODE(clamp(amount, 0, 5)) FROM visits|bool_and(urgent) FROM visits
SUM(width_bucket(days, 0, 10, 0)) FROM visits|COUNT(width_bucket(days, 10, 0, 3)) FROM visits|[1, 2] FROM visits
COUNT(width_bucket(days, 0, 10, 1001)) FROM visits|COUNT(width_bucket(days, [3, 2])) FROM visits|COUNT([days]) FROM visits
COUNT(width_bucket(days, 0, days, 5)) FROM visits|COUNT(width_bucket(city, 0, 1, 5)) FROM visits|SUM([1]) FROM visits
COUNT(width_bucket(days, [])) FROM visits|COUNT(width_bucket(days, [days])) FROM visits|COUNT(width_bucket(days, 5)) FROM visits
COUNT(width_bucket(id_card, [1, 2])) FROM visits|COUNT(width_bucket(days, [1], 2, 3)) FROM visits|approx_top_k(city, 3) FROM visits|mad(days) FROM visits|MAX(city) FROM visits|MIN(urgent) FILTER (WHERE id_card = 'x') FROM visits
STDDEV(weight) FROM visits|VAR_POP(id_card) FROM visits|CORR(amount, weight) FROM visits|COUNT_IF(id_card) FROM visits
approx_count_distinct(city) FROM visits|arg_max(city, amount) FROM visits|FIRST(city) FROM visits|LAST(city) FROM visits
any_value(city) FROM visits|list(city) FROM visits|array_agg(city) FROM visits|string_agg(city, ',') FROM visits
histogram(city) FROM visits|product(days) FROM visits|bool_or(urgent) FROM visits|bit_xor(days) FROM visits
skewness(amount) FROM visits|kurtosis(amount) FROM visits|entropy(city) FROM visits|fsum(amount) FROM visits
sum_no_overflow(days) FROM visits|reservoir_quantile(amount, 0.5) FROM visits|favg(amount) FROM visits
COUNT(*) FROM visits GROUP BY ALL|COUNT(*) FROM visits GROUP BY ROLLUP (id_card)|amount FROM visits GROUP BY CUBE (city)
GROUPING(amount), COUNT(*) FROM visits GROUP BY GROUPING SETS ((city), ())|COUNT(*) FROM visits GROUP BY 7|COUNT(*) FROM visits GROUP BY 'x'
COUNT(*) FROM visits GROUP BY id_card|COUNT(*) FROM visits GROUP BY length(id_card)|id_card FROM visits
COUNT(*) FROM visits GROUP BY CASE WHEN id_card = 'x' THEN 1 ELSE 0 END|MAX(id_card) FROM visits|v.* FROM visits v
COUNT(*) FROM visits WHERE id_card = '410105199001011234'|COUNT(*) FROM visits WHERE id_card LIKE '41%'
COUNT(*) FROM visits WHERE id_card IN ('x')|SUM(id_card) FROM visits|COUNT(*) FROM visits WHERE "ID_CARD" = 'x'
COUNT(*) FROM visits WHERE id_card IS NOT NULL|COUNT(*) FROM visits HAVING id_card = 'x'|SUM(_unit) FROM visits
COUNT(DISTINCT _unit) FROM visits|COUNT(*) FROM visits WHERE _rank = 0|COUNT(*) FROM visits WHERE rowid < 5
SUM(rowid) FROM visits|COUNT(*) FROM visits WHERE "_unit" = 5|COUNT(*) FROM visits GROUP BY _rank|_cell FROM visits
COUNT(*) AS _cell FROM visits|COUNT(*) FROM visits AS released|COUNT(*) FROM visits ORDER BY _unit
COUNT(*) FROM visits ORDER BY amount|COUNT(*) FROM visits HAVING amount > 3|COUNT(*) FROM visits ORDER BY id_card
COUNT(*) FROM visits WHERE COUNT(*) > 1|SUM(COUNT(*)) FROM visits|SUM(SUM(amount)) FROM visits|COUNT(*) FROM visits GROUP BY COUNT(*)
COUNT(*) FROM visits LIMIT 10%|COUNT(*) FROM visits LIMIT (SELECT 1)|COUNT(*) FROM visits LIMIT -1
COUNT(*) FROM visits LIMIT 1e9|COUNT(*) FROM visits OFFSET days|COUNT(*) FROM visits LIMIT 99999999999999999999
COUNT(*) FROM visits WHERE name = '张三'|COUNT(*) FROM visits WHERE mobile = '1'|SUM(diagnosis) FROM visits
COUNT(diagnosis) FROM visits|COUNT(*) FROM visits, drugs
COUNT(x) FROM (SELECT ROW_NUMBER() OVER (ORDER BY days) AS x FROM visits) v
COUNT(x) FROM (SELECT ROW_NUMBER() OVER (PARTITION BY city ORDER BY days) AS x FROM visits) v
COUNT(x) FROM (SELECT ROW_NUMBER() OVER (PARTITION BY id_card) AS x FROM visits) v
COUNT(x) FROM (SELECT RANK() OVER (PARTITION BY id_card) AS x FROM visits) v
COUNT(x) FROM (SELECT SUM(weight) OVER (PARTITION BY id_card) AS x FROM visits) v
COUNT(x) FROM (SELECT LAG(days, days) OVER (PARTITION BY id_card ORDER BY days) AS x FROM visits) v
COUNT(x) FROM (SELECT LAG(days, 1, 0) OVER (PARTITION BY id_card ORDER BY days) AS x FROM visits) v
COUNT(x) FROM (SELECT SUM(days) OVER (PARTITION BY id_card ORDER BY days ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING) AS x FROM visits) v
COUNT(x) FROM (SELECT SUM(days) OVER (PARTITION BY id_card ORDER BY days RANGE BETWEEN 1 PRECEDING AND CURRENT ROW) AS x FROM visits) v
COUNT(x) FROM (SELECT FIRST_VALUE(days) OVER (PARTITION BY id_card ORDER BY days) AS x FROM visits) v
COUNT(x) FROM (SELECT NTILE(4) OVER (PARTITION BY id_card ORDER BY days) AS x FROM visits) v
COUNT(x) FROM (SELECT SUM(COUNT(*) OVER (PARTITION BY id_card)) OVER (PARTITION BY id_card) AS x FROM visits) v
COUNT(x) FROM (SELECT COUNT(DISTINCT city) OVER (PARTITION BY id_card) AS x FROM visits) v
COUNT(x) FROM (SELECT COUNT(*) FILTER (WHERE urgent) OVER (PARTITION BY id_card) AS x FROM visits) v
COUNT(x) FROM (SELECT MAX(id_card) OVER (PARTITION BY id_card) AS x FROM visits) v
COUNT(x) FROM (SELECT COUNT(*) OVER (PARTITION BY upper(id_card)) AS x FROM visits) v
COUNT(x) FROM (SELECT COUNT(*) OVER (PARTITION BY id_card = id_card) AS x FROM visits) v
COUNT(x) FROM (SELECT LAG(days) IGNORE NULLS OVER (PARTITION BY id_card ORDER BY days) AS x FROM visits) v
COUNT(x) FROM (SELECT ROW_NUMBER() OVER (PARTITION BY id_card ORDER BY v.days) AS x FROM visits v JOIN drugs d ON d.person = v.id_card) v
COUNT(x) FROM (SELECT COUNT(*) OVER (PARTITION BY d.person) AS x FROM visits v LEFT JOIN drugs d ON d.person = v.id_card) v
COUNT(x) FROM (SELECT ROW_NUMBER() OVER (PARTITION BY hospital ORDER BY days) AS x FROM visits) h
COUNT(*) FROM (SELECT days FROM visits QUALIFY days > 1 AND COUNT(*) OVER () > 1) v
COUNT(*) FROM (SELECT id_card, COUNT(*) AS n FROM visits GROUP BY id_card QUALIFY COUNT(*) OVER (PARTITION BY id_card) > 1) v
COUNT(*) FROM visits v WHERE COUNT(*) OVER (PARTITION BY id_card) > 1|COUNT(*) FROM visits QUALIFY days > COUNT(*) OVER ()
COUNT(*) FROM visits v WHERE EXISTS (SELECT 1 FROM drugs d WHERE d.person = v.id_card QUALIFY COUNT(*) OVER () > 1)
COUNT(*) FROM visits CROSS JOIN drugs|COUNT(*) FROM visits NATURAL JOIN drugs
COUNT(*) FROM visits v JOIN drugs d ON v.city = d.city|COUNT(*) FROM visits v JOIN drugs d ON 1 = 1
COUNT(*) FROM visits v JOIN drugs d ON v.id_card = d.person OR v.days = 1|COUNT(*) FROM visits v JOIN drugs d ON NOT (v.id_card <> d.person)
COUNT(*) FROM visits v JOIN drugs d ON v.id_card < d.person|COUNT(*) FROM visits v JOIN drugs d ON v.id_card = v.id_card
COUNT(*) FROM visits v JOIN drugs d ON v.id_card = d.drug|COUNT(*) FROM visits v JOIN drugs d ON TRUE
COUNT(*) FROM visits v RIGHT JOIN drugs d ON v.city = d.city|COUNT(*) FROM visits v FULL JOIN drugs d ON v.city = d.city
COUNT(*) FROM visits v SEMI JOIN drugs d ON v.city = d.city|COUNT(*) FROM visits v ANTI JOIN drugs d ON v.city = d.city
COUNT(*) FROM visits v ANTI JOIN drugs d ON v.id_card <> d.person|COUNT(*) FROM visits v SEMI JOIN drugs d ON TRUE
COUNT(*) FROM hospitals h SEMI JOIN visits v ON v.hospital = h.hospital|COUNT(*) FROM hospitals h ANTI JOIN visits v USING (hospital)
COUNT(*) FROM visits v FULL JOIN hospitals h ON v.hospital = h.hospital|COUNT(*) FROM visits v RIGHT JOIN hospitals h ON v.hospital = h.hospital
COUNT(*) FROM hospitals h FULL JOIN visits v USING (hospital)|h.hospital, COUNT(v.days) FROM hospitals h LEFT JOIN visits v USING (hospital) GROUP BY h.hospital
COUNT(h.level) FROM hospitals h LEFT JOIN visits v ON v.hospital = h.hospital|COUNT(coalesce(v.days, 0)) FROM hospitals h LEFT JOIN visits v USING (hospital)
COUNT(v.days IS NULL) FROM hospitals h LEFT JOIN visits v USING (hospital)|COUNT_IF(v.days IS NULL) FROM hospitals h LEFT JOIN visits v USING (hospital)
v.city, COUNT(v.days) FROM hospitals h LEFT JOIN visits v USING (hospital) GROUP BY v.city
COUNT(DISTINCT h.hospital) FROM hospitals h LEFT JOIN visits v USING (hospital)|COUNT(DISTINCT coalesce(v.code, 0)) FROM hospitals h LEFT JOIN visits v USING (hospital)
SUM(v.days) FROM hospitals h LEFT JOIN visits v USING (hospital) JOIN hospitals g ON g.hospital = h.hospital
SUM(x.d) FROM (SELECT v.days AS d FROM hospitals h LEFT JOIN visits v ON v.hospital = h.hospital) x
COUNT(*) FROM hospitals WHERE EXISTS (SELECT 1 FROM visits)|COUNT(*) FROM hospitals h WHERE h.hospital IN (SELECT hospital FROM visits)
COUNT(*) FROM visits v WHERE EXISTS (SELECT 1 FROM drugs d WHERE d.city = v.city)|COUNT(*) FROM visits WHERE NOT EXISTS (SELECT 1 FROM drugs)
COUNT(*) FROM visits v WHERE EXISTS (SELECT 1 FROM drugs d WHERE d.person = v.id_card OR d.city = v.city)
COUNT(*) FROM visits v WHERE EXISTS (SELECT 1 FROM drugs d WHERE NOT (d.person <> v.id_card))
COUNT(*) FROM visits WHERE days NOT IN (SELECT days FROM visits)|COUNT(*) FROM visits WHERE id_card IN (SELECT drug FROM drugs)
COUNT(*) FROM visits WHERE city IN (SELECT city FROM drugs)|COUNT(*) FROM visits WHERE (city, sex) IN (SELECT city, drug FROM drugs)
COUNT(*) FROM visits v WHERE days > (SELECT AVG(price) FROM drugs d WHERE d.person = v.id_card)|COUNT(*) FROM visits WHERE days > (SELECT level FROM hospitals)
COUNT(*) FROM visits v WHERE days > (SELECT MAX(v.days) FROM hospitals)|COUNT(*) FROM visits WHERE EXISTS (SELECT COUNT(*) FROM hospitals)
COUNT(*) FROM visits v WHERE EXISTS (SELECT 1 FROM drugs d WHERE d.person = v.id_card LIMIT 1)
COUNT(*) FROM visits v JOIN drugs d ON v.id_card = d.person AND EXISTS (SELECT 1 FROM hospitals)
COUNT(*) FROM visits GROUP BY days IN (SELECT level FROM hospitals)|SUM(CASE WHEN EXISTS (SELECT 1 FROM hospitals) THEN 1 END) FROM visits
COUNT(*) FROM visits HAVING COUNT(*) > (SELECT MAX(days) FROM visits GROUP BY id_card)|COUNT(*) FROM visits v, drugs d WHERE v.city = d.city
COUNT(*) FROM visits, hospitals h RIGHT JOIN drugs ON drugs.city = h.region|COUNT(*) FROM (VALUES (1), (1, 2)) t JOIN visits ON TRUE
COUNT(*) FROM (VALUES (random())) t(x) JOIN visits ON days = x|COUNT(*) FROM (VALUES (NULL)) t(x) JOIN visits ON days = x
COUNT(*) FROM (SELECT city FROM visits UNION SELECT city FROM drugs) u|COUNT(*) FROM (SELECT city FROM visits EXCEPT SELECT city FROM drugs) u
COUNT(*) FROM (SELECT city FROM visits INTERSECT ALL SELECT city FROM drugs) u|COUNT(*) FROM (SELECT city FROM visits UNION ALL SELECT region FROM hospitals) u
COUNT(*) FROM (SELECT id_card AS p FROM visits UNION ALL SELECT drug FROM drugs) u|COUNT(*) FROM (SELECT city FROM visits UNION ALL BY NAME SELECT city FROM drugs) u
COUNT(DISTINCT p) FROM (SELECT id_card AS p, 1 AS q FROM visits UNION ALL SELECT 1, person FROM drugs) u
COUNT(*) FROM visits v ASOF JOIN drugs d ON v.id_card = d.person|COUNT(*) FROM visits v POSITIONAL JOIN drugs d
COUNT(*) FROM hospitals h LEFT JOIN visits v ON v.hospital = h.hospital
COUNT(*) FROM visits v, LATERAL (SELECT 1) x
COUNT(*) FROM visits v JOIN visits v ON v.id_card = v.id_card|COUNT(*) FROM (SELECT * FROM visits LIMIT 5)|COUNT(*) FROM (VALUES (1)) t
COUNT(*) FROM visits WHERE EXISTS (SELECT 1 FROM drugs)|(SELECT COUNT(*) FROM drugs) FROM visits
COUNT(*) FROM visits WHERE days > ANY (SELECT 1)|COUNT(*) FROM visits WHERE days = ALL (SELECT 1)|COUNT(*) FROM workspace.visits
COUNT(*) FROM workspace.main.visits|COUNT(*) FROM main.visits|COUNT(*) FROM system.information_schema.tables
COUNT(*) FROM information_schema.tables|COUNT(*) FROM pg_catalog.pg_class|COUNT(*) FROM sqlite_master|COUNT(*) FROM temp.x
COUNT(*) FROM '/etc/passwd'|COUNT(*) FROM 'http://127.0.0.1/x.csv'|COUNT(*) FROM "visits.parquet"|COUNT(*) FROM secret
COUNT(*) FROM VISITS_|COUNT(main.visits.days) FROM visits|COUNT(*) FROM visits WHERE visits.nothing = 1|COUNT(nothing.days) FROM visits
SUM(weight) FROM visits|AVG(weight) FROM visits|SUM(code) FROM visits|SUM(amount / days) FROM visits|SUM(1 / (days - days)) FROM visits
SUM(clamp(weight, 5, 1)) FROM visits|SUM(clamp(weight, 0, days)) FROM visits|SUM(clamp(weight, 0)) FROM visits
SUM(clamp(weight, 0, 1e50)) FROM visits|SUM(clamp(weight, -1e20, 1e20)) FROM visits|SUM(clamp(code, 0, 9e18)) FROM visits
SUM(length(hospital)) FROM visits|SUM(TRY_CAST(hospital AS DOUBLE)) FROM visits|SUM(city) FROM visits|AVG(visited_on) FROM visits
SUM(hospital) FROM visits|SUM(NULLIF(code, 0)) FROM visits|SUM(coalesce(weight, 0)) FROM visits|SUM(greatest(code, 0)) FROM visits
COUNT(*) FROM visits WHERE city = 'nowhere'|COUNT(*) FROM visits WHERE city IN ('郑州市', 'x')|COUNT(*) FROM visits WHERE city = 5
COUNT(*) FROM visits WHERE visited_on = 'yesterday'|COUNT(*) FROM visits WHERE visited_on = '2025-02-30'
COUNT(*) FROM visits WHERE days = 'many'|COUNT(*) FROM visits WHERE amount > 'x'|COUNT(*) FROM visits WHERE amount > 1e999
COUNT(*) FROM visits WHERE amount > hospital|COUNT(*) FROM visits WHERE urgent = 1|COUNT(*) FROM visits WHERE days
COUNT(*) FROM visits WHERE NOT days|COUNT(*) FROM visits WHERE city AND urgent|COUNT(*) FROM visits WHERE amount LIKE '1%'
COUNT(*) FROM visits WHERE hospital LIKE city|COUNT(*) FROM visits WHERE hospital LIKE '%a%a%a%a%a%a'
COUNT(*) FROM visits WHERE hospital LIKE 'a!' ESCAPE '!'|COUNT(*) FROM visits WHERE hospital LIKE 'a' ESCAPE 'ab'
COUNT(*) FROM visits WHERE hospital ILIKE 'a%'|COUNT(*) FROM visits WHERE hospital SIMILAR TO 'a'|COUNT(*) FROM visits WHERE hospital ~ 'a'
COUNT(*) FROM visits WHERE hospital GLOB 'a*'|COUNT(*) FROM visits WHERE hospital || 'x' = 'x'|COUNT(*) FROM visits WHERE days // 2 = 1
COUNT(*) FROM visits WHERE days ** days = 1|COUNT(*) FROM visits WHERE days << 62 = 1|COUNT(*) FROM visits WHERE days & 1 = 1
COUNT(*) FROM visits WHERE days IN (days)|COUNT(*) FROM visits WHERE date_trunc('hour', visited_on) IS NULL
COUNT(*) FROM visits WHERE date_trunc(hospital, visited_on) IS NULL|COUNT(*) FROM visits WHERE date_part(hospital, visited_on) = 1
COUNT(*) FROM visits WHERE EXTRACT(epoch FROM seen_at) = 1|COUNT(*) FROM visits WHERE visited_on + INTERVAL (days) DAY > '2025-01-01'|COUNT(*) FROM visits WHERE visited_on + INTERVAL 99999999 YEAR IS NULL|COUNT(*) FROM visits WHERE visited_on + INTERVAL 'x' DAY IS NULL|COUNT(*) FROM visits WHERE INTERVAL 1 DAY - visited_on IS NULL|COUNT(*) FROM visits WHERE hospital + INTERVAL 1 DAY IS NULL|COUNT(*) FROM visits WHERE seen_at - seen_at IS NULL|COUNT(*) FROM visits WHERE INTERVAL 1 DAY IS NULL
COUNT(*) FROM visits WHERE seen_at AT TIME ZONE 'x' IS NULL|COUNT(*) FROM visits WHERE substr(hospital, days) = 'x'
COUNT(*) FROM visits WHERE substr(hospital, 1, 9999999999) = 'x'|COUNT(*) FROM visits WHERE round(amount, days) = 1
COUNT(*) FROM visits WHERE CAST(days AS HUGEINT) = 1|COUNT(*) FROM visits WHERE CAST(hospital AS JSON) IS NULL
COUNT(*) FROM visits WHERE CAST(seen_at AS TIMESTAMPTZ) IS NULL|COUNT(*) FROM visits WHERE CAST(days AS INT[]) IS NULL
COUNT(*) FROM visits WHERE CAST(visited_on AS INTEGER) = 1|COUNT(*) FROM visits WHERE days = ?|COUNT(*) FROM visits WHERE days = $1
COUNT(*) FROM visits WHERE days = $name|COUNT(*) FROM visits WHERE hospital[1] = 'x'|COUNT(*) FROM visits WHERE hospital[1:2] = 'x'
COUNT(*) FROM visits WHERE [days] = [1]|COUNT(*) FROM visits WHERE {'a': days} IS NULL|COUNT(*) FROM visits WHERE (days, code) = (1, 2)
COUNT(*) FROM visits WHERE COLUMNS(*) = 1|COUNT(COLUMNS(*)) FROM visits|COLUMNS('a.*') FROM visits|* EXCLUDE (days) FROM visits
* REPLACE (1 AS days) FROM visits|COUNT(visits) FROM visits|COUNT(v) FROM visits v|SUM(amount) IGNORE NULLS FROM visits
COUNT(*) FROM visits WINDOW w AS (ORDER BY days)|COUNT(*) FROM visits FOR UPDATE|COUNT(*) INTO t FROM visits
COUNT(*) FROM visits GROUP BY city, days, visited_on, urgent, sex, date_trunc('day', visited_on)
COUNT(*) FROM visits GROUP BY visited_on, month(visited_on), days, city|COUNT(*) FROM visits ORDER BY 9
COUNT(*) FROM visits CONNECT BY days = 1|COUNT(*) FROM visits AS OF '2020'|COUNT(*) FROM visits AT (VERSION => 1)"""

_TEXTS = (
    "", "   ", "-- nothing", "/* nothing */", ";", ";;", "\x00", "SELECT COUNT(*) FROM visits\x00",
    "SELECT COUNT(*) FROM visits; DROP TABLE visits", "SELECT COUNT(*) FROM visits; SELECT COUNT(*) FROM visits",
    "SELECT " + "(" * 500 + "1" + ")" * 500, "SELECT COUNT(*) FROM visits WHERE " + "NOT " * 5000 + "urgent",
    "SELECT " + "-" * 7 + " 1 FROM", "SELECT " + "+".join(["1"] * 20_000) + " FROM visits",
    "SELECT " + "CASE WHEN 1=1 THEN " * 300 + "1" + " END" * 300, "SELECT COUNT(*) FROM visits WHERE " + "- " * 900 + "days > 1",
    "SELECT COUNT(*) FROM visits WHERE days IN (" + ",".join(map(str, range(5000))) + ")", "SELECT '" + "x" * 60_000 + "'",
    "SELECT SUM(" + "clamp(" * 20 + "weight" + ", 0, 1)" * 20 + ") FROM visits",
    "SELECT SUM(" + "nullif(" * 20 + "days" + ", 1)" * 20 + ") FROM visits",
    "SELECT COUNT(*) FROM visits WHERE " + "+".join(["days"] * 300) + " > 1",
    "WITH x AS (SELECT * FROM visits) SELECT * FROM x",
    "WITH RECURSIVE r AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM r) SELECT COUNT(*) FROM r",
    "SELECT city FROM visits UNION ALL SELECT city FROM visits", "SELECT city FROM visits EXCEPT SELECT city FROM drugs",
    "SELECT COUNT(*) FROM visits INTERSECT SELECT days FROM visits", "SELECT COUNT(*) FROM visits WHERE hospital = '\ud800'",
    "SELEC COUNT(*) FROM visits", "SELECT COUNT(* FROM visits", "SELECT 'open FROM visits", "SELECT \"open FROM visits",
    "SELECT COUNT(*) FROM visits WHERE", "SELECT , FROM visits", "SELECT COUNT(*)", "SELECT 1", "select 1 as x, 2 as y",
    "SELECT level + 1, COUNT(*) FROM hospitals", "SELECT * FROM hospitals", "SELECT beds FROM hospitals",
    "SELECT _unit FROM hospitals", "SELECT hospital FROM hospitals LIMIT 999999",
    "SELECT secret FROM hospitals", "SELECT random() FROM hospitals", "SELECT hospital FROM hospitals, hospitals h2",
)  # fmt: skip


def hostile() -> Iterator[str]:
    """Every hostile statement."""
    yield from _TEXTS
    for call in _calls(_FUNCTIONS):
        yield f"SELECT COUNT(*) FROM visits WHERE {call} IS NOT NULL"
        yield f"SELECT {call} FROM visits"
    for call in _calls(_STARS.replace("\n", " ")):
        yield f"SELECT COUNT(*) FROM {call}"
    for text in _NOT_SELECT.replace("\n", "|").split("|"):
        yield text
    for text in _ROWS.replace("\n", "|").split("|"):
        yield f"SELECT {text} FROM visits v"
    for text in _CONSTRUCTS.replace("\n", "|").split("|"):
        yield f"SELECT {text}"


def _calls(text: str) -> Iterator[str]:
    """Calls separated by spaces outside parentheses and quotes."""
    depth, start, quoted = 0, 0, False
    for place, sign in enumerate(text + " "):
        quoted ^= sign == "'"
        depth += (sign in "([{") - (sign in ")]}") if not quoted else 0
        if sign == " " and depth == 0 and not quoted:
            if text[start:place].strip():
                yield text[start:place].strip()
            start = place + 1
