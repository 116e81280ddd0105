//! PostgreSQL's tokens, as far as telling words, literals and parameters apart needs it.
//! Knows nothing of grammar; it never fails, because the engine is the one to complain.

/// One token and where it begins, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Token<'a> {
    pub kind: TokenKind,
    pub text: &'a str,
    pub start: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenKind {
    /// A bare identifier or keyword.
    Word,
    /// An identifier in double quotes.
    Quoted,
    /// A string constant of any notation.
    Literal,
    Number,
    /// `$1`
    Parameter,
    Symbol,
}

impl Token<'_> {
    pub fn is_word(&self, word: &str) -> bool {
        self.kind == TokenKind::Word && self.text.eq_ignore_ascii_case(word)
    }

    pub fn is_symbol(&self, symbol: &str) -> bool {
        self.kind == TokenKind::Symbol && self.text == symbol
    }
}

/// The tokens of a text, without blanks and comments.
pub struct Tokens<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Tokens<'a> {
    pub fn new(text: &'a str) -> Self {
        Self { text, at: 0 }
    }

    fn rest(&self) -> &'a [u8] {
        self.text.as_bytes().get(self.at..).unwrap_or_default()
    }

    fn skip_blanks_and_comments(&mut self) {
        loop {
            let rest = self.rest();
            match rest {
                [byte, ..] if byte.is_ascii_whitespace() => self.at += 1,
                [b'-', b'-', ..] => {
                    self.at += rest.iter().position(|&b| b == b'\n').unwrap_or(rest.len());
                }
                [b'/', b'*', ..] => self.at += block_comment(rest),
                _ => return,
            }
        }
    }
}

fn block_comment(text: &[u8]) -> usize {
    let (mut at, mut depth) = (0, 0_usize);
    while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
        match rest {
            [b'/', b'*', ..] => {
                depth += 1;
                at += 2;
            }
            [b'*', b'/', ..] => {
                depth -= 1;
                at += 2;
                if depth == 0 {
                    return at;
                }
            }
            _ => at += 1,
        }
    }
    text.len()
}

/// The length of a text in `quote`s, doubled quotes and optionally backslashes being escapes.
fn quoted(text: &[u8], quote: u8, backslash: bool) -> usize {
    let mut at = 1;
    while let Some(&byte) = text.get(at) {
        if byte == quote {
            if text.get(at + 1) == Some(&quote) {
                at += 2;
                continue;
            }
            return at + 1;
        }
        at += if byte == b'\\' && backslash { 2 } else { 1 };
    }
    text.len()
}

fn is_word_start(byte: u8) -> bool {
    byte.is_ascii_alphabetic() || byte == b'_' || byte >= 0x80
}

fn is_word_part(byte: u8) -> bool {
    is_word_start(byte) || byte.is_ascii_digit() || byte == b'$'
}

fn run(text: &[u8], belongs: impl Fn(u8) -> bool) -> usize {
    text.iter()
        .position(|&byte| !belongs(byte))
        .unwrap_or(text.len())
}

/// The length of `$tag$ … $tag$`, if the text begins with one.
fn dollar_quoted(text: &str) -> Option<usize> {
    let end = text.get(1..)?.find('$')? + 2;
    let tag = text.get(..end)?;
    let name = tag.get(1..end - 1)?.as_bytes();
    let named = name.first().is_none_or(|&byte| is_word_start(byte));
    if !named || !name.iter().all(|&byte| is_word_part(byte) && byte != b'$') {
        return None;
    }
    let body = text.get(end..)?;
    Some(body.find(tag).map_or(text.len(), |at| end + at + end))
}

fn number(text: &[u8]) -> usize {
    let mut length = run(text, |b| {
        b.is_ascii_alphanumeric() || b == b'.' || b == b'_'
    });
    let exponent = text
        .get(length.wrapping_sub(1))
        .is_some_and(|b| matches!(b, b'e' | b'E'));
    if exponent && matches!(text.get(length), Some(b'+' | b'-')) {
        length += 1;
        length += run(text.get(length..).unwrap_or_default(), |b| {
            b.is_ascii_digit()
        });
    }
    length
}

impl<'a> Iterator for Tokens<'a> {
    type Item = Token<'a>;

    fn next(&mut self) -> Option<Token<'a>> {
        self.skip_blanks_and_comments();
        let rest = self.rest();
        let start = self.at;
        let (kind, length) = match *rest {
            [] => return None,
            [b'\'', ..] => (TokenKind::Literal, quoted(rest, b'\'', false)),
            [b'e' | b'E', b'\'', ..] => (
                TokenKind::Literal,
                1 + quoted(rest.get(1..).unwrap_or_default(), b'\'', true),
            ),
            [b'b' | b'B' | b'x' | b'X' | b'n' | b'N', b'\'', ..] => (
                TokenKind::Literal,
                1 + quoted(rest.get(1..).unwrap_or_default(), b'\'', false),
            ),
            [b'"', ..] => (TokenKind::Quoted, quoted(rest, b'"', false)),
            [b'$', digit, ..] if digit.is_ascii_digit() => (
                TokenKind::Parameter,
                1 + run(rest.get(1..).unwrap_or_default(), |b| b.is_ascii_digit()),
            ),
            [b'$', ..] => match self.text.get(start..).and_then(dollar_quoted) {
                Some(length) => (TokenKind::Literal, length),
                None => (TokenKind::Symbol, 1),
            },
            [byte, ..] if is_word_start(byte) => (TokenKind::Word, run(rest, is_word_part)),
            [byte, ..] if byte.is_ascii_digit() => (TokenKind::Number, number(rest)),
            [b'.', digit, ..] if digit.is_ascii_digit() => (TokenKind::Number, number(rest)),
            _ => (TokenKind::Symbol, 1),
        };
        self.at = (start + length).min(self.text.len());
        // Every token ends at a character boundary, because bytes above 0x7f are parts of words or of quoted text.
        let text = self.text.get(start..self.at)?;
        Some(Token { kind, text, start })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(sql: &str) -> Vec<&str> {
        Tokens::new(sql).map(|token| token.text).collect()
    }

    #[test]
    fn words_strings_and_comments() {
        assert_eq!(
            texts("select 'it''s' -- no; \n, \"a\"\"b\" /* x /* y */ ; */ from t;"),
            ["select", "'it''s'", ",", "\"a\"\"b\"", "from", "t", ";"]
        );
        assert_eq!(texts(r"E'a\'b' 'a\'"), [r"E'a\'b'", r"'a\'"]);
    }

    #[test]
    fn dollars() {
        assert_eq!(
            texts("$1 $$a;b$$ $t$ $$ $t$ x$1"),
            ["$1", "$$a;b$$", "$t$ $$ $t$", "x$1"]
        );
        assert_eq!(texts("$ $a"), ["$", "$", "a"]);
    }

    #[test]
    fn numbers() {
        assert_eq!(texts("1.5e-3+.5 0x1f"), ["1.5e-3", "+", ".5", "0x1f"]);
    }

    #[test]
    fn unfinished_text_is_one_token() {
        assert_eq!(texts("'abc"), ["'abc"]);
        assert_eq!(texts("a /* b"), ["a"]);
        assert_eq!(texts("$x$ a"), ["$x$ a"]);
        assert_eq!(texts("é\"ü"), ["é", "\"ü"]);
    }
}
