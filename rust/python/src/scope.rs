//! The explicit transaction a connection is in, and what a user may do there.
//!
//! The Python package decides when one begins and ends; here is what every statement has to know of it.

use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::Arc;
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use pyo3::prelude::*;
use scratchbird::sql::{ParsedQuery, TransactionControl};
use scratchbird::Error;

use crate::errors;
use crate::link::Link;

/// What transaction it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Kind {
    /// None: every transaction is like the other.
    Plain = 0,
    /// `begin()`: one that `commit()` or `rollback()` ends.
    Begun = 1,
    /// A `transaction()` block.
    Block = 2,
    /// After `tpc_begin()`.
    TwoPhase = 3,
    /// After `tpc_prepare()`.
    Prepared = 4,
}

impl Kind {
    const ALL: [Kind; 5] = [
        Kind::Plain,
        Kind::Begun,
        Kind::Block,
        Kind::TwoPhase,
        Kind::Prepared,
    ];
}

/// The state of one connection.
#[derive(Debug, Default)]
pub struct Scope {
    kind: AtomicU8,
    /// The statement that opens transactions outside of explicit ones.
    opening: Mutex<Option<Arc<str>>>,
}

impl Scope {
    pub fn kind(&self) -> Kind {
        let number = self.kind.load(Ordering::Relaxed);
        Kind::ALL
            .into_iter()
            .find(|kind| *kind as u8 == number)
            .unwrap_or(Kind::Plain)
    }

    pub fn is_plain(&self) -> bool {
        self.kind() == Kind::Plain
    }

    pub fn enter(&self, kind: Kind) {
        self.kind.store(kind as u8, Ordering::Relaxed);
    }

    pub fn opening(&self) -> Option<Arc<str>> {
        self.opening.lock().clone()
    }

    /// Refuses a statement that would end the explicit transaction behind its back, or comes too late for it.
    pub fn check(&self, py: Python<'_>, query: &ParsedQuery) -> PyResult<()> {
        use TransactionControl as T;
        let kind = self.kind();
        let ends = query.transaction_controls().iter().any(|control| {
            matches!(
                control,
                T::Begin | T::Commit | T::Rollback | T::TwoPhase | T::Characteristics
            )
        });
        let refused = match kind {
            Kind::Plain | Kind::Begun => return Ok(()),
            Kind::Prepared => "the transaction is prepared: only tpc_commit() and tpc_rollback() are left",
            Kind::Block if ends => {
                "a transaction() block begins and ends its transaction itself; raise Rollback to leave it"
            }
            Kind::TwoPhase if ends => {
                "a two-phase transaction is ended by tpc_prepare(), tpc_commit() and tpc_rollback()"
            }
            Kind::Block | Kind::TwoPhase => return Ok(()),
        };
        Err(errors::programming(py, refused))
    }

    /// Refuses `commit()` and `rollback()` where something else ends the transaction.
    pub fn check_end(&self, method: &str) -> Result<(), Error> {
        let refused = match self.kind() {
            Kind::Plain | Kind::Begun => return Ok(()),
            Kind::Block => "inside a transaction() block, which ends its transaction itself",
            Kind::TwoPhase | Kind::Prepared => {
                "inside a two-phase transaction: use tpc_commit() or tpc_rollback()"
            }
        };
        Err(Error::Programming(format!(
            "{method}() cannot be used {refused}"
        )))
    }
}

impl Link {
    /// What Python sets: the scope by its number, and the statement that opens its transaction.
    pub fn set_scope(&self, py: Python<'_>, number: u8, opening: Option<&str>) -> PyResult<()> {
        if self.pipeline.is_open() && self.pipeline.is_pending() {
            return Err(errors::programming(
                py,
                "the pipeline has statements that were not synced: call sync() first",
            ));
        }
        let Some(kind) = Kind::ALL.into_iter().find(|kind| *kind as u8 == number) else {
            return Err(errors::interface(py, "there is no such scope"));
        };
        if kind == Kind::Plain {
            *self.scope.opening.lock() = opening.map(Arc::from);
        }
        self.scope.enter(kind);
        self.connection.set_opening(opening.map(Arc::from));
        Ok(())
    }

    /// Refuses what this server would accept and not keep.
    pub fn check_transaction(
        &self,
        py: Python<'_>,
        isolation: bool,
        read_only: bool,
        two_phase: bool,
    ) -> PyResult<()> {
        let profile = self.connection.profile();
        profile
            .check_transaction(isolation, read_only)
            .and_then(|()| match two_phase {
                true => profile.check_two_phase(),
                false => Ok(()),
            })
            .map_err(|error| errors::to_python(py, &error, None))
    }

    /// Takes note of a statement that begins or ends an explicit transaction.
    pub fn follow(&self, sql: &ParsedQuery) {
        match sql.transaction_control() {
            Some(TransactionControl::Begin) if self.commits_statements() => {
                self.scope.enter(Kind::Begun);
            }
            Some(TransactionControl::Commit | TransactionControl::Rollback) => self.leave_begun(),
            _ => {}
        }
    }

    /// The transaction that `begin` began has ended.
    fn leave_begun(&self) {
        if self.scope.kind() == Kind::Begun {
            self.leave();
        }
    }

    /// Ends an explicit transaction: what the session has set holds again.
    pub fn leave(&self) {
        self.scope.enter(Kind::Plain);
        self.connection.set_opening(self.scope.opening());
    }

    /// Commits on the user's order.
    pub async fn commit(&self, limit: Option<Duration>) -> Result<(), Error> {
        self.scope.check_end("commit")?;
        self.end(true, limit).await
    }

    /// Rolls back on the user's order.
    pub async fn rollback(&self, limit: Option<Duration>) -> Result<(), Error> {
        self.scope.check_end("rollback")?;
        self.end(false, limit).await
    }

    /// Commits or rolls back, whatever the scope says.
    pub async fn end(&self, commit: bool, limit: Option<Duration>) -> Result<(), Error> {
        let until = limit.and_then(|limit| Instant::now().checked_add(limit));
        let synced = self.before_alone_until(until).await;
        let until = until.or_else(|| self.connection.deadline(None));
        if commit {
            synced?;
            self.connection.commit_until(until).await?;
        } else {
            self.connection.rollback_until(until).await?;
        }
        self.leave_begun();
        Ok(())
    }
}

/// Whether nobody knows what a statement did if its answer is lost. Reading is not doing.
pub fn may_commit(query: &ParsedQuery, autocommit: bool) -> bool {
    const READING: [&str; 7] = [
        "SELECT", "VALUES", "TABLE", "SHOW", "EXPLAIN", "DESCRIBE", "DESC",
    ];
    match query.transaction_control() {
        Some(control) => matches!(
            control,
            TransactionControl::Commit | TransactionControl::TwoPhase
        ),
        None => autocommit && !READING.contains(&query.verb()),
    }
}
