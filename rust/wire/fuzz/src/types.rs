//! What the type targets share: the families, how bytes become a value, and what must hold for it.

use sbwp::types::{oid, Format, Oid, Value};

pub const NUMBERS: &[Oid] = &[
    oid::BOOL,
    oid::INT2,
    oid::INT4,
    oid::INT8,
    oid::INT128,
    oid::OID,
    oid::FLOAT4,
    oid::FLOAT8,
    oid::NUMERIC,
    oid::MONEY,
];
pub const BYTES: &[Oid] = &[oid::BYTEA, oid::VARBIT, oid::UUID];
pub const TEMPORAL: &[Oid] = &[
    oid::DATE,
    oid::TIME,
    oid::TIMETZ,
    oid::TIMESTAMP,
    oid::TIMESTAMPTZ,
];
pub const INTERVAL: &[Oid] = &[oid::INTERVAL];
pub const NETWORK: &[Oid] = &[oid::INET, oid::CIDR, oid::MACADDR, oid::MACADDR8];
pub const ARRAY: &[Oid] = &[
    oid::TEXT_ARRAY,
    oid::INT4_ARRAY,
    oid::BOOL_ARRAY,
    oid::FLOAT8_ARRAY,
    oid::BYTEA_ARRAY,
    oid::TIMESTAMPTZ_ARRAY,
    oid::UUID_ARRAY,
    oid::NUMERIC_ARRAY,
    oid::INT4RANGE_ARRAY,
];
pub const RANGE: &[Oid] = &[
    oid::INT4RANGE,
    oid::INT8RANGE,
    oid::NUMRANGE,
    oid::DATERANGE,
    oid::TSRANGE,
    oid::TSTZRANGE,
];
pub const COMPOSITE: &[Oid] = &[oid::RECORD];
pub const GEOMETRY: &[Oid] = &[oid::POINT, oid::POLYGON];
pub const VECTOR: &[Oid] = &[oid::VECTOR];
pub const TEXT: &[Oid] = &[
    oid::UNKNOWN,
    oid::TEXT,
    oid::JSONB,
    oid::XML,
    oid::TSVECTOR,
    99_999,
];

/// Inputs that are values: target, family, type, text.
const SEEDS: &[(&str, &[Oid], Oid, &[&str])] = &[
    ("type_numbers", NUMBERS, oid::BOOL, &["true", "f", "YES"]),
    (
        "type_numbers",
        NUMBERS,
        oid::INT8,
        &["-9223372036854775808"],
    ),
    (
        "type_numbers",
        NUMBERS,
        oid::FLOAT8,
        &["-1.5e-300", "inf", "NaN", "123456789012345678901234567890"],
    ),
    (
        "type_numbers",
        NUMBERS,
        oid::NUMERIC,
        &["-123.4500e-7", "NaN", "1e300"],
    ),
    (
        "type_numbers",
        NUMBERS,
        oid::MONEY,
        &["-$1,234.56", "(0.015)"],
    ),
    (
        "type_bytes",
        BYTES,
        oid::BYTEA,
        &["\\xdeAD", "0xdead", "a\\001\\\\b"],
    ),
    ("type_bytes", BYTES, oid::VARBIT, &["0101", "X'1f'", "B'1'"]),
    (
        "type_bytes",
        BYTES,
        oid::UUID,
        &["{550e8400-e29b-41d4-a716-446655440000}"],
    ),
    (
        "type_temporal",
        TEMPORAL,
        oid::DATE,
        &["2024-02-29", "infinity", "0044-03-15 BC"],
    ),
    (
        "type_temporal",
        TEMPORAL,
        oid::TIME,
        &["24:00:00", "13:14:15.123456789"],
    ),
    (
        "type_temporal",
        TEMPORAL,
        oid::TIMETZ,
        &["13:14:15-05:30:15"],
    ),
    (
        "type_temporal",
        TEMPORAL,
        oid::TIMESTAMPTZ,
        &[
            "2024-02-29T13:14:15.5+02:00[Europe/Berlin]",
            "2024-02-29 24:00:00 UTC",
        ],
    ),
    (
        "type_interval",
        INTERVAL,
        oid::INTERVAL,
        &[
            "P1Y2M3W4DT5H6M7.8S",
            "-P1.5Y",
            "@ 1 year -2 mons 3.5 days 04:05:06.789 ago",
            "1-2 -3 +4:05:06",
            "1 century 2 decades 3 weeks 4 hours 5 min 6 s 7 ms 8 us",
        ],
    ),
    (
        "type_network",
        NETWORK,
        oid::INET,
        &["10.0.0.1/8", "2001:db8::1/64", "::ffff:1.2.3.4"],
    ),
    (
        "type_network",
        NETWORK,
        oid::MACADDR,
        &["08:00:2b:01:02:03", "0800.2b01.0203"],
    ),
    (
        "type_array",
        ARRAY,
        oid::TEXT_ARRAY,
        &[
            "{a,\"b\\\"c\\\\\",NULL,\"\"}",
            "[0:1][2:2]={{1},{2}}",
            "{{},{}}",
        ],
    ),
    (
        "type_array",
        ARRAY,
        oid::INT4RANGE_ARRAY,
        &["{\"[1,10)\",empty}"],
    ),
    (
        "type_range",
        RANGE,
        oid::INT4RANGE,
        &["[1,10)", "(,]", "empty"],
    ),
    (
        "type_range",
        RANGE,
        oid::TSRANGE,
        &["[\"2024-01-01 00:00:00\",\"2025-01-01 00:00:00\")"],
    ),
    (
        "type_composite",
        COMPOSITE,
        oid::RECORD,
        &["(1,\"a \"\"b\"\"\",)", "()", "(\"(1,2)\")"],
    ),
    (
        "type_geometry",
        GEOMETRY,
        oid::POINT,
        &[
            "SRID=4326;POINT ZM (1 2 3 4)",
            "GEOMETRYCOLLECTION(MULTIPOINT((1 2),EMPTY),MULTIPOLYGON(((0 0,1 0,1 1,0 0))))",
            "[(0,0),(1,1)]",
            "(1,1),(0,0)",
        ],
    ),
    (
        "type_vector",
        VECTOR,
        oid::VECTOR,
        &["[1.0, -2.5e3,0.1]", "[]"],
    ),
    ("type_text", TEXT, oid::JSONB, &["{\"a\":1}"]),
];

/// The seeds in both formats, as inputs of `check_family`, with a name for each.
pub fn seeds() -> impl Iterator<Item = (&'static str, String, Vec<u8>)> {
    let texts = SEEDS.iter().flat_map(|(target, family, oid, texts)| {
        texts
            .iter()
            .map(move |text| (*target, *family, *oid, *text))
    });
    texts
        .enumerate()
        .flat_map(|(number, (target, family, oid, text))| {
            let at = family.iter().position(|member| *member == oid).unwrap_or(0);
            let pick = move |format: Format| (at * 2 + usize::from(format.code())) as u8;
            let mut inputs = vec![(Format::Text, text.as_bytes().to_vec())];
            if let Ok(value) = Value::decode(oid, Format::Text, text.as_bytes()) {
                let mut out = Vec::new();
                if value.encode(oid, Format::Binary, &mut out).is_ok() {
                    inputs.push((Format::Binary, out));
                }
            }
            inputs.into_iter().map(move |(format, bytes)| {
                let name = format!("seed_{number}_{}", format.code());
                (target, name, [&[pick(format)][..], &bytes].concat())
            })
        })
}

/// The first byte picks type and format, the rest is the value.
pub fn check_family(family: &[Oid], data: &[u8]) {
    let Some((pick, bytes)) = data.split_first() else {
        return;
    };
    let oid = family[usize::from(pick / 2) % family.len()];
    let format = if pick % 2 == 0 {
        Format::Text
    } else {
        Format::Binary
    };
    check(oid, format, bytes);
}

/// A value is read, can be written in both formats, and then reads the same; or it is refused by an error
/// that says something.
pub fn check(oid: Oid, format: Format, bytes: &[u8]) {
    let value = match Value::decode(oid, format, bytes) {
        Ok(value) => value,
        Err(error) => {
            assert!(!error.to_string().is_empty());
            return;
        }
    };
    let mut out = Vec::new();
    value
        .encode(oid, format, &mut out)
        .expect("what was read can be written");
    let again = Value::decode(oid, format, &out).expect("what was written can be read");
    // NaN equals nothing, itself included: compared by what is shown.
    assert_eq!(format!("{again:?}"), format!("{value:?}"));
}
