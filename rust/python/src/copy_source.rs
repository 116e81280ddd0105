//! Columns of an Arrow stream into a COPY: on the calling thread without the GIL, or on another one while the event loop
//! runs.

use std::sync::Arc;

use pyo3::prelude::*;
use sbwp::message::copy_packet::CopyValue;
use scratchbird::copy::{CopyColumn, Rows};
use scratchbird::{Connection, Error, Request};
use scratchbird_columns::{Sink, Target};

use crate::columns::{aside, ArrowSource, Broken, Feed};
use crate::copy_state::CopyState;
use crate::errors;

/// A piece of the stream that could not be taken.
pub enum Untaken {
    Broken(Broken),
    Client(Error),
}

impl Untaken {
    pub fn into_python(self, py: Python<'_>, sql: &str) -> PyErr {
        match self {
            Untaken::Broken(broken) => broken.into_python(py, Some(sql)),
            Untaken::Client(error) => errors::to_python(py, &error, Some(sql)),
        }
    }
}

/// Makes the exception for what has failed, with the GIL held.
pub type Raise = Box<dyn FnOnce(Python<'_>) -> PyErr + Send>;

struct Into_<'a> {
    rows: &'a mut Rows,
    connection: &'a Connection,
}

impl Sink for Into_<'_> {
    type Error = Error;

    fn begin(&mut self) {
        self.rows.begin_row();
    }

    #[inline]
    fn value(&mut self, target: &Target, value: CopyValue<'_>) -> Result<(), Error> {
        if let CopyValue::Text(text) = &value {
            self.connection.inspect_value(target.oid, text.as_bytes())?;
        }
        self.rows.push(&value)
    }

    fn end(&mut self) -> Result<bool, Error> {
        self.rows.end_row()?;
        Ok(self.rows.is_full())
    }
}

impl CopyState {
    /// Before columns: that they can be written.
    pub fn sourced(&self, py: Python<'_>, source: &ArrowSource) -> PyResult<Arc<Feed>> {
        self.writable(py)?;
        Ok(source.feed.clone())
    }

    /// Whether values of a named type go as such.
    pub fn is_typed(&self) -> bool {
        let is_binary = self.copy.get().is_some_and(|copy| copy.is_binary());
        is_binary && !self.cursor.link.connection.profile().copies_text_only()
    }

    /// Takes rows from the stream until they are worth a write, or there are no more (true). Not with the GIL.
    pub fn take_from(&self, feed: &Feed) -> Result<(Request, bool), Untaken> {
        let is_binary = self.copy.get().is_some_and(|copy| copy.is_binary());
        let new = || {
            let targets = feed.targets().map_err(Untaken::Broken)?;
            let columns = targets.into_iter().map(|target| CopyColumn {
                name: target.name,
                kind: target.kind,
            });
            Rows::new(columns.collect(), is_binary).map_err(Untaken::Client)
        };
        let connection = &self.cursor.link.connection;
        self.with_rows(new, |rows, out| {
            let taken = feed.give(&mut Into_ { rows, connection });
            if taken.is_err() {
                rows.drop_row();
            }
            let is_last = taken.map_err(Untaken::Broken)?;
            if rows.is_full() {
                rows.finish(out).map_err(Untaken::Client)?;
            }
            Ok((std::mem::take(out), is_last))
        })
        .unwrap_or(Err(Untaken::Broken(Broken::Busy)))
    }

    /// [`CopyState::take_from`] on a thread that may be kept busy, and sends what was taken.
    pub async fn copy_from(self: Arc<Self>, feed: Arc<Feed>) -> Result<bool, Raise> {
        let state = self.clone();
        let taken = aside(move || state.take_from(&feed)).await;
        let (frames, is_last) = match taken {
            Ok(Ok(taken)) => taken,
            Ok(Err(untaken)) => {
                return Err(Box::new(move |py| untaken.into_python(py, &self.sql)));
            }
            Err(error) => {
                return Err(Box::new(move |py| errors::to_python(py, &error, None)));
            }
        };
        if !frames.is_empty() {
            let sent = self.send(frames).await;
            sent.map_err(|failure| -> Raise { Box::new(move |py| failure.into_python(py)) })?;
        }
        Ok(is_last)
    }
}
