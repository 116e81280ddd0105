//! What stays with a connection from one loan of its pool to the next: statement texts and decode plans.

use std::collections::HashMap;
use std::sync::{Arc, OnceLock};

use parking_lot::Mutex;
use pyo3::prelude::*;
use scratchbird::sql::{Arguments, ParsedQuery};
use scratchbird::{Connection, RowDescription};

use super::Link;
use crate::convert::adapters::{self, Adapters, Registry};
use crate::convert::RowDecoder;
use crate::errors;
use crate::row_factory::RowFactory;
use crate::watch::Watcher;

/// Statement texts whose placeholders are remembered.
const QUERIES_KEPT: usize = 512;
/// Decode plans remembered.
const DECODERS_KEPT: usize = 32;

/// What stays with a pooled connection from one loan to the next.
#[derive(Default)]
pub(super) struct Kept {
    queries: Mutex<HashMap<QueryKey, Arc<ParsedQuery>>>,
    decoders: Mutex<Vec<KnownDecoder>>,
    /// What the pool's `configure` has registered, for every loan to begin with.
    pub(super) adapters: Registry,
    /// The row factory it has set.
    pub(super) row_factory: RowFactory,
    watcher: OnceLock<Arc<Watcher>>,
}

/// A decode plan, and what it was made of.
struct KnownDecoder {
    description: Arc<RowDescription>,
    adapters: Option<Arc<Adapters>>,
    decoder: Arc<RowDecoder>,
}

type QueryKey = (Arguments, Box<str>);

impl Kept {
    /// Who watches the connection; decided when it is lent for the first time.
    pub(super) fn watcher(
        &self,
        py: Python<'_>,
        connection: &Connection,
    ) -> PyResult<Arc<Watcher>> {
        if let Some(known) = self.watcher.get() {
            return Ok(known.clone());
        }
        let watcher = Arc::new(Watcher::of(py, connection)?);
        Ok(self.watcher.get_or_init(|| watcher).clone())
    }
}

impl Link {
    /// The decode plan for a description; descriptions of a repeated statement are the same object.
    pub fn decoder(
        &self,
        py: Python<'_>,
        description: &Arc<RowDescription>,
        is_scalar: bool,
    ) -> PyResult<Arc<RowDecoder>> {
        let _adapting = adapters::in_force_by_default(&[&self.adapters]);
        let adapters = adapters::current();
        let known = |decoders: &Vec<KnownDecoder>| {
            let mut decoders = decoders.iter();
            let is_it = |known: &&KnownDecoder| {
                Arc::ptr_eq(&known.description, description)
                    && known.decoder.is_scalar() == is_scalar
                    && Adapters::are(known.adapters.as_ref(), adapters.as_ref())
            };
            decoders.find(is_it).map(|known| known.decoder.clone())
        };
        if let Some(decoder) = known(&self.kept.decoders.lock()) {
            return Ok(decoder);
        }
        let profile = self.connection.profile();
        let decoder = RowDecoder::new(py, description, profile, is_scalar, adapters.as_ref())?;
        let decoder = Arc::new(decoder);
        let mut decoders = self.kept.decoders.lock();
        let mut old = None;
        if decoders.len() == DECODERS_KEPT {
            old = decoders.pop();
        }
        let known = KnownDecoder {
            description: description.clone(),
            adapters,
            decoder: decoder.clone(),
        };
        decoders.insert(0, known);
        drop(decoders);
        // Objects that go may run code.
        drop(old);
        Ok(decoder)
    }

    /// What is registered and set now is how a pooled connection begins every loan.
    pub fn keep_settings(&self, py: Python<'_>) {
        self.kept.adapters.become_copy_of(&self.adapters);
        self.kept.row_factory.become_copy_of(py, &self.row_factory);
    }

    pub fn parse(
        &self,
        py: Python<'_>,
        sql: &str,
        arguments: Arguments,
    ) -> PyResult<Arc<ParsedQuery>> {
        let key = (arguments, Box::from(sql));
        if let Some(query) = self.kept.queries.lock().get(&key) {
            return Ok(query.clone());
        }
        let query = ParsedQuery::parse(sql, arguments)
            .and_then(|query| {
                let query = self.connection.profile().adapt_call(query)?;
                self.connection.check_statement(&query)?;
                Ok(Arc::new(query))
            })
            .map_err(|error| errors::to_python(py, &error, Some(sql)))?;
        let mut queries = self.kept.queries.lock();
        if queries.len() >= QUERIES_KEPT {
            queries.clear();
        }
        queries.insert(key, query.clone());
        Ok(query)
    }
}
