//! Requests with a time limit.
//!
//! When the time is up the server is asked to cancel. Whoever asked for work that stays in the transaction can decide
//! about it afterwards; of what commits or rolls back nobody would know whether it has, so its answer is still waited for.

use std::future::poll_fn;
use std::time::Instant;

use super::recovery::{Running, RECOVERY};
use super::{heard, Session};
use crate::error::Error;
use crate::execution::Execution;
use crate::request::Request;
use crate::transport::wait;

/// What a call raises whose time is up.
pub(crate) fn timed_out() -> Error {
    Error::timeout("the statement took longer than its time limit")
}

impl Session {
    /// [`Session::run`] until `until`. Where the request ends the transaction, [`RECOVERY`] longer, for the answer to the
    /// CANCEL.
    pub(crate) async fn run_until(
        &mut self,
        request: Request,
        until: Option<Instant>,
    ) -> Result<Execution, Error> {
        if until.is_none() {
            return self.run(request).await;
        }
        let commits = request.commits;
        let ends = commits || request.ends;
        let only_commits = commits && !request.opens;
        match wait::within(until, self.begin(request)).await {
            Some(begun) => begun?,
            None => return Err(timed_out()),
        }
        let mut execution = Execution::default();
        let mut running = Running::new(self);
        let in_time = wait::within(
            until,
            poll_fn(|context| running.session().poll_answers(context, &mut execution)),
        );
        if let Some(outcome) = in_time.await {
            return heard(outcome, execution, only_commits);
        }
        if !running.session().profile.cancel_interrupts() {
            return Err(running.session().fail(timed_out()));
        }
        if !ends {
            return Err(timed_out());
        }
        running.session().cancel();
        let in_time = wait::within(
            Some(Instant::now() + RECOVERY),
            poll_fn(|context| running.session().poll_answers(context, &mut execution)),
        );
        match in_time.await {
            None => {
                let what = "the time limit passed, and the server did not answer the cancellation";
                Err(running.session().fail(Error::silent(what)))
            }
            Some(Ok(())) if execution.was_cancelled() => Err(timed_out()),
            Some(outcome) => heard(outcome, execution, only_commits),
        }
    }
}
