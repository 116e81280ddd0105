//! Results part by part, as they arrive: a large result never lies in memory as a whole.
//!
//! Nothing is read from the socket while nobody asks for the next part, so the server is held back by TCP's own window.

use std::collections::VecDeque;
use std::future::poll_fn;
use std::sync::Arc;

use sbwp::message::RowDescription;
use tokio::sync::MutexGuard;

use crate::connection::Connection;
use crate::error::Error;
use crate::execution::Execution;
use crate::request::Request;
use crate::rows::{Completion, RowBatch};
use crate::session::Session;

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

/// The answers to one request. Dropped before its end, it asks the server to cancel the request.
#[derive(Debug)]
pub struct RowStream<'a> {
    connection: &'a Connection,
    session: MutexGuard<'a, Session>,
    execution: Execution,
    parts: VecDeque<Part>,
    ended: bool,
}

impl<'a> RowStream<'a> {
    pub(crate) async fn begin(
        connection: &'a Connection,
        mut session: MutexGuard<'a, Session>,
        request: Request,
    ) -> Result<RowStream<'a>, Error> {
        session.begin(request).await?;
        Ok(RowStream {
            connection,
            session,
            execution: Execution::default(),
            parts: VecDeque::new(),
            ended: false,
        })
    }

    /// The next part, `None` after the last.
    ///
    /// # Errors
    /// The server's ERROR, after the parts that came before it; the stream has then ended.
    pub async fn next(&mut self) -> Result<Option<Part>, Error> {
        while self.parts.is_empty() && !self.ended {
            let outcome =
                poll_fn(|context| self.session.poll_parts(context, &mut self.execution)).await;
            self.ended = outcome.as_ref().map_or(true, |ended| *ended);
            if self.ended {
                self.connection.publish(&mut self.session);
            }
            outcome?;
            self.sort();
        }
        match self.parts.pop_front() {
            Some(part) => Ok(Some(part)),
            None => self.execution.error.take().map_or(Ok(None), Err),
        }
    }

    /// Takes what has been collected apart; the result that is still open keeps its description only.
    fn sort(&mut self) {
        for result in &mut self.execution.results {
            if let Some(description) = result.description.take() {
                self.parts.push_back(Part::Columns(description));
            }
            self.parts.extend(result.batches.drain(..).map(Part::Rows));
            if let Some(complete) = &result.complete {
                self.parts.push_back(Part::End(complete.clone()));
            }
        }
        self.execution
            .results
            .retain(|result| result.complete.is_none());
    }
}

impl Drop for RowStream<'_> {
    fn drop(&mut self) {
        if !self.ended {
            self.session.abandon();
            self.connection.publish(&mut self.session);
        }
    }
}
