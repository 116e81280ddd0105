//! What a SELECT asks for, as far as its result shows it: the names of its columns, where they are plain.
//!
//! Must not know: what a server makes of it.

use super::lexer::Kind;
use super::shape::Reader;

/// The select list of a single SELECT from something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Projection {
    /// The column that each item names; None for an expression, and for an item with an alias.
    items: Vec<Option<Box<str>>>,
    has_star: bool,
    is_distinct: bool,
    is_count: bool,
    locks: bool,
}

impl Projection {
    /// Whether `*` or `t.*` is among the items, so that the columns cannot be foretold.
    #[must_use]
    pub fn has_star(&self) -> bool {
        self.has_star
    }

    /// Whether it says DISTINCT.
    #[must_use]
    pub fn is_distinct(&self) -> bool {
        self.is_distinct
    }

    /// Whether it is one count and nothing else.
    #[must_use]
    pub fn is_count(&self) -> bool {
        self.is_count
    }

    /// Whether it says FOR UPDATE, or FOR SHARE.
    #[must_use]
    pub fn locks(&self) -> bool {
        self.locks
    }

    /// How many items the list has.
    #[must_use]
    pub fn len(&self) -> usize {
        self.items.len()
    }

    /// False: a list has an item at least.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    /// Whether a result with these columns is just what the plain items name.
    #[must_use]
    pub fn names<'a>(&self, columns: impl ExactSizeIterator<Item = &'a str>) -> bool {
        columns.len() == self.items.len()
            && self.items.iter().zip(columns).all(|(item, column)| {
                item.as_deref()
                    .is_some_and(|name| name.eq_ignore_ascii_case(column))
            })
    }
}

impl Reader<'_> {
    /// The select list of the SELECT at `start`; None where it reads from nothing.
    pub(super) fn projection(&self, start: usize) -> Option<Projection> {
        let mut first = start + 1;
        let is_distinct = self.word(first) == "DISTINCT";
        if is_distinct || self.word(first) == "ALL" {
            first += 1;
        }
        let outer: Vec<usize> = self.top_level().filter(|at| *at >= first).collect();
        let from = outer.iter().copied().find(|at| self.word(*at) == "FROM")?;
        let commas = outer
            .iter()
            .copied()
            .filter(|at| *at < from && self.is(*at, b','));
        let mut items = Vec::new();
        let mut has_star = false;
        let mut begin = first;
        for end in commas.chain([from]) {
            has_star |= end > begin && self.is(end - 1, b'*');
            items.push(self.plain_name(begin, end));
            begin = end + 1;
        }
        let is_count = items.len() == 1 && self.word(first) == "COUNT" && self.is(first + 1, b'(');
        Some(Projection {
            items,
            has_star,
            is_count,
            is_distinct,
            locks: outer.iter().any(|at| self.word(*at) == "FOR"),
        })
    }

    /// The last part of `a.b.c`; None for anything else.
    fn plain_name(&self, begin: usize, end: usize) -> Option<Box<str>> {
        let mut name = None;
        for (index, at) in (begin..end).enumerate() {
            let token = self.token(at)?;
            let text = self.sql.get(token.start..token.end)?;
            name = match (index % 2, token.kind) {
                (0, Kind::Word) => Some(text),
                (0, Kind::Quoted) => text.get(1..text.len().checked_sub(1)?),
                (1, Kind::Symbol(b'.')) => None,
                _ => return None,
            };
        }
        name.map(Box::from)
    }
}

#[cfg(test)]
mod tests {
    use crate::sql::{Arguments, ParsedQuery};

    fn names(sql: &str, columns: &[&str]) -> bool {
        let query = ParsedQuery::parse(sql, Arguments::None).unwrap();
        query.projection().unwrap().names(columns.iter().copied())
    }

    #[test]
    fn plain_items_are_compared_by_name() {
        assert!(names("SELECT a, t.B, \"c\" FROM t", &["a", "b", "C"]));
        assert!(!names("SELECT a FROM t", &["a", "b"]));
        assert!(!names("SELECT b, a FROM t", &["a", "b"]));
        for expression in ["a AS x", "a x", "sum(a)", "a + 1", "1", "f(a, b)", "a::int"] {
            assert!(
                !names(&format!("SELECT {expression} FROM t"), &["a"]),
                "{expression}"
            );
        }
    }

    #[test]
    fn counts() {
        let is_count = |sql: &str| {
            let query = ParsedQuery::parse(sql, Arguments::None).unwrap();
            query.projection().unwrap().is_count()
        };
        assert!(is_count("SELECT count(*) FROM t"));
        assert!(is_count("select COUNT(a) AS n from t join u on t.a = u.a"));
        assert!(!is_count("SELECT count(*), sum(a) FROM t"));
        assert!(!is_count("SELECT count FROM t"));
        assert!(!is_count("SELECT * FROM t"));
    }

    #[test]
    fn what_cannot_be_foretold() {
        let parse = |sql: &str| ParsedQuery::parse(sql, Arguments::None).unwrap();
        for sql in ["SELECT * FROM t", "SELECT t.* FROM t", "SELECT a, * FROM t"] {
            assert!(parse(sql).projection().unwrap().has_star(), "{sql}");
        }
        for sql in [
            "SELECT 1",
            "INSERT INTO t SELECT a FROM t",
            "SELECT 1; SELECT a FROM t",
            "VALUES (1)",
        ] {
            assert!(parse(sql).projection().is_none(), "{sql}");
        }
        assert!(parse("SELECT DISTINCT a FROM t")
            .projection()
            .unwrap()
            .is_distinct());
        assert!(parse("SELECT * FROM t FOR UPDATE")
            .projection()
            .unwrap()
            .locks());
        assert_eq!(
            parse("SELECT f(a, b), (SELECT c FROM u) FROM t")
                .projection()
                .unwrap()
                .len(),
            2
        );
        assert!(!parse("SELECT a * 2 FROM t")
            .projection()
            .unwrap()
            .has_star());
    }
}
