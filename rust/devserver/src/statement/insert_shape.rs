//! The INSERT that array BIND can feed: `INSERT INTO t (c1, …, cn) VALUES (…)` with one placeholder a column.

use super::lexical::{Token, TokenKind, Tokens};

/// How many parameters such an INSERT takes; `None` for every other statement.
pub fn parameters_of(sql: &str) -> Option<usize> {
    first_row(sql).map(|(parameters, _)| parameters)
}

/// The text of such an INSERT without what follows its first row.
pub fn first_row_of(sql: &str) -> Option<&str> {
    let (_, end) = first_row(sql)?;
    sql.get(..end)
}

/// Whether the statement is an INSERT with a column list and rows.
pub fn lists_columns(sql: &str) -> bool {
    let mut tokens = Tokens::new(sql).skip_while(|token| !token.is_symbol("("));
    let mut inside = tokens
        .by_ref()
        .skip(1)
        .take_while(|token| !token.is_symbol(")"));
    let names = inside.all(|token| {
        matches!(token.kind, TokenKind::Word | TokenKind::Quoted) && !token.is_word("select")
            || token.is_symbol(",")
    });
    names && tokens.next().is_some_and(|token| token.is_word("values"))
}

/// The number of placeholders in the first row, and where the row ends.
fn first_row(sql: &str) -> Option<(usize, usize)> {
    let mut tokens = Tokens::new(sql).peekable();
    let mut next_is = |word: &str| tokens.next().is_some_and(|token| token.is_word(word));
    if !next_is("insert") || !next_is("into") {
        return None;
    }
    let is_name = |token: &Token<'_>| matches!(token.kind, TokenKind::Word | TokenKind::Quoted);
    tokens.next().filter(is_name)?;
    while tokens.next_if(|token| token.is_symbol(".")).is_some() {
        tokens.next().filter(is_name)?;
    }
    let (columns, _) = list(&mut tokens, is_name)?;
    tokens.next().filter(|token| token.is_word("values"))?;
    let is_placeholder =
        |token: &Token<'_>| token.kind == TokenKind::Parameter || token.is_symbol("?");
    let (values, end) = list(&mut tokens, is_placeholder)?;
    (columns == values).then_some((values, end))
}

/// The number of items in `(item, item, …)`, and where the list ends.
fn list<'a>(
    tokens: &mut impl Iterator<Item = Token<'a>>,
    is_item: impl Fn(&Token<'a>) -> bool,
) -> Option<(usize, usize)> {
    tokens.next().filter(|token| token.is_symbol("("))?;
    let mut count = 0;
    loop {
        tokens.next().filter(&is_item)?;
        count += 1;
        let separator = tokens.next()?;
        if separator.is_symbol(")") {
            return Some((count, separator.start + 1));
        }
        if !separator.is_symbol(",") {
            return None;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shape() {
        assert_eq!(parameters_of("insert into t (a) values ($1)"), Some(1));
        assert_eq!(
            parameters_of("INSERT INTO \"S\".t (a, \"b\") VALUES (?, ?) RETURNING a"),
            Some(2)
        );
        assert_eq!(
            parameters_of("insert into t (a,b) values ($1,$2),($3,$4)"),
            Some(2)
        );
    }

    #[test]
    fn the_first_row_alone() {
        assert_eq!(
            first_row_of("insert into t (a,b) values ($1,$2),($3,$4) returning a"),
            Some("insert into t (a,b) values ($1,$2)")
        );
    }

    #[test]
    fn column_lists() {
        assert!(lists_columns("INSERT INTO t (a, \"b\") VALUES (1, 'x')"));
        assert!(!lists_columns("INSERT INTO t VALUES (1, 2)"));
        assert!(!lists_columns("INSERT INTO t (a) SELECT 1"));
    }

    #[test]
    fn other_statements() {
        for sql in [
            "insert into t values ($1)",
            "insert into t (a, b) values ($1)",
            "insert into t (a) values ($1 + 1)",
            "insert into t (a) values (1)",
            "insert into t (a) select $1",
            "update t set a = $1",
            "",
        ] {
            assert_eq!(parameters_of(sql), None, "{sql}");
        }
    }
}
