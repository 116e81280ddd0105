//! Translations executed on a real PostgreSQL, section by section of the dialect.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod engine;

use engine::Engine;

#[test]
fn scalars_and_operators() {
    let mut e = Engine::new();
    e.check(&[
        ("SELECT 1+1, 'a' || 'b', upper('x')", "2|ab|X"),
        ("SELECT 7/2, 1/4.0, 6/3, div(7, 2), 7 % 4, -7 / 2", "3.5|0.25000000000000000000|2|3|3|-3.5"),
        ("SELECT TRUE XOR FALSE, TRUE XOR TRUE, TRUE XOR NULL, NOT FALSE AND TRUE XOR TRUE", "t|f|~|f"),
        ("SELECT 1 IS DISTINCT FROM NULL, 1 IS NOT DISTINCT FROM 1, NULL IS UNKNOWN", "t|t|t"),
        ("SELECT 5 BETWEEN 1 AND 10, 3 IN (1,2,3), 'abc' LIKE 'a%', 'ABC' ILIKE 'a_c', 'a' NOT IN ('b')", "t|t|t|t|t"),
        (r"SELECT 'a\b' LIKE 'a\b', 'a%' LIKE 'a!%' ESCAPE '!', 'ab' LIKE 'a\%'", "t|t|f"),
        ("SELECT 2 ** 10, power(2, 3)", "1024|8"),
        ("SELECT iif(1 > 2, 'x', 'y'), coalesce(NULL, 3), nullif(1, 1), greatest(1, 5, 3)", "y|3|~|5"),
        ("SELECT 'it''s', N'n', E'a\\n', $$d'q$$, $t$x$$y$t$", "it's|n|a\\n|d'q|x$$y"),
        ("SELECT 0x1F, 0b101, 0o17, 1_000, 5U, 1.5D, 2F, 1e3", "31|5|15|1000|5|1.5|2|1000"),
        ("SELECT JSON '{\"a\": {\"b\": 1}}' -> 'a' ->> 'b' || '!' , JSON '{\"a\":2}' ->> 'a' = '2'", "1!|t"),
        ("SELECT ARRAY[1,2,3], ARRAY[[1,2],[3,4]], cardinality(ARRAY[1,2]), element(ARRAY[5,6], 2)", "{1,2,3}|{{1,2},{3,4}}|2|6"),
        ("SELECT CASE WHEN 1 = 1 THEN 'a' ELSE 'b' END, CASE 2 WHEN 1 THEN 'x' WHEN 2 THEN 'y' END", "a|y"),
        ("SELECT 1 // a comment\n + 1 # another\n -- third\n /* a /* not nested */", "2"),
        ("SELECT 550e8400-e29b-41d4-a716-446655440000", "550e8400-e29b-41d4-a716-446655440000"),
        ("SELECT UUID '550e8400-e29b-41d4-a716-446655440000', X'0A0b', B'0101', BINARY 'ff'", "550e8400-e29b-41d4-a716-446655440000|\\x0a0b|0101|\\xff"),
        ("SELECT DATE '2026-06-08', TIME '13:45:00', TIMESTAMP '2026-06-08 13:45:00', INTERVAL 'P1D'", "2026-06-08|13:45:00|2026-06-08 13:45:00|P1D"),
        ("SELECT TIMESTAMPTZ '2026-06-08 13:45:00+02:00'", "2026-06-08 11:45:00+00"),
        ("VALUES (1, 'a'), (2, 'b')", "1|a;2|b"),
        ("SELECT TOP 2 * FROM (VALUES (1),(2),(3)) v(n) ORDER BY n DESC", "3;2"),
    ]);
    assert_eq!(e.fails("SELECT 1/0"), "22012");
    assert_eq!(e.fails("SELECT nosuchfunc(1)"), "42883");
    assert_eq!(e.fails("SELECT 9223372036854775807 + 1"), "22003");
    assert_eq!(e.fails("SELECT :name"), "42000");
    let (names, _) = e
        .sbsql("SELECT 1+1, 'a' || 'b', upper('x'), 2 AS n, iif(TRUE,1,2), current_schema()")
        .unwrap();
    assert_eq!(
        names,
        ["column1", "column2", "upper", "n", "iif", "current_schema"]
    );
}

#[test]
fn types_in_columns_and_casts() {
    let mut e = Engine::new();
    e.ok("CREATE TABLE t (a INT8, b UINT8, c UINT16, d UINT32, e UINT64, f INT128, g UINT128)");
    e.ok(
        "INSERT INTO t VALUES (-128, 255, 65535, 4294967295, 18446744073709551615, \
          -170141183460469231731687303715884105728, 340282366920938463463374607431768211455)",
    );
    assert_eq!(
        e.text("SELECT * FROM t"),
        "-128|255|65535|4294967295|18446744073709551615|-170141183460469231731687303715884105728|340282366920938463463374607431768211455"
    );
    for (column, value) in [
        ("a", "128"),
        ("a", "-129"),
        ("b", "256"),
        ("b", "-1"),
        ("c", "65536"),
        ("d", "-1"),
        ("e", "18446744073709551616"),
    ] {
        assert_eq!(
            e.fails(&format!("INSERT INTO t ({column}) VALUES ({value})")),
            "22003",
            "{column} {value}"
        );
    }
    assert_eq!(e.fails("SELECT CAST(200 AS INT8)"), "22003");
    e.check(&[
        ("SELECT CAST('5' AS BIGINT), CAST(1.5 AS DECIMAL(10,2)), CAST('t' AS BOOLEAN), CAST(7 AS TEXT)", "5|1.50|t|7"),
        ("SELECT CAST('abcdef' AS VARCHAR(3)), CAST('x' AS CHAR), CAST(1 AS DOUBLE PRECISION), CAST('1' AS UINT64)", "abcdef|x|1|1"),
        ("SELECT TRY_CAST('x' AS INTEGER), TRY_CAST('5' AS INTEGER), SAFE_CAST('300' AS INT8), '5'::bigint", "~|5|~|5"),
        ("SELECT CAST('2026-01-01' AS DATE), CAST('[1,2]' AS VECTOR(2)), CAST('{1,2}' AS ARRAY<INT>)", "2026-01-01|[1,2]|{1,2}"),
        ("SELECT CAST('12:00+02' AS TIMETZ), CAST('2026-01-01 00:00+01' AS TIMESTAMP WITH TIME ZONE)", "12:00:00+02|2025-12-31 23:00:00+00"),
    ]);
    e.ok("CREATE TABLE every (b BOOL, s SMALLINT, i INTEGER, l INT64, r REAL, d DOUBLE, f FLOAT, n DECIMAL(10,2), nn NUMERIC, \
          df DECFLOAT(34), m MONEY, c CHAR(3), v VARCHAR(20), tx TEXT, cl CLOB, nv NVARCHAR(5), bi BINARY(2), vb VARBINARY(4), by BYTEA, \
          bl BLOB, bt BIT(4), bv BIT VARYING(8), u UUID, da DATE, ti TIME(3), tz TIMETZ, ts TIMESTAMP(6), tt TIMESTAMPTZ, iv INTERVAL, \
          ym INTERVAL YEAR TO MONTH, j JSON, jb JSONB, dc DOCUMENT, x XML, a ARRAY<INT>, aa ARRAY<ARRAY<TEXT>>, a8 ARRAY<INT8>, \
          mp MAP<TEXT,INT>, li LIST<BIGINT>, ro ROW, r4 INT4RANGE, rn RANGE<DECIMAL>, mr MULTIRANGE<DATE>, ip INET, ci CIDR, ma MACADDR, \
          m8 MACADDR8, g GEOMETRY, gp GEOMETRY(POINT), po POINT, ve VECTOR(3), hv HALFVEC(2), dv DENSE_VECTOR(2), sv SPARSE_VECTOR(5), \
          ts2 TSVECTOR, sq SEARCH_QUERY, en ENUM8('red' = 1, 'blue'), r16 REAL16, r128 REAL128, nu NULLABLE(INT))");
    e.ok("INSERT INTO every (n, en, vb, a, aa, ve, u, jb, rn, bt, g) VALUES (12.345, 'red', X'01020304', ARRAY[1,2], \
          ARRAY[['a'],['b']], VECTOR '[1,2,3]', '550e8400-e29b-41d4-a716-446655440000', '{\"a\":1}', '[1.5,2)', B'1010', \
          st_geomfromtext('POINT(1 2)'))");
    e.check(&[
        (
            "SELECT n, en, vb, a, aa, ve, jb, rn, bt FROM every",
            "12.35|red|\\x01020304|{1,2}|{{a},{b}}|[1,2,3]|{\"a\": 1}|[1.5,2)|1010",
        ),
        (
            "SELECT st_astext(g), st_x(g), st_y(g) FROM every",
            "POINT(1 2)|1|2",
        ),
    ]);
    assert_eq!(e.fails("INSERT INTO every (en) VALUES ('green')"), "23514");
    assert_eq!(
        e.fails("INSERT INTO every (vb) VALUES (X'0102030405')"),
        "23514"
    );
    assert_eq!(
        e.fails("INSERT INTO every (v) VALUES ('123456789012345678901')"),
        "22001"
    );
    assert_eq!(e.fails("INSERT INTO every (ve) VALUES ('[1,2]')"), "22000");
    assert_eq!(e.fails("CREATE TABLE nope (a nosuchtype)"), "42704");
}

#[test]
fn tables_constraints_and_alterations() {
    let mut e = Engine::new();
    e.ok("CREATE SCHEMA app");
    e.ok("CREATE SCHEMA app.reporting");
    assert_eq!(e.fails("CREATE SCHEMA nosuch.child"), "3F000");
    assert_eq!(e.fails("CREATE SCHEMA app"), "42P06");
    e.ok("CREATE SCHEMA IF NOT EXISTS app");
    e.ok("CREATE TABLE app.customer (id BIGINT NOT NULL PRIMARY KEY, name VARCHAR(20) NOT NULL DEFAULT 'x' UNIQUE, \
          total DECIMAL(10,2), CONSTRAINT positive CHECK (total > 0))");
    e.ok("CREATE TABLE app.reporting.entry (id BIGINT GENERATED BY DEFAULT AS IDENTITY (START WITH 5 INCREMENT BY 5), customer BIGINT \
          REFERENCES app.customer (id) ON DELETE CASCADE, a INT, b INT GENERATED ALWAYS AS (a * 2) STORED, c INT COMPUTED BY (a + 1), \
          PRIMARY KEY (id, customer))");
    e.ok("INSERT INTO app.customer (id, total) VALUES (1, 5)");
    e.ok("INSERT INTO app.reporting.entry (customer, a) VALUES (1, 4), (1, 6)");
    e.check(&[
        (
            "SELECT id, a, b, c FROM app.reporting.entry ORDER BY id",
            "5|4|8|5;10|6|12|7",
        ),
        (
            "SELECT app.customer.name, c.id FROM app.customer, app.customer AS c",
            "x|1",
        ),
        (
            "SELECT app.reporting.entry.a FROM app.reporting.entry ORDER BY app.reporting.entry.a",
            "4;6",
        ),
    ]);
    assert_eq!(e.fails("INSERT INTO app.customer (id) VALUES (1)"), "23505");
    assert_eq!(
        e.fails("INSERT INTO app.customer (id, total) VALUES (2, -1)"),
        "23514"
    );
    assert_eq!(
        e.fails("INSERT INTO app.reporting.entry (customer) VALUES (9)"),
        "23503"
    );
    assert_eq!(
        e.fails("INSERT INTO app.customer (id, name) VALUES (3, NULL)"),
        "23502"
    );
    for sql in [
        "ALTER TABLE app.customer ADD COLUMN note TEXT",
        "ALTER TABLE app.customer ADD more DOUBLE PRECISION NOT NULL DEFAULT 0",
        "ALTER TABLE app.customer ALTER COLUMN note SET DEFAULT 'n'",
        "ALTER TABLE app.customer ALTER note DROP DEFAULT",
        "UPDATE app.customer SET note = 'set'",
        "ALTER TABLE app.customer ALTER COLUMN note SET NOT NULL",
        "ALTER TABLE app.customer ALTER COLUMN note DROP NOT NULL",
        "ALTER TABLE app.customer ALTER COLUMN more TYPE INTEGER",
        "ALTER TABLE app.customer RENAME COLUMN note TO remark",
        "ALTER TABLE app.customer ADD CONSTRAINT u2 UNIQUE (remark, more)",
        "ALTER TABLE app.customer DROP CONSTRAINT u2",
        "ALTER TABLE app.customer DROP COLUMN more RESTRICT",
        "COMMENT ON TABLE app.customer IS 'it''s'",
        "COMMENT ON COLUMN app.customer.remark IS 'c'",
        "RENAME TABLE app.customer TO client",
        "ALTER TABLE app.client RENAME TO customer",
        "CREATE GLOBAL TEMPORARY TABLE app.scratch (a INT) ON COMMIT PRESERVE ROWS",
        "INSERT INTO scratch VALUES (1)",
        "RECREATE TABLE users.public.again (a INT)",
        "RECREATE TABLE users.public.again (a INT, b INT)",
        "CREATE TABLE users.public.copy AS SELECT * FROM again",
        "TRUNCATE TABLE again",
        "DROP TABLE IF EXISTS nosuch",
        "CREATE DOMAIN app.grade AS SMALLINT DEFAULT 1 NOT NULL CHECK (VALUE BETWEEN 1 AND 6)",
        "CREATE TABLE app.exam (g app.grade)",
        "ALTER DOMAIN app.grade SET DEFAULT 2",
        "ALTER DOMAIN app.grade ADD CONSTRAINT low CHECK (VALUE < 5)",
        "DROP TABLE app.exam",
        "DROP DOMAIN app.grade RESTRICT",
        "CREATE DOMAIN app.mood AS ENUM8('sad', 'ok' = 5)",
        "CREATE DOMAIN app.place AS ROW(street TEXT, mood app.mood)",
        "CREATE TABLE app.house (p app.place, m app.mood)",
        "INSERT INTO app.house VALUES (ROW('Main St', 'ok'), 'sad')",
        "DROP TABLE app.house",
        "DROP DOMAIN app.place",
        "DROP DOMAIN IF EXISTS app.mood",
        "DROP DOMAIN IF EXISTS app.mood",
        "RENAME SCHEMA app TO shop",
    ] {
        e.ok(sql);
    }
    e.check(&[("SELECT count(*) FROM shop.reporting.entry", "2")]);
    assert_eq!(e.fails("DROP SCHEMA shop"), "2BP01");
    assert_eq!(e.fails("DROP TABLE shop.customer CASCADE"), "42000");
    assert_eq!(e.fails("SELECT * FROM information_schema.tables"), "42000");
    assert_eq!(e.fails("SELECT * FROM pg_catalog.pg_class"), "42000");
    e.ok("DROP TABLE shop.reporting.entry");
    e.ok("DROP SCHEMA shop.reporting");
    assert_eq!(e.fails("DROP TABLE nosuch"), "42P01");
    assert_eq!(e.fails("CREATE TABLE again (id bigint)"), "42P07");
}

#[test]
fn data_changes() {
    let mut e = Engine::new();
    e.ok("CREATE TABLE t (id BIGINT NOT NULL PRIMARY KEY, s TEXT DEFAULT 'd', n INT)");
    e.ok("CREATE TABLE two (a INT NOT NULL, b INT NOT NULL, c TEXT, PRIMARY KEY (a, b))");
    e.check(&[
        ("INSERT INTO t (id, s, n) VALUES (1, 'a', 10), (2, DEFAULT, -5) RETURNING id, s", "1|a;2|d"),
        ("INSERT INTO t SELECT id + 10, s, n FROM t WHERE id = 1 RETURNING *", "11|a|10"),
        ("UPDATE t SET n = n + 1, s = s || '!' WHERE id > 1 AND n < 100 RETURNING id, n", "2|-4;11|11"),
        ("DELETE FROM t AS x WHERE x.id = 11 RETURNING id", "11"),
        ("INSERT INTO t (id, s) VALUES (1, 'z') ON CONFLICT (id) DO NOTHING", ""),
        ("INSERT INTO t (id, s) VALUES (1, 'z') ON CONFLICT (id) DO UPDATE SET s = EXCLUDED.s, n = t.n + 1 RETURNING s, n", "z|11"),
        ("CREATE UNIQUE INDEX some ON t (n) WHERE s = 'z'", ""),
        ("INSERT INTO t (id, s, n) VALUES (7, 'z', 11) ON CONFLICT (n) WHERE s = 'z' DO UPDATE SET n = EXCLUDED.n RETURNING id", "1"),
        ("INSERT INTO t (id, s, n) VALUES (7, 'z', 11) ON CONFLICT (n) WHERE s = 'z' DO NOTHING", ""),
        ("DROP INDEX some", ""),
        ("UPSERT INTO t (id, s) VALUES (1, 'up'), (3, 'new')", ""),
        ("UPSERT INTO two (a, b, c) VALUES (1, 2, 'x')", ""),
        ("UPSERT INTO two (a, b, c) VALUES (1, 2, 'y') RETURNING c", "y"),
        ("UPSERT INTO two (b, a) VALUES (2, 1)", ""),
        ("SELECT id, s FROM t ORDER BY id", "1|up;2|d!;3|new"),
        ("SELECT * FROM two", "1|2|y"),
        ("MERGE INTO t a USING (VALUES (1, 'm'), (9, 'n')) AS b(id, s) ON a.id = b.id WHEN MATCHED AND b.s = 'm' THEN UPDATE SET s = b.s \
          WHEN NOT MATCHED THEN INSERT (id, s) VALUES (b.id, b.s)", ""),
        ("SELECT id, s FROM t ORDER BY id DESC LIMIT 1", "9|n"),
        ("UPDATE t SET n = u.a FROM two u WHERE t.id = u.a RETURNING t.n", "1"),
        ("DELETE FROM t USING two WHERE two.a = t.id RETURNING t.id", "1"),
        ("WITH gone AS (DELETE FROM t WHERE id = 9 RETURNING id) SELECT * FROM gone", "9"),
    ]);
    e.ok("CREATE TABLE d (id BIGINT GENERATED ALWAYS AS IDENTITY, s TEXT DEFAULT 'x')");
    e.check(&[("INSERT INTO d DEFAULT VALUES RETURNING id, s", "1|x")]);
    e.ok("CREATE TABLE w (a INT DEFAULT 7, b INT)");
    e.check(&[
        ("INSERT INTO w VALUES (1, 2), (3, 4) RETURNING a + b", "3;7"),
        ("UPDATE w SET (a, b) = (9, 9) WHERE (a, b) IN ((1, 2)) RETURNING *", "9|9"),
        ("UPDATE w SET a = DEFAULT WHERE a = 3 RETURNING a", "7"),
        ("MERGE INTO w USING (VALUES (7)) s(a) ON w.a = s.a WHEN MATCHED THEN DELETE RETURNING w.b", "4"),
        ("INSERT INTO w (b) SELECT n FROM generate_series(1, 3) AS g(n) WHERE n > 1 RETURNING a, b", "7|2;7|3"),
        ("INSERT INTO w (a, b) VALUES ((SELECT max(b) FROM w), -1) RETURNING a", "9"),
    ]);
    e.ok("CREATE TABLE nokey (a INT)");
    assert_eq!(e.fails("UPSERT INTO nokey (a) VALUES (1)"), "42000");
    assert_eq!(
        e.fails("INSERT INTO t (id, nocol) VALUES (5, 'b')"),
        "42703"
    );
    assert_eq!(e.fails("INSERT INTO t (id, s) VALUES (6)"), "42601");
}

#[test]
fn queries() {
    let mut e = Engine::new();
    e.ok("CREATE TABLE a (k INT, v TEXT)");
    e.ok("CREATE TABLE b (k INT, w TEXT)");
    e.ok("INSERT INTO a VALUES (1, 'x'), (2, 'y'), (3, NULL)");
    e.ok("INSERT INTO b VALUES (1, 'p'), (1, 'q'), (4, 'r')");
    e.check(&[
        ("SELECT a.v, b.w FROM a JOIN b ON a.k = b.k ORDER BY 2", "x|p;x|q"),
        ("SELECT a.k, b.w FROM a LEFT OUTER JOIN b USING (k) WHERE b.w IS NULL ORDER BY a.k", "2|~;3|~"),
        ("SELECT count(*) FROM a FULL JOIN b ON a.k = b.k", "5"),
        ("SELECT a.k, l.n FROM a LATERAL JOIN (SELECT count(*) AS n FROM b WHERE b.k = a.k) l ON TRUE ORDER BY a.k", "1|2;2|0;3|0"),
        ("SELECT DISTINCT k FROM b ORDER BY k DESC NULLS LAST", "4;1"),
        ("SELECT k, count(*) AS n FROM b GROUP BY k HAVING count(*) > 1", "1|2"),
        ("SELECT k, count(*) FROM b GROUP BY ROLLUP (k) ORDER BY k NULLS LAST", "1|2;4|1;~|3"),
        ("SELECT k, w, count(*) FROM b GROUP BY GROUPING SETS ((k), (w)) ORDER BY 1, 2", "1|~|2;4|~|1;~|p|1;~|q|1;~|r|1"),
        ("SELECT k, row_number() OVER (PARTITION BY k ORDER BY w) AS n FROM b ORDER BY k, n", "1|1;1|2;4|1"),
        ("SELECT w, sum(k) OVER (ORDER BY w ROWS BETWEEN 1 PRECEDING AND CURRENT ROW EXCLUDE CURRENT ROW) FROM b ORDER BY w", "p|~;q|1;r|1"),
        ("SELECT lag(w) OVER x FROM b WINDOW x AS (ORDER BY w)", "~;p;q"),
        ("WITH RECURSIVE s(n) AS (VALUES (1) UNION ALL SELECT n+1 FROM s WHERE n < 5) SELECT sum(n) FROM s", "15"),
        ("SELECT k FROM a UNION SELECT k FROM b EXCEPT SELECT 4 INTERSECT SELECT 4 ORDER BY 1", "1;2;3"),
        ("SELECT k FROM a ORDER BY k LIMIT 1 OFFSET 1", "2"),
        ("SELECT k FROM a ORDER BY k OFFSET 1 ROW FETCH NEXT 1 ROWS ONLY", "2"),
        ("SELECT k FROM a ORDER BY k FETCH FIRST 2 ROWS ONLY", "1;2"),
        ("SELECT * FROM TABLE(generate_series(1, 3)) g(n)", "1;2;3"),
        ("SELECT v.a, v.b FROM (VALUES (1, 'x'), (2, 'y')) v(a, b) WHERE v.a = 2", "2|y"),
        ("SELECT k FROM a WHERE EXISTS (SELECT 1 FROM b WHERE b.k = a.k) AND k IN (SELECT k FROM b)", "1"),
        ("SELECT (SELECT max(k) FROM b), count(*) FILTER (WHERE v IS NULL) FROM a", "4|1"),
        ("SELECT k, CASE WHEN v IS NULL THEN 'none' ELSE v END AS shown FROM a ORDER BY k DESC", "3|none;2|y;1|x"),
        ("SELECT k FROM a WHERE v IS NOT DISTINCT FROM NULL FOR UPDATE", "3"),
        ("SELECT [k], `v` FROM a AS [my a] WHERE [my a].\"k\" = 1", "1|x"),
        ("SELECT users.public.a.k FROM users.public.a WHERE public.a.k = 2", "2"),
        ("SELECT listagg(w, ',') WITHIN GROUP (ORDER BY w DESC) FROM b", "r,q,p"),
        ("SELECT string_agg(w, '-' ORDER BY w), approx_count_distinct(k), approx_median(k) FROM b", "p-q-r|2|1"),
    ]);
    assert_eq!(e.fails("SELECT DISTINCT ON (k) k FROM a"), "42000");
    assert_eq!(e.fails("SELECT nocol FROM a"), "42703");
    assert_eq!(e.fails("SELECT * FROM nosuch"), "42P01");
}

#[test]
fn functions() {
    let mut e = Engine::new();
    e.check(&[
        ("SELECT instr('banana', 'a'), instr('banana', 'a', 3), instr('banana', 'a', 1, 3), instr('x', 'y')", "2|4|6|0"),
        ("SELECT substring('abcdef' FROM 2 FOR 3), position('c' IN 'abc'), trim(BOTH 'x' FROM 'xax'), overlay('abc' PLACING 'X' FROM 2 FOR 1)", "bcd|3|a|aXc"),
        ("SELECT regexp_like('abc', 'b'), regexp_replace('aab', 'a', 'x', 'g'), regexp_count('aaa', 'a'), regexp_substr('xay', '[a]')", "t|xxb|3|a"),
        ("SELECT occurrences_regex('a', 'banana'), position_regex('n', 'banana'), substring_regex('n.', 'banana'), translate_regex('a', 'banana', 'o')", "3|3|na|bonono"),
        ("SELECT truncate(1.567, 1), log2(8), log10(1000), round(2.567, 1), round(CAST(2.567 AS DOUBLE), 2), sind(30)", "1.5|3|3|2.6|2.57|0.5"),
        ("SELECT bit_and(12, 10), bit_or(12, 10), bit_xor(12, 10), bit_shift_left(1, 4), bit_shift_right(16, 2), bit_test(5, 2), bit_set(0, 3)", "8|14|6|16|4|t|8"),
        ("SELECT date_add(DATE '2026-01-31', 1), date_sub(TIMESTAMP '2026-01-01 00:00:00', INTERVAL 'P1D'), date_diff('day', TIMESTAMP '2026-01-01 00:00:00', TIMESTAMP '2026-02-01 00:00:00')", "2026-02-01|2025-12-31 00:00:00|31"),
        ("SELECT add_months(DATE '2026-01-31', 1), last_day(DATE '2026-02-03'), next_day(DATE '2026-11-21', 'monday'), months_between(DATE '2026-03-15', DATE '2026-01-15')", "2026-02-28|2026-02-28|2026-11-23|2"),
        ("SELECT day_name(DATE '2026-11-21'), month_name(DATE '2026-11-21'), dow(DATE '2026-11-21'), quarter(DATE '2026-11-21'), week(DATE '2026-11-21'), doy(DATE '2026-11-21')", "Saturday|November|6|4|47|325"),
        ("SELECT extract(YEAR FROM DATE '2026-11-21'), date_trunc('month', TIMESTAMP '2026-11-21 10:00:00'), at_time_zone(TIMESTAMP '2026-01-01 00:00:00', 'UTC')", "2026|2026-11-01 00:00:00|2026-01-01 00:00:00+00"),
        ("SELECT soundex('Robert'), soundex('Ashcraft'), levenshtein('kitten', 'sitting'), similarity('word', 'two words')", "R163|A261|3|0.36363637"),
        ("SELECT json_value(JSON '{\"a\": {\"b\": 5}}', '$.a.b'), json_extract(JSON '{\"a\": [1,2]}', '$.a[1]'), json_exists(JSON '{\"a\":1}', '$.a')", "5|2|t"),
        ("SELECT json_set(JSON '{\"a\": 1}', '$.b', 2), json_remove(JSON '{\"a\": 1, \"b\": 2}', '$.a'), json_insert(JSON '{\"a\": 1}', '$.a', 9), json_replace(JSON '{\"a\": 1}', '$.a', 'x')", "{\"a\": 1, \"b\": 2}|{\"b\": 2}|{\"a\": 1}|{\"a\": \"x\"}"),
        ("SELECT json_array_length(JSON '[1,2]'), json_typeof(JSON '{}'), json_object('a', 1), json_build_array(1, 'x'), json_array_length(CAST('[1]' AS JSONB))", "2|object|{\"a\" : 1}|[1, \"x\"]|1"),
        ("SELECT jsonb_path_exists(CAST('{\"a\":1}' AS JSONB), '$.a'), jsonb_set(CAST('{}' AS JSONB), '{a}', '1')", "t|{\"a\": 1}"),
        ("SELECT array_contains(ARRAY[1,2], 2), ARRAY[1,2] @> ARRAY[2], cardinality(ARRAY['a'])", "t|t|1"),
        ("SELECT range_contains(CAST('[1,5)' AS INT4RANGE), 3), range_overlaps(CAST('[1,5)' AS INT4RANGE), CAST('[4,9)' AS INT4RANGE)), range_lower(CAST('[1,5)' AS INT4RANGE)), range_upper_inc(CAST('[1,5)' AS INT4RANGE))", "t|t|1|f"),
        ("SELECT length(uuid_to_string(uuid_v7())), length(CAST(gen_random_uuid() AS TEXT)), md5('a'), encode(sha256('abc'), 'hex')", "36|36|0cc175b9c0f1b6a831c399e269772661|ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
        ("SELECT encode(hmac('what do ya want for nothing?', 'Jefe', 'sha256'), 'hex'), encode(digest('abc', 'md5'), 'hex')", "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843|900150983cd24fb0d6963f7d28e17f72"),
        ("SELECT current_schema(), search_path(), current_isolation_level(), tx_read_only(), server_version(), server_version_num()", "users.public|users.public|read_committed|f|ScratchBird 0.1.0|100"),
        ("SELECT CURRENT_USER, session_user, current_database() = current_catalog", "postgres|postgres|t"),
        ("SELECT l2_distance(VECTOR '[1,0]', VECTOR '[0,1]'), cosine_distance('[1,0]', '[0,1]'), inner_product('[1,2]', '[3,4]'), negative_inner_product('[1,2]', '[3,4]')", "1.4142135623730951|1|11|-11"),
        ("SELECT vector_dims(VECTOR '[1,2,3]'), vector_norm('[3,4]'), vector_l2_normalize('[3,4]'), subvector(VECTOR '[1,2,3]', 2, 2), vector('[1,2]')", "3|5|[0.6,0.8]|[2,3]|[1,2]"),
        ("SELECT vector_sum(v), vector_avg(v) FROM (VALUES (VECTOR '[1,2]'), (VECTOR '[3,4]')) x(v)", "[4,6]|[2,3]"),
        ("SELECT VECTOR '[1,0]' <-> '[0,1]', VECTOR '[1,0]' <=> '[0,1]', VECTOR '[1,2]' <#> '[3,4]', VECTOR '[1,0]' <+> '[0,1]'", "1.4142135623730951|1|-11|2"),
        ("SELECT st_astext(st_geomfromtext('POLYGON((0 0, 4 0, 4 4, 0 0))')), st_distance(st_point(0, 0), st_point(3, 4)), st_x(st_point(-1.5, 1e300)), st_y(st_point(0.1, 1e-300))", "POLYGON((0 0,4 0,4 4,0 0))|5|-1.5|1e-300"),
        ("SELECT sb.scalar.lower('ABC'), similar('abc', 'a%'), to_char(DATE '2026-01-02', 'YYYY/MM')", "abc|t|2026/01"),
    ]);
    e.check(&[
        ("SELECT date_add(DATE '2026-01-01', INTERVAL '1' DAY), quarter(TIMESTAMPTZ '2026-11-21 00:00:00+00'), last_day(DATE '2024-02-01')", "2026-01-02 00:00:00|4|2024-02-29"),
        ("SELECT date_diff('hour', TIMESTAMPTZ '2026-01-01 00:00:00+00', TIMESTAMPTZ '2026-01-01 05:00:00+00'), date_diff('month', DATE '2025-12-31', DATE '2026-01-01')", "5|1"),
    ]);
    assert_eq!(e.fails("SELECT metaphone('x')"), "0A000");
    assert_eq!(
        e.fails("SELECT cosine_distance('[1,0]', '[1,0,0]')"),
        "22000"
    );
}
