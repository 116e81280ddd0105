//! How the executions of one statement that follow each other are prepared: once for all whose types are the same.

use std::sync::Arc;

use super::Parameters;
use crate::prepared::Named;

/// The preparation that the last execution used.
#[derive(Debug, Default)]
pub(crate) struct Repeated {
    oids: Vec<u32>,
    /// The name under which the server keeps it, `None` for the unnamed statement.
    named: Option<Arc<Named>>,
    /// There has been an execution.
    is_known: bool,
    /// The request has a PARSE of the unnamed statement.
    parsed: bool,
}

impl Repeated {
    /// A request begins: an unnamed statement is prepared in each.
    pub(crate) fn begin_request(&mut self) {
        if self.named.is_none() {
            self.is_known = false;
        }
        self.parsed = false;
    }

    /// Whether these values can go without another PARSE. NULL fits the types of the rows before it.
    pub(crate) fn fits(&self, parameters: &Parameters) -> bool {
        self.is_known && parameters.fit(&self.oids)
    }

    /// The next executions have the types of these values.
    pub(crate) fn become_of(&mut self, parameters: &Parameters, named: Option<Arc<Named>>) {
        self.oids.clear();
        self.oids.extend_from_slice(parameters.oids());
        self.named = named;
        self.is_known = true;
        self.parsed = false;
    }

    pub(super) fn oids(&self) -> &[u32] {
        &self.oids
    }

    pub(super) fn named(&self) -> Option<&Arc<Named>> {
        self.named.as_ref()
    }

    /// True once for a request: the unnamed statement has to be prepared.
    pub(super) fn begin(&mut self) -> bool {
        !std::mem::replace(&mut self.parsed, true)
    }
}
