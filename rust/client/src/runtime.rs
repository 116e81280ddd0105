//! The one Tokio runtime of the process, rebuilt in a forked child.
//!
//! Threads do not survive a fork: a child that used its parent's runtime would wait for ever. [`forked`] is called in the
//! child (Python's `os.register_at_fork`) and starts a new generation; connections remember theirs.

use std::io;
use std::sync::OnceLock;

use parking_lot::Mutex;
use tokio::runtime::{Builder, Runtime};

use crate::per_process::{self, PerProcess};

/// Leaked on purpose: joining threads that exist only in a fork's parent would never end.
static SHARED: PerProcess<Mutex<Option<&'static Runtime>>> = PerProcess::new();

/// Where the runtime of the first generation comes from, if not from here.
static PROVIDER: OnceLock<fn() -> &'static Runtime> = OnceLock::new();

/// Makes the runtime of an embedding program the shared one. It counts before the first use only; a forked child still
/// gets a runtime of its own.
pub fn provide(provider: fn() -> &'static Runtime) {
    // A second provider would come too late anyway: the first one's runtime may own sockets already.
    let _ = PROVIDER.set(provider);
}

/// How the shared runtime is built: with one worker thread, because the work is done by the threads that wait, or with as
/// many as the environment variable `SCRATCHBIRD_WORKER_THREADS` says.
pub fn builder() -> Builder {
    let workers = std::env::var("SCRATCHBIRD_WORKER_THREADS")
        .ok()
        .and_then(|count| count.parse::<usize>().ok())
        .filter(|count| (1..=1024).contains(count));
    let mut builder = Builder::new_multi_thread();
    builder
        .worker_threads(workers.unwrap_or(1))
        .thread_name("scratchbird")
        .enable_all();
    builder
}

/// The generation of this process: it changes with every fork.
pub fn generation() -> u32 {
    per_process::generation()
}

/// To be called in the child of a fork, before anything else of this crate.
pub fn forked() {
    per_process::forked();
}

/// The shared runtime, started on first use.
pub fn shared() -> io::Result<&'static Runtime> {
    started(&SHARED, generation())
}

fn started(
    shared: &PerProcess<Mutex<Option<&'static Runtime>>>,
    generation: u32,
) -> io::Result<&'static Runtime> {
    let mut current = shared.of(generation).lock();
    if let Some(runtime) = *current {
        return Ok(runtime);
    }
    let runtime: &'static Runtime = match PROVIDER.get() {
        Some(provider) if generation == 0 => provider(),
        _ => Box::leak(Box::new(builder().build()?)),
    };
    Ok(*current.insert(runtime))
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;
    use std::thread;
    use std::time::Duration;

    use super::*;

    /// A thread of the parent that starts the runtime while another one forks holds the lock for ever in the child.
    #[test]
    fn a_child_starts_its_runtime_although_its_parents_is_locked() {
        static FORKED: PerProcess<Mutex<Option<&'static Runtime>>> = PerProcess::new();
        let _starting = FORKED.of(0).lock();
        let (tell, told) = mpsc::channel();
        thread::spawn(move || tell.send(started(&FORKED, 1).is_ok()));
        assert!(told.recv_timeout(Duration::from_secs(60)).unwrap());
    }
}
