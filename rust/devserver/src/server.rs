//! What all sessions share: configuration, users, types, transaction numbers.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::Arc;

use sbwp::message::feature;

use crate::backend::Target;
use crate::datatype::Registry;
use crate::hub::Hub;
use crate::users::Users;

/// Which server this one behaves as.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Profile {
    /// As the protocol's specification says.
    Standard,
    /// As limited as the beta server that users run today.
    Beta,
}

pub struct Server {
    pub target: Arc<Target>,
    pub users: Users,
    /// The one database this server serves, by the name clients use.
    pub database: String,
    pub profile: Profile,
    /// Whether transactions are read-only unless a client says otherwise.
    pub read_only: bool,
    /// What is offered to clients; all that there is unless a test says otherwise.
    pub features: u64,
    pub types: Registry,
    pub hub: Hub,
    transactions: AtomicU64,
    definitions: AtomicU64,
}

impl Server {
    /// Needs a runtime: the task that listens for notifications starts here.
    pub fn new(
        target: Arc<Target>,
        users: Users,
        database: String,
        profile: Profile,
        read_only: bool,
        types: Registry,
    ) -> Self {
        let hub = Hub::start(Arc::clone(&target));
        Self {
            target,
            users,
            database,
            profile,
            read_only,
            features: feature::SERVER_MASK,
            types,
            hub,
            transactions: AtomicU64::new(1),
            definitions: AtomicU64::new(0),
        }
    }

    /// The server with these features only.
    #[must_use]
    pub fn offering(self, features: u64) -> Self {
        Self { features, ..self }
    }

    /// The number of a new transaction. Numbers rise over all sessions, as a client may observe.
    pub fn next_transaction(&self) -> u64 {
        self.transactions.fetch_add(1, Ordering::Relaxed) + 1
    }

    /// How often definitions have changed: what was learned before is outdated when this has moved.
    pub fn definitions(&self) -> u64 {
        self.definitions.load(Ordering::Acquire)
    }

    pub fn definitions_changed(&self) {
        self.definitions.fetch_add(1, Ordering::AcqRel);
    }
}
