//! Results part by part, as they arrive: a large result never lies in memory as a whole.
//!
//! Nothing is read from the socket while nobody asks for the next part, so the server is held back by TCP's own window.
//! Between two calls the connection belongs to the stream; other requests fail until it has ended. A [`RowStream`] that
//! is dropped leaves the connection to be freed by [`Connection::stream_abandon`] or by the next request.

use std::sync::Arc;
use std::time::{Duration, Instant};

use sbwp::message::RowDescription;

use crate::connection::Connection;
use crate::error::Error;
use crate::request::Request;
use crate::rows::{Completion, RowBatch};
use crate::session::Ticket;
use crate::transport::wait;

/// A part of the answers to a request.
#[derive(Debug)]
pub enum Part {
    /// A result with rows begins.
    Columns(Arc<RowDescription>),
    /// Rows of it.
    Rows(RowBatch),
    /// The result has ended.
    End(Completion),
}

/// The answers to one request, read part by part.
#[derive(Debug)]
pub struct RowStream {
    ticket: Arc<Ticket>,
    limit: Option<Duration>,
}

impl Drop for RowStream {
    fn drop(&mut self) {
        self.ticket.give_up();
    }
}

impl Connection {
    /// Sends a request whose results [`Connection::stream_next`] gives part by part. `limit` is for each part: the time
    /// between two of them is the reader's.
    ///
    /// # Errors
    /// As [`Connection::run`], as far as sending goes.
    pub async fn stream(
        &self,
        request: Request,
        limit: Option<Duration>,
    ) -> Result<RowStream, Error> {
        self.usable()?;
        let stream = RowStream {
            ticket: Arc::default(),
            limit: self.limit_or_default(limit),
        };
        self.within_limit(&stream, async {
            let mut session = self.session().lock().await;
            let begun = session.stream_begin(request, stream.ticket.clone()).await;
            self.publish(&mut session);
            begun
        })
        .await?;
        Ok(stream)
    }

    /// The next part, `None` after the last.
    ///
    /// # Errors
    /// The server's ERROR, after the parts that came before it; the stream has then ended.
    pub async fn stream_next(&self, stream: &RowStream) -> Result<Option<Part>, Error> {
        self.usable()?;
        self.within_limit(stream, async {
            let mut session = self.session().lock().await;
            let part = session.stream_next(&stream.ticket).await;
            self.publish(&mut session);
            part
        })
        .await
    }

    /// Ends a stream without waiting: the server is asked to stop, and the next request reads what it had sent.
    pub fn stream_abandon(&self, stream: &RowStream) {
        stream.ticket.give_up();
        if let Ok(mut session) = self.session().try_lock() {
            session.stream_abandon(&stream.ticket);
            self.publish(&mut session);
        }
    }

    /// Ends whatever stream is being read.
    pub(crate) fn stream_give_up(&self) {
        if let Ok(mut session) = self.session().try_lock() {
            session.stream_give_up();
        }
    }

    async fn within_limit<T>(
        &self,
        stream: &RowStream,
        step: impl std::future::Future<Output = Result<T, Error>>,
    ) -> Result<T, Error> {
        let until = stream
            .limit
            .and_then(|limit| Instant::now().checked_add(limit));
        match wait::within(until, step).await {
            Some(result) => result,
            None => {
                self.stream_abandon(stream);
                Err(Error::timeout(
                    "the next rows took longer than the time limit",
                ))
            }
        }
    }
}
