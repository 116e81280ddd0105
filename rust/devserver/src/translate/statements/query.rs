//! Queries: SELECT, VALUES, WITH, through the parser's own grammar.

use sqlparser::ast::{Query, SetExpr, Statement as Parsed};

use super::{printed, Reader};
use crate::translate::columns;
use crate::translate::refusal::Result;
use crate::translate::statement::{Kind, Statement};

pub(super) fn query(reader: &mut Reader<'_>) -> Result<Statement> {
    let mut query = reader.parser.parse_query()?;
    let (kind, rows) = shape(&query);
    columns::name_columns(&mut query);
    Ok(Statement::new(kind, printed(*query)?).with_rows(rows))
}

/// WITH may lead a data change as well as a query.
fn shape(query: &Query) -> (Kind, bool) {
    let parsed = match query.body.as_ref() {
        SetExpr::Insert(parsed)
        | SetExpr::Update(parsed)
        | SetExpr::Delete(parsed)
        | SetExpr::Merge(parsed) => parsed,
        _ => return (Kind::Query, true),
    };
    change_shape(parsed).unwrap_or((Kind::Query, true))
}

/// The kind of a data change and whether it returns rows.
pub(super) fn change_shape(parsed: &Parsed) -> Option<(Kind, bool)> {
    Some(match parsed {
        Parsed::Insert(insert) => (Kind::Insert, insert.returning.is_some()),
        Parsed::Update(update) => (Kind::Update, update.returning.is_some()),
        Parsed::Delete(delete) => (Kind::Delete, delete.returning.is_some()),
        Parsed::Merge(merge) => (Kind::Merge, merge.output.is_some()),
        _ => return None,
    })
}
