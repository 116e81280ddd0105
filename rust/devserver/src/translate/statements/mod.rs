//! From the tokens of one statement to its PostgreSQL text: the first words choose the family, one file a family.

mod alter;
mod body;
pub(super) mod call;
mod collection;
mod comment;
mod conflict;
mod copy;
mod cursor;
mod dml;
mod drop;
mod explain;
mod frame;
mod index;
mod named_type;
mod notify;
mod privilege;
mod query;
mod reader;
mod routine;
mod schema;
mod scope;
pub(super) mod search;
mod sequence;
mod session;
mod show;
mod table;
mod transaction;
mod upsert;
mod view;

use sqlparser::ast::VisitMut;
use sqlparser::parser::Parser;
use sqlparser::tokenizer::{Token, TokenWithSpan};

use reader::Reader;

use super::dialect::SbSql;
use super::lexer::{self, is_word};
use super::names;
use super::refusal::{Refusal, Result};
use super::rewrite::rewrite;
use super::statement::Statement;

static DIALECT: SbSql = SbSql;

/// Brackets within brackets, queries within queries: more than people write, few enough to try alternatives.
const RECURSION: usize = 200;

pub(super) fn translate(
    mut tokens: Vec<TokenWithSpan>,
    first: &str,
    sql: &str,
) -> Result<Statement> {
    lateral_join_order(&mut tokens);
    refuse_natural_join(&tokens)?;
    let mut marks = frame::take(&mut tokens, sql)?;
    marks.extend(conflict::take(&mut tokens, sql)?);
    let end = tokens.last().map_or(0, lexer::end_offset);
    let mut reader = Reader {
        parser: Parser::new(&DIALECT)
            .with_recursion_limit(RECURSION)
            .with_tokens_with_locations(tokens),
        sql,
        end,
    };
    let result = dispatch(&mut reader, first).and_then(|mut statement| {
        reader.end()?;
        statement.sql = frame::put_back(statement.sql, &marks);
        Ok(statement)
    });
    result.map_err(|refusal| {
        let token = reader.parser.get_current_token();
        let at = match token.token {
            Token::EOF => end,
            _ => lexer::offset(token),
        };
        refusal.at(at)
    })
}

fn dispatch(reader: &mut Reader<'_>, first: &str) -> Result<Statement> {
    match first {
        "SELECT" | "WITH" | "VALUES" | "TABLE" => query::query(reader),
        "INSERT" | "UPDATE" | "DELETE" | "MERGE" => dml::change(reader),
        "UPSERT" => upsert::upsert(reader),
        "SEARCH" => search::search(reader),
        "BEGIN" | "START" | "COMMIT" | "END" | "ROLLBACK" | "SAVEPOINT" | "RELEASE" | "PREPARE" => {
            transaction::transaction(reader, first)
        }
        "CREATE" | "RECREATE" => create(reader, first),
        "ALTER" => alter::alter(reader),
        "RENAME" => alter::rename(reader),
        "DROP" => drop::drop(reader),
        "TRUNCATE" => drop::truncate(reader),
        "COMMENT" => comment::comment(reader),
        "REFRESH" => view::refresh(reader),
        "REINDEX" => index::reindex(reader),
        "EXECUTE" if reader.at_nth(1, "BLOCK") => {
            reader.take_all(&["EXECUTE", "BLOCK"]);
            routine::anonymous(reader)
        }
        "EXECUTE" | "CALL" => call::call(reader, first),
        "COPY" => copy::copy(reader),
        "LISTEN" | "SUBSCRIBE" => notify::listen(reader),
        "UNLISTEN" | "UNSUBSCRIBE" => notify::unlisten(reader),
        "NOTIFY" | "POST" => notify::notify(reader),
        "SET" => session::set(reader),
        "RESET" => session::reset(reader),
        "SHOW" => show::show(reader),
        "DESCRIBE" | "DESC" => show::describe(reader),
        "EXPLAIN" => explain::explain(reader),
        "GRANT" | "REVOKE" => privilege::grant(reader, first),
        "LOCK" => privilege::lock(reader),
        "DECLARE" | "OPEN" | "FETCH" | "CLOSE" | "DEALLOCATE" => cursor::cursor(reader, first),
        _ => Err(unknown_family()),
    }
}

fn create(reader: &mut Reader<'_>, first: &str) -> Result<Statement> {
    reader.parser.advance_token();
    let recreate = first == "RECREATE";
    let replace = reader.take_all(&["OR", "REPLACE"]) || reader.take_all(&["OR", "ALTER"]);
    if recreate {
        return recreated(reader);
    }
    if reader.take("SCHEMA") {
        return schema::create(reader);
    }
    if reader.take("VIEW") {
        return view::create(reader, replace);
    }
    if reader.take_all(&["MATERIALIZED", "VIEW"]) {
        return view::create_materialized(reader);
    }
    if reader.take("SEQUENCE") {
        return sequence::create(reader);
    }
    if reader.take("DOMAIN") {
        return alter::create_domain(reader);
    }
    if reader.take_all(&["UNIQUE", "INDEX"]) {
        return index::create(reader, true);
    }
    if reader.take("INDEX") {
        return index::create(reader, false);
    }
    if reader.take("FUNCTION") {
        return routine::function(reader, replace);
    }
    if reader.take("PROCEDURE") {
        return routine::procedure(reader, replace);
    }
    if reader.take("TRIGGER") {
        return routine::trigger(reader, replace);
    }
    if reader.take_all(&["VECTOR", "COLLECTION"]) {
        return collection::create(reader);
    }
    if reader.take_all(&["EVENT", "CHANNEL"]) {
        return notify::create(reader);
    }
    if reader.take("ROLE") {
        return privilege::create_role(reader);
    }
    table::create(reader)
}

/// RECREATE drops what is there first, in one statement.
fn recreated(reader: &mut Reader<'_>) -> Result<Statement> {
    let kind = if reader.at("VIEW") { "VIEW" } else { "TABLE" };
    // The name is read twice: once for the DROP, once by the definition itself.
    let start = reader.parser.index();
    reader.parser.advance_token();
    let name = reader.object_sql()?;
    while reader.parser.index() > start {
        reader.parser.prev_token();
    }
    let created = if reader.take("VIEW") {
        view::create(reader, false)?
    } else {
        table::create(reader)?
    };
    Ok(Statement::new(
        created.kind,
        script(&[format!("DROP {kind} IF EXISTS {name}"), created.sql]),
    ))
}

pub(super) fn unknown_family() -> Refusal {
    Refusal::rejected(
        "SBSQL.PARSER.STATEMENT_FAMILY_UNKNOWN",
        "statement family is not recognized",
    )
}

/// The one join PostgreSQL has and the language has not.
fn refuse_natural_join(tokens: &[TokenWithSpan]) -> Result<()> {
    let is = |token: &TokenWithSpan, words: &[&str]| words.iter().any(|w| is_word(&token.token, w));
    let natural = tokens.windows(2).find(|pair| match pair {
        [first, second] => {
            is(first, &["NATURAL"]) && is(second, &["JOIN", "LEFT", "RIGHT", "FULL", "INNER"])
        }
        _ => false,
    });
    match natural.and_then(|pair| pair.first()) {
        Some(token) => Err(Refusal::rejected(
            "SBSQL.QUERY.JOIN_ROUTE_UNSUPPORTED",
            "NATURAL JOIN is not in the language",
        )
        .at(lexer::offset(token))),
        None => Ok(()),
    }
}

/// SBsql says `LATERAL JOIN`, PostgreSQL `JOIN LATERAL`.
fn lateral_join_order(tokens: &mut [TokenWithSpan]) {
    for at in 1..tokens.len() {
        let pair = |i: usize, word: &str| tokens.get(i).is_some_and(|t| is_word(&t.token, word));
        if pair(at - 1, "LATERAL") && pair(at, "JOIN") {
            tokens.swap(at - 1, at);
        }
    }
}

/// Rewrites a node and prints it.
pub(super) fn printed<T: VisitMut + std::fmt::Display>(mut node: T) -> Result<String> {
    rewrite(&mut node)?;
    Ok(node.to_string())
}

/// Text in dollar quotes that do not occur in it.
pub(super) fn dollar(text: &str) -> String {
    let mut tag = "$sb$".to_owned();
    let mut n = 0usize;
    while text.contains(&tag) {
        n += 1;
        tag = format!("$sb{n}$");
    }
    format!("{tag}\n{text}\n{tag}")
}

/// Several statements as one.
pub(super) fn script(statements: &[String]) -> String {
    format!(
        "DO {}",
        dollar(&format!("BEGIN\n{};\nEND", statements.join(";\n")))
    )
}

/// A definition that PostgreSQL has no IF NOT EXISTS for.
pub(super) fn unless_relation(name: &str, sql: &str) -> String {
    format!(
        "DO {}",
        dollar(&format!(
            "BEGIN\nIF to_regclass({}) IS NULL THEN\n{sql};\nEND IF;\nEND",
            names::quote_literal(name)
        ))
    )
}
