//! Moves bytes between client and engine while a request is worked on.
//!
//! Whatever is waited for, the rest goes on: requests are read ahead (so a CANCEL is seen), complete answers leave, the
//! statement's time limit runs. That is also why nothing here can deadlock with a client that reads late.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use postgres_protocol::message::backend::Message;
use postgres_protocol::message::frontend;
use tokio::time::{sleep, Instant, Sleep};

use super::{End, Session};
use crate::backend::{Backend, CancelHandle, Event, Report};
use crate::client::{ClientError, Request, FLUSH_SIZE};

/// A part of an answer may wait this long for the rest before it is sent.
const PATIENCE: Duration = Duration::from_millis(3);

/// The state of the pump that outlives one call.
pub(super) struct Pump {
    sequence: u32,
    running: bool,
    cancel: CancelHandle,
    cancelling: Option<tokio::task::JoinHandle<io::Result<()>>>,
    timed_out: bool,
    deadline: Option<Pin<Box<Sleep>>>,
    patience: Pin<Box<Sleep>>,
    patience_runs: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Goal {
    Event,
    /// Everything for the engine has been written; answers are read meanwhile.
    Sent,
    Flushed,
}

/// What ends the wait for a request.
enum Idle {
    Request(Request),
    Engine,
    Notice(std::sync::Arc<crate::hub::Notice>),
}

enum Wake {
    Reached,
    Cancel,
    Deadline,
    ClientGone,
}

impl Pump {
    pub fn new(backend: &Backend) -> Self {
        Self {
            sequence: 0,
            running: false,
            cancel: backend.cancel_handle(),
            cancelling: None,
            timed_out: false,
            deadline: None,
            patience: Box::pin(sleep(PATIENCE)),
            patience_runs: false,
        }
    }

    /// The request that a CANCEL by sequence would mean.
    pub fn working_on(&mut self, sequence: u32) {
        self.sequence = sequence;
    }

    pub fn set_time_limit(&mut self, limit: Option<Duration>) {
        self.deadline = limit.map(|limit| Box::pin(sleep(limit)));
    }

    fn start_cancel(&mut self) {
        if self.cancelling.is_none() {
            let handle = self.cancel.clone();
            self.cancelling = Some(tokio::spawn(async move { handle.cancel().await }));
        }
    }
}

impl Session {
    /// Waits for the next request; what the engine says unasked is passed on meanwhile.
    pub(super) async fn next_request(&mut self) -> Result<Request, End> {
        loop {
            if let Some(request) = self.client.take()? {
                return Ok(request);
            }
            self.flush().await?;
            match std::future::poll_fn(|cx| self.poll_idle(cx)).await? {
                Idle::Request(request) => return Ok(request),
                Idle::Engine => self.unasked().await?,
                Idle::Notice(notice) => self.deliver_one(&notice)?,
            }
        }
    }

    fn poll_idle(&mut self, cx: &mut Context<'_>) -> Poll<Result<Idle, End>> {
        if let Poll::Ready(request) = self.client.poll_request(cx) {
            return Poll::Ready(request.map(Idle::Request).map_err(End::from));
        }
        if let Poll::Ready(filled) = self.backend.poll_fill(cx) {
            return Poll::Ready(filled.map(|()| Idle::Engine).map_err(End::Engine));
        }
        self.poll_notice(cx).map(|notice| Ok(Idle::Notice(notice)))
    }

    /// Passes on what the engine says while no request is worked on.
    async fn unasked(&mut self) -> Result<(), End> {
        while let Some(event) = self.backend.take().map_err(End::Engine)? {
            match event {
                Event::Message(Message::ErrorResponse(body)) => {
                    let report = Report::read(body.fields()).map_err(End::Engine)?;
                    return match self.incoming.take() {
                        // Data of a COPY are refused when the engine comes to them, which may be between two requests.
                        Some(copy) => self.copy_refused(&copy, report).await,
                        None => Err(End::Engine(io::Error::other(report.to_string()))),
                    };
                }
                Event::Message(message) => {
                    if let Some(other) = self.aside(message)? {
                        let _ = other;
                        return Err(End::Engine(io::Error::new(
                            io::ErrorKind::InvalidData,
                            "the engine answered a question that was not asked",
                        )));
                    }
                }
                Event::Row => {
                    return Err(End::Engine(io::Error::new(
                        io::ErrorKind::InvalidData,
                        "the engine sent a row without a request",
                    )))
                }
            }
        }
        Ok(())
    }

    /// Handles what may come at any time; gives back what is an answer.
    fn aside(&mut self, message: Message) -> Result<Option<Message>, End> {
        match message {
            Message::NoticeResponse(body) => {
                let report = Report::read(body.fields()).map_err(End::Engine)?;
                self.notice(&report)?;
                Ok(None)
            }
            Message::ParameterStatus(_) | Message::NotificationResponse(_) => Ok(None),
            message => Ok(Some(message)),
        }
    }

    /// The next part of the engine's answer.
    pub(super) async fn event(&mut self) -> Result<Event, End> {
        loop {
            match self.backend.take().map_err(End::Engine)? {
                Some(Event::Row) => return Ok(Event::Row),
                Some(Event::Message(message)) => {
                    if let Some(message) = self.aside(message)? {
                        return Ok(Event::Message(message));
                    }
                }
                None => self.pump(Goal::Event).await?,
            }
        }
    }

    /// What the engine has answered already.
    pub(super) fn ready_event(&mut self) -> Result<Option<Event>, End> {
        loop {
            match self.backend.take().map_err(End::Engine)? {
                Some(Event::Message(message)) => {
                    if let Some(message) = self.aside(message)? {
                        return Ok(Some(Event::Message(message)));
                    }
                }
                other => return Ok(other),
            }
        }
    }

    /// Writes everything that waits for the engine.
    pub(super) async fn send_all(&mut self) -> Result<(), End> {
        self.pump(Goal::Sent).await
    }

    /// Writes what waits for the client if it is much, at the client's pace.
    pub(super) async fn relieve(&mut self) -> Result<(), End> {
        if self.client.pending_output() >= FLUSH_SIZE {
            self.flush().await?;
        }
        Ok(())
    }

    pub(super) async fn flush(&mut self) -> Result<(), End> {
        if self.client.pending_output() == 0 {
            return Ok(());
        }
        self.pump(Goal::Flushed).await
    }

    /// A statement begins to run: a CANCEL may strike it from now on. False if one has struck already.
    pub(super) fn begin_running(&mut self) -> bool {
        self.pump.timed_out = false;
        if !self.is_beta() && self.client.cancels.strike(self.pump.sequence) {
            return false;
        }
        self.pump.running = true;
        true
    }

    /// The statement is over. A cancellation under way is waited for, so that it cannot strike the next one.
    pub(super) async fn end_running(&mut self) {
        self.pump.running = false;
        if let Some(cancelling) = self.pump.cancelling.take() {
            // A cancellation that did not get through has cancelled nothing, which is what the client will see.
            let _outcome = cancelling.await;
        }
    }

    pub(super) fn timed_out(&self) -> bool {
        self.pump.timed_out
    }

    async fn pump(&mut self, goal: Goal) -> Result<(), End> {
        loop {
            let wake = std::future::poll_fn(|cx| self.poll_pump(cx, goal)).await?;
            match wake {
                Wake::Reached => return Ok(()),
                Wake::Cancel => self.pump.start_cancel(),
                Wake::Deadline => {
                    self.pump.deadline = None;
                    self.pump.timed_out = true;
                    self.pump.start_cancel();
                }
                Wake::ClientGone => {
                    // Nobody will read the answer: the engine need not finish it.
                    self.pump.start_cancel();
                    self.end_running().await;
                    return Err(End::Client(ClientError::Closed));
                }
            }
        }
    }

    fn poll_pump(&mut self, cx: &mut Context<'_>, goal: Goal) -> Poll<Result<Wake, End>> {
        match self.backend.poll_send(cx) {
            Poll::Ready(Err(error)) => return Poll::Ready(Err(End::Engine(error))),
            Poll::Ready(Ok(())) if goal == Goal::Sent => return Poll::Ready(Ok(Wake::Reached)),
            _ => {}
        }
        if goal == Goal::Sent {
            // An engine that cannot get rid of its answers takes no more requests.
            while let Poll::Ready(filled) = self.backend.poll_fill(cx) {
                if let Err(error) = filled {
                    return Poll::Ready(Err(End::Engine(error)));
                }
            }
        }
        if goal == Goal::Event {
            if let Poll::Ready(filled) = self.backend.poll_fill(cx) {
                return Poll::Ready(filled.map(|()| Wake::Reached).map_err(End::Engine));
            }
        }
        if goal == Goal::Flushed || self.client.should_flush() || self.patience_is_over(cx) {
            if let Poll::Ready(flushed) = self.client.poll_flush(cx) {
                flushed?;
                if goal == Goal::Flushed {
                    return Poll::Ready(Ok(Wake::Reached));
                }
            }
        }
        while let Poll::Ready(read) = self.client.poll_read_ahead(cx) {
            read?;
            if self.pump.running
                && !self.is_beta()
                && self.client.cancels.strike(self.pump.sequence)
            {
                return Poll::Ready(Ok(Wake::Cancel));
            }
            if self.client.is_gone() {
                return Poll::Ready(Ok(Wake::ClientGone));
            }
        }
        if self.pump.running {
            if let Some(deadline) = &mut self.pump.deadline {
                if deadline.as_mut().poll(cx).is_ready() {
                    return Poll::Ready(Ok(Wake::Deadline));
                }
            }
        }
        Poll::Pending
    }

    /// Whether a part of an answer has waited long enough for the rest.
    fn patience_is_over(&mut self, cx: &mut Context<'_>) -> bool {
        if self.client.pending_output() == 0 {
            self.pump.patience_runs = false;
            return false;
        }
        if !self.pump.patience_runs {
            self.pump.patience.as_mut().reset(Instant::now() + PATIENCE);
            self.pump.patience_runs = true;
        }
        self.pump.patience.as_mut().poll(cx).is_ready()
    }

    /// Ends a batch and reads the engine's answers up to its readiness; the first error among them.
    pub(super) async fn sync_and_drain(&mut self) -> Result<Option<Report>, End> {
        frontend::sync(&mut self.backend.out);
        let (report, _) = self.drain().await?;
        Ok(report)
    }

    /// Reads the engine's answers up to its readiness: the first error and the status.
    pub(super) async fn drain(&mut self) -> Result<(Option<Report>, u8), End> {
        let mut failure = None;
        loop {
            match self.event().await? {
                Event::Row => self.backend.pass_row(),
                Event::Message(Message::ErrorResponse(body)) => {
                    let report = Report::read(body.fields()).map_err(End::Engine)?;
                    failure.get_or_insert(report);
                }
                Event::Message(Message::ReadyForQuery(body)) => {
                    return Ok((failure, body.status()))
                }
                Event::Message(_) => {}
            }
        }
    }
}
