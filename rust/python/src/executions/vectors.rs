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

/// What a list of numbers is sent as, which may go into a vector as well as into an array.
const FLOATS: [Oid; 3] = [oid::FLOAT4_ARRAY, oid::FLOAT8_ARRAY, oid::NUMERIC_ARRAY];
const INTEGERS: [Oid; 3] = [oid::INT2_ARRAY, oid::INT4_ARRAY, oid::INT8_ARRAY];

/// A bit for each of the first 64 parameters: of those that are vectors or lists of floats, and of those that are lists of
/// integers, which are blamed where there are no others.
#[derive(Default)]
pub struct Vectors {
    floats: AtomicU64,
    integers: AtomicU64,
}

impl Vectors {
    /// Looks at the values of a row.
    #[inline]
    pub fn note(&self, row: u64, oids: &[Oid]) {
        if row < ROWS {
            let (mut floats, mut integers) = (0, 0);
            for (place, oid) in oids.iter().take(64).enumerate() {
                floats |= u64::from(*oid == oid::VECTOR || FLOATS.contains(oid)) << place;
                integers |= u64::from(INTEGERS.contains(oid)) << place;
            }
            self.floats.fetch_or(floats, Ordering::Relaxed);
            self.integers.fetch_or(integers, Ordering::Relaxed);
        }
    }

    /// The columns, or the parameters, that this error may be about.
    #[cold]
    pub fn blamed(&self, error: &Error, query: Option<&ParsedQuery>) -> Vec<String> {
        let found = match self.floats.load(Ordering::Relaxed) {
            0 => self.integers.load(Ordering::Relaxed),
            floats => floats,
        };
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
