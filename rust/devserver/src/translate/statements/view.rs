//! Views and materialized views.

use sqlparser::tokenizer::Token;

use super::{printed, Reader};
use crate::translate::columns;
use crate::translate::refusal::Result;
use crate::translate::statement::{Kind, Statement};

/// After `CREATE [OR REPLACE] VIEW`.
pub(super) fn create(reader: &mut Reader<'_>, replace: bool) -> Result<Statement> {
    let exists = reader.take_all(&["IF", "NOT", "EXISTS"]);
    let name = reader.object_sql()?;
    let columns = column_list(reader)?;
    let mut with = "";
    if reader.take_all(&["SET", "SECURITY", "INVOKER"])
        || reader.take_all(&["SQL", "SECURITY", "INVOKER"])
    {
        with = " WITH (security_invoker)";
    }
    reader.need("AS")?;
    let query = body(reader)?;
    let check = if reader.take("WITH") {
        let scope = reader
            .take_one_of(&["LOCAL", "CASCADED"])
            .unwrap_or("CASCADED");
        reader.need("CHECK")?;
        reader.need("OPTION")?;
        format!(" WITH {scope} CHECK OPTION")
    } else {
        String::new()
    };
    let replace = if replace { "OR REPLACE " } else { "" };
    let sql = format!("CREATE {replace}VIEW {name}{columns}{with} AS {query}{check}");
    // PostgreSQL has no IF NOT EXISTS for views.
    let sql = if exists {
        super::unless_relation(&name, &sql)
    } else {
        sql
    };
    Ok(Statement::new(Kind::Ddl, sql))
}

/// After `CREATE MATERIALIZED VIEW`.
pub(super) fn create_materialized(reader: &mut Reader<'_>) -> Result<Statement> {
    let exists = if reader.take_all(&["IF", "NOT", "EXISTS"]) {
        "IF NOT EXISTS "
    } else {
        ""
    };
    let name = reader.object_sql()?;
    let columns = column_list(reader)?;
    reader.need("AS")?;
    let query = body(reader)?;
    Ok(Statement::new(
        Kind::Ddl,
        format!("CREATE MATERIALIZED VIEW {exists}{name}{columns} AS {query}"),
    ))
}

fn column_list(reader: &mut Reader<'_>) -> Result<String> {
    if reader.parser.peek_token_ref().token != Token::LParen {
        return Ok(String::new());
    }
    Ok(format!(" {}", reader.name_list()?))
}

fn body(reader: &mut Reader<'_>) -> Result<String> {
    let mut query = reader.parser.parse_query()?;
    columns::name_columns(&mut query);
    printed(*query)
}

pub(super) fn refresh(reader: &mut Reader<'_>) -> Result<Statement> {
    reader.need("REFRESH")?;
    reader.need("MATERIALIZED")?;
    reader.need("VIEW")?;
    let name = reader.object_sql()?;
    Ok(Statement::new(
        Kind::Ddl,
        format!("REFRESH MATERIALIZED VIEW {name}"),
    ))
}
