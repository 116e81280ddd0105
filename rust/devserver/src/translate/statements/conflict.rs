//! The condition of a conflict target, `ON CONFLICT (a) WHERE b = 1 DO …`, which the parser's tree has no place for: taken
//! out of the tokens before parsing, marked as one more column of the target, and put back in place of it in the
//! printed text.

use sqlparser::parser::Parser;
use sqlparser::tokenizer::{Span, Token, TokenWithSpan};

use super::{frame::Marks, printed, DIALECT, RECURSION};
use crate::translate::lexer::is_word;
use crate::translate::refusal::{Refusal, Result};

/// A private-use character no mark can share with a user's text unnoticed.
const MARK: char = '\u{E001}';

/// Takes the conditions out of the tokens of a statement whose text is `sql`.
pub(super) fn take(tokens: &mut Vec<TokenWithSpan>, sql: &str) -> Result<Marks> {
    let mut marks = vec![];
    let mut at = 0;
    while let Some((close, end)) = condition(tokens, at) {
        if sql.contains(MARK) {
            return Err(Refusal::unsupported(
                "a conflict target with a condition beside the character U+E001 is not served",
            ));
        }
        let mut parser = Parser::new(&DIALECT)
            .with_recursion_limit(RECURSION)
            .with_tokens_with_locations(tokens.drain(close + 2..end).collect());
        let text = printed(parser.parse_expr()?)?;
        if parser.peek_token_ref().token != Token::EOF {
            return Err(Refusal::syntax("Expected: DO after the condition"));
        }
        let name = format!("{MARK}{}{MARK}", marks.len());
        // In place of `) WHERE`: one more column, and the bracket.
        let column = [
            Token::Comma,
            Token::make_word(&name, Some('"')),
            Token::RParen,
        ];
        let span = tokens.get(close).map_or(Span::empty(), |t| t.span);
        let column = column.map(|token| TokenWithSpan { token, span });
        tokens.splice(close..close + 2, column);
        marks.push((format!(", \"{name}\")"), format!(") WHERE {text}")));
        at = close;
    }
    Ok(marks)
}

/// Where the next target that has a condition ends, its bracket, and where the `DO` after the condition stands.
fn condition(tokens: &[TokenWithSpan], from: usize) -> Option<(usize, usize)> {
    let word = |i: usize, text: &str| tokens.get(i).is_some_and(|t| is_word(&t.token, text));
    let is = |i: usize, token: &Token| tokens.get(i).is_some_and(|t| t.token == *token);
    let mut at = from;
    while at < tokens.len() {
        if !word(at, "ON") || !word(at + 1, "CONFLICT") || !is(at + 2, &Token::LParen) {
            at += 1;
            continue;
        }
        // Without a bracket, or a DO, there is none further on.
        at = (at + 3..tokens.len()).find(|i| is(*i, &Token::RParen))?;
        if word(at + 1, "WHERE") {
            let action = |i: usize| word(i, "NOTHING") || word(i, "UPDATE");
            let end = (at + 2..tokens.len()).find(|i| word(*i, "DO") && action(i + 1))?;
            return Some((at, end));
        }
    }
    None
}
