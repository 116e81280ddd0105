//! The state and the rules of a COPY, once for both faces: what has been written and not been sent, what has come.

use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use parking_lot::{Mutex, MutexGuard};
use pyo3::prelude::*;
use pyo3::types::{PyByteArray, PyBytes, PyIterator, PyMapping, PyMemoryView, PyString};
use scratchbird::copy::{
    takes_own_rows, Blocks, Conversion, Copy, CopyColumn, CopyType, Rows, BLOCK,
};
use scratchbird::{Completion, Error, Request, ResultSet};

use crate::copy_in::{push_row, Target};
use crate::copy_out::RowReader;
pub use crate::copy_steps::Failure;
use crate::copy_types::{column_type, ColumnType, VectorColumn};
use crate::cursor_state::CursorState;
use crate::errors;
use crate::link;
use crate::watch::Watched;

/// How long reading rows from an iterable may take before the event loop is let run.
const SLICE: Duration = Duration::from_millis(5);
/// Rows read between two looks at the clock.
const ROWS_PER_LOOK: u32 = 64;

/// A COPY without its face.
pub struct CopyState {
    pub cursor: Arc<CursorState>,
    pub(crate) sql: String,
    pub(crate) limit: Option<Duration>,
    pub(crate) copy: OnceLock<Arc<Copy>>,
    work: Mutex<Work>,
    pub(crate) watched: Mutex<Watched>,
}

#[derive(Default)]
struct Work {
    /// Names of columns that the program has given.
    columns: Vec<String>,
    types: Vec<ColumnType>,
    /// Of the rows' columns; empty where none is one of vectors.
    vectors: Vec<Option<VectorColumn>>,
    blocks: Option<Blocks>,
    /// In the place of `blocks`, where the server takes rows only.
    conversion: Option<Conversion>,
    rows: Option<Rows>,
    /// Whole frames that wait until they are worth a write.
    out: Request,
    reader: Option<RowReader>,
}

impl CopyState {
    pub fn new(
        py: Python<'_>,
        cursor: Arc<CursorState>,
        statement: &Bound<'_, PyString>,
        columns: Option<Vec<String>>,
        timeout: Option<f64>,
    ) -> PyResult<Self> {
        cursor.usable(py)?;
        cursor.link.outside_many(py)?;
        Ok(CopyState {
            cursor,
            sql: link::statement_text(statement)?.to_owned(),
            limit: link::limit(py, timeout)?,
            copy: OnceLock::new(),
            work: Mutex::new(Work {
                columns: columns.unwrap_or_default(),
                ..Work::default()
            }),
            watched: Mutex::default(),
        })
    }

    fn fail(&self, py: Python<'_>, error: &Error) -> PyErr {
        errors::to_python(py, error, Some(&self.sql))
    }

    /// The open COPY.
    fn copy(&self, py: Python<'_>) -> PyResult<&Arc<Copy>> {
        self.copy
            .get()
            .ok_or_else(|| errors::interface(py, "the COPY is not open: use it in a with block"))
    }

    /// The open COPY, for the direction that a call is made for.
    fn directed(&self, py: Python<'_>, is_in: bool) -> PyResult<&Arc<Copy>> {
        let copy = self.copy(py)?;
        if copy.statement().is_in == is_in {
            return Ok(copy);
        }
        let message = if is_in {
            "the COPY goes out of the server: it is read, not written to"
        } else {
            "the COPY goes into the server: it is written to, not read"
        };
        Err(errors::programming(py, message))
    }

    /// Not waited for: values of rows may run Python code that writes to the same COPY.
    fn work(&self, py: Python<'_>) -> PyResult<MutexGuard<'_, Work>> {
        self.work.try_lock().ok_or_else(|| {
            errors::interface(py, "the COPY is in use by another call at the same time")
        })
    }

    /// Fails where the COPY cannot be opened.
    pub fn openable(&self, py: Python<'_>) -> PyResult<()> {
        self.cursor.usable(py)?;
        if self.copy.get().is_some() {
            return Err(errors::interface(py, "the COPY was opened before"));
        }
        self.cursor.begin();
        let sql = PyString::new(py, &self.sql);
        *self.watched.lock() = self.cursor.link.watcher.begin(py, "copy", Some(&sql))?;
        Ok(())
    }

    /// Shows the end on the cursor: `rowcount`, `statusmessage`.
    pub fn load(&self, py: Python<'_>, completion: Option<Completion>) -> PyResult<()> {
        let loaded = match completion {
            None => Ok(()),
            Some(complete) => {
                let result = ResultSet {
                    complete: Some(complete),
                    ..ResultSet::default()
                };
                self.cursor.load(py, Ok(vec![result]))
            }
        };
        let watched = std::mem::take(&mut *self.watched.lock());
        watched.end(py, loaded, || self.row_count())
    }

    /// Rows that the server has confirmed, −1 before the end.
    pub fn row_count(&self) -> i64 {
        self.copy
            .get()
            .and_then(|copy| copy.completion())
            .and_then(|completion| i64::try_from(completion.rows).ok())
            .unwrap_or(-1)
    }

    /// Rows that `write_row` and `write_rows` have taken.
    pub fn rows_written(&self) -> u64 {
        self.work
            .try_lock()
            .and_then(|work| work.rows.as_ref().map(Rows::count))
            .unwrap_or(0)
    }

    pub fn set_types(&self, py: Python<'_>, types: &Bound<'_, PyAny>) -> PyResult<()> {
        let mut work = self.work(py)?;
        if work.rows.is_some() || work.reader.is_some() {
            return Err(errors::programming(
                py,
                "set_types comes before the first row",
            ));
        }
        work.types = types
            .try_iter()?
            .map(|wanted| column_type(&wanted?))
            .collect::<PyResult<_>>()?;
        Ok(())
    }

    /// Fails where columns cannot be written now.
    pub fn writable(&self, py: Python<'_>) -> PyResult<()> {
        let copy = self.directed(py, true)?;
        let work = self.work(py)?;
        self.unmixed(py, copy, &work)
    }

    /// The rows under way, or `new` ones, and what is to be sent of them; None while another call is at them.
    pub fn with_rows<T, E>(
        &self,
        new: impl FnOnce() -> Result<Rows, E>,
        take: impl FnOnce(&mut Rows, &mut Request) -> Result<T, E>,
    ) -> Option<Result<T, E>> {
        let mut work = self.work.try_lock()?;
        let Work { rows, out, .. } = &mut *work;
        if rows.is_none() {
            match new() {
                Ok(new) => *rows = Some(new),
                Err(error) => return Some(Err(error)),
            }
        }
        rows.as_mut().map(|rows| take(rows, out))
    }

    /// Takes bytes or text; what is to be sent now.
    pub fn write(&self, py: Python<'_>, data: &Bound<'_, PyAny>) -> PyResult<Option<Request>> {
        let copy = self.directed(py, true)?;
        let mut work = self.work(py)?;
        let Work {
            blocks,
            conversion,
            columns,
            rows,
            out,
            ..
        } = &mut *work;
        if let Some(rows) = rows {
            rows.finish(out).map_err(|error| self.fail(py, &error))?;
        }
        let connection = &self.cursor.link.connection;
        let mut push = |bytes: &[u8]| match copy.converts() {
            true => conversion
                .get_or_insert_with(|| Conversion::new(copy.statement(), columns, copy.is_binary()))
                .push(bytes, connection, out),
            false => blocks
                .get_or_insert_with(|| Blocks::new(copy.statement().format))
                .push(bytes, out),
        };
        let pushed = if let Ok(bytes) = data.cast::<PyBytes>() {
            push(bytes.as_bytes())
        } else if let Ok(text) = data.cast::<PyString>() {
            let text = text.to_str().map_err(|_| {
                errors::programming(
                    py,
                    "the text contains a lone surrogate, which is not a character",
                )
            })?;
            push(text.as_bytes())
        } else if let Ok(bytes) = data.cast::<PyByteArray>() {
            push(&bytes.to_vec())
        } else if data.is_instance_of::<PyMemoryView>() {
            let bytes = data.call_method0(pyo3::intern!(py, "tobytes"))?;
            push(bytes.cast::<PyBytes>()?.as_bytes())
        } else {
            let class = data.get_type().name()?;
            return Err(errors::programming(
                py,
                format!("write() takes bytes or str, not {class}; rows go to write_row()"),
            ));
        };
        pushed.map_err(|error| self.fail(py, &error))?;
        Ok(due(out))
    }

    /// Takes one row; what is to be sent now.
    pub fn write_row(&self, py: Python<'_>, row: &Bound<'_, PyAny>) -> PyResult<Option<Request>> {
        let _adapting = self.cursor.adapting();
        let copy = self.directed(py, true)?.clone();
        let mut work = self.work(py)?;
        self.begin_rows(py, &copy, &mut work, row)?;
        self.push(py, &mut work, row)?;
        Ok(due(&mut work.out))
    }

    /// Takes rows until there is something to send, the time is up, or there are no more (true).
    pub fn write_some(
        &self,
        rows: &Bound<'_, PyIterator>,
        sliced: bool,
    ) -> PyResult<(Option<Request>, bool)> {
        let py = rows.py();
        let _adapting = self.cursor.adapting();
        let copy = self.directed(py, true)?.clone();
        let started = Instant::now();
        let mut taken = 0_u32;
        for row in rows.clone() {
            let row = row?;
            // Locked for one row at a time: the iterator may be a generator that looks at this COPY.
            let mut work = self.work(py)?;
            if work.rows.is_none() || taken == 0 {
                self.begin_rows(py, &copy, &mut work, &row)?;
            }
            self.push(py, &mut work, &row)?;
            if let Some(frames) = due(&mut work.out) {
                return Ok((Some(frames), false));
            }
            taken = taken.wrapping_add(1);
            if sliced && taken.is_multiple_of(ROWS_PER_LOOK) && started.elapsed() > SLICE {
                return Ok((None, false));
            }
        }
        Ok((None, true))
    }

    #[inline]
    fn push(&self, py: Python<'_>, work: &mut Work, row: &Bound<'_, PyAny>) -> PyResult<()> {
        let Some(rows) = &mut work.rows else {
            return Err(errors::interface(py, "the COPY takes no rows"));
        };
        let target = Target {
            connection: &self.cursor.link.connection,
            vectors: &work.vectors,
        };
        push_row(rows, row, &target)?;
        if rows.is_full() {
            rows.finish(&mut work.out)
                .map_err(|error| self.fail(py, &error))?;
        }
        Ok(())
    }

    /// Fails where rows would follow something else, or the statement takes none.
    fn unmixed(&self, py: Python<'_>, copy: &Copy, work: &Work) -> PyResult<()> {
        if work
            .blocks
            .as_ref()
            .is_some_and(|blocks| !blocks.is_empty())
            || work.conversion.is_some()
        {
            return Err(errors::programming(
                py,
                "a row cannot follow a part of a row that write() was given",
            ));
        }
        if work.rows.is_none() && !takes_own_rows(copy.statement()) {
            return Err(errors::programming(
                py,
                "the statement says JSONL: write lines of JSON, or leave the word out to write rows",
            ));
        }
        Ok(())
    }

    /// Before rows: where they go, and that nothing is in their way.
    fn begin_rows(
        &self,
        py: Python<'_>,
        copy: &Copy,
        work: &mut Work,
        first: &Bound<'_, PyAny>,
    ) -> PyResult<()> {
        self.unmixed(py, copy, work)?;
        if work.rows.is_some() {
            return Ok(());
        }
        let mut names = work.columns.clone();
        if names.is_empty() {
            names.clone_from(&copy.statement().columns);
        }
        if names.is_empty() {
            if let Ok(row) = first.cast::<PyMapping>() {
                names = row
                    .keys()?
                    .iter()
                    .map(|key| key.extract())
                    .collect::<PyResult<_>>()?;
            }
        }
        if names.is_empty() {
            return Err(errors::programming(
                py,
                "the columns of the rows are not known: list them in the statement, COPY t (a, b) FROM STDIN, or give columns=",
            ));
        }
        if !work.types.is_empty() && work.types.len() != names.len() {
            let message = format!("{} types for {} columns", work.types.len(), names.len());
            return Err(errors::programming(py, message));
        }
        let text_only = self.cursor.link.connection.profile().copies_text_only();
        let columns = names
            .into_iter()
            .enumerate()
            .map(|(index, name)| CopyColumn {
                name,
                kind: match work.types.get(index) {
                    Some(wanted) if !text_only => wanted.packet,
                    _ => CopyType::Text,
                },
            })
            .collect();
        let rows = Rows::new(columns, copy.is_binary()).map_err(|error| self.fail(py, &error))?;
        work.rows = Some(rows);
        let vectors = work.types.iter().map(|wanted| wanted.vector);
        if !text_only && vectors.clone().any(|vector| vector.is_some()) {
            work.vectors = vectors.collect();
        }
        Ok(())
    }

    /// Everything that has not been sent yet.
    pub fn last(&self, py: Python<'_>) -> PyResult<Request> {
        self.copy(py)?;
        let mut work = self.work(py)?;
        let Work {
            blocks,
            conversion,
            rows,
            out,
            ..
        } = &mut *work;
        let connection = &self.cursor.link.connection;
        let rows = rows.as_mut().map_or(Ok(()), |rows| rows.finish(out));
        rows.and_then(|()| blocks.as_mut().map_or(Ok(()), |blocks| blocks.finish(out)))
            .and_then(|()| {
                conversion
                    .as_mut()
                    .map_or(Ok(()), |conversion| conversion.finish(connection, out))
            })
            .map_err(|error| self.fail(py, &error))?;
        self.cursor.link.tell_defects(py)?;
        Ok(std::mem::take(out))
    }

    /// The names of the columns that rows are written to, where the statement or the program says them, and the types that
    /// the program has named.
    pub fn named(&self, py: Python<'_>) -> PyResult<(Vec<String>, Vec<u32>)> {
        let copy = self.directed(py, true)?;
        let work = self.work(py)?;
        let names = match work.columns.is_empty() {
            true => copy.statement().columns.clone(),
            false => work.columns.clone(),
        };
        Ok((names, work.types.iter().map(|wanted| wanted.oid).collect()))
    }

    /// Fails where there is nothing to read.
    pub fn readable(&self, py: Python<'_>) -> PyResult<()> {
        self.directed(py, false).map(drop)
    }

    /// The rows of a block; an empty block is the end.
    pub fn rows_of<'py>(
        &self,
        py: Python<'py>,
        block: &[u8],
    ) -> PyResult<Bound<'py, pyo3::types::PyList>> {
        let _adapting = self.cursor.adapting();
        let copy = self.directed(py, false)?;
        let mut work = self.work(py)?;
        let Work { reader, types, .. } = &mut *work;
        let reader = reader.get_or_insert_with(|| {
            RowReader::new(copy, types.iter().map(|wanted| wanted.oid).collect())
        });
        let rows = pyo3::types::PyList::empty(py);
        reader.read(block, &rows)?;
        Ok(rows)
    }
}

impl Drop for CopyState {
    fn drop(&mut self) {
        if let Some(copy) = self.copy.get() {
            self.cursor.link.connection.copy_abandon(copy);
        }
    }
}

/// The frames, once they are worth a write.
fn due(out: &mut Request) -> Option<Request> {
    (out.len() >= BLOCK).then(|| std::mem::take(out))
}
