//! SBsql text to tokens: comments, quoting, literals and operators by SBsql's lexical rules, in the parser's token type.
//! A token's span holds byte offsets as columns of line 1. Knows words and characters, nothing of statements.

use sqlparser::keywords::Keyword;
use sqlparser::tokenizer::{Location, Span, Token, TokenWithSpan};

use super::literal;
use super::refusal::{Refusal, Result};
use super::symbol::operator;

/// What the scanner found in one text.
#[derive(Debug)]
pub(crate) struct Lexed {
    pub tokens: Vec<TokenWithSpan>,
    pub had_comment: bool,
}

/// The byte offset a token starts at.
pub(crate) fn offset(token: &TokenWithSpan) -> usize {
    usize::try_from(token.span.start.column).unwrap_or(0)
}

/// The byte offset just after a token.
pub(crate) fn end_offset(token: &TokenWithSpan) -> usize {
    usize::try_from(token.span.end.column).unwrap_or(0)
}

pub(crate) fn is_word(token: &Token, word: &str) -> bool {
    matches!(token, Token::Word(w) if w.quote_style.is_none() && w.value.eq_ignore_ascii_case(word))
}

fn refuse<T>(code: &str, message: &str, at: usize) -> Result<T> {
    Err(Refusal::rejected(code, message).at(at))
}

pub(crate) fn is_identifier_start(byte: u8) -> bool {
    byte.is_ascii_alphabetic() || byte == b'_' || byte >= 0x80
}

fn is_identifier_part(byte: u8) -> bool {
    is_identifier_start(byte) || byte.is_ascii_digit() || byte == b'$'
}

pub(crate) struct Scanner<'a> {
    pub sql: &'a str,
    pub bytes: &'a [u8],
    pub at: usize,
    tokens: Vec<TokenWithSpan>,
    had_comment: bool,
    /// Depth of square brackets that belong to arrays and subscripts.
    brackets: usize,
}

/// Turns a whole text, of any number of statements, into tokens.
pub(crate) fn scan(sql: &str) -> Result<Lexed> {
    reject_hidden_characters(sql)?;
    let mut scanner = Scanner {
        sql,
        bytes: sql.as_bytes(),
        at: 0,
        tokens: Vec::with_capacity(sql.len() / 4 + 4),
        had_comment: false,
        brackets: 0,
    };
    while scanner.skip_blank()? {
        scanner.next()?;
    }
    Ok(Lexed {
        tokens: scanner.tokens,
        had_comment: scanner.had_comment,
    })
}

fn reject_hidden_characters(sql: &str) -> Result<()> {
    if sql.is_ascii() {
        return Ok(());
    }
    let bidi = |c: char| matches!(c, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}' | '\u{200E}' | '\u{200F}' | '\u{061C}');
    match sql.char_indices().find(|(_, c)| bidi(*c)) {
        Some((at, _)) => refuse(
            "SBSQL.LEXER.BIDI_CONTROL",
            "bidirectional control characters are not allowed in SQL text",
            at,
        ),
        None => Ok(()),
    }
}

impl<'a> Scanner<'a> {
    pub fn peek(&self, ahead: usize) -> u8 {
        self.bytes.get(self.at + ahead).copied().unwrap_or(0)
    }

    fn slice(&self, from: usize, to: usize) -> &'a str {
        self.sql.get(from..to).unwrap_or("")
    }

    fn push(&mut self, token: Token, start: usize) {
        let location = |at: usize| Location::new(1, u64::try_from(at).unwrap_or(u64::MAX));
        self.tokens.push(TokenWithSpan {
            token,
            span: Span::new(location(start), location(self.at)),
        });
    }

    /// Moves past blanks and comments; false at the end of the text.
    fn skip_blank(&mut self) -> Result<bool> {
        loop {
            let Some(&byte) = self.bytes.get(self.at) else {
                return Ok(false);
            };
            match byte {
                b' ' | b'\t' | b'\n' | b'\r' | 0x0B | 0x0C => self.at += 1,
                b'-' if self.peek(1) == b'-' => self.skip_line(),
                b'/' if self.peek(1) == b'/' => self.skip_line(),
                // `<#>` never gets here: it is scanned from its `<`.
                b'#' if self.peek(1) != b'>' => self.skip_line(),
                b'/' if self.peek(1) == b'*' => self.skip_block()?,
                0..=0x1F => {
                    return refuse(
                        "SBSQL.LEXER.CONTROL_CHARACTER",
                        "a control character stands in the SQL text",
                        self.at,
                    )
                }
                _ => return Ok(true),
            }
        }
    }

    fn skip_line(&mut self) {
        self.had_comment = true;
        let rest = self.bytes.get(self.at..).unwrap_or(&[]);
        self.at += memchr::memchr(b'\n', rest).unwrap_or(rest.len());
    }

    fn skip_block(&mut self) -> Result<()> {
        self.had_comment = true;
        let start = self.at;
        // A directive comment nests, an ordinary one does not.
        let nests = self.peek(2) == b'+';
        let mut depth = 1usize;
        self.at += 2;
        while depth > 0 {
            match (self.peek(0), self.peek(1)) {
                _ if self.at >= self.bytes.len() => {
                    return refuse(
                        "SBSQL.LEXER.COMMENT_UNCLOSED",
                        "block comment is not closed",
                        start,
                    )
                }
                (b'*', b'/') => {
                    depth -= 1;
                    self.at += 2;
                }
                (b'/', b'*') if nests => {
                    depth += 1;
                    self.at += 2;
                }
                _ => self.at += 1,
            }
        }
        Ok(())
    }

    fn next(&mut self) -> Result<()> {
        let start = self.at;
        let byte = self.peek(0);
        let token = match byte {
            b'\'' => Token::SingleQuotedString(self.quoted(
                b'\'',
                "SBSQL.LEXER.STRING_UNCLOSED",
                "string literal is not closed",
            )?),
            b'"' | b'`' => {
                let name = self.quoted(
                    byte,
                    "SBSQL.LEXER.IDENTIFIER_UNCLOSED",
                    "quoted identifier is not closed",
                )?;
                return self.push_identifier(name, start);
            }
            b'[' if !self.bracket_is_array() => {
                let rest = self.bytes.get(self.at + 1..).unwrap_or(&[]);
                let Some(length) = memchr::memchr(b']', rest) else {
                    return refuse(
                        "SBSQL.LEXER.IDENTIFIER_UNCLOSED",
                        "bracketed identifier is not closed",
                        start,
                    );
                };
                let name = self.slice(start + 1, start + 1 + length).to_owned();
                self.at += length + 2;
                return self.push_identifier(name, start);
            }
            b'0'..=b'9' => self.number()?,
            b'$' => self.dollar()?,
            b'?' => self.question(),
            b':' => self.colon(),
            _ if is_identifier_start(byte) => self.word()?,
            _ => self.symbol()?,
        };
        self.push(token, start);
        Ok(())
    }

    fn push_identifier(&mut self, name: String, start: usize) -> Result<()> {
        if name.is_empty() {
            return refuse(
                "SBSQL.LEXER.IDENTIFIER_EMPTY",
                "a quoted identifier is empty",
                start,
            );
        }
        self.push(Token::make_word(&name, Some('"')), start);
        Ok(())
    }

    /// Reads a quoted run whose only escape is the doubled quote; the scanner stands on the opening quote.
    pub fn quoted(&mut self, quote: u8, code: &str, message: &str) -> Result<String> {
        let start = self.at;
        self.at += 1;
        let mut text = String::new();
        loop {
            let rest = self.bytes.get(self.at..).unwrap_or(&[]);
            let Some(length) = memchr::memchr(quote, rest) else {
                return refuse(code, message, start);
            };
            text.push_str(self.slice(self.at, self.at + length));
            self.at += length + 1;
            if self.peek(0) != quote {
                return Ok(text);
            }
            text.push(char::from(quote));
            self.at += 1;
        }
    }

    /// `[` opens an array after the word ARRAY, inside an array, and when it touches the expression before it.
    fn bracket_is_array(&self) -> bool {
        let Some(previous) = self.tokens.last() else {
            return false;
        };
        let touches = end_offset(previous) == self.at;
        match &previous.token {
            Token::Word(w) if w.quote_style.is_none() && w.keyword == Keyword::ARRAY => true,
            Token::LBracket => true,
            Token::Comma => self.brackets > 0,
            Token::Word(_)
            | Token::RParen
            | Token::RBracket
            | Token::Placeholder(_)
            | Token::Gt => touches,
            _ => false,
        }
    }

    fn dollar(&mut self) -> Result<Token> {
        let start = self.at;
        if self.peek(1).is_ascii_digit() {
            self.at += 1;
            while self.peek(0).is_ascii_digit() {
                self.at += 1;
            }
            return Ok(Token::Placeholder(self.slice(start, self.at).to_owned()));
        }
        let mut end = self.at + 1;
        while self
            .bytes
            .get(end)
            .is_some_and(|b| b.is_ascii_alphanumeric() || *b == b'_')
        {
            end += 1;
        }
        if self.bytes.get(end) != Some(&b'$') {
            return refuse("SBSQL.LEXER.SYMBOL_UNEXPECTED", "unexpected `$`", start);
        }
        let tag = self.slice(start, end + 1);
        let body = self.sql.get(end + 1..).unwrap_or("");
        let Some(length) = memchr::memmem::find(body.as_bytes(), tag.as_bytes()) else {
            return refuse(
                "SBSQL.LEXER.STRING_UNCLOSED",
                "dollar string is not closed",
                start,
            );
        };
        self.at = end + 1 + length + tag.len();
        Ok(Token::SingleQuotedString(
            body.get(..length).unwrap_or("").to_owned(),
        ))
    }

    fn question(&mut self) -> Token {
        let (token, length) = match (self.peek(1), self.peek(2)) {
            (b'|', b'|') => (Token::Placeholder("?".to_owned()), 1),
            (b'|', _) => (Token::QuestionPipe, 2),
            (b'&', _) => (Token::QuestionAnd, 2),
            (b'?', _) => (Token::Question, 2),
            _ => (Token::Placeholder("?".to_owned()), 1),
        };
        self.at += length;
        token
    }

    fn colon(&mut self) -> Token {
        let (token, length) = match self.peek(1) {
            b':' => (Token::DoubleColon, 2),
            b'=' => (Token::Assignment, 2),
            // `:name` keeps its colon, so that a routine body can tell a variable from a column.
            byte if is_identifier_start(byte) && !self.touches_operand() => {
                let start = self.at;
                self.at += 1;
                while is_identifier_part(self.peek(0)) {
                    self.at += 1;
                }
                return Token::Placeholder(self.slice(start, self.at).to_owned());
            }
            _ => (Token::Colon, 1),
        };
        self.at += length;
        token
    }

    fn touches_operand(&self) -> bool {
        self.tokens.last().is_some_and(|t| {
            end_offset(t) == self.at
                && matches!(
                    t.token,
                    Token::Word(_)
                        | Token::SingleQuotedString(_)
                        | Token::Number(..)
                        | Token::RParen
                        | Token::RBracket
                )
        })
    }

    fn word(&mut self) -> Result<Token> {
        let start = self.at;
        while is_identifier_part(self.peek(0)) {
            self.at += 1;
        }
        let word = self.slice(start, self.at);
        if let Some(token) = literal::prefixed(self, word)? {
            return Ok(token);
        }
        Ok(Token::make_word(word, None))
    }

    fn number(&mut self) -> Result<Token> {
        if let Some(token) = literal::bare_uuid(self) {
            return Ok(token);
        }
        literal::number(self)
    }

    fn symbol(&mut self) -> Result<Token> {
        let start = self.at;
        let rest = self.bytes.get(self.at..).unwrap_or(&[]);
        let Some((token, length)) = operator(rest) else {
            let found = self
                .sql
                .get(start..)
                .and_then(|s| s.chars().next())
                .unwrap_or(' ');
            return refuse(
                "SBSQL.LEXER.SYMBOL_UNEXPECTED",
                &format!("unexpected `{found}`"),
                start,
            );
        };
        match token {
            Token::LBracket => self.brackets += 1,
            Token::RBracket => self.brackets = self.brackets.saturating_sub(1),
            _ => {}
        }
        self.at += length;
        Ok(token)
    }
}
