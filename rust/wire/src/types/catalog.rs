//! The table of types: OID, name, shape, binary size, array and element, canonical family and code.
//!
//! Facts only (SBWP 5.1, 5.2); how a value is read or written is the business of the family files.

use super::{oid, Oid};

/// How values of a type are built.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Shape {
    Scalar,
    Array,
    Range,
    Composite,
}

/// One type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TypeInfo {
    pub oid: Oid,
    /// The name, `int4[]` for an array of `int4`.
    pub name: &'static str,
    pub shape: Shape,
    /// Of an array its elements' type, of a range its bounds'; 0 otherwise.
    pub element: Oid,
    /// The array type over this one; 0 if there is none.
    pub array: Oid,
    /// Bytes of a binary value, if always the same.
    pub size: Option<u16>,
    /// Canonical family and code (SBWP 5.2).
    pub family: u16,
    pub code: u16,
}

const fn scalar(
    oid: Oid,
    name: &'static str,
    array: Oid,
    size: Option<u16>,
    family: u16,
    code: u16,
) -> TypeInfo {
    TypeInfo {
        oid,
        name,
        shape: Shape::Scalar,
        element: 0,
        array,
        size,
        family,
        code,
    }
}

const fn array(oid: Oid, name: &'static str, element: Oid) -> TypeInfo {
    TypeInfo {
        oid,
        name,
        shape: Shape::Array,
        element,
        array: 0,
        size: None,
        family: 15,
        code: 1,
    }
}

const fn range(oid: Oid, name: &'static str, bound: Oid, array: Oid) -> TypeInfo {
    TypeInfo {
        oid,
        name,
        shape: Shape::Range,
        element: bound,
        array,
        size: None,
        family: 17,
        code: 1,
    }
}

/// Every type, by rising OID.
pub static TYPES: &[TypeInfo] = &[
    scalar(oid::UNKNOWN, "unknown", 0, None, 0, 0),
    scalar(oid::BOOL, "boolean", oid::BOOL_ARRAY, Some(1), 1, 1),
    scalar(oid::BYTEA, "bytea", oid::BYTEA_ARRAY, None, 9, 1),
    scalar(oid::CHAR, "char", oid::CHAR_ARRAY, None, 8, 1),
    scalar(oid::NAME, "name", oid::NAME_ARRAY, None, 8, 1),
    scalar(oid::INT8, "int8", oid::INT8_ARRAY, Some(8), 2, 4),
    scalar(oid::INT2, "int2", oid::INT2_ARRAY, Some(2), 2, 2),
    scalar(oid::INT4, "int4", oid::INT4_ARRAY, Some(4), 2, 3),
    scalar(oid::TEXT, "text", oid::TEXT_ARRAY, None, 8, 1),
    scalar(oid::OID, "oid", oid::OID_ARRAY, Some(4), 3, 3),
    scalar(oid::TID, "tid", 0, None, 8, 1),
    scalar(oid::XID, "xid", 0, Some(4), 3, 3),
    scalar(oid::CID, "cid", 0, Some(4), 3, 3),
    scalar(oid::JSON, "json", oid::JSON_ARRAY, None, 20, 2),
    scalar(oid::XML, "xml", oid::XML_ARRAY, None, 20, 5),
    array(oid::XML_ARRAY, "xml[]", oid::XML),
    array(oid::JSON_ARRAY, "json[]", oid::JSON),
    scalar(oid::POINT, "point", 0, None, 21, 3),
    scalar(oid::LSEG, "lseg", 0, None, 21, 4),
    scalar(oid::PATH, "path", 0, None, 21, 4),
    scalar(oid::BOX, "box", 0, None, 21, 4),
    scalar(oid::POLYGON, "polygon", 0, None, 21, 4),
    scalar(oid::LINE, "line", 0, None, 21, 4),
    scalar(oid::CIDR, "cidr", oid::CIDR_ARRAY, None, 19, 2),
    array(oid::CIDR_ARRAY, "cidr[]", oid::CIDR),
    scalar(oid::FLOAT4, "float4", oid::FLOAT4_ARRAY, Some(4), 6, 2),
    scalar(oid::FLOAT8, "float8", oid::FLOAT8_ARRAY, Some(8), 6, 3),
    scalar(oid::CIRCLE, "circle", 0, None, 21, 4),
    scalar(oid::MACADDR8, "macaddr8", oid::MACADDR8_ARRAY, None, 19, 3),
    array(oid::MACADDR8_ARRAY, "macaddr8[]", oid::MACADDR8),
    scalar(oid::MONEY, "money", oid::MONEY_ARRAY, Some(8), 7, 0),
    array(oid::MONEY_ARRAY, "money[]", oid::MONEY),
    scalar(oid::MACADDR, "macaddr", oid::MACADDR_ARRAY, None, 19, 3),
    scalar(oid::INET, "inet", oid::INET_ARRAY, None, 19, 1),
    array(oid::BOOL_ARRAY, "boolean[]", oid::BOOL),
    array(oid::BYTEA_ARRAY, "bytea[]", oid::BYTEA),
    array(oid::CHAR_ARRAY, "char[]", oid::CHAR),
    array(oid::NAME_ARRAY, "name[]", oid::NAME),
    array(oid::INT2_ARRAY, "int2[]", oid::INT2),
    array(oid::INT4_ARRAY, "int4[]", oid::INT4),
    array(oid::TEXT_ARRAY, "text[]", oid::TEXT),
    array(oid::BPCHAR_ARRAY, "bpchar[]", oid::BPCHAR),
    array(oid::VARCHAR_ARRAY, "varchar[]", oid::VARCHAR),
    array(oid::INT8_ARRAY, "int8[]", oid::INT8),
    array(oid::FLOAT4_ARRAY, "float4[]", oid::FLOAT4),
    array(oid::FLOAT8_ARRAY, "float8[]", oid::FLOAT8),
    array(oid::OID_ARRAY, "oid[]", oid::OID),
    array(oid::MACADDR_ARRAY, "macaddr[]", oid::MACADDR),
    array(oid::INET_ARRAY, "inet[]", oid::INET),
    scalar(oid::BPCHAR, "bpchar", oid::BPCHAR_ARRAY, None, 8, 1),
    scalar(oid::VARCHAR, "varchar", oid::VARCHAR_ARRAY, None, 8, 1),
    scalar(oid::DATE, "date", oid::DATE_ARRAY, Some(4), 11, 1),
    scalar(oid::TIME, "time", oid::TIME_ARRAY, Some(8), 11, 2),
    scalar(
        oid::TIMESTAMP,
        "timestamp",
        oid::TIMESTAMP_ARRAY,
        Some(8),
        11,
        3,
    ),
    array(oid::TIMESTAMP_ARRAY, "timestamp[]", oid::TIMESTAMP),
    array(oid::DATE_ARRAY, "date[]", oid::DATE),
    array(oid::TIME_ARRAY, "time[]", oid::TIME),
    scalar(
        oid::TIMESTAMPTZ,
        "timestamptz",
        oid::TIMESTAMPTZ_ARRAY,
        Some(8),
        11,
        3,
    ),
    array(oid::TIMESTAMPTZ_ARRAY, "timestamptz[]", oid::TIMESTAMPTZ),
    scalar(
        oid::INTERVAL,
        "interval",
        oid::INTERVAL_ARRAY,
        Some(16),
        12,
        1,
    ),
    array(oid::INTERVAL_ARRAY, "interval[]", oid::INTERVAL),
    array(oid::NUMERIC_ARRAY, "numeric[]", oid::NUMERIC),
    scalar(oid::TIMETZ, "timetz", oid::TIMETZ_ARRAY, Some(12), 11, 2),
    array(oid::TIMETZ_ARRAY, "timetz[]", oid::TIMETZ),
    scalar(oid::BIT, "bit", oid::BIT_ARRAY, None, 10, 1),
    array(oid::BIT_ARRAY, "bit[]", oid::BIT),
    scalar(oid::VARBIT, "varbit", oid::VARBIT_ARRAY, None, 10, 1),
    array(oid::VARBIT_ARRAY, "varbit[]", oid::VARBIT),
    scalar(oid::NUMERIC, "numeric", oid::NUMERIC_ARRAY, None, 4, 1),
    TypeInfo {
        oid: oid::RECORD,
        name: "record",
        shape: Shape::Composite,
        element: 0,
        array: 0,
        size: None,
        family: 16,
        code: 3,
    },
    scalar(oid::UUID, "uuid", oid::UUID_ARRAY, Some(16), 13, 1),
    array(oid::UUID_ARRAY, "uuid[]", oid::UUID),
    scalar(
        oid::TSVECTOR,
        "tsvector",
        oid::TSVECTOR_ARRAY,
        None,
        30,
        101,
    ),
    scalar(oid::TSQUERY, "tsquery", oid::TSQUERY_ARRAY, None, 30, 102),
    array(oid::TSVECTOR_ARRAY, "tsvector[]", oid::TSVECTOR),
    array(oid::TSQUERY_ARRAY, "tsquery[]", oid::TSQUERY),
    scalar(oid::JSONB, "jsonb", oid::JSONB_ARRAY, None, 20, 3),
    array(oid::JSONB_ARRAY, "jsonb[]", oid::JSONB),
    range(oid::INT4RANGE, "int4range", oid::INT4, oid::INT4RANGE_ARRAY),
    array(oid::INT4RANGE_ARRAY, "int4range[]", oid::INT4RANGE),
    range(oid::NUMRANGE, "numrange", oid::NUMERIC, oid::NUMRANGE_ARRAY),
    array(oid::NUMRANGE_ARRAY, "numrange[]", oid::NUMRANGE),
    range(oid::TSRANGE, "tsrange", oid::TIMESTAMP, oid::TSRANGE_ARRAY),
    array(oid::TSRANGE_ARRAY, "tsrange[]", oid::TSRANGE),
    range(
        oid::TSTZRANGE,
        "tstzrange",
        oid::TIMESTAMPTZ,
        oid::TSTZRANGE_ARRAY,
    ),
    array(oid::TSTZRANGE_ARRAY, "tstzrange[]", oid::TSTZRANGE),
    range(oid::DATERANGE, "daterange", oid::DATE, oid::DATERANGE_ARRAY),
    array(oid::DATERANGE_ARRAY, "daterange[]", oid::DATERANGE),
    range(oid::INT8RANGE, "int8range", oid::INT8, oid::INT8RANGE_ARRAY),
    array(oid::INT8RANGE_ARRAY, "int8range[]", oid::INT8RANGE),
    scalar(oid::INT128, "int128", 0, None, 2, 5),
    scalar(oid::DECIMAL128, "decimal128", 0, None, 5, 1),
    scalar(oid::VECTOR, "vector", 0, None, 22, 1),
    scalar(oid::RECORD_ID, "record_id", 0, None, 8, 1),
    scalar(oid::TXN_ID, "txn_id", 0, None, 8, 1),
    scalar(oid::EPOCH, "epoch", 0, None, 8, 1),
];

/// The type with this OID.
#[must_use]
pub fn info(oid: Oid) -> Option<&'static TypeInfo> {
    TYPES
        .binary_search_by_key(&oid, |t| t.oid)
        .ok()
        .and_then(|at| TYPES.get(at))
}

/// The type with this name, in any case: a name of the table, an SQL or PostgreSQL alias
/// (`timestamp with time zone`, `integer`, `_int4`, `character varying(20)`), any of them with `[]`.
///
/// A `(…)` modifier is ignored. Note that these are the OID names: SBsql's own `INT8`, one byte wide, is a matter
/// of its parser, not of this table.
#[must_use]
pub fn by_name(name: &str) -> Option<&'static TypeInfo> {
    let mut plain = String::with_capacity(name.len());
    let mut modifier = false;
    for c in name.trim().chars() {
        match c {
            '(' => modifier = true,
            ')' => modifier = false,
            _ if modifier || c == '"' => {}
            _ if c.is_whitespace() => {
                if !plain.ends_with(' ') {
                    plain.push(' ');
                }
            }
            _ => plain.push(c.to_ascii_lowercase()),
        }
    }
    let plain = plain.trim();
    let element = plain
        .strip_suffix(']')
        .and_then(|p| p.trim_end().rsplit_once('['))
        .map(|(element, _)| element)
        .or_else(|| plain.strip_prefix('_'));
    match element {
        // Every further pair of brackets names the same array type.
        Some(element) => {
            let element = element.split('[').next().unwrap_or(element).trim();
            info(scalar_by_name(element)?.array).filter(|array| array.oid != oid::UNKNOWN)
        }
        None => scalar_by_name(plain),
    }
}

fn scalar_by_name(name: &str) -> Option<&'static TypeInfo> {
    let name = name.strip_prefix("pg_catalog.").unwrap_or(name);
    let name = match name {
        "bool" => "boolean",
        "smallint" | "int16" => "int2",
        "integer" | "int" | "int32" => "int4",
        "bigint" | "int64" => "int8",
        "real" | "real32" => "float4",
        "double precision" | "double" | "real64" => "float8",
        "decimal" | "dec" => "numeric",
        "binary" | "varbinary" | "blob" => "bytea",
        "character varying" | "char varying" | "string" => "varchar",
        "character" => "bpchar",
        "bit varying" => "varbit",
        "date" => "date",
        "time without time zone" => "time",
        "time with time zone" => "timetz",
        "timestamp without time zone" => "timestamp",
        "timestamp with time zone" => "timestamptz",
        "composite" => "record",
        "geometry" => "point",
        other => other,
    };
    TYPES.iter().find(|t| t.name == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_sorted_and_its_links_hold() {
        for pair in TYPES.windows(2) {
            assert!(
                pair[0].oid < pair[1].oid,
                "{} {}",
                pair[0].name,
                pair[1].name
            );
        }
        for t in TYPES {
            assert_eq!(info(t.oid), Some(t));
            assert_eq!(by_name(t.name), Some(t), "{}", t.name);
            if t.array != 0 {
                let array = info(t.array).unwrap();
                assert_eq!((array.shape, array.element), (Shape::Array, t.oid));
                assert_eq!(array.name, format!("{}[]", t.name));
            }
            if t.shape == Shape::Array {
                assert_eq!(info(t.element).unwrap().array, t.oid, "{}", t.name);
            }
        }
    }

    #[test]
    fn names_are_found_with_modifiers_and_aliases() {
        let oid = |name| by_name(name).map(|t| t.oid);
        assert_eq!(oid("timestamp(3) with time zone"), Some(oid::TIMESTAMPTZ));
        assert_eq!(
            oid("TIMESTAMP WITH TIME ZONE[]"),
            Some(oid::TIMESTAMPTZ_ARRAY)
        );
        assert_eq!(oid("character varying(20)"), Some(oid::VARCHAR));
        assert_eq!(oid("_int4"), Some(oid::INT4_ARRAY));
        assert_eq!(oid("integer[][]"), Some(oid::INT4_ARRAY));
        assert_eq!(oid("numeric(10,2)"), Some(oid::NUMERIC));
        assert_eq!(oid("vector(768)"), Some(oid::VECTOR));
        assert_eq!(oid("vector[]"), None);
        assert_eq!(oid("nonesuch"), None);
        assert_eq!(oid("]"), None);
        assert_eq!(oid(""), None);
    }
}
