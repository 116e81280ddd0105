//! What a COPY statement says of its data: the direction, the columns, the format.
//!
//! Must not know: what the server makes of it. Words that it does not know are the server's to judge.

use super::lexer::{Kind, Lexer, Token};

/// The format that a COPY statement asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum CopyFormat {
    /// None: the server's own rows.
    #[default]
    Own,
    /// `CSV`.
    Csv,
    /// `JSONL`.
    JsonLines,
    /// `BINARY`.
    Binary,
}

/// A COPY statement.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CopyStatement {
    /// True for `FROM STDIN`.
    pub is_in: bool,
    /// The columns listed after the table, without their quotes.
    pub columns: Vec<String>,
    /// The format it names.
    pub format: CopyFormat,
    /// Whether the first line of CSV has the names of the columns.
    pub header: bool,
    /// Where the word STDIN or STDOUT ends in the text; the format comes after it.
    pub stream_end: usize,
}

impl CopyStatement {
    /// Reads a statement; None where it is no COPY from STDIN or to STDOUT.
    #[must_use]
    pub fn parse(sql: &str) -> Option<Self> {
        let mut tokens = Lexer::new(sql)
            .filter(|token| token.is_significant())
            .map(|token| (token, sql.get(token.start..token.end).unwrap_or_default()));
        let is = |text: &str, word: &str| text.eq_ignore_ascii_case(word);
        if !is(tokens.next()?.1, "COPY") {
            return None;
        }
        let mut copy = Self::default();
        let mut depth = 0_usize;
        let mut is_query = true;
        // The subject: a table with or without columns, or a query in parentheses.
        for (token, text) in tokens.by_ref() {
            match token.kind {
                Kind::Symbol(b'(') => depth += 1,
                Kind::Symbol(b')') => depth = depth.saturating_sub(1),
                Kind::Word if depth == 0 && (is(text, "FROM") || is(text, "TO")) => {
                    copy.is_in = is(text, "FROM");
                    break;
                }
                Kind::Word if depth == 0 && is(text, "QUERY") && copy.columns.is_empty() => {}
                _ if depth == 0 => is_query = false,
                _ if depth == 1 && !is_query => copy.columns.extend(name(token, text)),
                _ => {}
            }
        }
        let (token, stream) = tokens.next()?;
        copy.stream_end = token.end;
        if !is(stream, if copy.is_in { "STDIN" } else { "STDOUT" }) {
            return None;
        }
        for (_, text) in tokens {
            let word = text.trim_matches('\'');
            if is(word, "CSV") {
                copy.format = CopyFormat::Csv;
            } else if is(word, "JSONL") {
                copy.format = CopyFormat::JsonLines;
            } else if is(word, "BINARY") {
                copy.format = CopyFormat::Binary;
            } else if is(word, "HEADER") {
                copy.header = true;
            }
        }
        Some(copy)
    }
}

/// The name that a token of a list of columns stands for.
fn name(token: Token, text: &str) -> Option<String> {
    match token.kind {
        Kind::Word => Some(text.to_owned()),
        Kind::Quoted => {
            let inner = text.get(1..text.len().checked_sub(1)?)?;
            Some(inner.replace("\"\"", "\""))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(sql: &str) -> CopyStatement {
        CopyStatement::parse(sql).unwrap()
    }

    #[test]
    fn columns_are_those_of_the_list() {
        let copy = parse("copy app.t (a, \"B \"\"x\", /* c, */ d) from stdin");
        assert_eq!(copy.columns, ["a", "B \"x", "d"]);
        assert!(copy.is_in);
        assert!(parse("COPY t FROM STDIN").columns.is_empty());
        assert!(parse("COPY \"from\" FROM STDIN").columns.is_empty());
        for query in [
            "COPY (SELECT a, b FROM t) TO STDOUT",
            "COPY QUERY (select (a), b from t) TO STDOUT",
        ] {
            let copy = parse(query);
            assert!(copy.columns.is_empty() && !copy.is_in, "{query}");
        }
    }

    #[test]
    fn formats() {
        for (options, format, header) in [
            ("", CopyFormat::Own, false),
            ("CSV WITH HEADER", CopyFormat::Csv, true),
            ("(FORMAT csv, HEADER)", CopyFormat::Csv, true),
            ("FORMAT 'jsonl'", CopyFormat::JsonLines, false),
            ("BINARY", CopyFormat::Binary, false),
        ] {
            let copy = parse(&format!("COPY t TO STDOUT {options}"));
            assert_eq!((copy.format, copy.header), (format, header), "{options}");
        }
    }

    #[test]
    fn other_statements_are_none() {
        for sql in [
            "",
            "SELECT 1",
            "COPY",
            "COPY t",
            "COPY t FROM",
            "COPY t FROM 'file'",
            "COPY t TO STDIN",
        ] {
            assert_eq!(CopyStatement::parse(sql), None, "{sql}");
        }
    }
}
