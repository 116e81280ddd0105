//! The answers to one request, collected as they arrive.

use sbwp::message::ParameterInfo;

use crate::error::Error;
use crate::rows::ResultSet;

/// Results in the order of the statements, and the first error.
#[derive(Debug, Default)]
pub struct Execution {
    /// The results that have begun.
    pub results: Vec<ResultSet>,
    /// The first ERROR; later ones are consequences of it.
    pub(crate) error: Option<Error>,
    /// How many statements had succeeded before the first ERROR.
    pub(crate) failed_after: usize,
    /// What PARAMETER_DESCRIPTION said.
    pub(crate) parameters: Option<Vec<ParameterInfo>>,
}

impl Execution {
    /// The result that is being received, begun if there is none.
    pub(crate) fn open(&mut self) -> &mut ResultSet {
        let begun = self
            .results
            .last()
            .is_some_and(|last| last.complete.is_none());
        if !begun {
            self.results.push(ResultSet::default());
        }
        let last = self.results.len() - 1;
        &mut self.results[last]
    }

    /// True when rows have been collected.
    pub(crate) fn has_rows(&self) -> bool {
        self.results.iter().any(|result| !result.batches.is_empty())
    }

    /// Whether the last answer is that of a COMMIT, and no error came.
    pub(crate) fn has_committed(&self) -> bool {
        let tag = self
            .results
            .last()
            .and_then(|last| last.complete.as_ref())
            .map(|complete| complete.tag.as_str());
        self.error.is_none() && tag == Some("COMMIT")
    }

    /// Whether the server ended the request because it was asked to.
    pub(crate) fn was_cancelled(&self) -> bool {
        self.error
            .as_ref()
            .is_some_and(|error| error.sqlstate() == Some("57014"))
    }

    pub(crate) fn fail(&mut self, error: Error) {
        if self.error.is_none() {
            self.failed_after = self.results.len();
            self.error = Some(error);
        }
    }

    /// The results, or the first error.
    pub fn finish(self) -> Result<Vec<ResultSet>, Error> {
        match self.error {
            Some(error) => Err(error),
            None => Ok(self.results),
        }
    }
}
