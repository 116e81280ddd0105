//! How a connection ends its transactions, what opens them, and whether one holds work.

use std::sync::Arc;
use std::time::Instant;

use super::Connection;
use crate::config::ServerDefects;
use crate::error::Error;
use crate::prepared::Effect;
use crate::request::Request;
use crate::session::timed_out;
use crate::transport::wait;

impl Connection {
    /// Commits the transaction; the server opens the next one.
    pub async fn commit(&self) -> Result<(), Error> {
        self.commit_until(None, 0).await
    }

    /// [`Connection::commit`] until `until` at most, by who holds the connection.
    ///
    /// # Errors
    /// `Timeout` where the server has cancelled it; `OutcomeUnknown` where it has not answered that either.
    pub async fn commit_until(&self, until: Option<Instant>, holder: u64) -> Result<(), Error> {
        let mut request = Request::new();
        request.commit()?;
        request.holder = holder;
        self.end_transaction(request, until).await
    }

    /// Rolls the transaction back; the server opens the next one. A stream that is being read ends with it.
    pub async fn rollback(&self) -> Result<(), Error> {
        self.rollback_until(None, 0).await
    }

    /// [`Connection::rollback`] until `until` at most, by who holds the connection. Without an answer the connection is
    /// closed, and with it the work is gone.
    pub async fn rollback_until(&self, until: Option<Instant>, holder: u64) -> Result<(), Error> {
        self.stream_give_up();
        let mut request = Request::new();
        request.rollback()?;
        request.holder = holder;
        self.end_transaction(request, until).await
    }

    async fn end_transaction(&self, request: Request, until: Option<Instant>) -> Result<(), Error> {
        self.usable()?;
        let lock = self.session.lock_as(request.holder);
        let Some(mut session) = wait::within(until, lock).await else {
            return Err(timed_out());
        };
        let result = session.end_transaction(request, until).await;
        self.publish(&mut session);
        result
    }

    /// Runs a statement that is part of what the driver itself does: a savepoint, a step of a two-phase commit.
    pub async fn control(&self, sql: &str, commits: bool) -> Result<(), Error> {
        self.control_until(sql, commits, None).await
    }

    /// [`Connection::control`] until `until` at most.
    pub async fn control_until(
        &self,
        sql: &str,
        commits: bool,
        until: Option<Instant>,
    ) -> Result<(), Error> {
        let mut request = self.statement(sql)?;
        request.effect = Effect::RollsBack;
        if !commits {
            return self.run_until(request, until).await.map(drop);
        }
        // What it ends is not this session's transaction, or is so no more.
        request.expect_commit();
        request.opens = false;
        request.leaves_work = false;
        self.end_transaction(request, until).await
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
