//! SQL-level cursors and prepared statements.

use super::{dispatch, unknown_family, Reader};
use crate::translate::refusal::{Refusal, Result};
use crate::translate::statement::{Kind, Statement};

pub(super) fn cursor(reader: &mut Reader<'_>, first: &str) -> Result<Statement> {
    reader.parser.advance_token();
    match first {
        "DECLARE" => {
            let name = reader.name()?;
            let scroll = if reader.take_all(&["NO", "SCROLL"]) {
                "NO SCROLL "
            } else if reader.take("SCROLL") {
                "SCROLL "
            } else {
                ""
            };
            reader.need("CURSOR")?;
            let hold = if reader.take_all(&["WITH", "HOLD"]) {
                " WITH HOLD"
            } else {
                ""
            };
            if !reader.take("FOR") {
                reader.need("AS")?;
            }
            let query = inner_query(reader)?;
            Ok(Statement::new(
                Kind::Cursor,
                format!("DECLARE {name} {scroll}CURSOR{hold} FOR {query}"),
            ))
        }
        // PostgreSQL opens a cursor where it declares it; moving it by nothing says whether it is there.
        "OPEN" => Ok(Statement::new(
            Kind::Cursor,
            format!("MOVE FORWARD 0 IN {}", reader.name()?),
        )),
        "FETCH" => {
            let mut direction = String::new();
            if let Some(word) = reader.take_one_of(&[
                "NEXT", "PRIOR", "FIRST", "LAST", "ALL", "FORWARD", "BACKWARD", "ABSOLUTE",
                "RELATIVE",
            ]) {
                direction = word.to_owned();
            }
            let counts = matches!(direction.as_str(), "ABSOLUTE" | "RELATIVE");
            let token = &reader.parser.peek_token_ref().token;
            if counts || matches!(token, sqlparser::tokenizer::Token::Number(..)) {
                direction = format!("{direction} {}", reader.number()?)
                    .trim_start()
                    .to_owned();
            }
            if !reader.take("FROM") {
                reader.take("IN");
            }
            let name = reader.name()?;
            Ok(Statement::new(
                Kind::Cursor,
                format!("FETCH {direction} FROM {name}").replace("  ", " "),
            )
            .with_rows(true))
        }
        "CLOSE" => Ok(Statement::new(
            Kind::Cursor,
            format!("CLOSE {}", reader.name()?),
        )),
        "DEALLOCATE" => {
            reader.take("PREPARE");
            Ok(Statement::new(
                Kind::Cursor,
                format!("DEALLOCATE {}", reader.name()?),
            ))
        }
        _ => Err(unknown_family()),
    }
}

fn inner_query(reader: &mut Reader<'_>) -> Result<String> {
    let inner = dispatch(reader, "SELECT")?;
    if inner.kind != Kind::Query {
        return Err(Refusal::syntax("a cursor is declared for a query"));
    }
    Ok(inner.sql)
}
