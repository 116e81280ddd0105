//! `_core.Executions`: one `executemany` under way, for both faces; what drives it is `scratchbird._executemany`.

mod source;
mod vectors;
mod way;

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex as SyncMutex;
use pyo3::prelude::*;
use pyo3::types::{PyIterator, PyString};
use scratchbird::pipeline::Rows;
use scratchbird::sql::{Arguments, ParsedQuery};
use scratchbird::{Error, Failed};
use tokio::sync::Mutex;

use self::vectors::Vectors;
use self::way::{Done, Way};
use crate::base_cursor::BaseCursor;
use crate::bridge::{wait, Awaitable, Finish};
use crate::columns::ArrowSource;
use crate::cursor_state::CursorState;
use crate::errors;
use crate::link;
use crate::watch::Watched;

/// Collects the values of an `executemany`, and sends them in a few large requests.
#[pyclass(frozen, module = "scratchbird._core")]
pub struct Executions {
    shared: Arc<Shared>,
}

struct Shared {
    state: Arc<CursorState>,
    sql: String,
    returning: bool,
    limit: Option<Duration>,
    sizes: Option<Arc<link::InputSizes>>,
    query: SyncMutex<Option<Arc<ParsedQuery>>>,
    /// Locked while a request is under way.
    many: Mutex<Option<Way>>,
    watched: SyncMutex<Watched>,
    vectors: Vectors,
}

impl Shared {
    /// The statement, read for parameters of this kind.
    fn query(&self, py: Python<'_>, arguments: Arguments) -> PyResult<Arc<ParsedQuery>> {
        let mut known = self.query.lock();
        match &*known {
            Some(query) if query.arguments() == arguments => return Ok(query.clone()),
            Some(_) => {
                return Err(errors::programming(
                    py,
                    "executemany needs parameters of one kind: all sequences, or all mappings",
                ))
            }
            None => {}
        }
        let link = &self.state.link;
        let query = link.parse(py, &self.sql, arguments)?;
        link.scope.check(py, &query)?;
        Ok(known.insert(query).clone())
    }

    fn begin(&self, py: Python<'_>, query: &Arc<ParsedQuery>) -> Way {
        let link = &self.state.link;
        link.note(query);
        let autocommit = link.commits_statements();
        // Where a server damages rows that are sent in some ways, only the other way knows which are safe.
        let is_safe = link.connection.profile().savepoints_undo_bulk_inserts();
        if link.pipeline.is_open() && query.is_pipelined() && is_safe {
            return Way::Piped(Rows::new(
                &link.connection,
                query.clone(),
                self.returning,
                autocommit,
                self.limit,
            ));
        }
        let many = link
            .connection
            .many(query.clone(), autocommit, self.returning, self.limit);
        link.executes_many(py, many.holder());
        Way::Alone(many)
    }

    fn fill(&self, rows: &Bound<'_, PyIterator>) -> PyResult<bool> {
        let py = rows.py();
        let link = &self.state.link;
        loop {
            {
                let many = self.many.try_lock();
                let many = many.map_err(|_| errors::interface(py, "executemany is under way"))?;
                if many.as_ref().is_some_and(Way::is_full) {
                    return Ok(true);
                }
            }
            // Outside of the lock: the user's generator may do anything.
            let Some(values) = rows.clone().next() else {
                return Ok(false);
            };
            let values = values?;
            link.usable(py)?;
            let arguments = link::kind_of(Some(&values))?;
            let query = self.query(py, arguments)?;
            let mut many = self
                .many
                .try_lock()
                .map_err(|_| errors::interface(py, "executemany is under way"))?;
            let many = many.get_or_insert_with(|| self.begin(py, &query));
            let _adapting = self.state.adapting();
            let pushed =
                link::bind(py, &query, &values, self.sizes.as_deref()).and_then(|values| {
                    self.vectors.note(many.next_row(), values.oids());
                    many.push(link, values)
                        .map_err(|error| errors::to_python(py, &error, Some(&self.sql)))
                });
            if let Err(error) = pushed {
                return Err(errors::in_row(py, error, Failed::Row(many.next_row()), &[]));
            }
        }
    }

    async fn send(&self) -> Result<(), Raised> {
        let mut many = self.many.lock().await;
        let Some(many) = many.as_mut() else {
            return Ok(());
        };
        let trace = self.watched.lock().trace();
        let link = &self.state.link;
        let outcome = link.accompany(trace, pin!(many.send(link))).await;
        outcome.map_err(|error| Raised(error, many.failed()))
    }

    async fn finish(&self) -> Result<Done, Raised> {
        let link = &self.state.link;
        let mut guard = self.many.lock().await;
        let Some(many) = guard.as_mut() else {
            return Ok(Done::Nothing);
        };
        let trace = self.watched.lock().trace();
        let outcome = link.accompany(trace, pin!(many.finish(link))).await;
        let done = outcome.map_err(|error| Raised(error, many.failed()))?;
        *guard = None;
        if let (Done::Results(..), Some(query)) = (&done, &*self.query.lock()) {
            link.follow(query);
        }
        Ok(done)
    }

    async fn abort(&self) {
        let mut many = self.many.lock().await;
        if let Some(many) = many.take() {
            many.abort(&self.state.link).await;
        }
    }

    fn load(&self, py: Python<'_>, done: Result<Done, Raised>) -> PyResult<()> {
        let (results, tally) = match done.map_err(|raised| self.raised(py, raised))? {
            Done::Nothing => {
                // Not one row: the statement has still to be one.
                self.query(py, Arguments::None)?;
                (Vec::new(), scratchbird::Tally::default())
            }
            Done::Results(results, tally) => (results, tally),
            Done::Queued(entry) => {
                self.state.pend(entry);
                return self.state.link.deliver(py);
            }
        };
        let size: u64 = tally.runs().map(|(_, times)| times).sum();
        let loaded = self.state.load_many(py, results, tally);
        let watched = std::mem::take(&mut *self.watched.lock());
        watched.set_size(py, size)?;
        watched.end(py, loaded, || self.state.row_count())
    }

    /// The exception for what has failed.
    fn raised(&self, py: Python<'_>, raised: Raised) -> PyErr {
        let Raised(error, failed) = raised;
        let query = self.query.lock().clone();
        let blamed = self.vectors.blamed(&error, query.as_deref());
        let error = errors::to_python(py, &error, Some(&self.sql));
        let error = match failed {
            Some(failed) => errors::in_row(py, error, failed, &blamed),
            None => error,
        };
        self.watched.lock().fail(py, &error);
        error
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        // Nobody can wait any more for what would undo it.
        if let Some(many) = self.many.get_mut().take() {
            many.drop_open(&self.state.link);
        }
    }
}

struct Raised(Error, Option<Failed>);

#[pymethods]
impl Executions {
    #[new]
    fn new(
        cursor: &Bound<'_, PyAny>,
        query: &Bound<'_, PyString>,
        returning: bool,
        timeout: Option<f64>,
    ) -> PyResult<Self> {
        let py = cursor.py();
        let state = cursor.cast::<BaseCursor>()?.get().state.clone();
        state.usable(py)?;
        state.link.outside_many(py)?;
        let limit = link::limit(py, timeout)?;
        state.begin();
        let link = &state.link;
        // In a pipeline it is a part of that.
        let watched = match link.pipeline.is_open() {
            true => Watched::default(),
            false => link.watcher.begin(py, "executemany", Some(query))?,
        };
        Ok(Executions {
            shared: Arc::new(Shared {
                sql: link::statement_text(query)?.to_owned(),
                sizes: state.take_input_sizes(),
                state,
                returning,
                limit,
                query: SyncMutex::default(),
                many: Mutex::const_new(None),
                watched: SyncMutex::new(watched),
                vectors: Vectors::default(),
            }),
        })
    }

    /// Takes rows until they are worth a request (True), or until there are no more (False).
    fn fill(&self, rows: &Bound<'_, PyIterator>) -> PyResult<bool> {
        let py = rows.py();
        let filled = self.shared.fill(rows);
        let more = filled.inspect_err(|error| self.shared.watched.lock().fail(py, error))?;
        self.shared.state.link.tell_defects(rows.py())?;
        Ok(more)
    }

    /// The names of the parameters in the order of the placeholders, None for positional ones, how many there are, and
    /// whether each is the value of a column; and, in the order of an INSERT's list of columns, which parameter each gets.
    fn parameters(&self, py: Python<'_>) -> PyResult<source::Described> {
        self.shared.parameters(py)
    }

    /// `fill` from an Arrow stream, without the GIL.
    fn fill_from(&self, py: Python<'_>, source: &ArrowSource) -> PyResult<bool> {
        self.shared.begin_source(py)?;
        let feed = source.feed.clone();
        let filled = py.detach(|| self.shared.fill_from(&feed));
        self.shared.filled(py, filled)
    }

    /// `fill_from`, awaited; the values are made on another thread.
    fn afill_from(&self, py: Python<'_>, source: &ArrowSource) -> PyResult<Awaitable> {
        self.shared.begin_source(py)?;
        let (shared, feed) = (self.shared.clone(), source.feed.clone());
        Ok(Awaitable::new("executemany", async move {
            let of = shared.clone();
            let filled = crate::columns::aside(move || of.fill_from(&feed)).await;
            let finish: Finish = Box::new(move |py| {
                let filled = filled.map_err(|error| errors::to_python(py, &error, None))?;
                let more = shared.filled(py, filled)?;
                Ok(more.into_pyobject(py)?.to_owned().into_any().unbind())
            });
            finish
        }))
    }

    /// Sends what was taken.
    fn send(&self, py: Python<'_>) -> PyResult<()> {
        let sent = wait(py, self.shared.send())?;
        sent.map_err(|raised| self.shared.raised(py, raised))
    }

    /// Sends the rest, ends the whole, and gives its results to the cursor.
    fn finish(&self, py: Python<'_>) -> PyResult<()> {
        let done = wait(py, self.shared.finish())?;
        self.shared.load(py, done)
    }

    /// Undoes what was sent.
    fn abort(&self, py: Python<'_>) -> PyResult<()> {
        wait(py, self.shared.abort())
    }

    /// `send`, awaited.
    fn asend(&self) -> Awaitable {
        let shared = self.shared.clone();
        Awaitable::new("executemany", async move {
            let sent = shared.send().await;
            let finish: Finish = Box::new(move |py| {
                sent.map_err(|raised| shared.raised(py, raised))?;
                Ok(py.None())
            });
            finish
        })
    }

    /// `finish`, awaited.
    fn afinish(&self) -> Awaitable {
        let shared = self.shared.clone();
        Awaitable::new("executemany", async move {
            let done = shared.finish().await;
            let finish: Finish = Box::new(move |py| {
                shared.load(py, done)?;
                Ok(py.None())
            });
            finish
        })
    }

    /// `abort`, awaited.
    fn aabort(&self) -> Awaitable {
        let shared = self.shared.clone();
        Awaitable::new("executemany", async move {
            shared.abort().await;
            let finish: Finish = Box::new(|py| Ok(py.None()));
            finish
        })
    }
}
