//! The arguments of a call, as far as they are placeholders: which parameter of the procedure each is for.
//!
//! Must not know: values, or what the procedure is.

use super::lexer::{Kind, Lexer, Marker, Token};

/// A placeholder that is an argument of a call, alone.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct CallArgument {
    /// The number of the placeholder, from 1.
    pub placeholder: usize,
    /// The place of the argument in the call, from 1.
    pub ordinal: u32,
    /// The parameter's name, where the argument gives it: `name => $1`.
    pub name: Option<String>,
}

/// Reads `EXECUTE PROCEDURE p(…)`, `CALL p(…)` and the form without parentheses, placeholders written `$n`. Arguments that
/// are more than a placeholder are counted and left out.
pub(super) fn arguments(sql: &str) -> Vec<CallArgument> {
    let Some(start) = name_start(sql) else {
        return Vec::new();
    };
    let tokens: Vec<Token> = Lexer::new(sql)
        .filter(|token| token.start >= start)
        .filter(|token| token.is_significant() && token.kind != Kind::Symbol(b';'))
        .collect();
    let mut found = Vec::new();
    for (ordinal, argument) in (1..).zip(split(list(&tokens))) {
        let (name, marker) = match argument {
            [marker] => (None, marker),
            [name, arrow, marker] if matches!(text(sql, *arrow), "=>" | ":=") => {
                (Some(unquoted(text(sql, *name))), marker)
            }
            _ => continue,
        };
        if let Kind::Marker(Marker::Numbered(number)) = marker.kind {
            found.push(CallArgument {
                placeholder: usize::try_from(number).unwrap_or(usize::MAX),
                ordinal,
                name,
            });
        }
    }
    found
}

/// Where the name of the procedure begins.
pub(super) fn name_start(sql: &str) -> Option<usize> {
    let mut words = Lexer::new(sql).filter(|token| token.is_significant());
    let mut word = words.next()?;
    if text(sql, word).eq_ignore_ascii_case("EXECUTE") {
        word = words.next()?;
    }
    // A call that was made a SELECT from the procedure's rows.
    if text(sql, word) == "SELECT" && words.next().is_some() {
        word = words.next()?;
    }
    let is_call = ["PROCEDURE", "CALL", "FROM"]
        .iter()
        .any(|known| text(sql, word).eq_ignore_ascii_case(known));
    is_call
        .then(|| words.next())
        .flatten()
        .map(|name| name.start)
}

/// What follows the name of the procedure, without the parentheses around it.
fn list(tokens: &[Token]) -> &[Token] {
    let is_dot = |token: &Token| token.kind == Kind::Symbol(b'.');
    let parts = tokens.iter().skip(1).step_by(2).take_while(|t| is_dot(t));
    let name = 1 + 2 * parts.count();
    match tokens.get(name..).unwrap_or_default() {
        [open, inner @ .., close]
            if open.kind == Kind::Symbol(b'(') && close.kind == Kind::Symbol(b')') =>
        {
            inner
        }
        other => other,
    }
}

/// The arguments between the commas.
fn split(tokens: &[Token]) -> impl Iterator<Item = &[Token]> {
    let mut depth = 0_usize;
    tokens.split(move |token| {
        match token.kind {
            Kind::Symbol(b'(' | b'[') => depth += 1,
            Kind::Symbol(b')' | b']') => depth = depth.saturating_sub(1),
            _ => {}
        }
        depth == 0 && token.kind == Kind::Symbol(b',')
    })
}

fn text(sql: &str, token: Token) -> &str {
    sql.get(token.start..token.end).unwrap_or_default()
}

fn unquoted(name: &str) -> String {
    match name
        .strip_prefix('"')
        .and_then(|rest| rest.strip_suffix('"'))
    {
        Some(inner) => inner.replace("\"\"", "\""),
        None => name.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(sql: &str) -> Vec<(usize, u32, Option<String>)> {
        arguments(sql)
            .into_iter()
            .map(|argument| (argument.placeholder, argument.ordinal, argument.name))
            .collect()
    }

    #[test]
    fn placeholders_are_found_at_their_places() {
        let plain = |list: &[(usize, u32)]| -> Vec<_> {
            list.iter().map(|(n, at)| (*n, *at, None)).collect()
        };
        assert_eq!(
            read("EXECUTE PROCEDURE p($1, $2)"),
            plain(&[(1, 1), (2, 2)])
        );
        assert_eq!(
            read("call s.\"P (x\" ( 1, $2, f($3, 4), $1 ) ;"),
            plain(&[(2, 2), (1, 4)])
        );
        assert_eq!(
            read("EXECUTE PROCEDURE a.b.p $1, $2"),
            plain(&[(1, 1), (2, 2)])
        );
        assert_eq!(read("CALL p(ARRAY[1, 2], $1)"), plain(&[(1, 2)]));
        assert_eq!(read("SELECT * FROM s.p(1, $1)"), plain(&[(1, 2)]));
        assert_eq!(read("CALL p($1 + 1, 'a, b', $2)"), plain(&[(2, 3)]));
    }

    #[test]
    fn named_arguments_say_their_names() {
        let named = |n, at, name: &str| (n, at, Some(name.to_owned()));
        assert_eq!(
            read("CALL p(b => $1, \"A\"\"c\" := $2, c => $3 + 1)"),
            vec![named(1, 1, "b"), named(2, 2, "A\"c")]
        );
    }

    #[test]
    fn calls_without_placeholders_have_none() {
        for sql in [
            "CALL p",
            "CALL p()",
            "EXECUTE PROCEDURE s.p(1, 'x')",
            "CALL",
            "",
            "CALL p((((",
        ] {
            assert_eq!(read(sql), vec![], "{sql}");
        }
    }
}
