//! Sending what a pipeline has queued, and reading the answers.

use std::time::{Duration, Instant};

use sbwp::message::query_flag;

use super::entry::{Entry, Outcome, Sent};
use super::{segment, Pipeline, AHEAD};
use crate::connection::{Connection, Statement};
use crate::error::Error;
use crate::execution::Execution;
use crate::profile::Profile;
use crate::request::Request;
use crate::transport::wait;

/// What is waited for.
#[derive(Debug, Clone, Copy)]
enum Until<'a> {
    /// Room for more statements.
    Room,
    /// The answer to a statement.
    Answer(&'a Entry),
    /// All answers.
    End,
}

impl Pipeline {
    /// Sends what is queued, and waits for answers only where too many are still to come. What fails is kept for whoever
    /// takes the entry, and for [`Pipeline::sync`].
    pub async fn advance(&self, connection: &Connection) {
        self.drive(connection, Until::Room).await;
    }

    /// Sends what is queued, and waits for the answer to a statement.
    pub async fn wait_for(&self, connection: &Connection, entry: &Entry) {
        if !entry.is_answered() {
            self.drive(connection, Until::Answer(entry)).await;
        }
    }

    /// Sends what is queued and waits for all answers.
    pub async fn flush(&self, connection: &Connection) {
        self.drive(connection, Until::End).await;
    }

    async fn drive(&self, connection: &Connection, until: Until<'_>) {
        let _turn = self.turn.lock().await;
        let mut underway = Underway {
            pipeline: self,
            is_over: false,
        };
        let outcome = self.send_and_read(connection, until).await;
        underway.is_over = true;
        if let Err(error) = outcome {
            self.queue.lock().fail(error, None);
        }
    }

    async fn send_and_read(&self, connection: &Connection, until: Until<'_>) -> Result<(), Error> {
        let (batch, ticket, limit, autocommit, begun) = {
            let mut queue = self.queue.lock();
            if queue.segment.is_aborted() {
                queue.abort();
            }
            let batch = std::mem::take(&mut queue.batch);
            let queued = std::mem::take(&mut queue.queued);
            queue.sent.extend(queued);
            if queue.sent.is_empty() {
                return Ok(());
            }
            (
                batch,
                queue.ticket.clone(),
                together(&queue.sent),
                queue.autocommit,
                queue.segment.undo.is_some(),
            )
        };
        connection.usable()?;
        if !begun {
            let undo = segment::begin(connection, autocommit).await?;
            self.queue.lock().segment.undo = Some(undo);
        }
        let run = async {
            let mut session = connection.session().lock().await;
            let mut batch = (!batch.is_empty()).then_some(batch);
            let ahead = matches!(until, Until::Room).then_some(AHEAD);
            let outcome = async {
                if let Some(batch) = batch.take() {
                    session.pipe(batch, &ticket).await?;
                }
                loop {
                    if matches!(until, Until::Answer(entry) if entry.is_answered()) {
                        return Ok(());
                    }
                    let (answers, all) = session.pipe_wait(&ticket, ahead).await?;
                    let none = answers.is_empty();
                    for answer in answers {
                        self.settle(answer, connection.profile());
                    }
                    if all {
                        return self.check_answered();
                    }
                    if self.queue.lock().leave_cancelled() {
                        session.pipe_give_up();
                        return Ok(());
                    }
                    if none {
                        return Ok(());
                    }
                }
            }
            .await;
            connection.publish(&mut session);
            outcome
        };
        let until = limit.and_then(|limit| Instant::now().checked_add(limit));
        match wait::within(until, run).await {
            Some(outcome) => outcome,
            None => {
                if !connection.profile().cancel_interrupts() {
                    if let Ok(mut session) = connection.session().try_lock() {
                        session.break_off();
                        connection.publish(&mut session);
                    }
                }
                Err(Error::timeout(
                    "the statements took longer than their time limits together",
                ))
            }
        }
    }

    /// One more answer has come.
    fn settle(&self, answer: Execution, profile: &Profile) {
        let mut queue = self.queue.lock();
        // A cancellation has a READY of its own.
        let Some(sent) = queue.sent.pop_front() else {
            return;
        };
        if queue.segment.is_aborted() {
            sent.set(Outcome::Aborted);
            return;
        }
        let Sent {
            entry, query, rows, ..
        } = sent;
        let outcome = match rows {
            None => match answer.finish() {
                Ok(results) => Ok(Some(Outcome::Results(results))),
                Err(error) => Err((error, None)),
            },
            Some(chunk) => chunk.take(answer, profile, &query),
        };
        let outcome = match outcome {
            Ok(outcome) => outcome,
            Err((error, row)) => {
                let error = std::sync::Arc::new(error);
                queue.segment.fail(error.clone(), Some(query), row);
                Some(Outcome::Failed(error, row))
            }
        };
        if let (Some(outcome), Some(entry)) = (outcome, entry.upgrade()) {
            entry.set_once(outcome);
        }
    }

    fn check_answered(&self) -> Result<(), Error> {
        if self.queue.lock().sent.is_empty() {
            return Ok(());
        }
        Err(Error::protocol("the server left statements unanswered"))
    }
}

/// The time limits of statements that are waited for together, added up.
fn together<'a>(sent: impl IntoIterator<Item = &'a Sent>) -> Option<Duration> {
    let mut limits = sent.into_iter().map(|sent| sent.limit);
    limits.try_fold(Duration::ZERO, |sum, limit| sum.checked_add(limit?))
}

/// Statements on their way. Given up before their answers, all of them have failed.
struct Underway<'a> {
    pipeline: &'a Pipeline,
    is_over: bool,
}

impl Drop for Underway<'_> {
    fn drop(&mut self) {
        if !self.is_over {
            let mut queue = self.pipeline.queue.lock();
            if !queue.sent.is_empty() {
                queue.fail(Error::Cancelled, None);
            }
        }
    }
}

impl Connection {
    /// Adds a statement to a batch, with a READY of its own.
    pub(super) fn add_to_batch(
        &self,
        batch: &mut Request,
        statement: &Statement<'_>,
    ) -> Result<(), Error> {
        let before = batch.mark();
        let added = match statement.parameters {
            None => {
                let flags = if self.is_binary() {
                    query_flag::BINARY_RESULT
                } else {
                    0
                };
                batch.query(statement.sql, flags).map(drop)
            }
            Some(_) => self
                .encode_execution(batch, statement)
                .and_then(|()| batch.sync().map(drop)),
        };
        if added.is_err() {
            batch.cut_back(before);
        }
        added
    }
}
