//! What the executions of an `executemany` have brought so far.

use super::{miscounted, Tally};
use crate::error::Error;
use crate::execution::Execution;
use crate::profile::Profile;
use crate::rows::{Completion, ResultSet};
use crate::sql::ParsedQuery;

/// Counts, and the results of all executions where they are wanted.
#[derive(Debug, Default)]
pub(crate) struct Gathered {
    returning: bool,
    results: Vec<ResultSet>,
    last: Completion,
    tally: Tally,
}

impl Gathered {
    /// Nothing yet; `returning` keeps the results of all executions.
    pub(crate) fn new(returning: bool) -> Self {
        Gathered {
            returning,
            ..Gathered::default()
        }
    }

    /// One request has carried out so many rows with one answer.
    pub(super) fn add_array(&mut self, rows: u64, complete: Option<Completion>) {
        self.tally.add(Some(1), rows);
        if let Some(complete) = complete {
            self.last = complete;
        }
    }

    /// The results of all executions, or one with the total.
    pub(crate) fn finish(self) -> (Vec<ResultSet>, Tally) {
        let mut results = self.results;
        if results.is_empty() {
            results.push(ResultSet {
                complete: Some(Completion {
                    rows: self.tally.total(),
                    ..self.last
                }),
                ..ResultSet::default()
            });
        }
        (results, self.tally)
    }
}

/// Takes the answer to `count` executions that were sent one by one. An error comes with the number of its execution.
pub(crate) fn examine(
    answer: Execution,
    profile: &Profile,
    query: &ParsedQuery,
    count: usize,
    gathered: &mut Gathered,
) -> Result<(), (Error, Option<u64>)> {
    let Execution {
        mut results,
        error,
        failed_after,
        ..
    } = answer;
    if let Some(error) = error {
        return Err((error, Some(failed_after as u64)));
    }
    profile.adapt_results(query, &mut results);
    if results.len() != count && !query.is_empty() {
        return Err((miscounted(count as u64, results.len() as u64), None));
    }
    for (at, result) in results.iter().enumerate() {
        let count = result.row_count();
        if let (Some(expected), Some(count)) = (profile.expected_rows(query), count) {
            if count != expected {
                return Err((miscounted(expected, count), Some(at as u64)));
            }
        }
        gathered.tally.add(count, 1);
    }
    if gathered.returning {
        gathered.results.append(&mut results);
    } else if let Some(complete) = results.pop().and_then(|last| last.complete) {
        gathered.last = complete;
    }
    Ok(())
}
