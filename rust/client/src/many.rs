//! `executemany`: one statement with many sets of values, which take effect together or not at all.
//!
//! [`Many`] collects values until they are worth a request, and sends them in one of these ways. An INSERT of one value for
//! each column goes as array BIND: one message with all rows, which the server stores or refuses as a whole. Everything
//! else, and rows whose types differ, goes as a pipeline: PARSE once, then BIND and EXECUTE for each row, and one SYNC.
//! Both cost one round trip. A third way, one INSERT of literals, is for a server without array BIND that loses rows of
//! parameters.
//!
//! Array BIND does not say which row it refused. Where a savepoint undoes everything, the refused rows are sent again as
//! a pipeline, whose first error names the row; where none does, only their range is known.

mod gathered;
mod literals;
mod tally;
mod types;

use std::sync::Arc;
use std::time::{Duration, Instant};

use sbwp::message::feature;

pub(crate) use self::gathered::{examine, Gathered};
pub use self::tally::Tally;
use crate::connection::{Connection, Statement};
use crate::error::Error;
use crate::prepared::Effect;
use crate::request::{Parameters, Request};
use crate::rows::ResultSet;
use crate::session::TransactionStatus;
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
            until: self
                .limit_or_default(limit)
                .and_then(|limit| Instant::now().checked_add(limit)),
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
            connection.commit().await?;
        } else if self.savepoint {
            self.control(connection, "RELEASE SAVEPOINT scratchbird_many")
                .await?;
        }
        self.open = false;
        let (mut results, tally) = std::mem::take(&mut self.gathered).finish();
        connection.settle(&self.query, &mut results)?;
        Ok((results, tally))
    }

    /// Undoes what has been sent. A connection on which that fails is closed: what it holds must not be committed.
    pub async fn abort(&mut self, connection: &Connection) {
        if !self.open || connection.is_closed() {
            self.open = false;
            return;
        }
        self.until = None;
        let undone = if self.autocommit {
            connection.rollback().await
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

    async fn send_rows(&mut self, connection: &Connection, last: bool) -> Result<(), Error> {
        self.bytes = 0;
        let rows = std::mem::take(&mut self.rows);
        if rows.is_empty() {
            return Ok(());
        }
        let first = self.sent;
        let count = rows.len() as u64;
        let types = match self.road {
            Road::Array => types::common(&rows),
            Road::Literals | Road::Pipeline => None,
        };
        let whole = types.is_some() || self.road == Road::Literals;
        // What is stored as a whole or not at all needs no savepoint alone.
        let alone = last && !self.open;
        if !whole || !alone {
            self.protect(connection).await?;
        }
        self.open = true;
        self.failed = None;
        if whole {
            let sent = match types {
                Some(types) => self.send_array(connection, &rows, &types).await,
                None => self.send_literals(connection, &rows).await,
            };
            match sent {
                Ok(()) => {
                    self.sent += count;
                    return Ok(());
                }
                Err(error) => {
                    if matches!(error, Error::Database(_)) {
                        self.failed = Some(Failed::Between(first, first + count - 1));
                    }
                    if !self.may_repeat(connection, &error) {
                        return Err(error);
                    }
                    self.protect(connection).await?;
                }
            }
        }
        for rows in rows.chunks(PIPELINE_ROWS) {
            self.send_pipeline(connection, rows).await?;
            self.sent += rows.len() as u64;
        }
        self.failed = None;
        Ok(())
    }

    /// Whether rows that were refused as a whole can be sent one by one, to find the row: the error is about data, and
    /// everything can be undone.
    fn may_repeat(&self, connection: &Connection, error: &Error) -> bool {
        let about_data = matches!(error, Error::Database(error)
            if ["21", "22", "23", "42", "44", "P0"].iter().any(|class| error.sqlstate.starts_with(class)));
        about_data
            && !connection.is_closed()
            && connection.info().status != TransactionStatus::Failed
            && connection.profile().savepoints_undo_bulk_inserts()
    }

    async fn send_array(
        &mut self,
        connection: &Connection,
        rows: &[Parameters],
        types: &[u32],
    ) -> Result<(), Error> {
        let mut request = Request::new();
        request.bind_array(self.query.sql(), types, rows)?;
        if connection.profile().needs_fresh_portals() {
            // It is always the unnamed portal: the one before must not run again because this BIND has failed.
            request.sync()?;
            connection
                .run_until(std::mem::take(&mut request), self.until)
                .await?;
        }
        request.execute_array()?;
        request.sync()?;
        let results = connection.run_until(request, self.until).await?;
        self.counted(rows.len() as u64, results)
    }

    async fn send_literals(
        &mut self,
        connection: &Connection,
        rows: &[Parameters],
    ) -> Result<(), Error> {
        let mut request = Request::new();
        request.query(&literals::statement(&self.query, rows)?, 0)?;
        let results = connection.run_until(request, self.until).await?;
        self.counted(rows.len() as u64, results)
    }

    /// Compares the number that the server reports with the rows that were sent.
    fn counted(&mut self, sent: u64, results: Vec<ResultSet>) -> Result<(), Error> {
        let complete = results
            .into_iter()
            .next_back()
            .and_then(|last| last.complete);
        let stored = complete.as_ref().map_or(0, |complete| complete.rows);
        if stored != sent {
            return Err(miscounted(sent, stored));
        }
        self.gathered.add_array(stored, complete);
        Ok(())
    }

    async fn send_pipeline(
        &mut self,
        connection: &Connection,
        rows: &[Parameters],
    ) -> Result<(), Error> {
        let mut request = Request::new();
        for (at, values) in rows.iter().enumerate() {
            let statement = Statement::of(&self.query, Some(values), false);
            connection.append(&mut request, &statement, at == 0, self.returning)?;
        }
        request.sync()?;
        let answer = connection.collect_until(request, self.until).await?;
        let profile = connection.profile();
        examine(answer, profile, &self.query, rows.len(), &mut self.gathered).map_err(
            |(error, row)| {
                if let Some(row) = row {
                    self.failed = Some(Failed::Row(self.sent + row));
                }
                error
            },
        )
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
