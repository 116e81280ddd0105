//! A result that is read as it comes: only the rows of its last part are here.

use std::sync::Arc;

use pyo3::prelude::*;

use super::{Current, Position, Results, Shaping, Taken};
use crate::link::{Fetched, Link, Stream};

impl Results {
    /// A stream begins: its rows are to be had through it alone.
    pub fn begin_stream(&mut self, stream: Arc<Stream>, shaped: bool) {
        self.waiting.clear();
        self.current = Some(Current {
            stream: Some(stream),
            shape: if shaped {
                Shaping::Open
            } else {
                Shaping::Plain
            },
            ..Current::default()
        });
    }

    /// True while the rows of the current result come through a stream.
    pub fn is_streamed(&self) -> bool {
        self.stream().is_some()
    }

    fn stream(&self) -> Option<&Arc<Stream>> {
        self.current.as_ref()?.stream.as_ref()
    }

    /// True while the current result is that of this stream, and has not ended.
    pub fn is_stream(&self, stream: &Arc<Stream>) -> bool {
        self.stream().is_some_and(|own| Arc::ptr_eq(own, stream))
    }

    /// Steps over up to `limit` rows of the stream that are here, and returns them.
    #[inline]
    pub fn take_streamed(&mut self, limit: usize) -> Option<Taken> {
        self.current.as_mut()?.take(limit)
    }

    /// Takes a part of the stream, in the place of the one before.
    /// Gives the stream back at its end, to be dropped outside the lock.
    pub fn feed(
        &mut self,
        py: Python<'_>,
        link: &Link,
        fetched: Fetched,
    ) -> PyResult<Option<Arc<Stream>>> {
        let Some(current) = &mut self.current else {
            return Ok(None);
        };
        if let Some(columns) = &fetched.columns {
            current.decoder = Some(link.decoder(py, columns, fetched.is_scalar)?);
        }
        current.batches = Arc::new(fetched.rows.into_iter().collect());
        current.position = Position {
            fetched: current.position.fetched,
            ..Position::default()
        };
        let Some(mut end) = fetched.end else {
            return Ok(None);
        };
        end.received = current.position.fetched;
        let Some(stream) = current.stream.take() else {
            return Ok(None);
        };
        let mut end = stream
            .settle(end)
            .map_err(|failure| failure.into_python(py))?;
        if let (None, Some(columns)) = (&current.decoder, &end.description) {
            current.decoder = Some(link.decoder(py, columns, fetched.is_scalar)?);
        }
        current.row_count = match current.decoder {
            Some(_) => Some(current.position.fetched),
            None => end.row_count(),
        };
        if let Some(complete) = end.complete.take() {
            current.tag = complete.tag;
            current.last_id = complete.last_id;
        }
        Ok(Some(stream))
    }

    /// The stream is given up; gives it back, to be dropped outside the lock.
    pub fn end_stream(&mut self, stream: &Arc<Stream>) -> Option<Arc<Stream>> {
        if !self.is_stream(stream) {
            return None;
        }
        let current = self.current.as_mut()?;
        current.batches = Arc::default();
        current.position.batch = 0;
        current.position.next = 0;
        current.stream.take()
    }
}
