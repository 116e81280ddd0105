//! Texts nobody writes on purpose: they are refused or translated, never a panic, an overflow or a long wait.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::time::{Duration, Instant};

use scratchbird_devserver::translate::{translate, Options};

/// The stack of a runtime's worker thread.
const STACK: usize = 2 * 1024 * 1024;

fn on_a_worker_stack(test: impl FnOnce() + Send + 'static) {
    std::thread::Builder::new()
        .stack_size(STACK)
        .spawn(test)
        .unwrap()
        .join()
        .unwrap();
}

#[test]
fn long_chains_of_operators() {
    on_a_worker_stack(|| {
        for operator in [" OR a = ", " + ", " || ", " AND a <> "] {
            let sql = format!(
                "SELECT * FROM t WHERE a = {}",
                vec!["1"; 20_000].join(operator)
            );
            let _ = translate(&sql, &Options::default());
        }
        let sql = vec!["SELECT 1"; 5_000].join(" UNION ALL ");
        let _ = translate(&sql, &Options::default());
    });
}

#[test]
fn deep_nesting() {
    on_a_worker_stack(|| {
        for (open, middle, close) in [
            ("(", "1", ")"),
            ("CASE WHEN ", "TRUE", " THEN 1 END"),
            ("NOT ", "TRUE", ""),
            ("-", "1", ""),
            ("ARRAY[", "1", "]"),
            ("f(", "1", ")"),
            ("(SELECT ", "1", ")"),
            ("CAST(", "1", " AS ARRAY<INT>)"),
            ("ARRAY[ARRAY<", "INT", ">]"),
            ("a -> ", "1", ""),
        ] {
            for depth in [10, 100, 10_000] {
                let sql = format!(
                    "SELECT {}{middle}{}",
                    open.repeat(depth),
                    close.repeat(depth)
                );
                let _ = translate(&sql, &Options::default());
            }
        }
        let sql = format!(
            "CREATE TABLE t (a {}INT{})",
            "ARRAY<".repeat(10_000),
            ">".repeat(10_000)
        );
        let _ = translate(&sql, &Options::default());
        let sql = format!(
            "CREATE PROCEDURE p AS {}{}",
            "BEGIN ".repeat(10_000),
            "END ".repeat(10_000)
        );
        let _ = translate(&sql, &Options::default());
        let sql = format!("SELECT {}1{}", "(".repeat(50_000), ")".repeat(50_000));
        let refusal = translate(&sql, &Options::default()).unwrap_err();
        assert_eq!(refusal.sqlstate, "54000");
        let sql = format!("{}SELECT 1", "EXPLAIN ".repeat(10_000));
        assert!(translate(&sql, &Options::default()).is_err());
    });
}

#[test]
fn many_rows_are_translated_in_reasonable_time() {
    let row = "(1, 'some text with an '' in it', -2.5, NULL, TRUE)";
    let sql = format!(
        "INSERT INTO t (a, b, c, d, e) VALUES {}",
        vec![row; 20_000].join(", ")
    );
    let start = Instant::now();
    let statements = translate(&sql, &Options::default()).unwrap();
    assert_eq!(
        statements[0]
            .sql
            .matches("some text with an '' in it")
            .count(),
        20_000
    );
    assert!(
        start.elapsed() < Duration::from_secs(20),
        "{:?}",
        start.elapsed()
    );
}

/// Statements whose pieces are shuffled below.
const CORPUS: &[&str] = &[
    "SELECT a, b AS [c d], `e` FROM users.public.t AS x WHERE a = $1 AND b LIKE 'x%' ESCAPE '!' ORDER BY 1 DESC NULLS LAST LIMIT 3 OFFSET 2 ROWS",
    "INSERT INTO t (a, b) VALUES (1, VECTOR '[1,2]'), (?, DEFAULT) ON CONFLICT (a) DO UPDATE SET b = EXCLUDED.b RETURNING *",
    "CREATE TABLE app.t (id INT8 NOT NULL PRIMARY KEY, v VARCHAR(20) DEFAULT 'a', x ARRAY<ARRAY<INT>>, e ENUM8('a' = 1), CHECK (id > 0)) ON COMMIT DELETE ROWS",
    "CREATE PROCEDURE p(a INT = 3) RETURNS (n INT) AS DECLARE VARIABLE v INT; BEGIN FOR SELECT x FROM t INTO :v DO BEGIN n = :v; SUSPEND; END WHEN ANY DO EXIT; END",
    "CREATE VECTOR COLLECTION g DIMENSION 3 METRIC COSINE INDEX METHOD HNSW PAYLOAD (doc BIGINT, e VECTOR METRIC L2) WITH (p = 'x')",
    "SEARCH g a e <-> VECTOR '[1,0,0]' TOP 3 WHERE a.doc > 3 OFFSET 1",
    "COPY t (a, b) FROM STDIN CSV WITH HEADER, DELIMITER ';', MAX ERRORS 10; COPY QUERY (SELECT 1) TO STDOUT JSONL",
    "SELECT TRY_CAST(x AS INT128), NEXT VALUE FOR s, iif(a XOR b, 1, 2), sum(x) OVER (ORDER BY y ROWS BETWEEN 1 PRECEDING AND CURRENT ROW EXCLUDE TIES)",
    "MERGE INTO t a USING s b ON a.k = b.k WHEN MATCHED THEN UPDATE SET x = b.x WHEN NOT MATCHED THEN INSERT (k) VALUES (b.k)",
    "GRANT SELECT (a), INSERT ON TABLE t TO bob WITH GRANT OPTION; REVOKE ALL ON SCHEMA a.b FROM PUBLIC",
    "SET SEARCH_PATH TO \"a\", b.c; SHOW CREATE TABLE t; EXPLAIN (ANALYZE, FORMAT JSON) UPDATE t SET a = a ** 2; SAVEPOINT s; COMMENT ON COLUMN a.b.c IS NULL",
    "ALTER TABLE a.b ADD CONSTRAINT c FOREIGN KEY (x, y) REFERENCES d (e, f) MATCH FULL ON DELETE SET NULL DEFERRABLE INITIALLY DEFERRED",
    "WITH RECURSIVE s(n) AS (VALUES (1) UNION ALL SELECT n + 1 FROM s) SELECT $$x$$, N'y', X'0A', B'01', 0x1F, 1_0U, 1.5e-3D, 'a' -- c",
    "SELECT JSON '{\"a\":1}' ->> 'a', x::DECIMAL(10,2)[], y @> ARRAY[[1],[2]], {fn now()}, :name, a[1:2], \"q\"\"q\" /* c */ // d\n# e",
];

/// A small generator, so that a failure repeats.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % sides as u64).unwrap()
    }
}

fn pieces(sql: &str) -> Vec<String> {
    let mut found = vec![];
    let mut current = String::new();
    for c in sql.chars() {
        let joins = c.is_alphanumeric() || c == '_';
        if !joins && !current.is_empty() {
            found.push(std::mem::take(&mut current));
        }
        if joins {
            current.push(c);
        } else {
            found.push(c.to_string());
        }
    }
    found.push(current);
    found
}

#[test]
fn shuffled_statements() {
    on_a_worker_stack(|| {
        let parts: Vec<Vec<String>> = CORPUS.iter().map(|s| pieces(s)).collect();
        let mut dice = Dice(0x9E37_79B9_7F4A_7C15);
        let start = Instant::now();
        let mut translated = 0;
        for _ in 0..5_000 {
            let mut sql = parts[dice.roll(parts.len())].clone();
            for _ in 0..dice.roll(4) {
                let other = &parts[dice.roll(parts.len())];
                let at = dice.roll(sql.len());
                match dice.roll(4) {
                    0 => {
                        sql.remove(at);
                    }
                    1 => sql.insert(at, other[dice.roll(other.len())].clone()),
                    2 => sql[at] = other[dice.roll(other.len())].clone(),
                    _ => {
                        let from = dice.roll(other.len());
                        sql.truncate(at);
                        sql.extend_from_slice(&other[from..]);
                    }
                }
                if sql.is_empty() {
                    break;
                }
            }
            let text = sql.concat();
            match translate(&text, &Options::default()) {
                Ok(_) => translated += 1,
                Err(refusal) => {
                    assert_eq!(refusal.sqlstate.len(), 5, "{text}");
                    assert!(refusal.offset.is_none_or(|at| at <= text.len()), "{text}");
                }
            }
            if start.elapsed() > Duration::from_secs(10) {
                break;
            }
        }
        // A quarter or so still parses, so that more than the first token is exercised.
        assert!(translated > 100, "{translated}");
    });
}

#[test]
fn every_character_alone_and_doubled() {
    for c in (0u32..0x3000).filter_map(char::from_u32) {
        for sql in [
            c.to_string(),
            format!("{c}{c}"),
            format!("SELECT {c}"),
            format!("SELECT '{c}' {c} 1"),
            format!("SELECT a{c}b"),
        ] {
            let _ = translate(&sql, &Options::default());
        }
    }
}
