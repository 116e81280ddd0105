//! Any value of any type reads back equal from what was written, in both formats.

#![allow(clippy::unwrap_used)] // strategies outside the test functions unwrap too

use std::net::IpAddr;

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use sbwp::types::array::{Array, Dimension};
use sbwp::types::calendar::{MAX_DAY, MAX_MICROS, MICROS_PER_DAY, MIN_DAY, MIN_MICROS};
use sbwp::types::composite::{Composite, Field};
use sbwp::types::geometry::{Geometry, Layout, Positions, Shape as Form};
use sbwp::types::interval::Interval;
use sbwp::types::network::Inet;
use sbwp::types::numeric::Numeric;
use sbwp::types::range::{Parts, Range};
use sbwp::types::temporal::TimeTz;
use sbwp::types::{info, oid, Format, Oid, Shape, Value, TYPES};

fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        ".{0,12}",
        "[\"\\\\{}(),\\[\\] \t\nNULaé\u{b}']{0,8}",
        Just("NULL".to_owned()),
        Just(String::new()),
    ]
}

fn inet(network: bool) -> impl Strategy<Value = Value> {
    let v4 = (any::<u32>(), 0..=32u8).prop_map(move |(bits, prefix)| {
        let bits = if network {
            bits & u32::MAX.checked_shl(32 - u32::from(prefix)).unwrap_or(0)
        } else {
            bits
        };
        Inet::new(IpAddr::V4(bits.into()), prefix).unwrap()
    });
    let v6 = (any::<u128>(), 0..=128u8).prop_map(move |(bits, prefix)| {
        let bits = if network {
            bits & u128::MAX.checked_shl(128 - u32::from(prefix)).unwrap_or(0)
        } else {
            bits
        };
        Inet::new(IpAddr::V6(bits.into()), prefix).unwrap()
    });
    prop_oneof![v4, v6].prop_map(Value::Inet)
}

/// Finite: NaN is not equal to itself and has its own test.
fn coordinate() -> impl Strategy<Value = f64> {
    prop_oneof![
        (-180.0..180.0f64),
        any::<f64>().prop_filter("finite", |f| f.is_finite())
    ]
}

fn positions(
    layout: Layout,
    count: impl Into<proptest::collection::SizeRange>,
) -> BoxedStrategy<Positions> {
    let size = layout.size();
    vec(vec(coordinate(), size), count)
        .prop_map(|positions| positions.concat())
        .boxed()
}

fn form(layout: Layout) -> BoxedStrategy<Form> {
    let lines = || vec(positions(layout, 0..4), 0..3);
    let leaf = prop_oneof![
        positions(layout, 0..2).prop_map(Form::Point),
        positions(layout, 0..5).prop_map(Form::LineString),
        lines().prop_map(Form::Polygon),
        vec(positions(layout, 0..2), 0..3).prop_map(Form::MultiPoint),
        lines().prop_map(Form::MultiLineString),
        vec(lines(), 0..3).prop_map(Form::MultiPolygon),
    ];
    leaf.prop_recursive(3, 12, 3, |inner| {
        vec(inner, 0..3).prop_map(Form::Collection)
    })
    .boxed()
}

fn geometry() -> impl Strategy<Value = Value> {
    let layout = prop_oneof![
        Just(Layout::Xy),
        Just(Layout::Xyz),
        Just(Layout::Xym),
        Just(Layout::Xyzm)
    ];
    (option::of(any::<u32>()), layout).prop_flat_map(|(srid, layout)| {
        form(layout).prop_map(move |shape| {
            Value::Geometry(Geometry {
                srid,
                layout,
                shape,
            })
        })
    })
}

fn float() -> impl Strategy<Value = f64> {
    any::<f64>().prop_filter("equal to itself", |f| !f.is_nan())
}

fn scalar(oid: Oid) -> BoxedStrategy<Value> {
    match oid {
        oid::BOOL => any::<bool>().prop_map(Value::Bool).boxed(),
        oid::INT2 => any::<i16>().prop_map(Value::Int2).boxed(),
        oid::INT4 => any::<i32>().prop_map(Value::Int4).boxed(),
        oid::INT8 => any::<i64>().prop_map(Value::Int8).boxed(),
        oid::INT128 => any::<i128>().prop_map(Value::Int128).boxed(),
        oid::OID | oid::XID | oid::CID => any::<u32>().prop_map(Value::UInt4).boxed(),
        oid::FLOAT4 => any::<f32>()
            .prop_filter("no NaN", |f| !f.is_nan())
            .prop_map(Value::Float4)
            .boxed(),
        oid::FLOAT8 => float().prop_map(Value::Float8).boxed(),
        oid::NUMERIC | oid::DECIMAL128 => {
            "-?[0-9]{1,60}(\\.[0-9]{0,60})?([eE]-?[0-9]{1,2})?|NaN|-?Infinity"
                .prop_map(|s| Value::Numeric(Numeric::parse(s.as_bytes()).unwrap()))
                .boxed()
        }
        oid::MONEY => any::<i64>().prop_map(Value::Money).boxed(),
        oid::BYTEA => vec(any::<u8>(), 0..40).prop_map(Value::Bytea).boxed(),
        oid::BIT | oid::VARBIT => vec(any::<bool>(), 0..40)
            .prop_map(|b| Value::Bits(b.into_iter().collect()))
            .boxed(),
        oid::DATE => (MIN_DAY..=MAX_DAY).prop_map(Value::Date).boxed(),
        oid::TIME => (0..=MICROS_PER_DAY).prop_map(Value::Time).boxed(),
        oid::TIMETZ => (0..=MICROS_PER_DAY, -86_399..=86_399i32)
            .prop_map(|(micros, west)| Value::TimeTz(TimeTz { micros, west }))
            .boxed(),
        oid::TIMESTAMP => (MIN_MICROS..=MAX_MICROS).prop_map(Value::Timestamp).boxed(),
        oid::TIMESTAMPTZ => (MIN_MICROS..=MAX_MICROS)
            .prop_map(Value::TimestampTz)
            .boxed(),
        oid::INTERVAL => any::<(i32, i32, i64)>()
            .prop_map(|(months, days, micros)| {
                Value::Interval(Interval {
                    months,
                    days,
                    micros,
                })
            })
            .boxed(),
        oid::UUID => any::<[u8; 16]>().prop_map(Value::Uuid).boxed(),
        oid::INET => inet(false).boxed(),
        oid::CIDR => inet(true).boxed(),
        oid::MACADDR => any::<[u8; 6]>().prop_map(Value::MacAddr).boxed(),
        oid::MACADDR8 => any::<[u8; 8]>().prop_map(Value::MacAddr8).boxed(),
        oid::POINT | oid::LSEG | oid::PATH | oid::BOX | oid::POLYGON | oid::LINE | oid::CIRCLE => {
            geometry().boxed()
        }
        oid::VECTOR => vec(any::<f32>().prop_filter("no NaN", |f| !f.is_nan()), 0..20)
            .prop_map(Value::Vector)
            .boxed(),
        _ => text().prop_map(Value::Text).boxed(),
    }
}

fn array(element: Oid) -> BoxedStrategy<Value> {
    (vec(1..4usize, 0..4), any::<i16>(), any::<bool>())
        .prop_flat_map(move |(lengths, lower, shifted)| {
            let count = if lengths.is_empty() {
                0
            } else {
                lengths.iter().product()
            };
            let lower = if shifted { i32::from(lower) } else { 1 };
            vec(option::weighted(0.8, value(element)), count).prop_map(move |elements| {
                let dimensions = lengths.iter().map(|&len| Dimension { len, lower });
                Value::Array(Array::new(dimensions.collect(), elements).unwrap())
            })
        })
        .boxed()
}

fn range(bound: Oid) -> BoxedStrategy<Value> {
    let bound = || option::of(value(bound));
    let parts = (
        any::<bool>(),
        bound(),
        bound(),
        any::<bool>(),
        any::<bool>(),
    );
    parts
        .prop_map(|(empty, lower, upper, lower_inclusive, upper_inclusive)| {
            let parts = Parts {
                empty,
                lower,
                upper,
                lower_inclusive,
                upper_inclusive,
            };
            Value::Range(Range::new(parts))
        })
        .boxed()
}

/// Fields of any type; as text their types are lost, so for text they are text.
fn composite(format: Format) -> BoxedStrategy<Value> {
    let oids = TYPES
        .iter()
        .map(|t| t.oid)
        .filter(|&oid| oid != oid::RECORD && oid != oid::UNKNOWN);
    let oids: Vec<Oid> = match format {
        Format::Text => vec![oid::UNKNOWN],
        Format::Binary => oids.collect(),
    };
    let field = prop::sample::select(oids)
        .prop_flat_map(|oid| option::of(value(oid)).prop_map(move |value| Field { oid, value }));
    vec(field, 0..4)
        // One NULL field and no field look the same in text.
        .prop_filter("not a lone NULL", move |f| {
            format == Format::Binary || f.len() != 1 || f[0].value.is_some()
        })
        .prop_map(|fields| Value::Composite(Composite { fields }))
        .boxed()
}

/// Any value of a type.
fn value(oid: Oid) -> BoxedStrategy<Value> {
    let info = info(oid).unwrap();
    match info.shape {
        Shape::Array => array(info.element),
        Shape::Range => range(info.element),
        Shape::Scalar | Shape::Composite => scalar(oid),
    }
}

fn goes_there_and_back(oid: Oid, format: Format, value: &Value) -> Result<(), TestCaseError> {
    let mut bytes = b"before".to_vec();
    value.encode(oid, format, &mut bytes).unwrap();
    let bytes = bytes.strip_prefix(b"before").unwrap();
    let back = Value::decode(oid, format, bytes);
    prop_assert_eq!(
        back.as_ref(),
        Ok(value),
        "{:?}",
        String::from_utf8_lossy(bytes)
    );
    Ok(())
}

/// One run for each type, so that a rare type gets as many cases as a common one.
fn check(format: Format) {
    for info in TYPES {
        let mut runner = proptest::test_runner::TestRunner::new(ProptestConfig {
            cases: 48,
            failure_persistence: None,
            ..ProptestConfig::default()
        });
        let strategy = match info.oid {
            oid::RECORD => composite(format),
            // Nothing says that bytes of an unknown type are text.
            oid::UNKNOWN if format == Format::Binary => scalar(oid::BYTEA),
            oid => value(oid),
        };
        let result = runner.run(&strategy, |value| {
            goes_there_and_back(info.oid, format, &value)
        });
        assert!(
            result.is_ok(),
            "{} as {format:?}: {}",
            info.name,
            result.unwrap_err()
        );
    }
}

#[test]
fn every_type_as_text() {
    check(Format::Text);
}

#[test]
fn every_type_as_binary() {
    check(Format::Binary);
}

#[test]
fn nan_reads_back_as_nan() {
    for format in [Format::Text, Format::Binary] {
        for (oid, value) in [
            (oid::FLOAT4, Value::Float4(f32::NAN)),
            (oid::FLOAT8, Value::Float8(f64::NAN)),
        ] {
            let mut out = Vec::new();
            value.encode(oid, format, &mut out).unwrap();
            let nan = match Value::decode(oid, format, &out).unwrap() {
                Value::Float4(f) => f.is_nan(),
                Value::Float8(f) => f.is_nan(),
                _ => false,
            };
            assert!(nan);
        }
    }
}

proptest! {
    #[test]
    fn numerals_keep_their_value(whole in "[0-9]{1,30}", fraction in "[0-9]{0,30}", negative in any::<bool>()) {
        let sign = if negative { "-" } else { "" };
        let plain = Numeric::parse(format!("{sign}{whole}.{fraction}").as_bytes()).unwrap();
        let shifted = Numeric::parse(format!("{sign}{whole}{fraction}e-{}", fraction.len()).as_bytes()).unwrap();
        prop_assert_eq!(plain, shifted);
    }

    #[test]
    fn floats_read_as_the_standard_library_reads_them(text in "-?[0-9]{0,25}(\\.[0-9]{0,25})?([eE][-+]?[0-9]{1,3})?") {
        let ours = sbwp::types::float::parse_f64(text.as_bytes()).ok();
        prop_assert_eq!(ours, text.parse::<f64>().ok());
        let ours = sbwp::types::float::parse_f32(text.as_bytes()).ok();
        prop_assert_eq!(ours, text.parse::<f32>().ok());
    }
}
