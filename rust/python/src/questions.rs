//! Questions for secrets, from the runtime to a thread of Python: `scratchbird._providers` takes them here and answers.
//!
//! No thread of the runtime takes the GIL for it. Must not know: how Python finds an answer.

use std::collections::VecDeque;
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::Arc;
use std::time::{Duration, Instant};

use parking_lot::{Condvar, Mutex};
use pyo3::prelude::*;
use pyo3::types::PyString;
use scratchbird::config::Secret;
use scratchbird::credentials::{Asked, Provider};
use scratchbird::Error;
use tokio::sync::oneshot;

/// What Python raised. Neither its text nor its values are shown here: they belong to the user, and may be secret.
pub struct Raised(PyErr);

impl Raised {
    pub fn exception(&self, py: Python<'_>) -> PyErr {
        self.0.clone_ref(py)
    }
}

impl fmt::Debug for Raised {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an exception")
    }
}

impl fmt::Display for Raised {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("it raised an exception")
    }
}

impl std::error::Error for Raised {}

type Answer = Result<Secret, Error>;

enum Event {
    Asked {
        number: u64,
        provider: Arc<Py<PyAny>>,
        question: Question,
    },
    /// Nobody waits for the answer any more.
    GivenUp {
        number: u64,
        provider: Arc<Py<PyAny>>,
    },
}

#[derive(Default)]
struct Queue {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    events: VecDeque<Event>,
    closed: bool,
}

impl Queue {
    /// False where nobody answers any more.
    fn push(&self, event: Event) -> bool {
        let mut state = self.state.lock();
        if state.closed {
            return false;
        }
        state.events.push_back(event);
        drop(state);
        self.changed.notify_one();
        true
    }
}

/// The questions of a process.
#[pyclass(frozen, module = "scratchbird._core")]
pub struct Questions(Arc<Queue>);

/// One question; it is answered once.
#[pyclass(frozen, module = "scratchbird._core")]
pub struct Question {
    what: &'static str,
    answer: Mutex<Option<oneshot::Sender<Answer>>>,
}

type Taken = (Py<PyAny>, u64, Option<Py<Question>>);

#[pymethods]
impl Questions {
    #[new]
    fn new() -> Self {
        Questions(Arc::default())
    }

    /// Questions as tuples of provider, number and question; with `None` for the question, where it was given up. Waits
    /// up to `timeout` seconds for something. `None` after `close`.
    fn take(&self, py: Python<'_>, timeout: f64) -> PyResult<Option<Vec<Taken>>> {
        let limit = Duration::try_from_secs_f64(timeout).unwrap_or(Duration::from_secs(60));
        let events: Option<Vec<Event>> = py.detach(|| {
            let until = Instant::now() + limit;
            let mut state = self.0.state.lock();
            while state.events.is_empty() && !state.closed {
                if self.0.changed.wait_until(&mut state, until).timed_out() {
                    break;
                }
            }
            (!state.closed).then(|| state.events.drain(..).collect())
        });
        let Some(events) = events else {
            return Ok(None);
        };
        let taken = |event| {
            Ok(match event {
                Event::Asked {
                    number,
                    provider,
                    question,
                } => (provider.clone_ref(py), number, Some(Py::new(py, question)?)),
                Event::GivenUp { number, provider } => (provider.clone_ref(py), number, None),
            })
        };
        events
            .into_iter()
            .map(taken)
            .collect::<PyResult<_>>()
            .map(Some)
    }

    /// End: `take` returns, what is asked from now on fails.
    fn close(&self) {
        let mut state = self.0.state.lock();
        state.closed = true;
        let left = std::mem::take(&mut state.events);
        drop(state);
        self.0.changed.notify_all();
        drop(left);
    }
}

#[pymethods]
impl Question {
    /// Answer with a text.
    fn answer(&self, value: &Bound<'_, PyAny>) -> PyResult<()> {
        let what = self.what;
        let text = value
            .cast::<PyString>()
            .ok()
            .and_then(|text| text.to_str().ok());
        let answer = match text {
            Some("") => Err(Error::Auth(format!(
                "the callable given as {what} returned an empty text"
            ))),
            Some(text) if text.contains('\0') => Err(Error::Auth(format!(
                "the callable given as {what} returned a NUL character"
            ))),
            Some(text) => Ok(Secret::new(text)),
            None => {
                let kind = value.get_type().name()?;
                Err(Error::Interface(format!(
                    "the callable given as {what} must return a str, not {kind}"
                )))
            }
        };
        self.send(answer);
        Ok(())
    }

    /// Answer with what was raised.
    fn fail(&self, exception: Bound<'_, PyAny>) {
        let source = Box::new(Raised(PyErr::from_value(exception)));
        self.send(Err(Error::Provider {
            what: self.what,
            source,
        }));
    }
}

impl Question {
    fn send(&self, answer: Answer) {
        if let Some(sender) = self.answer.lock().take() {
            // Who has given up meanwhile needs no answer.
            drop(sender.send(answer));
        }
    }
}

/// A provider object of `scratchbird._providers`.
pub struct PythonProvider {
    what: &'static str,
    provider: Arc<Py<PyAny>>,
    queue: Arc<Queue>,
}

impl PythonProvider {
    /// For a connection parameter; the object says which thread answers.
    pub fn new(what: &'static str, provider: &Bound<'_, PyAny>) -> PyResult<Self> {
        let questions = provider.getattr("questions")?;
        Ok(PythonProvider {
            what,
            provider: Arc::new(provider.clone().unbind()),
            queue: questions.cast::<Questions>()?.get().0.clone(),
        })
    }
}

static NUMBERS: AtomicU64 = AtomicU64::new(1);

impl Provider for PythonProvider {
    fn ask(&self) -> Asked {
        let what = self.what;
        let (sender, receiver) = oneshot::channel();
        let number = NUMBERS.fetch_add(1, Ordering::Relaxed);
        let question = Question {
            what,
            answer: Mutex::new(Some(sender)),
        };
        let asked = self.queue.push(Event::Asked {
            number,
            provider: self.provider.clone(),
            question,
        });
        let waiting = Waiting {
            number,
            provider: self.provider.clone(),
            queue: self.queue.clone(),
            answered: !asked,
        };
        Box::pin(wait(receiver, waiting, what))
    }
}

async fn wait(
    receiver: oneshot::Receiver<Answer>,
    mut waiting: Waiting,
    what: &'static str,
) -> Answer {
    let answer = receiver.await;
    waiting.answered = true;
    drop(waiting);
    answer.unwrap_or_else(|_| {
        Err(Error::Auth(format!(
            "the callable given as {what} cannot be called any more: the program ends"
        )))
    })
}

/// Tells Python when nobody waits for the answer any more.
struct Waiting {
    number: u64,
    provider: Arc<Py<PyAny>>,
    queue: Arc<Queue>,
    answered: bool,
}

impl Drop for Waiting {
    fn drop(&mut self) {
        if !self.answered {
            self.queue.push(Event::GivenUp {
                number: self.number,
                provider: self.provider.clone(),
            });
        }
    }
}
