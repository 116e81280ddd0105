//! The rows of an INSERT as one statement of literals, for servers that cannot be trusted with them as parameters.
//!
//! A value is pasted bare only where its type is a number or boolean and its text is one, character by character; all
//! else is a string literal with its quotes doubled.
//!
//! Must not know: when this way is taken.

use crate::error::Error;
use crate::request::{is_bare, is_bare_text, Parameters};
use crate::sql::{quote_literal, ParsedQuery};

/// An INSERT of these rows, from the one of a single row of placeholders.
///
/// # Errors
/// `Data` for a value that is no text, `Parameters` for a row that is too short.
pub(super) fn statement(query: &ParsedQuery, rows: &[Parameters]) -> Result<String, Error> {
    let (start, places) = query.insert_places();
    let mut sql = query.sql().get(..start).unwrap_or_default().to_owned();
    for (at, row) in rows.iter().enumerate() {
        let values: Vec<(u32, Option<&[u8]>)> = row.iter().collect();
        sql.push_str(if at == 0 { "(" } else { ", (" });
        for (index, place) in places.iter().enumerate() {
            if index > 0 {
                sql.push(',');
            }
            let Some((oid, value)) = values.get(*place) else {
                return Err(Error::Parameters(format!(
                    "a row of {} values was given for {} placeholders",
                    values.len(),
                    query.parameter_count()
                )));
            };
            push(&mut sql, *oid, *value)?;
        }
        sql.push(')');
    }
    Ok(sql)
}

fn push(sql: &mut String, oid: u32, value: Option<&[u8]>) -> Result<(), Error> {
    let Some(value) = value else {
        sql.push_str("NULL");
        return Ok(());
    };
    let text = std::str::from_utf8(value)
        .map_err(|_| Error::data("a value is not UTF-8 and cannot be written in SQL"))?;
    if is_bare(oid) && is_bare_text(oid, value) {
        sql.push_str(text);
    } else {
        sql.push_str(&quote_literal(text)?);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use bytes::BufMut;
    use proptest::prelude::*;
    use sbwp::types::oid;

    use super::*;
    use crate::sql::Arguments;

    fn row(values: &[(u32, Option<&str>)]) -> Parameters {
        let mut row = Parameters::new();
        for (oid, value) in values {
            match value {
                Some(text) => row
                    .push_text(*oid, |out| {
                        out.put_slice(text.as_bytes());
                        Ok(())
                    })
                    .unwrap(),
                None => row.push_null(*oid),
            }
        }
        row
    }

    fn query(sql: &str) -> ParsedQuery {
        ParsedQuery::parse(sql, Arguments::Positional).unwrap()
    }

    #[test]
    fn values_by_their_types() {
        let insert = query("INSERT INTO \"t)\" (a, b, c) VALUES (?, ?, ?);");
        let rows = [
            row(&[
                (oid::INT4, Some("-7")),
                (oid::TEXT, Some("it's; \\ $1 ?")),
                (oid::BOOL, Some("true")),
            ]),
            row(&[
                (oid::FLOAT8, Some("1.5e-7")),
                (oid::BYTEA, Some("\\x00")),
                (oid::UNKNOWN, None),
            ]),
        ];
        assert_eq!(
            statement(&insert, &rows).unwrap(),
            "INSERT INTO \"t)\" (a, b, c) VALUES (-7,'it''s; \\ $1 ?',true), (1.5e-7,'\\x00',NULL)"
        );
    }

    #[test]
    fn a_number_is_pasted_only_where_it_is_one() {
        let insert = query("INSERT INTO t (a) VALUES (?)");
        for text in [
            "1); DROP TABLE t; --",
            "NaN",
            "0x1",
            "",
            "1e",
            "--1",
            "1 ",
            "\u{0661}",
        ] {
            let sql = statement(&insert, &[row(&[(oid::NUMERIC, Some(text))])]).unwrap();
            assert_eq!(sql, format!("INSERT INTO t (a) VALUES ('{text}')"));
        }
    }

    #[test]
    fn places_take_their_own_values() {
        let insert = query("INSERT INTO t (a, b, c) VALUES ($2, $1, $2)");
        let rows = [row(&[(oid::INT4, Some("1")), (oid::INT4, Some("2"))])];
        assert_eq!(
            statement(&insert, &rows).unwrap(),
            "INSERT INTO t (a, b, c) VALUES (2,1,2)"
        );
        assert!(statement(&insert, &[row(&[(oid::INT4, Some("1"))])]).is_err());
    }

    proptest! {
        #[test]
        fn no_value_ends_its_literal(text in "[^\0]*", oid in prop::sample::select(vec![oid::TEXT, oid::NUMERIC, oid::BOOL, oid::UNKNOWN])) {
            let insert = query("INSERT INTO t (a, b) VALUES (?, ?)");
            let sql = statement(&insert, &[row(&[(oid, Some(&text)), (oid::TEXT, Some(&text))])]).unwrap();
            let shape = *query_of(&sql).insert_shape().unwrap();
            prop_assert_eq!((shape.values, shape.rows, shape.has_clause), (2, 1, false));
        }
    }

    fn query_of(sql: &str) -> ParsedQuery {
        ParsedQuery::parse(sql, Arguments::None).unwrap()
    }
}
