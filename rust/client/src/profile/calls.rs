//! Calls of procedures, as a server answers them.
//!
//! Must not know: how a statement is sent.

use super::Profile;
use crate::error::Error;
use crate::sql::ParsedQuery;

impl Profile {
    /// The call in the form in which this server gives the procedure's rows. The beta answers EXECUTE PROCEDURE with a row
    /// that describes the call, and refuses CALL; it reads the rows by SELECT.
    ///
    /// # Errors
    /// `NotSupported` for named arguments, which a SELECT from a procedure has not there.
    pub fn adapt_call(&self, query: ParsedQuery) -> Result<ParsedQuery, Error> {
        if !self.is_beta() || !query.is_call() {
            return Ok(query);
        }
        if query
            .call_arguments()
            .iter()
            .any(|argument| argument.name.is_some())
        {
            return Err(Error::NotSupported(
                "this server has no named arguments: give them in the order of the procedure's parameters".to_owned(),
            ));
        }
        Ok(query.into_selected_call())
    }

    /// Checks that a procedure's OUT and INOUT parameters come back.
    ///
    /// # Errors
    /// `NotSupported` where the language has none.
    pub fn check_out_parameters(&self) -> Result<(), Error> {
        if self.is_beta() {
            return Err(Error::NotSupported(
                "this server's procedures have no OUT and INOUT parameters: they return rows (RETURNS), which are \
                 fetched from the cursor"
                    .to_owned(),
            ));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sql::Arguments;

    fn query(sql: &str) -> ParsedQuery {
        ParsedQuery::parse(sql, Arguments::Positional).unwrap()
    }

    #[test]
    fn the_beta_reads_a_procedures_rows_by_select() {
        let beta = Profile::beta();
        for (sql, sent) in [
            ("EXECUTE PROCEDURE s.p(?, 1)", "SELECT * FROM s.p($1, 1)"),
            ("{call s.p(?)}", "SELECT * FROM s.p($1)"),
            ("call p ;", "SELECT * FROM p()"),
            ("SELECT 1", "SELECT 1"),
        ] {
            let adapted = beta.adapt_call(query(sql)).unwrap();
            assert_eq!(adapted.sql(), sent);
            assert_eq!(adapted.original(), sql);
            assert_eq!(adapted.is_call(), sql != "SELECT 1");
            let standard = Profile::standard().adapt_call(query(sql)).unwrap();
            assert_eq!(standard.sql(), query(sql).sql());
        }
        let named = beta.adapt_call(query("CALL p(a => ?)"));
        assert_eq!(named.unwrap_err().sqlstate(), Some("0A000"));
    }

    #[test]
    fn the_beta_has_no_out_parameters() {
        let refused = Profile::beta().check_out_parameters().unwrap_err();
        assert_eq!(refused.sqlstate(), Some("0A000"));
        Profile::standard().check_out_parameters().unwrap();
    }
}
