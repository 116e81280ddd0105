//! The call escapes of JDBC and ODBC: `{call p(?)}` and `{? = call f(?)}`.
//!
//! Must not know: placeholders beyond the one that stands for the result.

use std::borrow::Cow;

/// Replaces an escape that makes up the whole statement; any other text comes back as it is.
///
/// `{call p(…)}` becomes `EXECUTE PROCEDURE p(…)`. `{? = call f(…)}` becomes `SELECT f(…) AS return_value`, so that the
/// value arrives as a row; its first `?` is no parameter any more.
pub(super) fn expand(sql: &str) -> Cow<'_, str> {
    let trimmed = sql.trim().trim_end_matches(';').trim_end();
    let inner = trimmed
        .strip_prefix('{')
        .and_then(|rest| rest.strip_suffix('}'));
    match inner.map(str::trim).and_then(expand_inner) {
        Some(expanded) => Cow::Owned(expanded),
        None => Cow::Borrowed(sql),
    }
}

fn expand_inner(inner: &str) -> Option<String> {
    let (is_function, rest) = match inner.strip_prefix('?') {
        Some(rest) => (true, rest.trim_start().strip_prefix('=')?.trim_start()),
        None => (false, inner),
    };
    let head = rest
        .get(..4)
        .filter(|head| head.eq_ignore_ascii_case("call"))?;
    let rest = &rest[head.len()..];
    let call = rest.trim();
    if !rest.starts_with(char::is_whitespace) || call.is_empty() {
        return None;
    }
    Some(match (is_function, call.contains('(')) {
        (true, true) => format!("SELECT {call} AS return_value"),
        (true, false) => format!("SELECT {call}() AS return_value"),
        (false, _) => format!("EXECUTE PROCEDURE {call}"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls() {
        let cases = [
            ("{call p(?, ?)}", "EXECUTE PROCEDURE p(?, ?)"),
            (" { CALL s.p } ;", "EXECUTE PROCEDURE s.p"),
            ("{? = call f(?)}", "SELECT f(?) AS return_value"),
            ("{?=call f}", "SELECT f() AS return_value"),
        ];
        for (sql, expected) in cases {
            assert_eq!(expand(sql), expected);
        }
    }

    #[test]
    fn everything_else_is_left_alone() {
        for sql in [
            "SELECT 1",
            "{call}",
            "{callp(?)}",
            "{d '2026-01-01'}",
            "{? call f}",
            "{",
            "{}",
            "{cäll x}",
            "",
        ] {
            assert_eq!(expand(sql), sql);
        }
    }
}
