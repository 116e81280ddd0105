//! Reading a statement by hand: words, symbols, names and expressions from the parser's tokens, as PostgreSQL text.

use sqlparser::ast::{Expr, Ident, ObjectName};
use sqlparser::parser::Parser;
use sqlparser::tokenizer::Token;

use crate::translate::lexer::{self, is_word};
use crate::translate::refusal::{Refusal, Result};
use crate::translate::rewrite::rewrite;
use crate::translate::{names, types};

/// The tokens of one statement under the parser, and the text they came from.
pub(in crate::translate) struct Reader<'a> {
    pub parser: Parser<'a>,
    pub sql: &'a str,
    /// Where the statement ends in it.
    pub end: usize,
}

impl Reader<'_> {
    /// Whether the next word is this one.
    pub fn at(&self, word: &str) -> bool {
        is_word(&self.parser.peek_token_ref().token, word)
    }

    pub fn at_nth(&self, n: usize, word: &str) -> bool {
        is_word(&self.parser.peek_nth_token_ref(n).token, word)
    }

    /// Takes the next word if it is this one.
    pub fn take(&mut self, word: &str) -> bool {
        let found = self.at(word);
        if found {
            self.parser.advance_token();
        }
        found
    }

    /// Takes all of these words or none.
    pub fn take_all(&mut self, words: &[&str]) -> bool {
        let found = words
            .iter()
            .enumerate()
            .all(|(n, word)| self.at_nth(n, word));
        if found {
            for _ in words {
                self.parser.advance_token();
            }
        }
        found
    }

    /// Takes the first of these words that comes next.
    pub fn take_one_of<'w>(&mut self, words: &[&'w str]) -> Option<&'w str> {
        let found = words.iter().find(|word| self.at(word)).copied();
        if found.is_some() {
            self.parser.advance_token();
        }
        found
    }

    pub fn need(&mut self, word: &str) -> Result<()> {
        if self.take(word) {
            return Ok(());
        }
        self.expected(word)
    }

    pub fn expected<T>(&self, what: &str) -> Result<T> {
        let found = self.parser.peek_token();
        if found.token == Token::EOF {
            return Err(Refusal::syntax(format!(
                "expected {what}, found the end of the statement"
            ))
            .at(self.end));
        }
        let (start, end) = (lexer::offset(&found), lexer::end_offset(&found));
        let text = self.sql.get(start..end).unwrap_or("");
        Err(Refusal::syntax(format!("expected {what}, found `{text}`")).at(start))
    }

    pub fn symbol(&mut self, token: &Token) -> bool {
        self.parser.consume_token(token)
    }

    pub fn need_symbol(&mut self, token: &Token) -> Result<()> {
        if self.symbol(token) {
            return Ok(());
        }
        self.expected(&format!("`{token}`"))
    }

    pub fn is_end(&self) -> bool {
        self.parser.peek_token_ref().token == Token::EOF
    }

    pub fn end(&self) -> Result<()> {
        if self.is_end() {
            return Ok(());
        }
        self.expected("the end of the statement")
    }

    pub fn ident(&mut self) -> Result<Ident> {
        Ok(self.parser.parse_identifier()?)
    }

    /// A name of one part as PostgreSQL text.
    pub fn name(&mut self) -> Result<String> {
        Ok(names::name_sql(&self.ident()?))
    }

    pub fn object(&mut self) -> Result<ObjectName> {
        Ok(self.parser.parse_object_name(false)?)
    }

    /// A qualified name as PostgreSQL text.
    pub fn object_sql(&mut self) -> Result<String> {
        names::object_sql(&self.object()?)
    }

    /// `( a, b, … )` as PostgreSQL text, with the parentheses.
    pub fn name_list(&mut self) -> Result<String> {
        Ok(format!(
            "({})",
            self.names()?
                .iter()
                .map(|n| names::quote_ident(n))
                .collect::<Vec<_>>()
                .join(", ")
        ))
    }

    /// `( a, b, … )` as folded names.
    pub fn names(&mut self) -> Result<Vec<String>> {
        self.need_symbol(&Token::LParen)?;
        let mut found = vec![];
        loop {
            found.push(names::fold(&self.ident()?));
            if !self.symbol(&Token::Comma) {
                break;
            }
        }
        self.need_symbol(&Token::RParen)?;
        Ok(found)
    }

    /// An expression, rewritten.
    pub fn expr(&mut self) -> Result<Expr> {
        let mut expr = self.parser.parse_expr()?;
        rewrite(&mut expr)?;
        Ok(expr)
    }

    pub fn expr_sql(&mut self) -> Result<String> {
        Ok(self.expr()?.to_string())
    }

    /// `( expression )` as PostgreSQL text, with the parentheses.
    pub fn parenthesized(&mut self) -> Result<String> {
        self.need_symbol(&Token::LParen)?;
        let expr = self.expr_sql()?;
        self.need_symbol(&Token::RParen)?;
        Ok(format!("({expr})"))
    }

    pub fn column_type(&mut self) -> Result<types::PgType> {
        Ok(types::parse(&mut self.parser, types::Position::Column)?)
    }

    pub fn text(&mut self) -> Result<String> {
        let token = self.parser.peek_token();
        match token.token {
            Token::SingleQuotedString(text) => {
                self.parser.advance_token();
                Ok(text)
            }
            _ => self.expected("a string"),
        }
    }

    /// A number with an optional sign, as text.
    pub fn number(&mut self) -> Result<String> {
        let sign = if self.symbol(&Token::Minus) {
            "-"
        } else {
            self.symbol(&Token::Plus);
            ""
        };
        match self.parser.peek_token().token {
            Token::Number(digits, _) => {
                self.parser.advance_token();
                Ok(format!("{sign}{digits}"))
            }
            _ => self.expected("a number"),
        }
    }
}
