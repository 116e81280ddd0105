//! How deep a statement's tree can get, guessed from its tokens before anything recurses over them. A shallow statement
//! is translated where it stands, a deep one on a thread with stack enough, and what no thread could hold is refused.

use sqlparser::tokenizer::{Token, TokenWithSpan};

use super::refusal::{Refusal, Result};

/// Levels any thread's stack has room for.
const SHALLOW: usize = 64;
/// Levels beyond which a statement is refused.
const DEEPEST: usize = 30_000;
/// Stack a level may take: reading, rewriting, printing and dropping a node, in an unoptimised build.
const BYTES_A_LEVEL: usize = 24 * 1024;

/// Words that nest what follows them.
const NESTING: &[&str] = &[
    "AND",
    "BETWEEN",
    "CASE",
    "DO",
    "ELSE",
    "EXCEPT",
    "EXPLAIN",
    "FOR",
    "IF",
    "ILIKE",
    "IN",
    "INTERSECT",
    "IS",
    "LIKE",
    "NOT",
    "OR",
    "SELECT",
    "THEN",
    "UNION",
    "WHEN",
    "WHILE",
    "XOR",
];

/// The most levels the statement's tree can have.
pub(crate) fn of(tokens: &[TokenWithSpan]) -> usize {
    // One count an open bracket: the operators so far in the expression inside it.
    let mut open: Vec<usize> = vec![0];
    let mut blocks = 0usize;
    let mut sum = 0usize;
    let mut deepest = 0usize;
    for token in tokens {
        match &token.token {
            Token::LParen | Token::LBracket | Token::LBrace => {
                open.push(1);
                sum += 1;
            }
            Token::RParen | Token::RBracket | Token::RBrace => {
                if open.len() > 1 {
                    sum -= open.pop().unwrap_or(0);
                }
            }
            Token::Comma | Token::SemiColon => {
                if let Some(count) = open.last_mut() {
                    sum -= *count;
                    *count = usize::from(token.token == Token::Comma);
                    sum += *count;
                }
            }
            Token::Word(word) if word.quote_style.is_none() => {
                let is = |text: &&str| word.value.eq_ignore_ascii_case(text);
                if NESTING.iter().any(is) {
                    sum += 1;
                    if let Some(count) = open.last_mut() {
                        *count += 1;
                    }
                } else if is(&"BEGIN") {
                    blocks += 1;
                } else if is(&"END") {
                    blocks = blocks.saturating_sub(1);
                }
            }
            Token::Word(_)
            | Token::Number(..)
            | Token::SingleQuotedString(_)
            | Token::Placeholder(_)
            | Token::Period
            | Token::Colon => {}
            _ => {
                sum += 1;
                if let Some(count) = open.last_mut() {
                    *count += 1;
                }
            }
        }
        deepest = deepest.max(sum + blocks);
    }
    deepest
}

/// Runs `work` with stack for that many levels.
pub(crate) fn with_stack<T: Send>(
    levels: usize,
    work: impl FnOnce() -> Result<T> + Send,
) -> Result<T> {
    if levels <= SHALLOW {
        return work();
    }
    let too_deep = || Refusal {
        sqlstate: "54000",
        code: "SBSQL.RESOURCE.NESTING_TOO_DEEP".to_owned(),
        message: "the statement is nested too deeply".to_owned(),
        offset: None,
    };
    if levels > DEEPEST {
        return Err(too_deep());
    }
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new()
            .name("deep statement".to_owned())
            .stack_size(levels * BYTES_A_LEVEL + 1024 * 1024)
            .spawn_scoped(scope, work);
        match thread.map(std::thread::ScopedJoinHandle::join) {
            Ok(Ok(result)) => result,
            _ => Err(too_deep()),
        }
    })
}
