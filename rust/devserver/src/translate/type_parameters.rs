//! What stands in parentheses or angle brackets behind a type's name.

use sqlparser::parser::{Parser, ParserError};
use sqlparser::tokenizer::Token;

use super::names::quote_literal;
use super::types::{parse_nested, PgType, Position};

/// The comma-separated numbers and words of `( … )`, as text.
pub(super) fn arguments(parser: &mut Parser) -> Result<Vec<String>, ParserError> {
    if !parser.consume_token(&Token::LParen) {
        return Ok(vec![]);
    }
    let mut found = vec![];
    loop {
        let token = parser.next_token();
        match token.token {
            Token::Number(n, _) => found.push(n),
            Token::Word(ref w) => found.push(w.value.to_ascii_uppercase()),
            Token::SingleQuotedString(ref s) => found.push(quote_literal(s)),
            Token::Minus => {
                let number = parser.next_token();
                found.push(format!("-{}", number.token));
            }
            _ => return parser.expected("a type parameter", token),
        }
        // ENUM8('a' = 1): the numbers are storage detail.
        if parser.consume_token(&Token::Eq) {
            if parser.peek_token_ref().token == Token::Minus {
                parser.advance_token();
            }
            parser.advance_token();
        }
        if parser.consume_token(&Token::RParen) {
            return Ok(found);
        }
        parser.expect_token(&Token::Comma)?;
    }
}

pub(super) fn with_arguments(name: &str, arguments: &[String]) -> String {
    if arguments.is_empty() {
        name.to_owned()
    } else {
        format!("{name}({})", arguments.join(","))
    }
}

/// The types between `<` and `>`.
pub(super) fn parameters(
    parser: &mut Parser,
    position: Position,
    closers: &mut usize,
) -> Result<Vec<PgType>, ParserError> {
    parser.expect_token(&Token::Lt)?;
    let mut found = vec![];
    loop {
        // A map or tuple may name its members, `vector<float32,768>` has a number.
        if let Token::Number(n, _) = parser.peek_token_ref().token.clone() {
            parser.advance_token();
            found.push(PgType::plain(n));
        } else {
            found.push(parse_nested(parser, position, closers)?);
        }
        if *closers > 0 {
            *closers -= 1;
            return Ok(found);
        }
        let token = parser.next_token();
        match token.token {
            Token::Comma => {}
            Token::Gt => return Ok(found),
            Token::ShiftRight => {
                *closers += 1;
                return Ok(found);
            }
            _ => return parser.expected("`,` or `>` in a type", token),
        }
    }
}

/// Skips a balanced `( … )` or `< … >` of a type whose inside the mapping has no use for.
pub(super) fn skip_parameters(parser: &mut Parser) -> Result<(), ParserError> {
    let (open, close) = match parser.peek_token_ref().token {
        Token::LParen => (Token::LParen, Token::RParen),
        Token::Lt => (Token::Lt, Token::Gt),
        _ => return Ok(()),
    };
    let mut depth = 0usize;
    loop {
        let token = parser.next_token();
        match &token.token {
            t if *t == open => depth += 1,
            t if *t == close => depth = depth.saturating_sub(1),
            Token::ShiftRight if open == Token::Lt => depth = depth.saturating_sub(2),
            Token::EOF => return parser.expected("the end of the type parameters", token),
            _ => {}
        }
        if depth == 0 {
            return Ok(());
        }
    }
}
