//! What a server makes of transactions: savepoints, isolation, two-phase commit.

use super::{Defect, Defects, Profile};
use crate::error::Error;

impl Profile {
    /// Whether ROLLBACK TO SAVEPOINT undoes rows that came by the bulk path: INSERT with a column list, prepared or not,
    /// array BIND and COPY. A full ROLLBACK always does.
    #[must_use]
    pub fn savepoints_undo_bulk_inserts(&self) -> bool {
        !self.is_beta()
    }

    /// What to tell the user of a ROLLBACK TO SAVEPOINT.
    #[must_use]
    pub fn savepoint_defects(&self) -> Defects {
        Defects::default().with_if(
            !self.savepoints_undo_bulk_inserts(),
            Defect::SavepointRollback,
        )
    }

    /// Refuses two-phase commit where the server has only the words for it.
    ///
    /// # Errors
    /// `NotSupported` on a server without prepared transactions.
    pub fn check_two_phase(&self) -> Result<(), Error> {
        if self.is_beta() {
            return Err(Error::NotSupported(
                "two-phase commit: this server has no prepared transactions".to_owned(),
            ));
        }
        Ok(())
    }

    /// Refuses characteristics of a transaction that the server accepts and does not keep.
    ///
    /// # Errors
    /// `NotSupported` for an isolation level other than READ COMMITTED, or READ ONLY, on a server without them.
    pub fn check_transaction(
        &self,
        above_read_committed: bool,
        read_only: bool,
    ) -> Result<(), Error> {
        let refused = match (self.is_beta(), above_read_committed, read_only) {
            (true, true, _) => "isolation: this server isolates transactions as READ COMMITTED, whatever is asked for",
            (true, false, true) => "READ ONLY: this server lets read-only transactions write",
            _ => return Ok(()),
        };
        Err(Error::NotSupported(refused.to_owned()))
    }
}
