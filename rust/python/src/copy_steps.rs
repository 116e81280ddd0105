//! The steps of a COPY that wait for the server, and what is said of one that failed.

use std::pin::pin;
use std::sync::Arc;

use pyo3::prelude::*;
use scratchbird::{Completion, Error, Request};

use crate::copy_state::CopyState;
use crate::errors;

/// A step of a COPY that failed, and its statement.
pub struct Failure {
    error: Error,
    state: Arc<CopyState>,
}

impl Failure {
    pub fn into_python(self, py: Python<'_>) -> PyErr {
        let error = errors::to_python(py, &self.error, Some(&self.state.sql));
        self.state.watched.lock().fail(py, &error);
        error
    }
}

impl CopyState {
    pub async fn open(self: Arc<Self>) -> Result<(), Failure> {
        let link = &self.cursor.link;
        if let Err(error) = link.before_alone().await {
            return Err(Failure { error, state: self });
        }
        let trace = self.watched.lock().trace();
        let opening = link
            .connection
            .copy(&self.sql, link.commits_statements(), self.limit);
        let opened = link.accompany(trace, pin!(opening)).await;
        match opened {
            Ok(copy) => {
                let copy = Arc::new(copy);
                if self.copy.set(copy.clone()).is_err() {
                    link.connection.copy_abandon(&copy);
                }
                Ok(())
            }
            Err(error) => Err(Failure { error, state: self }),
        }
    }

    /// Sends frames that are worth a write.
    pub async fn send(self: Arc<Self>, frames: Request) -> Result<(), Failure> {
        let Some(copy) = self.copy.get() else {
            return Ok(());
        };
        let link = &self.cursor.link;
        let sending = link.connection.copy_send(copy, frames);
        let sent = link.accompany(None, pin!(sending)).await;
        match sent {
            Ok(()) => Ok(()),
            Err(error) => Err(Failure { error, state: self }),
        }
    }

    /// The next block, empty after the last.
    pub async fn receive(self: Arc<Self>) -> Result<Vec<u8>, Failure> {
        let Some(copy) = self.copy.get() else {
            return Ok(Vec::new());
        };
        let link = &self.cursor.link;
        let receiving = link.connection.copy_receive(copy);
        let received = link.accompany(None, pin!(receiving)).await;
        match received {
            Ok(block) => Ok(block.map(Vec::from).unwrap_or_default()),
            Err(error) => Err(Failure { error, state: self }),
        }
    }

    pub async fn finish(self: Arc<Self>, last: Request) -> Result<Option<Completion>, Failure> {
        let Some(copy) = self.copy.get() else {
            return Ok(None);
        };
        let link = &self.cursor.link;
        let ending = link.connection.copy_finish(copy, last);
        let ended = link.accompany(None, pin!(ending)).await;
        match ended {
            Ok(completion) => Ok(completion),
            Err(error) => Err(Failure { error, state: self }),
        }
    }

    /// Gives the COPY up. That the connection is lost says the exception that led here.
    pub async fn give_up(self: Arc<Self>, reason: String) -> Result<(), Failure> {
        let Some(copy) = self.copy.get() else {
            return Ok(());
        };
        let connection = &self.cursor.link.connection;
        if connection.is_closed() {
            return Ok(());
        }
        match connection.copy_fail(copy, &reason).await {
            Ok(()) => Ok(()),
            Err(error) => Err(Failure { error, state: self }),
        }
    }
}
