//! Splits a statement into tokens, exactly enough to know where a placeholder can stand.
//!
//! Must not know: which placeholder style applies, or what the statement means. It never fails: a literal or comment
//! without an end reaches to the end of the text, and the server says so.

use super::extent::{
    block_comment, dollar, in_name, in_word, line, number, percent, question, quoted, run,
    starts_word,
};

/// What a placeholder looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Marker {
    /// `?`
    Question,
    /// `$7`; the number as far as it fits.
    Numbered(u32),
    /// `%s`
    Format,
    /// `:name`
    Colon,
    /// `%(name)s`
    PyFormat,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Space,
    /// `-- …` and `/* … */`
    Comment,
    /// `// …`, `# …` and nested `/*+ … */`: comments that are unknown to a scanner of standard SQL.
    OwnComment,
    Word,
    Number,
    /// `'…'`
    Text,
    /// `$$…$$`
    DollarText,
    /// `"…"`
    Quoted,
    /// `` `…` `` and `[…]`: quoted identifiers that are unknown to a scanner of standard SQL.
    OwnQuoted,
    Marker(Marker),
    /// `%%`
    PercentPercent,
    /// `?|`, `?&`, `??` and `@?`: operators that contain a question mark.
    QuestionOperator,
    /// Any other operator of two or more characters.
    Operator,
    /// One character that stands for itself.
    Symbol(u8),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Token {
    pub(super) kind: Kind,
    pub(super) start: usize,
    pub(super) end: usize,
}

impl Token {
    /// Whether the token is more than white space or a comment.
    pub(super) fn is_significant(self) -> bool {
        !matches!(self.kind, Kind::Space | Kind::Comment | Kind::OwnComment)
    }
}

/// Operators of two and three characters, the longer ones first. Those with `?` are treated apart.
const OPERATORS: &[&[u8]] = &[
    b"<<=", b">>=", b"#>>", b"->>", b"<->", b"<=>", b"<#>", b"<+>", b"<~>", b"<%>", b"::", b":=",
    b"=>", b"<=", b">=", b"<>", b"!=", b"||", b"&&", b"->", b"@>", b"<@", b"#>", b"<<", b">>",
    b"+=", b"-=", b"*=", b"/=", b"%=", b"**", b"!!", b"..",
];

/// Words after which no operand has been read yet, so that a `[` that follows directly opens an identifier.
const NOT_OPERANDS: &[&str] = &[
    "ALL",
    "AND",
    "AS",
    "BETWEEN",
    "BY",
    "CASE",
    "COLUMN",
    "DELETE",
    "DISTINCT",
    "ELSE",
    "EXISTS",
    "FROM",
    "GROUP",
    "HAVING",
    "IN",
    "INDEX",
    "INSERT",
    "INTO",
    "IS",
    "JOIN",
    "LIKE",
    "LIMIT",
    "MERGE",
    "NOT",
    "OFFSET",
    "ON",
    "OR",
    "ORDER",
    "RETURNING",
    "SCHEMA",
    "SELECT",
    "SET",
    "TABLE",
    "THEN",
    "UNION",
    "UPDATE",
    "USING",
    "VALUES",
    "VIEW",
    "WHEN",
    "WHERE",
    "WITH",
];

/// The tokens of a statement, without gaps: each begins where the one before it ends.
pub(super) struct Lexer<'a> {
    text: &'a str,
    at: usize,
    /// The last significant token.
    previous: Option<Token>,
    /// How many subscripts or array constructors are open.
    brackets: usize,
}

impl<'a> Lexer<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self {
            text,
            at: 0,
            previous: None,
            brackets: 0,
        }
    }

    fn rest(&self) -> &'a [u8] {
        self.text.as_bytes().get(self.at..).unwrap_or(&[])
    }

    fn peek(&self, ahead: usize) -> Option<u8> {
        self.rest().get(ahead).copied()
    }

    /// The kind of the token that begins here, and its length (at least 1).
    fn scan(&mut self, first: u8) -> (Kind, usize) {
        let rest = self.rest();
        let second = self.peek(1);
        match (first, second) {
            (b' ' | b'\t' | b'\n' | b'\r' | b'\x0B' | b'\x0C', _) => (
                Kind::Space,
                run(rest, |b| b.is_ascii_whitespace() || b == 0x0B),
            ),
            (b'-', Some(b'-')) => (Kind::Comment, line(rest)),
            (b'/', Some(b'/')) => (Kind::OwnComment, line(rest)),
            (b'#', next) if next != Some(b'>') => (Kind::OwnComment, line(rest)),
            (b'/', Some(b'*')) => block_comment(rest),
            (b'\'', _) => (Kind::Text, quoted(rest, b'\'')),
            (b'"', _) => (Kind::Quoted, quoted(rest, b'"')),
            (b'`', _) => (Kind::OwnQuoted, quoted(rest, b'`')),
            (b'[', _) => self.bracket(rest),
            (b']', _) => {
                self.brackets = self.brackets.saturating_sub(1);
                (Kind::Symbol(b']'), 1)
            }
            (b'$', _) => dollar(rest),
            (b':', _) if second.is_some_and(starts_word) && self.colon_begins_a_name() => {
                (Kind::Marker(Marker::Colon), 1 + run(&rest[1..], in_name))
            }
            (b'%', _) => percent(rest),
            (b'?', _) => question(rest),
            (b'@', Some(b'?')) => (Kind::QuestionOperator, 2),
            _ if starts_word(first) => (Kind::Word, run(rest, in_word)),
            _ if first.is_ascii_digit() => (Kind::Number, number(rest)),
            _ => match OPERATORS.iter().find(|operator| rest.starts_with(operator)) {
                Some(operator) => (Kind::Operator, operator.len()),
                None => (Kind::Symbol(first), 1),
            },
        }
    }

    /// `[` opens an array after `ARRAY` or inside another one, a subscript directly after an operand, and a quoted
    /// identifier everywhere else.
    fn bracket(&mut self, rest: &[u8]) -> (Kind, usize) {
        let array = self
            .previous_word()
            .is_some_and(|word| word.eq_ignore_ascii_case("ARRAY"));
        let subscript =
            self.previous_is_operand() && self.previous.is_some_and(|p| p.end == self.at);
        let nested = self.brackets > 0
            && matches!(
                self.previous.map(|p| p.kind),
                Some(Kind::Symbol(b'[' | b','))
            );
        if !(array || subscript || nested) {
            if let Some(end) = memchr::memchr(b']', rest) {
                return (Kind::OwnQuoted, end + 1);
            }
        }
        self.brackets += 1;
        (Kind::Symbol(b'['), 1)
    }

    /// Inside brackets a `:` after an operand separates the bounds of a slice; elsewhere a name may not touch a word.
    fn colon_begins_a_name(&self) -> bool {
        if self.brackets > 0 {
            return !self.previous_is_operand();
        }
        !self.previous.is_some_and(|p| {
            p.end == self.at && matches!(p.kind, Kind::Word | Kind::Number | Kind::Symbol(b':'))
        })
    }

    fn previous_word(&self) -> Option<&'a str> {
        let token = self.previous.filter(|token| token.kind == Kind::Word)?;
        self.text.get(token.start..token.end)
    }

    fn previous_is_operand(&self) -> bool {
        match self.previous.map(|token| token.kind) {
            Some(Kind::Word) => self.previous_word().is_some_and(|word| {
                !NOT_OPERANDS
                    .iter()
                    .any(|known| word.eq_ignore_ascii_case(known))
            }),
            Some(
                Kind::Number
                | Kind::Text
                | Kind::DollarText
                | Kind::Quoted
                | Kind::OwnQuoted
                | Kind::Marker(_)
                | Kind::Symbol(b')' | b']'),
            ) => true,
            _ => false,
        }
    }
}

impl Iterator for Lexer<'_> {
    type Item = Token;

    fn next(&mut self) -> Option<Token> {
        let first = self.peek(0)?;
        let (kind, length) = self.scan(first);
        let start = self.at;
        self.at = (start + length).min(self.text.len());
        let token = Token {
            kind,
            start,
            end: self.at,
        };
        if token.is_significant() {
            self.previous = Some(token);
        }
        Some(token)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn kinds(sql: &str) -> Vec<(Kind, &str)> {
        let tokens = Lexer::new(sql).filter(|token| token.kind != Kind::Space);
        tokens
            .map(|token| (token.kind, &sql[token.start..token.end]))
            .collect()
    }

    #[test]
    fn comments() {
        assert_eq!(
            kinds("-- a\n// b\r# c\n/* d /* e */ f"),
            [
                (Kind::Comment, "-- a"),
                (Kind::OwnComment, "// b"),
                (Kind::OwnComment, "# c"),
                (Kind::Comment, "/* d /* e */"),
                (Kind::Word, "f"),
            ]
        );
        assert_eq!(
            kinds("/*+ a /* b */ c */ d"),
            [(Kind::OwnComment, "/*+ a /* b */ c */"), (Kind::Word, "d")]
        );
        assert_eq!(kinds("/*+ a */"), [(Kind::Comment, "/*+ a */")]);
        assert_eq!(kinds("/*/ x"), [(Kind::Comment, "/*/ x")]);
        assert_eq!(kinds("a #> b #>> c").len(), 5);
        assert_eq!(kinds("a <#> b")[1], (Kind::Operator, "<#>"));
    }

    #[test]
    fn literals_and_identifiers() {
        assert_eq!(
            kinds(r#"'it''s \' "a""b" `c``d` $$e$1$$ $t$ $$ $t$"#),
            [
                (Kind::Text, r"'it''s \'"),
                (Kind::Quoted, r#""a""b""#),
                (Kind::OwnQuoted, "`c``d`"),
                (Kind::DollarText, "$$e$1$$"),
                (Kind::DollarText, "$t$ $$ $t$"),
            ]
        );
        assert_eq!(kinds("'open"), [(Kind::Text, "'open")]);
        assert_eq!(kinds("$x$open"), [(Kind::DollarText, "$x$open")]);
        assert_eq!(kinds("a$1 é_2"), [(Kind::Word, "a$1"), (Kind::Word, "é_2")]);
    }

    #[test]
    fn brackets() {
        let quoted = |sql: &str| kinds(sql).iter().any(|(kind, _)| *kind == Kind::OwnQuoted);
        for sql in [
            "SELECT [a?b] FROM t",
            "t.[a]",
            "SELECT[a]",
            "[a",
            "FROM t AS [x]",
        ] {
            assert_eq!(quoted(sql), sql.contains(']'), "{sql}");
        }
        for sql in [
            "ARRAY[1]",
            "ARRAY [[1],[2]]",
            "a[1]",
            "f(x)[1]",
            "a[1][2]",
            "\"a\"[1]",
            "$1[2]",
            "int[]",
        ] {
            assert!(!quoted(sql), "{sql}");
        }
    }

    #[test]
    fn numbers_and_operators() {
        assert_eq!(
            kinds("1.5E3..2"),
            [
                (Kind::Number, "1.5E3"),
                (Kind::Operator, ".."),
                (Kind::Number, "2")
            ]
        );
        assert_eq!(kinds("1$2")[1], (Kind::Marker(Marker::Numbered(2)), "$2"));
        assert_eq!(
            kinds("$99999999999")[0].0,
            Kind::Marker(Marker::Numbered(u32::MAX))
        );
        assert_eq!(
            kinds("a<--b"),
            [
                (Kind::Word, "a"),
                (Kind::Symbol(b'<'), "<"),
                (Kind::Comment, "--b")
            ]
        );
    }

    proptest! {
        #[test]
        fn tokens_cover_any_text_without_gaps(text in "[-a-z0-9?$:%'\"`\\[\\]/*#+;,(){}.=@|& \nü]{0,60}") {
            let mut at = 0;
            for token in Lexer::new(&text) {
                prop_assert_eq!(token.start, at);
                prop_assert!(token.end > token.start);
                prop_assert!(text.get(token.start..token.end).is_some(), "cuts a character");
                at = token.end;
            }
            prop_assert_eq!(at, text.len());
        }

        #[test]
        fn any_text_never_panics(text in any::<String>()) {
            prop_assert_eq!(Lexer::new(&text).last().map_or(0, |token| token.end), text.len());
        }
    }
}
