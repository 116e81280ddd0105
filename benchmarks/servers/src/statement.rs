//! What a statement asks for. Only what the workloads send is understood.

use crate::dataset::{Dataset, Table};

pub enum Answer<'a> {
    Rows {
        table: &'a Table,
        count: usize,
    },
    Done {
        tag: &'static str,
    },
    CopyIn,
    /// A question of pgvector's adapters for the type `vector`.
    VectorType {
        asyncpg: bool,
    },
}

pub fn answer<'a>(sql: &str, dataset: &'a Dataset) -> Answer<'a> {
    let mut sql = sql.trim().to_ascii_lowercase();
    if sql.contains('\n') {
        // As SQLAlchemy writes them.
        sql = sql.split_whitespace().collect::<Vec<_>>().join(" ");
    }
    let rows = |table| Answer::Rows {
        table,
        count: limit(&sql).unwrap_or(usize::from(sql.contains(" where "))),
    };
    if sql.contains("pg_type") {
        return Answer::VectorType {
            asyncpg: sql.contains("typelem"),
        };
    }
    let verb = sql.split([' ', '\n', ';']).next().unwrap_or_default();
    match verb {
        "select" if sql.contains(" from mixed") => rows(&dataset.mixed),
        "select" if sql.contains("distance") => rows(&dataset.nearest),
        "select" if sql.contains(" from \"vectors\"") || sql.contains(" from vectors") => {
            rows(&dataset.vectors)
        }
        "select" if sql.contains(" from \"seven\"") || sql.contains(" from seven") => {
            rows(&dataset.seven)
        }
        "select" => Answer::Rows {
            table: &dataset.one,
            count: 1,
        },
        "insert" => Answer::Done { tag: "INSERT 0 1" },
        "copy" => Answer::CopyIn,
        "begin" | "start" => Answer::Done { tag: "BEGIN" },
        "commit" | "end" => Answer::Done { tag: "COMMIT" },
        "rollback" => Answer::Done { tag: "ROLLBACK" },
        "savepoint" => Answer::Done { tag: "SAVEPOINT" },
        "release" => Answer::Done { tag: "RELEASE" },
        _ => Answer::Done { tag: "SET" },
    }
}

fn limit(sql: &str) -> Option<usize> {
    let (_, rest) = sql.split_once(" limit ")?;
    let digits = rest
        .trim_start_matches('(')
        .split(|c: char| !c.is_ascii_digit())
        .next()?;
    digits.parse().ok()
}

/// The types of a statement's parameters, by their number: those of the columns it fills, else integers.
pub fn parameters(sql: &str, dataset: &Dataset) -> Vec<u32> {
    let sql = sql.to_ascii_lowercase();
    let count = (1..).take_while(|n| sql.contains(&format!("${n}"))).count();
    let table = [("seven", &dataset.seven), ("vectors", &dataset.vectors)]
        .into_iter()
        .find(|(name, _)| sql.contains(&format!("into {name}")));
    (0..count)
        .map(|at| match table {
            Some((_, table)) => table.columns.get(at).map_or(20, |column| column.pg_oid()),
            None if sql.contains("<->") => crate::dataset::PG_VECTOR,
            // The names of types, else keys.
            None if sql.contains("pg_type") => 25,
            None => 20,
        })
        .collect()
}
