//! The types of the columns of many rows, which an array BIND declares once for all of them.

use sbwp::types::oid;

use crate::request::Parameters;

/// The types that fit the values of all rows; `None` where a column has no such type.
pub(super) fn common(rows: &[Parameters]) -> Option<Vec<u32>> {
    let mut types = rows.first()?.oids().to_vec();
    for row in rows {
        for (known, found) in types.iter_mut().zip(row.oids()) {
            *known = match (*known, *found) {
                (known, found) if known == found || found == oid::UNKNOWN => known,
                (oid::UNKNOWN, found) => found,
                // Integers have the smallest type that holds them; as text they are the same in a larger one.
                (oid::INT4, oid::INT8) | (oid::INT8, oid::INT4) => oid::INT8,
                (oid::INT4 | oid::INT8, oid::NUMERIC) | (oid::NUMERIC, oid::INT4 | oid::INT8) => {
                    oid::NUMERIC
                }
                _ => return None,
            };
        }
    }
    Some(types)
}
