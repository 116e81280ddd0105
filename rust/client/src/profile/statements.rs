//! Statements and parameters that a server would carry out wrongly without saying so: refused, or sent with a warning.
//!
//! Must not know: how a statement is sent.

use sbwp::types::oid;

use super::Profile;
use crate::config::HazardousText;
use crate::error::{DatabaseError, Error};
use crate::sql::ParsedQuery;

/// Verbs whose placeholders the server fills in or leaves standing.
const DATA_VERBS: &[&str] = &[
    "SELECT", "VALUES", "INSERT", "UPDATE", "DELETE", "MERGE", "UPSERT",
];

/// Verbs that take a RETURNING clause.
const CHANGES: &[&str] = &["INSERT", "UPDATE", "DELETE", "MERGE", "UPSERT"];

impl Profile {
    /// Refuses a statement that this server would carry out wrongly without an error.
    ///
    /// # Errors
    /// `NotSupported`, with a way round where there is one; `Parameters` for placeholders without values.
    pub fn check_statement(&self, query: &ParsedQuery) -> Result<(), Error> {
        if !self.is_beta() {
            return Ok(());
        }
        let refused = |text: &str| Err(Error::NotSupported(text.to_owned()));
        if query.has_unbound_markers() && DATA_VERBS.contains(&query.verb()) {
            return Err(Error::Parameters(
                "the statement has placeholders but no parameters were given; this server would answer with a text in \
                 their place"
                    .to_owned(),
            ));
        }
        if query.is_query() && CHANGES.contains(&query.verb()) {
            return refused(
                "this server accepts RETURNING and returns nothing; read the rows with a SELECT",
            );
        }
        if query.parameter_count() == 0 {
            return Ok(());
        }
        if query.has_naive_hazard() {
            return refused(
                "this server looks for placeholders inside `…`, […], $$…$$, // and # comments and the operators ?| ?& ??; \
                 leave these out of statements with parameters",
            );
        }
        match query.insert_shape() {
            Some(shape) if shape.is_special() && shape.rows > 1 => refused(
                "this server inserts only the first row of a multi-row INSERT with parameters; use executemany, or one \
                 INSERT for each row",
            ),
            Some(shape) if shape.is_special() && shape.has_clause => refused(
                "this server ignores what follows VALUES in an INSERT with parameters (ON CONFLICT); write one \
                 of the values as a literal",
            ),
            _ => Ok(()),
        }
    }

    /// Whether parameters have to be looked at by [`Profile::check_parameter`].
    #[must_use]
    pub fn inspects_parameters(&self) -> bool {
        self.is_beta()
    }

    /// Looks at one parameter in text form: what this server stores and then reads back damaged is refused, or gives the
    /// text of a warning.
    ///
    /// # Errors
    /// `Data` with `beta_text=refuse`.
    pub fn check_parameter(&self, oid: u32, text: &[u8]) -> Result<Option<&'static str>, Error> {
        if !self.is_beta() || is_plain(oid) {
            return Ok(None);
        }
        let damage = match memchr::memchr2(b';', b'\n', text).and_then(|at| text.get(at)) {
            Some(b';') => "a text with ';' is stored, but this server returns it cut off there, and may change other columns",
            Some(_) => "a text with a line feed is stored, but this server returns neither its rest nor later columns",
            None if text == b"<NULL>" => "the text <NULL> is stored, but is returned as NULL",
            None => return Ok(None),
        };
        match self.hazardous_text {
            HazardousText::Warn => Ok(Some(damage)),
            HazardousText::Refuse => Err(Error::data(damage)),
        }
    }

    /// A warning about the outcome of a statement that this server may have got wrong. `rows` is the count that it
    /// reported.
    #[must_use]
    pub fn remark(&self, query: &ParsedQuery, rows: u64) -> Option<&'static str> {
        if !self.is_beta() {
            return None;
        }
        match query.verb() {
            "UPDATE" | "DELETE" if rows == 0 => Some(
                "no row was changed; this server finds no rows by equality on an indexed column in UPDATE and DELETE \
                 (DELETE … WHERE c IN (v) and UPDATE … WHERE c IN (SELECT c FROM t WHERE c = v) work)",
            ),
            "INSERT" if query.insert_shape().is_some_and(|shape| shape.columns.is_none()) => Some(
                "this server does not check PRIMARY KEY and UNIQUE for an INSERT without a column list",
            ),
            _ => None,
        }
    }

    /// A warning in the form of a server's notice.
    #[must_use]
    pub fn notice(text: &str) -> DatabaseError {
        let mut notice = DatabaseError::new("01000", text);
        notice.severity = "WARNING".to_owned();
        notice
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
    use super::*;
    use crate::sql::Arguments;

    fn query(sql: &str) -> ParsedQuery {
        ParsedQuery::parse(sql, Arguments::Positional).unwrap()
    }

    #[test]
    fn statements_that_would_lose_data_are_refused() {
        let beta = Profile::beta();
        for sql in [
            "INSERT INTO t (a, b) VALUES (?, ?), (?, ?)",
            "INSERT INTO t (a) VALUES (?) RETURNING a",
            "DELETE FROM t RETURNING a",
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
            Profile::standard().check_statement(&query(sql)).unwrap();
        }
        for sql in [
            "INSERT INTO t (a, b) VALUES (?, ?)",
            "INSERT INTO t VALUES (?, ?), (?, ?)",
            "INSERT INTO t (a, b) VALUES (1, ?), (?, ?)",
            "INSERT INTO t (a) VALUES (1), (2)",
            "SELECT ?",
            "SELECT `what?`",
        ] {
            beta.check_statement(&query(sql)).unwrap();
        }
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
    fn damaging_texts_give_a_warning_or_an_error() {
        let warn = Profile::beta();
        let refuse = Profile {
            hazardous_text: HazardousText::Refuse,
            ..warn
        };
        for text in ["a;b", "a\nb", "<NULL>"] {
            assert!(
                warn.check_parameter(oid::TEXT, text.as_bytes())
                    .unwrap()
                    .is_some(),
                "{text:?}"
            );
            assert_eq!(
                refuse
                    .check_parameter(oid::TEXT, text.as_bytes())
                    .unwrap_err()
                    .sqlstate(),
                Some("22000")
            );
            assert_eq!(
                warn.check_parameter(oid::INT8, text.as_bytes()).unwrap(),
                None
            );
            assert_eq!(
                Profile::standard()
                    .check_parameter(oid::TEXT, text.as_bytes())
                    .unwrap(),
                None
            );
        }
        for text in ["", "NULL", "a,b", "a\rb", "<NULL> "] {
            assert_eq!(
                refuse.check_parameter(oid::TEXT, text.as_bytes()).unwrap(),
                None,
                "{text:?}"
            );
        }
    }

    #[test]
    fn doubtful_outcomes_are_remarked_upon() {
        let beta = Profile::beta();
        assert!(beta
            .remark(&query("UPDATE t SET a = 1 WHERE id = ?"), 0)
            .is_some());
        assert_eq!(
            beta.remark(&query("UPDATE t SET a = 1 WHERE id = ?"), 1),
            None
        );
        assert!(beta.remark(&query("INSERT INTO t VALUES (?)"), 1).is_some());
        assert_eq!(beta.remark(&query("INSERT INTO t (a) VALUES (?)"), 1), None);
        assert_eq!(Profile::standard().remark(&query("DELETE FROM t"), 0), None);
        let notice = Profile::notice("x");
        assert_eq!(
            (notice.severity.as_str(), notice.sqlstate.as_str()),
            ("WARNING", "01000")
        );
    }
}
