//! A connection that threads and tasks may share: one session behind a fair lock.

mod defects;
mod describe;
mod events;
mod holding;
mod notices;
mod statement;
mod transactions;

use std::sync::atomic::{AtomicBool, AtomicI32, AtomicU64, Ordering};
use std::sync::Arc;
use std::time::{Duration, Instant};

use self::notices::Notices;
pub use self::statement::Statement;
use crate::boundary;
use crate::config::{Config, Endpoint, WatchOptions};
use crate::error::{DatabaseError, Error};
use crate::execution::Execution;
use crate::hosts;
use crate::mailbox::SessionLock;
use crate::prepared::{Limits, Statements};
use crate::profile::{Profile, Told};
use crate::progress::Progress;
use crate::request::Request;
use crate::rows::ResultSet;
use crate::runtime;
use crate::session::{timed_out, ServerInfo, Session, TransactionStatus};
use crate::transport::wait;

/// Rows that a server-side cursor asks for at a time, unless `fetch_size` says otherwise.
const FETCH_SIZE: u32 = 1000;

/// What is known of a connection without asking the server.
#[derive(Debug, Clone)]
pub struct Info {
    /// The session id.
    pub session_id: [u8; 16],
    /// What the server said of itself.
    pub server: ServerInfo,
    /// The negotiated features.
    pub features: u64,
    /// The parameters that the server reported.
    pub parameters: Vec<(String, String)>,
    /// The transaction state.
    pub status: TransactionStatus,
    /// The transaction id.
    pub transaction_id: u64,
    /// The TLS version, `None` without TLS.
    pub tls_version: Option<&'static str>,
    /// The name of the server profile in force.
    pub profile: &'static str,
    /// What FAILOVER_HINT brought, if the server has announced a failover.
    pub failover_hint: Option<Vec<u8>>,
}

/// A connection to a server.
#[derive(Debug)]
pub struct Connection {
    session: SessionLock,
    profile: Profile,
    binary: bool,
    fetch_size: u32,
    closed: AtomicBool,
    portals: AtomicU64,
    statements: Arc<Statements>,
    descriptor: AtomicI32,
    generation: u32,
    statement_timeout: Option<Duration>,
    cancel_flag: Arc<AtomicBool>,
    ending_flag: Arc<AtomicBool>,
    boundary: Arc<boundary::Shared>,
    progress: Arc<Progress>,
    info: parking_lot::Mutex<Info>,
    notices: parking_lot::Mutex<Notices>,
    told: Told,
    /// What was subscribed to.
    subscriptions: parking_lot::Mutex<Vec<String>>,
    endpoint: Option<Endpoint>,
    database: Option<String>,
    watch: WatchOptions,
}

impl Connection {
    /// Connects and logs in; to be called on the Tokio runtime ([`runtime::shared`]).
    pub async fn connect(config: &Config) -> Result<Self, Error> {
        let mut session = hosts::connect(config).await?;
        let statements = Arc::new(Statements::new(Limits {
            size: config.statement_cache_size,
            threshold: config.prepare_threshold,
            named: session.profile().keeps_statements(),
        }));
        session.statements = statements.clone();
        let info = Info {
            session_id: session.id(),
            server: session.server().clone(),
            features: session.features(),
            parameters: session.parameters().to_vec(),
            status: session.status(),
            transaction_id: session.transaction_id(),
            tls_version: session.tls_version(),
            profile: session.profile().name(),
            failover_hint: session.failover_hint.clone(),
        };
        Ok(Connection {
            info: parking_lot::Mutex::new(info),
            notices: parking_lot::Mutex::default(),
            told: Told::default(),
            subscriptions: parking_lot::Mutex::default(),
            endpoint: session.endpoint.clone(),
            database: config.database.clone(),
            watch: config.watch.clone(),
            profile: *session.profile(),
            descriptor: AtomicI32::new(session.descriptor()),
            binary: config.binary_transfer,
            fetch_size: config.fetch_size,
            closed: AtomicBool::new(false),
            statement_timeout: config.statement_timeout,
            cancel_flag: session.cancel_flag(),
            ending_flag: session.ending_flag(),
            boundary: session.boundary.shared.clone(),
            progress: session.progress.clone(),
            session: SessionLock::new(session),
            portals: AtomicU64::new(0),
            statements,
            generation: runtime::generation(),
        })
    }

    /// True after [`Connection::close`], and once the connection was found to be lost.
    pub fn is_closed(&self) -> bool {
        self.closed.load(Ordering::Acquire)
    }

    /// The socket's descriptor, −1 where there is none, or none any more.
    pub fn descriptor(&self) -> i32 {
        self.descriptor.load(Ordering::Acquire)
    }

    /// Whether values may come in binary form.
    pub(crate) fn is_binary(&self) -> bool {
        self.binary
    }

    /// How many rows a server-side cursor asks for at a time.
    pub fn fetch_size(&self) -> u32 {
        match self.fetch_size {
            0 => FETCH_SIZE,
            rows => rows,
        }
    }

    /// Where it is connected to.
    pub fn endpoint(&self) -> Option<&Endpoint> {
        self.endpoint.as_ref()
    }

    /// The database that was asked for.
    pub fn database(&self) -> Option<&str> {
        self.database.as_deref()
    }

    /// What is to be watched of it.
    pub fn watch_options(&self) -> &WatchOptions {
        &self.watch
    }

    /// How this server's known defects are handled.
    pub fn profile(&self) -> &Profile {
        &self.profile
    }

    /// True in a forked child, where the connection is the parent's.
    pub fn is_inherited(&self) -> bool {
        self.generation != runtime::generation()
    }

    /// Fails where the connection cannot be used: closed, or inherited through a fork.
    pub fn usable(&self) -> Result<(), Error> {
        if self.is_inherited() {
            return Err(Error::Interface(
                "this connection belongs to the parent process: a forked child opens its own"
                    .into(),
            ));
        }
        if self.is_closed() {
            return Err(Error::Interface("the connection is closed".into()));
        }
        Ok(())
    }

    fn keep_notices(&self, notices: impl IntoIterator<Item = DatabaseError>) {
        self.notices.lock().add(notices);
    }

    /// Sends a request and collects its results; requests of several callers queue in order.
    ///
    /// Dropping the future gives the request up: the server is asked to cancel it, and the next request reads what is
    /// left of it first.
    pub async fn run(&self, request: Request) -> Result<Vec<ResultSet>, Error> {
        self.execute(request).await?.finish()
    }

    async fn execute(&self, request: Request) -> Result<Execution, Error> {
        self.usable()?;
        let mut session = self.session.lock().await;
        let result = session.run(request).await;
        self.publish(&mut session);
        result
    }

    /// [`Connection::run`] for `limit` at most, or for `statement_timeout`; the wait for other callers counts too.
    pub async fn run_within(
        &self,
        request: Request,
        limit: Option<Duration>,
    ) -> Result<Vec<ResultSet>, Error> {
        let limit = limit.or(self.statement_timeout);
        self.run_until(
            request,
            limit.and_then(|limit| Instant::now().checked_add(limit)),
        )
        .await
    }

    pub(crate) async fn run_until(
        &self,
        request: Request,
        until: Option<Instant>,
    ) -> Result<Vec<ResultSet>, Error> {
        self.collect_until(request, until).await?.finish()
    }

    /// All answers to a request.
    pub(crate) async fn collect_until(
        &self,
        request: Request,
        until: Option<Instant>,
    ) -> Result<Execution, Error> {
        self.usable()?;
        let lock = self.session.lock_as(request.holder);
        let Some(mut session) = wait::within(until, lock).await else {
            return Err(timed_out());
        };
        let result = session.run_until(request, until).await;
        self.publish(&mut session);
        result
    }

    /// The lock of the session, for what drives it over several calls.
    pub(crate) fn session(&self) -> &SessionLock {
        &self.session
    }

    /// A time limit of a call, or the connection's `statement_timeout`.
    pub(crate) fn limit_or_default(&self, limit: Option<Duration>) -> Option<Duration> {
        limit.or(self.statement_timeout)
    }

    /// Until when a call may last that begins now.
    pub fn deadline(&self, limit: Option<Duration>) -> Option<Instant> {
        self.limit_or_default(limit)
            .and_then(|limit| Instant::now().checked_add(limit))
    }

    /// Asks that the request which is running end; it then fails with SQLSTATE 57014. Without one nothing happens.
    ///
    /// The thread or task that waits for the request sends the CANCEL: it looks at least every 50 ms.
    pub fn cancel(&self) {
        self.cancel_flag.store(true, Ordering::Relaxed);
    }

    /// Asks the server for a sign of life.
    pub async fn ping(&self) -> Result<(), Error> {
        self.usable()?;
        let mut session = self.session.lock_held().await;
        let result = session.ping().await;
        self.publish(&mut session);
        result
    }

    /// [`Connection::ping`] for `limit` at most.
    pub async fn ping_within(&self, limit: Option<Duration>) -> Result<(), Error> {
        let until = limit.and_then(|limit| Instant::now().checked_add(limit));
        match wait::within(until, self.ping()).await {
            Some(outcome) => outcome,
            None => Err(Error::timeout("the server gave no sign of life in time")),
        }
    }

    /// Ends what another caller is running, before [`Connection::close`]: it fails with SQLSTATE 57014, or 08007 where it
    /// commits. It looks at least every 50 ms.
    pub fn end_running(&self) {
        if !self.is_inherited() && self.session.try_lock().is_err() {
            self.ending_flag.store(true, Ordering::Relaxed);
            self.cancel_flag.store(true, Ordering::Relaxed);
        }
    }

    /// Says goodbye and closes the socket; what is not committed is rolled back. Closing twice is no error.
    ///
    /// `before` runs when no request is in flight any more and the socket is still open: whoever watches the descriptor
    /// forgets it there. A connection inherited through a fork is only forgotten: the parent still uses the socket.
    ///
    /// # Errors
    /// `Timeout` where what is running has not ended within `limit`. The connection cannot be used any more then; its
    /// socket is closed when it has ended.
    pub async fn close(
        &self,
        limit: Option<Duration>,
        before: impl FnOnce() + Send,
    ) -> Result<(), Error> {
        if self.is_inherited() {
            self.closed.store(true, Ordering::Release);
            return Ok(());
        }
        let until = limit.and_then(|limit| Instant::now().checked_add(limit));
        let Some(mut session) = wait::within(until, self.session.lock_held()).await else {
            self.closed.store(true, Ordering::Release);
            return Err(Error::timeout(
                "what was running on the connection did not end in time to close it",
            ));
        };
        self.closed.store(true, Ordering::Release);
        before();
        self.descriptor.store(-1, Ordering::Release);
        session.close();
        Ok(())
    }

    /// [`Connection::close`] without waiting: for a connection that nobody uses any more.
    pub fn close_now(&self) {
        if self.is_inherited() {
            return;
        }
        self.closed.store(true, Ordering::Release);
        if let Ok(mut session) = self.session.try_lock() {
            self.descriptor.store(-1, Ordering::Release);
            session.close();
        }
    }

    /// Ends the conversation without waiting; what is not committed is rolled back. The descriptor stays until
    /// [`Connection::close`], because an event loop may still watch it.
    pub fn end_now(&self) {
        if self.is_inherited() {
            return;
        }
        self.closed.store(true, Ordering::Release);
        if let Ok(mut session) = self.session.try_lock() {
            session.break_off();
        }
    }

    /// True where no request is running and none was abandoned before its answer.
    pub fn is_at_rest(&self) -> bool {
        self.session
            .try_lock()
            .is_ok_and(|session| session.is_at_rest())
    }

    /// Forgets the reactor, after a request that ran on the Tokio runtime.
    pub(crate) fn leave_reactor(&self) {
        if let Ok(mut session) = self.session.try_lock() {
            session.transport.leave_reactor();
        }
    }

    /// True once the server has announced a failover.
    pub(crate) fn is_departing(&self) -> bool {
        self.info.lock().failover_hint.is_some()
    }

    /// What is known without asking the server.
    pub fn info(&self) -> Info {
        self.info.lock().clone()
    }

    /// Takes the notices that have come since the last call.
    pub fn take_notices(&self) -> Vec<DatabaseError> {
        self.notices.lock().take()
    }

    /// Copies what a request may have changed to where it can be read while another request runs.
    pub(crate) fn publish(&self, session: &mut Session) {
        if session.is_broken() {
            self.closed.store(true, Ordering::Release);
        }
        let mut info = self.info.lock();
        info.status = session.status();
        info.transaction_id = session.transaction_id();
        if session.take_parameters_changed() {
            info.parameters = session.parameters().to_vec();
        }
        if let Some(hint) = session.failover_hint.take() {
            info.failover_hint = Some(hint);
        }
        drop(info);
        let notices = session.take_notices();
        if !notices.is_empty() {
            self.keep_notices(notices);
        }
    }
}
