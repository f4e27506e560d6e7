--# syntax | 语法 | no SQL, several statements, comments alone
SELECT
1+1
visits
;
-- nothing
/* nothing */
;;
SELECT COUNT(*) FROM visits; DROP TABLE visits
SELECT COUNT(*) FROM visits; SELECT COUNT(*) FROM visits
SELECT ------- 1 FROM
SELEC COUNT(*) FROM visits
SELECT COUNT(* FROM visits
SELECT 'open FROM visits
SELECT "open FROM visits
SELECT COUNT(*) FROM visits WHERE
SELECT , FROM visits
SELECT COUNT(*) FROM visits; ATTACH 'x.db' AS x
SELECT COUNT(*) FROM visits;; SELECT 1
SELECT COUNT(*) FROM visits /* open
SELECT COUNT(*) FROM visits) UNION SELECT 1 --
SELECT COUNT(*) FROM visits WHERE hospital = 'x' OR 1=1; --'
';DROP TABLE visits;--
$$SELECT COUNT(*) FROM visits$$
SELECT COUNT(*) FROM visits WHERE hospital = $$x$$ || ; SELECT 1
ＳＥＬＥＣＴ COUNT(*) FROM visits
SЕLECT COUNT(*) FROM visits
SELECT COUNT(*) FRОM visits
select count(*) from vіsits
SELECT COUNT(＊) FROM visits
SELECT COUNT(*) FROM visits WHERE days ＞ 1
SELECT COUNT(*) FROM "visits

--# commands | 非查询命令 | anything but SELECT: settings, files, extensions, tables, transactions
PRAGMA database_list
PRAGMA show_tables
PRAGMA version
PRAGMA enable_profiling
PRAGMA threads=4
SHOW ALL TABLES
SHOW TABLES
DESCRIBE visits
SUMMARIZE visits
EXPLAIN SELECT COUNT(*) FROM visits
EXPLAIN ANALYZE SELECT COUNT(*) FROM visits
COPY visits TO '/tmp/x.csv'
COPY (SELECT 1) TO '/dev/stdout'
COPY visits FROM '/etc/passwd'
EXPORT DATABASE '/tmp/x'
IMPORT DATABASE '/tmp/x'
ATTACH '/tmp/x.duckdb' AS x
ATTACH ':memory:' AS m
DETACH workspace
USE workspace
INSTALL httpfs
LOAD httpfs
LOAD '/tmp/x.so'
FORCE INSTALL httpfs
UPDATE EXTENSIONS
CREATE SECRET s (TYPE s3)
SET memory_limit='100GB'
SET enable_external_access=true
RESET lock_configuration
SET VARIABLE x=1
SET schema='main'
SET SESSION threads=9
CALL pragma_version()
CHECKPOINT
VACUUM
ANALYZE
ANALYZE visits
PREPARE p AS SELECT 1
EXECUTE p
DEALLOCATE p
CREATE TABLE t (a INT)
CREATE TEMP TABLE t AS SELECT * FROM visits
CREATE VIEW v AS SELECT * FROM visits
CREATE MACRO m() AS 1
CREATE OR REPLACE TEMP VIEW v AS SELECT 1
CREATE SEQUENCE s
CREATE INDEX i ON visits (days)
CREATE SCHEMA s
CREATE TYPE t AS ENUM ('a')
INSERT INTO visits VALUES (1)
DELETE FROM visits
UPDATE visits SET days=1
DROP TABLE visits
DROP VIEW v
ALTER TABLE visits ADD COLUMN z INT
TRUNCATE visits
COMMENT ON TABLE visits IS 'x'
BEGIN
COMMIT
ROLLBACK
BEGIN TRANSACTION
MERGE INTO visits USING drugs ON 1=1 WHEN MATCHED THEN DELETE
VALUES (1)
TABLE visits
GRANT SELECT ON visits TO x
KILL 1
HANDLER visits OPEN
PIVOT visits ON city USING SUM(amount)
UNPIVOT visits ON days
FROM visits
SELECT COUNT(*) INTO t FROM visits
COPY (SELECT id_card FROM visits) TO '/tmp/x.parquet'
COPY visits TO 's3://bucket/x.csv'
COPY (SELECT * FROM visits) TO 'http://127.0.0.1/x' (FORMAT csv)
ATTACH 'https://127.0.0.1/x.duckdb' AS x (READ_ONLY)
ATTACH 'dbname=x host=127.0.0.1' AS pg (TYPE postgres)
INSTALL spatial FROM 'http://127.0.0.1'
INSTALL httpfs FROM community
PRAGMA disable_checkpoint_on_shutdown
PRAGMA force_external
PRAGMA table_info('visits')
PRAGMA storage_info('visits')
PRAGMA disabled_optimizers='filter_pushdown'
SET allow_unsigned_extensions=true
SET temp_directory='/tmp'
SET log_query_path='/tmp/log'
SET GLOBAL memory_limit='1TB'
SET enable_profiling='json'
SET profiling_output='/tmp/x.json'
RESET ALL
PREPARE v AS SELECT * FROM visits WHERE id_card = ?
EXECUTE v('410105199001011234')
CREATE OR REPLACE MACRO t() AS TABLE SELECT * FROM visits
CREATE FUNCTION f(a) AS a + 1
CREATE TEMPORARY MACRO one(a) AS (SELECT a)
CREATE TABLE x AS FROM visits
CREATE PERSISTENT SECRET x (TYPE http, BEARER_TOKEN 'x')
DROP SECRET x
EXPLAIN (FORMAT json) SELECT COUNT(*) FROM visits
DESCRIBE SELECT * FROM visits
SHOW visits
SHOW DATABASES
FROM visits SELECT amount
FROM visits LIMIT 1
INSERT INTO visits SELECT * FROM visits
CALL duckdb_settings()
LOCK TABLE visits
DO $$ BEGIN END $$
DECLARE c CURSOR FOR SELECT * FROM visits
FETCH ALL FROM c
LISTEN x
NOTIFY x
REVOKE SELECT ON visits FROM x
REINDEX TABLE visits
UPDATE visits SET amount = 0 WHERE id_card = 'x' RETURNING *
DELETE FROM visits RETURNING amount

--# files and network | 文件与网络 | a file, an address or another database is read or written
SELECT COUNT(*) FROM visits WHERE write_log(hospital) IS NOT NULL
SELECT write_log(hospital) FROM visits
SELECT COUNT(*) FROM visits WHERE json_serialize_sql('select 1') IS NOT NULL
SELECT json_serialize_sql('select 1') FROM visits
SELECT COUNT(*) FROM glob('/etc/*')
SELECT COUNT(*) FROM read_text('/etc/passwd')
SELECT COUNT(*) FROM read_blob('/etc/passwd')
SELECT COUNT(*) FROM read_csv('/etc/passwd')
SELECT COUNT(*) FROM read_csv_auto('x')
SELECT COUNT(*) FROM read_json('/etc/hostname')
SELECT COUNT(*) FROM read_parquet('s3://b/x')
SELECT COUNT(*) FROM read_ndjson('x')
SELECT COUNT(*) FROM sniff_csv('x')
SELECT COUNT(*) FROM parquet_metadata('x')
SELECT COUNT(*) FROM parquet_schema('x')
SELECT COUNT(*) FROM which_secret('s3://x', 's3')
SELECT COUNT(*) FROM json_execute_serialized_sql('x')
SELECT COUNT(*) FROM from_substrait('x')
SELECT COUNT(*) FROM sqlite_scan('a', 'b')
SELECT COUNT(*) FROM postgres_scan('a', 'b', 'c')
SELECT COUNT(*) FROM iceberg_scan('x')
SELECT COUNT(*) FROM delta_scan('x')
SELECT COUNT(*) FROM '/etc/passwd'
SELECT COUNT(*) FROM 'http://127.0.0.1/x.csv'
SELECT COUNT(*) FROM "visits.parquet"
SELECT * FROM read_csv('/proc/self/environ')
SELECT COUNT(*) FROM read_text('/proc/self/maps')
SELECT COUNT(*) FROM read_blob('/dev/shm/*')
SELECT COUNT(*) FROM read_csv_auto('http://169.254.169.254/latest/meta-data')
SELECT COUNT(*) FROM read_parquet(['/tmp/a.parquet', '/tmp/b.parquet'])
SELECT COUNT(*) FROM '/proc/self/environ'
SELECT COUNT(*) FROM 'data.csv'
SELECT COUNT(*) FROM "s3://bucket/x.parquet"
SELECT COUNT(*) FROM visits JOIN read_csv('/etc/passwd') c ON TRUE
SELECT COUNT(*) FROM visits WHERE hospital IN (SELECT content FROM read_text('/etc/hostname'))
SELECT COUNT(*) FROM visits, read_text('/etc/passwd') f
WITH f AS (SELECT * FROM read_csv('/etc/passwd')) SELECT COUNT(*) FROM f
SELECT COUNT(*) FROM mysql_scan('a', 'b', 'c')
SELECT COUNT(*) FROM st_read('x.shp')
SELECT COUNT(*) FROM read_xlsx('x.xlsx')
SELECT COUNT(*) FROM read_avro('x.avro')
SELECT COUNT(*) FROM read_duckdb('x.duckdb')
SELECT COUNT(*) FROM postgres_query('a', 'SELECT 1')
SELECT http_get('http://127.0.0.1') FROM hospitals
SELECT load_extension('x') FROM hospitals
SELECT readfile('/etc/passwd') FROM hospitals
SELECT lo_import('/etc/passwd') FROM hospitals
SELECT COUNT(*) FROM arrow_scan(1, 2, 3)
SELECT COUNT(*) FROM pandas_scan(1)
SELECT COUNT(*) FROM python_map_function(1)

--# settings and catalogue | 设置与系统目录 | what the engine knows of itself, its settings, tables, sessions and secrets
SELECT COUNT(*) FROM visits WHERE getenv('HOME') IS NOT NULL
SELECT getenv('HOME') FROM visits
SELECT COUNT(*) FROM visits WHERE current_setting('temp_directory') IS NOT NULL
SELECT current_setting('temp_directory') FROM visits
SELECT COUNT(*) FROM visits WHERE version() IS NOT NULL
SELECT version() FROM visits
SELECT COUNT(*) FROM visits WHERE current_database() IS NOT NULL
SELECT current_database() FROM visits
SELECT COUNT(*) FROM visits WHERE current_user() IS NOT NULL
SELECT current_user() FROM visits
SELECT COUNT(*) FROM visits WHERE txid_current() IS NOT NULL
SELECT txid_current() FROM visits
SELECT COUNT(*) FROM visits WHERE pg_backend_pid() IS NOT NULL
SELECT pg_backend_pid() FROM visits
SELECT COUNT(*) FROM visits WHERE nextval('s') IS NOT NULL
SELECT nextval('s') FROM visits
SELECT COUNT(*) FROM visits WHERE currval('s') IS NOT NULL
SELECT currval('s') FROM visits
SELECT COUNT(*) FROM visits WHERE query('select 1') IS NOT NULL
SELECT query('select 1') FROM visits
SELECT COUNT(*) FROM visits WHERE getvariable('x') IS NOT NULL
SELECT getvariable('x') FROM visits
SELECT COUNT(*) FROM visits WHERE current_query() IS NOT NULL
SELECT current_query() FROM visits
SELECT COUNT(*) FROM visits WHERE pg_typeof(days) IS NOT NULL
SELECT pg_typeof(days) FROM visits
SELECT COUNT(*) FROM visits WHERE typeof(hospital) IS NOT NULL
SELECT typeof(hospital) FROM visits
SELECT COUNT(*) FROM visits WHERE stats(days) IS NOT NULL
SELECT stats(days) FROM visits
SELECT COUNT(*) FROM visits WHERE alias(days) IS NOT NULL
SELECT alias(days) FROM visits
SELECT COUNT(*) FROM visits WHERE in_search_path('a', 'b') IS NOT NULL
SELECT in_search_path('a', 'b') FROM visits
SELECT COUNT(*) FROM visits WHERE current_schemas(true) IS NOT NULL
SELECT current_schemas(true) FROM visits
SELECT COUNT(*) FROM visits WHERE col_description(1, 1) IS NOT NULL
SELECT col_description(1, 1) FROM visits
SELECT COUNT(*) FROM visits WHERE has_table_privilege('x', 'y') IS NOT NULL
SELECT has_table_privilege('x', 'y') FROM visits
SELECT COUNT(*) FROM duckdb_settings()
SELECT COUNT(*) FROM duckdb_databases()
SELECT COUNT(*) FROM duckdb_tables()
SELECT COUNT(*) FROM duckdb_columns()
SELECT COUNT(*) FROM duckdb_views()
SELECT COUNT(*) FROM duckdb_functions()
SELECT COUNT(*) FROM duckdb_extensions()
SELECT COUNT(*) FROM duckdb_secrets()
SELECT COUNT(*) FROM duckdb_memory()
SELECT COUNT(*) FROM duckdb_temporary_files()
SELECT COUNT(*) FROM duckdb_logs()
SELECT COUNT(*) FROM duckdb_optimizers()
SELECT COUNT(*) FROM duckdb_variables()
SELECT COUNT(*) FROM duckdb_indexes()
SELECT COUNT(*) FROM duckdb_constraints()
SELECT COUNT(*) FROM duckdb_schemas()
SELECT COUNT(*) FROM duckdb_sequences()
SELECT COUNT(*) FROM duckdb_types()
SELECT COUNT(*) FROM duckdb_keywords()
SELECT COUNT(*) FROM pragma_database_size()
SELECT COUNT(*) FROM pragma_storage_info('visits')
SELECT COUNT(*) FROM pragma_table_info('visits')
SELECT COUNT(*) FROM pragma_version()
SELECT COUNT(*) FROM query('SELECT 1')
SELECT COUNT(*) FROM query_table('visits')
SELECT COUNT(*) FROM test_all_types()
SELECT COUNT(*) FROM workspace.visits
SELECT COUNT(*) FROM workspace.main.visits
SELECT COUNT(*) FROM system.information_schema.tables
SELECT COUNT(*) FROM information_schema.tables
SELECT COUNT(*) FROM pg_catalog.pg_class
SELECT COUNT(*) FROM sqlite_master
SELECT COUNT(*) FROM temp.x
SELECT COUNT(*) FROM secret
SELECT COUNT(*) FROM VISITS_
SELECT current_role FROM visits
SELECT session_user FROM visits
SELECT user FROM hospitals
SELECT current_schema() FROM hospitals
SELECT current_catalog FROM hospitals
SELECT COUNT(*) FROM duckdb_approx_database_count()
SELECT COUNT(*) FROM duckdb_external_file_cache()
SELECT COUNT(*) FROM duckdb_prepared_statements()
SELECT COUNT(*) FROM duckdb_log_contexts()
SELECT COUNT(*) FROM duckdb_connection_count()
SELECT COUNT(*) FROM pragma_metadata_info()
SELECT COUNT(*) FROM pragma_show('visits')
SELECT COUNT(*) FROM pragma_collations()
SELECT COUNT(*) FROM pg_stat_activity
SELECT COUNT(*) FROM pg_settings
SELECT COUNT(*) FROM pg_shadow
SELECT COUNT(*) FROM information_schema.columns WHERE table_name = 'visits'
SELECT COUNT(*) FROM system.main.duckdb_tables
SELECT COUNT(*) FROM sqlite_schema
SELECT COUNT(*) FROM dual
SELECT getenv('SANDBOX_MASTER_KEY') FROM visits
SELECT current_setting('secret_directory') FROM hospitals
SELECT set_config('threads', '9', false) FROM hospitals
SELECT inet_server_addr() FROM hospitals
SELECT pg_read_file('/etc/passwd') FROM hospitals
SELECT pg_get_viewdef('visits') FROM hospitals
SELECT nextval('s'), COUNT(*) FROM visits
SELECT COUNT(*) FROM "workspace"."visits"
SELECT COUNT(*) FROM "workspace.visits"
SELECT COUNT(*) FROM memory.visits

--# windows | 窗口函数 | windows over rows of several people, or in an order that rows do not fix
SELECT days FROM visits QUALIFY row_number() OVER () = 1
SELECT COUNT(*) OVER () FROM visits
SELECT row_number() OVER (ORDER BY days) FROM visits
SELECT SUM(amount) OVER (PARTITION BY id_card) FROM visits
SELECT lag(amount) OVER (ORDER BY days) FROM visits
SELECT MEDIAN(amount) OVER () FROM visits
SELECT COUNT(x) FROM (SELECT ROW_NUMBER() OVER (ORDER BY days) AS x FROM visits) v
SELECT COUNT(x) FROM (SELECT ROW_NUMBER() OVER (PARTITION BY city ORDER BY days) AS x FROM visits) v
SELECT COUNT(x) FROM (SELECT ROW_NUMBER() OVER (PARTITION BY id_card) AS x FROM visits) v
SELECT COUNT(x) FROM (SELECT RANK() OVER (PARTITION BY id_card) AS x FROM visits) v
SELECT COUNT(x) FROM (SELECT SUM(weight) OVER (PARTITION BY id_card) AS x FROM visits) v
SELECT COUNT(x) FROM (SELECT LAG(days, days) OVER (PARTITION BY id_card ORDER BY days) AS x FROM visits) v
SELECT COUNT(x) FROM (SELECT LAG(days, 1, 0) OVER (PARTITION BY id_card ORDER BY days) AS x FROM visits) v
SELECT COUNT(x) FROM (SELECT SUM(days) OVER (PARTITION BY id_card ORDER BY days ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING) AS x FROM visits) v
SELECT COUNT(x) FROM (SELECT SUM(days) OVER (PARTITION BY id_card ORDER BY days RANGE BETWEEN 1 PRECEDING AND CURRENT ROW) AS x FROM visits) v
SELECT COUNT(x) FROM (SELECT FIRST_VALUE(days) OVER (PARTITION BY id_card ORDER BY days) AS x FROM visits) v
SELECT COUNT(x) FROM (SELECT NTILE(4) OVER (PARTITION BY id_card ORDER BY days) AS x FROM visits) v
SELECT COUNT(x) FROM (SELECT SUM(COUNT(*) OVER (PARTITION BY id_card)) OVER (PARTITION BY id_card) AS x FROM visits) v
SELECT COUNT(x) FROM (SELECT COUNT(DISTINCT city) OVER (PARTITION BY id_card) AS x FROM visits) v
SELECT COUNT(x) FROM (SELECT COUNT(*) FILTER (WHERE urgent) OVER (PARTITION BY id_card) AS x FROM visits) v
SELECT COUNT(x) FROM (SELECT MAX(id_card) OVER (PARTITION BY id_card) AS x FROM visits) v
SELECT COUNT(x) FROM (SELECT COUNT(*) OVER (PARTITION BY upper(id_card)) AS x FROM visits) v
SELECT COUNT(x) FROM (SELECT COUNT(*) OVER (PARTITION BY id_card = id_card) AS x FROM visits) v
SELECT COUNT(x) FROM (SELECT LAG(days) IGNORE NULLS OVER (PARTITION BY id_card ORDER BY days) AS x FROM visits) v
SELECT COUNT(x) FROM (SELECT ROW_NUMBER() OVER (PARTITION BY id_card ORDER BY v.days) AS x FROM visits v JOIN drugs d ON d.person = v.id_card) v
SELECT COUNT(x) FROM (SELECT COUNT(*) OVER (PARTITION BY d.person) AS x FROM visits v LEFT JOIN drugs d ON d.person = v.id_card) v
SELECT COUNT(x) FROM (SELECT ROW_NUMBER() OVER (PARTITION BY hospital ORDER BY days) AS x FROM visits) h
SELECT COUNT(*) FROM (SELECT days FROM visits QUALIFY days > 1 AND COUNT(*) OVER () > 1) v
SELECT COUNT(*) FROM (SELECT id_card, COUNT(*) AS n FROM visits GROUP BY id_card QUALIFY COUNT(*) OVER (PARTITION BY id_card) > 1) v
SELECT COUNT(*) FROM visits v WHERE COUNT(*) OVER (PARTITION BY id_card) > 1
SELECT COUNT(*) FROM visits QUALIFY days > COUNT(*) OVER ()
SELECT COUNT(*) FROM visits v WHERE EXISTS (SELECT 1 FROM drugs d WHERE d.person = v.id_card QUALIFY COUNT(*) OVER () > 1)
SELECT COUNT(*) FROM (SELECT amount, row_number() OVER () AS r FROM visits) v WHERE r = 1
SELECT SUM(x) FROM (SELECT COUNT(*) OVER (PARTITION BY city) AS x FROM visits) v
SELECT COUNT(*) FROM (SELECT first_value(amount) OVER (ORDER BY amount) AS x FROM visits) v WHERE x > 5
SELECT COUNT(*) FROM (SELECT percent_rank() OVER (ORDER BY amount) AS x FROM visits) v WHERE x < 0.1
SELECT COUNT(*) FROM (SELECT cume_dist() OVER (ORDER BY amount) AS x FROM visits) v
SELECT COUNT(*) FROM (SELECT MAX(amount) OVER () AS m, amount FROM visits) v WHERE amount = m
SELECT COUNT(*) FROM (SELECT dense_rank() OVER (ORDER BY city) AS x FROM visits) v
SELECT COUNT(*) FROM (SELECT lead(amount) OVER (PARTITION BY city ORDER BY visited_on) AS x FROM visits) v

--# the person | 个人标识 | the column that names the person, and the codes that stand for it
SELECT COUNT(*) FROM visits WHERE concat(id_card, 'x') IS NOT NULL
SELECT concat(id_card, 'x') FROM visits
SELECT COUNT(*) FILTER (WHERE id_card > 1) FROM visits
SELECT COUNT(DISTINCT (id_card, city)) FROM visits
SELECT COUNT(DISTINCT id_card, city) FROM visits
SELECT COUNT(DISTINCT upper(id_card)) FROM visits
SELECT COUNT(DISTINCT id_card || '') FROM visits
SELECT COUNT(id_card) FROM visits
SELECT MODE(id_card) FROM visits
SELECT MEDIAN(id_card) FROM visits
SELECT COUNT(width_bucket(id_card, [1, 2])) FROM visits
SELECT MIN(urgent) FILTER (WHERE id_card = 'x') FROM visits
SELECT VAR_POP(id_card) FROM visits
SELECT COUNT_IF(id_card) FROM visits
SELECT COUNT(*) FROM visits GROUP BY ROLLUP (id_card)
SELECT COUNT(*) FROM visits GROUP BY id_card
SELECT COUNT(*) FROM visits GROUP BY length(id_card)
SELECT id_card FROM visits
SELECT COUNT(*) FROM visits GROUP BY CASE WHEN id_card = 'x' THEN 1 ELSE 0 END
SELECT MAX(id_card) FROM visits
SELECT COUNT(*) FROM visits WHERE id_card = '410105199001011234'
SELECT COUNT(*) FROM visits WHERE id_card LIKE '41%'
SELECT COUNT(*) FROM visits WHERE id_card IN ('x')
SELECT SUM(id_card) FROM visits
SELECT COUNT(*) FROM visits WHERE "ID_CARD" = 'x'
SELECT COUNT(*) FROM visits WHERE id_card IS NOT NULL
SELECT COUNT(*) FROM visits HAVING id_card = 'x'
SELECT SUM(_unit) FROM visits
SELECT COUNT(DISTINCT _unit) FROM visits
SELECT COUNT(*) FROM visits WHERE _rank = 0
SELECT COUNT(*) FROM visits WHERE rowid < 5
SELECT SUM(rowid) FROM visits
SELECT COUNT(*) FROM visits WHERE "_unit" = 5
SELECT COUNT(*) FROM visits GROUP BY _rank
SELECT _cell FROM visits
SELECT COUNT(*) AS _cell FROM visits
SELECT COUNT(*) FROM visits AS released
SELECT COUNT(*) FROM visits ORDER BY _unit
SELECT COUNT(*) FROM visits ORDER BY id_card
SELECT COUNT(*) FROM visits v JOIN drugs d ON v.id_card = d.person OR v.days = 1
SELECT COUNT(*) FROM visits v JOIN drugs d ON NOT (v.id_card <> d.person)
SELECT COUNT(*) FROM visits v JOIN drugs d ON v.id_card < d.person
SELECT COUNT(*) FROM visits v JOIN drugs d ON v.id_card = v.id_card
SELECT COUNT(*) FROM visits v JOIN drugs d ON v.id_card = d.drug
SELECT COUNT(*) FROM visits v ANTI JOIN drugs d ON v.id_card <> d.person
SELECT COUNT(*) FROM visits v WHERE EXISTS (SELECT 1 FROM drugs d WHERE d.person = v.id_card OR d.city = v.city)
SELECT COUNT(*) FROM visits v WHERE EXISTS (SELECT 1 FROM drugs d WHERE NOT (d.person <> v.id_card))
SELECT COUNT(*) FROM visits WHERE id_card IN (SELECT drug FROM drugs)
SELECT COUNT(*) FROM visits v WHERE EXISTS (SELECT 1 FROM drugs d WHERE d.person = v.id_card LIMIT 1)
SELECT COUNT(*) FROM visits v JOIN drugs d ON v.id_card = d.person AND EXISTS (SELECT 1 FROM hospitals)
SELECT COUNT(*) FROM visits HAVING COUNT(*) > (SELECT MAX(days) FROM visits GROUP BY id_card)
SELECT COUNT(*) FROM (SELECT id_card AS p FROM visits UNION ALL SELECT drug FROM drugs) u
SELECT COUNT(DISTINCT p) FROM (SELECT id_card AS p, 1 AS q FROM visits UNION ALL SELECT 1, person FROM drugs) u
SELECT COUNT(*) FROM visits v ASOF JOIN drugs d ON v.id_card = d.person
SELECT COUNT(*) FROM visits v JOIN visits v ON v.id_card = v.id_card
SELECT _unit FROM hospitals
SELECT COUNT(*) FROM visits WHERE id_card = (SELECT MIN(id_card) FROM visits)
SELECT COUNT(*) FROM visits WHERE substr(id_card, 1, 6) = '410105'
SELECT COUNT(*) FROM visits WHERE length(id_card) = 18
SELECT COUNT(*) FROM visits WHERE id_card > 'P5'
SELECT COUNT(*) FROM visits WHERE id_card BETWEEN 'A' AND 'B'
SELECT COUNT(*) FROM visits WHERE hash(id_card) % 2 = 0
SELECT COUNT(*) FROM visits WHERE coalesce(id_card, '') = 'x'
SELECT COUNT(*) FROM visits WHERE CASE WHEN id_card = 'x' THEN TRUE ELSE FALSE END
SELECT id_card AS city, COUNT(*) FROM visits GROUP BY id_card
SELECT substr(id_card, 1, 6) AS area, COUNT(*) FROM visits GROUP BY 1
SELECT CAST(id_card AS VARCHAR), COUNT(*) FROM visits GROUP BY 1
SELECT COUNT(*) FROM visits GROUP BY "id_card", city
SELECT v."ID_CARD" FROM visits v
SELECT id_card FROM (SELECT id_card, COUNT(*) AS n FROM visits GROUP BY id_card) t
SELECT p, n FROM (SELECT id_card AS p, COUNT(*) AS n FROM visits GROUP BY id_card) t ORDER BY n DESC LIMIT 1
SELECT MAX(p) FROM (SELECT id_card AS p FROM visits) t
SELECT string_agg(id_card, ',') FROM visits
SELECT list(DISTINCT id_card) FROM visits
SELECT arg_max(id_card, amount) FROM visits
SELECT ANY_VALUE(id_card) FROM visits GROUP BY city
SELECT MIN(id_card), MAX(id_card) FROM visits GROUP BY city
SELECT COUNT(*) FROM visits WHERE _first > 0
SELECT COUNT(*) FROM visits WHERE "rowid" = 1
SELECT COUNT(*) FROM visits WHERE visits.rowid = 1
SELECT rowid, COUNT(*) FROM visits GROUP BY rowid
SELECT COUNT(*) FROM visits WHERE ｉd_card = 'x'
SELECT COUNT(*) FROM visits WHERE іd_card = 'x'
SELECT COUNT(*) FROM visits WHERE "id_card " = 'x'
SELECT COUNT(*) FROM visits WHERE "id_card" || '' = 'x'
SELECT COUNT(*) FROM (SELECT id_card || '' AS p FROM visits) t WHERE p = 'x'
SELECT COUNT(*) FROM drugs WHERE person LIKE '4101%'
SELECT COUNT(*) FROM (SELECT d.person AS p FROM drugs d) t WHERE p = 'x'

--# subqueries | 子查询 | subqueries over other people's rows, and recursion
(SELECT COUNT(*) FROM visits)
SELECT COUNT(*) FROM visits LIMIT (SELECT 1)
SELECT SUM(x.d) FROM (SELECT v.days AS d FROM hospitals h LEFT JOIN visits v ON v.hospital = h.hospital) x
SELECT COUNT(*) FROM hospitals WHERE EXISTS (SELECT 1 FROM visits)
SELECT COUNT(*) FROM hospitals h WHERE h.hospital IN (SELECT hospital FROM visits)
SELECT COUNT(*) FROM visits v WHERE EXISTS (SELECT 1 FROM drugs d WHERE d.city = v.city)
SELECT COUNT(*) FROM visits WHERE NOT EXISTS (SELECT 1 FROM drugs)
SELECT COUNT(*) FROM visits WHERE days NOT IN (SELECT days FROM visits)
SELECT COUNT(*) FROM visits WHERE city IN (SELECT city FROM drugs)
SELECT COUNT(*) FROM visits WHERE (city, sex) IN (SELECT city, drug FROM drugs)
SELECT COUNT(*) FROM visits WHERE days > (SELECT level FROM hospitals)
SELECT COUNT(*) FROM visits v WHERE days > (SELECT MAX(v.days) FROM hospitals)
SELECT COUNT(*) FROM visits WHERE EXISTS (SELECT COUNT(*) FROM hospitals)
SELECT COUNT(*) FROM visits GROUP BY days IN (SELECT level FROM hospitals)
SELECT SUM(CASE WHEN EXISTS (SELECT 1 FROM hospitals) THEN 1 END) FROM visits
SELECT COUNT(*) FROM (SELECT city FROM visits UNION SELECT city FROM drugs) u
SELECT COUNT(*) FROM (SELECT city FROM visits EXCEPT SELECT city FROM drugs) u
SELECT COUNT(*) FROM (SELECT city FROM visits INTERSECT ALL SELECT city FROM drugs) u
SELECT COUNT(*) FROM (SELECT city FROM visits UNION ALL SELECT region FROM hospitals) u
SELECT COUNT(*) FROM (SELECT city FROM visits UNION ALL BY NAME SELECT city FROM drugs) u
SELECT COUNT(*) FROM visits v, LATERAL (SELECT 1) x
SELECT COUNT(*) FROM (SELECT * FROM visits LIMIT 5)
SELECT COUNT(*) FROM visits WHERE EXISTS (SELECT 1 FROM drugs)
SELECT (SELECT COUNT(*) FROM drugs) FROM visits
SELECT COUNT(*) FROM visits WHERE days > ANY (SELECT 1)
SELECT COUNT(*) FROM visits WHERE days = ALL (SELECT 1)
WITH x AS (SELECT * FROM visits) SELECT * FROM x
WITH RECURSIVE r AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM r) SELECT COUNT(*) FROM r
SELECT COUNT(*) FROM visits v WHERE amount > ALL (SELECT amount FROM visits w WHERE w.id_card <> v.id_card)
SELECT (SELECT amount FROM visits LIMIT 1) FROM hospitals
SELECT COUNT(*) FROM hospitals h, LATERAL (SELECT amount FROM visits v WHERE v.hospital = h.hospital) x
SELECT COUNT(*) FROM visits v, LATERAL (SELECT COUNT(*) AS n FROM visits w WHERE w.city = v.city) x
WITH RECURSIVE r(i, c) AS (SELECT 1, city FROM visits UNION ALL SELECT i + 1, c FROM r WHERE i < 9) SELECT COUNT(*) FROM r
WITH RECURSIVE r AS (SELECT * FROM visits UNION SELECT * FROM r) SELECT COUNT(*) FROM r
WITH v AS (SELECT * FROM visits LIMIT 1) SELECT COUNT(*) FROM v
WITH v AS (SELECT * FROM visits ORDER BY amount DESC LIMIT 1) SELECT SUM(amount) FROM v
WITH v AS MATERIALIZED (SELECT amount FROM visits) SELECT amount FROM v
SELECT COUNT(*) FROM (SELECT city FROM visits TABLESAMPLE 1 ROWS) v
SELECT COUNT(*) FROM visits WHERE (SELECT MIN(amount) FROM visits WHERE city = '郑州市' GROUP BY id_card) > 5
SELECT COUNT(*) FROM visits WHERE hospital IN (SELECT hospital FROM visits GROUP BY hospital HAVING SUM(weight) > 5)

--# joins | 连接 | rows that belong to nobody or to several people, and joins whose size the rows decide
SELECT COUNT(*) FROM visits, drugs
SELECT COUNT(*) FROM visits CROSS JOIN drugs
SELECT COUNT(*) FROM visits NATURAL JOIN drugs
SELECT COUNT(*) FROM visits v JOIN drugs d ON v.city = d.city
SELECT COUNT(*) FROM visits v JOIN drugs d ON 1 = 1
SELECT COUNT(*) FROM visits v JOIN drugs d ON TRUE
SELECT COUNT(*) FROM visits v RIGHT JOIN drugs d ON v.city = d.city
SELECT COUNT(*) FROM visits v FULL JOIN drugs d ON v.city = d.city
SELECT COUNT(*) FROM visits v SEMI JOIN drugs d ON v.city = d.city
SELECT COUNT(*) FROM visits v ANTI JOIN drugs d ON v.city = d.city
SELECT COUNT(*) FROM visits v SEMI JOIN drugs d ON TRUE
SELECT COUNT(*) FROM hospitals h SEMI JOIN visits v ON v.hospital = h.hospital
SELECT COUNT(*) FROM hospitals h ANTI JOIN visits v USING (hospital)
SELECT COUNT(*) FROM visits v FULL JOIN hospitals h ON v.hospital = h.hospital
SELECT COUNT(*) FROM visits v RIGHT JOIN hospitals h ON v.hospital = h.hospital
SELECT COUNT(*) FROM hospitals h FULL JOIN visits v USING (hospital)
SELECT h.hospital, COUNT(v.days) FROM hospitals h LEFT JOIN visits v USING (hospital) GROUP BY h.hospital
SELECT COUNT(h.level) FROM hospitals h LEFT JOIN visits v ON v.hospital = h.hospital
SELECT COUNT(coalesce(v.days, 0)) FROM hospitals h LEFT JOIN visits v USING (hospital)
SELECT COUNT(v.days IS NULL) FROM hospitals h LEFT JOIN visits v USING (hospital)
SELECT COUNT_IF(v.days IS NULL) FROM hospitals h LEFT JOIN visits v USING (hospital)
SELECT v.city, COUNT(v.days) FROM hospitals h LEFT JOIN visits v USING (hospital) GROUP BY v.city
SELECT COUNT(DISTINCT h.hospital) FROM hospitals h LEFT JOIN visits v USING (hospital)
SELECT COUNT(DISTINCT coalesce(v.code, 0)) FROM hospitals h LEFT JOIN visits v USING (hospital)
SELECT SUM(v.days) FROM hospitals h LEFT JOIN visits v USING (hospital) JOIN hospitals g ON g.hospital = h.hospital
SELECT COUNT(*) FROM visits v, drugs d WHERE v.city = d.city
SELECT COUNT(*) FROM visits, hospitals h RIGHT JOIN drugs ON drugs.city = h.region
SELECT COUNT(*) FROM (VALUES (1), (1, 2)) t JOIN visits ON TRUE
SELECT COUNT(*) FROM (VALUES (random())) t(x) JOIN visits ON days = x
SELECT COUNT(*) FROM (VALUES (NULL)) t(x) JOIN visits ON days = x
SELECT COUNT(*) FROM visits v POSITIONAL JOIN drugs d
SELECT COUNT(*) FROM hospitals h LEFT JOIN visits v ON v.hospital = h.hospital
SELECT hospital FROM hospitals, hospitals h2
SELECT COUNT(*) FROM visits a JOIN visits b ON a.city = b.city
SELECT COUNT(*) FROM visits a JOIN visits b ON a.amount < b.amount
SELECT COUNT(*) FROM visits a CROSS JOIN visits b CROSS JOIN visits c
SELECT COUNT(*) FROM visits a, visits b
SELECT COUNT(*) FROM visits a LEFT JOIN visits b ON a.hospital = b.hospital AND a.id_card <> b.id_card
SELECT COUNT(*) FROM visits v JOIN LATERAL (SELECT * FROM drugs d WHERE d.city = v.city LIMIT 1) d ON TRUE
SELECT a.amount FROM visits a JOIN visits b ON a.id_card = b.id_card

--# sets | 集合运算 | set operations over people's rows
SELECT city FROM visits UNION ALL SELECT city FROM visits
SELECT city FROM visits EXCEPT SELECT city FROM drugs
SELECT COUNT(*) FROM visits INTERSECT SELECT days FROM visits

--# volatile | 易变函数 | time, chance and state
SELECT COUNT(*) FROM visits WHERE random() IS NOT NULL
SELECT random() FROM visits
SELECT COUNT(*) FROM visits WHERE uuid() IS NOT NULL
SELECT uuid() FROM visits
SELECT COUNT(*) FROM visits WHERE gen_random_uuid() IS NOT NULL
SELECT gen_random_uuid() FROM visits
SELECT COUNT(*) FROM visits WHERE now() IS NOT NULL
SELECT now() FROM visits
SELECT COUNT(*) FROM visits WHERE setseed(0.5) IS NOT NULL
SELECT setseed(0.5) FROM visits
SELECT COUNT(*) FROM visits WHERE today() IS NOT NULL
SELECT today() FROM visits
SELECT COUNT(*) FROM visits WHERE current_date IS NOT NULL
SELECT current_date FROM visits
SELECT COUNT(*) FROM visits WHERE current_timestamp IS NOT NULL
SELECT current_timestamp FROM visits
SELECT COUNT(*) FROM visits WHERE current_time IS NOT NULL
SELECT current_time FROM visits
SELECT COUNT(*) FROM visits WHERE localtimestamp IS NOT NULL
SELECT localtimestamp FROM visits
SELECT random() FROM hospitals
SELECT COUNT(*) FROM visits WHERE sleep(1) = 0
SELECT COUNT(*) FROM visits WHERE pg_sleep(1) IS NULL
SELECT COUNT(*) FROM visits WHERE sleep_ms(10) IS NULL
SELECT COUNT(*) FROM visits WHERE benchmark(1000000, 1) = 0
SELECT CASE WHEN COUNT(*) > 5 THEN sleep(5) END FROM visits
SELECT COUNT(*) FROM visits WHERE visited_on < current_date
SELECT COUNT(*) FROM visits WHERE amount > random() * 100
SELECT COUNT(*) FROM visits WHERE days = hash(now())
SELECT uuidv7() FROM hospitals
SELECT get_current_time() FROM hospitals
SELECT transaction_timestamp() FROM visits
SELECT clock_timestamp(), COUNT(*) FROM visits

--# patterns | 模式 | patterns that follow a value, or that keep an engine busy
SELECT COUNT(*) FROM visits WHERE regexp_matches(hospital, '(a') IS NOT NULL
SELECT regexp_matches(hospital, '(a') FROM visits
SELECT COUNT(*) FROM visits WHERE regexp_matches(hospital, city) IS NOT NULL
SELECT regexp_matches(hospital, city) FROM visits
SELECT COUNT(*) FROM visits WHERE regexp_matches(hospital, 'a{1000}') IS NOT NULL
SELECT regexp_matches(hospital, 'a{1000}') FROM visits
SELECT COUNT(*) FROM visits WHERE regexp_matches(hospital, '(a{99}){99}') IS NOT NULL
SELECT regexp_matches(hospital, '(a{99}){99}') FROM visits
SELECT COUNT(*) FROM visits WHERE regexp_matches(hospital, '[z-a]') IS NOT NULL
SELECT regexp_matches(hospital, '[z-a]') FROM visits
SELECT COUNT(*) FROM visits WHERE regexp_matches(hospital, 'a**') IS NOT NULL
SELECT regexp_matches(hospital, 'a**') FROM visits
SELECT COUNT(*) FROM visits WHERE regexp_matches(hospital, '(?i)a') IS NOT NULL
SELECT regexp_matches(hospital, '(?i)a') FROM visits
SELECT COUNT(*) FROM visits WHERE regexp_matches(hospital, 'a', 'i') IS NOT NULL
SELECT regexp_matches(hospital, 'a', 'i') FROM visits
SELECT COUNT(*) FROM visits WHERE regexp_matches(hospital, '') IS NOT NULL
SELECT regexp_matches(hospital, '') FROM visits
SELECT COUNT(*) FROM visits WHERE regexp_matches(hospital, '\1') IS NOT NULL
SELECT regexp_matches(hospital, '\1') FROM visits
SELECT regexp_full_match(hospital, 'a') FROM visits
SELECT regexp_replace(hospital, '(a+)+$', 'b', 'g') FROM visits
SELECT COUNT(*) FROM visits WHERE amount LIKE '1%'
SELECT COUNT(*) FROM visits WHERE hospital LIKE city
SELECT COUNT(*) FROM visits WHERE hospital LIKE '%a%a%a%a%a%a'
SELECT COUNT(*) FROM visits WHERE hospital LIKE 'a!' ESCAPE '!'
SELECT COUNT(*) FROM visits WHERE hospital LIKE 'a' ESCAPE 'ab'
SELECT COUNT(*) FROM visits WHERE hospital SIMILAR TO city
SELECT COUNT(*) FROM visits WHERE hospital ~ 'a'
SELECT COUNT(*) FROM visits WHERE hospital GLOB 'a*'
SELECT COUNT(*) FROM visits WHERE regexp_matches(hospital, '(a|a)*b(c|c)*(?=d)')
SELECT COUNT(*) FROM visits WHERE regexp_matches(hospital, '^(?<n>a)$')
SELECT COUNT(*) FROM visits WHERE regexp_extract(hospital, 'a(.*)', days) = 'x'
SELECT COUNT(*) FROM visits WHERE regexp_extract_all(hospital, '.') IS NULL
SELECT COUNT(*) FROM visits WHERE regexp_split_to_array(hospital, '') IS NULL
SELECT COUNT(*) FROM visits WHERE hospital LIKE '%' || city || '%'
SELECT COUNT(*) FROM visits WHERE hospital NOT SIMILAR TO '(a)\1b'

--# errors | 报错函数 | expressions that fail for one value and not for another
SELECT COUNT(*) FROM visits WHERE error(hospital) IS NOT NULL
SELECT error(hospital) FROM visits
SELECT COUNT(*) FROM visits WHERE bitstring('1', 2000000000) IS NOT NULL
SELECT bitstring('1', 2000000000) FROM visits
SELECT COUNT(*) FROM visits WHERE strptime(hospital, '%Y') IS NOT NULL
SELECT strptime(hospital, '%Y') FROM visits
SELECT COUNT(*) FROM visits WHERE strftime(visited_on, hospital) IS NOT NULL
SELECT strftime(visited_on, hospital) FROM visits
SELECT COUNT(*) FROM visits WHERE make_date(days, days, days) IS NOT NULL
SELECT make_date(days, days, days) FROM visits
SELECT COUNT(*) FROM visits WHERE make_timestamp(days, 1, 1, 1, 1, 1) IS NOT NULL
SELECT make_timestamp(days, 1, 1, 1, 1, 1) FROM visits
SELECT COUNT(*) FROM visits WHERE chr(days) IS NOT NULL
SELECT chr(days) FROM visits
SELECT COUNT(*) FROM visits WHERE from_base64(hospital) IS NOT NULL
SELECT from_base64(hospital) FROM visits
SELECT COUNT(*) FROM visits WHERE json_extract(hospital, '$.a') IS NOT NULL
SELECT json_extract(hospital, '$.a') FROM visits
SELECT COUNT(*) FROM visits WHERE timezone('x', seen_at) IS NOT NULL
SELECT timezone('x', seen_at) FROM visits
SELECT COUNT(*) FROM visits WHERE time_bucket(INTERVAL 1 day, seen_at) IS NOT NULL
SELECT time_bucket(INTERVAL 1 day, seen_at) FROM visits
SELECT COUNT(*) FROM visits WHERE datediff('century', visited_on, visited_on) IS NOT NULL
SELECT datediff('century', visited_on, visited_on) FROM visits
SELECT COUNT(*) FROM visits WHERE datediff(hospital, visited_on, visited_on) IS NOT NULL
SELECT datediff(hospital, visited_on, visited_on) FROM visits
SELECT COUNT(*) FROM visits WHERE visited_on-seen_at IS NOT NULL
SELECT visited_on-seen_at FROM visits
SELECT COUNT(*) FROM visits WHERE visited_on+days IS NOT NULL
SELECT visited_on+days FROM visits
SELECT COUNT(*) FROM visits WHERE visited_on*2 IS NOT NULL
SELECT visited_on*2 FROM visits
SELECT COUNT(*) FROM visits WHERE age(seen_at) IS NOT NULL
SELECT age(seen_at) FROM visits
SELECT COUNT(*) FROM visits WHERE epoch(seen_at) IS NOT NULL
SELECT epoch(seen_at) FROM visits
SELECT COUNT(*) FROM visits WHERE factorial(days) IS NOT NULL
SELECT factorial(days) FROM visits
SELECT COUNT(*) FROM visits WHERE exp(hospital) IS NOT NULL
SELECT exp(hospital) FROM visits
SELECT COUNT(*) FROM visits WHERE ln(seen_at) IS NOT NULL
SELECT ln(seen_at) FROM visits
SELECT COUNT(*) FROM visits WHERE sqrt(urgent) IS NOT NULL
SELECT sqrt(urgent) FROM visits
SELECT COUNT(*) FROM visits WHERE pow(weight,days) IS NOT NULL
SELECT pow(weight,days) FROM visits
SELECT sin(weight) FROM visits
SELECT COUNT(*) FROM visits WHERE gamma(weight) IS NOT NULL
SELECT gamma(weight) FROM visits
SELECT COUNT(*) FROM visits WHERE constant_or_null(days, 1) IS NOT NULL
SELECT constant_or_null(days, 1) FROM visits
SELECT COUNT(*) FROM visits WHERE encode(hospital) IS NOT NULL
SELECT encode(hospital) FROM visits
SELECT COUNT(*) FROM visits WHERE decode(hospital) IS NOT NULL
SELECT decode(hospital) FROM visits
SELECT COUNT(*) FROM visits WHERE hex(hospital) IS NOT NULL
SELECT hex(hospital) FROM visits
SELECT COUNT(*) FROM visits WHERE unhex(hospital) IS NOT NULL
SELECT unhex(hospital) FROM visits
SELECT COUNT(*) FROM visits WHERE to_days(days) IS NOT NULL
SELECT to_days(days) FROM visits
SELECT SUM(TRY_CAST(hospital AS DOUBLE)) FROM visits
SELECT COUNT(*) FROM visits WHERE amount > 1e999
SELECT COUNT(*) FROM visits WHERE days ** days = 1
SELECT COUNT(*) FROM visits WHERE days << 62 = 1
SELECT COUNT(*) FROM visits WHERE date_trunc('hour', visited_on) IS NULL
SELECT COUNT(*) FROM visits WHERE date_trunc(hospital, visited_on) IS NULL
SELECT COUNT(*) FROM visits WHERE date_part(hospital, visited_on) = 1
SELECT COUNT(*) FROM visits WHERE EXTRACT(epoch FROM seen_at) = 1
SELECT COUNT(*) FROM visits WHERE visited_on + INTERVAL (days) DAY > '2025-01-01'
SELECT COUNT(*) FROM visits WHERE visited_on + INTERVAL 99999999 YEAR IS NULL
SELECT COUNT(*) FROM visits WHERE visited_on + INTERVAL 'x' DAY IS NULL
SELECT COUNT(*) FROM visits WHERE INTERVAL 1 DAY - visited_on IS NULL
SELECT COUNT(*) FROM visits WHERE hospital + INTERVAL 1 DAY IS NULL
SELECT COUNT(*) FROM visits WHERE seen_at - seen_at IS NULL
SELECT COUNT(*) FROM visits WHERE INTERVAL 1 DAY IS NULL
SELECT COUNT(*) FROM visits WHERE seen_at AT TIME ZONE 'x' IS NULL
SELECT COUNT(*) FROM visits WHERE round(amount, days) = 1
SELECT COUNT(*) FROM visits WHERE CAST(days AS HUGEINT) = 1
SELECT COUNT(*) FROM visits WHERE CAST(hospital AS JSON) IS NULL
SELECT COUNT(*) FROM visits WHERE CAST(seen_at AS TIMESTAMPTZ) IS NULL
SELECT COUNT(*) FROM visits WHERE CAST(days AS INT[]) IS NULL
SELECT COUNT(*) FROM visits WHERE CAST(visited_on AS INTEGER) = 1
SELECT COUNT(*) FROM visits GROUP BY city, days, visited_on, urgent, sex, date_trunc('day', visited_on)
SELECT COUNT(*) FROM visits WHERE CASE WHEN amount > 9000 THEN error('yes') ELSE TRUE END
SELECT SUM(CASE WHEN id_card = 'x' THEN error('here') ELSE 0 END) FROM visits
SELECT COUNT(*) FROM visits WHERE CAST(hospital AS STRUCT(a INT)) IS NULL
SELECT COUNT(*) FROM visits WHERE CAST(hospital AS UUID) IS NULL
SELECT COUNT(*) FROM visits WHERE CAST(hospital AS BLOB) IS NULL
SELECT COUNT(*) FROM visits WHERE CAST(code AS UTINYINT) = 1
SELECT COUNT(*) FROM visits WHERE hospital::ENUM('a') = 'a'
SELECT COUNT(*) FROM visits WHERE to_timestamp(code) IS NULL
SELECT COUNT(*) FROM visits WHERE make_time(days, days, days) IS NULL
SELECT COUNT(*) FROM visits WHERE to_years(code) IS NULL
SELECT COUNT(*) FROM visits WHERE list_extract([1], days) = 1
SELECT COUNT(*) FROM visits WHERE array_value(days)[2] = 1
SELECT COUNT(*) FROM visits WHERE acos(weight) > 1
SELECT COUNT(*) FROM visits WHERE atanh(weight) > 1
SELECT COUNT(*) FROM visits WHERE lgamma(weight) > 1
SELECT COUNT(*) FROM visits WHERE gcd(code, 0) = 1
SELECT COUNT(*) FROM visits WHERE divide(days, 0) = 1
SELECT COUNT(*) FROM visits WHERE fdiv(days, 0) = 1
SELECT COUNT(*) FROM visits WHERE add(code, code) = 1
SELECT COUNT(*) FROM visits WHERE days >> 70 = 1
SELECT COUNT(*) FROM visits WHERE xor(days, 1) = 1
SELECT COUNT(*) FROM visits WHERE unicode(hospital) = 1
SELECT COUNT(*) FROM visits WHERE assert_true(amount > 0)
SELECT COUNT(*) FROM visits WHERE json(hospital) IS NULL
SELECT COUNT(*) FROM visits WHERE hospital->'$.a' IS NULL
SELECT COUNT(*) FROM visits WHERE hospital->>'a' = 'x'
SELECT COUNT(*) FROM visits WHERE strptime(hospital, ['%Y', '%m']) IS NULL
SELECT COUNT(*) FROM visits WHERE timezone(hospital, seen_at) IS NULL

--# growth | 膨胀 | output or cost that grows without bound in a value
SELECT COUNT(*) FROM visits WHERE repeat(hospital, 1000000000) IS NOT NULL
SELECT repeat(hospital, 1000000000) FROM visits
SELECT COUNT(*) FROM visits WHERE lpad(hospital, 2000000000, 'x') IS NOT NULL
SELECT lpad(hospital, 2000000000, 'x') FROM visits
SELECT COUNT(*) FROM visits WHERE rpad(hospital, 2000000000, 'x') IS NOT NULL
SELECT rpad(hospital, 2000000000, 'x') FROM visits
SELECT COUNT(*) FROM visits WHERE format('{:>2000000000}', hospital) IS NOT NULL
SELECT format('{:>2000000000}', hospital) FROM visits
SELECT COUNT(*) FROM visits WHERE printf('%2000000000d', days) IS NOT NULL
SELECT printf('%2000000000d', days) FROM visits
SELECT COUNT(*) FROM visits WHERE range(1000000000) IS NOT NULL
SELECT range(1000000000) FROM visits
SELECT COUNT(*) FROM visits WHERE generate_series(1, 2000000000) IS NOT NULL
SELECT generate_series(1, 2000000000) FROM visits
SELECT COUNT(*) FROM visits WHERE string_split(hospital, ',') IS NOT NULL
SELECT string_split(hospital, ',') FROM visits
SELECT COUNT(*) FROM visits WHERE concat(hospital, days) IS NOT NULL
SELECT concat(hospital, days) FROM visits
SELECT COUNT(*) FROM visits WHERE levenshtein(hospital, 'x') IS NOT NULL
SELECT levenshtein(hospital, 'x') FROM visits
SELECT COUNT(*) FROM visits WHERE jaccard(hospital, 'x') IS NOT NULL
SELECT jaccard(hospital, 'x') FROM visits
SELECT COUNT(*) FROM visits WHERE replace(replace(hospital, 'a', 'bbbbbbbbb'), 'b', 'ccccccccc') IS NOT NULL
SELECT replace(replace(hospital, 'a', 'bbbbbbbbb'), 'b', 'ccccccccc') FROM visits
SELECT COUNT(*) FROM range(10)
SELECT COUNT(*) FROM generate_series(10)
SELECT COUNT(*) FROM repeat_row(1, num_rows=3)
SELECT COUNT(*) FROM visits WHERE bar(amount, 0, 1, 1000000000) = 'x'
SELECT COUNT(*) FROM visits WHERE hospital * 1000000 = 'x'
SELECT COUNT(*) FROM visits WHERE array_to_string(range(code), ',') = 'x'
SELECT COUNT(*) FROM visits, range(1000000) r
SELECT COUNT(*) FROM visits, unnest(range(days)) r
SELECT COUNT(*) FROM visits CROSS JOIN generate_series(1, 1000000000)
SELECT COUNT(*) FROM visits WHERE len(repeat('x', code)) > 1
SELECT COUNT(*) FROM visits WHERE translate(hospital, 'a', 'b') = 'x'
SELECT COUNT(*) FROM visits WHERE damerau_levenshtein(hospital, city) = 1
SELECT COUNT(*) FROM visits WHERE editdist3(hospital, 'x') = 1
SELECT COUNT(*) FROM visits WHERE nfc_normalize(hospital) = 'x'

--# bounds | 界限 | sums without public bounds, statistics without public candidates
SELECT MIN(weight) FROM visits
SELECT MAX(code) FROM visits
SELECT MEDIAN(weight) FROM visits
SELECT MODE(hospital) FROM visits
SELECT quantile_cont(amount, days) FROM visits
SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY weight) FROM visits
SELECT MEDIAN(city) FROM visits
SELECT quantile_cont(amount, 1.5) FROM visits
SELECT quantile_cont(amount, 0.12345) FROM visits
SELECT quantile_cont(amount, [0.1, 0.9]) FROM visits
SELECT quantile_cont(amount) FROM visits
SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY amount, days) FROM visits
SELECT MAX(seen_at) FROM visits
SELECT MEDIAN(NULL) FROM visits
SELECT quantile_cont(0.5) FROM visits
SELECT MODE(NULL) FROM visits
SELECT MODE(clamp(amount, 0, 5)) FROM visits
SELECT SUM(width_bucket(days, 0, 10, 0)) FROM visits
SELECT COUNT(width_bucket(days, 10, 0, 3)) FROM visits
SELECT COUNT(width_bucket(days, 0, 10, 1001)) FROM visits
SELECT COUNT(width_bucket(days, [3, 2])) FROM visits
SELECT COUNT(width_bucket(days, 0, days, 5)) FROM visits
SELECT COUNT(width_bucket(city, 0, 1, 5)) FROM visits
SELECT COUNT(width_bucket(days, [])) FROM visits
SELECT COUNT(width_bucket(days, [days])) FROM visits
SELECT COUNT(width_bucket(days, 5)) FROM visits
SELECT COUNT(width_bucket(days, [1], 2, 3)) FROM visits
SELECT MAX(city) FROM visits
SELECT STDDEV(weight) FROM visits
SELECT CORR(amount, weight) FROM visits
SELECT fsum(amount) FROM visits
SELECT reservoir_quantile(amount, 0.5) FROM visits
SELECT favg(amount) FROM visits
SELECT SUM(diagnosis) FROM visits
SELECT SUM(weight) FROM visits
SELECT AVG(weight) FROM visits
SELECT SUM(code) FROM visits
SELECT SUM(amount / days) FROM visits
SELECT SUM(1 / (days - days)) FROM visits
SELECT SUM(clamp(weight, 5, 1)) FROM visits
SELECT SUM(clamp(weight, 0, days)) FROM visits
SELECT SUM(clamp(weight, 0)) FROM visits
SELECT SUM(clamp(weight, 0, 1e90)) FROM visits
SELECT AVG(clamp(weight, 1e20, 1e20 + 1e5)) FROM visits
SELECT SUM(s) FROM (SELECT id_card, SUM(clamp(code, 0, 9e18)) AS s FROM visits GROUP BY id_card) AS t
SELECT SUM(length(hospital)) FROM visits
SELECT SUM(city) FROM visits
SELECT AVG(visited_on) FROM visits
SELECT SUM(hospital) FROM visits
SELECT SUM(NULLIF(code, 0)) FROM visits
SELECT SUM(coalesce(weight, 0)) FROM visits
SELECT SUM(greatest(code, 0)) FROM visits
SELECT SUM(amount * 1e300 * 1e300) FROM visits
SELECT SUM(weight * weight) FROM visits
SELECT AVG(code % days) FROM visits
SELECT SUM(clamp(weight, -1e308, 1e308)) FROM visits
SELECT SUM(clamp(weight, NULL, 1)) FROM visits
SELECT SUM(clamp(weight, 0, 'nan')) FROM visits
SELECT SUM(date_diff('second', visited_on, seen_at)) FROM visits
SELECT quantile_disc(weight, 0.5) FROM visits
SELECT STDDEV(code) FROM visits
SELECT REGR_SLOPE(weight, code) FROM visits

--# hidden rows | 隐藏的行 | aggregates that hand out the value of a row
SELECT SUM(days) / amount FROM visits v
SELECT greatest(amount, SUM(amount)) FROM visits v
SELECT DISTINCT ON (city) city FROM visits
SELECT SUM(DISTINCT days) FROM visits
SELECT AVG(DISTINCT days) FROM visits
SELECT COUNT(DISTINCT NULL) FROM visits
SELECT SUM(amount ORDER BY days) FROM visits
SELECT MAX(amount, 3) FROM visits
SELECT MIN(SUM(amount)) FROM visits
SELECT mode() WITHIN GROUP (ORDER BY city) FROM visits
SELECT listagg(city) WITHIN GROUP (ORDER BY city) FROM visits
SELECT bool_and(urgent) FROM visits
SELECT SUM([1]) FROM visits
SELECT approx_top_k(city, 3) FROM visits
SELECT mad(days) FROM visits
SELECT approx_count_distinct(city) FROM visits
SELECT arg_max(city, amount) FROM visits
SELECT FIRST(city) FROM visits
SELECT LAST(city) FROM visits
SELECT any_value(city) FROM visits
SELECT list(city) FROM visits
SELECT array_agg(city) FROM visits
SELECT string_agg(city, ',') FROM visits
SELECT histogram(city) FROM visits
SELECT product(days) FROM visits
SELECT bool_or(urgent) FROM visits
SELECT bit_xor(days) FROM visits
SELECT skewness(amount) FROM visits
SELECT kurtosis(amount) FROM visits
SELECT entropy(city) FROM visits
SELECT sum_no_overflow(days) FROM visits
SELECT SUM(COUNT(*)) FROM visits
SELECT SUM(SUM(amount)) FROM visits
SELECT SUM(amount) IGNORE NULLS FROM visits
SELECT arg_min(diagnosis, amount) FROM visits
SELECT min_by(city, amount) FROM visits
SELECT max_by(hospital, visited_on) FROM visits
SELECT max(amount, 10) FROM visits
SELECT first(amount ORDER BY visited_on) FROM visits
SELECT last(hospital ORDER BY visited_on DESC) FROM visits
SELECT city, any_value(hospital) FROM visits GROUP BY city
SELECT city, group_concat(hospital) FROM visits GROUP BY city
SELECT list(amount) FILTER (WHERE amount > 100) FROM visits
SELECT array_agg(DISTINCT hospital) FROM visits
SELECT map_from_entries(list((city, amount))) FROM visits
SELECT json_group_array(hospital) FROM visits
SELECT json_object_agg(city, amount) FROM visits
SELECT to_json(list(amount)) FROM visits
SELECT histogram_exact(city, ['a']) FROM visits
SELECT arbitrary(amount) FROM visits
SELECT bit_and(code) FROM visits
SELECT bit_or(code) FROM visits
SELECT bitstring_agg(days, 0, 30) FROM visits
SELECT string_agg(hospital, ',' ORDER BY amount) FROM visits
SELECT count_star_if(amount) FROM visits
SELECT sumkahan(amount) FROM visits
SELECT kahan_sum(amount) FROM visits
SELECT geomean(amount) FROM visits
SELECT sem(amount) FROM visits
SELECT regr_count(amount, days) FROM visits GROUP BY id_card
SELECT list_sort(list(amount))[1] FROM visits
SELECT list_aggregate(list(amount), 'max') FROM visits
SELECT COUNT(DISTINCT amount, city) FROM visits
SELECT weighted_avg(amount, days) FROM visits
SELECT minmax(amount) FROM visits

--# lists and structs | 列表与结构 | lists, structs, maps, lambdas, stars and table names that pack whole rows
SELECT COUNT(*) FROM visits WHERE list_transform([1], x -> x) IS NOT NULL
SELECT list_transform([1], x -> x) FROM visits
SELECT COUNT(*) FROM visits WHERE struct_pack(a := days) IS NOT NULL
SELECT struct_pack(a := days) FROM visits
SELECT COUNT(*) FROM visits WHERE map([1], [2]) IS NOT NULL
SELECT map([1], [2]) FROM visits
SELECT COUNT(*) FROM visits WHERE row(days, days) IS NOT NULL
SELECT row(days, days) FROM visits
SELECT COUNT(*) FROM visits WHERE unnest([1, 2]) IS NOT NULL
SELECT unnest([1, 2]) FROM visits
SELECT COUNT(*) FROM visits WHERE to_json(days) IS NOT NULL
SELECT to_json(days) FROM visits
SELECT COUNT(*) FROM unnest([1])
SELECT visits FROM visits v
SELECT v FROM visits v
SELECT [1, 2] FROM visits
SELECT COUNT([days]) FROM visits
SELECT v.* FROM visits v
SELECT COUNT(*) FROM visits WHERE hospital[1] = 'x'
SELECT COUNT(*) FROM visits WHERE hospital[1:2] = 'x'
SELECT COUNT(*) FROM visits WHERE [days] = [1]
SELECT COUNT(*) FROM visits WHERE {'a': days} IS NULL
SELECT COUNT(*) FROM visits WHERE COLUMNS(*) = 1
SELECT COUNT(COLUMNS(*)) FROM visits
SELECT COLUMNS('a.*') FROM visits
SELECT * EXCLUDE (days) FROM visits
SELECT * REPLACE (1 AS days) FROM visits
SELECT COUNT(visits) FROM visits
SELECT COUNT(v) FROM visits v
SELECT {'c': city, 'a': amount} FROM visits
SELECT struct_pack(c := city) FROM visits GROUP BY city
SELECT ROW(city, amount) FROM visits
SELECT (city, amount) FROM visits
SELECT unnest(list(amount)) FROM visits
SELECT unnest([amount]) FROM visits
SELECT list_value(amount) FROM visits
SELECT map {'k': amount} FROM visits
SELECT union_value(a := amount) FROM visits
SELECT COUNT(*) FROM visits WHERE list_contains([days], 1)
SELECT COUNT(*) FROM visits WHERE len([x FOR x IN [days]]) = 1
SELECT list_reduce([1], lambda x, y: x + y) FROM hospitals
SELECT apply([1], x -> x + 1) FROM hospitals
SELECT list_filter([amount], lambda x: x > 1) FROM visits
SELECT COLUMNS(c -> c LIKE 'i%') FROM visits
SELECT * FROM visits
SELECT v.* EXCLUDE (id_card) FROM visits v
SELECT COUNT(*) FROM (SELECT UNNEST(v) FROM visits v) t
SELECT visits.* FROM visits GROUP BY ALL
SELECT struct_extract(v, 'amount') FROM visits v

--# functions | 函数 | functions that are not on the allow-list, or take a column where a constant stands
SELECT COUNT(*) FROM visits WHERE hash(hospital) IS NOT NULL
SELECT hash(hospital) FROM visits
SELECT COUNT(*) FROM visits WHERE md5(hospital) IS NOT NULL
SELECT md5(hospital) FROM visits
SELECT COUNT(*) FROM visits WHERE sha256(hospital) IS NOT NULL
SELECT sha256(hospital) FROM visits
SELECT COUNT(*) FROM visits WHERE ascii(hospital) IS NOT NULL
SELECT ascii(hospital) FROM visits
SELECT COUNT(*) FROM visits WHERE reverse(hospital) IS NOT NULL
SELECT reverse(hospital) FROM visits
SELECT COUNT(*) FROM visits WHERE trim(days) IS NOT NULL
SELECT trim(days) FROM visits
SELECT COUNT(*) FROM visits WHERE trim(hospital, city) IS NOT NULL
SELECT trim(hospital, city) FROM visits
SELECT COUNT(*) FROM visits WHERE replace(hospital, 'a', city) IS NOT NULL
SELECT replace(hospital, 'a', city) FROM visits
SELECT COUNT(*) FROM visits WHERE instr(hospital, city) IS NOT NULL
SELECT instr(hospital, city) FROM visits
SELECT COUNT(*) FROM visits WHERE contains(hospital, city) IS NOT NULL
SELECT contains(hospital, city) FROM visits
SELECT COUNT(*) FROM visits WHERE starts_with(hospital, city) IS NOT NULL
SELECT starts_with(hospital, city) FROM visits
SELECT COUNT(*) FROM visits WHERE left(hospital, days) IS NOT NULL
SELECT left(hospital, days) FROM visits
SELECT COUNT(*) FROM visits WHERE right(hospital, -1) IS NOT NULL
SELECT right(hospital, -1) FROM visits
SELECT COUNT(*) FROM visits WHERE left(days, 1) IS NOT NULL
SELECT left(days, 1) FROM visits
SELECT COUNT(*) FROM visits WHERE substr(hospital, days) = 'x'
SELECT COUNT(*) FROM visits WHERE substr(hospital, 1, 9999999999) = 'x'

--# domains | 取值与参数 | values that a column does not have, types that do not fit, parameters
SELECT COUNT(*) FROM visits WHERE name = '张三'
SELECT COUNT(*) FROM visits WHERE mobile = '1'
SELECT COUNT(*) FROM visits WHERE city = 'nowhere'
SELECT COUNT(*) FROM visits WHERE city IN ('郑州市', 'x')
SELECT COUNT(*) FROM visits WHERE city = 5
SELECT COUNT(*) FROM visits WHERE visited_on = 'yesterday'
SELECT COUNT(*) FROM visits WHERE visited_on = '2025-02-30'
SELECT COUNT(*) FROM visits WHERE days = 'many'
SELECT COUNT(*) FROM visits WHERE amount > 'x'
SELECT COUNT(*) FROM visits WHERE amount > hospital
SELECT COUNT(*) FROM visits WHERE urgent = 1
SELECT COUNT(*) FROM visits WHERE days
SELECT COUNT(*) FROM visits WHERE NOT days
SELECT COUNT(*) FROM visits WHERE city AND urgent
SELECT COUNT(*) FROM visits WHERE days & 1 = 1
SELECT COUNT(*) FROM visits WHERE days IN (days)
SELECT COUNT(*) FROM visits WHERE days = ?
SELECT COUNT(*) FROM visits WHERE days = $1
SELECT COUNT(*) FROM visits WHERE days = $name
SELECT COUNT(*) FROM visits WHERE (days, code) = (1, 2, 3)
SELECT COUNT(*) FROM visits WHERE hospital = ?1
SELECT COUNT(*) FROM visits WHERE hospital = :name
SELECT COUNT(*) FROM visits WHERE hospital = @name
SELECT COUNT(*) FROM visits WHERE hospital = '{{name}}' AND city = 'Ｘ'
SELECT COUNT(*) FROM visits WHERE sex = 'unknown'
SELECT COUNT(*) FROM visits WHERE sex IN ('F', NULL, 'x')

--# order and limits | 次序与限制 | order, limits, samples and filters that follow from rows
SELECT COUNT(*) FROM visits TABLESAMPLE 10%
SELECT COUNT(*) FROM visits USING SAMPLE 10
SELECT amount FROM visits GROUP BY CUBE (city)
SELECT GROUPING(amount), COUNT(*) FROM visits GROUP BY GROUPING SETS ((city), ())
SELECT COUNT(*) FROM visits GROUP BY 7
SELECT COUNT(*) FROM visits GROUP BY 'x'
SELECT COUNT(*) FROM visits ORDER BY amount
SELECT COUNT(*) FROM visits HAVING amount > 3
SELECT COUNT(*) FROM visits GROUP BY COUNT(*)
SELECT COUNT(*) FROM visits LIMIT 10%
SELECT COUNT(*) FROM visits LIMIT -1
SELECT COUNT(*) FROM visits LIMIT 1e9
SELECT COUNT(*) FROM visits OFFSET days
SELECT COUNT(*) FROM visits LIMIT 99999999999999999999
SELECT COUNT(*) FROM visits FOR UPDATE
SELECT COUNT(*) FROM visits GROUP BY visited_on, month(visited_on), days, city
SELECT COUNT(*) FROM visits ORDER BY 9
SELECT COUNT(*) FROM visits CONNECT BY days = 1
SELECT COUNT(*) FROM visits AS OF '2020'
SELECT COUNT(*) FROM visits AT (VERSION => 1)
SELECT hospital FROM hospitals LIMIT 999999
SELECT city, COUNT(*) FROM visits GROUP BY city ORDER BY MAX(weight)
SELECT city, COUNT(*) FROM visits GROUP BY city HAVING MAX(weight) > 10
SELECT city, COUNT(*) FROM visits GROUP BY city HAVING amount > 10
SELECT city, COUNT(*) FROM visits GROUP BY city HAVING bool_or(id_card = 'x')
SELECT city, COUNT(*) FROM visits GROUP BY city ORDER BY amount
SELECT city, COUNT(*) FROM visits GROUP BY city LIMIT (SELECT COUNT(*) FROM visits WHERE amount > 5)
SELECT city, COUNT(*) FROM visits GROUP BY city OFFSET (SELECT MIN(days) FROM visits)
SELECT amount FROM visits ORDER BY amount DESC LIMIT 1
SELECT amount FROM visits ORDER BY random() LIMIT 1
SELECT COUNT(*) FROM visits USING SAMPLE reservoir(1 ROWS)
SELECT COUNT(*) FROM visits TABLESAMPLE bernoulli(1%) REPEATABLE (7)
SELECT COUNT(*) FROM visits TABLESAMPLE system(10)
SELECT COUNT(*) FROM visits FETCH FIRST 1 ROW ONLY WITH TIES
SELECT TOP 1 amount FROM visits

--# public tables | 公开表 | columns of public tables that nobody may show, and mixtures with rows
SELECT COUNT(*) FROM (VALUES (1)) t
SELECT COUNT(*)
SELECT 1
select 1 as x, 2 as y
SELECT level + 1, COUNT(*) FROM hospitals
SELECT * FROM hospitals
SELECT beds FROM hospitals
SELECT secret FROM hospitals

--# columns | 列 | columns that are not granted, or not there
SELECT COUNT(diagnosis) FROM visits
SELECT COUNT(*) FROM visits WHERE visits.nothing = 1
SELECT COUNT(nothing.days) FROM visits
SELECT COUNT(*) FROM visits WHERE name LIKE '张%'
SELECT name, COUNT(*) FROM visits GROUP BY name
SELECT COUNT(DISTINCT name) FROM visits
SELECT SUM(length(name)) FROM visits
SELECT COUNT(*) FROM visits v JOIN visits w ON v.id_card = w.id_card AND v.name = w.name
SELECT COUNT(*) FROM visits WHERE "name" IS NULL
SELECT COUNT(*) FROM visits WHERE visits.name = 'x'
SELECT COUNT(*) FROM (SELECT name AS city FROM visits) t GROUP BY city
SELECT MODE(diagnosis) FROM visits
SELECT COUNT(*) FROM visits v JOIN hospitals h ON v.diagnosis = h.hospital
SELECT COUNT(*) FROM patients
SELECT COUNT(*) FROM visits JOIN patients USING (id_card)

--# raw rows | 原始行 | a value of a row, as it is or computed
SELECT amount FROM visits v
SELECT city FROM visits v
SELECT city, COUNT(*) FROM visits v
SELECT amount + 1 FROM visits v
SELECT CASE WHEN days > 1 THEN city END FROM visits v
SELECT upper(city) FROM visits v
SELECT COUNT(*) + days FROM visits v
SELECT hospital AS h FROM visits v
SELECT v.amount FROM visits v
SELECT round(amount, 2) FROM visits v
SELECT visited_on FROM visits v
SELECT month(visited_on) FROM visits v
SELECT coalesce(city, '郑州市') FROM visits v
SELECT 1 FROM visits v
SELECT 'x', 2 FROM visits v
SELECT NULL FROM visits v
SELECT TRUE FROM visits v
SELECT if(days > 1, amount, 0) FROM visits v
SELECT clamp(amount, 0, 1) FROM visits v
SELECT days IS NULL FROM visits v
SELECT COUNT(*) FROM visits WHERE COUNT(*) > 1
SELECT amount AS "COUNT(*)" FROM visits
SELECT amount, COUNT(*) OVER (PARTITION BY amount) FROM visits
SELECT city, amount, COUNT(*) FROM visits GROUP BY city
SELECT amount FROM (SELECT amount FROM visits) t
SELECT x FROM (SELECT amount AS x FROM (SELECT amount FROM visits) a) b
SELECT t.x FROM (SELECT clamp(amount, 0, 5) AS x FROM visits) t LIMIT 3
SELECT 'a' || amount FROM visits
SELECT amount::VARCHAR FROM visits
