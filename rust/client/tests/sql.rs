//! Placeholders and statement shapes: a table of named cases, and properties that hold for any text.

#![allow(clippy::panic, clippy::unwrap_used)]

use proptest::prelude::*;
use scratchbird::sql::{Arguments, ParsedQuery, TransactionControl, MAX_PARAMETERS};
use scratchbird::{Error, ErrorKind};

fn parse(sql: &str, given: Arguments) -> ParsedQuery {
    ParsedQuery::parse(sql, given).unwrap_or_else(|e| panic!("{sql}: {e}"))
}

fn shape(sql: &str) -> ParsedQuery {
    parse(sql, Arguments::None)
}

#[test]
fn positional_styles() {
    let cases = [
        ("SELECT ?, ?", "SELECT $1, $2", 2),
        ("SELECT %s, %s", "SELECT $1, $2", 2),
        ("SELECT $2, $1, $2", "SELECT $2, $1, $2", 2),
        ("SELECT $3", "SELECT $3", 3),
        ("SELECT '?', ?", "SELECT '?', $1", 1),
        ("SELECT 'it''s ?', ?", "SELECT 'it''s ?', $1", 1),
        (r"SELECT 'ends with \', ?", r"SELECT 'ends with \', $1", 1),
        (r"SELECT E'ends with \', ?", r"SELECT E'ends with \', $1", 1),
        (
            "SELECT N'?', X'0A', B'01', ?",
            "SELECT N'?', X'0A', B'01', $1",
            1,
        ),
        (r#"SELECT "a?""b", ?"#, r#"SELECT "a?""b", $1"#, 1),
        ("SELECT `a?`, [b?], ?", "SELECT `a?`, [b?], $1", 1),
        (
            "SELECT t.[b?] FROM t WHERE c = ?",
            "SELECT t.[b?] FROM t WHERE c = $1",
            1,
        ),
        ("SELECT a -- ?\n, ?", "SELECT a -- ?\n, $1", 1),
        ("SELECT a // ?\n, ?", "SELECT a // ?\n, $1", 1),
        ("SELECT a # ?\n, ?", "SELECT a # ?\n, $1", 1),
        ("SELECT a #> '{?}', ?", "SELECT a #> '{?}', $1", 1),
        ("SELECT a <#> ?", "SELECT a <#> $1", 1),
        ("SELECT /* ? */ ?", "SELECT /* ? */ $1", 1),
        (
            "SELECT /*+ a /* ? */ ? */ ?",
            "SELECT /*+ a /* ? */ ? */ $1",
            1,
        ),
        ("SELECT $$?$1$$, ?", "SELECT $$?$1$$, $1", 1),
        ("SELECT $q$ ? $$ $q$, ?", "SELECT $q$ ? $$ $q$, $1", 1),
        ("SELECT ?::int, x::int", "SELECT $1::int, x::int", 1),
        (
            "SELECT j ?| 'a', j ?& 'b', j ?? 'c', ?",
            "SELECT j ?| 'a', j ?& 'b', j ?? 'c', $1",
            1,
        ),
        ("SELECT ?||'x', ?&&y", "SELECT $1||'x', $2&&y", 2),
        ("SELECT 5 % 2, ?", "SELECT 5 % 2, $1", 1),
        ("SELECT a%size, '100%', ?", "SELECT a%size, '100%', $1", 1),
        ("SELECT 5 %% 2, ?", "SELECT 5 %% 2, $1", 1),
        ("SELECT 5 %% 2, %s", "SELECT 5 % 2, $1", 1),
        (
            "SELECT * FROM t WHERE a LIKE 'x%%' AND b = %s",
            "SELECT * FROM t WHERE a LIKE 'x%' AND b = $1",
            1,
        ),
        ("SELECT '%s', %s", "SELECT '%s', $1", 1),
        ("SELECT %%s, %s", "SELECT %s, $1", 1),
        ("SELECT '12:30', ?", "SELECT '12:30', $1", 1),
        (
            "SELECT a[1:2], a[lo:hi], ?",
            "SELECT a[1:2], a[lo:hi], $1",
            1,
        ),
        ("SELECT ARRAY[?, ?][1]", "SELECT ARRAY[$1, $2][1]", 2),
        ("LIMIT?OFFSET?", "LIMIT $1 OFFSET $2", 2),
        ("SELECT ?1", "SELECT $1 1", 1),
        ("{call p(?, ?)}", "EXECUTE PROCEDURE p($1, $2)", 2),
        ("{? = call f(?)}", "SELECT f($1) AS return_value", 1),
        ("SELECT 1", "SELECT 1", 0),
    ];
    for (sql, expected, count) in cases {
        let query = parse(sql, Arguments::Positional);
        assert_eq!((query.sql(), query.parameter_count()), (expected, count));
        assert!(query.names().is_none());
        assert_eq!(query.original(), sql);
        query.check_count(count).unwrap();
    }
}

#[test]
fn named_styles() {
    let cases: [(&str, &str, &[&str]); 20] = [
        (
            "SELECT * FROM widgets WHERE id = :id",
            "SELECT * FROM widgets WHERE id = $1",
            &["id"],
        ),
        ("SELECT :a, :b, :a", "SELECT $1, $2, $1", &["a", "b"]),
        (
            "SELECT %(a)s, %(b c)s, %(a)s",
            "SELECT $1, $2, $1",
            &["a", "b c"],
        ),
        (
            "SELECT '%(a)s', 10 %% 3, %(a)s",
            "SELECT '%(a)s', 10 % 3, $1",
            &["a"],
        ),
        ("SELECT 10 % 3, :a", "SELECT 10 % 3, $1", &["a"]),
        ("SELECT 10 %(b) , :a", "SELECT 10 %(b) , $1", &["a"]),
        ("SELECT x::int, :a::int", "SELECT x::int, $1::int", &["a"]),
        (
            "SELECT ':a', \":a\", `:a`, [:a], :a",
            "SELECT ':a', \":a\", `:a`, [:a], $1",
            &["a"],
        ),
        (
            "SELECT '12:30', TIMESTAMP '2026-01-01 12:30:00', :t",
            "SELECT '12:30', TIMESTAMP '2026-01-01 12:30:00', $1",
            &["t"],
        ),
        (
            "SELECT a[1:n], a[:n], a[lo : hi], a[f(:x)]",
            "SELECT a[1:n], a[$1], a[lo : hi], a[f($2)]",
            &["n", "x"],
        ),
        ("SELECT a[:lo : :hi]", "SELECT a[$1 : $2]", &["lo", "hi"]),
        ("SELECT ARRAY[:a, :b]", "SELECT ARRAY[$1, $2]", &["a", "b"]),
        ("SET x := 1, y = :y", "SET x := 1, y = $1", &["y"]),
        (
            "SELECT f(a => :a, b=>:b)",
            "SELECT f(a => $1, b=>$2)",
            &["a", "b"],
        ),
        ("SELECT :größe, :_x1", "SELECT $1, $2", &["größe", "_x1"]),
        (
            "SELECT (:a)-:b*(:c)",
            "SELECT ($1)-$2*($3)",
            &["a", "b", "c"],
        ),
        ("SELECT %(a)s1", "SELECT %(a)s1", &[]),
        ("SELECT -- :a\n :b", "SELECT -- :a\n $1", &["b"]),
        ("LIMIT:n", "LIMIT:n", &[]),
        ("SELECT 1", "SELECT 1", &[]),
    ];
    for (sql, expected, names) in cases {
        let query = parse(sql, Arguments::Named);
        let found: Vec<&str> = query.names().unwrap().iter().map(AsRef::as_ref).collect();
        assert_eq!((query.sql(), found.as_slice()), (expected, names));
        assert_eq!(query.parameter_count(), names.len());
    }
}

#[test]
fn without_parameters_the_text_is_sent_untouched() {
    for sql in ["SELECT ?, $1, %s, %%, :a, %(b)s", "  SELECT 5 %% 2 ;", ""] {
        let query = parse(sql, Arguments::None);
        assert_eq!((query.sql(), query.parameter_count()), (sql, 0));
        query.check_count(0).unwrap();
    }
    assert!(parse("SELECT ?", Arguments::None).has_unbound_markers());
    assert!(parse("SELECT $1", Arguments::None).has_unbound_markers());
    assert!(!parse("SELECT '?', %s, :a", Arguments::None).has_unbound_markers());
    assert!(!parse("SELECT ?", Arguments::Positional).has_unbound_markers());
}

#[test]
fn mixed_styles_are_refused_by_name() {
    let cases = [
        ("SELECT ?, $1", Arguments::Positional, "\"?\" and \"$1\""),
        ("SELECT %s, ?", Arguments::Positional, "\"%s\" and \"?\""),
        ("SELECT :a, ?", Arguments::Positional, "\"?\" and \":a\""),
        ("SELECT :a, %(b)s", Arguments::Named, "\":a\" and \"%(b)s\""),
        ("SELECT :a, ?", Arguments::Named, "\":a\" and \"?\""),
    ];
    for (sql, given, expected) in cases {
        let error = ParsedQuery::parse(sql, given).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::ProgrammingError);
        assert!(error.to_string().contains(expected), "{sql}: {error}");
    }
}

#[test]
fn wrong_counts_and_names_say_which() {
    let message = |sql: &str, given: Arguments, count: usize| {
        let error = parse(sql, given).check_count(count).unwrap_err();
        assert_eq!(
            (error.kind(), error.sqlstate()),
            (ErrorKind::ProgrammingError, Some("07001")),
            "{sql}"
        );
        error.to_string()
    };
    let cases = [
        (
            "SELECT ?, ?",
            Arguments::Positional,
            1,
            "the statement has 2 placeholders, but 1 parameter was given",
        ),
        (
            "SELECT ?",
            Arguments::Positional,
            3,
            "the statement has 1 placeholder, but 3 parameters were given",
        ),
        (
            "SELECT ?",
            Arguments::Positional,
            0,
            "the statement has 1 placeholder, but 0 parameters were given",
        ),
        (
            "SELECT 1",
            Arguments::Positional,
            1,
            "the statement has 0 placeholders, but 1 parameter was given",
        ),
        (
            "SELECT :a",
            Arguments::Positional,
            1,
            "placeholders such as \":a\" need a mapping of parameters, not a sequence",
        ),
        (
            "SELECT %s",
            Arguments::Named,
            1,
            "placeholders such as \"%s\" need a sequence of parameters, not a mapping",
        ),
        (
            "SELECT :a",
            Arguments::Named,
            0,
            "no value was given for the parameter \"a\"",
        ),
    ];
    for (sql, given, count, expected) in cases {
        assert_eq!(
            message(sql, given, count),
            format!("[07001] {expected}"),
            "{sql}"
        );
    }
    // A mapping may hold more than the statement uses; nothing at all fits what has no placeholder of its kind.
    parse("SELECT :a", Arguments::Named).check_count(5).unwrap();
    parse("SELECT 1", Arguments::Named).check_count(5).unwrap();
    parse(
        "CREATE PROCEDURE p AS BEGIN :x = 1; END",
        Arguments::Positional,
    )
    .check_count(0)
    .unwrap();
}

#[test]
fn impossible_numbers_are_refused() {
    for sql in ["SELECT $0", "SELECT $65536", "SELECT $99999999999999999999"] {
        let error = ParsedQuery::parse(sql, Arguments::Positional).unwrap_err();
        assert!(matches!(error, Error::Programming(_)), "{sql}");
    }
    let many = format!("SELECT {}", vec!["?"; MAX_PARAMETERS + 1].join(","));
    assert!(ParsedQuery::parse(&many, Arguments::Positional).is_err());
    let most = format!("SELECT {}", vec!["?"; MAX_PARAMETERS].join(","));
    assert_eq!(
        parse(&most, Arguments::Positional).parameter_count(),
        MAX_PARAMETERS
    );
    assert!(ParsedQuery::parse("SELECT 1\0", Arguments::None).is_err());
}

#[test]
fn verbs_and_queries() {
    let cases = [
        ("SELECT 1", "SELECT", true),
        ("/* c */ select 1", "SELECT", true),
        ("((SELECT 1) UNION SELECT 2)", "SELECT", true),
        ("VALUES (1)", "VALUES", true),
        ("SHOW VERSION", "SHOW", true),
        ("EXPLAIN SELECT 1", "EXPLAIN", true),
        ("WITH a AS (SELECT 1) SELECT * FROM a", "SELECT", true),
        (
            "WITH a AS (SELECT 1), b AS (VALUES (2)) INSERT INTO t SELECT * FROM a",
            "INSERT",
            false,
        ),
        (
            "WITH a AS (SELECT 1) DELETE FROM t RETURNING id",
            "DELETE",
            true,
        ),
        ("INSERT INTO t VALUES (1)", "INSERT", false),
        (
            "INSERT INTO t (returning_x) VALUES ('RETURNING')",
            "INSERT",
            false,
        ),
        ("INSERT INTO t VALUES (1) RETURNING id", "INSERT", true),
        ("UPDATE t SET a = (SELECT 1)", "UPDATE", false),
        ("EXECUTE PROCEDURE p(1)", "EXECUTE", true),
        ("CREATE TABLE t (a int)", "CREATE", false),
        ("FROBNICATE t", "?", false),
        (" -- nothing\n", "", false),
    ];
    for (sql, verb, is_query) in cases {
        let query = shape(sql);
        assert_eq!((query.verb(), query.is_query()), (verb, is_query), "{sql}");
        assert_eq!(query.is_empty(), verb.is_empty());
    }
    assert!(shape("SELECT a FROM t").reads_table());
    assert!(!shape("SELECT EXTRACT(YEAR FROM d)").reads_table());
    assert!(!shape("SELECT (SELECT a FROM t)").reads_table());
}

#[test]
fn transaction_statements() {
    use TransactionControl as T;
    let cases = [
        ("BEGIN", Some(T::Begin)),
        ("begin work;", Some(T::Begin)),
        ("BEGIN TRANSACTION", Some(T::Begin)),
        ("START TRANSACTION READ ONLY", Some(T::Begin)),
        ("BEGIN x = 1; END", None),
        ("COMMIT", Some(T::Commit)),
        ("COMMIT WORK", Some(T::Commit)),
        ("COMMIT PREPARED 'g'", Some(T::TwoPhase)),
        ("PREPARE TRANSACTION 'g'", Some(T::TwoPhase)),
        ("PREPARE p AS SELECT 1", None),
        ("ROLLBACK", Some(T::Rollback)),
        ("ROLLBACK TO SAVEPOINT a", Some(T::RollbackToSavepoint)),
        ("ROLLBACK WORK TO a", Some(T::RollbackToSavepoint)),
        ("SAVEPOINT a", Some(T::Savepoint)),
        ("RELEASE SAVEPOINT a", Some(T::ReleaseSavepoint)),
        ("SET TRANSACTION READ ONLY", Some(T::Characteristics)),
        ("SET ROLE r", None),
        ("SELECT 'COMMIT'", None),
    ];
    for (sql, expected) in cases {
        assert_eq!(shape(sql).transaction_control(), expected, "{sql}");
        assert_eq!(shape(sql).is_transaction_control(), expected.is_some());
    }
}

#[test]
fn several_statements() {
    for sql in [
        "SELECT 1; SELECT 2",
        ";SELECT 1;;SELECT 2;",
        "BEGIN; SELECT 1",
    ] {
        assert!(shape(sql).has_several_statements(), "{sql}");
    }
    for sql in [
        "SELECT 1",
        "SELECT 1;",
        ";;",
        "SELECT ';', \";\" -- ; x\n;",
        "CREATE OR REPLACE PROCEDURE p AS BEGIN a = 1; b = 2; END",
        "EXECUTE BLOCK AS BEGIN a = 1; END",
        "CREATE FUNCTION f AS $$ a; b; $$",
    ] {
        assert!(!shape(sql).has_several_statements(), "{sql}");
    }
}

#[test]
fn insert_shapes() {
    let special = |sql: &str| parse(sql, Arguments::Positional).is_special_insert_shape();
    for sql in [
        "INSERT INTO t (a, b) VALUES (?, ?)",
        "insert into users.public.\"T x\" (\"a\") values ($1)",
        "INSERT INTO [t] ([a,b], c) VALUES (%s, %s);",
        "INSERT INTO t (a,b) VALUES (?,?),(?,?)",
        "INSERT INTO t (a) VALUES (?) RETURNING a",
        "INSERT INTO t (a) VALUES (?) ON CONFLICT (a) DO NOTHING",
    ] {
        assert!(special(sql), "{sql}");
    }
    for sql in [
        "INSERT INTO t VALUES (?, ?)",
        "INSERT INTO t (a, b) VALUES (?, 1)",
        "INSERT INTO t (a, b) VALUES (?, f(?))",
        "INSERT INTO t (a, b) VALUES (?)",
        "INSERT INTO t (a) VALUES (?::int)",
        "INSERT INTO t (a) SELECT ?",
        "INSERT INTO t (a) VALUES (1)",
        "UPDATE t SET a = ?",
        "SELECT * FROM t WHERE (a) IN (VALUES (?))",
        "INSERT INTO t (a) VALUES (?",
    ] {
        assert!(!special(sql), "{sql}");
    }
    assert!(parse("INSERT INTO t (a) VALUES (:a)", Arguments::Named).is_special_insert_shape());

    let insert = |sql: &str| *parse(sql, Arguments::Positional).insert_shape().unwrap();
    let multi = insert("INSERT INTO t (a,b) VALUES (1,?),(ARRAY[1,2],(2)) RETURNING a");
    assert_eq!((multi.columns, multi.values, multi.rows), (Some(2), 2, 2));
    assert!(multi.any_placeholder && !multi.only_placeholders && multi.has_clause);
    assert!(parse("INSERT INTO t VALUES (?),(?)", Arguments::Positional).is_multirow_values());
    let single = insert("INSERT INTO t (a) VALUES (?);");
    assert!(single.rows == 1 && !single.has_clause);
}

#[test]
fn regions_that_a_simple_scanner_misreads() {
    for sql in [
        "SELECT $$what?$$, ?",
        "SELECT $$a $1 b$$, ?",
        "SELECT `a?`, ?",
        "SELECT [a?], ?",
        "SELECT ? // really?",
        "SELECT ? // don't",
        "SELECT ? # it's\n, ?",
        "SELECT j ?| 'a', ?",
        "SELECT /*+ /* */ ? */ ?",
    ] {
        assert!(
            parse(sql, Arguments::Positional).has_naive_hazard(),
            "{sql}"
        );
    }
    for sql in [
        "SELECT '?', \"?\", ? -- ?\n /* ? */",
        "SELECT $$plain$$, `a`, [b], ? // fine",
        "SELECT /*+ index */ ?",
    ] {
        assert!(
            !parse(sql, Arguments::Positional).has_naive_hazard(),
            "{sql}"
        );
    }
}

/// A piece of SQL whose inside must come through unchanged.
fn opaque() -> impl Strategy<Value = String> {
    let body = "[a-z?$:%1 ]{0,12}";
    prop_oneof![
        body.prop_map(|b| format!("'{b}'")),
        body.prop_map(|b| format!("'{b}''{b}'")),
        body.prop_map(|b| format!("\"{b}\"")),
        body.prop_map(|b| format!(" `{b}`")),
        body.prop_map(|b| format!("\nAS [{b}]")),
        body.prop_map(|b| format!("-- {b}\n")),
        body.prop_map(|b| format!("// {b}\n")),
        body.prop_map(|b| format!("# {b}\n")),
        body.prop_map(|b| format!("/* {b} */")),
        "[a-z?:% ]{0,12}".prop_map(|b| format!(" $q${b}$q$ ")),
        "[a-z]{1,8}".prop_map(|b| format!(" {b} ")),
        Just("::int ".to_owned()),
        Just(" , ".to_owned()),
    ]
}

proptest! {
    #[test]
    fn any_text_never_panics(sql in any::<String>()) {
        for given in [Arguments::None, Arguments::Positional, Arguments::Named] {
            let _ = ParsedQuery::parse(&sql, given);
        }
    }

    #[test]
    fn any_sql_like_text_never_panics(sql in "[-a-z0-9?$:%'\"`\\[\\]/*#+;,(){}.=@|& \nü]{0,80}") {
        for given in [Arguments::None, Arguments::Positional, Arguments::Named] {
            if let Ok(query) = ParsedQuery::parse(&sql, given) {
                let _ = query.check_count(1);
            }
        }
    }

    #[test]
    fn text_outside_of_placeholders_is_unchanged(
        pieces in proptest::collection::vec(opaque(), 1..12),
        style in 0usize..3,
    ) {
        let (given, marker) = [
            (Arguments::Positional, "?"),
            (Arguments::Named, ":p"),
            (Arguments::Positional, "$1"),
        ][style];
        let sql = pieces.join(&format!(" {marker} "));
        let holes = pieces.len() - 1;
        let query = ParsedQuery::parse(&sql, given).unwrap();
        let mut number = 0;
        let expected = pieces.iter().fold(String::new(), |text, piece| {
            let joint = if number == 0 {
                String::new()
            } else if style == 0 {
                format!(" ${number} ")
            } else {
                " $1 ".to_owned()
            };
            number += 1;
            text + &joint + piece
        });
        prop_assert_eq!(query.sql(), expected);
        let count = match style {
            0 => holes,
            _ => holes.min(1),
        };
        prop_assert_eq!(query.parameter_count(), count);
    }

    #[test]
    fn a_rewritten_statement_reads_as_itself(pieces in proptest::collection::vec(opaque(), 1..8)) {
        let sql = pieces.join(" ? ");
        let once = ParsedQuery::parse(&sql, Arguments::Positional).unwrap();
        let twice = ParsedQuery::parse(once.sql(), Arguments::Positional).unwrap();
        prop_assert_eq!(once.sql(), twice.sql());
        prop_assert_eq!(once.parameter_count(), twice.parameter_count());
    }
}
