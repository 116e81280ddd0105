//! Receiving: whole frames out of the stream, each with its effect on the results and on the state of the session.

use std::collections::VecDeque;
use std::future::poll_fn;
use std::io;
use std::sync::atomic::Ordering;
use std::sync::Arc;
use std::task::{ready, Context, Poll};
use std::time::Instant;

use sbwp::frame::Header;
use sbwp::message::{kind, reason, state, Ready, RowDescription, ServerMessage};

use super::copying::Begun;
use super::{Session, TransactionStatus};
use crate::error::{DatabaseError, Error};
use crate::execution::Execution;
use crate::hosts;
use crate::prepared;
use crate::request::Request;
use crate::rows::{Completion, RowBatch};
use crate::transport::wait;

/// Descriptions remembered, so that a repeated statement costs neither parsing nor a new decode plan.
const DESCRIPTIONS_KEPT: usize = 16;
/// Notices kept for a user who has not asked for them yet.
const EVENTS_KEPT: usize = 1000;
/// Bytes of a failover hint that are kept.
const HINT_KEPT: usize = 4096;
/// Bytes of rows that make a part of a streamed result.
const PART: usize = 64 * 1024;
/// Bytes handled before a large answer lets others run.
pub(super) const TURN: usize = 1024 * 1024;

impl Session {
    /// Sends and reads until every READY has come.
    pub(crate) fn poll_answers(
        &mut self,
        context: &mut Context<'_>,
        execution: &mut Execution,
    ) -> Poll<Result<(), Error>> {
        self.poll_until(context, execution, usize::MAX).map_ok(drop)
    }

    /// Sends and reads until there is something to show; true when every READY has come.
    pub(crate) fn poll_parts(
        &mut self,
        context: &mut Context<'_>,
        execution: &mut Execution,
    ) -> Poll<Result<bool, Error>> {
        self.poll_until(context, execution, PART)
    }

    /// [`Session::poll_answers`] of a pipeline: false when it waits, and one of its answers is whole.
    pub(super) fn poll_collecting(
        &mut self,
        context: &mut Context<'_>,
        execution: &mut Execution,
    ) -> Poll<Result<bool, Error>> {
        self.poll_until(context, execution, usize::MAX)
    }

    /// Sends and reads until every READY has come (true), or until about `enough` bytes of rows have (false).
    fn poll_until(
        &mut self,
        context: &mut Context<'_>,
        execution: &mut Execution,
        enough: usize,
    ) -> Poll<Result<bool, Error>> {
        let mut handled = 0;
        loop {
            // Reading goes on while the socket takes no more: a server that blocks writing stops reading.
            let unsent = self.transport.unsent();
            if let Poll::Ready(result) = self.transport.poll_flush(context) {
                self.check(result)?;
            }
            // A server that takes what it is sent is not silent.
            if self.transport.unsent() < unsent {
                self.silence = None;
            }
            if let Err(error) = self.take_frames(execution) {
                return Poll::Ready(Err(self.fail(error)));
            }
            // An answer that has just been queued must not wait for the server, which waits for it.
            if let Poll::Ready(result) = self.transport.poll_flush(context) {
                self.check(result)?;
            }
            if self.outstanding == 0 {
                self.committing = false;
                self.cancelling = false;
                self.abandoned_at = None;
                self.silence = None;
                return Poll::Ready(Ok(true));
            }
            if self.pipe_is_served() {
                return Poll::Ready(Ok(false));
            }
            let sealed = enough != usize::MAX && execution.has_rows();
            if sealed || self.inbound.kept() >= enough {
                self.seal(execution);
                return Poll::Ready(Ok(false));
            }
            if self.cancel_requested.swap(false, Ordering::Relaxed) {
                if self.is_ending() || !self.profile.cancel_interrupts() {
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
                Poll::Pending => return self.poll_silence(context).map_ok(|()| false),
            }
        }
    }

    /// Nothing has come: fails once it has been so for the time limit.
    pub(super) fn poll_silence(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Error>> {
        let Some(limit) = self.socket_timeout else {
            return Poll::Pending;
        };
        let silence = self
            .silence
            .get_or_insert_with(|| wait::Deadline::at(Instant::now() + limit));
        ready!(silence.poll(context));
        let what = format!("the server sent nothing for {limit:?} (socket_timeout)");
        Poll::Ready(Err(self.fail(Error::silent(what))))
    }

    /// Waits for one message of a kind that has no READY.
    pub(super) async fn wait_for(&mut self, wanted: u8) -> Result<(), Error> {
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
                Ok(None) => match self.poll_receive(context, &mut ignored) {
                    Poll::Ready(received) => {
                        received?;
                        self.silence = None;
                    }
                    Poll::Pending => return self.poll_silence(context),
                },
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

    pub(super) fn next_frame(&self) -> Result<Option<Header>, Error> {
        self.inbound.frame().map_err(Error::protocol_from)
    }

    /// Reads from the socket once.
    pub(super) fn poll_receive(
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
    pub(super) fn take_frames(&mut self, execution: &mut Execution) -> Result<(), Error> {
        while let Some(header) = self.next_frame()? {
            if header.kind == kind::DATA_ROW {
                self.inbound.keep_row(&header);
            } else {
                match self.boundary.take_answers() {
                    Some(mut answers) => {
                        self.handle(&header, &mut answers)?;
                        self.boundary.keep_answers(answers)?;
                    }
                    None => {
                        self.handle(&header, execution)?;
                        if header.kind == kind::READY {
                            self.pipe_takes(execution);
                        }
                    }
                }
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

    pub(super) fn handle(
        &mut self,
        header: &Header,
        execution: &mut Execution,
    ) -> Result<(), Error> {
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
                if !self.copy_takes_ready() {
                    self.outstanding = self.outstanding.saturating_sub(1);
                }
            }
            ServerMessage::ParameterDescription(described) => {
                execution.parameters = Some(described.parameters);
            }
            ServerMessage::Pong(_) => self.copy_takes_pong(),
            ServerMessage::CopyData(data) => self.copy_receives(data.data),
            ServerMessage::CopyInResponse(response)
                if self.copy_begins(Begun {
                    is_in: true,
                    format: response.format,
                    window: response.window_bytes,
                    width: 0,
                }) => {}
            ServerMessage::CopyOutResponse(response)
                if self.copy_begins(Begun {
                    is_in: false,
                    format: response.format,
                    window: 0,
                    width: response.columns.len(),
                }) => {}
            ServerMessage::Error(diagnostic) => {
                let report = DatabaseError::from_fields(diagnostic.fields);
                if prepared::is_doubtful(&report.sqlstate) {
                    self.statements.outdate();
                }
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
            ServerMessage::Notification(notification) => self.mailbox.put(notification),
            ServerMessage::QueryProgress(progress) => {
                self.progress.report(progress.rows, progress.bytes);
            }
            ServerMessage::Opaque { kind, payload } if kind == kind::FAILOVER_HINT => {
                self.failover_hinted(payload.to_vec());
            }
            // PARSE_COMPLETE and its like confirm what the results show anyway; unknown codes are skippable (SBWP C.7).
            _ => {}
        }
    }

    /// The server announces that it goes. Its message has no layout (SBWP 3.10): that it came is what counts.
    fn failover_hinted(&mut self, mut payload: Vec<u8>) {
        payload.truncate(HINT_KEPT);
        self.failover_hint = Some(payload);
        if let Some(endpoint) = &self.endpoint {
            hosts::announce(endpoint);
        }
        let mut notice = DatabaseError::new(
            "01000",
            "the server announced a failover: new connections try other hosts first",
        );
        notice.severity = "WARNING".to_owned();
        bounded(&mut self.notices, notice);
    }

    pub(crate) fn ready(&mut self, ready: &Ready) {
        self.status = match ready.state {
            state::TRANSACTION => TransactionStatus::Active,
            state::FAILED => TransactionStatus::Failed,
            _ => TransactionStatus::Idle,
        };
        if ready.reason == reason::RESET_COMPLETE {
            self.statements.forget_all();
            self.trace.forget();
        }
        self.transaction_id = ready.transaction;
        self.boundary.ready(ready.transaction);
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
