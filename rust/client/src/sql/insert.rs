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

/// The column that each parameter of an INSERT goes to, by the parameter's position from 0: those of one tuple of placeholders
/// after a column list.
pub(super) fn targets(sql: &str) -> Vec<(usize, String)> {
    let (mut lists, mut names, mut values) = (0, Vec::new(), Vec::new());
    for token in Lexer::new(sql) {
        let text = sql.get(token.start..token.end).unwrap_or_default();
        match token.kind {
            Kind::Symbol(b'(') => lists += 1,
            Kind::Word if lists == 1 => names.push(text.to_owned()),
            Kind::Quoted | Kind::OwnQuoted if lists == 1 => names.push(unquoted(text)),
            Kind::Marker(Marker::Numbered(number)) => {
                values.extend((number as usize).checked_sub(1))
            }
            _ => {}
        }
    }
    values.into_iter().zip(names).collect()
}

/// The name in quotation marks, of which those inside are doubled.
fn unquoted(text: &str) -> String {
    let mut inner = text.chars();
    let (first, last) = (inner.next(), inner.next_back());
    let doubled: String = first.into_iter().chain(last).collect();
    inner.as_str().replace(
        &doubled,
        last.map_or("", |_| doubled.get(..1).unwrap_or_default()),
    )
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

#[cfg(test)]
mod tests {
    use super::targets;

    #[test]
    fn columns_of_parameters() {
        let found = targets(
            "insert into \"(t\".x (id, \"a \"\"(b\", [c]) values ($2, $1, $3) returning (id)",
        );
        let found: Vec<_> = found
            .iter()
            .map(|(at, name)| (*at, name.as_str()))
            .collect();
        assert_eq!(found, [(1, "id"), (0, "a \"(b"), (2, "c")]);
    }
}
