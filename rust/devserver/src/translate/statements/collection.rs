//! Vector collections: a table, an index on its vector column, and an entry in the catalogue's register of collections.

use sqlparser::tokenizer::Token;

use super::{index, table, Reader};
use crate::translate::names::{fold, quote_ident, quote_literal};
use crate::translate::refusal::{Refusal, Result};
use crate::translate::statement::{Kind, Statement};

#[derive(Default)]
struct Settings {
    dimension: Option<u32>,
    metric: Option<String>,
    method: Option<String>,
    vector_column: Option<String>,
}

/// The widest vector PostgreSQL can index; wider ones are searched exactly.
const MAX_INDEXED_DIMENSION: u32 = 2000;

/// After `CREATE VECTOR COLLECTION`.
pub(super) fn create(reader: &mut Reader<'_>) -> Result<Statement> {
    let exists = reader.take_all(&["IF", "NOT", "EXISTS"]);
    let name = reader.object_sql()?;
    let mut settings = Settings::default();
    let mut columns: Vec<Column> = vec![];
    loop {
        if reader.take("DIMENSION") {
            settings.dimension = Some(dimension(reader)?);
        } else if reader.take("METRIC") {
            reader.symbol(&Token::Eq);
            settings.metric = Some(index::metric_word(reader)?);
        } else if reader.take("INDEX") {
            settings.method = Some(index_method(reader)?);
        } else if reader.take("PAYLOAD") {
            columns = payload(reader, &mut settings)?;
        } else if reader.take("WITH") {
            skip_parentheses(reader)?;
        } else {
            break;
        }
    }
    let Some(dimension) = settings.dimension else {
        return Err(Refusal::rejected(
            "SBSQL.VECTOR_COLLECTION.DIMENSION_REQUIRED",
            "a vector collection needs a DIMENSION",
        ));
    };
    let vector = match settings.vector_column.clone() {
        Some(column) => column,
        None => {
            columns.push(Column::Vector("embedding vector".to_owned(), String::new()));
            "embedding".to_owned()
        }
    };
    let columns: Vec<String> = columns.iter().map(|c| c.sql(dimension)).collect();
    let metric = settings.metric.unwrap_or_else(|| "L2".to_owned());
    let method = match settings.method.as_deref() {
        Some("HNSW" | "VECTOR_HNSW") if dimension <= MAX_INDEXED_DIMENSION => "hnsw",
        Some("IVF" | "IVFFLAT" | "VECTOR_IVF") if dimension <= MAX_INDEXED_DIMENSION => "ivfflat",
        _ => "none",
    };
    let exists_sql = if exists { "IF NOT EXISTS " } else { "" };
    let table = format!("CREATE TABLE {exists_sql}{name} ({})", columns.join(", "));
    let register = format!(
        "CALL sys_fn.register_collection({}, {}, {dimension}, {}, {})",
        quote_literal(&name),
        quote_literal(&vector),
        quote_literal(&metric),
        quote_literal(method),
    );
    Ok(Statement::new(Kind::Ddl, super::script(&[table, register])))
}

fn dimension(reader: &mut Reader<'_>) -> Result<u32> {
    reader.symbol(&Token::Eq);
    let text = reader.number()?;
    match text.parse() {
        Ok(n) if (1..=16_000).contains(&n) => Ok(n),
        _ => Err(Refusal::rejected(
            "SBSQL.VECTOR_COLLECTION.DIMENSION_INVALID",
            "a dimension is a whole number from 1 to 16000",
        )),
    }
}

fn index_method(reader: &mut Reader<'_>) -> Result<String> {
    reader.take("METHOD");
    reader.symbol(&Token::Eq);
    Ok(reader.ident()?.value.to_ascii_uppercase())
}

/// A column of the collection; a vector without a dimension of its own takes the collection's.
enum Column {
    Plain(String),
    Vector(String, String),
}

impl Column {
    fn sql(&self, dimension: u32) -> String {
        match self {
            Column::Plain(sql) => sql.clone(),
            Column::Vector(head, tail) if head.ends_with(')') => format!("{head}{tail}"),
            Column::Vector(head, tail) => format!("{head}({dimension}){tail}"),
        }
    }
}

fn payload(reader: &mut Reader<'_>, settings: &mut Settings) -> Result<Vec<Column>> {
    reader.need_symbol(&Token::LParen)?;
    let mut columns = vec![];
    loop {
        columns.push(payload_column(reader, settings)?);
        if !reader.symbol(&Token::Comma) {
            break;
        }
    }
    reader.need_symbol(&Token::RParen)?;
    Ok(columns)
}

fn payload_column(reader: &mut Reader<'_>, settings: &mut Settings) -> Result<Column> {
    let is_vector = ["VECTOR", "DENSE_VECTOR", "HALFVEC"]
        .iter()
        .any(|w| reader.at_nth(1, w));
    if !is_vector {
        return table::column(reader).map(Column::Plain);
    }
    let name = fold(&reader.ident()?);
    let found = reader.column_type()?;
    let head = format!("{} {}", quote_ident(&name), found.sql);
    let mut tail = String::new();
    settings.vector_column.get_or_insert(name);
    loop {
        if reader.take_all(&["NOT", "NULL"]) {
            tail.push_str(" NOT NULL");
        } else if reader.take("NULL") {
            tail.push_str(" NULL");
        } else if reader.take("METRIC") {
            reader.symbol(&Token::Eq);
            let metric = index::metric_word(reader)?;
            settings.metric.get_or_insert(metric);
        } else if reader.take("INDEX") {
            let method = index_method(reader)?;
            settings.method.get_or_insert(method);
        } else {
            return Ok(Column::Vector(head, tail));
        }
    }
}

fn skip_parentheses(reader: &mut Reader<'_>) -> Result<()> {
    reader.need_symbol(&Token::LParen)?;
    let mut depth = 1usize;
    while depth > 0 {
        match reader.parser.next_token().token {
            Token::LParen => depth += 1,
            Token::RParen => depth -= 1,
            Token::EOF => return reader.expected("`)`"),
            _ => {}
        }
    }
    Ok(())
}

/// After `REINDEX VECTOR COLLECTION`.
pub(super) fn reindex(reader: &mut Reader<'_>) -> Result<Statement> {
    let name = reader.object_sql()?;
    let mut method = String::new();
    if reader.take("WITH") {
        reader.need_symbol(&Token::LParen)?;
        if !reader.take("METHOD") {
            return reader.expected("METHOD");
        }
        reader.symbol(&Token::Eq);
        method = match reader.ident()?.value.to_ascii_uppercase().as_str() {
            "HNSW" | "VECTOR_HNSW" => "hnsw",
            "IVF" | "IVFFLAT" | "VECTOR_IVF" => "ivfflat",
            "EXACT" | "FLAT" | "VECTOR_EXACT" => "none",
            other => {
                return Err(Refusal::unsupported(format!(
                    "the index method {other} is not served"
                )))
            }
        }
        .to_owned();
        reader.need_symbol(&Token::RParen)?;
    }
    Ok(Statement::new(
        Kind::Ddl,
        format!(
            "CALL sys_fn.reindex_collection({}, {})",
            quote_literal(&name),
            quote_literal(&method)
        ),
    ))
}
