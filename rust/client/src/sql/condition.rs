//! A condition that is to stand in parentheses in a statement of the driver's own.
//!
//! Must not know: what it says. It is looked at just far enough to be sure that it ends where its text ends.

use super::lexer::{Kind, Lexer};
use super::placeholder::{self, Arguments};
use crate::error::Error;

/// A condition whose placeholders are `$1 … $n`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Condition {
    /// The text to put between parentheses; it ends with a line feed, which ends a comment in its last line.
    pub sql: String,
    /// How many values it takes.
    pub count: usize,
    /// For a mapping: the key of each value.
    pub names: Vec<String>,
}

impl Condition {
    /// Reads a condition for `given` values of this kind.
    ///
    /// # Errors
    /// `Programming`, for what does not end where the text ends (parentheses, quotes, comments), for a second statement,
    /// and for placeholder styles that are mixed; `Parameters`, where the values are not those it takes.
    ///
    /// ```
    /// use scratchbird::sql::{Arguments, Condition};
    ///
    /// let condition = Condition::parse("a = ? and b > ?", Arguments::Positional, 2)?;
    /// assert_eq!(condition.sql, "a = $1 and b > $2\n");
    /// assert!(Condition::parse("true) or (true", Arguments::None, 0).is_err());
    /// # Ok::<(), scratchbird::Error>(())
    /// ```
    pub fn parse(text: &str, arguments: Arguments, given: usize) -> Result<Self, Error> {
        let refused = |reason: &str| Err(Error::Programming(format!("the condition {reason}")));
        // What follows it must be read for what it is: here, one parenthesis.
        let followed = format!("{text}\n)");
        let mut depth = 0_usize;
        let (mut words, mut closed) = (0_usize, false);
        for token in Lexer::new(&followed) {
            if token.start > text.len() {
                closed = token.kind == Kind::Symbol(b')') && depth == 0;
                break;
            }
            match token.kind {
                Kind::Symbol(b'(') => depth += 1,
                Kind::Symbol(b')') => match depth.checked_sub(1) {
                    Some(less) => depth = less,
                    None => return refused("closes a parenthesis that it has not opened"),
                },
                Kind::Symbol(b';') => return refused("contains a semicolon"),
                Kind::Symbol(0) => return refused("contains a NUL character"),
                _ => {}
            }
            words += usize::from(token.is_significant());
        }
        if words == 0 {
            return refused("is empty");
        }
        if !closed {
            return refused("does not end: a parenthesis, a quote or a comment is open");
        }
        let query = super::ParsedQuery::parse(text, arguments)?;
        query.check_count(given)?;
        let rewritten = placeholder::rewrite(text, arguments)?;
        Ok(Self {
            sql: format!("{}\n", rewritten.sql),
            count: rewritten.count,
            names: rewritten.names,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn conditions() {
        for (text, sql) in [
            ("a = 1", "a = 1\n"),
            ("(a = ?) or (b in (?, ?))", "(a = $1) or (b in ($2, $3))\n"),
            ("a = ')' and b = ? -- why", "a = ')' and b = $1 -- why\n"),
            ("\";\" = $1", "\";\" = $1\n"),
        ] {
            let count = sql.matches('$').count();
            let kind = Arguments::Positional;
            let condition = Condition::parse(text, kind, count).unwrap();
            assert_eq!((condition.sql.as_str(), condition.count), (sql, count));
        }
        let named = Condition::parse("a = :a or b = :a", Arguments::Named, 1).unwrap();
        assert_eq!(named.names, ["a"]);
    }

    #[test]
    fn what_is_none() {
        for text in [
            "",
            "  -- nothing",
            "1=1) or (1=1",
            "1=1); drop table t; --",
            "a = 'x",
            "a = \"x",
            "a /* b",
            "(a",
            "$$a",
            "a = 1; select 1",
            "a = \0",
            "a = ?",
        ] {
            Condition::parse(text, Arguments::Positional, 0).unwrap_err();
        }
    }
}
