//! `_core.Pool`: the pool that both faces share. The hooks of its users run in Python, in the thread or task that takes or
//! returns a connection; here is only what waits.

use std::time::Duration;

use pyo3::prelude::*;
use pyo3::types::PyDict;
use scratchbird::pool::{self, EventKind, Events, Lease, PoolError, Settings};

use crate::base_connection::BaseConnection;
use crate::bridge::{forget_descriptor, wait, Awaitable, Finish};
use crate::connect::{configuration, Opened};
use crate::errors;
use crate::link::{limit, Link};
use crate::pool_error::to_python;

/// The longest time that is told from no limit: a century.
const LONGEST: f64 = 100.0 * 365.25 * 86400.0;

/// A pool of connections, for blocking callers and for coroutines.
#[pyclass(frozen, weakref, module = "scratchbird._core")]
pub struct Pool {
    pool: pool::Pool,
    telemetry: bool,
}

/// What pools did in the background: the queue that a log is written from.
#[pyclass(frozen, module = "scratchbird._core")]
pub struct PoolEvents {
    events: Events,
}

/// Seconds, as a time.
fn seconds(py: Python<'_>, name: &str, value: f64) -> PyResult<Duration> {
    Duration::try_from_secs_f64(value.min(LONGEST)).map_err(|_| {
        errors::interface(
            py,
            format!("{name} is a number of seconds, 0 or more, not {value}"),
        )
    })
}

fn settings(given: &Bound<'_, PyDict>) -> PyResult<Settings> {
    let py = given.py();
    let mut settings = Settings::default();
    for (key, value) in given.iter() {
        let key: String = key.extract()?;
        let time = || seconds(py, &key, value.extract()?);
        match key.as_str() {
            "name" => settings.name = value.extract()?,
            "min_size" => settings.min_size = value.extract()?,
            "max_size" => settings.max_size = value.extract()?,
            "max_waiting" => settings.max_waiting = value.extract()?,
            "keep_idle" => settings.keep_idle = value.extract()?,
            "breaker_failures" => settings.breaker_failures = value.extract()?,
            "max_lifetime" => settings.max_lifetime = time()?,
            "max_idle" => settings.max_idle = time()?,
            "reconnect_timeout" => settings.reconnect_timeout = time()?,
            "ping_after" => settings.ping_after = time()?,
            "breaker_pause" => settings.breaker_pause = time()?,
            other => {
                return Err(errors::interface(
                    py,
                    format!("a pool has no setting {other:?}"),
                ))
            }
        }
    }
    Ok(settings)
}

fn check<T>(py: Python<'_>, outcome: Result<T, PoolError>) -> PyResult<T> {
    outcome.map_err(|error| to_python(py, &error))
}

fn nothing(
    name: &'static str,
    operation: impl std::future::Future<Output = Result<(), PoolError>> + Send + 'static,
) -> Awaitable {
    Awaitable::new(name, async move {
        let outcome = operation.await;
        let finish: Finish = Box::new(move |py| check(py, outcome).map(|()| py.None()));
        finish
    })
}

/// The link of a connection of either face.
fn link_of<R>(connection: &Bound<'_, PyAny>, look: impl FnOnce(&Link) -> R) -> PyResult<R> {
    Ok(look(&connection.cast::<BaseConnection>()?.get().link))
}

/// Ends the loan of a connection; `None` where it has ended already. No loop watches its socket any more then, so that
/// the pool may close it from any thread.
fn end_loan(connection: &Bound<'_, PyAny>) -> PyResult<Option<(Lease, pool::Restore)>> {
    link_of(connection, |link| {
        forget_descriptor(connection.py(), link.connection.descriptor())?;
        drop(link.connection.take_notices());
        Ok(link.end_loan())
    })?
}

const CHANGED: &str = "its settings were changed in a way that cannot be undone";
const REFUSED: &str = "it came back broken";

#[pymethods]
impl Pool {
    #[new]
    #[pyo3(signature = (dsn, options, settings, events))]
    fn new(
        dsn: Option<&str>,
        options: &Bound<'_, PyDict>,
        settings: &Bound<'_, PyDict>,
        events: &PoolEvents,
    ) -> PyResult<Self> {
        let py = options.py();
        let config = configuration(dsn, options)?;
        let telemetry = config.watch.telemetry;
        let settings = self::settings(settings)?;
        let pool = pool::Pool::new(config, settings, events.events.clone())
            .map_err(|error| errors::to_python(py, &error, None))?;
        Ok(Pool { pool, telemetry })
    }

    /// Start connecting in the background.
    fn open(&self, py: Python<'_>) -> PyResult<()> {
        check(py, self.pool.open())
    }

    /// Whether OpenTelemetry is to get its metrics.
    #[getter]
    fn telemetry(&self) -> bool {
        self.telemetry
    }

    /// True while connections are lent.
    #[getter]
    fn is_open(&self) -> bool {
        self.pool.is_open()
    }

    /// Take a connection, within so many seconds.
    fn acquire(&self, py: Python<'_>, timeout: f64) -> PyResult<Opened> {
        let limit = seconds(py, "timeout", timeout)?;
        let lease = check(py, wait(py, self.pool.acquire(limit))?)?;
        Ok(Opened::new(Link::lent(py, lease)?))
    }

    /// Take a connection, within so many seconds; awaited.
    fn acquire_async(&self, py: Python<'_>, timeout: f64) -> PyResult<Awaitable> {
        let limit = seconds(py, "timeout", timeout)?;
        let pool = self.pool.clone();
        Ok(Awaitable::new("Pool.acquire_async", async move {
            let outcome = pool.acquire(limit).await;
            let finish: Finish = Box::new(move |py| {
                let lease = check(py, outcome)?;
                Ok(Py::new(py, Opened::new(Link::lent(py, lease)?))?.into_any())
            });
            finish
        }))
    }

    /// Take a connection back, or close it where it is not `good`.
    #[pyo3(signature = (connection, good, timeout = None))]
    fn release(
        &self,
        connection: &Bound<'_, PyAny>,
        good: bool,
        timeout: Option<f64>,
    ) -> PyResult<()> {
        let py = connection.py();
        let limit = limit(py, timeout)?;
        match end_loan(connection)? {
            None => Ok(()),
            Some((lease, _)) if !good => {
                lease.discard(REFUSED);
                Ok(())
            }
            Some((lease, restore)) if !lease.can_undo(&restore.changes) => {
                lease.discard(CHANGED);
                Ok(())
            }
            Some((lease, restore)) => wait(py, lease.restore(restore, limit)),
        }
    }

    /// Take a connection back, or close it where it is not `good`; awaited. What must be done about the connection is
    /// done also where nobody awaits it to its end.
    #[pyo3(signature = (connection, good, timeout = None))]
    fn release_async(
        &self,
        connection: &Bound<'_, PyAny>,
        good: bool,
        timeout: Option<f64>,
    ) -> PyResult<Awaitable> {
        let limit = limit(connection.py(), timeout)?;
        const NAME: &str = "Pool.release_async";
        let done = || Awaitable::ready(NAME, Box::new(|py| Ok(py.None())));
        match end_loan(connection)? {
            None => Ok(done()),
            Some((lease, _)) if !good => {
                lease.discard(REFUSED);
                Ok(done())
            }
            Some((lease, restore)) if !lease.can_undo(&restore.changes) => {
                lease.discard(CHANGED);
                Ok(done())
            }
            Some((lease, restore)) => Ok(Awaitable::new(NAME, async move {
                lease.restore(restore, limit).await;
                let finish: Finish = Box::new(|py| Ok(py.None()));
                finish
            })),
        }
    }

    /// The number of a lent connection, `None` where it is not lent any more.
    fn number(&self, connection: &Bound<'_, PyAny>) -> PyResult<Option<u64>> {
        link_of(connection, |link| link.with_lease(|lease| lease.id()))
    }

    /// True in the first loan of a connection.
    fn is_first(&self, connection: &Bound<'_, PyAny>) -> PyResult<bool> {
        link_of(connection, |link| {
            link.with_lease(|lease| lease.is_first()).unwrap_or(false)
        })
    }

    /// True where a lent connection has not been configured yet.
    fn is_new(&self, connection: &Bound<'_, PyAny>) -> PyResult<bool> {
        link_of(connection, |link| {
            link.with_lease(|lease| !lease.is_configured())
                .unwrap_or(false)
        })
    }

    /// Remember that a lent connection has been configured.
    fn set_configured(&self, connection: &Bound<'_, PyAny>) -> PyResult<()> {
        link_of(connection, |link| {
            let changes = link.take_changes();
            link.keep_settings(connection.py());
            link.with_lease(|lease| lease.set_configured(changes));
        })
    }

    /// True while the transaction of a connection may hold work.
    fn is_dirty(&self, connection: &Bound<'_, PyAny>) -> PyResult<bool> {
        link_of(connection, |link| link.connection.in_transaction())
    }

    /// Wait until `min_size` connections are there.
    fn wait(&self, py: Python<'_>, timeout: f64) -> PyResult<()> {
        let limit = seconds(py, "timeout", timeout)?;
        check(py, wait(py, self.pool.wait(limit))?)
    }

    /// Wait until `min_size` connections are there; awaited.
    fn wait_async(&self, py: Python<'_>, timeout: f64) -> PyResult<Awaitable> {
        let limit = seconds(py, "timeout", timeout)?;
        let pool = self.pool.clone();
        Ok(nothing(
            "Pool.wait_async",
            async move { pool.wait(limit).await },
        ))
    }

    /// Close the pool.
    fn close(&self, py: Python<'_>, timeout: f64) -> PyResult<()> {
        let limit = seconds(py, "timeout", timeout)?;
        wait(py, self.pool.close(limit))
    }

    /// Close the pool; awaited.
    fn close_async(&self, py: Python<'_>, timeout: f64) -> PyResult<Awaitable> {
        let limit = seconds(py, "timeout", timeout)?;
        let pool = self.pool.clone();
        Ok(nothing("Pool.close_async", async move {
            pool.close(limit).await;
            Ok(())
        }))
    }

    /// Change the sizes.
    fn resize(&self, py: Python<'_>, min_size: usize, max_size: usize) -> PyResult<()> {
        self.pool
            .resize(min_size, max_size)
            .map_err(|error| errors::to_python(py, &error, None))
    }

    /// Replace all connections.
    fn drain(&self, py: Python<'_>) -> PyResult<()> {
        check(py, self.pool.drain())
    }

    /// The statistics by name; `take` sets the sums back to zero.
    fn statistics<'py>(&self, py: Python<'py>, take: bool) -> PyResult<Bound<'py, PyDict>> {
        let dict = PyDict::new(py);
        for (name, value) in self.pool.statistics(take).entries() {
            dict.set_item(name, value)?;
        }
        Ok(dict)
    }
}

type EventFields = (&'static str, String, Option<u64>, String, Option<f64>);

#[pymethods]
impl PoolEvents {
    #[new]
    fn new() -> Self {
        PoolEvents {
            events: Events::default(),
        }
    }

    /// What has happened, as tuples of kind, pool, connection number, detail, and the seconds that connecting took; waits
    /// up to `timeout` seconds for something. `None` after `close`.
    fn take(&self, py: Python<'_>, timeout: f64) -> PyResult<Option<Vec<EventFields>>> {
        let limit = seconds(py, "timeout", timeout)?;
        let taken = py.detach(|| self.events.take(limit));
        Ok(taken.map(|events| {
            events
                .into_iter()
                .map(|event| {
                    let kind = match event.kind {
                        EventKind::Created => "created",
                        EventKind::Pruned => "pruned",
                        EventKind::Failed => "failed",
                    };
                    let took = event.took.map(|took| took.as_secs_f64());
                    (kind, event.pool, event.connection, event.detail, took)
                })
                .collect()
        }))
    }

    /// End the queue: `take` returns.
    fn close(&self) {
        self.events.close();
    }
}
