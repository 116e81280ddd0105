//! Bytes that are no value at all: deep nesting, and what comes close to being one.

use proptest::prelude::*;
use sbwp::types::composite::{Composite, Field};
use sbwp::types::{oid, Format, TypeError, Value, MAX_DEPTH, TYPES};

/// A record in a record in a record…
fn nested(depth: usize) -> Vec<u8> {
    let mut bytes = vec![0; 4];
    for _ in 0..depth {
        let mut outer = vec![1, 0, 0, 0];
        outer.extend(oid::RECORD.to_le_bytes());
        outer.extend((bytes.len() as u32).to_le_bytes());
        outer.append(&mut bytes);
        bytes = outer;
    }
    bytes
}

#[test]
fn nesting_is_bounded() {
    let decode = |depth| Value::decode(oid::RECORD, Format::Binary, &nested(depth));
    assert!(decode(MAX_DEPTH - 1).is_ok());
    assert!(matches!(decode(MAX_DEPTH), Err(TypeError::TooDeep { .. })));
    assert!(matches!(decode(5000), Err(TypeError::TooDeep { .. })));
    let mut value = Value::Composite(Composite::default());
    for _ in 0..MAX_DEPTH {
        let field = Field {
            oid: oid::RECORD,
            value: Some(value),
        };
        value = Value::Composite(Composite {
            fields: vec![field],
        });
    }
    for format in [Format::Text, Format::Binary] {
        let mut out = b"before".to_vec();
        let result = value.encode(oid::RECORD, format, &mut out);
        assert!(matches!(result, Err(TypeError::TooDeep { .. })));
        assert_eq!(out, b"before", "nothing is left of a failed value");
    }
    let braces = "{".repeat(100_000);
    assert!(matches!(
        Value::decode(oid::INT4_ARRAY, Format::Text, braces.as_bytes()),
        Err(TypeError::TooDeep { .. })
    ));
}

/// Text that comes close to being a value.
fn almost() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        any::<Vec<u8>>(),
        "[-+]?[0-9.eE:TZ+-]{0,30}".prop_map(String::into_bytes),
        "[\\[({]{0,3}[-0-9a,.\"\\\\ :=NULx]{0,20}[\\])}]{0,3}".prop_map(String::into_bytes),
        "-?P?([0-9.,-]{0,6}[YMWDTHS]){0,5}".prop_map(String::into_bytes),
        "(-?[0-9:.]{1,6} ?(y|mon|days|ago|@| ){0,1} ?){0,5}".prop_map(String::into_bytes),
        "(SRID=)?[0-9;]{0,4}(POINT|LINESTRING|POLYGON|MULTIPOINT|GEOMETRYCOLLECTION)? ?(ZM?|EMPTY)?[(),0-9 ]{0,20}"
            .prop_map(String::into_bytes),
        ("[0-9a-z ,]{0,20}", 0..30u32).prop_map(|(text, length)| {
            [&length.to_le_bytes()[..], text.as_bytes()].concat()
        }),
        (prop::collection::vec(prop::sample::select(vec![0u8, 1, 2, 4, 7, 16, 23, 0x80, 0xff]), 0..40)),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn no_bytes_make_any_type_panic(bytes in almost()) {
        let oids = TYPES.iter().map(|t| t.oid).chain([77]);
        for oid in oids {
            for format in [Format::Text, Format::Binary] {
                if let Ok(value) = Value::decode(oid, format, &bytes) {
                    // What was read can be written, and then reads the same.
                    let mut out = Vec::new();
                    prop_assert_eq!(value.encode(oid, format, &mut out), Ok(()), "{} {:?} {:?}", oid, format, value);
                    let again = Value::decode(oid, format, &out);
                    let nan = format!("{value:?}").contains("NaN");
                    prop_assert!(nan || again.as_ref() == Ok(&value), "{} {:?}: {:?} then {:?}", oid, format, value, again);
                }
            }
        }
    }
}
