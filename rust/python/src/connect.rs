//! Opening a connection, for both faces: the work runs on the Tokio runtime, the caller waits for it.

use std::future::Future;
use std::sync::Arc;

use parking_lot::Mutex;
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyDict, PyList, PyTuple};
use scratchbird::config::keys;
use scratchbird::credentials::Providers;
use scratchbird::pool::Lease;
use scratchbird::trace::TraceContext;
use scratchbird::{runtime, AuthSurface, Config, Connection, Error};

use crate::bridge::{forget_loops, wait, Awaitable, Finish};
use crate::errors;
use crate::link::Link;
use crate::questions::PythonProvider;
use crate::watch::{self, Watched, Watcher};

/// A session that was opened and waits for the face that takes it.
#[pyclass(frozen, module = "scratchbird._core")]
pub struct Opened(Mutex<Option<Arc<Link>>>);

impl Opened {
    pub(crate) fn new(link: Link) -> Self {
        Opened(Mutex::new(Some(Arc::new(link))))
    }

    pub(crate) fn take(&self, py: Python<'_>) -> PyResult<Arc<Link>> {
        let link = self
            .0
            .lock()
            .take()
            .ok_or_else(|| errors::interface(py, "a connection is made by connect()"))?;
        link.with_lease(Lease::used);
        Ok(link)
    }
}

/// Reads the configuration: keyword arguments win over the DSN, and both over the environment.
pub(crate) fn configuration(dsn: Option<&str>, options: &Bound<'_, PyDict>) -> PyResult<Config> {
    let py = options.py();
    let mut keywords = Vec::with_capacity(options.len());
    let mut providers = Providers::default();
    for (key, value) in options.iter() {
        if value.is_none() {
            continue;
        }
        if value.is_callable() {
            provide(&mut providers, &key.extract::<String>()?, &value)?;
            continue;
        }
        keywords.push((key.extract::<String>()?, text(&value)?));
    }
    let env = |name: &str| std::env::var(name).ok();
    let config = Config::from_parts_asking(dsn, keywords.into_iter(), env, providers)
        .map_err(|error| errors::to_python(py, &error, None))?;
    watch::check(py, &config.watch)?;
    Ok(config)
}

/// A value as it would be written in a connection string; a list for hosts and ports.
fn text(value: &Bound<'_, PyAny>) -> PyResult<String> {
    if let Ok(flag) = value.cast::<PyBool>() {
        return Ok(flag.is_true().to_string());
    }
    if value.is_instance_of::<PyList>() || value.is_instance_of::<PyTuple>() {
        let items = value.try_iter()?;
        let items: Vec<String> = items.map(|item| text(&item?)).collect::<PyResult<_>>()?;
        return Ok(items.join(","));
    }
    Ok(value.str()?.to_str()?.to_owned())
}

/// Takes a callable for a secret.
fn provide(providers: &mut Providers, key: &str, value: &Bound<'_, PyAny>) -> PyResult<()> {
    let py = value.py();
    let name = keys::find(key).map_or("", |key| key.name);
    match providers.slot(name) {
        None => Err(errors::interface(
            py,
            format!("{key}: only password, token and manager_auth_token may be callables"),
        )),
        Some(Some(_)) => Err(errors::interface(
            py,
            format!("{key}: given twice, in two spellings"),
        )),
        Some(slot) => {
            *slot = Some(Arc::new(PythonProvider::new(name, value)?));
            Ok(())
        }
    }
}

/// Connects on the runtime; dropping the future gives the attempt up.
async fn open(
    config: Config,
    trace: Option<Arc<TraceContext>>,
) -> Result<(Connection, bool), Error> {
    let autocommit = config.autocommit;
    let connecting = async move { Connection::connect(&config).await };
    let connection = on_runtime(watch::within(trace, connecting)).await?;
    Ok((connection, autocommit))
}

/// Runs on the runtime; dropping the future ends it.
async fn on_runtime<T: Send + 'static>(
    work: impl Future<Output = Result<T, Error>> + Send + 'static,
) -> Result<T, Error> {
    let task = runtime::shared()?.spawn(work);
    let guard = AbortOnDrop(task.abort_handle());
    let outcome = task.await.unwrap_or_else(|error| {
        Err(Error::Internal(format!(
            "the connecting task failed: {error}"
        )))
    });
    drop(guard);
    outcome
}

struct AbortOnDrop(tokio::task::AbortHandle);

impl Drop for AbortOnDrop {
    fn drop(&mut self) {
        self.0.abort();
    }
}

fn opened(
    py: Python<'_>,
    outcome: PyResult<Result<(Connection, bool), Error>>,
    watcher: Watcher,
    watched: Watched,
) -> PyResult<Opened> {
    let outcome = outcome.and_then(|outcome| {
        let (connection, autocommit) =
            outcome.map_err(|error| errors::to_python(py, &error, None))?;
        watcher.connected(py, &connection)?;
        Ok(Opened::new(Link::new(connection, autocommit, watcher)))
    });
    watched.end(py, outcome, || -1)
}

/// Connect and wait.
#[pyfunction]
#[pyo3(signature = (dsn, options))]
pub fn connect(py: Python<'_>, dsn: Option<&str>, options: &Bound<'_, PyDict>) -> PyResult<Opened> {
    let config = configuration(dsn, options)?;
    let watcher = Watcher::of_config(py, &config)?;
    let watched = watcher.begin(py, "connect", None)?;
    let outcome = wait(py, open(config, watched.trace()));
    opened(py, outcome, watcher, watched)
}

/// Connect; awaited.
#[pyfunction]
#[pyo3(signature = (dsn, options))]
pub fn connect_async(dsn: Option<&str>, options: &Bound<'_, PyDict>) -> PyResult<Awaitable> {
    let config = configuration(dsn, options)?;
    let py = options.py();
    let watcher = Watcher::of_config(py, &config)?;
    let watched = watcher.begin(py, "connect", None)?;
    Ok(Awaitable::new("connect_async", async move {
        let outcome = open(config, watched.trace()).await;
        let finish: Finish = Box::new(move |py| {
            let session = opened(py, Ok(outcome), watcher, watched)?;
            Ok(Py::new(py, session)?.into_any())
        });
        finish
    }))
}

/// What is known of how clients sign in, by the names of `scratchbird.AuthSurface`.
fn surface(py: Python<'_>, outcome: Result<AuthSurface, Error>) -> PyResult<Bound<'_, PyDict>> {
    let surface = outcome.map_err(|error| errors::to_python(py, &error, None))?;
    let dict = PyDict::new(py);
    dict.set_item("address", surface.address)?;
    dict.set_item("is_manager", surface.is_manager)?;
    dict.set_item("code", surface.code)?;
    dict.set_item("method", surface.method)?;
    dict.set_item("is_supported", surface.is_supported)?;
    dict.set_item("is_permitted", surface.is_permitted)?;
    dict.set_item("tls_version", surface.tls_version)?;
    let details = PyDict::new(py);
    for (key, value) in surface.details {
        details.set_item(key, value)?;
    }
    dict.set_item("details", details)?;
    Ok(dict)
}

/// Ask how to sign in, and wait.
#[pyfunction]
#[pyo3(signature = (dsn, options))]
pub fn probe<'py>(
    py: Python<'py>,
    dsn: Option<&str>,
    options: &Bound<'_, PyDict>,
) -> PyResult<Bound<'py, PyDict>> {
    let config = configuration(dsn, options)?;
    let asked = on_runtime(async move { scratchbird::probe(&config).await });
    surface(py, wait(py, asked)?)
}

/// Ask how to sign in; awaited.
#[pyfunction]
#[pyo3(signature = (dsn, options))]
pub fn probe_async(dsn: Option<&str>, options: &Bound<'_, PyDict>) -> PyResult<Awaitable> {
    let config = configuration(dsn, options)?;
    Ok(Awaitable::new("probe_async", async move {
        let asked = on_runtime(async move { scratchbird::probe(&config).await });
        let outcome = asked.await;
        let finish: Finish = Box::new(move |py| Ok(surface(py, outcome)?.into_any().unbind()));
        finish
    }))
}

/// Tells the runtime that this process is the child of a fork.
#[pyfunction]
pub fn _forked() {
    runtime::forked();
    forget_loops();
}
