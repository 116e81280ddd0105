//! One session: sends requests, reads answers, knows the state of the connection (SBWP 3 and 4).
//!
//! Everything that must survive an abandoned future is here, not in the future: how many READYs are still to come, what
//! has not been sent yet, what has been received. The next request first reads what is left of the one before.

mod answers;
mod copying;
mod limited;
mod piping;
mod recovery;
mod streaming;
mod ticket;
mod unasked;

use std::collections::VecDeque;
use std::fmt;
use std::future::poll_fn;
use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::BytesMut;
use sbwp::message::{kind, RowDescription};

use self::copying::Copying;
pub(crate) use self::limited::timed_out;
pub(crate) use self::piping::Ahead;
use self::piping::Piping;
use self::recovery::Running;
use self::streaming::Streaming;
pub(crate) use self::ticket::Ticket;
use crate::boundary::Boundary;
use crate::config::Endpoint;
use crate::error::{DatabaseError, Error};
use crate::execution::Execution;
use crate::inbound::Inbound;
use crate::mailbox::Mailbox;
use crate::prepared::Statements;
use crate::profile::Profile;
use crate::progress::Progress;
use crate::request::Request;
use crate::trace;
use crate::transport::{wait, Transport};

/// The transaction state that READY reports.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TransactionStatus {
    /// No transaction.
    Idle,
    /// Inside a transaction.
    Active,
    /// Inside a transaction that can only be rolled back.
    Failed,
}

/// What SERVER_INFO said (SBWP 3.1.6).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ServerInfo {
    /// The product's name.
    pub product: String,
    /// Its version.
    pub version: String,
    /// The SQL dialect.
    pub dialect: String,
}

/// An authenticated conversation with a server.
pub struct Session {
    pub(crate) transport: Transport,
    pub(crate) inbound: Inbound,
    /// Frames encoded and not yet given to the transport.
    outbound: BytesMut,
    sequence: u32,
    pub(crate) attachment: [u8; 16],
    /// READYs still to come.
    outstanding: u32,
    pub(crate) status: TransactionStatus,
    pub(crate) transaction_id: u64,
    pub(crate) features: u64,
    pub(crate) server: ServerInfo,
    pub(crate) parameters: Vec<(String, String)>,
    pub(crate) profile: Profile,
    pub(crate) boundary: Boundary,
    pub(crate) statements: Arc<Statements>,
    /// A request is under way that commits.
    committing: bool,
    /// The connection was lost while it was.
    commit_lost: bool,
    notices: VecDeque<DatabaseError>,
    pub(crate) mailbox: Arc<Mailbox>,
    pub(crate) progress: Arc<Progress>,
    /// The trace that the server has been told of.
    pub(crate) trace: trace::Told,
    descriptions: VecDeque<(Vec<u8>, Arc<RowDescription>)>,
    parameters_changed: bool,
    broken: bool,
    /// Set by anybody who wants the running request to end.
    cancel_requested: Arc<AtomicBool>,
    /// Set by anybody who closes the connection: what is running then ends at once.
    ending: Arc<AtomicBool>,
    /// CANCEL has been sent and its READY has not come.
    cancelling: bool,
    abandoned_at: Option<Instant>,
    /// How long the server may send nothing while an answer is due.
    socket_timeout: Option<Duration>,
    silence: Option<wait::Deadline>,
    copying: Option<Copying>,
    /// Where it is connected to.
    pub(crate) endpoint: Option<Endpoint>,
    /// What FAILOVER_HINT brought, the last one.
    pub(crate) failover_hint: Option<Vec<u8>>,
    streaming: Option<Streaming>,
    piping: Option<Piping>,
    /// What is left to be read is that of a pipeline.
    pipe_given_up: bool,
}

impl fmt::Debug for Session {
    /// Without what is on its way: it may hold a password, and always holds what belongs to the user.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session")
            .field("endpoint", &self.endpoint)
            .field("server", &self.server)
            .field("status", &self.status)
            .field("transaction_id", &self.transaction_id)
            .field("outstanding", &self.outstanding)
            .field("broken", &self.broken)
            .finish_non_exhaustive()
    }
}

/// What has come of a request: a connection that is lost after the answer to a COMMIT has not lost it.
fn heard(
    outcome: Result<(), Error>,
    execution: Execution,
    only_commits: bool,
) -> Result<Execution, Error> {
    match outcome {
        Err(Error::OutcomeUnknown { .. }) if only_commits && execution.has_committed() => {
            Ok(execution)
        }
        outcome => outcome.map(|()| execution),
    }
}

impl Session {
    pub(crate) fn new(transport: Transport, max_payload: u32) -> Self {
        Session {
            transport,
            inbound: Inbound::new(max_payload),
            outbound: BytesMut::new(),
            sequence: 0,
            attachment: [0; 16],
            outstanding: 0,
            status: TransactionStatus::Idle,
            transaction_id: 0,
            features: 0,
            server: ServerInfo::default(),
            parameters: Vec::new(),
            profile: Profile::standard(),
            boundary: Boundary::default(),
            statements: Arc::default(),
            committing: false,
            commit_lost: false,
            notices: VecDeque::new(),
            mailbox: Arc::default(),
            progress: Arc::default(),
            trace: trace::Told::default(),
            descriptions: VecDeque::new(),
            parameters_changed: false,
            broken: false,
            cancel_requested: Arc::default(),
            ending: Arc::default(),
            cancelling: false,
            abandoned_at: None,
            socket_timeout: None,
            silence: None,
            copying: None,
            endpoint: None,
            failover_hint: None,
            streaming: None,
            piping: None,
            pipe_given_up: false,
        }
    }

    /// True where every request has been answered.
    pub(crate) fn is_at_rest(&self) -> bool {
        self.outstanding == 0
    }

    /// True where something can be read that no request has asked for.
    pub(crate) fn has_input(&self) -> bool {
        self.inbound.is_mid_frame() || self.transport.has_input()
    }

    pub(crate) fn is_ending(&self) -> bool {
        self.ending.load(Ordering::Relaxed)
    }

    /// True once the connection cannot be used any more.
    pub fn is_broken(&self) -> bool {
        self.broken
    }

    /// The session id (SBWP 3.1.5).
    pub fn id(&self) -> [u8; 16] {
        self.attachment
    }

    /// The state that the last READY reported.
    pub fn status(&self) -> TransactionStatus {
        self.status
    }

    /// The transaction id that the last READY reported.
    pub fn transaction_id(&self) -> u64 {
        self.transaction_id
    }

    /// The negotiated features.
    pub fn features(&self) -> u64 {
        self.features
    }

    /// What the server said of itself.
    pub fn server(&self) -> &ServerInfo {
        &self.server
    }

    /// The parameters that the server reported.
    pub fn parameters(&self) -> &[(String, String)] {
        &self.parameters
    }

    /// How this server's known defects are handled.
    pub fn profile(&self) -> &Profile {
        &self.profile
    }

    /// The TLS version in use.
    pub fn tls_version(&self) -> Option<&'static str> {
        self.transport.tls_version()
    }

    /// The socket's descriptor, −1 where the platform has none.
    pub fn descriptor(&self) -> i32 {
        self.transport.descriptor()
    }

    /// Takes the notices received since the last call.
    pub fn take_notices(&mut self) -> Vec<DatabaseError> {
        self.notices.drain(..).collect()
    }

    /// True once after the server reported parameters.
    pub(crate) fn take_parameters_changed(&mut self) -> bool {
        std::mem::take(&mut self.parameters_changed)
    }

    /// The flag by which any thread ends the running request together with the connection; it looks when it is asked to
    /// cancel.
    pub(crate) fn ending_flag(&self) -> Arc<AtomicBool> {
        self.ending.clone()
    }

    /// The flag by which any thread asks that the running request end.
    pub(crate) fn cancel_flag(&self) -> Arc<AtomicBool> {
        self.cancel_requested.clone()
    }

    /// Limits how long the server may send nothing while an answer is due.
    pub(crate) fn set_socket_timeout(&mut self, limit: Option<Duration>) {
        self.socket_timeout = limit;
    }

    /// Sends `request` and collects all its answers. Dropping the future asks the server to cancel.
    pub async fn run(&mut self, request: Request) -> Result<Execution, Error> {
        let only_commits = request.commits && !request.opens;
        self.begin(request).await?;
        self.finish(only_commits).await
    }

    /// Collects the answers to what has been queued.
    async fn finish(&mut self, only_commits: bool) -> Result<Execution, Error> {
        let mut execution = Execution::default();
        let mut running = Running::new(self);
        let outcome =
            poll_fn(|context| running.session().poll_answers(context, &mut execution)).await;
        heard(outcome, execution, only_commits)
    }

    /// Reads what is left of an abandoned request and queues the next one, behind what opens its transaction.
    pub(crate) async fn begin(&mut self, request: Request) -> Result<(), Error> {
        self.recover().await?;
        self.cancel_requested.store(false, Ordering::Relaxed);
        if self.is_ending() {
            return Err(self.fail(Error::Closed));
        }
        if let Some(told) = self.trace.next(self.features)? {
            self.boundary.precede(told.readies);
            self.submit(told)?;
        }
        if request.opens {
            if let Some(opening) = self.boundary.opening(self.transaction_id)? {
                if opening.alone {
                    let (opening, sql) = opening.into_parts();
                    self.submit(opening)?;
                    self.finish(false).await?.finish()?;
                    self.boundary.accepted(sql, self.transaction_id);
                } else {
                    let opening = self.boundary.lead(opening, self.transaction_id);
                    self.submit(opening)?;
                }
            }
        }
        if request.leaves_work {
            self.boundary.work(self.transaction_id);
        } else if request.opens {
            self.boundary.look(self.transaction_id);
        }
        self.committing = request.commits;
        self.submit(request)
    }

    /// [`Session::run`] for COMMIT and ROLLBACK.
    pub(crate) async fn end_transaction(
        &mut self,
        request: Request,
        until: Option<Instant>,
    ) -> Result<(), Error> {
        self.run_until(request, until).await?.finish()?;
        self.boundary.ended();
        Ok(())
    }

    /// PING and its PONG (SBWP 3.9).
    pub async fn ping(&mut self) -> Result<(), Error> {
        self.recover().await?;
        let mut request = Request::new();
        request.empty(kind::PING)?;
        self.submit(request)?;
        self.wait_for(kind::PONG).await
    }

    /// Queues a request; [`Session::poll_answers`] sends it and reads what it brings.
    pub(crate) fn submit(&mut self, mut request: Request) -> Result<(), Error> {
        if self.broken {
            return Err(Error::Closed);
        }
        self.statements.settle(&mut request, self.transaction_id)?;
        self.sequence = request.stamp(self.sequence, &self.attachment);
        self.outstanding += request.readies;
        if self.outbound.is_empty() {
            self.outbound = request.bytes;
        } else {
            self.outbound.extend_from_slice(&request.bytes);
        }
        let queued = self.transport.queue(&mut self.outbound);
        self.check(queued)
    }

    fn check<T>(&mut self, result: io::Result<T>) -> Result<T, Error> {
        result.map_err(|error| self.fail(Error::from(error)))
    }

    /// Marks the connection unusable, and ends it.
    fn fail(&mut self, error: Error) -> Error {
        self.commit_lost |= self.committing && self.outstanding > 0;
        self.broken = true;
        self.transport.shutdown();
        self.outstanding = 0;
        if self.commit_lost {
            error.during_commit()
        } else {
            error.ending_connection()
        }
    }

    /// Says goodbye and closes the socket (SBWP 3.1.10).
    pub fn close(&mut self) {
        let mut last = BytesMut::new();
        if !self.broken {
            let mut request = Request::new();
            if request.empty(kind::TERMINATE).is_ok() {
                request.stamp(self.sequence, &self.attachment);
                last = request.bytes;
            }
        }
        self.broken = true;
        self.transport.close(&mut last);
    }
}
