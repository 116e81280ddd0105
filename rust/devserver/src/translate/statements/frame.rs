//! The EXCLUDE clause of window frames, which the parser's tree has no place for: taken out of the tokens before
//! parsing, marked at the frame's end, and put back behind the mark in the printed text.

use sqlparser::tokenizer::{Token, TokenWithSpan};

use crate::translate::lexer::is_word;
use crate::translate::refusal::{Refusal, Result};

/// A private-use character no mark can share with a user's text unnoticed.
const MARK: char = '\u{E000}';

/// What each mark stands for: the frame bound it replaced, with the clause behind it.
pub(super) type Marks = Vec<(String, String)>;

/// Takes the clauses out of the tokens of a statement whose text is `sql`.
pub(super) fn take(tokens: &mut Vec<TokenWithSpan>, sql: &str) -> Result<Marks> {
    let mut marks = vec![];
    let mut at = 2;
    while at < tokens.len() {
        let Some((clause, length)) = clause(tokens, at) else {
            at += 1;
            continue;
        };
        if sql.contains(MARK) {
            return Err(Refusal::unsupported(
                "EXCLUDE beside the character U+E000 is not served",
            ));
        }
        let mark = format!("{MARK}{}{MARK}", marks.len());
        let word = |i: usize, text: &str| tokens.get(i).is_some_and(|t| is_word(&t.token, text));
        let (kept, bound) = if word(at - 2, "CURRENT") && word(at - 1, "ROW") {
            ("FOLLOWING", "CURRENT ROW".to_owned())
        } else {
            let end = if word(at - 1, "PRECEDING") {
                "PRECEDING"
            } else {
                "FOLLOWING"
            };
            let start = tokens
                .get(at - 2)
                .map(|t| t.token.to_string())
                .unwrap_or_default();
            (end, format!("{start} {end}"))
        };
        if let Some(token) = tokens.get_mut(at - 2) {
            token.token = Token::Placeholder(mark.clone());
        }
        if let Some(token) = tokens.get_mut(at - 1) {
            token.token = Token::make_word(kept, None);
        }
        tokens.drain(at..at + length);
        marks.push((
            format!("{mark} {kept}"),
            format!("{bound} EXCLUDE {clause}"),
        ));
    }
    Ok(marks)
}

/// The clause at this token, and its length, when a frame bound stands before it.
fn clause(tokens: &[TokenWithSpan], at: usize) -> Option<(&'static str, usize)> {
    let word = |i: usize, text: &str| tokens.get(i).is_some_and(|t| is_word(&t.token, text));
    let after_bound = word(at - 1, "FOLLOWING")
        || word(at - 1, "PRECEDING")
        || (word(at - 1, "ROW") && word(at - 2, "CURRENT"));
    if !word(at, "EXCLUDE") || !after_bound {
        return None;
    }
    match () {
        () if word(at + 1, "CURRENT") && word(at + 2, "ROW") => Some(("CURRENT ROW", 3)),
        () if word(at + 1, "NO") && word(at + 2, "OTHERS") => Some(("NO OTHERS", 3)),
        () if word(at + 1, "GROUP") => Some(("GROUP", 2)),
        () if word(at + 1, "TIES") => Some(("TIES", 2)),
        () => None,
    }
}

/// Puts the clauses back into the printed text.
pub(super) fn put_back(sql: String, marks: &Marks) -> String {
    marks
        .iter()
        .fold(sql, |sql, (mark, text)| sql.replacen(mark, text, 1))
}
