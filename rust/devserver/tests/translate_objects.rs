//! Objects beyond tables, and the catalogue that shows them, executed on a real PostgreSQL.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod engine;

use engine::Engine;

#[test]
fn sequences_views_and_indexes() {
    let mut e = Engine::new();
    e.ok("CREATE SCHEMA app");
    e.ok("CREATE SEQUENCE app.s AS BIGINT START WITH 5 INCREMENT BY 2 NO CYCLE NO CACHE");
    e.ok("CREATE SEQUENCE IF NOT EXISTS app.s");
    e.ok("CREATE TABLE app.t (id BIGINT NOT NULL DEFAULT NEXT VALUE FOR app.s, s TEXT, n INT, j JSONB, v VECTOR(3), b DOCUMENT)");
    e.check(&[
        (
            "SELECT NEXT VALUE FOR app.s AS n, CURRENT VALUE FOR app.s",
            "5|5",
        ),
        ("SELECT nextval('app.s')", "7"),
        (
            "INSERT INTO app.t (s, n) VALUES ('a', 1), ('b', 2) RETURNING id",
            "9;11",
        ),
    ]);
    e.ok("ALTER SEQUENCE app.s SET INCREMENT BY 10 RESTART WITH 100");
    e.check(&[(
        "SELECT NEXT VALUE FOR app.s, NEXT VALUE FOR app.s",
        "100|110",
    )]);
    e.ok("COMMENT ON SEQUENCE app.s IS 'numbers'");

    e.ok("CREATE VIEW app.v AS SELECT s AS name, n + 1 FROM app.t WHERE n = 1");
    e.ok("CREATE VIEW IF NOT EXISTS app.v AS SELECT 1");
    e.ok("CREATE OR REPLACE VIEW app.w (x) AS SELECT n FROM app.t WHERE n > 0 WITH CHECK OPTION");
    e.ok("CREATE MATERIALIZED VIEW app.m AS SELECT s, COUNT(*) AS a, SUM(n) AS b FROM app.t GROUP BY s");
    e.ok("INSERT INTO app.t (s, n) VALUES ('a', 5)");
    e.ok("REFRESH MATERIALIZED VIEW app.m");
    e.check(&[
        ("SELECT name, column2 FROM app.v", "a|2"),
        ("SELECT * FROM app.m ORDER BY s", "a|2|6;b|1|2"),
    ]);
    assert_eq!(e.fails("INSERT INTO app.w (x) VALUES (-1)"), "44000");

    for sql in [
        "CREATE UNIQUE INDEX t_id ON app.t USING BTREE (id DESC) INCLUDE (n) WHERE n = 1",
        "CREATE INDEX t_lower ON app.t (LOWER(s), n ASC NULLS LAST)",
        "CREATE INDEX t_hash ON app.t USING HASH (s)",
        "CREATE INDEX t_full ON app.t USING FULL_TEXT (s)",
        "CREATE INDEX t_doc ON app.t USING INVERTED (j)",
        "CREATE INDEX t_path ON app.t USING DOCUMENT_PATH (b)",
        "CREATE INDEX t_zone ON app.t USING BRIN_ZONE (n)",
        "CREATE INDEX t_bloom ON app.t USING BLOOM (n)",
        "CREATE INDEX t_hnsw ON app.t USING VECTOR_HNSW (v) WITH (METRIC = COSINE, M = 8)",
        "CREATE INDEX t_ivf ON app.t USING VECTOR_IVF (v)",
        "CREATE INDEX t_exact ON app.t USING VECTOR_EXACT (v)",
        "CREATE INDEX t_spatial ON app.t USING SPATIAL (n)",
    ] {
        e.ok(sql);
    }
    e.check(&[
        ("SELECT count(*) FROM sys.catalog_readable.indexes WHERE relation_path = 'app.t'", "12"),
        ("SELECT index_family FROM sys.catalog_readable.indexes WHERE index_name IN ('t_hnsw', 't_full', 't_zone', 't_id') ORDER BY index_name", "FULL_TEXT;VECTOR_HNSW;PARTIAL;BRIN_ZONE"),
        ("SELECT column_name, sort_direction, is_included FROM sys.catalog_readable.index_columns WHERE index_name = 't_id' ORDER BY ordinal_position", "id|DESC|NO;n|ASC|YES"),
    ]);
    assert_eq!(e.fails("CREATE INDEX x ON app.t USING NOSUCH (n)"), "42000");
    assert_eq!(
        e.fails("CREATE INDEX x ON app.t USING VECTOR_HNSW (n)"),
        "0A000"
    );
    e.ok("DROP INDEX app.t_bloom");
    e.ok("DROP MATERIALIZED VIEW app.m RESTRICT");
    e.ok("DROP VIEW IF EXISTS app.w");
    assert_eq!(e.fails("DROP SEQUENCE app.s RESTRICT"), "2BP01");
}

#[test]
fn routines_and_triggers() {
    let mut e = Engine::new();
    e.ok("CREATE PROCEDURE users.public.proc_generate_series(p_start INTEGER, p_end INTEGER, p_step INTEGER) RETURNS (n INTEGER) AS \
          BEGIN IF p_step <= 0 THEN BEGIN RETURN; END n = p_start; WHILE n <= p_end DO BEGIN SUSPEND; n = n + p_step; END END");
    e.ok("CREATE FUNCTION users.public.g_mul(quantity INTEGER, unit_price DECIMAL(18,2)) RETURNS DECIMAL(18,2) DETERMINISTIC \
          RETURNS NULL ON NULL INPUT AS RETURN quantity * unit_price");
    e.check(&[
        (
            "SELECT n FROM users.public.proc_generate_series(1, 3, 1)",
            "1;2;3",
        ),
        (
            "EXECUTE PROCEDURE users.public.proc_generate_series(10, 30, 10)",
            "10;20;30",
        ),
        ("CALL users.public.proc_generate_series(1, 2, 1)", "1;2"),
        ("SELECT count(*) FROM proc_generate_series(1, 3, 0)", "0"),
        (
            "SELECT users.public.g_mul(3, 12.50) AS p, g_mul(NULL, 2.00)",
            "37.50|~",
        ),
    ]);
    e.ok("CREATE TABLE t (id BIGINT PRIMARY KEY, n INT, note TEXT)");
    e.ok("INSERT INTO t VALUES (1, 10, 'a'), (2, 20, 'b')");
    e.ok("CREATE FUNCTION best(id BIGINT) RETURNS INT AS DECLARE VARIABLE v INT DEFAULT 0; DECLARE w INT = 1; \
          BEGIN SELECT n FROM t WHERE id = :id INTO :v; IF (v > 15) THEN RETURN v; ELSE RETURN v + w; END");
    e.ok("CREATE OR ALTER PROCEDURE raise_all(by INT) RETURNS (changed INT, total BIGINT) AS DECLARE i BIGINT; BEGIN \
          changed = 0; FOR SELECT id FROM t ORDER BY id INTO :i DO BEGIN UPDATE t SET n = n + :by WHERE id = :i; changed = changed + 1; END \
          SELECT sum(n) FROM t INTO :total; END");
    e.ok("CREATE PROCEDURE silent(v TEXT) AS BEGIN INSERT INTO t (id, note) VALUES (9, :v); WHEN ANY DO BEGIN DELETE FROM t WHERE id = 9; END END");
    e.check(&[
        ("SELECT best(1), best(2)", "11|20"),
        ("EXECUTE PROCEDURE raise_all(5)", "2|40"),
        ("EXECUTE PROCEDURE silent('x')", ""),
        ("SELECT note FROM t WHERE id = 9", "x"),
        ("EXECUTE PROCEDURE silent('y')", ""),
        ("SELECT count(*) FROM t", "2"),
    ]);
    e.ok("CREATE PROCEDURE users.public.split(INOUT v INT, OUT half INT, OUT label TEXT) AS BEGIN half = div(:v, 2); v = -:v; label = 'x'; END");
    e.check(&[
        ("EXECUTE PROCEDURE split(8, NULL, NULL)", "-8|4|x"),
        (
            "CALL users.public.split(half => NULL, label := NULL, v => 6)",
            "-6|3|x",
        ),
    ]);
    e.ok("DROP PROCEDURE split");
    assert_eq!(
        e.fails("CREATE PROCEDURE p(OUT a INT) RETURNS (b INT) AS BEGIN END"),
        "0A000"
    );
    assert_eq!(
        e.fails("CREATE FUNCTION p(OUT a INT) RETURNS INT AS RETURN 1"),
        "0A000"
    );
    e.ok("CREATE FUNCTION checked(v INT) RETURNS INT AS BEGIN IF v < 0 THEN SIGNAL SQLSTATE '22023' SET MESSAGE_TEXT = 'negative'; RETURN v; END");
    assert_eq!(e.fails("SELECT checked(-1)"), "22023");
    e.ok("CREATE TRIGGER stamp FOR t BEFORE INSERT OR UPDATE POSITION 0 AS BEGIN NEW.note = coalesce(NEW.note, 'none'); END");
    e.ok("INSERT INTO t (id) VALUES (5)");
    e.check(&[
        ("SELECT note FROM t WHERE id = 5", "none"),
        ("SELECT routine_name, routine_type FROM sys.information.routines ORDER BY routine_name", "best|FUNCTION;checked|FUNCTION;g_mul|FUNCTION;proc_generate_series|PROCEDURE;raise_all|PROCEDURE;silent|PROCEDURE"),
        ("SELECT parameter_name, parameter_mode, data_type FROM sys.information.parameters WHERE specific_name LIKE 'raise_all%' ORDER BY ordinal_position", "by|IN|integer;changed|OUT|integer;total|OUT|bigint"),
    ]);
    e.ok("EXECUTE BLOCK AS DECLARE i INT = 3; BEGIN WHILE i > 0 DO BEGIN INSERT INTO t (id, n) VALUES (100 + :i, 0); i = i - 1; END END");
    e.check(&[("SELECT count(*) FROM t WHERE id > 100", "3")]);
    for sql in [
        "DROP TRIGGER stamp",
        "DROP PROCEDURE users.public.raise_all RESTRICT",
        "DROP FUNCTION best",
    ] {
        e.ok(sql);
    }
    assert_eq!(e.fails("CREATE PROCEDURE p(a BIGINT)"), "42000");
    assert_eq!(e.fails("SELECT * FROM users.public.nosuchproc(1)"), "42883");
}

#[test]
fn vector_collections() {
    let mut e = Engine::new();
    e.ok("CREATE VECTOR COLLECTION users.public.g_vec DIMENSION 3 METRIC COSINE INDEX METHOD HNSW PAYLOAD (doc_id BIGINT, \
          embedding VECTOR INDEX METHOD HNSW METRIC COSINE) WITH (profile = 'local')");
    e.ok("CREATE VECTOR COLLECTION IF NOT EXISTS users.public.g_vec DIMENSION 3");
    e.ok("INSERT INTO users.public.g_vec (doc_id, embedding) VALUES (1, '[1,0,0]'), (2, '[0,1,0]'), (3, VECTOR '[0.9,0.1,0]')");
    e.check(&[
        ("SEARCH users.public.g_vec embedding <-> VECTOR '[1,0,0]' TOP 2", "1|[1,0,0]|0;3|[0.9,0.1,0]|0.14142137441313676"),
        ("SEARCH g_vec WITH (VECTOR = VECTOR '[0,1,0]', LIMIT = 1, OUTPUT_FIELDS (doc_id))", "2|0"),
        ("SEARCH g_vec g WITH (VECTOR = '[0,1,0]', METRIC = L2, LIMIT = 2, OFFSET = 1, EF_SEARCH = 10, OUTPUT_FIELDS (doc_id)) WHERE g.doc_id <> 1", "3|1.2727921611791464"),
        ("SEARCH g_vec WITH (VECTOR = '[1,0,0]', METRIC = L2, RADIUS = 0.5, OUTPUT_FIELDS (doc_id))", "1|0;3|0.14142137441313676"),
        ("SELECT doc_id FROM g_vec ORDER BY cosine_distance(embedding, VECTOR '[1,0,0]') LIMIT 1", "1"),
        ("SELECT doc_id FROM g_vec ORDER BY embedding <=> '[0,1,0]' LIMIT 1", "2"),
    ]);
    e.ok("REINDEX VECTOR COLLECTION g_vec WITH (METHOD = IVF)");
    e.ok("CREATE VECTOR COLLECTION bare DIMENSION 2");
    e.ok("INSERT INTO bare VALUES ('[1,2]')");
    e.check(&[("SEARCH bare WITH (VECTOR = '[1,2]')", "[1,2]|0")]);
    assert_eq!(
        e.fails("INSERT INTO g_vec (doc_id, embedding) VALUES (4, '[1,0]')"),
        "22000"
    );
    assert_eq!(e.fails("CREATE VECTOR COLLECTION x METRIC L2"), "42000");
    e.ok("DROP VECTOR COLLECTION bare");
    assert_eq!(e.fails("SEARCH bare WITH (VECTOR = '[1,2]')"), "42P01");
}

#[test]
fn the_catalogue() {
    let mut e = Engine::new();
    e.ok("CREATE SCHEMA app");
    e.ok("CREATE SCHEMA app.reporting");
    e.ok("CREATE TABLE meta_t (id BIGINT NOT NULL PRIMARY KEY, name VARCHAR(20) NOT NULL DEFAULT 'x', note TEXT, amount DECIMAL(10,2), \
          tiny INT8, big UINT64, v VECTOR(768), a ARRAY<INT>, ts TIMESTAMPTZ, d DOUBLE, g GEOMETRY)");
    e.ok("CREATE SEQUENCE meta_seq");
    e.ok("CREATE TABLE app.reporting.child (a BIGINT, b INT DEFAULT NEXT VALUE FOR meta_seq, i INT GENERATED ALWAYS AS IDENTITY, \
          CONSTRAINT fk FOREIGN KEY (a) REFERENCES meta_t (id) ON UPDATE CASCADE, CONSTRAINT uq UNIQUE (a, b), CONSTRAINT ck CHECK (b > 0))");
    e.ok("CREATE VIEW meta_v AS SELECT id FROM meta_t");
    e.ok("COMMENT ON TABLE meta_t IS 'people'");
    e.ok("COMMENT ON COLUMN meta_t.name IS 'called'");
    e.check(&[
        ("SELECT schema_name, schema_path FROM sys.schemas ORDER BY schema_path", "app|app;reporting|app.reporting;public|users.public"),
        ("SELECT table_name, table_type, is_insertable_into FROM sys.tables ORDER BY table_name", "child|BASE TABLE|YES;meta_t|BASE TABLE|YES;meta_v|VIEW|YES"),
        ("SELECT column_name, data_type, is_nullable, column_default FROM sys.columns WHERE table_id IN (SELECT table_id FROM sys.tables WHERE table_name = 'meta_t') ORDER BY ordinal_position",
         "id|bigint|NO|~;name|varchar(20)|NO|'x';note|text|YES|~;amount|decimal(10,2)|YES|~;tiny|int8|YES|~;big|uint64|YES|~;v|vector(768)|YES|~;a|array<integer>|YES|~;ts|timestamptz|YES|~;d|double|YES|~;g|geometry|YES|~"),
        ("SELECT table_schema, table_name FROM sys.information.tables WHERE table_name = 'meta_t'", "public|meta_t"),
        ("SELECT column_name, column_default, is_identity, identity_generation FROM sys.information.columns WHERE table_name = 'child' ORDER BY ordinal_position",
         "a|~|NO|~;b|NEXT VALUE FOR users.public.meta_seq|NO|~;i|~|YES|ALWAYS"),
        ("SELECT character_maximum_length, numeric_precision, numeric_scale FROM sys.information_schema.columns WHERE column_name IN ('name', 'amount') ORDER BY ordinal_position", "20|~|~;~|10|2"),
        ("SELECT constraint_name, constraint_type FROM sys.information.table_constraints ORDER BY constraint_name", "ck|CHECK;fk|FOREIGN KEY;meta_t_pkey|PRIMARY KEY;uq|UNIQUE"),
        ("SELECT constraint_name, column_name, ordinal_position, position_in_unique_constraint FROM sys.information.key_column_usage ORDER BY constraint_name, ordinal_position", "fk|a|1|1;meta_t_pkey|id|1|~;uq|a|1|~;uq|b|2|~"),
        ("SELECT constraint_name, unique_constraint_name, update_rule, delete_rule FROM sys.information.referential_constraints", "fk|meta_t_pkey|CASCADE|NO ACTION"),
        ("SELECT check_clause FROM sys.information.check_constraints", "(b > 0)"),
        ("SELECT constraint_name, schema_path, table_name, unique_schema_path FROM sys.information.referential_constraints", "fk|app.reporting|child|users.public"),
        ("SELECT sequence_schema, sequence_name, data_type FROM sys.information.sequences", "users.public|meta_seq|bigint"),
        ("SELECT table_name FROM sys.information.views", "meta_v"),
        ("SELECT schema_name FROM sys.information.schemata ORDER BY schema_name", "app;public;reporting"),
        ("SELECT object_path, object_kind FROM sys.catalog_readable.object_tree WHERE object_path LIKE 'users.public.meta%' ORDER BY object_path", "users.public.meta_seq|sequence;users.public.meta_t|table;users.public.meta_t.meta_t_pkey|index;users.public.meta_v|view"),
        ("SELECT relation_path, relation_kind, comment_text FROM sys.catalog_readable.relations WHERE relation_name = 'meta_t'", "public.meta_t|table|people"),
        ("SELECT object_name, object_type, comment_text FROM sys.information.scratchbird_object_comments ORDER BY object_type", "meta_t.name|column|called;meta_t|table|people"),
        ("SELECT datatype_name FROM sys.catalog_readable.columns WHERE relation_path = 'public.meta_t' AND column_name = 'amount'", "decimal(10,2)"),
        ("SELECT relation_path, constraint_type FROM sys.catalog_readable.constraints WHERE constraint_name = 'uq'", "reporting.child|UNIQUE"),
        ("SELECT count(*) FROM sys.tables WHERE table_name IN ('tables', 'columns', 'pg_class')", "0"),
        ("SELECT count(*) > 40, count(DISTINCT type_name) = count(*) FROM sys.information.scratchbird_datatype_descriptors", "t|t"),
        ("SELECT keyword_text FROM sys.parser.language_elements WHERE keyword_text = 'SELECT'", "SELECT"),
        ("SELECT count(DISTINCT table_id) FROM sys.tables", "3"),
        ("SHOW VERSION", "ScratchBird|sb_engine|1.0"),
        ("SHOW TRANSACTION ISOLATION LEVEL", "read_committed"),
        ("SHOW SEARCH PATH", "users.public"),
        ("SHOW SCHEMA PATH", "users.public"),
        ("SHOW TABLES", "app.reporting|child|table;users.public|meta_t|table"),
        ("SHOW SAVEPOINTS", ""),
        ("DESCRIBE TABLE app.reporting.child", "a|bigint|YES|~|1;b|integer|YES|NEXT VALUE FOR users.public.meta_seq|2;i|integer|NO|~|3"),
    ]);
    for sql in [
        "SHOW DATABASE",
        "SHOW SYSTEM",
        "SHOW SESSIONS",
        "SHOW TRANSACTIONS",
        "SHOW TRANSACTION",
        "SHOW LOCKS",
        "SHOW STATEMENTS",
        "SHOW ROLES",
        "SHOW CONTEXT",
        "SHOW DIALECT",
        "SHOW CAPABILITIES",
        "SHOW CREATE TABLE meta_t",
        "SHOW INDEXES",
        "SHOW SCHEMAS",
        "SHOW VIEWS",
        "SHOW SEQUENCES",
        "SHOW CREATE VIEW meta_v",
        "SHOW TIME ZONE",
        "SHOW EVENT CHANNELS",
    ] {
        e.ok(sql);
    }
    for view in [
        "sys.information.scratchbird_object_paths",
        "sys.information.domains",
        "sys.information.domain_constraints",
        "sys.information.enabled_roles",
        "sys.information.applicable_roles",
        "sys.information.table_privileges",
        "sys.information.column_privileges",
        "sys.information.triggers",
        "sys.information.constraint_column_usage",
        "sys.information.constraint_table_usage",
        "sys.information.collations",
        "sys.information.character_sets",
        "sys.catalog_readable.objects",
        "sys.catalog_readable.schemas",
        "sys.catalog_readable.datatypes",
        "sys.catalog_readable.domains",
        "sys.catalog_readable.object_names",
        "sys.catalog_readable.settings",
        "sys.catalog_readable.filespaces",
        "sys.catalog_readable.procedures",
        "sys.catalog_readable.triggers",
        "sys.security.users",
        "sys.security.roles",
        "sys.security.policies",
        "sys.parser.dialects",
        "sys.catalog_readable.navigator_tree",
        "sys.information.scratchbird_index_profiles",
    ] {
        e.ok(&format!("SELECT * FROM {view}"));
    }
    let before = e.text("SELECT table_id FROM sys.tables WHERE table_name = 'meta_t'");
    e.ok("ALTER TABLE meta_t ADD COLUMN extra INT");
    assert_eq!(
        e.text("SELECT table_id FROM sys.tables WHERE table_name = 'meta_t'"),
        before
    );
}

#[test]
fn sessions_transactions_and_privileges() {
    let mut e = Engine::new();
    e.ok("CREATE SCHEMA app");
    e.ok("CREATE TABLE app.t (a INT)");
    e.ok("SET SCHEMA \"app\"");
    e.ok("INSERT INTO t VALUES (1)");
    e.check(&[("SELECT current_schema(), search_path()", "app|app")]);
    e.ok("SET SEARCH_PATH TO \"users.public\", app");
    e.check(&[
        ("SELECT search_path()", "users.public,app"),
        ("SELECT a FROM t", "1"),
        ("SELECT VECTOR '[1]' <-> '[2]'", "1"),
    ]);
    e.ok("SET SCHEMA DEFAULT");
    for sql in [
        "SET LANGUAGE en",
        "SET TIME ZONE 'UTC'",
        "SET statement_timeout = 5000",
        "RESET statement_timeout",
        "SET NAMES 'UTF8'",
        "SET CONSTRAINTS ALL DEFERRED",
        "SET SESSION TRANSACTION READ WRITE",
        "CREATE ROLE sb_test_role_x",
        "GRANT SELECT, INSERT ON app.t TO sb_test_role_x",
        "GRANT USAGE ON SCHEMA app TO sb_test_role_x",
        "REVOKE INSERT ON TABLE app.t FROM sb_test_role_x",
        "SET ROLE sb_test_role_x",
        "SET ROLE NONE",
        "REVOKE ALL ON app.t FROM sb_test_role_x",
        "REVOKE USAGE ON SCHEMA app FROM sb_test_role_x",
        "DROP ROLE sb_test_role_x",
    ] {
        e.ok(sql);
    }
    for sql in [
        "BEGIN ISOLATION LEVEL SNAPSHOT READ ONLY",
        "SAVEPOINT a",
        "RELEASE SAVEPOINT a",
        "ROLLBACK WORK",
        "START TRANSACTION",
        "SAVEPOINT a",
        "INSERT INTO app.t VALUES (2)",
        "ROLLBACK TO a",
        "LOCK TABLE app.t IN ROW EXCLUSIVE MODE",
        "DECLARE c CURSOR FOR SELECT a FROM app.t",
        "OPEN c",
    ] {
        e.ok(sql);
    }
    e.check(&[("FETCH NEXT FROM c", "1"), ("FETCH 5 FROM c", "")]);
    e.ok("CLOSE c");
    e.ok("COMMIT TRANSACTION");
    e.ok("BEGIN");
    e.ok("SET TRANSACTION ISOLATION LEVEL SNAPSHOT TABLE STABILITY, READ ONLY");
    e.check(&[("SHOW ISOLATION LEVEL", "snapshot_table_stability")]);
    assert_eq!(e.fails("INSERT INTO app.t VALUES (3)"), "25006");
    e.ok("ROLLBACK");
    e.ok("CREATE EVENT CHANNEL c");
    assert_eq!(e.fails("CREATE EVENT CHANNEL c"), "42710");
    for sql in [
        "LISTEN EVENT CHANNEL c",
        "NOTIFY c, 'x'",
        "POST c PAYLOAD 'y'",
        "UNLISTEN c",
        "DROP EVENT CHANNEL c",
        "EXPLAIN SELECT 1",
        "EXPLAIN ANALYZE, COSTS OFF, FORMAT JSON SELECT * FROM app.t",
    ] {
        e.ok(sql);
    }
}
