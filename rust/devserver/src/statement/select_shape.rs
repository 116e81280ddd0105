//! What the beta makes of a SELECT: of most select lists on a table, nothing.

use super::lexical::{Token, TokenKind, Tokens};

/// How the result of a query differs from what was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SelectShape {
    /// In nothing.
    Plain,
    /// All columns of all rows come instead: the query that is carried out.
    Ignored(String),
    /// The columns are called `c0`, `c1` and so on.
    Numbered,
    /// The column is called `count`.
    Counted,
    /// No row comes.
    Empty,
}

/// The shape of a query; `Plain` for everything that is none.
pub fn select_shape(sql: &str) -> SelectShape {
    let all: Vec<Token<'_>> = Tokens::new(sql).collect();
    let outer = top_level(&all);
    let word = |name: &str| outer.iter().position(|token| token.is_word(name));
    let has = |names: &[&str]| names.iter().any(|name| word(name).is_some());
    let is_first = |name: &str| outer.first().is_some_and(|token| token.is_word(name));
    if is_first("values") {
        return SelectShape::Numbered;
    }
    let (true, Some(from)) = (is_first("select"), word("from")) else {
        return SelectShape::Plain;
    };
    if has(&["for"]) {
        return SelectShape::Empty;
    }
    let source = outer.get(from + 1..).unwrap_or_default();
    let list = outer.get(1..from).unwrap_or_default();
    let is_count = list.first().is_some_and(|token| token.is_word("count"))
        && !list.iter().any(|token| token.is_symbol(","));
    if has(&["group", "union", "intersect", "except"]) {
        return SelectShape::Numbered;
    }
    if has(&["join"]) {
        return match is_count {
            true => SelectShape::Counted,
            false => SelectShape::Numbered,
        };
    }
    if is_count {
        return SelectShape::Numbered;
    }
    let is_star = matches!(list, [star] if star.is_symbol("*"));
    let has_parameter = all
        .iter()
        .take_while(|token| !token.is_word("from"))
        .any(|token| token.kind == TokenKind::Parameter);
    if is_star || has_parameter || !is_table(source) {
        return SelectShape::Plain;
    }
    match outer.get(from).and_then(|token| sql.get(token.start..)) {
        Some(rest) => SelectShape::Ignored(format!("SELECT * {rest}")),
        None => SelectShape::Plain,
    }
}

/// Whether a name comes first, and neither a query in parentheses nor a function.
fn is_table(source: &[Token<'_>]) -> bool {
    let is_name = |token: &Token<'_>| matches!(token.kind, TokenKind::Word | TokenKind::Quoted);
    let end = source
        .iter()
        .position(|token| !is_name(token) && !token.is_symbol("."))
        .unwrap_or(source.len());
    end > 0 && !source.get(end).is_some_and(|token| token.is_symbol("("))
}

/// The tokens outside of parentheses, and the opening ones.
fn top_level<'a>(tokens: &[Token<'a>]) -> Vec<Token<'a>> {
    let mut depth = 0_usize;
    let mut found = Vec::new();
    for token in tokens {
        if token.is_symbol(")") {
            depth = depth.saturating_sub(1);
            continue;
        }
        if depth == 0 {
            found.push(*token);
        }
        if token.is_symbol("(") {
            depth += 1;
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_that_are_ignored() {
        for (list, rest) in [
            ("sum(n)", "t"),
            ("max(n) AS m", "t"),
            ("DISTINCT n", "t"),
            ("n AS renamed", "t WHERE id = 1"),
            ("nocolumn", "app.t"),
            ("count(*), sum(n)", "t"),
            ("upper('from x')", "t"),
            ("id, row_number() OVER (ORDER BY id)", "t"),
        ] {
            assert_eq!(
                select_shape(&format!("SELECT {list} FROM {rest}")),
                SelectShape::Ignored(format!("SELECT * FROM {rest}")),
            );
        }
    }

    #[test]
    fn what_is_computed_has_numbers_for_names() {
        for sql in [
            "SELECT count(*) FROM t",
            "select count(id) from t where n = 10",
            "SELECT n, sum(id) FROM t GROUP BY n",
            "SELECT a FROM t UNION SELECT b FROM u",
            "SELECT * FROM a JOIN b ON a.id = b.id",
            "VALUES (1, 'a')",
        ] {
            assert_eq!(select_shape(sql), SelectShape::Numbered, "{sql}");
        }
        let joined = "SELECT count(*) FROM a JOIN b ON a.id = b.id";
        assert_eq!(select_shape(joined), SelectShape::Counted);
    }

    #[test]
    fn the_others() {
        for sql in [
            "SELECT * FROM t",
            "SELECT 1",
            "SELECT * FROM (SELECT a FROM t) q",
            "SELECT a FROM f(1)",
            "SELECT a FROM (SELECT a FROM t) q",
            "WITH x AS (SELECT 1) SELECT a FROM x",
            "SHOW VERSION",
            "",
        ] {
            assert_eq!(select_shape(sql), SelectShape::Plain, "{sql}");
        }
        assert_eq!(
            select_shape("SELECT * FROM t FOR UPDATE"),
            SelectShape::Empty
        );
    }
}
