//! The steps of a COPY that wait for the server, and what is said of one that failed.

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
        errors::to_python(py, &self.error, Some(&self.state.sql))
    }
}

impl CopyState {
    pub async fn open(self: Arc<Self>) -> Result<(), Failure> {
        let link = &self.cursor.link;
        if let Err(error) = link.before_alone().await {
            return Err(Failure { error, state: self });
        }
        let opened = link
            .connection
            .copy(&self.sql, link.commits_statements(), self.limit)
            .await;
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
        match self.cursor.link.connection.copy_send(copy, frames).await {
            Ok(()) => Ok(()),
            Err(error) => Err(Failure { error, state: self }),
        }
    }

    /// The next block, empty after the last.
    pub async fn receive(self: Arc<Self>) -> Result<Vec<u8>, Failure> {
        let Some(copy) = self.copy.get() else {
            return Ok(Vec::new());
        };
        match self.cursor.link.connection.copy_receive(copy).await {
            Ok(block) => Ok(block.map(Vec::from).unwrap_or_default()),
            Err(error) => Err(Failure { error, state: self }),
        }
    }

    pub async fn finish(self: Arc<Self>, last: Request) -> Result<Option<Completion>, Failure> {
        let Some(copy) = self.copy.get() else {
            return Ok(None);
        };
        match self.cursor.link.connection.copy_finish(copy, last).await {
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
