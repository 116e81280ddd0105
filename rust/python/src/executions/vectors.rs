//! Which parameters of an `executemany` are vectors. What is wrong with one, its dimension or a NaN, the server finds out; it
//! names neither the row nor the column.

use std::sync::atomic::{AtomicU64, Ordering};

use sbwp::types::{oid, Oid};
use scratchbird::sql::ParsedQuery;
use scratchbird::Error;

/// What is said of data that are wrong for no other reason: data_exception, the class itself.
const DATA_EXCEPTION: &str = "22000";
/// Rows whose values are looked at.
const ROWS: u64 = 64;

/// A bit for each of the first 64 parameters.
#[derive(Default)]
pub struct Vectors(AtomicU64);

impl Vectors {
    /// Looks at the values of a row.
    #[inline]
    pub fn note(&self, row: u64, oids: &[Oid]) {
        if row < ROWS {
            let of = |place: usize| u64::from(oids.get(place) == Some(&oid::VECTOR)) << place;
            let found = (0..oids.len().min(64)).fold(0, |found, place| found | of(place));
            self.0.fetch_or(found, Ordering::Relaxed);
        }
    }

    /// The columns, or the parameters, that this error may be about.
    #[cold]
    pub fn blamed(&self, error: &Error, query: Option<&ParsedQuery>) -> Vec<String> {
        let found = self.0.load(Ordering::Relaxed);
        let (Some(DATA_EXCEPTION), Some(query)) = (error.sqlstate(), query) else {
            return Vec::new();
        };
        let columns = query.insert_targets();
        let places = (0..64).filter(|place| found & (1 << place) != 0);
        let named = |place: usize| match columns.iter().find(|(at, _)| *at == place) {
            Some((_, name)) => format!("column \"{name}\""),
            None => match query.names().and_then(|names| names.get(place)) {
                Some(name) => format!("parameter \"{name}\""),
                None => format!("parameter {}", place + 1),
            },
        };
        places.map(named).collect()
    }
}
