//! Statements whose rows are read as they come, or bit by bit through a server-side cursor.

use std::sync::Arc;
use std::time::Duration;

use pyo3::prelude::*;
use pyo3::types::PyString;
use scratchbird::sql::ParsedQuery;
use scratchbird::{Completion, Connection, Part, ResultSet, RowBatch, RowDescription, RowStream};

use super::{Failure, Link, Prepared};
use crate::errors;

/// An open stream. Dropped before its end, it frees the connection.
pub struct Stream {
    link: Arc<Link>,
    stream: RowStream,
    sql: Arc<ParsedQuery>,
}

/// What one step of a stream brought.
#[derive(Default)]
pub struct Fetched {
    /// The columns, with the first step.
    pub columns: Option<Arc<RowDescription>>,
    /// As [`ResultSet::is_scalar`].
    pub is_scalar: bool,
    pub rows: Option<RowBatch>,
    /// The end; nothing comes after it.
    pub end: Option<ResultSet>,
}

impl Drop for Stream {
    fn drop(&mut self) {
        self.link.connection.stream_abandon(&self.stream);
    }
}

impl Link {
    /// Encodes a statement that is to be streamed.
    pub fn prepare_stream(
        &self,
        query: &Bound<'_, PyString>,
        values: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<Prepared> {
        self.outside_many(query.py())?;
        // A result that is large enough to be streamed is not worth keeping its statement.
        let prepared = self.encode(query, values, None, Connection::prepare_once)?;
        if prepared.sql.has_several_statements() || prepared.sql.is_transaction_control() {
            return Err(errors::programming(
                query.py(),
                "stream() runs one statement, which returns rows",
            ));
        }
        Ok(prepared)
    }

    /// How many rows a server-side cursor asks for at a time; fails where the server has none.
    pub fn server_cursor(&self, py: Python<'_>) -> PyResult<u32> {
        self.usable(py)?;
        self.connection
            .profile()
            .check_server_cursor()
            .map_err(|error| errors::to_python(py, &error, None))?;
        Ok(self.connection.fetch_size())
    }

    /// Sends a statement and reads nothing of its answer. `limit` is for each part of it.
    pub async fn open_stream(
        self: Arc<Self>,
        prepared: Prepared,
        limit: Option<Duration>,
    ) -> Result<Stream, Failure> {
        let sql = prepared.sql;
        if let Err(error) = self.before_alone().await {
            return Err(Failure { error, sql });
        }
        if !sql.setting_changes().is_empty() {
            self.changes.lock().note(&sql);
        }
        let opened = self.connection.stream(prepared.request, limit).await;
        match opened {
            Ok(stream) => Ok(Stream {
                link: self,
                stream,
                sql,
            }),
            Err(error) => Err(Failure { error, sql }),
        }
    }
}

impl Stream {
    /// Waits for the next rows, or for the end.
    pub async fn fetch(&self) -> Result<Fetched, Failure> {
        let connection = &self.link.connection;
        let mut fetched = Fetched {
            is_scalar: connection.profile().is_scalar(&self.sql),
            ..Fetched::default()
        };
        let mut last = Completion::default();
        loop {
            let part = connection.stream_next(&self.stream).await;
            let part = part.map_err(|error| Failure {
                error,
                sql: self.sql.clone(),
            })?;
            match part {
                Some(Part::Columns(_) | Part::Rows(_))
                    if !connection.profile().shows_rows(&self.sql) => {}
                Some(Part::Columns(columns)) => fetched.columns = Some(columns),
                Some(Part::Rows(rows)) => {
                    fetched.rows = Some(rows);
                    return Ok(fetched);
                }
                Some(Part::End(completion)) => last = completion,
                None => break,
            }
        }
        fetched.end = Some(ResultSet {
            complete: Some(last),
            ..ResultSet::default()
        });
        Ok(fetched)
    }

    /// What the end of the stream says, once the number of rows is known.
    pub fn settle(&self, end: ResultSet) -> Result<ResultSet, Failure> {
        let mut end = [end];
        let settled = self.link.connection.settle(&self.sql, &mut end);
        let [end] = end;
        settled.map(|()| end).map_err(|error| Failure {
            error,
            sql: self.sql.clone(),
        })
    }
}
