//! How a connection ends its transactions, what opens them, and whether one holds work.

use std::sync::Arc;

use super::Connection;
use crate::config::ServerDefects;
use crate::error::Error;
use crate::prepared::Effect;
use crate::request::Request;

impl Connection {
    /// Commits the transaction; the server opens the next one.
    pub async fn commit(&self) -> Result<(), Error> {
        let mut request = Request::new();
        request.commit()?;
        self.end_transaction(request).await
    }

    /// Rolls the transaction back; the server opens the next one. A stream that is being read ends with it.
    pub async fn rollback(&self) -> Result<(), Error> {
        self.stream_give_up();
        let mut request = Request::new();
        request.rollback()?;
        self.end_transaction(request).await
    }

    async fn end_transaction(&self, request: Request) -> Result<(), Error> {
        self.usable()?;
        let mut session = self.session.lock().await;
        let result = session.end_transaction(request).await;
        self.publish(&mut session);
        result
    }

    /// Runs a statement that is part of what the driver itself does: a savepoint, a step of a two-phase commit.
    pub async fn control(&self, sql: &str, commits: bool) -> Result<(), Error> {
        let mut request = self.statement(sql)?;
        request.effect = Effect::RollsBack;
        if !commits {
            return self.run(request).await.map(drop);
        }
        // What it ends is not this session's transaction, or is so no more.
        request.expect_commit();
        request.opens = false;
        request.leaves_work = false;
        self.end_transaction(request).await
    }

    /// Whether the transaction may hold work of this connection. The server is inside a transaction at any time.
    pub fn in_transaction(&self) -> bool {
        self.boundary.is_pending()
    }

    /// Sets the statement that opens every transaction from now on, such as SET TRANSACTION. It goes out with the
    /// first request of a transaction.
    pub fn set_opening(&self, sql: Option<Arc<str>>) {
        self.boundary.set_opening(sql);
    }

    /// Takes note that this server's ROLLBACK TO SAVEPOINT does not undo everything, before one is sent. One that is only
    /// `possible`, because a savepoint is set for it, is worth an error but no warning.
    ///
    /// # Errors
    /// `NotSupported` with `server_defects=error`.
    pub fn remark_savepoint(&self, possible: bool) -> Result<(), Error> {
        if possible && self.profile.server_defects() != ServerDefects::Error {
            return Ok(());
        }
        self.met(self.profile.savepoint_defects())
    }
}
