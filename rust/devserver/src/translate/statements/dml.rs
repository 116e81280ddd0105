//! INSERT, UPDATE, DELETE and MERGE, through the parser's own grammar.

use super::query::change_shape;
use super::{printed, unknown_family, Reader};
use crate::translate::refusal::Result;
use crate::translate::statement::Statement;

pub(super) fn change(reader: &mut Reader<'_>) -> Result<Statement> {
    let parsed = reader.parser.parse_statement()?;
    let (kind, rows) = change_shape(&parsed).ok_or_else(unknown_family)?;
    Ok(Statement::new(kind, printed(parsed)?).with_rows(rows))
}
