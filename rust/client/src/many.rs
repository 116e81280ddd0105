//! `executemany`: one statement with many sets of values, which take effect together or not at all.
//!
//! [`Many`] collects values until they are worth a request, and sends them in one of these ways. An INSERT of one value for
//! each column goes as array BIND: one message with all rows, which the server stores or refuses as a whole. Everything
//! else, and rows whose types differ, goes as a pipeline: PARSE once, then BIND and EXECUTE for each row, and one SYNC.
//! Both cost one round trip. A third way, one INSERT of literals, is for a server without array BIND that loses rows of
//! parameters.
//!
//! Between two requests the connection is held in autocommit: what another thread committed there would commit a part of
//! the rows.
//!
//! Array BIND does not say which row it refused. Where a savepoint undoes everything, the refused rows are sent again as
//! a pipeline, whose first error names the row; where none does, only their range is known.

mod gathered;
mod literals;
mod sending;
mod tally;
mod types;

use std::sync::Arc;
use std::time::{Duration, Instant};

use sbwp::message::feature;

pub(crate) use self::gathered::{examine, Gathered};
pub use self::tally::Tally;
use crate::connection::Connection;
use crate::error::Error;
use crate::prepared::Effect;
use crate::request::{Parameters, Repeated};
use crate::rows::ResultSet;
use crate::sql::ParsedQuery;

/// A pipeline is sent when it has this many rows, or this many bytes.
const PIPELINE_ROWS: usize = 1000;
const PIPELINE_BYTES: usize = 1024 * 1024;
/// An array BIND is sent when it has this many bytes of values.
const ARRAY_BYTES: usize = 4 * 1024 * 1024;
/// A statement of literals is sent when it has this many rows, or this many bytes of values.
const LITERAL_ROWS: usize = 1000;
const LITERAL_BYTES: usize = 512 * 1024;

/// How rows are sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Road {
    Array,
    Literals,
    Pipeline,
}

/// One `executemany` under way.
#[derive(Debug)]
pub struct Many {
    query: Arc<ParsedQuery>,
    autocommit: bool,
    /// Whether the results of all rows are kept.
    returning: bool,
    until: Option<Instant>,
    /// The best way for this statement on this server.
    road: Road,
    /// Values to be sent.
    rows: Vec<Parameters>,
    bytes: usize,
    most_rows: usize,
    /// Rows sent before them.
    sent: u64,
    /// Something has been sent that must end in [`Many::finish`] or [`Many::abort`].
    open: bool,
    savepoint: bool,
    gathered: Gathered,
    failed: Option<Failed>,
    /// The statement as the pipeline prepares it.
    repeated: Repeated,
    /// The statement is kept by the server for the next requests.
    kept: bool,
    /// The number by which it holds the connection; 0 outside of autocommit.
    holder: u64,
}

/// Which row an error is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Failed {
    /// This one, from 0.
    Row(u64),
    /// One of them, the first and the last; the server does not say which.
    Between(u64, u64),
}

impl Connection {
    /// Begins an `executemany` of `query`. `autocommit` commits all rows at its end.
    pub fn many(
        &self,
        query: Arc<ParsedQuery>,
        autocommit: bool,
        returning: bool,
        limit: Option<Duration>,
    ) -> Many {
        let features = self.info().features;
        let shape = query.insert_shape();
        let fits =
            shape.is_some_and(|shape| shape.is_special() && shape.rows == 1 && !shape.has_clause);
        let road = match fits && !returning {
            true if features & feature::ARRAY_BIND != 0 => Road::Array,
            true if self.profile().inserts_literals() => Road::Literals,
            _ => Road::Pipeline,
        };
        Many {
            autocommit,
            returning,
            until: self.deadline(limit),
            road,
            rows: Vec::new(),
            bytes: 0,
            most_rows: match road {
                Road::Array => self.profile().max_array_bind_rows(),
                Road::Literals => LITERAL_ROWS,
                Road::Pipeline => PIPELINE_ROWS,
            },
            sent: 0,
            open: false,
            savepoint: false,
            gathered: Gathered::new(returning),
            failed: None,
            repeated: Repeated::default(),
            kept: false,
            holder: if autocommit { self.holder_number() } else { 0 },
            query,
        }
    }
}

impl Many {
    /// Adds the values of one row.
    ///
    /// # Errors
    /// `Data` for a value that this server would damage.
    pub fn push(&mut self, connection: &Connection, values: Parameters) -> Result<(), Error> {
        connection.inspect(&values)?;
        self.bytes += values.encoded_len();
        self.rows.push(values);
        Ok(())
    }

    /// The number of the next row, from 0.
    #[must_use]
    pub fn next_row(&self) -> u64 {
        self.sent + self.rows.len() as u64
    }

    /// Whether what has been added is worth a request.
    #[must_use]
    pub fn is_full(&self) -> bool {
        let most_bytes = match self.road {
            Road::Array => ARRAY_BYTES,
            Road::Literals => LITERAL_BYTES,
            Road::Pipeline => PIPELINE_BYTES,
        };
        self.rows.len() >= self.most_rows || self.bytes >= most_bytes
    }

    /// True from the first request until [`Many::finish`] or [`Many::abort`] has returned.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.open
    }

    /// The number by which it holds the connection in autocommit; 0 outside of it.
    #[must_use]
    pub fn holder(&self) -> u64 {
        self.holder
    }

    /// Which row the last error of [`Many::send`] or [`Many::finish`] was about, where that is known.
    #[must_use]
    pub fn failed(&self) -> Option<Failed> {
        self.failed
    }

    /// Sends what has been added.
    pub async fn send(&mut self, connection: &Connection) -> Result<(), Error> {
        self.send_rows(connection, false).await
    }

    /// Sends the rest, and makes all rows part of the transaction, or permanent in autocommit. Returns the results: those
    /// of all rows, or one with the total.
    pub async fn finish(
        &mut self,
        connection: &Connection,
    ) -> Result<(Vec<ResultSet>, Tally), Error> {
        self.send_rows(connection, true).await?;
        if self.open && self.autocommit {
            connection.commit_until(self.until, self.holder).await?;
        } else if self.savepoint {
            self.control(connection, "RELEASE SAVEPOINT scratchbird_many")
                .await?;
        }
        self.open = false;
        self.leave(connection);
        let (mut results, tally) = std::mem::take(&mut self.gathered).finish();
        connection.settle(&self.query, &mut results)?;
        Ok((results, tally))
    }

    /// Undoes what has been sent. A connection on which that fails is closed: what it holds must not be committed.
    pub async fn abort(&mut self, connection: &Connection) {
        if !self.open || connection.is_closed() {
            self.open = false;
            self.leave(connection);
            return;
        }
        self.until = None;
        let undone = if self.autocommit {
            connection.rollback_until(None, self.holder).await
        } else if self.savepoint {
            undo(connection).await
        } else {
            // An array BIND that was refused as a whole; or a server on which only a full ROLLBACK undoes anything.
            Ok(())
        };
        if undone.is_err() {
            connection.end_now();
        }
        self.open = false;
        self.leave(connection);
    }

    /// Lets others use the connection again. What ends an `executemany` otherwise than [`Many::finish`] and
    /// [`Many::abort`] has to call it.
    pub fn leave(&mut self, connection: &Connection) {
        connection.let_go(self.holder);
        if std::mem::take(&mut self.kept) {
            connection.release_statement(self.query.sql());
        }
    }

    async fn control(&self, connection: &Connection, sql: &str) -> Result<(), Error> {
        let request = connection.statement(sql)?;
        connection.run_until(request, self.until).await.map(drop)
    }

    /// Sets the savepoint that undoes all rows, once, where there is one that does.
    async fn protect(&mut self, connection: &Connection) -> Result<(), Error> {
        let wanted = !self.autocommit && connection.profile().savepoints_undo_bulk_inserts();
        if wanted && !self.savepoint {
            self.control(connection, "SAVEPOINT scratchbird_many")
                .await?;
            self.savepoint = true;
        }
        Ok(())
    }
}

async fn undo(connection: &Connection) -> Result<(), Error> {
    for sql in [
        "ROLLBACK TO SAVEPOINT scratchbird_many",
        "RELEASE SAVEPOINT scratchbird_many",
    ] {
        let mut request = connection.statement(sql)?;
        request.effect = Effect::RollsBack;
        connection.run(request).await?;
    }
    Ok(())
}

fn miscounted(sent: u64, stored: u64) -> Error {
    Error::Database(Box::new(crate::error::DatabaseError::new(
        "XX001",
        format!("the server reports {stored} instead of {sent}: nothing of this executemany may be kept"),
    )))
}
