//! The form of an `INSERT … VALUES`: its columns, its tuples, and where its placeholders are.
//!
//! Must not know: which server carries out which form in which way.

use super::lexer::{Kind, Lexer, Marker};
use super::shape::Reader;

/// The form of an `INSERT … VALUES`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct InsertShape {
    /// Columns named after the table; None without a list.
    pub columns: Option<usize>,
    /// Values in the first tuple.
    pub values: usize,
    /// Whether the first tuple consists of placeholders and nothing else.
    pub only_placeholders: bool,
    /// Whether any tuple contains a placeholder.
    pub any_placeholder: bool,
    /// Tuples after VALUES.
    pub rows: usize,
    /// Whether anything follows the tuples, such as RETURNING or ON CONFLICT.
    pub has_clause: bool,
}

impl InsertShape {
    /// Whether servers that have a bulk path for prepared inserts take it: a column list, and a first tuple of one
    /// placeholder for each column.
    #[must_use]
    pub fn is_special(&self) -> bool {
        self.only_placeholders && self.columns == Some(self.values)
    }
}

/// Where the tuple of an INSERT with one tuple of placeholders begins, and which value each of its places takes, from 0.
pub(super) fn places(sql: &str) -> (usize, Vec<usize>) {
    let mut start = 0;
    let mut values = Vec::new();
    for token in Lexer::new(sql) {
        match token.kind {
            // The column list comes before it.
            Kind::Symbol(b'(') => {
                start = token.start;
                values.clear();
            }
            Kind::Marker(Marker::Numbered(number)) => {
                values.extend((number as usize).checked_sub(1))
            }
            _ => {}
        }
    }
    (start, values)
}

impl Reader<'_> {
    pub(super) fn insert(&self, start: usize) -> Option<InsertShape> {
        let mut at = start + 1;
        if self.word(at) == "INTO" {
            at += 1;
        }
        // The table: names joined by dots.
        loop {
            self.token(at)
                .filter(|t| matches!(t.kind, Kind::Word | Kind::Quoted | Kind::OwnQuoted))?;
            at += 1;
            if !self.is(at, b'.') {
                break;
            }
            at += 1;
        }
        let mut columns = None;
        if self.is(at, b'(') {
            let (count, _, _, end) = self.tuple(at)?;
            columns = Some(count);
            at = end;
        }
        if self.word(at) != "VALUES" {
            return None;
        }
        let (values, only_placeholders, mut any_placeholder, mut end) = self.tuple(at + 1)?;
        let mut rows = 1;
        while self.is(end, b',') {
            let (_, _, any, next) = self.tuple(end + 1)?;
            any_placeholder |= any;
            rows += 1;
            end = next;
        }
        let has_clause = self.token(end).is_some() && !self.is(end, b';');
        Some(InsertShape {
            columns,
            values,
            only_placeholders,
            any_placeholder,
            rows,
            has_clause,
        })
    }

    /// A parenthesised list: how many items, whether all or any are placeholders, and where it ends.
    fn tuple(&self, open: usize) -> Option<(usize, bool, bool, usize)> {
        if !self.is(open, b'(') {
            return None;
        }
        let (mut count, mut only, mut any) = (1, true, false);
        let mut depth = 1;
        let mut item_length = 0;
        for at in open + 1..self.tokens.len() {
            let token = self.token(at)?;
            match token.kind {
                Kind::Symbol(b'(' | b'[') => depth += 1,
                Kind::Symbol(b')' | b']') => depth -= 1,
                Kind::Symbol(b',') if depth == 1 => {
                    only &= item_length == 1;
                    count += 1;
                    item_length = 0;
                    continue;
                }
                _ => {}
            }
            if depth == 0 {
                return Some((count, only && item_length == 1, any, at + 1));
            }
            let native = matches!(
                token.kind,
                Kind::Marker(Marker::Question | Marker::Numbered(_))
            );
            any |= native;
            only &= native;
            item_length += 1;
        }
        None
    }
}
