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

/// How long the statements of a pipeline behind one that was cancelled may run before they are cancelled too.
const CANCEL_AGAIN: Duration = Duration::from_millis(100);

impl Session {
    /// Reads what is left of an abandoned request, for as long as [`RECOVERY`] allows.
    pub(crate) async fn recover(&mut self) -> Result<(), Error> {
        if self.broken {
            return Err(Error::Closed);
        }
        self.leave_copy()?;
        self.leave_stream()?;
        if self.outstanding == 0 {
            return Ok(());
        }
        let until = self.abandoned_at.map(|_| Instant::now() + RECOVERY);
        let mut cancels = u32::from(self.cancelling);
        loop {
            let pause = match until {
                Some(until) if self.pipe_given_up && cancels > 0 => {
                    Some(until.min(Instant::now() + CANCEL_AGAIN))
                }
                until => until,
            };
            if let Some(outcome) = wait::within(pause, self.drain()).await {
                self.copying = None;
                self.pipe_given_up = false;
                return outcome;
            }
            if until.is_some_and(|until| Instant::now() >= until) {
                let what = "the server did not end a cancelled request";
                return Err(self.fail(Error::silent(what)));
            }
            // A CANCEL ends one statement: the next one of the pipeline is running now.
            if self.outstanding > cancels {
                self.cancelling = false;
                self.cancel();
                cancels += 1;
            }
        }
    }

    /// Reads what is left. Only what belongs to a pipeline is kept.
    async fn drain(&mut self) -> Result<(), Error> {
        let mut ignored = Execution::default();
        poll_fn(|context| {
            if self.is_piping() {
                return self.poll_piped(context).map_ok(drop);
            }
            let poll = self.poll_answers(context, &mut ignored);
            ignored.results.clear();
            poll
        })
        .await
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
