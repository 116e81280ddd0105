//! The call escapes of JDBC and ODBC: `{call p(?)}` and `{? = call f(?)}`.
//!
//! Must not know: placeholders beyond the one that stands for the result.

use std::borrow::Cow;

/// The placeholder that stands for a function's result in an escape. It is no parameter of the statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ResultMarker {
    /// `?` or `%s`: the first of a sequence.
    First,
    /// `:name` or `%(name)s`
    Named(String),
}

/// A statement with its escape replaced.
pub(super) struct Expanded<'a> {
    pub(super) sql: Cow<'a, str>,
    pub(super) result: Option<ResultMarker>,
}

/// Replaces an escape that makes up the whole statement; any other text comes back as it is.
///
/// `{call p(…)}` becomes `EXECUTE PROCEDURE p(…)`. `{? = call f(…)}` becomes `SELECT f(…) AS return_value`, so that the
/// value arrives as a row; its first placeholder is no parameter any more.
pub(super) fn expand(sql: &str) -> Expanded<'_> {
    let untouched = Expanded {
        sql: Cow::Borrowed(sql),
        result: None,
    };
    // Statements that are none are the rule, and most of them show it at once.
    if !sql.trim_start().starts_with('{') {
        return untouched;
    }
    let trimmed = sql.trim().trim_end_matches(';').trim_end();
    let inner = trimmed
        .strip_prefix('{')
        .and_then(|rest| rest.strip_suffix('}'));
    match inner.map(str::trim).and_then(expand_inner) {
        Some((expanded, result)) => Expanded {
            sql: Cow::Owned(expanded),
            result,
        },
        None => untouched,
    }
}

fn expand_inner(inner: &str) -> Option<(String, Option<ResultMarker>)> {
    let is_call = |text: &str| {
        text.get(..4)
            .is_some_and(|word| word.eq_ignore_ascii_case("call"))
    };
    let (result, rest) = if is_call(inner) {
        (None, inner)
    } else {
        let (marker, rest) = inner.split_once('=')?;
        (Some(result_marker(marker.trim_end())?), rest.trim_start())
    };
    if !is_call(rest) {
        return None;
    }
    let rest = rest.get(4..)?;
    let call = rest.trim();
    if !rest.starts_with(char::is_whitespace) || call.is_empty() {
        return None;
    }
    let expanded = match (&result, call.contains('(')) {
        (Some(_), true) => format!("SELECT {call} AS return_value"),
        (Some(_), false) => format!("SELECT {call}() AS return_value"),
        (None, _) => format!("EXECUTE PROCEDURE {call}"),
    };
    Some((expanded, result))
}

fn result_marker(marker: &str) -> Option<ResultMarker> {
    if matches!(marker, "?" | "%s") {
        return Some(ResultMarker::First);
    }
    let name = marker.strip_prefix(':').or_else(|| {
        marker
            .strip_prefix("%(")
            .and_then(|rest| rest.strip_suffix(")s"))
    })?;
    let is_name = !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || c == '_');
    is_name.then(|| ResultMarker::Named(name.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls() {
        let named = |name: &str| Some(ResultMarker::Named(name.to_owned()));
        let cases = [
            ("{call p(?, ?)}", "EXECUTE PROCEDURE p(?, ?)", None),
            (" { CALL s.p } ;", "EXECUTE PROCEDURE s.p", None),
            ("{call p(a => ?)}", "EXECUTE PROCEDURE p(a => ?)", None),
            (
                "{? = call f(?)}",
                "SELECT f(?) AS return_value",
                Some(ResultMarker::First),
            ),
            (
                "{?=call f}",
                "SELECT f() AS return_value",
                Some(ResultMarker::First),
            ),
            (
                "{%s = call f(%s)}",
                "SELECT f(%s) AS return_value",
                Some(ResultMarker::First),
            ),
            (
                "{:r = call f(:a)}",
                "SELECT f(:a) AS return_value",
                named("r"),
            ),
            (
                "{%(r)s = call f(%(a)s)}",
                "SELECT f(%(a)s) AS return_value",
                named("r"),
            ),
        ];
        for (sql, expected, result) in cases {
            let expanded = expand(sql);
            assert_eq!(expanded.sql, expected);
            assert_eq!(expanded.result, result, "{sql}");
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
            "{x = call f}",
            "{: = call f}",
            "{$1 = call f}",
            "{",
            "{}",
            "{cäll x}",
            "",
        ] {
            let expanded = expand(sql);
            assert_eq!(expanded.sql, sql);
            assert_eq!(expanded.result, None);
        }
    }
}
