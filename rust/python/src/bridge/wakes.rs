//! Wake-ups from other threads: ids in a queue and one event per loop, however many completions there are.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::Arc;
use std::task::Wake;

use parking_lot::Mutex;
use pyo3::prelude::*;

/// The queue of one event loop.
pub(super) struct Wakes {
    queue: Mutex<Vec<u64>>,
    /// True while the loop sleeps on an empty queue: only then is an event needed.
    armed: AtomicBool,
    signal: Signal,
}

/// How a sleeping loop is told.
enum Signal {
    /// A descriptor that the loop watches: no Tokio thread ever needs the GIL.
    #[cfg(unix)]
    Descriptor {
        read: std::os::fd::OwnedFd,
        /// The writing end where reading and writing ends differ.
        write: Option<std::os::fd::OwnedFd>,
    },
    /// `loop.call_soon_threadsafe(drain)`, for loops that cannot watch descriptors.
    Callback(Mutex<Option<(Py<PyAny>, Py<PyAny>)>>),
}

impl Wakes {
    /// For a loop that has `add_reader`.
    #[cfg(unix)]
    pub(super) fn with_descriptor() -> std::io::Result<Self> {
        #[cfg(target_os = "linux")]
        let (read, write) = {
            use rustix::event::{eventfd, EventfdFlags};
            (
                eventfd(0, EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK)?,
                None,
            )
        };
        #[cfg(not(target_os = "linux"))]
        let (read, write) = {
            let (read, write) = rustix::pipe::pipe()?;
            for end in [&read, &write] {
                rustix::io::fcntl_setfd(end, rustix::io::FdFlags::CLOEXEC)?;
                rustix::io::ioctl_fionbio(end, true)?;
            }
            (read, Some(write))
        };
        Ok(Self::new(Signal::Descriptor { read, write }))
    }

    /// For a loop that has only `call_soon_threadsafe`.
    pub(super) fn with_callback() -> Self {
        Self::new(Signal::Callback(Mutex::new(None)))
    }

    fn new(signal: Signal) -> Self {
        Wakes {
            queue: Mutex::new(Vec::new()),
            armed: AtomicBool::new(true),
            signal,
        }
    }

    /// The descriptor to watch, if this loop is told by one.
    pub(super) fn descriptor(&self) -> Option<i32> {
        match &self.signal {
            #[cfg(unix)]
            Signal::Descriptor { read, .. } => {
                use std::os::fd::AsRawFd;
                Some(read.as_raw_fd())
            }
            Signal::Callback(_) => None,
        }
    }

    /// Sets what [`Wakes::with_callback`] calls.
    pub(super) fn set_callback(&self, call_soon_threadsafe: Py<PyAny>, drain: Py<PyAny>) {
        if let Signal::Callback(callback) = &self.signal {
            *callback.lock() = Some((call_soon_threadsafe, drain));
        }
    }

    fn push(&self, id: u64) {
        self.queue.lock().push(id);
        if !self.armed.swap(false, Ordering::AcqRel) {
            return;
        }
        match &self.signal {
            #[cfg(unix)]
            Signal::Descriptor { read, write } => {
                // A full pipe has an event in it already, which is all that is needed.
                let _ = rustix::io::write(write.as_ref().unwrap_or(read), &1u64.to_ne_bytes());
            }
            Signal::Callback(callback) => Python::attach(|py| {
                let callback = callback.lock();
                if let Some((call_soon_threadsafe, drain)) = callback.as_ref() {
                    if let Err(error) = call_soon_threadsafe.call1(py, (drain,)) {
                        // The loop is closed: nobody is left to wake.
                        drop(error);
                    }
                }
            }),
        }
    }

    /// The ids woken since the last call; the next push signals again.
    pub(super) fn drain(&self) -> Vec<u64> {
        #[cfg(unix)]
        if let Signal::Descriptor { read, .. } = &self.signal {
            let mut buffer = [0u8; 64];
            while matches!(rustix::io::read(read, &mut buffer), Ok(count) if count == buffer.len())
            {
            }
        }
        self.armed.store(true, Ordering::Release);
        std::mem::take(&mut *self.queue.lock())
    }
}

/// The waker of one suspended operation.
pub(super) struct Nudge {
    pub(super) wakes: Arc<Wakes>,
    pub(super) id: u64,
}

impl Wake for Nudge {
    fn wake(self: Arc<Self>) {
        self.wakes.push(self.id);
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.wakes.push(self.id);
    }
}
