//! Requests that are given up: asking the server to cancel, and reading what is left before the next request.

use std::future::poll_fn;
use std::time::{Duration, Instant};

use super::Session;
use crate::error::Error;
use crate::execution::Execution;
use crate::request::Request;
use crate::transport::wait;

/// How long the answers of an abandoned request may take to come before the connection is given up.
pub(super) const RECOVERY: Duration = Duration::from_secs(5);

impl Session {
    /// Reads what is left of an abandoned request, for as long as [`RECOVERY`] allows.
    pub(crate) async fn recover(&mut self) -> Result<(), Error> {
        if self.broken {
            return Err(Error::Closed);
        }
        self.leave_copy()?;
        self.leave_stream()?;
        self.answered = None;
        if self.outstanding == 0 {
            return Ok(());
        }
        let until = self.abandoned_at.map(|_| Instant::now() + RECOVERY);
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
            Some(outcome) => {
                self.copying = None;
                outcome
            }
            None => Err(self.fail(Error::silent("the server did not end a cancelled request"))),
        }
    }

    /// Asks the server to end the running request; its answers still come, and those of the CANCEL after them.
    pub(super) fn cancel(&mut self) {
        if self.cancelling || self.broken || self.outstanding == 0 {
            return;
        }
        let mut request = Request::new();
        // A frame of eight bytes always fits.
        if request.cancel().is_ok() && self.submit(request).is_ok() {
            self.cancelling = true;
        }
    }

    /// Ends the conversation at once; the descriptor stays until the connection is closed.
    pub(crate) fn break_off(&mut self) {
        self.fail(Error::Cancelled);
    }

    /// The future that waited for the answers is gone.
    pub(crate) fn abandon(&mut self) {
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
}

/// A request whose answers are awaited; when the waiting is given up, so is the request.
pub(super) struct Running<'a>(&'a mut Session);

impl<'a> Running<'a> {
    pub(super) fn new(session: &'a mut Session) -> Self {
        Running(session)
    }

    pub(super) fn session(&mut self) -> &mut Session {
        self.0
    }
}

impl Drop for Running<'_> {
    fn drop(&mut self) {
        self.0.abandon();
    }
}
