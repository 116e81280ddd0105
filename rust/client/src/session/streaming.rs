//! A stream of rows on a session: answers that are read part by part, whose state is here between two calls.

use std::collections::VecDeque;
use std::future::poll_fn;
use std::sync::Arc;

use super::{Session, Ticket};
use crate::error::Error;
use crate::execution::Execution;
use crate::request::Request;
use crate::stream::Part;

/// A stream that this session has begun and whose driver has not taken everything.
#[derive(Debug)]
pub(super) struct Streaming {
    ticket: Arc<Ticket>,
    execution: Execution,
    parts: VecDeque<Part>,
    /// Every answer has come.
    answered: bool,
}

impl Session {
    /// Queues a request whose answers [`Session::stream_next`] gives.
    pub(crate) async fn stream_begin(
        &mut self,
        request: Request,
        ticket: Arc<Ticket>,
    ) -> Result<(), Error> {
        self.begin(request).await?;
        self.streaming = Some(Streaming {
            ticket,
            execution: Execution::default(),
            parts: VecDeque::new(),
            answered: false,
        });
        Ok(())
    }

    /// The next part of the answers, `None` after the last. Reads no more than one part needs.
    pub(crate) async fn stream_next(
        &mut self,
        ticket: &Arc<Ticket>,
    ) -> Result<Option<Part>, Error> {
        loop {
            let streaming = self.own_stream(ticket)?;
            if let Some(part) = streaming.parts.pop_front() {
                return Ok(Some(part));
            }
            if streaming.answered {
                let execution = std::mem::take(&mut streaming.execution);
                self.streaming = None;
                return execution.error.map_or(Ok(None), Err);
            }
            let polled = poll_fn(|context| {
                let Some(streaming) = &mut self.streaming else {
                    return std::task::Poll::Ready(Ok(true));
                };
                // Kept by the session, so that nothing is lost with a future that is dropped.
                let mut execution = std::mem::take(&mut streaming.execution);
                let poll = self.poll_parts(context, &mut execution);
                if let Some(streaming) = &mut self.streaming {
                    streaming.execution = execution;
                }
                poll
            })
            .await;
            match polled {
                Ok(answered) => {
                    if let Some(streaming) = &mut self.streaming {
                        streaming.answered = answered;
                        streaming.sort();
                    }
                }
                Err(error) => {
                    self.streaming = None;
                    return Err(error);
                }
            }
        }
    }

    /// Ends the stream of this ticket: the server is asked to stop, and the next request reads what is left.
    pub(crate) fn stream_abandon(&mut self, ticket: &Arc<Ticket>) {
        ticket.give_up();
        if self.own_stream(ticket).is_ok() {
            self.streaming = None;
            self.abandon();
        }
    }

    /// Ends whatever stream there is.
    pub(crate) fn stream_give_up(&mut self) {
        if let Some(streaming) = self.streaming.take() {
            streaming.ticket.give_up();
            self.abandon();
        }
    }

    /// What a request finds: no stream, or one that was given up, or one that is being read.
    pub(super) fn leave_stream(&mut self) -> Result<(), Error> {
        match &self.streaming {
            None => Ok(()),
            Some(streaming) if streaming.ticket.is_given_up() => {
                self.stream_give_up();
                Ok(())
            }
            Some(_) => Err(Error::Interface(
                "a stream of rows is being read on this connection: read it to its end or close it before anything else"
                    .into(),
            )),
        }
    }

    fn own_stream(&mut self, ticket: &Arc<Ticket>) -> Result<&mut Streaming, Error> {
        match &mut self.streaming {
            Some(streaming) if Arc::ptr_eq(&streaming.ticket, ticket) => Ok(streaming),
            _ if self.broken => Err(Error::Closed),
            _ => Err(Error::Interface("the stream has ended".into())),
        }
    }
}

impl Streaming {
    /// Takes what has been collected apart; the result that is still open keeps its description only.
    fn sort(&mut self) {
        for result in &mut self.execution.results {
            if let Some(description) = result.description.take() {
                self.parts.push_back(Part::Columns(description));
            }
            self.parts.extend(result.batches.drain(..).map(Part::Rows));
            if let Some(complete) = &result.complete {
                self.parts.push_back(Part::End(complete.clone()));
            }
        }
        self.execution
            .results
            .retain(|result| result.complete.is_none());
    }
}
