//! The state and the rules of a COPY, once for both faces: what has been written and not been sent, what has come.

use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use parking_lot::{Mutex, MutexGuard};
use pyo3::prelude::*;
use pyo3::types::{PyByteArray, PyBytes, PyIterator, PyMapping, PyMemoryView, PyString};
use sbwp::types::{by_name, info, oid, Oid};
use scratchbird::copy::{takes_own_rows, Blocks, Copy, CopyColumn, CopyType, Rows, BLOCK};
use scratchbird::{Completion, Error, Request, ResultSet};

use crate::copy_in::{packet_type, push_row};
use crate::copy_out::RowReader;
use crate::cursor_state::CursorState;
use crate::errors;
use crate::link;

/// How long reading rows from an iterable may take before the event loop is let run.
const SLICE: Duration = Duration::from_millis(5);
/// Rows read between two looks at the clock.
const ROWS_PER_LOOK: u32 = 64;

/// A COPY without its face.
pub struct CopyState {
    pub cursor: Arc<CursorState>,
    sql: String,
    limit: Option<Duration>,
    copy: OnceLock<Arc<Copy>>,
    work: Mutex<Work>,
}

#[derive(Default)]
struct Work {
    /// Names of columns that the program has given.
    columns: Vec<String>,
    types: Vec<ColumnType>,
    blocks: Option<Blocks>,
    rows: Option<Rows>,
    /// Whole frames that wait until they are worth a write.
    out: Request,
    reader: Option<RowReader>,
}

/// A type that the program has named for a column.
#[derive(Clone, Copy)]
struct ColumnType {
    oid: Oid,
    packet: CopyType,
}

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
    pub fn new(
        py: Python<'_>,
        cursor: Arc<CursorState>,
        statement: &Bound<'_, PyString>,
        columns: Option<Vec<String>>,
        timeout: Option<f64>,
    ) -> PyResult<Self> {
        cursor.usable(py)?;
        Ok(CopyState {
            cursor,
            sql: link::statement_text(statement)?.to_owned(),
            limit: link::limit(py, timeout)?,
            copy: OnceLock::new(),
            work: Mutex::new(Work {
                columns: columns.unwrap_or_default(),
                ..Work::default()
            }),
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
        Ok(())
    }

    pub async fn open(self: Arc<Self>) -> Result<(), Failure> {
        let link = &self.cursor.link;
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

    /// Shows the end on the cursor: `rowcount`, `statusmessage`.
    pub fn load(&self, py: Python<'_>, completion: Option<Completion>) -> PyResult<()> {
        let Some(complete) = completion else {
            return Ok(());
        };
        let result = ResultSet {
            complete: Some(complete),
            ..ResultSet::default()
        };
        self.cursor.load(py, Ok(vec![result]))
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

    /// Takes bytes or text; what is to be sent now.
    pub fn write(&self, py: Python<'_>, data: &Bound<'_, PyAny>) -> PyResult<Option<Request>> {
        let copy = self.directed(py, true)?;
        let mut work = self.work(py)?;
        let Work {
            blocks, rows, out, ..
        } = &mut *work;
        if let Some(rows) = rows {
            rows.finish(out).map_err(|error| self.fail(py, &error))?;
        }
        let blocks = blocks.get_or_insert_with(|| Blocks::new(copy.statement().format));
        let pushed = if let Ok(bytes) = data.cast::<PyBytes>() {
            blocks.push(bytes.as_bytes(), out)
        } else if let Ok(text) = data.cast::<PyString>() {
            let text = text.to_str().map_err(|_| {
                errors::programming(
                    py,
                    "the text contains a lone surrogate, which is not a character",
                )
            })?;
            blocks.push(text.as_bytes(), out)
        } else if let Ok(bytes) = data.cast::<PyByteArray>() {
            blocks.push(&bytes.to_vec(), out)
        } else if data.is_instance_of::<PyMemoryView>() {
            let bytes = data.call_method0(pyo3::intern!(py, "tobytes"))?;
            blocks.push(bytes.cast::<PyBytes>()?.as_bytes(), out)
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
        push_row(rows, row, &self.cursor.link.connection)?;
        if rows.is_full() {
            rows.finish(&mut work.out)
                .map_err(|error| self.fail(py, &error))?;
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
        if work
            .blocks
            .as_ref()
            .is_some_and(|blocks| !blocks.is_empty())
        {
            return Err(errors::programming(
                py,
                "a row cannot follow a part of a row that write() was given",
            ));
        }
        if work.rows.is_some() {
            return Ok(());
        }
        if !takes_own_rows(copy.statement()) {
            return Err(errors::programming(
                py,
                "the statement says JSONL: write lines of JSON, or leave the word out to write rows",
            ));
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
        Ok(())
    }

    /// Everything that has not been sent yet.
    pub fn last(&self, py: Python<'_>) -> PyResult<Request> {
        self.copy(py)?;
        let mut work = self.work(py)?;
        let Work {
            blocks, rows, out, ..
        } = &mut *work;
        let rows = rows.as_mut().map_or(Ok(()), |rows| rows.finish(out));
        rows.and_then(|()| blocks.as_mut().map_or(Ok(()), |blocks| blocks.finish(out)))
            .map_err(|error| self.fail(py, &error))?;
        self.cursor.link.tell_defects(py)?;
        Ok(std::mem::take(out))
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

/// A type by the name or the OID of a type of the database, or by the name of a type of packets.
fn column_type(wanted: &Bound<'_, PyAny>) -> PyResult<ColumnType> {
    let py = wanted.py();
    if let Ok(oid) = wanted.extract::<u32>() {
        return match info(oid) {
            Some(_) => Ok(ColumnType {
                oid,
                packet: packet_type(oid),
            }),
            None => Err(errors::programming(
                py,
                format!("no type has the OID {oid}"),
            )),
        };
    }
    let name: String = wanted.extract()?;
    let (oid, packet) = match name.to_ascii_lowercase().as_str() {
        "int64" => (oid::INT8, CopyType::Int64),
        "int32" => (oid::INT4, CopyType::Int32),
        "uint64" => (oid::NUMERIC, CopyType::UInt64),
        "real64" => (oid::FLOAT8, CopyType::Real64),
        "binary" => (oid::BYTEA, CopyType::Binary),
        other => match by_name(other) {
            Some(info) => (info.oid, packet_type(info.oid)),
            None => {
                return Err(errors::programming(
                    py,
                    format!("no type has the name {name:?}"),
                ));
            }
        },
    };
    Ok(ColumnType { oid, packet })
}
