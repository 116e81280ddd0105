//! Routine bodies: SBsql's procedural statements as PL/pgSQL.
//!
//! `:name` is always a variable and is written qualified by its block; a bare name in an embedded statement is a column
//! where one of that name exists, a variable otherwise, as the language has it. The text EXECUTE STATEMENT runs is made
//! at run time and is not translated.

use sqlparser::ast::Statement as Parsed;
use sqlparser::tokenizer::{Token, TokenWithSpan};

use super::scope::Scope;
use super::{call, notify, printed, table, Reader};
use crate::translate::names::{fold, quote_ident, quote_literal};
use crate::translate::refusal::{Refusal, Result};

/// The label of the block that holds a body's declarations.
const LOCALS: &str = "<<sb_locals>>";

/// Reads the declarations and the outer block, up to the end of the statement.
pub(super) fn block(reader: &mut Reader<'_>, scope: Scope) -> Result<String> {
    let mut tokens: Vec<TokenWithSpan> = vec![];
    loop {
        let token = reader.parser.next_token();
        if token.token == Token::EOF {
            break;
        }
        tokens.push(token);
    }
    let suspends = tokens
        .iter()
        .any(|t| crate::translate::lexer::is_word(&t.token, "SUSPEND"));
    for token in &mut tokens {
        if let Token::Placeholder(text) = &mut token.token {
            if let Some(name) = text.strip_prefix(':') {
                *text = scope.variable(name);
            } else if text.starts_with('$') {
                return Err(Refusal::syntax(
                    "a routine body has no statement parameters",
                ));
            }
        }
    }
    let mut inner = Reader {
        parser: sqlparser::parser::Parser::new(&super::DIALECT)
            .with_recursion_limit(super::RECURSION)
            .with_tokens_with_locations(tokens),
        sql: reader.sql,
        end: reader.end,
    };
    let code = Body { scope, suspends }.outer(&mut inner)?;
    inner.end()?;
    Ok(code)
}

struct Body {
    scope: Scope,
    suspends: bool,
}

impl Body {
    fn outer(&self, reader: &mut Reader<'_>) -> Result<String> {
        let mut code = format!("#variable_conflict use_column\n{LOCALS}\nDECLARE\n");
        while reader.take("DECLARE") {
            reader.take("VARIABLE");
            // One DECLARE may open a section of several.
            loop {
                code.push_str(&declaration(reader)?);
                reader.need_symbol(&Token::SemiColon)?;
                if reader.at("DECLARE") || reader.at("BEGIN") {
                    break;
                }
            }
        }
        if !reader.at("BEGIN") {
            return reader.expected("BEGIN");
        }
        reader.need("BEGIN")?;
        code.push_str("BEGIN\n");
        let statements = self.statements(reader)?;
        code.push_str(&statements);
        // A procedure that never suspends returns the one row its results hold at the end.
        if self.scope.returns_rows && !self.suspends {
            code.push_str("RETURN NEXT;\n");
        }
        if let Some(returned) = self.scope.returned {
            code.push_str(&format!("RETURN {returned};\n"));
        }
        code.push_str(&self.handlers(reader)?);
        reader.need("END")?;
        code.push_str("END");
        if reader.symbol(&Token::SemiColon) {
            code.push(';');
        }
        Ok(code)
    }

    /// Statements up to END or the handlers before it.
    fn statements(&self, reader: &mut Reader<'_>) -> Result<String> {
        let mut code = String::new();
        while !(reader.at("END") || (reader.at("WHEN") && !reader.is_end())) {
            if reader.is_end() {
                return reader.expected("END");
            }
            code.push_str(&self.statement(reader)?);
        }
        Ok(code)
    }

    /// `WHEN … DO …` before the END of a block.
    fn handlers(&self, reader: &mut Reader<'_>) -> Result<String> {
        if !reader.at("WHEN") {
            return Ok(String::new());
        }
        let mut code = "EXCEPTION\n".to_owned();
        while reader.take("WHEN") {
            let condition = if reader.take("ANY") {
                "OTHERS".to_owned()
            } else if reader.take("SQLSTATE") {
                format!("SQLSTATE {}", quote_literal(&reader.text()?))
            } else {
                return Err(Refusal::unsupported(
                    "a handler is for ANY or for an SQLSTATE",
                ));
            };
            reader.need("DO")?;
            code.push_str(&format!(
                "WHEN {condition} THEN\n{}",
                self.statement(reader)?
            ));
        }
        Ok(code)
    }

    fn nested(&self, reader: &mut Reader<'_>) -> Result<String> {
        let statements = self.statements(reader)?;
        let handlers = self.handlers(reader)?;
        reader.need("END")?;
        reader.symbol(&Token::SemiColon);
        Ok(format!("BEGIN\n{statements}{handlers}END;\n"))
    }

    fn semicolon(&self, reader: &mut Reader<'_>) -> Result<()> {
        // The last statement before END may leave it out.
        if reader.at("END") {
            return Ok(());
        }
        reader.need_symbol(&Token::SemiColon)
    }

    fn statement(&self, reader: &mut Reader<'_>) -> Result<String> {
        if reader.symbol(&Token::SemiColon) {
            return Ok(String::new());
        }
        if reader.take("BEGIN") {
            return self.nested(reader);
        }
        if reader.take("IF") {
            return self.conditional(reader);
        }
        if reader.take("WHILE") {
            let condition = reader.expr_sql()?;
            reader.need("DO")?;
            return Ok(format!(
                "WHILE {condition} LOOP\n{}END LOOP;\n",
                self.statement(reader)?
            ));
        }
        if reader.take("FOR") {
            return self.rows(reader);
        }
        let simple = self.simple(reader)?;
        self.semicolon(reader)?;
        Ok(format!("{simple};\n"))
    }

    fn conditional(&self, reader: &mut Reader<'_>) -> Result<String> {
        let condition = reader.expr_sql()?;
        reader.need("THEN")?;
        let yes = self.statement(reader)?;
        let no = if reader.take("ELSE") {
            format!("ELSE\n{}", self.statement(reader)?)
        } else {
            String::new()
        };
        Ok(format!("IF {condition} THEN\n{yes}{no}END IF;\n"))
    }

    /// `FOR SELECT … INTO … DO …`.
    fn rows(&self, reader: &mut Reader<'_>) -> Result<String> {
        let (query, targets) = self.query_into(reader)?;
        let Some(targets) = targets else {
            return reader.expected("INTO");
        };
        reader.need("DO")?;
        Ok(format!(
            "FOR {targets} IN {query} LOOP\n{}END LOOP;\n",
            self.statement(reader)?
        ))
    }

    /// A query and the variables after INTO, which may stand before FROM or at the end.
    fn query_into(&self, reader: &mut Reader<'_>) -> Result<(String, Option<String>)> {
        let query = *reader.parser.parse_query()?;
        let query = printed(query)?;
        let targets = if reader.take("INTO") {
            Some(self.targets(reader)?)
        } else {
            None
        };
        Ok((query, targets))
    }

    fn targets(&self, reader: &mut Reader<'_>) -> Result<String> {
        let mut found = vec![];
        loop {
            found.push(self.target(reader)?);
            if !reader.symbol(&Token::Comma) {
                return Ok(found.join(", "));
            }
        }
    }

    fn target(&self, reader: &mut Reader<'_>) -> Result<String> {
        if let Token::Placeholder(text) = reader.parser.peek_token().token {
            reader.parser.advance_token();
            return Ok(text);
        }
        let first = fold(&reader.ident()?);
        if reader.symbol(&Token::Period) {
            // NEW.column in a trigger.
            return Ok(format!("{}.{}", quote_ident(&first), reader.name()?));
        }
        Ok(self.scope.variable(&first))
    }

    fn simple(&self, reader: &mut Reader<'_>) -> Result<String> {
        if reader.take("SUSPEND") {
            return Ok("RETURN NEXT".to_owned());
        }
        if reader.take("EXIT") {
            return Ok(self.leave_routine());
        }
        if reader.take_one_of(&["LEAVE", "BREAK"]).is_some() {
            return Ok("EXIT".to_owned());
        }
        if reader.take("CONTINUE") {
            return Ok("CONTINUE".to_owned());
        }
        if reader.take("RETURN") {
            if reader.parser.peek_token_ref().token == Token::SemiColon || reader.at("END") {
                return Ok(self.leave_routine());
            }
            if !self.scope.is_function && self.scope.returned.is_none() {
                return Err(Refusal::syntax("a procedure returns rows by SUSPEND"));
            }
            return Ok(format!("RETURN {}", reader.expr_sql()?));
        }
        if reader.take("SIGNAL") || reader.take("RAISE") {
            return signal(reader);
        }
        if reader.take("EXCEPTION") {
            let name = reader.ident()?.value;
            let text = if matches!(reader.parser.peek_token_ref().token, Token::SemiColon) {
                quote_literal(&name)
            } else {
                reader.expr_sql()?
            };
            return Ok(format!(
                "RAISE EXCEPTION USING ERRCODE = 'P0001', MESSAGE = {text}"
            ));
        }
        if reader.take("EXECUTE") {
            return self.execute(reader);
        }
        if reader.at("POST") || reader.at("NOTIFY") {
            let statement = notify::notify(reader)?;
            return Ok(statement.sql.replacen("SELECT", "PERFORM", 1));
        }
        if reader.at("SELECT") || reader.at("WITH") {
            let (query, targets) = self.query_into(reader)?;
            return match targets {
                Some(targets) => Ok(format!("{query} INTO {targets}")),
                None => Err(Refusal::syntax(
                    "a SELECT in a routine body goes INTO variables",
                )),
            };
        }
        if ["INSERT", "UPDATE", "DELETE", "MERGE"]
            .iter()
            .any(|w| reader.at(w))
        {
            return self.change(reader);
        }
        self.assignment(reader)
    }

    fn leave_routine(&self) -> String {
        match self.scope.returned {
            Some(returned) => format!("RETURN {returned}"),
            None if self.scope.returns_rows && !self.suspends => "RETURN NEXT; RETURN".to_owned(),
            None => "RETURN".to_owned(),
        }
    }

    fn change(&self, reader: &mut Reader<'_>) -> Result<String> {
        let parsed: Parsed = reader.parser.parse_statement()?;
        let sql = printed(parsed)?;
        if reader.take("INTO") {
            return Ok(format!("{sql} INTO {}", self.targets(reader)?));
        }
        Ok(sql)
    }

    fn execute(&self, reader: &mut Reader<'_>) -> Result<String> {
        if reader.take("STATEMENT") {
            let text = reader.expr_sql()?;
            let into = if reader.take("INTO") {
                format!(" INTO {}", self.targets(reader)?)
            } else {
                String::new()
            };
            return Ok(format!("EXECUTE {text}{into}"));
        }
        reader.need("PROCEDURE")?;
        let name = reader.object_sql()?;
        let arguments = call::arguments(reader)?;
        if reader.take("RETURNING_VALUES") || reader.take("INTO") {
            let parenthesized = reader.symbol(&Token::LParen);
            let targets = self.targets(reader)?;
            if parenthesized {
                reader.need_symbol(&Token::RParen)?;
            }
            return Ok(format!("SELECT * FROM {name}({arguments}) INTO {targets}"));
        }
        Ok(format!("PERFORM * FROM {name}({arguments})"))
    }

    fn assignment(&self, reader: &mut Reader<'_>) -> Result<String> {
        reader.take("SET");
        let target = self.target(reader)?;
        if !reader.symbol(&Token::Eq) {
            reader.need_symbol(&Token::Assignment)?;
        }
        Ok(format!("{target} := {}", reader.expr_sql()?))
    }
}

fn declaration(reader: &mut Reader<'_>) -> Result<String> {
    let name = reader.name()?;
    let of = reader.column_type()?.sql;
    let not_null = if reader.take_all(&["NOT", "NULL"]) {
        " NOT NULL"
    } else {
        ""
    };
    let default =
        if reader.take("DEFAULT") || reader.symbol(&Token::Eq) || reader.symbol(&Token::Assignment)
        {
            format!(" := {}", table::default(reader)?)
        } else {
            String::new()
        };
    Ok(format!("  {name} {of}{not_null}{default};\n"))
}

/// After SIGNAL: `SQLSTATE 'xxxxx' [SET MESSAGE_TEXT = text]`.
fn signal(reader: &mut Reader<'_>) -> Result<String> {
    reader.take("SQLSTATE");
    reader.take("VALUE");
    let state = quote_literal(&reader.text()?);
    let mut message = state.clone();
    if reader.take("SET") {
        reader.need("MESSAGE_TEXT")?;
        reader.need_symbol(&Token::Eq)?;
        message = reader.expr_sql()?;
    } else if reader.symbol(&Token::LParen) {
        message = reader.expr_sql()?;
        reader.need_symbol(&Token::RParen)?;
    }
    Ok(format!(
        "RAISE EXCEPTION USING ERRCODE = {state}, MESSAGE = {message}"
    ))
}
