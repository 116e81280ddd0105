//! The type table against the protocol's `types.json`, and every worked example byte for byte.

#![allow(clippy::unwrap_used, clippy::panic)] // a panic is the failure report

mod spec;

use sbwp::types::{
    array::Array,
    by_name, calendar,
    composite::{Composite, Field},
    info,
    interval::Interval,
    network::parse_inet,
    numeric::Numeric,
    oid,
    range::{Parts, Range},
    temporal::TimeTz,
    Format, Oid, Shape, Value, TYPES,
};

/// The worked examples of SBWP 5.1.
fn examples() -> Vec<(Oid, Value, &'static str)> {
    let day = calendar::days_from_civil(2024, 2, 29);
    let time = 47_655_123_456;
    let stamp = i64::from(day) * calendar::MICROS_PER_DAY + time;
    let text = |s: &str| Value::Text(s.to_owned());
    vec![
        (oid::BOOL, Value::Bool(true), "01"),
        (oid::INT2, Value::Int2(-2), "feff"),
        (oid::INT4, Value::Int4(42), "2a000000"),
        (oid::INT8, Value::Int8(42), "2a00000000000000"),
        (oid::FLOAT4, Value::Float4(1.5), "0000c03f"),
        (oid::FLOAT8, Value::Float8(1.5), "000000000000f83f"),
        (
            oid::NUMERIC,
            Value::Numeric(Numeric::parse(b"123.45").unwrap()),
            "060000003132332e3435",
        ),
        (oid::MONEY, Value::Money(12_345), "3930000000000000"),
        (oid::TEXT, text("h\u{e9}"), "0300000068c3a9"),
        (oid::BYTEA, Value::Bytea(vec![0xde, 0xad]), "02000000dead"),
        (oid::DATE, Value::Date(day), "79220000"),
        (oid::TIME, Value::Time(time), "007a77180b000000"),
        (
            oid::TIMETZ,
            Value::TimeTz(TimeTz {
                micros: time,
                west: -7200,
            }),
            "007a77180b000000e0e3ffff",
        ),
        (oid::TIMESTAMP, Value::Timestamp(stamp), "00da03ce83b50200"),
        (
            oid::TIMESTAMPTZ,
            Value::TimestampTz(stamp),
            "00da03ce83b50200",
        ),
        (
            oid::INTERVAL,
            Value::Interval(Interval {
                months: 1,
                days: 2,
                micros: 3_000_000,
            }),
            "0100000002000000c0c62d0000000000",
        ),
        (
            oid::UUID,
            Value::Uuid(0x550e_8400_e29b_41d4_a716_4466_5544_0000_u128.to_be_bytes()),
            "550e8400e29b41d4a716446655440000",
        ),
        (oid::JSON, text("{\"a\":1}"), "070000007b2261223a317d"),
        (
            oid::INET,
            Value::Inet(parse_inet(b"10.0.0.1").unwrap()),
            "0800000031302e302e302e31",
        ),
        (
            oid::VECTOR,
            Value::Vector(vec![1.0, 2.5]),
            "090000005b312e302c322e355d",
        ),
        (
            oid::INT4_ARRAY,
            Value::Array(Array::from_elements(vec![
                Some(Value::Int4(1)),
                Some(Value::Int4(2)),
                None,
            ])),
            "0a0000007b312c322c4e554c4c7d",
        ),
        (
            oid::INT4RANGE,
            Value::Range(Range::new(Parts {
                empty: false,
                lower: Some(Value::Int4(1)),
                upper: Some(Value::Int4(10)),
                lower_inclusive: true,
                upper_inclusive: false,
            })),
            "020000000400000001000000040000000a000000",
        ),
        (
            oid::RECORD,
            Value::Composite(Composite {
                fields: vec![
                    Field {
                        oid: oid::INT4,
                        value: Some(Value::Int4(7)),
                    },
                    Field {
                        oid: oid::TEXT,
                        value: None,
                    },
                ],
            }),
            "0200000017000000040000000700000019000000ffffffff",
        ),
    ]
}

#[test]
fn worked_examples_both_directions() {
    for (oid, value, hex) in examples() {
        let bytes = spec::unhex(hex);
        let name = info(oid).unwrap().name;
        assert_eq!(
            Value::decode(oid, Format::Binary, &bytes),
            Ok(value.clone()),
            "{name}"
        );
        let mut out = Vec::new();
        value.encode(oid, Format::Binary, &mut out).unwrap();
        assert_eq!(out, bytes, "{name}");
    }
}

#[test]
fn every_type_of_the_list_is_in_the_table_and_its_example_holds() {
    let Some(folder) = spec::protocol_folder() else {
        return;
    };
    let list = spec::json(&folder.join("types.json"));
    let known = examples();
    let mut checked = 0;
    for entry in list["types"].as_array().unwrap() {
        let oid = Oid::try_from(entry["oid"].as_u64().unwrap()).unwrap();
        let name = entry["name"].as_str().unwrap();
        let found = info(oid).unwrap_or_else(|| panic!("{name} is missing"));
        assert_eq!(found.name, name);
        assert_eq!(by_name(name), Some(found));
        if let Some(element) = entry["element_oid"].as_u64() {
            assert_eq!(found.shape, Shape::Array, "{name}");
            assert_eq!(u64::from(found.element), element, "{name}");
        }
        if let Some(hex) = entry["example_binary_hex"].as_str() {
            let (_, value, ours) = known
                .iter()
                .find(|(known, ..)| *known == oid)
                .unwrap_or_else(|| panic!("{name} has an example that this test does not know"));
            assert_eq!(*ours, hex, "{name}");
            assert_eq!(
                Value::decode(oid, Format::Binary, &spec::unhex(hex)).as_ref(),
                Ok(value)
            );
            checked += 1;
        }
    }
    for (name, oid) in list["draft_only_oids"].as_object().unwrap() {
        let oid = Oid::try_from(oid.as_u64().unwrap()).unwrap();
        assert_eq!(info(oid).map(|info| info.name), Some(name.as_str()));
    }
    assert_eq!(checked, known.len(), "examples of the list");
}

#[test]
fn families_and_codes_are_registered() {
    let Some(folder) = spec::protocol_folder() else {
        return;
    };
    let list = spec::json(&folder.join("types.json"));
    for info in TYPES {
        let families = list["canonical_families"].as_array().unwrap();
        let family = families.iter().find(|f| f["family"] == info.family);
        let codes = family.unwrap_or_else(|| panic!("family of {}", info.name))["codes"]
            .as_object()
            .unwrap();
        // money is reserved and has no codes.
        let registered =
            codes.contains_key(&info.code.to_string()) || (info.family == 7 && info.code == 0);
        assert!(
            registered,
            "{} has {},{}",
            info.name, info.family, info.code
        );
    }
}
