//! One session: sends requests, reads answers, knows the state of the connection (SBWP 3 and 4).
//!
//! Everything that must survive an abandoned future is here, not in the future: how many READYs are still to come, what
//! has not been sent yet, what has been received. The next request first reads what is left of the one before.

use std::collections::VecDeque;
use std::future::poll_fn;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{ready, Context, Poll};
use std::time::{Duration, Instant};

use bytes::BytesMut;
use sbwp::frame::Header;
use sbwp::message::{self, kind, state, Ready, RowDescription, ServerMessage};

use crate::error::{DatabaseError, Error};
use crate::execution::Execution;
use crate::inbound::Inbound;
use crate::profile::Profile;
use crate::request::Request;
use crate::rows::{Completion, RowBatch};
use crate::transport::{wait, Transport};

/// Descriptions remembered, so that a repeated statement costs neither parsing nor a new decode plan.
const DESCRIPTIONS_KEPT: usize = 16;
/// Notices and notifications kept for a user who has not asked for them yet.
const EVENTS_KEPT: usize = 1000;
/// How long the answers of an abandoned request may take to come before the connection is given up.
const RECOVERY: Duration = Duration::from_secs(5);
/// Bytes handled before a large answer lets others run.
const TURN: usize = 1024 * 1024;

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

/// A message another session sent (SBWP 3.6).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notification {
    /// The sender's process id.
    pub process_id: u32,
    /// The channel.
    pub channel: String,
    /// The message.
    pub payload: Vec<u8>,
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
#[derive(Debug)]
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
    notices: VecDeque<DatabaseError>,
    notifications: VecDeque<Notification>,
    descriptions: VecDeque<(Vec<u8>, Arc<RowDescription>)>,
    parameters_changed: bool,
    broken: bool,
    /// Set by anybody who wants the running request to end.
    cancel_requested: Arc<AtomicBool>,
    /// CANCEL has been sent and its READY has not come.
    cancelling: bool,
    abandoned_at: Option<Instant>,
    /// How long the server may send nothing while an answer is due.
    socket_timeout: Option<Duration>,
    silence: Option<wait::Deadline>,
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
            notices: VecDeque::new(),
            notifications: VecDeque::new(),
            descriptions: VecDeque::new(),
            parameters_changed: false,
            broken: false,
            cancel_requested: Arc::default(),
            cancelling: false,
            abandoned_at: None,
            socket_timeout: None,
            silence: None,
        }
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

    /// Takes the notifications received since the last call.
    pub fn take_notifications(&mut self) -> Vec<Notification> {
        self.notifications.drain(..).collect()
    }

    /// True once after the server reported parameters.
    pub(crate) fn take_parameters_changed(&mut self) -> bool {
        std::mem::take(&mut self.parameters_changed)
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
        self.recover().await?;
        self.cancel_requested.store(false, Ordering::Relaxed);
        self.submit(request)?;
        let mut execution = Execution::default();
        let running = Running(self);
        poll_fn(|context| running.0.poll_answers(context, &mut execution)).await?;
        Ok(execution)
    }

    /// PING and its PONG (SBWP 3.9).
    pub async fn ping(&mut self) -> Result<(), Error> {
        self.recover().await?;
        let mut request = Request::new();
        request.empty(kind::PING)?;
        self.submit(request)?;
        self.wait_for(kind::PONG).await
    }

    /// Reads what is left of an abandoned request, for as long as [`RECOVERY`] allows.
    async fn recover(&mut self) -> Result<(), Error> {
        if self.broken {
            return Err(Error::Closed);
        }
        if self.outstanding == 0 {
            return Ok(());
        }
        let until = self.abandoned_at.map(|since| since + RECOVERY);
        let mut ignored = Execution::default();
        let drained = wait::within(
            until,
            poll_fn(|context| {
                let poll = self.poll_answers(context, &mut ignored);
                ignored.results.clear();
                poll
            }),
        )
        .await;
        match drained {
            Some(outcome) => outcome,
            None => Err(self.fail(Error::timeout(
                "the server did not end a cancelled request; the connection is closed",
            ))),
        }
    }

    /// Asks the server to end the running request; its answers still come, and those of the CANCEL after them.
    fn cancel(&mut self) {
        if self.cancelling || self.broken || self.outstanding == 0 {
            return;
        }
        let mut request = Request::new();
        // A frame of eight bytes always fits.
        if request.cancel().is_ok() && self.submit(request).is_ok() {
            self.cancelling = true;
        }
    }

    /// The future that waited for the answers is gone.
    fn abandon(&mut self) {
        if self.broken || self.outstanding == 0 {
            return;
        }
        self.abandoned_at = Some(Instant::now());
        if self.profile.cancel_interrupts() {
            self.cancel();
            // What does not fit into the socket now goes with the next request.
            if let Err(error) = self.transport.try_flush() {
                self.fail(Error::from(error));
            }
        }
    }

    /// Queues a request; [`Session::poll_answers`] sends it and reads what it brings.
    pub(crate) fn submit(&mut self, mut request: Request) -> Result<(), Error> {
        if self.broken {
            return Err(Error::Closed);
        }
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

    /// Sends and reads until every READY has come.
    pub(crate) fn poll_answers(
        &mut self,
        context: &mut Context<'_>,
        execution: &mut Execution,
    ) -> Poll<Result<(), Error>> {
        let mut handled = 0;
        loop {
            // Reading goes on while the socket takes no more: a server that blocks writing stops reading.
            let flushed = self.transport.poll_flush(context);
            if let Poll::Ready(result) = flushed {
                self.check(result)?;
            }
            if let Err(error) = self.take_frames(execution) {
                return Poll::Ready(Err(self.fail(error)));
            }
            if self.outstanding == 0 {
                self.cancelling = false;
                self.abandoned_at = None;
                self.silence = None;
                return Poll::Ready(Ok(()));
            }
            if self.cancel_requested.swap(false, Ordering::Relaxed) {
                if !self.profile.cancel_interrupts() {
                    return Poll::Ready(Err(self.fail(Error::Cancelled)));
                }
                self.cancel();
                continue;
            }
            if handled > TURN {
                return wait::yield_turn(context);
            }
            match self.poll_receive(context, execution) {
                Poll::Ready(count) => {
                    handled += count?;
                    self.silence = None;
                }
                Poll::Pending => return self.poll_silence(context),
            }
        }
    }

    /// Nothing has come: fails once it has been so for the time limit.
    fn poll_silence(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Error>> {
        let Some(limit) = self.socket_timeout else {
            return Poll::Pending;
        };
        let silence = self
            .silence
            .get_or_insert_with(|| wait::Deadline::at(Instant::now() + limit));
        ready!(silence.poll(context));
        let what = format!("the server sent nothing for {limit:?} (socket_timeout)");
        Poll::Ready(Err(self.fail(Error::timeout(what))))
    }

    /// Waits for one message of a kind that has no READY.
    async fn wait_for(&mut self, wanted: u8) -> Result<(), Error> {
        let mut ignored = Execution::default();
        poll_fn(|context| loop {
            if let Poll::Ready(result) = self.transport.poll_flush(context) {
                self.check(result)?;
            }
            match self.next_frame() {
                Ok(Some(header)) => {
                    let found = header.kind == wanted;
                    if let Err(error) = self.handle(&header, &mut ignored) {
                        return Poll::Ready(Err(self.fail(error)));
                    }
                    if found {
                        return Poll::Ready(Ok(()));
                    }
                    if let Some(error) = ignored.error.take() {
                        return Poll::Ready(Err(error));
                    }
                }
                Ok(None) => {
                    ready!(self.poll_receive(context, &mut ignored))?;
                }
                Err(error) => return Poll::Ready(Err(self.fail(error))),
            }
        })
        .await
    }

    /// Receives the next message during start-up, whatever it is.
    pub(crate) async fn next_message(&mut self) -> Result<ServerMessage, Error> {
        let mut unused = Execution::default();
        poll_fn(|context| loop {
            if let Poll::Ready(result) = self.transport.poll_flush(context) {
                self.check(result)?;
            }
            match self.next_frame() {
                Ok(Some(header)) => {
                    let decoded = ServerMessage::decode(header.kind, self.inbound.payload(&header))
                        .map_err(Error::protocol_from);
                    self.inbound.consume(&header);
                    return Poll::Ready(decoded.map_err(|error| self.fail(error)));
                }
                Ok(None) => {
                    ready!(self.poll_receive(context, &mut unused))?;
                }
                Err(error) => return Poll::Ready(Err(self.fail(error))),
            }
        })
        .await
    }

    fn next_frame(&self) -> Result<Option<Header>, Error> {
        self.inbound.frame().map_err(Error::protocol_from)
    }

    /// Reads from the socket once.
    fn poll_receive(
        &mut self,
        context: &mut Context<'_>,
        execution: &mut Execution,
    ) -> Poll<Result<usize, Error>> {
        if !self.inbound.has_room() {
            self.seal(execution);
        }
        let result = ready!(self.transport.poll_fill(context, self.inbound.space()));
        let count = self.check(result)?;
        if count == 0 {
            let what = if self.inbound.is_mid_frame() {
                "the server closed the connection in the middle of a message"
            } else {
                "the server closed the connection"
            };
            let error = io::Error::new(io::ErrorKind::UnexpectedEof, what);
            // A fatal ERROR explains the end better than the end itself.
            let error = execution.error.take().unwrap_or(Error::Io(error));
            return Poll::Ready(Err(self.fail(error)));
        }
        Poll::Ready(Ok(count))
    }

    /// Handles every whole frame that has been received.
    fn take_frames(&mut self, execution: &mut Execution) -> Result<(), Error> {
        while let Some(header) = self.next_frame()? {
            if header.kind == kind::DATA_ROW {
                self.inbound.keep_row(&header);
            } else {
                self.handle(&header, execution)?;
                if self.outstanding == 0 {
                    break;
                }
            }
        }
        Ok(())
    }

    /// Moves the rows received so far into the open result.
    fn seal(&mut self, execution: &mut Execution) {
        if let Some(batch) = self.inbound.take_batch() {
            add(execution, batch);
        }
    }

    fn handle(&mut self, header: &Header, execution: &mut Execution) -> Result<(), Error> {
        if header.kind == kind::ROW_DESCRIPTION {
            let description = self.description(header)?;
            self.inbound.consume(header);
            execution.open().description = Some(description);
            return Ok(());
        }
        let message = ServerMessage::decode(header.kind, self.inbound.payload(header))
            .map_err(Error::protocol_from)?;
        // Rows come before the message that ends them: take them while their place in the buffer is known.
        self.seal(execution);
        self.inbound.consume(header);
        match message {
            ServerMessage::CommandComplete(done) => {
                execution.open().complete = Some(Completion {
                    rows: done.rows,
                    last_id: done.last_id,
                    tag: done.tag,
                });
            }
            ServerMessage::Ready(ready) => {
                self.ready(&ready);
                self.outstanding = self.outstanding.saturating_sub(1);
            }
            ServerMessage::Error(diagnostic) => {
                let report = DatabaseError::from_fields(diagnostic.fields);
                let error = Error::from(self.profile.refine(report));
                // What the failed statement sent before its error is not a result.
                if execution
                    .results
                    .last()
                    .is_some_and(|last| last.complete.is_none())
                {
                    execution.results.pop();
                }
                execution.fail(error);
            }
            ServerMessage::CopyInResponse(_) => {
                let mut request = Request::new();
                request.copy_fail("the statement was not sent by a COPY call")?;
                self.submit(request)?;
                execution.fail(Error::NotSupported(
                    "execute() cannot feed COPY ... FROM STDIN".into(),
                ));
            }
            ServerMessage::CopyOutResponse(_) | ServerMessage::CopyBothResponse(_) => {
                execution.fail(Error::NotSupported(
                    "execute() cannot receive COPY ... TO STDOUT".into(),
                ));
            }
            other => self.event(other),
        }
        Ok(())
    }

    /// What may come at any time and belongs to no request.
    pub(crate) fn event(&mut self, message: ServerMessage) {
        match message {
            ServerMessage::Notice(diagnostic) => {
                bounded(
                    &mut self.notices,
                    DatabaseError::from_fields(diagnostic.fields),
                );
            }
            ServerMessage::ParameterStatus(status) => {
                self.parameters_changed = true;
                for entry in status.entries {
                    match self
                        .parameters
                        .iter_mut()
                        .find(|(key, _)| *key == entry.key)
                    {
                        Some((_, old)) => *old = entry.value,
                        None => self.parameters.push((entry.key, entry.value)),
                    }
                }
            }
            ServerMessage::Notification(message::Notification::Message {
                process_id,
                channel,
                data,
                ..
            }) => {
                bounded(
                    &mut self.notifications,
                    Notification {
                        process_id,
                        channel,
                        payload: data.to_vec(),
                    },
                );
            }
            // PARSE_COMPLETE and its like confirm what the results show anyway; unknown codes are skippable (SBWP C.7).
            _ => {}
        }
    }

    pub(crate) fn ready(&mut self, ready: &Ready) {
        self.status = match ready.state {
            state::TRANSACTION => TransactionStatus::Active,
            state::FAILED => TransactionStatus::Failed,
            _ => TransactionStatus::Idle,
        };
        self.transaction_id = ready.transaction;
    }

    /// The description in `header`'s frame: one already known if the bytes are the same.
    fn description(&mut self, header: &Header) -> Result<Arc<RowDescription>, Error> {
        let payload = self.inbound.payload(header);
        if let Some(found) = self
            .descriptions
            .iter()
            .position(|(bytes, _)| bytes == payload)
        {
            return Ok(self.descriptions[found].1.clone());
        }
        let bytes = payload.to_vec();
        let description = Arc::new(RowDescription::decode(payload).map_err(Error::protocol_from)?);
        if self.descriptions.len() == DESCRIPTIONS_KEPT {
            self.descriptions.pop_back();
        }
        self.descriptions.push_front((bytes, description.clone()));
        Ok(description)
    }

    fn check<T>(&mut self, result: io::Result<T>) -> Result<T, Error> {
        result.map_err(|error| self.fail(Error::from(error)))
    }

    /// Marks the connection unusable, and ends it.
    fn fail(&mut self, error: Error) -> Error {
        self.broken = true;
        self.transport.shutdown();
        self.outstanding = 0;
        error
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

fn add(execution: &mut Execution, batch: RowBatch) {
    let result = execution.open();
    result.received += batch.len() as u64;
    result.batches.push(batch);
}

fn bounded<T>(queue: &mut VecDeque<T>, item: T) {
    if queue.len() == EVENTS_KEPT {
        queue.pop_front();
    }
    queue.push_back(item);
}

/// A request whose answers are awaited; when the waiting is given up, so is the request.
struct Running<'a>(&'a mut Session);

impl Drop for Running<'_> {
    fn drop(&mut self) {
        self.0.abandon();
    }
}
