//! A pipeline on a session: requests that are sent while answers to those before them are still to come.
//!
//! What has come of it is kept here between two calls. Another request on the session first reads what is left of the
//! pipeline's answers, and leaves them here too.

use std::future::poll_fn;
use std::sync::Arc;
use std::task::{Context, Poll};

use super::{Session, Ticket};
use crate::error::Error;
use crate::execution::Execution;
use crate::request::Request;

/// A pipeline that has sent something.
#[derive(Debug)]
pub(super) struct Piping {
    ticket: Arc<Ticket>,
    /// Its READYs still to come; those of other requests come after them.
    expected: u32,
    /// The answer that has begun.
    current: Execution,
    /// Whole answers that it has not taken, one for each READY.
    answered: Vec<Execution>,
    /// It waits for them now.
    waiting: bool,
}

/// How far a pipeline may be ahead of its answers.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ahead {
    /// READYs still to come.
    pub(crate) readies: u32,
    /// Bytes that the socket has not taken.
    pub(crate) bytes: usize,
}

impl Session {
    /// Sends a part of the pipeline of this ticket, behind what it has sent before.
    pub(crate) async fn pipe(
        &mut self,
        request: Request,
        ticket: &Arc<Ticket>,
    ) -> Result<(), Error> {
        let readies = request.readies;
        if self.can_follow(&request, ticket)? {
            if request.leaves_work {
                self.boundary.work(self.transaction_id);
            }
            self.submit(request)?;
        } else {
            self.begin(request).await?;
        }
        match &mut self.piping {
            Some(piping) if Arc::ptr_eq(&piping.ticket, ticket) => {
                if piping.expected == 0 {
                    // What came between was no answer to anything of it.
                    piping.current = Execution::default();
                }
                piping.expected += readies;
            }
            _ => {
                self.piping = Some(Piping {
                    ticket: ticket.clone(),
                    expected: readies,
                    current: Execution::default(),
                    answered: Vec::new(),
                    waiting: false,
                });
            }
        }
        Ok(())
    }

    /// Whether a request may go at once behind what the pipeline has sent.
    fn can_follow(&self, request: &Request, ticket: &Arc<Ticket>) -> Result<bool, Error> {
        let is_underway = self
            .piping
            .as_ref()
            .is_some_and(|piping| piping.expected > 0 && Arc::ptr_eq(&piping.ticket, ticket));
        if !is_underway || self.broken || self.is_ending() || self.abandoned_at.is_some() {
            return Ok(false);
        }
        // READYs say whose they are by their order: an opening cannot come in between.
        Ok(!request.opens || self.boundary.opening(self.transaction_id)?.is_none())
    }

    /// The answers that have come since the last call, at least one if any are due, and whether all have. `ahead` says
    /// how far it may be ahead: then it waits for none.
    ///
    /// Dropping the future gives the pipeline up: the server is asked to cancel it.
    pub(crate) async fn pipe_wait(
        &mut self,
        ticket: &Arc<Ticket>,
        ahead: Option<Ahead>,
    ) -> Result<(Vec<Execution>, bool), Error> {
        let mut waiting = Waiting {
            session: self,
            is_over: false,
        };
        let outcome =
            poll_fn(|context| waiting.session.poll_pipe(context, ticket, ahead.as_ref())).await;
        waiting.is_over = true;
        drop(waiting);
        let all = outcome?;
        let piping = self.piping.as_mut();
        let answered = piping.map_or(Vec::new(), |piping| std::mem::take(&mut piping.answered));
        Ok((answered, all))
    }

    fn poll_pipe(
        &mut self,
        context: &mut Context<'_>,
        ticket: &Arc<Ticket>,
        ahead: Option<&Ahead>,
    ) -> Poll<Result<bool, Error>> {
        let poll = match &mut self.piping {
            Some(piping) if Arc::ptr_eq(&piping.ticket, ticket) => {
                // Another request has read all of them.
                if piping.expected == 0 && self.outstanding == 0 {
                    return Poll::Ready(Ok(true));
                }
                piping.waiting = true;
                self.poll_piped(context)
            }
            _ => return Poll::Ready(Err(Error::Closed)),
        };
        if let Some(piping) = &mut self.piping {
            piping.waiting = false;
            let unsent = self.transport.unsent();
            let fits = |ahead: &Ahead| piping.expected <= ahead.readies && unsent <= ahead.bytes;
            if poll.is_pending() && ahead.is_some_and(fits) {
                return Poll::Ready(Ok(false));
            }
        }
        poll
    }

    /// Sends and reads for the pipeline, whoever waits: its answers are kept.
    pub(super) fn poll_piped(&mut self, context: &mut Context<'_>) -> Poll<Result<bool, Error>> {
        let Some(piping) = &mut self.piping else {
            return Poll::Ready(Ok(true));
        };
        let mut current = std::mem::take(&mut piping.current);
        let poll = self.poll_collecting(context, &mut current);
        if let Some(piping) = &mut self.piping {
            piping.current = current;
        }
        poll
    }

    /// A READY has ended the answer that was collected.
    #[inline]
    pub(super) fn pipe_takes(&mut self, execution: &mut Execution) {
        if let Some(piping) = &mut self.piping {
            if piping.expected > 0 {
                piping.expected -= 1;
                piping.answered.push(std::mem::take(execution));
            }
        }
    }

    /// Nobody wants the answers of the pipeline any more.
    pub(crate) fn pipe_give_up(&mut self) {
        if self.piping.take().is_some() {
            self.pipe_given_up = self.outstanding > 0;
            self.abandon();
        }
    }

    /// Whether answers of a pipeline are still to come.
    pub(crate) fn is_piping(&self) -> bool {
        let piping = self.piping.as_ref();
        piping.is_some_and(|piping| piping.expected > 0) && !self.broken
    }

    /// Whether the pipeline waits for answers, and there are.
    pub(super) fn pipe_is_served(&self) -> bool {
        let piping = self.piping.as_ref();
        piping.is_some_and(|piping| piping.waiting && !piping.answered.is_empty())
    }
}

/// Somebody waits for a pipeline; when the waiting is given up, so is the pipeline.
struct Waiting<'a> {
    session: &'a mut Session,
    is_over: bool,
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        if !self.is_over {
            self.session.pipe_give_up();
        }
    }
}
