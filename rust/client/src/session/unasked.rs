//! Reading while nothing is asked: notifications, notices, and the server's farewell.

use std::task::{ready, Context, Poll};

use super::Session;
use crate::error::Error;
use crate::execution::Execution;

impl Session {
    /// True where nobody is in the middle of something: what arrives now was not asked for.
    pub(crate) fn is_idle(&self) -> bool {
        self.outstanding == 0 && self.copying.is_none() && !self.broken
    }

    /// True where a request was given up before all its answers had come.
    pub(crate) fn is_abandoned(&self) -> bool {
        self.abandoned_at.is_some() && !self.broken
    }

    /// Reads until a notification has come.
    pub(crate) fn poll_unasked(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Error>> {
        let mut unasked = Execution::default();
        let before = self.mailbox.arrived();
        loop {
            if let Poll::Ready(result) = self.transport.poll_flush(context) {
                self.check(result)?;
            }
            if let Err(error) = self.take_unasked(&mut unasked) {
                return Poll::Ready(Err(self.fail(error)));
            }
            if self.mailbox.arrived() != before {
                return Poll::Ready(Ok(()));
            }
            ready!(self.poll_receive(context, &mut unasked))?;
        }
    }

    fn take_unasked(&mut self, unasked: &mut Execution) -> Result<(), Error> {
        while let Some(header) = self.next_frame()? {
            self.handle(&header, unasked)?;
            unasked.results.clear();
            // An answer without a question: the conversation is out of step, or over.
            if let Some(error) = unasked.error.take() {
                return Err(error);
            }
        }
        Ok(())
    }
}
