//! COPY on a session: a conversation of many calls, whose state is here between them (SBWP 3.4).
//!
//! Nothing answers a COPY_DATA that is right, and everything after one that is wrong is answered by an ERROR and a READY
//! of its own. How many of these come nobody can count, so a PING is sent behind the last message of a COPY in: its PONG
//! says that all the answers have been read.

mod giving_up;

use std::collections::VecDeque;
use std::future::poll_fn;
use std::sync::atomic::Ordering;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use sbwp::message::kind;

use super::answers::TURN;
use super::{Session, Ticket};
use crate::error::Error;
use crate::execution::Execution;
use crate::request::Request;
use crate::rows::Completion;
use crate::transport::wait;

/// Bytes that may wait for the socket before a sender waits too.
const HIGH_WATER: usize = 256 * 1024;

/// How far a COPY is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// The statement has been sent.
    Opening,
    /// The server takes data.
    In,
    /// The server sends data.
    Out,
    /// The last message of a COPY in has been sent, and a PING after it.
    Ending,
    /// All answers have come.
    Over,
}

/// A COPY that this session has begun.
#[derive(Debug)]
pub(super) struct Copying {
    ticket: Arc<Ticket>,
    phase: Phase,
    begun: Option<Begun>,
    execution: Execution,
    received: VecDeque<Bytes>,
    /// PINGs whose PONG has not come.
    fences: u32,
}

/// What the server said at the begin of a COPY.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Begun {
    pub(crate) is_in: bool,
    pub(crate) format: u8,
    pub(crate) window: u32,
    pub(crate) width: usize,
}

/// What a caller waits for; the end of the COPY satisfies all of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Goal {
    Begun,
    Room,
    Data,
    End,
}

impl Session {
    /// Sends a COPY statement and waits for what the server makes of it; None where it was carried out as something else.
    pub(crate) async fn copy_begin(
        &mut self,
        request: Request,
        ticket: Arc<Ticket>,
    ) -> Result<Option<Begun>, Error> {
        self.begin(request).await?;
        self.copying = Some(Copying {
            ticket,
            phase: Phase::Opening,
            begun: None,
            execution: Execution::default(),
            received: VecDeque::new(),
            fences: 0,
        });
        poll_fn(|context| self.poll_copy(context, Goal::Begun)).await?;
        // All of a short COPY out may have come already.
        match self.copying.as_ref().and_then(|copy| copy.begun) {
            Some(begun) => Ok(Some(begun)),
            None => self.copy_outcome().map(|_| None),
        }
    }

    /// Sends whole frames of data, once those before them are on their way.
    pub(crate) async fn copy_send(
        &mut self,
        data: Request,
        ticket: &Arc<Ticket>,
    ) -> Result<(), Error> {
        self.own_copy(ticket)?;
        poll_fn(|context| self.poll_copy(context, Goal::Room)).await?;
        if self.copy_is(Phase::In) {
            self.submit(data)?;
            poll_fn(|context| self.poll_copy(context, Goal::Room)).await?;
        }
        if self.copy_is(Phase::In) {
            return Ok(());
        }
        self.copy_outcome()?;
        Err(Error::protocol("the server ended a COPY before its data"))
    }

    /// Receives a piece of data; None after the last.
    pub(crate) async fn copy_receive(
        &mut self,
        ticket: &Arc<Ticket>,
    ) -> Result<Result<Bytes, Completion>, Error> {
        self.own_copy(ticket)?;
        poll_fn(|context| self.poll_copy(context, Goal::Data)).await?;
        if let Some(data) = self
            .copying
            .as_mut()
            .and_then(|copy| copy.received.pop_front())
        {
            return Ok(Ok(data));
        }
        self.copy_outcome().map(Err)
    }

    /// Ends a COPY in with its last data, or without any; `is_empty` says that there never were any.
    pub(crate) async fn copy_finish(
        &mut self,
        last: Request,
        is_empty: bool,
        ticket: &Arc<Ticket>,
    ) -> Result<Completion, Error> {
        self.own_copy(ticket)?;
        if self.copy_is(Phase::In) && !is_empty {
            poll_fn(|context| self.poll_copy(context, Goal::Room)).await?;
        }
        if self.copy_is(Phase::In) {
            let mut request = last;
            if is_empty {
                // A COPY without rows is an error to the server, and none to its users.
                request.copy_fail("there are no rows")?;
            } else {
                request.empty(kind::COPY_DONE)?;
            }
            self.copy_end(request)?;
        }
        poll_fn(|context| self.poll_copy(context, Goal::End)).await?;
        match self.copy_outcome() {
            Err(error) if is_empty && is_abort(&error) => Ok(Completion {
                tag: "COPY 0".to_owned(),
                ..Completion::default()
            }),
            outcome => outcome,
        }
    }

    /// Sends the last message of a COPY in, and the PING behind it.
    fn copy_end(&mut self, mut request: Request) -> Result<(), Error> {
        request.empty(kind::PING)?;
        self.submit(request)?;
        if let Some(copy) = &mut self.copying {
            copy.phase = Phase::Ending;
            copy.fences += 1;
        }
        Ok(())
    }

    fn copy_is(&self, phase: Phase) -> bool {
        self.copying
            .as_ref()
            .is_some_and(|copy| copy.phase == phase)
    }

    fn own_copy(&self, ticket: &Arc<Ticket>) -> Result<(), Error> {
        if self.broken {
            return Err(Error::Closed);
        }
        match &self.copying {
            Some(copy) if Arc::ptr_eq(&copy.ticket, ticket) => Ok(()),
            _ => Err(Error::Interface("the COPY has ended".into())),
        }
    }

    /// The result of a COPY that is over.
    fn copy_outcome(&mut self) -> Result<Completion, Error> {
        let results = match self.copying.take() {
            Some(copy) => copy.execution.finish()?,
            None => Vec::new(),
        };
        let last = results.into_iter().next_back();
        Ok(last.and_then(|result| result.complete).unwrap_or_default())
    }

    fn poll_copy(&mut self, context: &mut Context<'_>, goal: Goal) -> Poll<Result<(), Error>> {
        if self.broken {
            return Poll::Ready(Err(Error::Closed));
        }
        let Some(copy) = &mut self.copying else {
            return Poll::Ready(Ok(()));
        };
        // Kept by the session, so that nothing is lost with a future that is dropped.
        let mut execution = std::mem::take(&mut copy.execution);
        let poll = self.drive_copy(context, goal, &mut execution);
        if let Some(copy) = &mut self.copying {
            copy.execution = execution;
        }
        poll
    }

    fn drive_copy(
        &mut self,
        context: &mut Context<'_>,
        goal: Goal,
        execution: &mut Execution,
    ) -> Poll<Result<(), Error>> {
        let mut handled = 0;
        loop {
            let unsent = self.transport.unsent();
            if let Poll::Ready(flushed) = self.transport.poll_flush(context) {
                self.check(flushed)?;
            }
            if self.transport.unsent() < unsent {
                self.silence = None;
            }
            if let Err(error) = self.take_frames(execution) {
                return Poll::Ready(Err(self.fail(error)));
            }
            // Rows of a COPY in are about its execution; nobody asked for them.
            for result in &mut execution.results {
                result.batches.clear();
            }
            if self.copy_is(Phase::In) && execution.error.is_some() {
                self.copy_end(Request::new())?;
                continue;
            }
            if self.outstanding == 0 {
                self.cancelling = false;
                self.abandoned_at = None;
                self.silence = None;
                if let Some(copy) = &mut self.copying {
                    copy.phase = Phase::Over;
                }
            }
            if self.copy_reached(goal) {
                return Poll::Ready(Ok(()));
            }
            if self.cancel_requested.swap(false, Ordering::Relaxed) {
                self.cancel_copy(execution)?;
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
                // An error that has come stops the sending, so there is room only when nothing has.
                Poll::Pending
                    if goal == Goal::Room && self.has_room() && self.copy_is(Phase::In) =>
                {
                    return Poll::Ready(Ok(()))
                }
                Poll::Pending => return self.poll_silence(context),
            }
        }
    }

    fn has_room(&self) -> bool {
        self.transport.unsent() <= HIGH_WATER
    }

    fn copy_reached(&self, goal: Goal) -> bool {
        let Some(copy) = &self.copying else {
            return true;
        };
        copy.phase == Phase::Over
            || match goal {
                Goal::Begun => copy.phase != Phase::Opening,
                Goal::Data => !copy.received.is_empty(),
                Goal::Room | Goal::End => false,
            }
    }

    /// A response that begins a COPY: false where nobody has asked for one.
    pub(super) fn copy_begins(&mut self, begun: Begun) -> bool {
        match &mut self.copying {
            Some(copy) if copy.phase == Phase::Opening => {
                copy.phase = if begun.is_in { Phase::In } else { Phase::Out };
                copy.begun = Some(begun);
                true
            }
            _ => false,
        }
    }

    /// COPY_DATA; what comes for a COPY that was given up is not kept.
    pub(super) fn copy_receives(&mut self, data: Bytes) {
        if let Some(copy) = self
            .copying
            .as_mut()
            .filter(|copy| copy.phase == Phase::Out)
        {
            copy.received.push_back(data);
        }
    }

    /// Whether a READY is one of those that cannot be counted.
    pub(super) fn copy_takes_ready(&self) -> bool {
        self.copy_is(Phase::In) || self.copy_is(Phase::Ending)
    }

    /// PONG: with the last one all answers to a COPY in have come.
    pub(super) fn copy_takes_pong(&mut self) {
        if let Some(copy) = self.copying.as_mut().filter(|copy| copy.fences > 0) {
            copy.fences -= 1;
            if copy.fences == 0 {
                self.outstanding = 0;
            }
        }
    }
}

/// The server's answer to COPY_FAIL.
fn is_abort(error: &Error) -> bool {
    error
        .as_database()
        .is_some_and(|report| report.sqlstate == "57014")
}
