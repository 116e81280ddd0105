//! Between OIDs and the canonical (family, code) references of P1 descriptions (SBWP 5.2).
//!
//! A reference says less than an OID: text and varchar, float4 and float8, all arrays and all ranges share
//! one. A type name beside it, where a server sends one, decides.

use super::{by_name, info, oid, Oid};
use crate::type_ref::{modifier, TypeRef};

/// The OID a reference means. A type name that is known decides; else family, code and time-zone policy.
#[must_use]
pub fn oid_of(type_ref: &TypeRef, type_name: Option<&str>) -> Oid {
    type_name
        .and_then(by_name)
        .map_or_else(|| by_family(type_ref), |info| info.oid)
}

fn by_family(type_ref: &TypeRef) -> Oid {
    let zoned = type_ref.timezone_policy != 0;
    match (type_ref.family, type_ref.code) {
        (0, _) => oid::UNKNOWN,
        (1, _) => oid::BOOL,
        (2, 1 | 2) | (3, 1) => oid::INT2,
        (2, 3) | (3, 2) => oid::INT4,
        (2, 4) | (3, 3) => oid::INT8,
        (2, 5) => oid::INT128,
        (2..=4, _) => oid::NUMERIC,
        (5, _) => oid::DECIMAL128,
        // The registry has 6,2 as real32, servers and drivers use it for float8: as text the width does
        // not matter, and float8 holds both.
        (6, _) => oid::FLOAT8,
        (7, _) => oid::MONEY,
        (9 | 14 | 27, _) | (20, 4) => oid::BYTEA,
        (10, _) => oid::VARBIT,
        (11, 1) => oid::DATE,
        (11, 2) if zoned => oid::TIMETZ,
        (11, 2) => oid::TIME,
        (11, _) if zoned => oid::TIMESTAMPTZ,
        (11, _) => oid::TIMESTAMP,
        (12, _) => oid::INTERVAL,
        (13, _) => oid::UUID,
        // The element type is not told.
        (15, _) => oid::TEXT_ARRAY,
        (16, 2 | 3) => oid::RECORD,
        (19, 2) => oid::CIDR,
        (19, 3) => oid::MACADDR,
        (19, _) => oid::INET,
        (20, 3) => oid::JSONB,
        (20, 5) => oid::XML,
        (20, 1 | 2 | 7 | 8) => oid::JSON,
        (21, 1..=4) => oid::POINT,
        (22, 1 | 2) => oid::VECTOR,
        (30, 101) => oid::TSVECTOR,
        (30, 102) => oid::TSQUERY,
        _ => oid::TEXT,
    }
}

/// The reference of an OID; text for OIDs the table does not have.
#[must_use]
pub fn type_ref_of(oid: Oid) -> TypeRef {
    let Some(info) = info(oid) else {
        return TypeRef::concrete(8, 1);
    };
    match oid {
        oid::UNKNOWN => TypeRef::UNKNOWN,
        // What servers send and drivers know for float8.
        oid::FLOAT8 => TypeRef::concrete(6, 2),
        oid::TIMETZ | oid::TIMESTAMPTZ => {
            let mut zoned = TypeRef::concrete(info.family, info.code);
            zoned.modifiers |= modifier::TIME_ZONE;
            zoned.timezone_policy = 1;
            zoned
        }
        _ => TypeRef::concrete(info.family, info.code),
    }
}

#[cfg(test)]
mod tests {
    use super::super::TYPES;
    use super::*;

    #[test]
    fn a_name_beside_the_reference_keeps_every_oid() {
        for info in TYPES {
            assert_eq!(
                oid_of(&type_ref_of(info.oid), Some(info.name)),
                info.oid,
                "{}",
                info.name
            );
        }
    }

    #[test]
    fn a_reference_alone_gives_a_type_that_reads_the_same_text() {
        for (family, code, oid) in [
            (0, 0, oid::UNKNOWN),
            (1, 1, oid::BOOL),
            (2, 1, oid::INT2),
            (2, 2, oid::INT2),
            (2, 3, oid::INT4),
            (2, 4, oid::INT8),
            (4, 1, oid::NUMERIC),
            (6, 2, oid::FLOAT8),
            (6, 3, oid::FLOAT8),
            (8, 1, oid::TEXT),
            (9, 1, oid::BYTEA),
            (11, 1, oid::DATE),
            (11, 2, oid::TIME),
            (11, 3, oid::TIMESTAMP),
            (12, 1, oid::INTERVAL),
            (13, 1, oid::UUID),
            (19, 1, oid::INET),
            (19, 3, oid::MACADDR),
            (20, 2, oid::JSON),
            (22, 1, oid::VECTOR),
            (999, 999, oid::TEXT),
        ] {
            assert_eq!(oid_of(&TypeRef::concrete(family, code), None), oid);
            let nonesuch = Some("nonesuch");
            assert_eq!(oid_of(&TypeRef::concrete(family, code), nonesuch), oid);
        }
        for exact in [
            oid::BOOL,
            oid::INT2,
            oid::INT4,
            oid::INT8,
            oid::NUMERIC,
            oid::FLOAT8,
            oid::TEXT,
            oid::BYTEA,
            oid::DATE,
            oid::TIME,
            oid::TIMETZ,
            oid::TIMESTAMP,
            oid::TIMESTAMPTZ,
            oid::INTERVAL,
            oid::UUID,
            oid::JSON,
            oid::JSONB,
            oid::INET,
            oid::CIDR,
            oid::MACADDR,
            oid::VECTOR,
            oid::MONEY,
            oid::RECORD,
            oid::POINT,
            oid::XML,
        ] {
            assert_eq!(oid_of(&type_ref_of(exact), None), exact);
        }
    }
}
