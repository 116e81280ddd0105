//! CREATE FUNCTION, PROCEDURE and TRIGGER, and EXECUTE BLOCK: headers here, bodies in `body`.
//!
//! A procedure is a set-returning function: SUSPEND returns a row, EXECUTE PROCEDURE and SELECT read them. Only one with OUT
//! or INOUT parameters is a procedure of the engine too: EXECUTE PROCEDURE gives their values.

use sqlparser::tokenizer::Token;

use super::body;
use super::scope::Scope;
use super::{table, Reader};
use crate::translate::names::{fold, object_sql, quote_ident};
use crate::translate::refusal::{Refusal, Result};
use crate::translate::statement::{Kind, Statement};

/// A parameter or a result column.
struct Field {
    name: String,
    sql: String,
    is_out: bool,
}

fn unsupported_shape(reason: &str) -> Refusal {
    Refusal::rejected(
        "SBSQL.CREATE_EXECUTABLE_OBJECT_DDL.UNSUPPORTED_SHAPE",
        format!("a routine needs a body of a known shape; reason={reason}"),
    )
}

/// IN, OUT or INOUT where it stands before a name; all three are names too.
fn mode(reader: &mut Reader<'_>) -> &'static str {
    let before_name = matches!(reader.parser.peek_nth_token_ref(2).token, Token::Word(_));
    if before_name && reader.take_all(&["IN", "OUT"]) {
        return "INOUT ";
    }
    let has_type =
        matches!(reader.parser.peek_nth_token_ref(1).token, Token::Word(_)) && before_name;
    match has_type.then(|| reader.take_one_of(&["IN", "OUT", "INOUT"])) {
        Some(Some("OUT")) => "OUT ",
        Some(Some("INOUT")) => "INOUT ",
        _ => "",
    }
}

/// `( [mode] name TYPE [= default], … )`, the parentheses included; nothing when there are none.
fn fields(reader: &mut Reader<'_>, defaults: bool) -> Result<Vec<Field>> {
    let mut found = vec![];
    if !reader.symbol(&Token::LParen) || reader.symbol(&Token::RParen) {
        return Ok(found);
    }
    loop {
        let mode = mode(reader);
        let name = fold(&reader.ident()?);
        let of = reader.column_type()?.sql;
        let mut sql = format!("{mode}{} {of}", quote_ident(&name));
        if reader.take_all(&["NOT", "NULL"]) {
            // The engine checks it at run time; a function of PostgreSQL has no such rule.
        }
        if defaults && (reader.symbol(&Token::Eq) || reader.take("DEFAULT")) {
            sql.push_str(&format!(" DEFAULT {}", table::default(reader)?));
        }
        found.push(Field {
            name,
            sql,
            is_out: !mode.is_empty(),
        });
        if !reader.symbol(&Token::Comma) {
            break;
        }
    }
    reader.need_symbol(&Token::RParen)?;
    Ok(found)
}

fn listed(fields: &[Field]) -> String {
    fields
        .iter()
        .map(|f| f.sql.as_str())
        .collect::<Vec<_>>()
        .join(", ")
}

fn names(fields: &[Field]) -> Vec<String> {
    fields.iter().map(|f| f.name.clone()).collect()
}

/// After `CREATE [OR REPLACE | OR ALTER] PROCEDURE`.
pub(super) fn procedure(reader: &mut Reader<'_>, replace: bool) -> Result<Statement> {
    let name = reader.object()?;
    let target = object_sql(&name)?;
    let parameters = fields(reader, true)?;
    let results = if reader.take("RETURNS") {
        fields(reader, false)?
    } else {
        vec![]
    };
    let gives_back = parameters.iter().any(|parameter| parameter.is_out);
    if gives_back && !results.is_empty() {
        return Err(Refusal::unsupported(
            "a procedure has OUT parameters or RETURNS, not both",
        ));
    }
    let traits = traits(reader)?;
    if !reader.take("AS") {
        return Err(unsupported_shape("executable_object_body_required"));
    }
    let returns = if results.is_empty() {
        "SETOF void".to_owned()
    } else {
        format!("TABLE({})", listed(&results))
    };
    let mut known = names(&parameters);
    known.extend(names(&results));
    let scope = Scope::routine(&name, known, !results.is_empty());
    let code = body::block(reader, scope)?;
    let or_replace = if replace { "OR REPLACE " } else { "" };
    if gives_back {
        return Ok(Statement::new(
            Kind::Ddl,
            format!(
                "CREATE {or_replace}PROCEDURE {target}({}) LANGUAGE plpgsql AS {}",
                listed(&parameters),
                super::dollar(&code)
            ),
        ));
    }
    Ok(Statement::new(
        Kind::Ddl,
        format!(
            "CREATE {or_replace}FUNCTION {target}({}) RETURNS {returns} LANGUAGE plpgsql{traits} AS {}",
            listed(&parameters),
            super::dollar(&code)
        ),
    ))
}

/// After `CREATE [OR REPLACE | OR ALTER] FUNCTION`.
pub(super) fn function(reader: &mut Reader<'_>, replace: bool) -> Result<Statement> {
    let name = reader.object()?;
    let target = object_sql(&name)?;
    let parameters = fields(reader, true)?;
    if parameters.iter().any(|parameter| parameter.is_out) {
        return Err(Refusal::unsupported(
            "a function gives back its result alone; OUT parameters are for procedures",
        ));
    }
    reader.need("RETURNS")?;
    let returns = reader.column_type()?.sql;
    let traits = traits(reader)?;
    reader.take("AS");
    let or_replace = if replace { "OR REPLACE " } else { "" };
    let head = format!(
        "CREATE {or_replace}FUNCTION {target}({}) RETURNS {returns}",
        listed(&parameters)
    );
    if reader.take("RETURN") {
        let expr = reader.expr_sql()?;
        return Ok(Statement::new(
            Kind::Ddl,
            format!("{head} LANGUAGE sql{traits} RETURN {expr}"),
        ));
    }
    if !(reader.at("BEGIN") || reader.at("DECLARE")) {
        return Err(unsupported_shape("executable_object_body_required"));
    }
    let scope = Scope::routine(&name, names(&parameters), false).function();
    let code = body::block(reader, scope)?;
    Ok(Statement::new(
        Kind::Ddl,
        format!(
            "{head} LANGUAGE plpgsql{traits} AS {}",
            super::dollar(&code)
        ),
    ))
}

fn traits(reader: &mut Reader<'_>) -> Result<String> {
    let mut sql = String::new();
    loop {
        if reader.take("DETERMINISTIC") || reader.take("IMMUTABLE") {
            sql.push_str(" IMMUTABLE");
        } else if reader.take_all(&["NOT", "DETERMINISTIC"]) || reader.take("VOLATILE") {
            sql.push_str(" VOLATILE");
        } else if reader.take("STABLE") {
            sql.push_str(" STABLE");
        } else if reader.take_all(&["RETURNS", "NULL", "ON", "NULL", "INPUT"])
            || reader.take("STRICT")
        {
            sql.push_str(" STRICT");
        } else if reader.take_all(&["CALLED", "ON", "NULL", "INPUT"]) {
            sql.push_str(" CALLED ON NULL INPUT");
        } else if reader.take_all(&["SQL", "SECURITY", "DEFINER"]) {
            sql.push_str(" SECURITY DEFINER");
        } else if reader.take_all(&["SQL", "SECURITY", "INVOKER"]) {
            sql.push_str(" SECURITY INVOKER");
        } else if reader.take("LANGUAGE") {
            let language = reader.ident()?.value;
            if !matches!(
                language.to_ascii_uppercase().as_str(),
                "SBSQL" | "SQL" | "PSQL"
            ) {
                return Err(Refusal::unsupported(format!(
                    "a routine in {language} is not served"
                )));
            }
        } else {
            return Ok(sql);
        }
    }
}

/// After `CREATE [OR REPLACE | OR ALTER] TRIGGER`.
pub(super) fn trigger(reader: &mut Reader<'_>, replace: bool) -> Result<Statement> {
    let name = reader.object()?;
    let trigger = name
        .0
        .last()
        .and_then(|p| p.as_ident())
        .map(fold)
        .unwrap_or_default();
    let mut target = None;
    if reader.take("FOR") {
        target = Some(reader.object_sql()?);
    }
    reader.take_one_of(&["ACTIVE", "INACTIVE"]);
    let Some(when) = reader.take_one_of(&["BEFORE", "AFTER"]) else {
        return reader.expected("BEFORE or AFTER");
    };
    let mut events = vec![];
    loop {
        match reader.take_one_of(&["INSERT", "UPDATE", "DELETE"]) {
            Some(event) => events.push(event),
            None => return reader.expected("INSERT, UPDATE or DELETE"),
        }
        if !reader.take("OR") {
            break;
        }
    }
    if reader.take("POSITION") {
        reader.number()?;
    }
    if reader.take("ON") {
        target = Some(reader.object_sql()?);
    }
    let Some(target) = target else {
        return reader.expected("ON");
    };
    reader.take_all(&["FOR", "EACH", "ROW"]);
    reader.take("AS");
    let returned = if events == ["DELETE"] { "OLD" } else { "NEW" };
    let scope = Scope::trigger(returned);
    let code = body::block(reader, scope)?;
    let function = quote_ident(&format!("trigger {trigger}"));
    let quoted = quote_ident(&trigger);
    let or_replace = if replace { "OR REPLACE " } else { "" };
    let statements = [
        format!("CREATE OR REPLACE FUNCTION sys_fn.{function}() RETURNS trigger LANGUAGE plpgsql AS {}", super::dollar(&code)),
        format!(
            "CREATE {or_replace}TRIGGER {quoted} {when} {} ON {target} FOR EACH ROW EXECUTE FUNCTION sys_fn.{function}()",
            events.join(" OR ")
        ),
    ];
    Ok(Statement::new(Kind::Ddl, super::script(&statements)))
}

/// After `EXECUTE BLOCK`: without results it is an anonymous block.
pub(super) fn anonymous(reader: &mut Reader<'_>) -> Result<Statement> {
    if reader.parser.peek_token_ref().token == Token::LParen || reader.at("RETURNS") {
        return Err(Refusal::unsupported(
            "EXECUTE BLOCK with parameters or results is not served",
        ));
    }
    reader.need("AS")?;
    let code = body::block(reader, Scope::anonymous())?;
    Ok(Statement::new(Kind::Call, format!("DO {}", super::dollar(&code))).with_rows(false))
}
