//! Writes values and names as SQL text.
//!
//! Must not know: statements. The forms are the ones every scanner reads alike: `'…'` and `"…"`, each doubling its quote.

use crate::error::Error;

/// The text as a string literal.
///
/// # Errors
/// `Data` (22021) for a text with a NUL character, which no statement can carry.
pub fn quote_literal(text: &str) -> Result<String, Error> {
    if text.contains('\0') {
        return Err(Error::data_with(
            "22021",
            "a text with a NUL character cannot be written in SQL",
            None,
        ));
    }
    Ok(enclose(text, '\''))
}

/// The name as an identifier that keeps its case and may contain anything.
///
/// # Errors
/// `Programming` for an empty name or one with a NUL character.
pub fn quote_identifier(name: &str) -> Result<String, Error> {
    if name.is_empty() || name.contains('\0') {
        return Err(Error::Programming(format!(
            "{name:?} cannot be the name of anything"
        )));
    }
    Ok(enclose(name, '"'))
}

fn enclose(text: &str, quote: char) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push(quote);
    for c in text.chars() {
        if c == quote {
            quoted.push(quote);
        }
        quoted.push(c);
    }
    quoted.push(quote);
    quoted
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::lexer::{Kind, Lexer};
    use super::*;

    #[test]
    fn quotes_are_doubled() {
        assert_eq!(quote_literal("it's \\ \"x\"").unwrap(), "'it''s \\ \"x\"'");
        assert_eq!(quote_identifier("a\"b'c").unwrap(), "\"a\"\"b'c\"");
        assert_eq!(quote_literal("").unwrap(), "''");
        assert_eq!(quote_literal("a\0").unwrap_err().sqlstate(), Some("22021"));
        assert!(quote_identifier("").is_err());
        assert!(quote_identifier("a\0").is_err());
    }

    proptest! {
        #[test]
        fn what_is_quoted_is_one_token(text in "[^\0]*") {
            let literal = quote_literal(&text).unwrap();
            let tokens: Vec<Kind> = Lexer::new(&literal).map(|token| token.kind).collect();
            prop_assert_eq!(tokens, [Kind::Text]);
            prop_assume!(!text.is_empty());
            let name = quote_identifier(&text).unwrap();
            let tokens: Vec<Kind> = Lexer::new(&name).map(|token| token.kind).collect();
            prop_assert_eq!(tokens, [Kind::Quoted]);
        }
    }
}
