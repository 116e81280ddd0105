//! Cuts the tokens of a text into statements, keeping routine bodies whole, and numbers the parameters of each.

use std::ops::Range;

use sqlparser::tokenizer::{Token, TokenWithSpan};

use super::lexer::{end_offset, is_word, offset};
use super::refusal::{Refusal, Result};

/// The statements of a text, without their semicolons; empty ones are dropped.
pub(crate) fn split(tokens: Vec<TokenWithSpan>) -> Vec<Vec<TokenWithSpan>> {
    let mut found = vec![];
    let mut current: Vec<TokenWithSpan> = vec![];
    let mut body = Body::default();
    for token in tokens {
        if token.token == Token::SemiColon && !body.holds_semicolon(&current) {
            if !current.is_empty() {
                found.push(std::mem::take(&mut current));
            }
            body = Body::default();
            continue;
        }
        body.see(&token.token);
        current.push(token);
    }
    if !current.is_empty() {
        found.push(current);
    }
    found
}

/// How deep the text is inside a routine's blocks.
#[derive(Default)]
struct Body {
    depth: usize,
    seen_block: bool,
    seen_as: bool,
    declares: bool,
}

impl Body {
    fn see(&mut self, token: &Token) {
        let Token::Word(word) = token else {
            return;
        };
        if word.quote_style.is_some() {
            return;
        }
        match word.value.to_ascii_uppercase().as_str() {
            "AS" => self.seen_as = true,
            "DECLARE" => self.declares = true,
            "BEGIN" => {
                self.depth += 1;
                self.seen_block = true;
            }
            "CASE" => self.depth += 1,
            "END" => self.depth = self.depth.saturating_sub(1),
            _ => {}
        }
    }

    fn holds_semicolon(&self, statement: &[TokenWithSpan]) -> bool {
        is_routine(statement)
            && (self.depth > 0 || (self.seen_as && self.declares && !self.seen_block))
    }
}

/// Whether a statement has a body with semicolons of its own.
pub(crate) fn is_routine(tokens: &[TokenWithSpan]) -> bool {
    let word = |at: usize, text: &str| tokens.get(at).is_some_and(|t| is_word(&t.token, text));
    if word(0, "EXECUTE") {
        return word(1, "BLOCK");
    }
    let at = match () {
        () if word(0, "CREATE") && word(1, "OR") => 3,
        () if word(0, "CREATE") || word(0, "RECREATE") || word(0, "ALTER") => 1,
        () => return false,
    };
    ["PROCEDURE", "FUNCTION", "TRIGGER"]
        .iter()
        .any(|kind| word(at, kind))
}

/// The bytes a statement covers.
pub(crate) fn range(tokens: &[TokenWithSpan]) -> Range<usize> {
    match (tokens.first(), tokens.last()) {
        (Some(first), Some(last)) => offset(first)..end_offset(last),
        _ => 0..0,
    }
}

pub(crate) fn first_word(tokens: &[TokenWithSpan]) -> String {
    match tokens
        .iter()
        .find(|t| t.token != Token::LParen)
        .map(|t| &t.token)
    {
        Some(Token::Word(w)) if w.quote_style.is_none() => w.value.to_ascii_uppercase(),
        _ => String::new(),
    }
}

/// Turns `?` into `$n` and returns the highest number.
pub(crate) fn number_parameters(tokens: &mut [TokenWithSpan]) -> Result<usize> {
    let mut questions = 0usize;
    let mut highest = 0usize;
    for token in tokens {
        let at = offset(token);
        let Token::Placeholder(text) = &mut token.token else {
            continue;
        };
        if text == "?" {
            questions += 1;
            *text = format!("${questions}");
        } else if let Some(number) = text.strip_prefix('$') {
            let number: usize = match number.parse() {
                Ok(n) if n > 0 => n,
                _ => return Err(Refusal::syntax(format!("{text} is not a parameter")).at(at)),
            };
            highest = highest.max(number);
        }
    }
    if questions > 0 && highest > 0 {
        return Err(Refusal::rejected(
            "SBSQL.PARAMETER.MIXED_MARKERS",
            "a statement uses either ? or $n, not both",
        ));
    }
    Ok(questions.max(highest))
}
