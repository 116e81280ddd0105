//! A COPY that ends before its end: given up by its user, abandoned, or cancelled.

use std::sync::Arc;
use std::time::Instant;

use super::{Phase, Ticket};
use crate::error::Error;
use crate::execution::Execution;
use crate::request::Request;
use crate::session::Session;

impl Session {
    /// Gives a COPY up and reads on until the session can be used again.
    pub(crate) async fn copy_fail(
        &mut self,
        reason: &str,
        ticket: &Arc<Ticket>,
    ) -> Result<(), Error> {
        ticket.give_up();
        if self.own_copy(ticket).is_err() {
            return Ok(());
        }
        self.give_up_copy(reason);
        self.recover().await
    }

    /// Sends the end of the COPY of this ticket as far as the socket takes it; the next request reads the answers.
    pub(crate) fn copy_abandon(&mut self, ticket: &Arc<Ticket>) {
        ticket.give_up();
        if self.own_copy(ticket).is_err() {
            return;
        }
        self.give_up_copy("abandoned");
        if let Err(error) = self.transport.try_flush() {
            self.fail(Error::from(error));
        }
    }

    /// What a request finds: nothing to wait for, or a COPY that was given up, or one that is still going on.
    pub(in crate::session) fn leave_copy(&mut self) -> Result<(), Error> {
        match &self.copying {
            None => Ok(()),
            Some(copy) if copy.ticket.is_given_up() => {
                self.give_up_copy("abandoned");
                Ok(())
            }
            Some(_) => Err(Error::Interface(
                "a COPY is going on on this connection: end it before anything else".into(),
            )),
        }
    }

    fn give_up_copy(&mut self, reason: &str) {
        let Some(phase) = self.copying.as_ref().map(|copy| copy.phase) else {
            return;
        };
        if self.abandoned_at.is_none() {
            self.abandoned_at = Some(Instant::now());
        }
        match phase {
            Phase::In => {
                let mut request = Request::new();
                // A short reason always fits into a frame.
                let reason = reason.get(..1000).unwrap_or(reason);
                if request.copy_fail(reason).is_ok() && self.copy_end(request).is_err() {
                    self.copying = None;
                }
            }
            Phase::Ending => {}
            Phase::Opening | Phase::Out => {
                // What still comes is read and thrown away, like the answers to any request that is given up.
                self.copying = None;
                if self.profile.cancel_interrupts() {
                    self.cancel();
                }
            }
            Phase::Over => self.copying = None,
        }
    }

    /// Somebody asks that the COPY end.
    pub(super) fn cancel_copy(&mut self, execution: &mut Execution) -> Result<(), Error> {
        if self.is_ending() {
            return Err(self.fail(Error::Cancelled));
        }
        if self.copy_is(Phase::In) {
            execution.fail(Error::Cancelled);
            let mut request = Request::new();
            request.copy_fail("cancelled")?;
            return self.copy_end(request);
        }
        if !self.profile.cancel_interrupts() {
            return Err(self.fail(Error::Cancelled));
        }
        self.cancel();
        if self.copy_is(Phase::Ending) {
            // The answers to the CANCEL come after the PONG that was awaited so far.
            return self.copy_end(Request::new());
        }
        Ok(())
    }
}
