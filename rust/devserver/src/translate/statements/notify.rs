//! Event channels and notifications.

use sqlparser::tokenizer::Token;

use super::Reader;
use crate::translate::names::{parts, quote_ident, quote_literal};
use crate::translate::refusal::Result;
use crate::translate::statement::{Kind, Statement};

/// A channel's name: the last part of a path.
pub(super) fn channel(reader: &mut Reader<'_>) -> Result<String> {
    if let Token::SingleQuotedString(text) = reader.parser.peek_token().token {
        reader.parser.advance_token();
        return Ok(text);
    }
    let parts = parts(&reader.object()?)?;
    Ok(parts.into_iter().next_back().unwrap_or_default())
}

/// After `CREATE EVENT CHANNEL`.
pub(super) fn create(reader: &mut Reader<'_>) -> Result<Statement> {
    let exists = reader.take_all(&["IF", "NOT", "EXISTS"]);
    let name = channel(reader)?;
    Ok(Statement::new(
        Kind::Ddl,
        format!(
            "CALL sys_fn.create_event_channel({}, {exists})",
            quote_literal(&name)
        ),
    ))
}

pub(super) fn listen(reader: &mut Reader<'_>) -> Result<Statement> {
    reader.parser.advance_token();
    reader.take("EVENT");
    reader.take("CHANNEL");
    let name = channel(reader)?;
    Ok(Statement::new(
        Kind::Listen(name.clone()),
        format!("LISTEN {}", quote_ident(&name)),
    ))
}

pub(super) fn unlisten(reader: &mut Reader<'_>) -> Result<Statement> {
    reader.parser.advance_token();
    reader.take("EVENT");
    reader.take("CHANNEL");
    if reader.symbol(&Token::Mul) || reader.take("ALL") {
        return Ok(Statement::new(Kind::Unlisten(None), "UNLISTEN *"));
    }
    let name = channel(reader)?;
    Ok(Statement::new(
        Kind::Unlisten(Some(name.clone())),
        format!("UNLISTEN {}", quote_ident(&name)),
    ))
}

/// NOTIFY and POST; the payload may be a parameter.
pub(super) fn notify(reader: &mut Reader<'_>) -> Result<Statement> {
    reader.parser.advance_token();
    reader.take("EVENT");
    let name = channel(reader)?;
    reader.symbol(&Token::Comma);
    reader.take("PAYLOAD");
    let payload = if reader.is_end() {
        "''".to_owned()
    } else {
        reader.expr_sql()?
    };
    // A query rather than NOTIFY, which takes no parameters; its row is not for the client.
    let sql = format!(
        "SELECT pg_notify({}, CAST({payload} AS text))",
        quote_literal(&name)
    );
    Ok(Statement::new(Kind::Notify, sql))
}
