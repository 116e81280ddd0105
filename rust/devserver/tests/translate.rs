//! The text a translation gives, without a database: forms, kinds, parameters, refusals.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use scratchbird_devserver::translate::{
    translate, CopyDirection, CopyFormat, Kind, Options, Refusal, Statement,
};

fn all(sql: &str) -> Result<Vec<Statement>, Refusal> {
    translate(sql, &Options::default())
}

fn one(sql: &str) -> Statement {
    let mut statements = all(sql).unwrap_or_else(|r| panic!("{sql}: {r}"));
    assert_eq!(statements.len(), 1, "{sql}");
    statements.remove(0)
}

fn refused(sql: &str) -> Refusal {
    match all(sql) {
        Ok(statements) => panic!("{sql} gives {statements:?}"),
        Err(refusal) => refusal,
    }
}

fn check(cases: &[(&str, &str)]) {
    for (sql, expected) in cases {
        assert_eq!(one(sql).sql, *expected, "{sql}");
    }
}

#[test]
fn quoting_comments_and_literals() {
    check(&[(
        "SELECT \"a\"\"b\", `c``d`, [e f] FROM \"T\"",
        "SELECT \"a\"\"b\", \"c`d\", \"e f\" FROM \"T\"",
    )]);
    assert_eq!(one(r"SELECT 'a\' AS x").sql, r"SELECT 'a\' AS x");
    assert_eq!(one(r"SELECT '\''' AS x").sql, r"SELECT '\''' AS x");
    assert_eq!(
        one("SELECT '''' || '''x''' AS x").sql,
        "SELECT '''' || '''x''' AS x"
    );
    assert_eq!(one(r#"SELECT 1 AS "x\""""#).sql, r#"SELECT 1 AS "x\""""#);
    check(&[
        (
            "SELECT a // to the end\n, b # again\n, c -- and\n, d /* x /* y */ FROM t",
            "SELECT a, b, c, d FROM t",
        ),
        (
            "SELECT a /*+ hint /* nested */ */ FROM t",
            "SELECT a FROM t",
        ),
        (
            "SELECT E'a\\n' AS x, N'b' AS y, $$it's$$ AS z",
            "SELECT 'a\\n' AS x, 'b' AS y, 'it''s' AS z",
        ),
        (
            "SELECT X'0a' AS x, B'01' AS y, DATE  '2026-01-01' AS z",
            "SELECT CAST('\\x0a' AS bytea) AS x, B'01' AS y, CAST('2026-01-01' AS date) AS z",
        ),
        (
            "SELECT VECTOR '[1,2]' AS v, JSON '{}' AS j",
            "SELECT CAST('[1,2]' AS vector) AS v, CAST('{}' AS json) AS j",
        ),
        (
            "SELECT 0xFF AS a, 1_000.5_0 AS b, 2U8 AS c, 1e-3 AS d",
            "SELECT 255 AS a, 1000.50 AS b, CAST(2 AS sys.uint8) AS c, 1e-3 AS d",
        ),
        (
            "SELECT a[1], ARRAY[[1,2],[3]] AS b FROM t",
            "SELECT a[1], ARRAY[[1, 2], [3]] AS b FROM t",
        ),
        (
            "SELECT date, time FROM t WHERE date = 'x'",
            "SELECT date, time FROM t WHERE date = 'x'",
        ),
    ]);
}

#[test]
fn names_and_paths() {
    check(&[
        ("SELECT * FROM users.public.t", "SELECT * FROM \"public\".t"),
        ("SELECT * FROM public.t", "SELECT * FROM \"public\".t"),
        ("SELECT * FROM a.b.c.t", "SELECT * FROM \"a.b.c\".t"),
        ("SELECT * FROM Users.Public.T", "SELECT * FROM \"public\".T"),
        ("SELECT * FROM \"Users\".t", "SELECT * FROM \"Users\".t"),
        ("SELECT a.b.t.c, t.c FROM a.b.t", "SELECT \"a.b\".t.c, t.c FROM \"a.b\".t"),
        ("SELECT users.public.f(1) AS x FROM a.b.g(2) AS y", "SELECT \"public\".f(1) AS x FROM \"a.b\".g(2) AS y"),
        ("SELECT * FROM sys.information_schema.tables", "SELECT * FROM \"sys.information\".tables"),
        ("INSERT INTO a.b.t (x) VALUES (1)", "INSERT INTO \"a.b\".t (x) VALUES (1)"),
        ("UPDATE a.b.t SET x = 1", "UPDATE \"a.b\".t SET x = 1"),
        ("DELETE FROM a.b.t", "DELETE FROM \"a.b\".t"),
        ("MERGE INTO a.t x USING b.c.s y ON x.k = y.k WHEN MATCHED THEN UPDATE SET v = y.v", "MERGE INTO \"a\".t x USING \"b.c\".s y ON x.k = y.k WHEN MATCHED THEN UPDATE SET v = y.v"),
        ("DROP TABLE IF EXISTS a.b.t RESTRICT", "DROP TABLE IF EXISTS \"a.b\".t"),
        ("SET SCHEMA \"users.public\"", "SET search_path TO public"),
        ("SET SEARCH_PATH TO \"a\", 'b.c', users.public", "SET search_path TO a, \"b.c\", public"),
        ("COMMENT ON COLUMN a.b.t.c IS NULL", "COMMENT ON COLUMN \"a.b\".t.c IS NULL"),
        ("SELECT NEXT VALUE FOR a.b.s AS n", "SELECT nextval('\"a.b\".s') AS n"),
    ]);
    for sql in [
        "SELECT * FROM information_schema.tables",
        "SELECT * FROM pg_catalog.pg_class",
        "SELECT pg_catalog.now()",
    ] {
        assert_eq!(
            refused(sql).code,
            "SBSQL.NAME_RESOLUTION.NOT_FOUND_OR_NOT_VISIBLE",
            "{sql}"
        );
    }
}

#[test]
fn types() {
    let column = |of: &str| {
        let sql = one(&format!("CREATE TABLE t (c {of})")).sql;
        sql["CREATE TABLE t (c ".len()..sql.len() - 1].to_owned()
    };
    for (sbsql, postgres) in [
        ("INT8", "sys.int8"),
        ("BIGINT", "bigint"),
        ("INT64", "bigint"),
        ("UINT32", "sys.uint32"),
        ("INT128", "sys.int128"),
        ("DOUBLE", "double precision"),
        ("DOUBLE PRECISION", "double precision"),
        ("DECIMAL(10,2)", "numeric(10,2)"),
        ("NUMERIC", "numeric"),
        ("VARCHAR(20)", "varchar(20)"),
        ("CHARACTER VARYING(5)", "varchar(5)"),
        ("CHAR(3) CHARACTER SET UTF8", "char(3)"),
        ("CLOB", "text"),
        ("BLOB SUB_TYPE TEXT", "bytea"),
        ("VARBINARY(8)", "bytea CHECK (octet_length(c) <= 8)"),
        ("BIT VARYING(8)", "bit varying(8)"),
        ("TIME(3)", "time(3)"),
        ("TIMETZ", "timetz"),
        ("TIMESTAMP(3) WITH TIME ZONE", "timestamp(3) with time zone"),
        ("TIMESTAMP WITHOUT TIME ZONE", "timestamp"),
        ("INTERVAL DAY TO SECOND(3)", "interval DAY TO SECOND(3)"),
        ("DOCUMENT", "sys.document"),
        ("ARRAY<INT8>", "smallint[]"),
        ("ARRAY<ARRAY<VARCHAR(5)>>", "varchar(5)[][]"),
        ("INT[]", "integer[]"),
        ("INT ARRAY", "integer[]"),
        ("RANGE<TIMESTAMPTZ>", "tstzrange"),
        ("MULTIRANGE<BIGINT>", "int8multirange"),
        ("MAP<TEXT, ARRAY<INT>>", "sys.map"),
        ("NULLABLE(INT)", "integer"),
        ("IP_ADDRESS", "inet"),
        ("GEOMETRY(POINT, 4326)", "sys.geometry"),
        ("VECTOR(768)", "vector(768)"),
        ("vector<float32,768>", "vector(768)"),
        ("HALFVEC(2)", "halfvec(2)"),
        (
            "ENUM8('a' = 1, 'b''c' = 2)",
            "text CHECK (c IN ('a', 'b''c'))",
        ),
        ("a.b.dom", "\"a.b\".dom"),
        ("\"My\"", "\"My\""),
        ("mood", "mood"),
        (
            "INT NOT NULL UNIQUE DEFAULT 5",
            "integer NOT NULL UNIQUE DEFAULT 5",
        ),
        (
            "TEXT DEFAULT 'a' || 'b' NOT NULL",
            "text DEFAULT ('a' || 'b') NOT NULL",
        ),
        (
            "INT REFERENCES x.y (z) ON DELETE SET DEFAULT",
            "integer REFERENCES x.y (z) ON DELETE SET DEFAULT",
        ),
        (
            "BIGINT GENERATED BY DEFAULT AS IDENTITY (START WITH 5)",
            "bigint GENERATED BY DEFAULT AS IDENTITY (START WITH 5)",
        ),
        (
            "INT GENERATED ALWAYS AS (a + 1) STORED",
            "integer GENERATED ALWAYS AS (a + 1) STORED",
        ),
    ] {
        assert_eq!(column(sbsql), postgres, "{sbsql}");
    }
    check(&[
        ("SELECT CAST(a AS VARCHAR(3)) AS x, CAST(b AS INT8) AS y, c::UINT64 AS z FROM t", "SELECT CAST(a AS varchar) AS x, CAST(b AS sys.int8) AS y, CAST(c AS sys.uint64) AS z FROM t"),
        ("SELECT TRY_CAST(a AS DATE) AS x FROM t", "SELECT sys_fn.try_cast(CAST(a AS TEXT), CAST(NULL AS date)) AS x FROM t"),
    ]);
}

#[test]
fn operators_and_functions() {
    check(&[
        ("SELECT a / b * c AS x FROM t", "SELECT sys_fn.divide(a, b) * c AS x FROM t"),
        ("SELECT a XOR b AND c AS x FROM t", "SELECT ((a) <> (b AND c)) AS x FROM t"),
        ("SELECT a -> 'b' ->> 'c' = 'd' AS x FROM t", "SELECT ((a -> 'b') ->> 'c') = 'd' AS x FROM t"),
        ("SELECT a <-> ? AS d FROM t ORDER BY a <=> ? LIMIT 1", "SELECT a <-> $1 AS d FROM t ORDER BY a <=> $2 LIMIT 1"),
        ("SELECT a FROM t WHERE b LIKE $1", "SELECT a FROM t WHERE b LIKE $1 ESCAPE ''"),
        ("SELECT a FROM t WHERE b LIKE 'x%'", "SELECT a FROM t WHERE b LIKE 'x%'"),
        ("SELECT a ** 2 ** 3 AS x FROM t", "SELECT power(power(a, 2), 3) AS x FROM t"),
        ("SELECT 1 + 2, f(x), a, count(*), iif(a, 1, 2) FROM t", "SELECT 1 + 2 AS \"column1\", f(x), a, count(*), CASE WHEN a THEN 1 ELSE 2 END AS \"iif\" FROM t"),
        ("SELECT a + 1 FROM t ORDER BY column1", "SELECT a + 1 FROM t ORDER BY column1"),
        ("SELECT CURRENT_USER, current_schema(), uuid_v7() AS u", "SELECT sys_fn.current_user(), sys_fn.current_schema(), uuidv7() AS u"),
        ("SELECT TOP 3 a FROM t ORDER BY a", "SELECT a FROM t ORDER BY a LIMIT 3"),
        ("SELECT a FROM t LEFT LATERAL JOIN (SELECT 1) x ON TRUE", "SELECT a FROM t LEFT JOIN LATERAL (SELECT 1) x ON true"),
        ("SELECT sum(a) OVER (ORDER BY b ROWS BETWEEN 2 PRECEDING AND 1 FOLLOWING EXCLUDE TIES) AS s FROM t", "SELECT sum(a) OVER (ORDER BY b ROWS BETWEEN 2 PRECEDING AND 1 FOLLOWING EXCLUDE TIES) AS s FROM t"),
        ("INSERT INTO t (a) VALUES (?) ON CONFLICT (a, \"B\") WHERE c = ? AND \"D\" IS TRUE DO NOTHING", "INSERT INTO t (a) VALUES ($1) ON CONFLICT(a, \"B\") WHERE c = $2 AND \"D\" IS TRUE DO NOTHING"),
        ("SELECT l2_distance($1, '[1]') AS d", "SELECT ((CAST($1 AS vector)) <-> ('[1]')) AS d"),
        ("SELECT a FROM t ORDER BY cosine_distance(v, vector($1)) LIMIT 2", "SELECT a FROM t ORDER BY ((v) <=> (CAST($1 AS vector))) LIMIT 2"),
        ("SELECT negative_inner_product(a, b)", "SELECT ((a) <#> (b)) AS \"negative_inner_product\""),
    ]);
    assert_eq!(refused("SELECT a ^ 2 FROM t").sqlstate, "42000");
    assert_eq!(refused("SELECT metaphone('x')").sqlstate, "0A000");
    assert_eq!(refused("SELECT DISTINCT ON (a) a FROM t").sqlstate, "42000");
    assert_eq!(refused("SELECT * FROM a NATURAL JOIN b").sqlstate, "42000");
}

#[test]
fn kinds_tags_and_rows() {
    for (sql, kind, tag, rows) in [
        ("select 1", Kind::Query, "SELECT", true),
        ("(SELECT 1)", Kind::Query, "SELECT", true),
        ("VALUES (1)", Kind::Query, "VALUES", true),
        (
            "WITH x AS (SELECT 1) SELECT * FROM x",
            Kind::Query,
            "WITH",
            true,
        ),
        ("insert into t values (1)", Kind::Insert, "INSERT", false),
        (
            "INSERT INTO t VALUES (1) RETURNING a",
            Kind::Insert,
            "INSERT",
            true,
        ),
        (
            "WITH x AS (SELECT 1) INSERT INTO t SELECT * FROM x",
            Kind::Insert,
            "WITH",
            false,
        ),
        (
            "UPDATE t SET a = 1 RETURNING a",
            Kind::Update,
            "UPDATE",
            true,
        ),
        ("DELETE FROM t", Kind::Delete, "DELETE", false),
        ("CREATE TABLE t (a INT)", Kind::Ddl, "CREATE", false),
        ("GRANT SELECT ON t TO PUBLIC", Kind::Ddl, "GRANT", false),
        ("BEGIN", Kind::Begin, "BEGIN", false),
        ("START TRANSACTION READ ONLY", Kind::Begin, "START", false),
        ("COMMIT WORK", Kind::Commit, "COMMIT", false),
        ("ROLLBACK", Kind::Rollback, "ROLLBACK", false),
        (
            "ROLLBACK TO SAVEPOINT \"S\"",
            Kind::RollbackTo("S".into()),
            "ROLLBACK",
            false,
        ),
        (
            "SAVEPOINT S",
            Kind::Savepoint("s".into()),
            "SAVEPOINT",
            false,
        ),
        ("RELEASE s", Kind::Release("s".into()), "RELEASE", false),
        (
            "SET TRANSACTION SNAPSHOT",
            Kind::SetTransaction,
            "SET",
            false,
        ),
        (
            "PREPARE TRANSACTION 'g'",
            Kind::PrepareTransaction,
            "PREPARE",
            false,
        ),
        ("COMMIT PREPARED 'g'", Kind::CommitPrepared, "COMMIT", false),
        (
            "ROLLBACK PREPARED 'g'",
            Kind::RollbackPrepared,
            "ROLLBACK",
            false,
        ),
        ("EXECUTE PROCEDURE p(1)", Kind::Call, "EXECUTE", true),
        ("SHOW VERSION", Kind::Show, "SHOW", true),
        ("SET LANGUAGE en", Kind::Set, "SET", false),
        ("LISTEN c", Kind::Listen("c".into()), "LISTEN", false),
        (
            "UNSUBSCRIBE c",
            Kind::Unlisten(Some("c".into())),
            "UNSUBSCRIBE",
            false,
        ),
        ("UNLISTEN *", Kind::Unlisten(None), "UNLISTEN", false),
        ("POST c 'x'", Kind::Notify, "POST", false),
        ("EXPLAIN SELECT 1", Kind::Explain, "EXPLAIN", true),
        ("LOCK TABLE t IN EXCLUSIVE MODE", Kind::Lock, "LOCK", false),
        ("FETCH NEXT FROM c", Kind::Cursor, "FETCH", true),
        (
            "UPSERT INTO t (a) VALUES (1)",
            Kind::Insert,
            "UPSERT",
            false,
        ),
        ("SEARCH c v <-> $1 TOP 2", Kind::Query, "SEARCH", true),
        ("", Kind::Empty, "EMPTY", false),
        (" ;; ", Kind::Empty, "EMPTY", false),
    ] {
        let statement = one(sql);
        assert_eq!(
            (
                statement.kind,
                statement.tag.as_str(),
                statement.returns_rows
            ),
            (kind, tag, rows),
            "{sql}"
        );
    }
    for (name, level) in [
        ("READ UNCOMMITTED", "READ COMMITTED"),
        ("READ CONSISTENCY", "READ COMMITTED"),
        ("READ COMMITTED", "READ COMMITTED"),
        ("SNAPSHOT", "REPEATABLE READ"),
        ("REPEATABLE READ", "REPEATABLE READ"),
        ("SNAPSHOT TABLE STABILITY", "SERIALIZABLE"),
        ("SERIALIZABLE", "SERIALIZABLE"),
    ] {
        assert_eq!(
            one(&format!("BEGIN ISOLATION LEVEL {name}")).sql,
            format!("BEGIN ISOLATION LEVEL {level}")
        );
    }
}

#[test]
fn several_statements_and_their_places() {
    let text = "SELECT 1 AS a; -- between\n INSERT INTO t VALUES (?, ?) ;; UPDATE t SET a = $2;";
    let statements = all(text).unwrap();
    assert_eq!(statements.len(), 3);
    assert_eq!(
        statements.iter().map(|s| s.parameters).collect::<Vec<_>>(),
        [0, 2, 2]
    );
    assert_eq!(
        &text[statements[1].source.clone()],
        "INSERT INTO t VALUES (?, ?)"
    );
    assert_eq!(&text[statements[2].source.clone()], "UPDATE t SET a = $2");
    let routine = "CREATE FUNCTION f(a INT) RETURNS INT AS DECLARE v INT; BEGIN v = CASE WHEN a > 0 THEN 1 ELSE 2 END; RETURN v; END; SELECT f(1)";
    assert_eq!(all(routine).unwrap().len(), 2);
    assert_eq!(
        all("CREATE FUNCTION f(a INT) RETURNS INT AS RETURN a + 1; SELECT f(1)")
            .unwrap()
            .len(),
        2
    );
    assert_eq!(
        all("BEGIN; INSERT INTO t VALUES (1); END").unwrap().len(),
        3
    );
}

#[test]
fn parameters() {
    assert_eq!(one("SELECT $2 AS a, $1 AS b, $2 AS c").parameters, 2);
    assert_eq!(
        one("SELECT ? AS a WHERE ? = ?").sql,
        "SELECT $1 AS a WHERE $2 = $3"
    );
    assert_eq!(one("SELECT '?' AS a, \"?\" AS b -- ?\n").parameters, 0);
    assert_eq!(
        one("SELECT ? || 'x' AS a, ?|| 'y' AS b").sql,
        "SELECT $1 || 'x' AS a, $2 || 'y' AS b"
    );
    assert_eq!(one("SELECT a ?| b AS x FROM t").parameters, 0);
    assert_eq!(
        refused("SELECT $1, ?").code,
        "SBSQL.PARAMETER.MIXED_MARKERS"
    );
    assert_eq!(
        refused("SELECT :name").code,
        "SBSQL.PARAMETER.NAMED_UNBOUND"
    );
    assert_eq!(refused("SELECT $0").sqlstate, "42000");
    let many = format!("SELECT {}", vec!["?"; 70_000].join(", "));
    assert_eq!(refused(&many).sqlstate, "54000");
    let options = Options {
        max_text_bytes: 10,
        ..Options::default()
    };
    assert_eq!(
        translate("SELECT 1 AS number", &options)
            .unwrap_err()
            .sqlstate,
        "54000"
    );
}

#[test]
fn lookups() {
    let rows = |cells: &[&str]| {
        cells
            .iter()
            .map(|c| vec![Some((*c).to_owned())])
            .collect::<Vec<_>>()
    };
    let upsert = one("UPSERT INTO a.t (id, \"V\") VALUES (?, ?) RETURNING id");
    assert_eq!(
        upsert.lookup.as_ref().unwrap().sql,
        "SELECT column_name FROM sys_fn.primary_key('a.t')"
    );
    assert_eq!(
        upsert.resolve(&rows(&["id"])).unwrap().sql,
        "INSERT INTO a.t (id, \"V\") VALUES ($1, $2) ON CONFLICT (id) DO UPDATE SET \"V\" = EXCLUDED.\"V\" RETURNING id"
    );
    assert!(upsert
        .resolve(&rows(&["id", "V"]))
        .unwrap()
        .sql
        .contains("ON CONFLICT (id, \"V\") DO NOTHING"));
    assert_eq!(upsert.resolve(&[]).unwrap_err().sqlstate, "42000");
    let search = one("SEARCH t WITH (VECTOR = $1, LIMIT = 2)");
    let answer = vec![vec![Some("v".to_owned()), Some("COSINE".to_owned())]];
    assert_eq!(
        search.resolve(&answer).unwrap().sql,
        "SELECT *, v <=> $1 AS distance FROM t ORDER BY v <=> $1 LIMIT 2"
    );
    assert_eq!(search.resolve(&[]).unwrap_err().sqlstate, "42000");
    assert!(one("SEARCH t WITH (VECTOR = $1, COLUMN = v, METRIC = L2)")
        .lookup
        .is_none());
}

#[test]
fn copy() {
    let statement = one(
        "COPY a.b.t (x, \"Y\") FROM STDIN CSV WITH HEADER, DELIMITER ';', NULL 'nil', MAX ERRORS 3",
    );
    assert_eq!(
        statement.sql,
        "COPY \"a.b\".t (x, \"Y\") FROM STDIN (FORMAT csv, HEADER true, DELIMITER ';', NULL 'nil')"
    );
    let Kind::Copy(copy) = statement.kind else {
        panic!()
    };
    assert_eq!(
        (copy.direction, copy.format, copy.header, copy.max_errors),
        (CopyDirection::In, CopyFormat::Csv, true, Some(3))
    );
    assert_eq!(
        (copy.table.as_deref(), copy.columns),
        (Some("\"a.b\".t"), vec!["x".to_owned(), "Y".to_owned()])
    );
    let Kind::Copy(copy) = one("COPY t FROM STDIN JSONL").kind else {
        panic!()
    };
    assert_eq!(copy.format, CopyFormat::JsonLines);
    assert_eq!(
        one("COPY QUERY (SELECT a FROM t) TO STDOUT").sql,
        "COPY (SELECT a FROM t) TO STDOUT (FORMAT csv)"
    );
    assert_eq!(refused("COPY t FROM '/etc/passwd'").sqlstate, "0A000");
    assert_eq!(refused("COPY t FROM STDIN LOCATION 'x'").sqlstate, "0A000");
    assert_eq!(refused("COPY t FROM STDIN WITH NONSENSE").sqlstate, "42000");
}

#[test]
fn refusals_say_where() {
    for (sql, code, offset) in [
        ("SELECT 'abc", "SBSQL.LEXER.STRING_UNCLOSED", Some(7)),
        ("SELECT \"abc", "SBSQL.LEXER.IDENTIFIER_UNCLOSED", Some(7)),
        ("SELECT /* abc", "SBSQL.LEXER.COMMENT_UNCLOSED", Some(7)),
        ("SELECT $$abc", "SBSQL.LEXER.STRING_UNCLOSED", Some(7)),
        ("SELECT 1 \u{202E} 2", "SBSQL.LEXER.BIDI_CONTROL", Some(9)),
        ("SELECT \u{1}", "SBSQL.LEXER.CONTROL_CHARACTER", Some(7)),
        ("SELECT \\x", "SBSQL.LEXER.SYMBOL_UNEXPECTED", Some(7)),
        ("SELECT UUID 'xyz'", "SBSQL.LEXER.UUID_MALFORMED", Some(7)),
        ("SELECT X'0'", "SBSQL.LEXER.BINARY_MALFORMED", Some(7)),
        ("SELECT 12abc", "SBSQL.LEXER.NUMBER_MALFORMED", Some(7)),
        ("-- only a comment", "SBSQL.PARSER.EMPTY_STATEMENT", None),
        (
            "SELECT 1; FROBNICATE x",
            "SBSQL.PARSER.STATEMENT_FAMILY_UNKNOWN",
            Some(10),
        ),
        ("SELECT FROM", "SBSQL.PARSER.SYNTAX", Some(7)),
        ("SELECT 1 + ;", "SBSQL.PARSER.SYNTAX", Some(10)),
        ("ALTER TABLE t", "SBSQL.PARSER.SYNTAX", Some(13)),
        (
            "DROP TABLE t CASCADE",
            "SBSQL.DROP_OBJECT_DDL.UNSUPPORTED_SHAPE",
            Some(11),
        ),
        (
            "CREATE PROCEDURE p(a INT)",
            "SBSQL.CREATE_EXECUTABLE_OBJECT_DDL.UNSUPPORTED_SHAPE",
            None,
        ),
        ("SHOW NONSENSE", "SBLR.FAMILY_RECONCILIATION_REQUIRED", None),
    ] {
        let refusal = refused(sql);
        assert_eq!(
            (refusal.sqlstate, refusal.code.as_str()),
            ("42000", code),
            "{sql}"
        );
        if offset.is_some() {
            assert_eq!(refusal.offset, offset, "{sql}");
        }
    }
}
