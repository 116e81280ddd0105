//! SBsql to PostgreSQL: a pure function from text to statements, with no session and no catalogue behind it, so that its
//! answers can be cached by text. What only the catalogue knows (a primary key, a vector column) is left open as a
//! [`Lookup`] that the caller answers from the database.

mod columns;
mod depth;
mod dialect;
mod function_names;
mod functions;
mod lexer;
mod literal;
mod lookup;
mod names;
mod operators;
mod refusal;
mod rewrite;
mod split;
mod statement;
mod statements;
mod symbol;
mod type_parameters;
mod types;

pub use lookup::Lookup;
pub use refusal::Refusal;
pub use statement::{Copy, CopyDirection, CopyFormat, Kind, Output, Statement};

use refusal::Result;

/// What the translation depends on besides the text.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Options {
    /// Longest statement text in bytes; a longer one is refused with 54000.
    pub max_text_bytes: usize,
    /// Most parameters one statement may have.
    pub max_parameters: usize,
}

impl Default for Options {
    fn default() -> Self {
        Options {
            max_text_bytes: 64 * 1024 * 1024,
            max_parameters: 65_535,
        }
    }
}

/// Translates a text of any number of statements.
///
/// A text without statements gives one [`Kind::Empty`]; a comment alone is refused, as the real server does it.
pub fn translate(sql: &str, options: &Options) -> std::result::Result<Vec<Statement>, Refusal> {
    if sql.len() > options.max_text_bytes {
        return Err(Refusal {
            sqlstate: "54000",
            code: "SBSQL.RESOURCE.STATEMENT_TOO_LARGE".to_owned(),
            message: format!(
                "the statement is longer than {} bytes",
                options.max_text_bytes
            ),
            offset: None,
        });
    }
    let lexed = lexer::scan(sql)?;
    let pieces = split::split(lexed.tokens);
    if pieces.is_empty() {
        if lexed.had_comment {
            return Err(Refusal::rejected(
                "SBSQL.PARSER.EMPTY_STATEMENT",
                "statement is empty",
            ));
        }
        return Ok(vec![Statement::empty()]);
    }
    pieces
        .into_iter()
        .map(|tokens| one(tokens, sql, options))
        .collect()
}

fn one(
    mut tokens: Vec<sqlparser::tokenizer::TokenWithSpan>,
    sql: &str,
    options: &Options,
) -> Result<Statement> {
    let source = split::range(&tokens);
    let parameters = split::number_parameters(&mut tokens)?;
    if parameters > options.max_parameters {
        return Err(Refusal {
            sqlstate: "54000",
            code: "SBSQL.RESOURCE.TOO_MANY_PARAMETERS".to_owned(),
            message: format!(
                "a statement may have {} parameters, this one has {parameters}",
                options.max_parameters
            ),
            offset: None,
        });
    }
    let tag = split::first_word(&tokens);
    let mut statement = depth::with_stack(depth::of(&tokens), || {
        statements::translate(tokens, &tag, sql)
    })
    .map_err(|r| r.at(source.start))?;
    statement.tag = tag;
    statement.parameters = parameters;
    statement.source = source;
    Ok(statement)
}
