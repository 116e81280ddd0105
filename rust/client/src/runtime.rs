//! The one Tokio runtime of the process, rebuilt in a forked child.
//!
//! Threads do not survive a fork: a child that used its parent's runtime would wait for ever. [`forked`] is called in the
//! child (Python's `os.register_at_fork`) and starts a new generation; connections remember theirs.

use std::io;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::OnceLock;

use parking_lot::Mutex;
use tokio::runtime::{Builder, Runtime};

static GENERATION: AtomicU32 = AtomicU32::new(0);
/// Leaked on purpose: joining threads that exist only in a fork's parent would never end.
static CURRENT: Mutex<Option<(u32, &'static Runtime)>> = Mutex::new(None);

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
    GENERATION.load(Ordering::Relaxed)
}

/// To be called in the child of a fork, before anything else of this crate.
pub fn forked() {
    GENERATION.fetch_add(1, Ordering::Relaxed);
}

/// The shared runtime, started on first use.
pub fn shared() -> io::Result<&'static Runtime> {
    let generation = generation();
    let mut current = CURRENT.lock();
    match *current {
        Some((started, runtime)) if started == generation => Ok(runtime),
        _ => {
            let runtime: &'static Runtime = match PROVIDER.get() {
                Some(provider) if generation == 0 => provider(),
                _ => Box::leak(Box::new(builder().build()?)),
            };
            *current = Some((generation, runtime));
            Ok(runtime)
        }
    }
}
