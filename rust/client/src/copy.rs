//! COPY: rows in bulk, into the server or out of it, as a conversation that its user drives (SBWP 3.4).
//!
//! [`Connection::copy`] opens one. What is sent are whole rows: [`Blocks`] cuts a stream of bytes into them, [`Rows`] makes
//! them of values. Between two calls the connection belongs to the COPY; other requests fail until it has ended. A
//! [`Copy`] that is dropped gives the COPY up, and leaves the connection usable.

mod blocks;
mod conversion;
mod csv;
mod rows;

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use bytes::Bytes;
use sbwp::message::{feature, query_flag};

pub use blocks::Blocks;
pub use conversion::Conversion;
pub use csv::CsvReader;
pub use rows::Rows;
pub use sbwp::message::copy_packet::{
    CopyColumn, CopyForm, CopyType, CopyValue, NamedRows, RowsetReader,
};

use crate::connection::Connection;
use crate::error::Error;
use crate::request::Request;
use crate::rows::Completion;
use crate::session::Ticket;
use crate::sql::{CopyFormat, CopyStatement};
use crate::transport::wait;

/// Bytes of rows that are worth a write; a COPY_DATA is about this long.
pub const BLOCK: usize = 256 * 1024;

/// A COPY under way.
#[derive(Debug)]
pub struct Copy {
    ticket: Arc<Ticket>,
    statement: CopyStatement,
    binary: bool,
    /// The driver reads CSV and JSON lines itself.
    converts: bool,
    window: u32,
    width: usize,
    autocommit: bool,
    until: Option<Instant>,
    /// Set once data have been sent.
    has_sent: AtomicBool,
    completion: OnceLock<Completion>,
}

impl Copy {
    /// What the statement says.
    pub fn statement(&self) -> &CopyStatement {
        &self.statement
    }

    /// True where the server takes, or sends, packets of typed columns; false for lines of text.
    pub fn is_binary(&self) -> bool {
        self.binary
    }

    /// True where CSV and JSON lines have to be read here: see [`Conversion`].
    pub fn converts(&self) -> bool {
        self.converts
    }

    /// How many bytes the server advises to have under way.
    pub fn window(&self) -> u32 {
        self.window
    }

    /// How many columns a COPY out has; 0 where the server does not say.
    pub fn width(&self) -> usize {
        self.width
    }

    /// The end that the server confirmed.
    pub fn completion(&self) -> Option<&Completion> {
        self.completion.get()
    }

    fn complete(&self, completion: Completion) -> Completion {
        self.completion.get_or_init(|| completion).clone()
    }
}

impl Drop for Copy {
    fn drop(&mut self) {
        self.ticket.give_up();
    }
}

impl Connection {
    /// Opens a COPY: sends the statement and waits for the server to take or to send data. `limit` is for all of it.
    ///
    /// # Errors
    /// `Programming` for a statement that is no COPY from STDIN or to STDOUT, `NotSupported` where the server cannot do it,
    /// and what the server says.
    pub async fn copy(
        &self,
        sql: &str,
        autocommit: bool,
        limit: Option<Duration>,
    ) -> Result<Copy, Error> {
        self.usable()?;
        let Some(statement) = CopyStatement::parse(sql) else {
            return Err(Error::Programming(
                "copy() runs COPY ... FROM STDIN and COPY ... TO STDOUT only".into(),
            ));
        };
        self.profile().check_copy(&statement)?;
        let converts = self.profile().converts_copy(&statement);
        let sent = match converts {
            true => sql.get(..statement.stream_end).unwrap_or(sql),
            false => sql,
        };
        let mut flags = 0;
        if autocommit {
            flags |= query_flag::AUTOCOMMIT;
        }
        let mut request = Request::new();
        request.query(sent, flags)?;
        let ticket = Arc::new(Ticket::default());
        let mut copy = Copy {
            ticket: ticket.clone(),
            statement,
            binary: false,
            converts,
            window: 0,
            width: 0,
            autocommit,
            until: self
                .limit_or_default(limit)
                .and_then(|limit| Instant::now().checked_add(limit)),
            has_sent: AtomicBool::new(false),
            completion: OnceLock::new(),
        };
        let begun = self
            .bounded(&copy, async {
                let mut session = self.session().lock().await;
                if session.features() & feature::STREAMING == 0 {
                    return Err(Error::NotSupported(
                        "this server offers no COPY to its clients (STREAMING)".into(),
                    ));
                }
                let begun = session.copy_begin(request, ticket.clone()).await;
                self.publish(&mut session);
                begun
            })
            .await?;
        match begun {
            Some(begun) if begun.is_in == copy.statement.is_in => {
                copy.binary = begun.format == sbwp::message::copy_format::BINARY;
                copy.window = begun.window;
                copy.width = begun.width;
                Ok(copy)
            }
            Some(_) => {
                self.copy_abandon(&copy);
                Err(Error::protocol("the server copies in the other direction"))
            }
            None => Err(Error::NotSupported(
                "the server carried the statement out without any data".into(),
            )),
        }
    }

    /// Sends data: whole rows in whole frames. Waits while much is still unsent.
    ///
    /// # Errors
    /// What the server says of data that were sent before; the COPY has then ended.
    pub async fn copy_send(&self, copy: &Copy, data: Request) -> Result<(), Error> {
        if data.is_empty() {
            return Ok(());
        }
        copy.has_sent.store(true, Ordering::Relaxed);
        self.bounded(copy, async {
            let mut session = self.session().lock().await;
            let sent = session.copy_send(data, &copy.ticket).await;
            self.publish(&mut session);
            sent
        })
        .await
    }

    /// The next piece of data, as the server sent it; None after the last.
    pub async fn copy_receive(&self, copy: &Copy) -> Result<Option<Bytes>, Error> {
        if copy.completion().is_some() {
            return Ok(None);
        }
        self.bounded(copy, async {
            let mut session = self.session().lock().await;
            let received = session.copy_receive(&copy.ticket).await;
            self.publish(&mut session);
            Ok(match received? {
                Ok(data) => Some(data),
                Err(completion) => {
                    copy.complete(completion);
                    None
                }
            })
        })
        .await
    }

    /// Ends a COPY: sends the last data, and waits until the server has taken all rows. A COPY out that has not been
    /// read to its end is given up.
    pub async fn copy_finish(
        &self,
        copy: &Copy,
        last: Request,
    ) -> Result<Option<Completion>, Error> {
        if let Some(completion) = copy.completion() {
            return Ok(Some(completion.clone()));
        }
        if !copy.statement.is_in {
            self.copy_fail(copy, "not read to its end").await?;
            return Ok(None);
        }
        let is_empty = last.is_empty() && !copy.has_sent.load(Ordering::Relaxed);
        let completion = self
            .bounded(copy, async {
                let mut session = self.session().lock().await;
                let finished = session.copy_finish(last, is_empty, &copy.ticket).await;
                self.publish(&mut session);
                finished
            })
            .await?;
        if copy.autocommit && self.profile().copy_needs_commit() {
            self.commit().await?;
        }
        Ok(Some(copy.complete(completion)))
    }

    /// Gives a COPY up: what a COPY in has sent takes no effect. The connection can be used afterwards.
    pub async fn copy_fail(&self, copy: &Copy, reason: &str) -> Result<(), Error> {
        if copy.completion().is_some() {
            return Ok(());
        }
        let mut session = self.session().lock().await;
        let failed = session.copy_fail(reason, &copy.ticket).await;
        self.publish(&mut session);
        failed
    }

    /// [`Connection::copy_fail`] without waiting: the next request reads the answers.
    pub fn copy_abandon(&self, copy: &Copy) {
        copy.ticket.give_up();
        if copy.completion().is_none() {
            if let Ok(mut session) = self.session().try_lock() {
                session.copy_abandon(&copy.ticket);
                self.publish(&mut session);
            }
        }
    }

    async fn bounded<T>(
        &self,
        copy: &Copy,
        step: impl std::future::Future<Output = Result<T, Error>>,
    ) -> Result<T, Error> {
        self.usable()?;
        // A step that need not wait must not slip through behind the time limit either.
        let is_late = copy.until.is_some_and(|until| Instant::now() >= until);
        let within = if is_late {
            None
        } else {
            wait::within(copy.until, step).await
        };
        match within {
            Some(result) => result,
            None => {
                self.copy_abandon(copy);
                Err(Error::timeout("the COPY took longer than its time limit"))
            }
        }
    }
}

/// Whether the rows of a COPY can be made of values in the server's own form.
pub fn takes_own_rows(statement: &CopyStatement) -> bool {
    statement.format != CopyFormat::JsonLines
}
