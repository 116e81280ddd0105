//! CREATE INDEX: SBsql's families on PostgreSQL's access methods. What depends on the column's type is decided by a
//! procedure of the catalogue; plain keys are written out.

use sqlparser::ast::Expr;
use sqlparser::tokenizer::Token;

use super::Reader;
use crate::translate::names::quote_literal;
use crate::translate::refusal::{Refusal, Result};
use crate::translate::statement::{Kind, Statement};

struct Key {
    sql: String,
    /// A column alone, whose type decides the operator class.
    column: bool,
    order: String,
}

/// How an index is made in PostgreSQL.
enum Method {
    /// The access method takes any column.
    Plain(&'static str),
    /// The catalogue chooses expression and operator class.
    Typed(&'static str),
}

fn method(word: &str) -> Result<Method> {
    Ok(match word {
        "HASH" => Method::Plain("hash"),
        "BRIN_ZONE" | "COLUMNAR_ZONE" => Method::Typed("brin"),
        "FULL_TEXT" | "FULLTEXT" | "GIN" | "INVERTED" | "NGRAM" | "SPARSE_WAND"
        | "DOCUMENT_PATH" => Method::Typed("gin"),
        "SPATIAL" | "RTREE" | "GIST" => Method::Typed("gist"),
        "SPGIST" => Method::Typed("spgist"),
        "VECTOR_HNSW" | "HNSW" => Method::Typed("hnsw"),
        "VECTOR_IVF" | "IVF" | "IVFFLAT" => Method::Typed("ivfflat"),
        "VECTOR_EXACT" => Method::Typed("exact"),
        "BTREE" | "UNIQUE_BTREE" | "EXPRESSION" | "PARTIAL" | "COVERING" | "BITMAP" | "BLOOM"
        | "GRAPH" | "TEMPORARY_WORK" | "IN_MEMORY" | "REFERENCE_EMULATED" => Method::Plain("btree"),
        "POLICY_BLOCKED" => {
            return Err(Refusal::unsupported(
                "an index of family POLICY_BLOCKED cannot be created",
            ))
        }
        other => {
            return Err(Refusal::rejected(
                "SBSQL.CREATE_INDEX_DDL.UNSUPPORTED_SHAPE",
                format!("unknown index method {other}"),
            ))
        }
    })
}

/// After `CREATE [UNIQUE] INDEX`.
pub(super) fn create(reader: &mut Reader<'_>, mut unique: bool) -> Result<Statement> {
    let exists = if reader.take_all(&["IF", "NOT", "EXISTS"]) {
        "IF NOT EXISTS "
    } else {
        ""
    };
    let name = reader.object()?;
    let name = name
        .0
        .last()
        .and_then(|p| p.as_ident())
        .map(crate::translate::names::fold)
        .unwrap_or_default();
    reader.need("ON")?;
    let table = reader.object_sql()?;
    let mut how = Method::Plain("btree");
    if reader.take("USING") {
        let word = reader.ident()?.value.to_ascii_uppercase();
        unique |= word == "UNIQUE_BTREE";
        how = method(&word)?;
    }
    let (keys, metric) = keys(reader)?;
    let include = if reader.take("INCLUDE") {
        format!(" INCLUDE {}", reader.name_list()?)
    } else {
        String::new()
    };
    let options = options(reader, metric)?;
    let predicate = if reader.take("WHERE") {
        format!(" WHERE {}", reader.expr_sql()?)
    } else {
        String::new()
    };
    let quoted = crate::translate::names::quote_ident(&name);
    let unique = if unique { "UNIQUE " } else { "" };
    let sql = match how {
        Method::Plain(method) => {
            let keys: Vec<String> = keys
                .iter()
                .map(|k| format!("{}{}", k.sql, k.order))
                .collect();
            format!("CREATE {unique}INDEX {exists}{quoted} ON {table} USING {method} ({}){include}{predicate}", keys.join(", "))
        }
        Method::Typed(method) => {
            let [key] = keys.as_slice() else {
                return Err(Refusal::unsupported(
                    "an index of this method takes one key",
                ));
            };
            format!(
                "CALL sys_fn.create_index({}, {}, {}, {}, {}, {}, {}, {}, {})",
                quote_literal(&name),
                quote_literal(&table),
                quote_literal(method),
                quote_literal(&key.sql),
                key.column,
                quote_literal(&options.metric),
                quote_literal(&options.with),
                quote_literal(&predicate),
                !exists.is_empty(),
            )
        }
    };
    Ok(Statement::new(Kind::Ddl, sql))
}

fn keys(reader: &mut Reader<'_>) -> Result<(Vec<Key>, Option<String>)> {
    let mut found = vec![];
    let mut metric = None;
    reader.need_symbol(&Token::LParen)?;
    loop {
        let expr = reader.expr()?;
        let column = matches!(expr, Expr::Identifier(_));
        let sql = match &expr {
            Expr::Identifier(_) => expr.to_string(),
            Expr::Function(function) if function.over.is_none() => expr.to_string(),
            _ => format!("({expr})"),
        };
        let mut order = String::new();
        if let Some(word) = reader.take_one_of(&["ASC", "DESC"]) {
            order = format!(" {word}");
        } else if let Some(word) = reader.take_one_of(METRICS) {
            metric = Some(word.to_owned());
        }
        if reader.take("NULLS") {
            match reader.take_one_of(&["FIRST", "LAST"]) {
                Some(word) => order.push_str(&format!(" NULLS {word}")),
                None => return reader.expected("FIRST or LAST"),
            }
        }
        found.push(Key { sql, column, order });
        if !reader.symbol(&Token::Comma) {
            break;
        }
    }
    reader.need_symbol(&Token::RParen)?;
    Ok((found, metric))
}

/// The words for a distance.
pub(super) const METRICS: &[&str] = &[
    "L2",
    "COSINE",
    "DOT",
    "INNER_PRODUCT",
    "IP",
    "HAMMING",
    "JACCARD",
    "L1",
];

/// The options of an index on vectors: the metric, and what PostgreSQL's method takes.
pub(super) struct Options {
    pub metric: String,
    pub with: String,
}

fn options(reader: &mut Reader<'_>, metric: Option<String>) -> Result<Options> {
    let mut found = Options {
        metric: metric.unwrap_or_default(),
        with: String::new(),
    };
    if reader.take("METRIC") {
        reader.symbol(&Token::Eq);
        found.metric = metric_word(reader)?;
    }
    if !reader.take("WITH") {
        return Ok(found);
    }
    reader.need_symbol(&Token::LParen)?;
    let mut with = vec![];
    loop {
        let name = reader.ident()?.value.to_ascii_lowercase();
        reader.symbol(&Token::Eq);
        match name.as_str() {
            "metric" => found.metric = metric_word(reader)?,
            "m" | "ef_construction" | "lists" => {
                with.push(format!("{name} = {}", reader.number()?))
            }
            _ => {
                return Err(Refusal::rejected(
                    "SBSQL.CREATE_INDEX_DDL.UNSUPPORTED_SHAPE",
                    format!(
                    "unknown index option {name}; reason=index_options_or_predicate_out_of_slice"
                ),
                ))
            }
        }
        if !reader.symbol(&Token::Comma) {
            break;
        }
    }
    reader.need_symbol(&Token::RParen)?;
    found.with = with.join(", ");
    Ok(found)
}

pub(super) fn metric_word(reader: &mut Reader<'_>) -> Result<String> {
    match reader.take_one_of(METRICS) {
        Some(word) => Ok(word.to_owned()),
        None => reader.expected("a metric"),
    }
}

/// After REINDEX.
pub(super) fn reindex(reader: &mut Reader<'_>) -> Result<Statement> {
    reader.need("REINDEX")?;
    if reader.take_all(&["VECTOR", "COLLECTION"]) {
        return super::collection::reindex(reader);
    }
    let Some(kind) = reader.take_one_of(&["INDEX", "TABLE"]) else {
        return reader.expected("INDEX, TABLE or VECTOR COLLECTION");
    };
    let name = reader.object_sql()?;
    Ok(Statement::new(Kind::Ddl, format!("REINDEX {kind} {name}")))
}
