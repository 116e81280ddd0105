//! The state and the rules of `cursor.stream()`, once for both faces.

use std::pin::pin;
use std::sync::{Arc, Weak};
use std::time::Duration;

use parking_lot::Mutex;
use pyo3::prelude::*;
use pyo3::types::{PyList, PyString};

use crate::convert::RowDecoder;
use crate::cursor_state::CursorState;
use crate::errors;
use crate::link::{self, Failure, Fetched, Prepared, Stream};
use crate::results::Taken;
use crate::watch::Watched;

/// A stream without its face. The open stream itself belongs to the cursor's results: what replaces them ends it.
pub struct StreamState {
    cursor: Arc<CursorState>,
    /// How many rows make a list; without it rows come one by one.
    batch: Option<usize>,
    limit: Option<Duration>,
    phase: Mutex<Phase>,
    watched: Mutex<Watched>,
    /// How its rows are read, once that is known.
    columns: Mutex<Option<Arc<RowDecoder>>>,
}

enum Phase {
    Prepared(Box<Prepared>),
    /// Being sent.
    Opening,
    Open(Weak<Stream>),
    Ended,
    /// A wait was given up or has failed: what came before is not the whole result.
    Broken,
}

/// A wait for more rows. Given up before its end, it gives the stream up.
pub struct Step {
    state: Arc<StreamState>,
    done: bool,
}

/// What a step has brought.
pub struct Brought {
    stream: Arc<Stream>,
    fetched: Fetched,
}

impl Brought {
    /// True where the server had nothing more to say.
    pub fn is_end(&self) -> bool {
        self.fetched.end.is_some()
    }
}

enum Todo {
    Open(Box<Prepared>),
    Read(Arc<Stream>),
    Nothing,
}

impl StreamState {
    pub fn new(
        cursor: Arc<CursorState>,
        query: &Bound<'_, PyString>,
        params: Option<&Bound<'_, PyAny>>,
        batch: Option<usize>,
        timeout: Option<f64>,
    ) -> PyResult<Self> {
        let py = query.py();
        cursor.usable(py)?;
        if batch == Some(0) {
            return Err(errors::programming(py, "batch is at least 1"));
        }
        let limit = link::limit(py, timeout)?;
        let prepared = {
            let _adapting = cursor.adapting();
            cursor.link.prepare_stream(query, params)?
        };
        Ok(StreamState {
            cursor,
            batch,
            limit,
            phase: Mutex::new(Phase::Prepared(Box::new(prepared))),
            watched: Mutex::default(),
            columns: Mutex::default(),
        })
    }

    /// A list for the rows of one step, where rows come as lists.
    pub fn list<'py>(&self, py: Python<'py>) -> Option<Bound<'py, PyList>> {
        self.batch.map(|_| PyList::empty(py))
    }

    /// The next row, or `rows` once it is full, if they are here already; `face` is the cursor's.
    pub fn ready<'py>(
        &self,
        face: &Bound<'py, PyAny>,
        rows: Option<&Bound<'py, PyList>>,
    ) -> PyResult<Option<Bound<'py, PyAny>>> {
        let py = face.py();
        let stream = match &*self.phase.lock() {
            Phase::Open(stream) => stream.upgrade().ok_or_else(|| over(py))?,
            Phase::Broken => return Err(over(py)),
            _ => return Ok(None),
        };
        let size = self.batch.unwrap_or(1);
        let wanted = size.saturating_sub(rows.map_or(0, |rows| rows.len()));
        let Some(taken) = self.cursor.take_streamed(face, &stream, wanted)? else {
            // Before the columns are known there is nothing to take.
            return match self.cursor.results.lock().is_stream(&stream) {
                true => Ok(None),
                false => Err(over(py)),
            };
        };
        if taken.count() == 0 {
            return Ok(None);
        }
        let built = match rows {
            None => taken.row(py),
            Some(rows) => taken
                .append_to(rows)
                .map(|()| (rows.len() >= size).then(|| rows.clone().into_any())),
        };
        if built.is_err() {
            self.cursor.results.lock().put_back(&taken);
        }
        built
    }

    /// Up to `limit` rows as they came, if any are here.
    pub fn take(&self, py: Python<'_>, limit: usize) -> PyResult<Option<Taken>> {
        let stream = match &*self.phase.lock() {
            Phase::Open(stream) => match stream.upgrade() {
                Some(stream) => stream,
                None => return Err(over(py)),
            },
            Phase::Broken => return Err(over(py)),
            _ => return Ok(None),
        };
        let mut results = self.cursor.results.lock();
        if !results.is_stream(&stream) {
            return Err(over(py));
        }
        Ok(results
            .take_streamed(limit)
            .filter(|taken| taken.count() > 0))
    }

    /// Gives rows back that were taken, but for the first `kept`.
    pub fn put_back_after(&self, taken: &Taken, kept: usize) {
        if kept < taken.count() {
            let mut results = self.cursor.results.lock();
            results.put_back(taken);
            let _ = results.take_streamed(kept);
        }
    }

    /// The stream is given up: what it has brought is not the whole result.
    pub fn give_up(&self) {
        self.end(Phase::Broken);
    }

    /// True where no more rows will come.
    pub fn is_ended(&self) -> bool {
        matches!(*self.phase.lock(), Phase::Ended)
    }

    /// How its rows are read; None as long as that is not known, and where there are none.
    pub fn columns(&self) -> Option<Arc<RowDecoder>> {
        self.columns.lock().clone()
    }

    /// A wait for more rows.
    pub fn step(self: &Arc<Self>, py: Python<'_>) -> PyResult<Step> {
        match &*self.phase.lock() {
            Phase::Prepared(prepared) => {
                self.cursor.usable(py)?;
                self.cursor.begin();
                let sql = PyString::new(py, prepared.query().original());
                *self.watched.lock() = self.cursor.link.watcher.begin(py, "stream", Some(&sql))?;
            }
            Phase::Opening => {
                return Err(errors::interface(
                    py,
                    "the stream is in use by another call at the same time",
                ))
            }
            _ => {}
        }
        Ok(Step {
            state: self.clone(),
            done: false,
        })
    }

    fn load(&self, py: Python<'_>, brought: Brought) -> PyResult<()> {
        let Brought { stream, fetched } = brought;
        let mut phase = self.phase.lock();
        let _adapting = self.cursor.adapting();
        let mut results = self.cursor.results.lock();
        match &*phase {
            Phase::Opening => {
                results.begin_stream(stream.clone(), !self.cursor.row_factory.is_plain());
            }
            Phase::Open(_) if results.is_stream(&stream) => {}
            _ => return Err(over(py)),
        }
        *phase = if fetched.end.is_some() {
            Phase::Ended
        } else {
            Phase::Open(Arc::downgrade(&stream))
        };
        let ended = results.feed(py, &self.cursor.link, fetched);
        if let Some(decoder) = results.decoder() {
            *self.columns.lock() = Some(decoder.clone());
        }
        drop(results);
        drop(phase);
        drop(ended?);
        if self.is_ended() {
            let watched = std::mem::take(&mut *self.watched.lock());
            watched.end(py, Ok(()), || self.cursor.row_count())?;
        }
        self.cursor.link.tell_defects(py)
    }

    /// Ends the stream: the connection is free for other statements.
    pub fn close(&self) {
        self.end(Phase::Ended);
    }

    fn end(&self, how: Phase) {
        let phase = std::mem::replace(&mut *self.phase.lock(), how);
        if let Phase::Open(stream) = phase {
            if let Some(stream) = stream.upgrade() {
                // Dropped outside the lock.
                let ended = self.cursor.results.lock().end_stream(&stream);
                drop(ended);
            }
        }
        let watched = std::mem::take(&mut *self.watched.lock());
        drop(watched);
    }

    fn todo(&self) -> Todo {
        let mut phase = self.phase.lock();
        match std::mem::replace(&mut *phase, Phase::Ended) {
            Phase::Prepared(prepared) => {
                *phase = Phase::Opening;
                Todo::Open(prepared)
            }
            Phase::Open(stream) => {
                let open = stream.upgrade();
                *phase = Phase::Open(stream);
                open.map_or(Todo::Nothing, Todo::Read)
            }
            other => {
                *phase = other;
                Todo::Nothing
            }
        }
    }
}

impl Drop for StreamState {
    fn drop(&mut self) {
        self.close();
    }
}

impl Step {
    /// Waits; `None` where another call has ended the stream.
    pub async fn run(&mut self) -> Result<Option<Brought>, Failure> {
        let link = &self.state.cursor.link;
        let stream = match self.state.todo() {
            Todo::Open(prepared) => {
                let trace = self.state.watched.lock().trace();
                let opening = pin!(link.clone().open_stream(*prepared, self.state.limit));
                Arc::new(link.accompany(trace, opening).await?)
            }
            Todo::Read(stream) => stream,
            Todo::Nothing => return Ok(None),
        };
        let fetched = link.accompany(None, pin!(stream.fetch())).await?;
        Ok(Some(Brought { stream, fetched }))
    }

    /// Takes what the wait has brought.
    pub fn load(
        mut self,
        py: Python<'_>,
        outcome: Result<Option<Brought>, Failure>,
    ) -> PyResult<()> {
        match outcome {
            Ok(brought) => {
                self.done = true;
                brought.map_or(Ok(()), |brought| self.state.load(py, brought))
            }
            Err(failure) => {
                let error = failure.into_python(py);
                self.state.watched.lock().fail(py, &error);
                Err(error)
            }
        }
    }
}

impl Drop for Step {
    fn drop(&mut self) {
        if !self.done {
            self.state.end(Phase::Broken);
        }
    }
}

#[cold]
fn over(py: Python<'_>) -> PyErr {
    errors::interface(
        py,
        "the stream was given up before its end: by its cursor, which was closed or has run another statement, by an error, or \
         by a wait that was cancelled",
    )
}
