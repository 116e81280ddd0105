//! Results that do not mean what they look like, put right before anybody sees them.
//!
//! Must not know: how rows are decoded.

use std::sync::Arc;

use sbwp::message::{Generation, RowDescription};

use super::Profile;
use crate::rows::ResultSet;
use crate::sql::ParsedQuery;

impl Profile {
    /// Whether the rows that a statement brings are its result, and not about its execution.
    pub fn shows_rows(&self, query: &ParsedQuery) -> bool {
        let is_query = query.is_query() && query.insert_shape().is_none();
        !self.is_beta() || query.has_several_statements() || is_query
    }

    /// What [`ResultSet::is_scalar`] is for the results of a statement.
    pub fn is_scalar(&self, query: &ParsedQuery) -> bool {
        let is_one = self.is_beta() && !query.has_several_statements();
        is_one && query.verb() == "SELECT" && !query.reads_table()
    }

    /// Makes the results of a statement what the protocol says they are.
    ///
    /// The beta answers INSERT and DDL with rows about the execution: those are no result, and the count is the one of
    /// COMMAND_COMPLETE. A query without rows comes without a description: it gets one without columns, so that it still
    /// is a query. Scripts of several statements are left alone, because their results cannot be told apart.
    pub fn adapt_results(&self, query: &ParsedQuery, results: &mut [ResultSet]) {
        if !self.is_beta() || query.has_several_statements() {
            return;
        }
        let is_scalar = self.is_scalar(query);
        for result in results
            .iter_mut()
            .filter(|result| result.complete.is_some())
        {
            result.is_scalar = is_scalar;
            if !self.shows_rows(query) {
                result.description = None;
                result.batches.clear();
                result.received = 0;
            }
            if query.is_query() && result.description.is_none() {
                result.description = Some(Arc::new(without_columns()));
            }
        }
    }
}

fn without_columns() -> RowDescription {
    RowDescription {
        generation: Generation::P1,
        kind: 0,
        columns: Vec::new(),
        result_id: [0; 16],
        shape_id: [0; 16],
        hash: [0; 32],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rows::{Completion, RowBatch};
    use crate::sql::Arguments;

    fn result(tag: &str, rows: u64, described: bool) -> ResultSet {
        let complete = Completion {
            rows,
            last_id: 0,
            tag: tag.to_owned(),
        };
        ResultSet {
            description: described.then(|| Arc::new(without_columns())),
            batches: if described {
                vec![RowBatch::default()]
            } else {
                Vec::new()
            },
            received: u64::from(described),
            complete: Some(complete),
            ..ResultSet::default()
        }
    }

    fn adapted(profile: Profile, sql: &str, mut result: ResultSet) -> ResultSet {
        let query = ParsedQuery::parse(sql, Arguments::None).unwrap();
        profile.adapt_results(&query, std::slice::from_mut(&mut result));
        result
    }

    #[test]
    fn rows_about_the_execution_are_no_result() {
        let sql = "INSERT INTO t (a) VALUES (1), (2), (3)";
        let insert = adapted(Profile::beta(), sql, result("INSERT 3", 3, true));
        assert!(insert.description.is_none() && insert.batches.is_empty());
        assert_eq!(insert.row_count(), Some(3));
        let standard = adapted(Profile::standard(), sql, result("INSERT 3", 3, true));
        assert_eq!(standard.row_count(), Some(1));
        let ddl = adapted(
            Profile::beta(),
            "CREATE TABLE t (a int)",
            result("SELECT 1", 1, true),
        );
        assert!(ddl.description.is_none());
    }

    #[test]
    fn a_query_without_rows_is_still_a_query() {
        let empty = adapted(
            Profile::beta(),
            "SELECT * FROM t",
            result("SELECT 0", 0, false),
        );
        assert!(empty
            .description
            .is_some_and(|description| description.columns.is_empty()));
        let untouched = adapted(
            Profile::standard(),
            "SELECT * FROM t",
            result("SELECT 0", 0, false),
        );
        assert!(untouched.description.is_none());
        let rows = adapted(Profile::beta(), "SELECT 1", result("SELECT 1", 1, true));
        assert_eq!((rows.row_count(), rows.batches.len()), (Some(1), 1));
    }

    #[test]
    fn scripts_are_left_alone() {
        let script = adapted(
            Profile::beta(),
            "CREATE TABLE t (a int); SELECT 1",
            result("SELECT 1", 1, true),
        );
        assert!(script.description.is_some());
    }
}
