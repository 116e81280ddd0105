//! Statements and parameters that a server would carry out wrongly without saying so: refused, or sent with a remark.
//!
//! Must not know: how a statement is sent.

use sbwp::types::oid;

use super::{Defect, Defects, Profile};
use crate::error::Error;
use crate::rows::ResultSet;
use crate::sql::{ParsedQuery, TransactionControl};

/// Verbs whose placeholders the server fills in or leaves standing.
const DATA_VERBS: &[&str] = &[
    "SELECT", "VALUES", "INSERT", "UPDATE", "DELETE", "MERGE", "UPSERT",
];

/// Verbs that take a RETURNING clause.
const CHANGES: &[&str] = &["INSERT", "UPDATE", "DELETE", "MERGE", "UPSERT"];

impl Profile {
    /// Refuses server-side cursors where the server declares them for scalar queries only.
    ///
    /// # Errors
    /// `NotSupported`.
    pub fn check_server_cursor(&self) -> Result<(), Error> {
        if self.is_beta() {
            return Err(Error::NotSupported(
                "this server declares cursors for queries without a table only; use stream() for rows in constant memory"
                    .to_owned(),
            ));
        }
        Ok(())
    }

    /// Refuses a statement that this server would carry out wrongly without an error, and finds what it will get wrong
    /// otherwise.
    ///
    /// # Errors
    /// `NotSupported`, with a way round where there is one; `Parameters` for placeholders without values.
    pub fn check_statement(&self, query: &ParsedQuery) -> Result<Defects, Error> {
        if !self.is_beta() {
            return Ok(Defects::default());
        }
        let refused = |text: &str| Err(Error::NotSupported(text.to_owned()));
        if query.has_unbound_markers() && DATA_VERBS.contains(&query.verb()) {
            return Err(Error::Parameters(
                "the statement has placeholders but no parameters were given; this server would answer with a text in \
                 their place"
                    .to_owned(),
            ));
        }
        let shape = query.insert_shape();
        let rolls_back_to = query
            .transaction_controls()
            .contains(&TransactionControl::RollbackToSavepoint);
        let defects = Defects::default()
            .with_if(
                query.is_query() && CHANGES.contains(&query.verb()),
                Defect::ReturningIgnored,
            )
            .with_if(
                shape.is_some_and(|shape| shape.columns.is_none()),
                Defect::UniquenessUnchecked,
            )
            .with_if(rolls_back_to, Defect::SavepointRollback);
        if query.parameter_count() == 0 {
            return Ok(defects);
        }
        if query.has_naive_hazard() {
            return refused(
                "this server looks for placeholders inside `…`, […], $$…$$, // and # comments and the operators ?| ?& ??; \
                 leave these out of statements with parameters",
            );
        }
        match shape {
            Some(shape) if shape.is_special() && shape.rows > 1 => refused(
                "this server inserts only the first row of a multi-row INSERT with parameters; use executemany, or one \
                 INSERT for each row",
            ),
            Some(shape) if shape.is_special() && shape.has_clause => refused(
                "this server ignores what follows VALUES in an INSERT with parameters (ON CONFLICT, RETURNING); write one \
                 of the values as a literal",
            ),
            _ => Ok(defects),
        }
    }

    /// The rows that one execution of an INSERT has to report, where a server's count is worth a look.
    #[must_use]
    pub fn expected_rows(&self, query: &ParsedQuery) -> Option<u64> {
        let shape = query.insert_shape().filter(|_| self.is_beta())?;
        (!shape.has_clause).then_some(shape.rows as u64)
    }

    /// Whether parameters have to be looked at by [`Profile::check_parameter`].
    #[must_use]
    pub fn inspects_parameters(&self) -> bool {
        self.is_beta()
    }

    /// Looks at one parameter in text form for what this server stores and then reads back damaged.
    #[must_use]
    pub fn check_parameter(&self, oid: u32, text: &[u8]) -> Defects {
        if !self.is_beta() || is_plain(oid) {
            return Defects::default();
        }
        Defects::default()
            .with_if(memchr::memchr(b';', text).is_some(), Defect::TextSemicolon)
            .with_if(memchr::memchr(b'\n', text).is_some(), Defect::TextLineFeed)
            .with_if(matches!(text, b"<NULL>" | b"NULL"), Defect::TextNull)
    }

    /// What this server has probably got wrong, by the results of a statement that succeeded.
    #[must_use]
    pub fn doubt(&self, query: &ParsedQuery, results: &[ResultSet]) -> Defects {
        if !self.is_beta() {
            return Defects::default();
        }
        let unchanged = |result: &ResultSet| {
            let verb = |tag: &str| {
                tag.split(' ').next() == Some("UPDATE") || tag.split(' ').next() == Some("DELETE")
            };
            result
                .complete
                .as_ref()
                .is_some_and(|complete| complete.rows == 0 && verb(&complete.tag))
        };
        let by_key = query.has_several_statements() || query.filters_by_equality();
        let defects = Defects::default().with_if(
            by_key && results.iter().any(unchanged),
            Defect::NoRowChanged,
        );
        let (Some(projection), [result]) = (query.projection(), results) else {
            return defects;
        };
        let Some(description) = result.description.as_ref().filter(|_| result.received > 0) else {
            return defects.with_if(projection.locks(), Defect::LockingIgnored);
        };
        let columns = || {
            description
                .columns
                .iter()
                .map(|column| column.name.as_str())
        };
        // A count comes under a name of its own: c0, or `count` of a join.
        let is_counted = projection.is_count()
            && columns().len() == 1
            && columns().all(|name| name == "c0" || name.eq_ignore_ascii_case("count"));
        let is_computed = !projection.has_star()
            && columns().len() == projection.len()
            && columns()
                .enumerate()
                .all(|(index, name)| name.strip_prefix('c') == Some(index.to_string().as_str()));
        let is_asked_for =
            (projection.has_star() || projection.names(columns())) && !projection.is_distinct();
        defects.with_if(
            !is_counted && !is_computed && !is_asked_for,
            Defect::ProjectionIgnored,
        )
    }
}

/// Types whose text form cannot contain what does damage.
fn is_plain(oid: u32) -> bool {
    matches!(
        oid,
        oid::BOOL
            | oid::INT2
            | oid::INT4
            | oid::INT8
            | oid::FLOAT4
            | oid::FLOAT8
            | oid::NUMERIC
            | oid::UUID
    )
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use sbwp::message::{ColumnDescription, RowDescription};

    use super::*;
    use crate::rows::Completion;
    use crate::sql::Arguments;

    fn query(sql: &str) -> ParsedQuery {
        ParsedQuery::parse(sql, Arguments::Positional).unwrap()
    }

    fn found(defects: Defects) -> Vec<Defect> {
        defects.iter().collect()
    }

    fn result(tag: &str, columns: &[&str], rows: u64) -> ResultSet {
        let describe = |name: &&str| ColumnDescription::new(*name, oid::TEXT, 0);
        let description = RowDescription::new(columns.iter().map(describe).collect());
        ResultSet {
            description: (!columns.is_empty()).then(|| Arc::new(description)),
            batches: Vec::new(),
            received: if columns.is_empty() { 0 } else { rows },
            complete: Some(Completion {
                rows,
                last_id: 0,
                tag: tag.to_owned(),
            }),
            ..ResultSet::default()
        }
    }

    #[test]
    fn statements_that_would_lose_data_are_refused() {
        let beta = Profile::beta();
        for sql in [
            "INSERT INTO t (a, b) VALUES (?, ?), (?, ?)",
            "INSERT INTO t (a) VALUES (?) ON CONFLICT (a) DO NOTHING",
            "SELECT `what?`, ?",
            "SELECT ? // isn't it",
            "SELECT j ?| ?",
        ] {
            assert_eq!(
                beta.check_statement(&query(sql)).unwrap_err().sqlstate(),
                Some("0A000"),
                "{sql}"
            );
            let standard = Profile::standard().check_statement(&query(sql)).unwrap();
            assert_eq!(found(standard), []);
        }
        for sql in [
            "INSERT INTO t (a, b) VALUES (?, ?)",
            "INSERT INTO t (a, b) VALUES (1, ?), (?, ?)",
            "INSERT INTO t (a) VALUES (1), (2)",
            "SELECT ?",
            "SELECT `what?`",
        ] {
            assert_eq!(
                found(beta.check_statement(&query(sql)).unwrap()),
                [],
                "{sql}"
            );
        }
    }

    #[test]
    fn statements_that_are_carried_out_by_half() {
        let check = |sql: &str| found(Profile::beta().check_statement(&query(sql)).unwrap());
        assert_eq!(
            check("INSERT INTO t VALUES (?, ?), (?, ?)"),
            [Defect::UniquenessUnchecked]
        );
        assert_eq!(
            check("DELETE FROM t RETURNING a"),
            [Defect::ReturningIgnored]
        );
        assert_eq!(
            check("INSERT INTO t VALUES (1) RETURNING a"),
            [Defect::ReturningIgnored, Defect::UniquenessUnchecked]
        );
        for sql in [
            "ROLLBACK TO SAVEPOINT s",
            "SAVEPOINT s; SELECT 1; ROLLBACK TO s",
        ] {
            assert_eq!(check(sql), [Defect::SavepointRollback], "{sql}");
        }
        assert_eq!(check("ROLLBACK"), []);
    }

    #[test]
    fn placeholders_without_values_are_refused() {
        let unbound = |sql: &str| ParsedQuery::parse(sql, Arguments::None).unwrap();
        let error = Profile::beta()
            .check_statement(&unbound("SELECT $1"))
            .unwrap_err();
        assert_eq!(error.sqlstate(), Some("07001"));
        Profile::beta()
            .check_statement(&unbound("PREPARE p AS SELECT $1"))
            .unwrap();
        Profile::standard()
            .check_statement(&unbound("SELECT $1"))
            .unwrap();
    }

    #[test]
    fn damaging_texts() {
        let beta = Profile::beta();
        for (text, expected) in [
            ("a;b", vec![Defect::TextSemicolon]),
            ("a\nb", vec![Defect::TextLineFeed]),
            ("a\nb;", vec![Defect::TextSemicolon, Defect::TextLineFeed]),
            ("<NULL>", vec![Defect::TextNull]),
            ("NULL", vec![Defect::TextNull]),
            ("", vec![]),
            ("a,b", vec![]),
            ("a\rb", vec![]),
            ("<NULL> ", vec![]),
        ] {
            let check =
                |profile: Profile, oid| found(profile.check_parameter(oid, text.as_bytes()));
            assert_eq!(check(beta, oid::TEXT), expected, "{text:?}");
            assert_eq!(check(beta, oid::INT8), []);
            assert_eq!(check(Profile::standard(), oid::TEXT), []);
        }
    }

    #[test]
    fn changes_of_nothing_by_a_key() {
        let doubt = |sql: &str, tag: &str, rows| {
            found(Profile::beta().doubt(&query(sql), &[result(tag, &[], rows)]))
        };
        let update = "UPDATE t SET a = 1 WHERE id = ?";
        assert_eq!(doubt(update, "UPDATE", 0), [Defect::NoRowChanged]);
        assert_eq!(doubt(update, "UPDATE 1", 1), []);
        assert_eq!(doubt("DELETE FROM t WHERE id IN (1)", "DELETE", 0), []);
        assert_eq!(doubt("UPDATE t SET a = 1", "UPDATE", 0), []);
        assert_eq!(
            doubt("DELETE FROM t WHERE id = 1; SELECT 1", "DELETE", 0),
            [Defect::NoRowChanged]
        );
        let standard = Profile::standard().doubt(&query(update), &[result("UPDATE", &[], 0)]);
        assert_eq!(found(standard), []);
    }

    #[test]
    fn columns_that_nobody_selected() {
        let doubt = |sql: &str, columns: &[&str]| {
            found(Profile::beta().doubt(&query(sql), &[result("SELECT 1", columns, 1)]))
        };
        let wrong = [Defect::ProjectionIgnored];
        for sql in [
            "SELECT a FROM t",
            "SELECT b, a FROM t",
            "SELECT sum(a) FROM t",
            "SELECT a AS x, b FROM t",
            "SELECT DISTINCT a, b FROM t",
        ] {
            assert_eq!(doubt(sql, &["a", "b"]), wrong, "{sql}");
        }
        for sql in [
            "SELECT * FROM t",
            "SELECT a, b FROM t",
            "SELECT t.a, t.B FROM t",
            "SELECT 1, 2",
        ] {
            assert_eq!(doubt(sql, &["a", "b"]), [], "{sql}");
        }
        for (sql, column) in [
            ("SELECT count(*) FROM t", "c0"),
            ("SELECT count(a) AS n FROM t", "c0"),
            ("SELECT count(*) FROM t JOIN u ON t.a = u.a", "count"),
        ] {
            assert_eq!(doubt(sql, &[column]), [], "{sql}");
        }
        assert_eq!(doubt("SELECT count(*), sum(a) FROM t", &["a"]), wrong);
        assert_eq!(
            doubt("SELECT DISTINCT a FROM t UNION SELECT b FROM t", &["c0"]),
            []
        );
        let locked = Profile::beta().doubt(
            &query("SELECT * FROM t FOR UPDATE"),
            &[result("SELECT 0", &[], 0)],
        );
        assert_eq!(found(locked), [Defect::LockingIgnored]);
    }
}
