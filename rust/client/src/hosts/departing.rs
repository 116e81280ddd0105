//! Hosts that announced a failover: for a while, new connections of this process try the others first.
//!
//! Must not know: why, or where to. The announcement has no layout of its own (SBWP 3.10), so that its arrival is all that
//! is known.

use std::time::{Duration, Instant};

use parking_lot::Mutex;

use crate::config::Endpoint;
use crate::per_process::PerProcess;

/// How long a host is tried last.
const REMEMBERED: Duration = Duration::from_secs(60);
/// Hosts remembered; the oldest announcement is forgotten first.
const KEPT: usize = 256;

static DEPARTING: PerProcess<Mutex<Vec<(Endpoint, Instant)>>> = PerProcess::new();

/// A host has announced that it goes.
pub(crate) fn announce(endpoint: &Endpoint) {
    let now = Instant::now();
    let mut departing = DEPARTING.get().lock();
    departing.retain(|(known, since)| known != endpoint && now - *since < REMEMBERED);
    if departing.len() == KEPT {
        departing.remove(0);
    }
    departing.push((endpoint.clone(), now));
}

/// Whether a host has announced that it goes, a short while ago.
pub(super) fn is_departing(endpoint: &Endpoint) -> bool {
    let departing = DEPARTING.get().lock();
    departing
        .iter()
        .any(|(known, since)| known == endpoint && since.elapsed() < REMEMBERED)
}
