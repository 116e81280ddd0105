//! A connection as one face holds it: its own, or lent by a pool until the face gives it back.

use std::ops::Deref;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::Arc;
use std::time::{Duration, Instant};

use scratchbird::{
    Connection, DatabaseError, Error, Notification, ParameterInfo, Part, Request, ResultSet,
    RowStream, Statement,
};

/// Everything of [`Connection`], except that nothing can be done with one that has gone back to its pool: what waits, and
/// what another user would notice, is refused here.
pub struct Handle {
    connection: Arc<Connection>,
    returned: AtomicBool,
}

impl Handle {
    pub fn new(connection: Arc<Connection>) -> Self {
        Handle {
            connection,
            returned: AtomicBool::new(false),
        }
    }

    /// The connection is its pool's again.
    pub fn give_up(&self) {
        self.returned.store(true, Ordering::Release);
        self.connection.wake_waiters();
    }

    pub fn is_given_up(&self) -> bool {
        self.returned.load(Ordering::Acquire)
    }

    pub fn is_closed(&self) -> bool {
        self.is_given_up() || self.connection.is_closed()
    }

    pub fn usable(&self) -> Result<(), Error> {
        if self.is_given_up() {
            return Err(Error::Interface(
                "the connection is closed: it was given back to its pool".into(),
            ));
        }
        self.connection.usable()
    }

    pub fn descriptor(&self) -> i32 {
        if self.is_given_up() {
            return -1;
        }
        self.connection.descriptor()
    }

    pub fn take_notices(&self) -> Vec<DatabaseError> {
        if self.is_given_up() {
            return Vec::new();
        }
        self.connection.take_notices()
    }

    pub fn cancel(&self) {
        if !self.is_given_up() {
            self.connection.cancel();
        }
    }

    pub fn set_opening(&self, sql: Option<Arc<str>>) {
        if !self.is_given_up() {
            self.connection.set_opening(sql);
        }
    }

    pub fn in_transaction(&self) -> bool {
        !self.is_given_up() && self.connection.in_transaction()
    }

    pub async fn run_statement(
        &self,
        request: Request,
        statement: &Statement<'_>,
        limit: Option<Duration>,
    ) -> Result<Vec<ResultSet>, Error> {
        self.usable()?;
        self.connection
            .run_statement(request, statement, limit)
            .await
    }

    pub async fn stream(
        &self,
        request: Request,
        limit: Option<Duration>,
    ) -> Result<RowStream, Error> {
        self.usable()?;
        self.connection.stream(request, limit).await
    }

    pub async fn stream_next(&self, stream: &RowStream) -> Result<Option<Part>, Error> {
        self.usable()?;
        self.connection.stream_next(stream).await
    }

    pub async fn commit_until(&self, until: Option<Instant>) -> Result<(), Error> {
        self.usable()?;
        self.connection.commit_until(until, 0).await
    }

    pub async fn rollback_until(&self, until: Option<Instant>) -> Result<(), Error> {
        self.usable()?;
        self.connection.rollback_until(until, 0).await
    }

    pub async fn control_until(
        &self,
        sql: &str,
        commits: bool,
        until: Option<Instant>,
    ) -> Result<(), Error> {
        self.usable()?;
        self.connection.control_until(sql, commits, until).await
    }

    pub async fn describe_parameters(
        &self,
        sql: &str,
        autocommit: bool,
        until: Option<Instant>,
    ) -> Result<Vec<ParameterInfo>, Error> {
        self.usable()?;
        self.connection
            .describe_parameters(sql, autocommit, until)
            .await
    }

    pub async fn subscribe(
        &self,
        kind: u8,
        name: &str,
        filter: &str,
        until: Option<Instant>,
    ) -> Result<(), Error> {
        self.usable()?;
        self.connection.subscribe(kind, name, filter, until).await
    }

    pub async fn unsubscribe(&self, name: &str, until: Option<Instant>) -> Result<(), Error> {
        self.usable()?;
        self.connection.unsubscribe(name, until).await
    }

    pub fn take_notification(&self) -> Option<(Notification, bool)> {
        if self.is_given_up() {
            return None;
        }
        self.connection.take_notification()
    }

    pub fn untold_notifications(&self, keep: bool) -> Vec<Notification> {
        if self.is_given_up() {
            return Vec::new();
        }
        self.connection.untold_notifications(keep)
    }

    pub fn untold_notices(&self) -> Vec<DatabaseError> {
        if self.is_given_up() {
            return Vec::new();
        }
        self.connection.untold_notices()
    }

    pub async fn wait_for_notification(
        &self,
        until: Option<Instant>,
        untold: bool,
    ) -> Result<bool, Error> {
        self.connection
            .wait_for_notification(until, untold, || self.usable())
            .await
    }

    pub async fn ping_within(&self, limit: Option<Duration>) -> Result<(), Error> {
        self.usable()?;
        self.connection.ping_within(limit).await
    }

    pub fn end_running(&self) {
        if !self.is_given_up() {
            self.connection.end_running();
        }
    }

    pub async fn close(
        &self,
        limit: Option<Duration>,
        before: impl FnOnce() + Send,
    ) -> Result<(), Error> {
        if self.is_given_up() {
            return Ok(());
        }
        self.connection.close(limit, before).await
    }

    pub fn end_now(&self) {
        if !self.is_given_up() {
            self.connection.end_now();
        }
    }

    pub fn close_now(&self) {
        if !self.is_given_up() {
            self.connection.close_now();
        }
    }
}

impl Deref for Handle {
    type Target = Connection;

    fn deref(&self) -> &Connection {
        &self.connection
    }
}
