//! Where transactions begin and end, as the client sees it: what opens the next one, and whether this one holds work.
//!
//! A session is always inside a transaction, whose id READY tells. That id says when the next one has begun, however
//! the last one ended, so that statements need not be understood for it. Must not know: SQL, sockets.

use std::collections::HashSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::Arc;

use parking_lot::Mutex;

use crate::error::Error;
use crate::execution::Execution;
use crate::request::Request;

/// What a session and the connection around it both look at.
#[derive(Debug, Default)]
pub(crate) struct Shared {
    opening: Mutex<Option<Arc<str>>>,
    pending: AtomicBool,
}

impl Shared {
    /// True while the transaction may hold work of this connection.
    pub(crate) fn is_pending(&self) -> bool {
        self.pending.load(Ordering::Relaxed)
    }

    /// The statement to run before all others in a transaction.
    pub(crate) fn set_opening(&self, sql: Option<Arc<str>>) {
        *self.opening.lock() = sql;
    }
}

/// The session's own side of it.
#[derive(Debug, Default)]
pub(crate) struct Boundary {
    pub(crate) shared: Arc<Shared>,
    /// The transaction that was opened with a statement, and the statement.
    opened: Option<(u64, Arc<str>)>,
    /// The transaction the pending work is part of.
    worked_in: u64,
    /// The transaction that a statement of autocommit has looked at without ending it: a SELECT does not (SBWP 4.6).
    looked_in: Option<u64>,
    /// Statements that the server has accepted once: they can travel with the request they precede.
    accepted: HashSet<Arc<str>>,
    /// READYs that answer what precedes the request, such as the opening, and what they brought.
    leading: u32,
    answers: Execution,
}

/// What has to be sent before a request.
pub(crate) struct Opening {
    pub(crate) request: Request,
    /// Whether its answer has to be seen first.
    pub(crate) alone: bool,
    sql: Option<Arc<str>>,
}

impl Boundary {
    /// What has to precede a request in the transaction `current`.
    pub(crate) fn opening(&self, current: u64) -> Result<Option<Opening>, Error> {
        let wanted = self.shared.opening.lock().clone();
        let opened = self.opened.as_ref().filter(|(id, _)| *id == current);
        // In autocommit each statement is a transaction of its own, and sees what others have committed before it.
        let is_over = wanted.is_some() && self.looked_in == Some(current);
        let is_open = opened.map(|(_, sql)| sql) == wanted.as_ref() && !is_over;
        if is_open || self.is_working(current) {
            return Ok(None);
        }
        let mut request = Request::new();
        // What was said before does not hold any more, and only the next transaction has forgotten it.
        if opened.is_some() {
            request.rollback()?;
        }
        if let Some(sql) = &wanted {
            request.opening(sql)?;
        }
        let known = wanted
            .as_ref()
            .is_some_and(|sql| self.accepted.contains(sql));
        Ok(Some(Opening {
            request,
            alone: opened.is_some() || !known,
            sql: wanted,
        }))
    }

    fn is_working(&self, current: u64) -> bool {
        self.shared.is_pending() && self.worked_in == current
    }

    /// The server has accepted the opening of the transaction `current`.
    pub(crate) fn accepted(&mut self, opening: Option<Arc<str>>, current: u64) {
        if let Some(sql) = &opening {
            self.accepted.insert(sql.clone());
        }
        self.opened = opening.map(|sql| (current, sql));
    }

    /// An opening is on its way, with a request behind it: the next READYs are its own.
    pub(crate) fn lead(&mut self, opening: Opening, current: u64) -> Request {
        self.precede(opening.request.readies);
        self.opened = opening.sql.map(|sql| (current, sql));
        opening.request
    }

    /// Something is on its way that as many READYs answer, with a request behind it.
    pub(crate) fn precede(&mut self, readies: u32) {
        self.leading += readies;
    }

    /// A request with work is on its way.
    pub(crate) fn work(&mut self, current: u64) {
        self.worked_in = current;
        self.shared.pending.store(true, Ordering::Relaxed);
    }

    /// A request of autocommit is on its way.
    pub(crate) fn look(&mut self, current: u64) {
        self.looked_in = Some(current);
    }

    /// Where to collect the next answer if it is that of what precedes the request; `None` when the request's own have begun.
    pub(crate) fn take_answers(&mut self) -> Option<Execution> {
        (self.leading > 0).then(|| std::mem::take(&mut self.answers))
    }

    /// Gives back what [`Boundary::take_answers`] gave.
    ///
    /// # Errors
    /// What precedes the request was refused, and the request runs without it.
    pub(crate) fn keep_answers(&mut self, answers: Execution) -> Result<(), Error> {
        if self.leading == 0 {
            return answers.finish().map(drop);
        }
        self.answers = answers;
        Ok(())
    }

    /// READY has come.
    pub(crate) fn ready(&mut self, current: u64) {
        self.leading = self.leading.saturating_sub(1);
        if self.worked_in != current {
            self.shared.pending.store(false, Ordering::Relaxed);
        }
    }

    /// COMMIT or ROLLBACK has been answered with success.
    pub(crate) fn ended(&mut self) {
        self.shared.pending.store(false, Ordering::Relaxed);
    }
}

impl Opening {
    /// The statement, when the request has been answered.
    pub(crate) fn into_parts(self) -> (Request, Option<Arc<str>>) {
        (self.request, self.sql)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn boundary(sql: Option<&str>) -> Boundary {
        let boundary = Boundary::default();
        boundary.shared.set_opening(sql.map(Arc::from));
        boundary
    }

    #[test]
    fn a_transaction_is_opened_once() {
        let mut boundary = boundary(Some("SET TRANSACTION READ ONLY"));
        let first = boundary.opening(7).unwrap().unwrap();
        assert!(first.alone, "nobody knows yet whether it is accepted");
        let (request, sql) = first.into_parts();
        assert_eq!(request.readies, 1);
        boundary.accepted(sql, 7);
        assert!(boundary.opening(7).unwrap().is_none());
        let next = boundary.opening(8).unwrap().unwrap();
        assert!(!next.alone);
        boundary.lead(next, 8);
        let answers = boundary.take_answers().unwrap();
        boundary.ready(8);
        boundary.keep_answers(answers).unwrap();
        assert!(boundary.take_answers().is_none());
        assert!(boundary.opening(8).unwrap().is_none());
    }

    #[test]
    fn what_was_said_and_is_not_wanted_any_more_is_rolled_back() {
        let mut boundary = boundary(Some("a"));
        boundary.accepted(Some("a".into()), 7);
        boundary.shared.set_opening(None);
        let opening = boundary.opening(7).unwrap().unwrap();
        assert!(opening.alone);
        assert_eq!(opening.request.readies, 1);
        assert!(boundary.opening(8).unwrap().is_none());
        boundary.shared.set_opening(Some("b".into()));
        let opening = boundary.opening(7).unwrap().unwrap();
        assert_eq!(opening.request.readies, 2);
    }

    #[test]
    fn work_is_pending_until_the_transaction_is_another() {
        let mut boundary = boundary(None);
        boundary.work(7);
        boundary.ready(7);
        assert!(boundary.shared.is_pending());
        boundary.shared.set_opening(Some("a".into()));
        assert!(boundary.opening(7).unwrap().is_none(), "too late for it");
        boundary.ready(8);
        assert!(!boundary.shared.is_pending());
    }

    #[test]
    fn a_look_in_autocommit_is_a_transaction_of_its_own() {
        let mut boundary = boundary(Some("a"));
        boundary.accepted(Some("a".into()), 7);
        boundary.look(7);
        let opening = boundary.opening(7).unwrap().unwrap();
        assert!(opening.alone);
        assert_eq!(opening.request.readies, 2, "ROLLBACK and the opening");
        // ROLLBACK has begun another one.
        boundary.accepted(Some("a".into()), 8);
        assert!(boundary.opening(8).unwrap().is_none());
        boundary.work(8);
        boundary.look(8);
        assert!(boundary.opening(8).unwrap().is_none(), "work is not undone");
    }

    #[test]
    fn a_look_without_an_opening_costs_nothing() {
        let mut boundary = boundary(None);
        boundary.look(7);
        assert!(boundary.opening(7).unwrap().is_none());
    }

    #[test]
    fn a_refused_opening_is_an_error_of_its_own() {
        let mut boundary = boundary(Some("a"));
        boundary.accepted(Some("a".into()), 7);
        let opening = boundary.opening(8).unwrap().unwrap();
        boundary.lead(opening, 8);
        let mut answers = boundary.take_answers().unwrap();
        answers.fail(Error::Cancelled);
        boundary.keep_answers(answers).unwrap();
        let answers = boundary.take_answers().unwrap();
        boundary.ready(8);
        assert!(boundary.keep_answers(answers).is_err());
    }
}
