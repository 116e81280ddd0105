//! Values at the edges of their types, and values beyond.

use sbwp::types::array::{Array, Dimension, Reader, Token};
use sbwp::types::calendar::{days_from_civil, MICROS_PER_DAY};
use sbwp::types::composite::Composite;
use sbwp::types::{info, oid, Format, Oid, TypeError, Value, MAX_DEPTH};

fn read(oid: Oid, text: &str) -> Result<Value, TypeError> {
    Value::decode(oid, Format::Text, text.as_bytes())
}

fn write(oid: Oid, value: &Value) -> String {
    let mut out = Vec::new();
    let result = value.encode(oid, Format::Text, &mut out);
    assert_eq!(result, Ok(()));
    String::from_utf8_lossy(&out).into_owned()
}

#[track_caller]
fn rewrites(oid: Oid, text: &str, canonical: &str) {
    let value = read(oid, text);
    let name = info(oid).map_or("", |info| info.name);
    assert!(value.is_ok(), "{name} {text}: {value:?}");
    if let Ok(value) = value {
        assert_eq!(write(oid, &value), canonical, "{name} {text}");
    }
}

#[track_caller]
fn out_of_range(oid: Oid, text: &str) {
    let result = read(oid, text);
    assert!(
        matches!(result, Err(TypeError::OutOfRange { .. })),
        "{text}: {result:?}"
    );
}

#[track_caller]
fn refused(oid: Oid, text: &str) {
    let result = read(oid, text);
    assert!(
        matches!(result, Err(TypeError::Invalid { .. })),
        "{text}: {result:?}"
    );
}

#[test]
fn dates() {
    for text in [
        "0001-01-01",
        "9999-12-31",
        "2024-02-29",
        "2000-02-29",
        "1600-02-29",
    ] {
        rewrites(oid::DATE, text, text);
    }
    for text in [
        "2023-02-29",
        "1900-02-29",
        "2024-13-01",
        "2024-00-01",
        "2024-01-00",
        "2024-04-31",
        "2024-1-1",
        "today",
        "",
        "20240101",
        "2024-01-01 ",
    ] {
        refused(oid::DATE, text);
    }
    for text in [
        "0000-01-01",
        "10000-01-01",
        "-0001-01-01",
        "0044-03-15 BC",
        "infinity",
        "-infinity",
    ] {
        out_of_range(oid::DATE, text);
        out_of_range(oid::TIMESTAMP, text);
        out_of_range(oid::TIMESTAMPTZ, text);
    }
    let beyond = Value::Date(i32::MAX).encode(oid::DATE, Format::Text, &mut Vec::new());
    assert!(matches!(beyond, Err(TypeError::OutOfRange { .. })));
    let beyond = Value::decode(oid::DATE, Format::Binary, &i32::MAX.to_le_bytes());
    assert!(matches!(beyond, Err(TypeError::OutOfRange { .. })));
}

#[test]
fn times() {
    rewrites(oid::TIME, "24:00:00", "24:00:00");
    rewrites(oid::TIME, "23:59:59.999999999999", "23:59:59.999999");
    rewrites(oid::TIME, "00:00", "00:00:00");
    rewrites(oid::TIME, "01:02:03.5", "01:02:03.5");
    rewrites(oid::TIMETZ, "01:02:03+02", "01:02:03+02:00");
    rewrites(oid::TIMETZ, "01:02:03-00:00:01", "01:02:03-00:00:01");
    rewrites(oid::TIMETZ, "01:02:03Z", "01:02:03+00:00");
    for text in [
        "24:00:01",
        "25:00:00",
        "00:60:00",
        "00:00:60",
        "24:00:00.000001",
    ] {
        out_of_range(oid::TIME, text);
    }
    for text in [
        "",
        "1:00:00",
        "00:00:",
        "00:00:00.",
        "00:00:00x",
        "00:00:00Z",
    ] {
        refused(oid::TIME, text);
    }
}

#[test]
fn timestamps() {
    rewrites(
        oid::TIMESTAMP,
        "2024-02-29T13:14:15.1234567890123",
        "2024-02-29 13:14:15.123456",
    );
    rewrites(oid::TIMESTAMP, "2024-02-29", "2024-02-29 00:00:00");
    rewrites(oid::TIMESTAMP, "2024-02-28 24:00:00", "2024-02-29 00:00:00");
    rewrites(oid::TIMESTAMP, "0001-01-01 00:00:00", "0001-01-01 00:00:00");
    rewrites(
        oid::TIMESTAMP,
        "9999-12-31 23:59:59.999999",
        "9999-12-31 23:59:59.999999",
    );
    out_of_range(oid::TIMESTAMP, "9999-12-31 24:00:00");
    refused(oid::TIMESTAMP, "2024-02-29 00:00:00+01:00");
    refused(oid::TIMESTAMP, "2024-02-29x");
    let utc = "2024-02-29 12:00:00+00:00";
    for text in [
        "2024-02-29 12:00:00Z",
        "2024-02-29T13:00:00+01:00",
        "2024-02-29 13:00:00+01",
        "2024-02-29 07:00:00-05:00[America/New_York]",
        "2024-02-29 17:30:00 +05:30",
        "2024-02-29 12:00:00[UTC]",
        "2024-02-29 12:00:00",
        "2024-02-29 11:59:59-00:00:01",
    ] {
        rewrites(oid::TIMESTAMPTZ, text, utc);
    }
    refused(oid::TIMESTAMPTZ, "2024-02-29 12:00:00[Europe/Berlin]");
    out_of_range(oid::TIMESTAMPTZ, "0001-01-01 00:00:00+01:00");
    out_of_range(oid::TIMESTAMPTZ, "9999-12-31 23:30:00-01:00");
    out_of_range(oid::TIMESTAMPTZ, "2024-02-29 12:00:00+00 BC");
}

#[test]
fn length_prefixed_text_stands_in_for_binary_times() {
    let lp = |text: &str| [&u32::to_le_bytes(text.len() as u32)[..], text.as_bytes()].concat();
    let day = days_from_civil(2024, 2, 29);
    let decode = |oid, text: &str| Value::decode(oid, Format::Binary, &lp(text));
    assert_eq!(decode(oid::DATE, "2024-02-29"), Ok(Value::Date(day)));
    assert_eq!(decode(oid::TIME, "00:00:01"), Ok(Value::Time(1_000_000)));
    let micros = i64::from(day) * MICROS_PER_DAY;
    assert_eq!(
        decode(oid::TIMESTAMP, "2024-02-29 00:00:00"),
        Ok(Value::Timestamp(micros))
    );
    assert_eq!(
        decode(oid::TIMESTAMPTZ, "2024-02-29T00:00:00Z"),
        Ok(Value::TimestampTz(micros))
    );
}

#[test]
fn numbers() {
    rewrites(oid::FLOAT8, "-0.0", "-0.0");
    rewrites(oid::FLOAT8, "5e-324", "5e-324");
    rewrites(oid::FLOAT8, "inf", "Infinity");
    rewrites(oid::FLOAT4, "0.1", "0.1");
    rewrites(oid::FLOAT4, "1.4e-45", "1e-45");
    out_of_range(oid::INT2, "32768");
    out_of_range(oid::INT8, "9223372036854775808");
    refused(oid::INT4, "1.5");
    rewrites(
        oid::INT128,
        "-170141183460469231731687303715884105728",
        "-170141183460469231731687303715884105728",
    );
    let digits = "9".repeat(1000);
    rewrites(
        oid::NUMERIC,
        &format!("{digits}.{digits}"),
        &format!("{digits}.{digits}"),
    );
    rewrites(oid::DECIMAL128, "1.5E+3", "1500");
    let too_large = Value::Int8(70_000).encode(oid::INT2, Format::Binary, &mut Vec::new());
    assert!(matches!(too_large, Err(TypeError::OutOfRange { .. })));
}

#[test]
fn integers_of_another_width_are_written_where_they_fit() {
    let mut out = Vec::new();
    assert_eq!(
        Value::Int2(7).encode(oid::INT8, Format::Binary, &mut out),
        Ok(())
    );
    assert_eq!(out, 7i64.to_le_bytes());
}

#[test]
fn arrays() {
    for text in [
        "{}",
        "{1,2,NULL}",
        "{{1,2},{3,NULL}}",
        "{{{1},{2}}}",
        "[0:1]={7,8}",
        "[-1:0][2:2]={{1},{2}}",
    ] {
        rewrites(oid::INT4_ARRAY, text, text);
    }
    rewrites(oid::INT4_ARRAY, " { 1 , null , 2 } ", "{1,NULL,2}");
    rewrites(oid::INT4_ARRAY, "{{},{}}", "{}");
    rewrites(
        oid::TEXT_ARRAY,
        r#"{"a\"b\\c",NULL,"NULL","",a b, x\,y ,"{}"}"#,
        r#"{"a\"b\\c",NULL,"NULL","","a b","x,y","{}"}"#,
    );
    rewrites(oid::DATE_ARRAY, "{2024-02-29}", "{2024-02-29}");
    rewrites(
        oid::TIMESTAMP_ARRAY,
        r#"{"2024-02-29 00:00:00"}"#,
        r#"{"2024-02-29 00:00:00"}"#,
    );
    rewrites(
        oid::INT4RANGE_ARRAY,
        r#"{"[1,10)",empty}"#,
        r#"{"[1,10)",empty}"#,
    );
    for text in [
        "",
        "{",
        "}",
        "{1",
        "{1,}",
        "{,1}",
        "{1}}",
        "{1}x",
        "{1 2",
        "{\"a}",
        "{{1},2}",
        "{1,{2}}",
        "{{1},{2,3}}",
        "{{1},{{2}}}",
        "[0:1]",
        "[0]={1}x",
        "[2:1]={}",
        "[1:1][1:1]={1}",
        "{\"a\"b}",
        "{a{b}",
        "{1;2\"}",
        "{a\\",
    ] {
        assert!(read(oid::INT4_ARRAY, text).is_err(), "{text}");
        assert!(
            read(oid::TEXT_ARRAY, text).is_err() || !text.is_ascii(),
            "{text}"
        );
    }
}

#[test]
fn the_array_reader_yields_borrowed_tokens() {
    let tokens: Vec<_> = Reader::new(b"{a,\"b,\",NULL,{}}")
        .into_iter()
        .flatten()
        .collect();
    let element = |text: &'static [u8]| Ok(Token::Element(text.into()));
    assert_eq!(
        tokens,
        [
            Ok(Token::Open),
            element(b"a"),
            element(b"b,"),
            Ok(Token::Null),
            Ok(Token::Open),
            Ok(Token::Close),
            Ok(Token::Close)
        ]
    );
    let mut broken = Reader::new(b"{1,}").into_iter().flatten();
    assert!(broken.by_ref().any(|token| token.is_err()));
    assert!(broken.next().is_none(), "nothing follows an error");
}

#[test]
fn impossible_arrays_cannot_be_made() {
    let one = || vec![Some(Value::Int4(1))];
    let dimension = |len| Dimension { len, lower: 1 };
    assert!(Array::new(vec![], one()).is_none());
    assert!(Array::new(vec![dimension(2)], one()).is_none());
    assert!(Array::new(vec![dimension(0)], vec![]).is_none());
    assert!(Array::new(vec![dimension(usize::MAX), dimension(2)], one()).is_none());
    assert!(Array::new(vec![dimension(1); MAX_DEPTH + 1], one()).is_none());
    let high = Array::new(
        vec![Dimension {
            len: 1,
            lower: i32::MAX,
        }],
        one(),
    );
    assert_eq!(
        high.map(|array| write(oid::INT4_ARRAY, &Value::Array(array)))
            .as_deref(),
        Some("[2147483647:2147483647]={1}")
    );
}

#[test]
fn ranges() {
    for text in ["[1,10)", "(,5]", "[5,)", "(,)", "empty"] {
        rewrites(oid::INT4RANGE, text, text);
    }
    rewrites(
        oid::TSRANGE,
        "[\"2024-01-01 00:00:00\",)",
        "[\"2024-01-01 00:00:00\",)",
    );
    rewrites(
        oid::DATERANGE,
        "[2024-01-01,2024-02-01)",
        "[2024-01-01,2024-02-01)",
    );
    rewrites(oid::NUMRANGE, "[1e1,)", "[10,)");
    refused(oid::INT4RANGE, "[a,b)");
}

#[test]
fn composites() {
    for text in ["()", "(1,\"a b\",)", "(\"\")", "(,)", "(\"a\"\"b\\\\c\")"] {
        rewrites(oid::RECORD, text, text);
    }
    let empty = Value::Composite(Composite::default());
    let mut out = Vec::new();
    assert_eq!(empty.encode(oid::RECORD, Format::Binary, &mut out), Ok(()));
    assert_eq!(out, [0; 4]);
    assert_eq!(Value::decode(oid::RECORD, Format::Binary, &out), Ok(empty));
}

#[test]
fn text_types_are_utf8() {
    for oid in [
        oid::TEXT,
        oid::VARCHAR,
        oid::JSON,
        oid::JSONB,
        oid::XML,
        oid::TSVECTOR,
    ] {
        let result = Value::decode(oid, Format::Text, b"\xff");
        assert!(matches!(result, Err(TypeError::Utf8 { .. })));
        assert_eq!(read(oid, "h\u{e9}"), Ok(Value::Text("h\u{e9}".into())));
    }
}

#[test]
fn an_unknown_type_is_never_an_error() {
    for oid in [0, 1, 99_999, u32::MAX] {
        assert_eq!(read(oid, "h\u{e9}"), Ok(Value::Text("h\u{e9}".into())));
        let bytes = Value::Bytea(vec![0xff, 0]);
        assert_eq!(
            Value::decode(oid, Format::Text, b"\xff\0"),
            Ok(bytes.clone())
        );
        assert_eq!(
            Value::decode(oid, Format::Binary, b"\xff\0"),
            Ok(bytes.clone())
        );
        let mut out = Vec::new();
        assert_eq!(bytes.encode(oid, Format::Binary, &mut out), Ok(()));
        assert_eq!(out, b"\xff\0");
    }
}

#[test]
fn a_value_of_another_type_is_a_mismatch() {
    for (oid, value) in [
        (oid::BOOL, Value::Int4(1)),
        (oid::INT4, Value::Text("1".into())),
        (oid::TEXT, Value::Int4(1)),
        (oid::INT4_ARRAY, Value::Int4(1)),
        (oid::INT4RANGE, Value::Array(Array::default())),
        (oid::RECORD, Value::Bool(true)),
        (oid::UNKNOWN, Value::Array(Array::default())),
    ] {
        let result = value.encode(oid, Format::Text, &mut Vec::new());
        assert!(matches!(result, Err(TypeError::Mismatch { .. })), "{oid}");
    }
}
