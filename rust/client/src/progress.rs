//! How far a statement is, as QUERY_PROGRESS says (SBWP 3.2.6): only the latest report counts.

use parking_lot::Mutex;

/// The latest report of one session.
#[derive(Debug, Default)]
pub(crate) struct Progress(Mutex<Option<(u64, u64)>>);

impl Progress {
    pub(crate) fn report(&self, rows: u64, bytes: u64) {
        *self.0.lock() = Some((rows, bytes));
    }

    /// The report that has come since the last call: rows and bytes.
    pub(crate) fn take(&self) -> Option<(u64, u64)> {
        self.0.lock().take()
    }
}
