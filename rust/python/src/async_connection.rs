//! `_core.AsyncConnection`: the asyncio face of a connection. Same names as [`crate::connection`], awaited.

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;

use pyo3::prelude::*;
use pyo3::types::PyBool;
use scratchbird::Error;

use crate::base_connection::BaseConnection;
use crate::bridge::{forget_descriptor, Awaitable, Finish};
use crate::errors;
use crate::events;
use crate::link::{limit, Link};

/// A session with a server, for asyncio.
#[pyclass(extends = BaseConnection, subclass, frozen, module = "scratchbird._core")]
pub struct AsyncConnection {
    /// The base's, at hand.
    link: Arc<Link>,
}

fn unit(
    name: &'static str,
    operation: impl Future<Output = Result<(), Error>> + Send + 'static,
) -> Awaitable {
    Awaitable::new(name, async move {
        let outcome = operation.await;
        let finish: Finish = Box::new(move |py| match outcome {
            Ok(()) => Ok(py.None()),
            Err(error) => Err(errors::to_python(py, &error, None)),
        });
        finish
    })
}

/// [`unit`], after which the handlers are told what has come with the answer.
fn told<F>(
    name: &'static str,
    link: &Arc<Link>,
    operation: impl FnOnce(Arc<Link>) -> F,
) -> Awaitable
where
    F: Future<Output = Result<(), Error>> + Send + 'static,
{
    let link = link.clone();
    let operation = operation(link.clone());
    Awaitable::new(name, async move {
        let outcome = operation.await;
        let finish: Finish = Box::new(move |py| {
            link.tell(py)?;
            match outcome {
                Ok(()) => Ok(py.None()),
                Err(error) => Err(errors::to_python(py, &error, None)),
            }
        });
        finish
    })
}

impl AsyncConnection {
    /// Ends a transaction, which is watched, and has the handlers told of what has come with the answer.
    fn finish<F>(
        &self,
        py: Python<'_>,
        name: &'static str,
        kind: &str,
        end: impl FnOnce(Arc<Link>) -> F,
    ) -> PyResult<Awaitable>
    where
        F: Future<Output = Result<(), Error>> + Send + 'static,
    {
        let watched = self.link.watcher.begin(py, kind, None)?;
        let link = self.link.clone();
        let end = end(link.clone());
        Ok(Awaitable::new(name, async move {
            let outcome = link.accompany(watched.trace(), pin!(end)).await;
            let finish: Finish = Box::new(move |py| {
                link.tell(py)?;
                let outcome = outcome.map_err(|error| errors::to_python(py, &error, None));
                watched.end(py, outcome, || -1).map(|()| py.None())
            });
            finish
        }))
    }
}

#[pymethods]
impl AsyncConnection {
    /// Takes the session over that `_core.connect_async` opened.
    #[new]
    #[pyo3(signature = (session))]
    fn new(session: &Bound<'_, super::connect::Opened>) -> PyResult<PyClassInitializer<Self>> {
        let link = session.get().take(session.py())?;
        let base = BaseConnection::new(session.py(), link.clone(), "AsyncConnection");
        Ok(PyClassInitializer::from(base).add_subclass(AsyncConnection { link }))
    }

    /// Make the work of the transaction permanent; the next one begins at once (SBWP 3.7.2).
    #[pyo3(signature = (*, timeout = None))]
    fn commit(&self, py: Python<'_>, timeout: Option<f64>) -> PyResult<Awaitable> {
        let limit = limit(py, timeout)?;
        self.link.outside_many(py)?;
        self.finish(
            py,
            "AsyncConnection.commit",
            "commit",
            move |link| async move { link.commit(limit).await },
        )
    }

    /// Undo the work of the transaction; the next one begins at once (SBWP 3.7.3).
    #[pyo3(signature = (*, timeout = None))]
    fn rollback(&self, py: Python<'_>, timeout: Option<f64>) -> PyResult<Awaitable> {
        let limit = limit(py, timeout)?;
        self.link.outside_many(py)?;
        self.finish(
            py,
            "AsyncConnection.rollback",
            "rollback",
            move |link| async move { link.rollback(limit).await },
        )
    }

    /// Close the connection; work that is not committed is rolled back. Closing twice is no error.
    #[pyo3(signature = (*, timeout = None))]
    fn close(&self, py: Python<'_>, timeout: Option<f64>) -> PyResult<Awaitable> {
        let limit = limit(py, timeout)?;
        let link = self.link.clone();
        Ok(Awaitable::new("AsyncConnection.close", async move {
            let was_open = !link.connection.is_closed();
            let woken = Python::attach(|py| link.end_running(py));
            let mut forgotten = Ok(());
            let closed = link
                .connection
                .close(limit, || {
                    let descriptor = link.connection.descriptor();
                    forgotten = Python::attach(|py| forget_descriptor(py, descriptor));
                })
                .await;
            let finish: Finish = Box::new(move |py| {
                closed.map_err(|error| errors::to_python(py, &error, None))?;
                woken.and(forgotten)?;
                if was_open {
                    link.watcher.closed(py)?;
                }
                Ok(py.None())
            });
            finish
        }))
    }

    /// Ask that the statement which another task is running on this connection end (SBWP 3.8 CANCEL). As
    /// `Connection.cancel`: it takes effect with the call, from any thread or task, and does not wait for the statement's
    /// end. What it returns can be awaited, and need not be.
    fn cancel(&self, py: Python<'_>) -> PyResult<Awaitable> {
        self.link.cancel(py)?;
        let finish: Finish = Box::new(|py| Ok(py.None()));
        Ok(Awaitable::ready("AsyncConnection.cancel", finish))
    }

    /// Ask the server for a sign of life (SBWP 3.9 PING).
    #[pyo3(signature = (*, timeout = None))]
    fn ping(&self, py: Python<'_>, timeout: Option<f64>) -> PyResult<Awaitable> {
        let limit = limit(py, timeout)?;
        Ok(told(
            "AsyncConnection.ping",
            &self.link,
            |link| async move { link.connection.ping_within(limit).await },
        ))
    }

    /// Ends the transaction without asking what it is.
    #[pyo3(signature = (commit, timeout = None))]
    fn _end(&self, py: Python<'_>, commit: bool, timeout: Option<f64>) -> PyResult<Awaitable> {
        let limit = limit(py, timeout)?;
        self.link.outside_many(py)?;
        let (name, kind) = match commit {
            true => ("AsyncConnection.commit", "commit"),
            false => ("AsyncConnection.rollback", "rollback"),
        };
        self.finish(py, name, kind, move |link| async move {
            link.end(commit, limit).await
        })
    }

    /// Runs a statement of the driver's own.
    #[pyo3(signature = (sql, commits, timeout = None))]
    fn _control(
        &self,
        py: Python<'_>,
        sql: String,
        commits: bool,
        timeout: Option<f64>,
    ) -> PyResult<Awaitable> {
        let limit = limit(py, timeout)?;
        self.link.outside_many(py)?;
        let link = self.link.clone();
        Ok(unit("AsyncConnection.transaction", async move {
            link.control(&sql, commits, limit).await
        }))
    }

    fn _pipeline_sync(&self) -> Awaitable {
        let link = self.link.clone();
        Awaitable::new("AsyncPipeline.sync", async move {
            let synced = link.sync_pipeline().await;
            let finish: Finish = Box::new(move |py| {
                link.deliver(py)?;
                match synced {
                    Ok(()) => Ok(py.None()),
                    Err(failed) => Err(link.failed_in_pipeline(py, &failed)),
                }
            });
            finish
        })
    }

    #[pyo3(signature = (kind, name, condition, timeout = None))]
    fn _subscribe(
        &self,
        py: Python<'_>,
        kind: u8,
        name: String,
        condition: String,
        timeout: Option<f64>,
    ) -> PyResult<Awaitable> {
        let limit = limit(py, timeout)?;
        self.link.outside_many(py)?;
        let link = self.link.clone();
        Ok(unit("AsyncConnection.subscribe", async move {
            let connection = &link.connection;
            let until = connection.deadline(limit);
            connection.subscribe(kind, &name, &condition, until).await
        }))
    }

    #[pyo3(signature = (name, timeout = None))]
    fn _unsubscribe(
        &self,
        py: Python<'_>,
        name: String,
        timeout: Option<f64>,
    ) -> PyResult<Awaitable> {
        let limit = limit(py, timeout)?;
        self.link.outside_many(py)?;
        let link = self.link.clone();
        Ok(unit("AsyncConnection.unsubscribe", async move {
            let until = link.connection.deadline(limit);
            link.connection.unsubscribe(&name, until).await
        }))
    }

    /// Waits for a notification; False when the time was up first.
    #[pyo3(signature = (timeout, untold))]
    fn _wait_notification(
        &self,
        py: Python<'_>,
        timeout: Option<f64>,
        untold: bool,
    ) -> PyResult<Awaitable> {
        let until = events::deadline(py, timeout)?;
        let link = self.link.clone();
        Ok(Awaitable::new(
            "AsyncConnection.notifications",
            async move {
                let outcome = link.connection.wait_for_notification(until, untold).await;
                let finish: Finish = Box::new(move |py| match outcome {
                    Ok(has_come) => Ok(PyBool::new(py, has_come).to_owned().into_any().unbind()),
                    Err(error) => Err(errors::to_python(py, &error, None)),
                });
                finish
            },
        ))
    }
}
