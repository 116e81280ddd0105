//! UPSERT: an INSERT whose conflict target, the primary key, the catalogue names.

use sqlparser::tokenizer::Token;

use super::{printed, Reader};
use crate::translate::lookup::Lookup;
use crate::translate::names;
use crate::translate::refusal::{Refusal, Result};
use crate::translate::statement::{Kind, Statement};

pub(super) fn upsert(reader: &mut Reader<'_>) -> Result<Statement> {
    reader.need("UPSERT")?;
    reader.need("INTO")?;
    let table = reader.object_sql()?;
    if reader.parser.peek_token_ref().token != Token::LParen {
        return Err(Refusal::rejected(
            "SBSQL.DML.UPSERT_COLUMN_LIST_REQUIRED",
            "UPSERT needs a list of columns",
        ));
    }
    let columns = reader.names()?;
    let source = printed(*reader.parser.parse_query()?)?;
    let tail = if reader.take("RETURNING") {
        let items = reader
            .parser
            .parse_comma_separated(sqlparser::parser::Parser::parse_select_item)?;
        let items = items.into_iter().map(printed).collect::<Result<Vec<_>>>()?;
        format!(" RETURNING {}", items.join(", "))
    } else {
        String::new()
    };
    let list = columns
        .iter()
        .map(|c| names::quote_ident(c))
        .collect::<Vec<_>>()
        .join(", ");
    let head = format!("INSERT INTO {table} ({list}) {source}");
    let rows = !tail.is_empty();
    let mut statement = Statement::new(Kind::Insert, format!("{head}{tail}")).with_rows(rows);
    statement.lookup = Some(Lookup::upsert(&table, head, columns, tail));
    Ok(statement)
}
