//! The one Tokio runtime of the process, rebuilt in a forked child.
//!
//! Threads do not survive a fork: a child that used its parent's runtime would wait for ever. [`forked`] is called in the
//! child (Python's `os.register_at_fork`) and starts a new generation; connections remember theirs.

use std::io;
use std::sync::atomic::{AtomicU32, Ordering};

use parking_lot::Mutex;
use tokio::runtime::{Builder, Runtime};

static GENERATION: AtomicU32 = AtomicU32::new(0);
static WORKERS: AtomicU32 = AtomicU32::new(1);
/// Leaked on purpose: joining threads that exist only in a fork's parent would never end.
static CURRENT: Mutex<Option<(u32, &'static Runtime)>> = Mutex::new(None);

/// The generation of this process: it changes with every fork.
pub fn generation() -> u32 {
    GENERATION.load(Ordering::Relaxed)
}

/// To be called in the child of a fork, before anything else of this crate.
pub fn forked() {
    GENERATION.fetch_add(1, Ordering::Relaxed);
}

/// Sets the number of worker threads; it counts for runtimes started afterwards. One is the measured optimum for a
/// client, whose work is done by the threads that wait.
pub fn set_workers(count: u32) {
    WORKERS.store(count.max(1), Ordering::Relaxed);
}

/// The shared runtime, started on first use.
pub fn shared() -> io::Result<&'static Runtime> {
    let generation = generation();
    let mut current = CURRENT.lock();
    match *current {
        Some((started, runtime)) if started == generation => Ok(runtime),
        _ => {
            let runtime = Builder::new_multi_thread()
                .worker_threads(WORKERS.load(Ordering::Relaxed) as usize)
                .thread_name("scratchbird")
                .enable_all()
                .build()?;
            let runtime: &'static Runtime = Box::leak(Box::new(runtime));
            *current = Some((generation, runtime));
            Ok(runtime)
        }
    }
}
