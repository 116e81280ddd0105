//! From the tokens of one statement to its PostgreSQL text: the first words choose the family, one file a family.

mod alter;
mod body;
mod call;
mod collection;
mod comment;
mod copy;
mod cursor;
mod dml;
mod drop;
mod explain;
mod index;
mod notify;
mod privilege;
mod query;
mod routine;
mod schema;
pub(super) mod search;
mod sequence;
mod session;
mod show;
mod table;
mod transaction;
mod upsert;
mod view;

use sqlparser::ast::{Expr, Ident, ObjectName, VisitMut};
use sqlparser::parser::Parser;
use sqlparser::tokenizer::{Token, TokenWithSpan};

use super::dialect::SbSql;
use super::lexer::{self, is_word};
use super::refusal::{Refusal, Result};
use super::rewrite::rewrite;
use super::statement::Statement;
use super::{names, types};

/// The tokens of one statement under the parser, and the text they came from.
pub(super) struct Reader<'a> {
    pub parser: Parser<'a>,
    pub sql: &'a str,
}

static DIALECT: SbSql = SbSql;

pub(super) fn translate(
    mut tokens: Vec<TokenWithSpan>,
    first: &str,
    sql: &str,
) -> Result<Statement> {
    lateral_join_order(&mut tokens);
    let mut reader = Reader {
        parser: Parser::new(&DIALECT).with_tokens_with_locations(tokens),
        sql,
    };
    let result = dispatch(&mut reader, first).and_then(|statement| {
        reader.end()?;
        Ok(statement)
    });
    result.map_err(|refusal| {
        let at = lexer::offset(reader.parser.get_current_token());
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

/// SBsql says `LATERAL JOIN`, PostgreSQL `JOIN LATERAL`.
fn lateral_join_order(tokens: &mut [TokenWithSpan]) {
    for at in 1..tokens.len() {
        let pair = |i: usize, word: &str| tokens.get(i).is_some_and(|t| is_word(&t.token, word));
        if pair(at - 1, "LATERAL") && pair(at, "JOIN") {
            tokens.swap(at - 1, at);
        }
    }
}

impl Reader<'_> {
    /// Whether the next word is this one.
    pub fn at(&self, word: &str) -> bool {
        is_word(&self.parser.peek_token_ref().token, word)
    }

    pub fn at_nth(&self, n: usize, word: &str) -> bool {
        is_word(&self.parser.peek_nth_token_ref(n).token, word)
    }

    /// Takes the next word if it is this one.
    pub fn take(&mut self, word: &str) -> bool {
        let found = self.at(word);
        if found {
            self.parser.advance_token();
        }
        found
    }

    /// Takes all of these words or none.
    pub fn take_all(&mut self, words: &[&str]) -> bool {
        let found = words
            .iter()
            .enumerate()
            .all(|(n, word)| self.at_nth(n, word));
        if found {
            for _ in words {
                self.parser.advance_token();
            }
        }
        found
    }

    /// Takes the first of these words that comes next.
    pub fn take_one_of<'w>(&mut self, words: &[&'w str]) -> Option<&'w str> {
        let found = words.iter().find(|word| self.at(word)).copied();
        if found.is_some() {
            self.parser.advance_token();
        }
        found
    }

    pub fn need(&mut self, word: &str) -> Result<()> {
        if self.take(word) {
            return Ok(());
        }
        self.expected(word)
    }

    pub fn expected<T>(&self, what: &str) -> Result<T> {
        let found = self.parser.peek_token();
        let text = match &found.token {
            Token::EOF => "the end of the statement".to_owned(),
            _ => format!(
                "`{}`",
                self.sql
                    .get(lexer::offset(&found)..lexer::end_offset(&found))
                    .unwrap_or("")
            ),
        };
        Err(Refusal::syntax(format!("expected {what}, found {text}")).at(lexer::offset(&found)))
    }

    pub fn symbol(&mut self, token: &Token) -> bool {
        self.parser.consume_token(token)
    }

    pub fn need_symbol(&mut self, token: &Token) -> Result<()> {
        if self.symbol(token) {
            return Ok(());
        }
        self.expected(&format!("`{token}`"))
    }

    pub fn is_end(&self) -> bool {
        self.parser.peek_token_ref().token == Token::EOF
    }

    pub fn end(&self) -> Result<()> {
        if self.is_end() {
            return Ok(());
        }
        self.expected("the end of the statement")
    }

    pub fn ident(&mut self) -> Result<Ident> {
        Ok(self.parser.parse_identifier()?)
    }

    /// A name of one part as PostgreSQL text.
    pub fn name(&mut self) -> Result<String> {
        Ok(names::name_sql(&self.ident()?))
    }

    pub fn object(&mut self) -> Result<ObjectName> {
        Ok(self.parser.parse_object_name(false)?)
    }

    /// A qualified name as PostgreSQL text.
    pub fn object_sql(&mut self) -> Result<String> {
        names::object_sql(&self.object()?)
    }

    /// `( a, b, … )` as PostgreSQL text, with the parentheses.
    pub fn name_list(&mut self) -> Result<String> {
        Ok(format!(
            "({})",
            self.names()?
                .iter()
                .map(|n| names::quote_ident(n))
                .collect::<Vec<_>>()
                .join(", ")
        ))
    }

    /// `( a, b, … )` as folded names.
    pub fn names(&mut self) -> Result<Vec<String>> {
        self.need_symbol(&Token::LParen)?;
        let mut found = vec![];
        loop {
            found.push(names::fold(&self.ident()?));
            if !self.symbol(&Token::Comma) {
                break;
            }
        }
        self.need_symbol(&Token::RParen)?;
        Ok(found)
    }

    /// An expression, rewritten.
    pub fn expr(&mut self) -> Result<Expr> {
        let mut expr = self.parser.parse_expr()?;
        rewrite(&mut expr)?;
        Ok(expr)
    }

    pub fn expr_sql(&mut self) -> Result<String> {
        Ok(self.expr()?.to_string())
    }

    /// `( expression )` as PostgreSQL text, with the parentheses.
    pub fn parenthesized(&mut self) -> Result<String> {
        self.need_symbol(&Token::LParen)?;
        let expr = self.expr_sql()?;
        self.need_symbol(&Token::RParen)?;
        Ok(format!("({expr})"))
    }

    pub fn column_type(&mut self) -> Result<types::PgType> {
        Ok(types::parse(&mut self.parser, types::Position::Column)?)
    }

    pub fn text(&mut self) -> Result<String> {
        let token = self.parser.peek_token();
        match token.token {
            Token::SingleQuotedString(text) => {
                self.parser.advance_token();
                Ok(text)
            }
            _ => self.expected("a string"),
        }
    }

    /// A number with an optional sign, as text.
    pub fn number(&mut self) -> Result<String> {
        let sign = if self.symbol(&Token::Minus) {
            "-"
        } else {
            self.symbol(&Token::Plus);
            ""
        };
        match self.parser.peek_token().token {
            Token::Number(digits, _) => {
                self.parser.advance_token();
                Ok(format!("{sign}{digits}"))
            }
            _ => self.expected("a number"),
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
