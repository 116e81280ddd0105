//! What stays with a connection from one loan of its pool to the next: statement texts and decode plans.

use std::collections::HashMap;
use std::sync::Arc;

use parking_lot::Mutex;
use pyo3::prelude::*;
use scratchbird::sql::{Arguments, ParsedQuery};
use scratchbird::RowDescription;

use super::Link;
use crate::convert::RowDecoder;
use crate::errors;

/// Statement texts whose placeholders are remembered.
const QUERIES_KEPT: usize = 512;
/// Decode plans remembered.
const DECODERS_KEPT: usize = 32;

/// What stays with a pooled connection from one loan to the next.
#[derive(Default)]
pub(super) struct Kept {
    queries: Mutex<HashMap<QueryKey, Arc<ParsedQuery>>>,
    decoders: Mutex<Vec<(Arc<RowDescription>, Arc<RowDecoder>)>>,
}

type QueryKey = (Arguments, Box<str>);

impl Link {
    /// The decode plan for a description; descriptions of a repeated statement are the same object.
    pub fn decoder(
        &self,
        py: Python<'_>,
        description: &Arc<RowDescription>,
        is_scalar: bool,
    ) -> PyResult<Arc<RowDecoder>> {
        let known = |decoders: &Vec<(Arc<RowDescription>, Arc<RowDecoder>)>| {
            decoders
                .iter()
                .find(|(known, decoder)| {
                    Arc::ptr_eq(known, description) && decoder.is_scalar() == is_scalar
                })
                .map(|(_, decoder)| decoder.clone())
        };
        if let Some(decoder) = known(&self.kept.decoders.lock()) {
            return Ok(decoder);
        }
        let profile = self.connection.profile();
        let decoder = Arc::new(RowDecoder::new(py, description, profile, is_scalar)?);
        let mut decoders = self.kept.decoders.lock();
        if decoders.len() == DECODERS_KEPT {
            decoders.pop();
        }
        decoders.insert(0, (description.clone(), decoder.clone()));
        Ok(decoder)
    }

    pub(super) fn parse(
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
