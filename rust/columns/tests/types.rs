//! Every type in both formats, NULLs, what does not fit, and rows that are none.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use bytes::BytesMut;
use proptest::prelude::*;
use sbwp::message::DataRowBuilder;
use sbwp::types::{oid, Format, Oid, Value, TYPES};
use scratchbird_columns::array::cast::AsArray;
use scratchbird_columns::array::types::{
    Date32Type, Decimal128Type, Decimal256Type, Float32Type, Float64Type, Int32Type, Int64Type,
    IntervalMonthDayNanoType, Time64MicrosecondType, TimestampMicrosecondType,
};
use scratchbird_columns::array::{Array, ArrayRef, RecordBatch};
use scratchbird_columns::schema::{DataType, TimeUnit};
use scratchbird_columns::{Column, Extent, Limits, Plan, Reason};

const ALL: Limits = Limits {
    rows: usize::MAX,
    bytes: usize::MAX,
};

fn column(oid: Oid, format: Format) -> Column {
    Column {
        name: "c".to_owned(),
        oid,
        format,
        precision: None,
        scale: None,
        length: None,
        doubts: None,
        raw: false,
        plain: false,
    }
}

fn row(cells: &[Option<&[u8]>]) -> Vec<u8> {
    let mut out = BytesMut::new();
    let mut row = DataRowBuilder::new(&mut out, u16::try_from(cells.len()).unwrap());
    for cell in cells {
        match cell {
            Some(bytes) => row.value(bytes),
            None => row.null(),
        }
    }
    row.finish().unwrap();
    out.to_vec()
}

fn read_as(
    columns: &[Column],
    rows: &[Vec<u8>],
    extent: Extent,
) -> Result<RecordBatch, scratchbird_columns::Error> {
    let payloads = || rows.iter().map(Vec::as_slice);
    let plan = Plan::new(columns, payloads(), 0, extent)?;
    Ok(plan
        .batch(payloads(), 0, rows.len(), ALL)?
        .unwrap_or_else(|| plan.empty()))
}

/// A column of these texts and a NULL behind each, in text and in binary form: both must be the same.
fn both(column_of: impl Fn(Format) -> Column, texts: &[&str]) -> ArrayRef {
    let oid = column_of(Format::Text).oid;
    let mut text = Vec::new();
    let mut binary = Vec::new();
    for value in texts {
        let parsed = Value::decode(oid, Format::Text, value.as_bytes()).unwrap();
        let mut encoded = Vec::new();
        parsed.encode(oid, Format::Binary, &mut encoded).unwrap();
        text.extend([row(&[Some(value.as_bytes())]), row(&[None])]);
        binary.extend([row(&[Some(&encoded)]), row(&[None])]);
    }
    let text = read_as(&[column_of(Format::Text)], &text, Extent::Whole).unwrap();
    let binary = read_as(&[column_of(Format::Binary)], &binary, Extent::Whole).unwrap();
    assert_eq!(text, binary);
    let array = text.column(0).clone();
    assert_eq!(array.null_count(), texts.len());
    assert!((0..array.len()).all(|at| array.is_null(at) == (at % 2 == 1)));
    array
}

fn of(oid: Oid, texts: &[&str]) -> ArrayRef {
    both(|format| column(oid, format), texts)
}

fn fails(column: &Column, text: &[u8]) -> String {
    let rows = [row(&[None]), row(&[Some(text)])];
    let error = read_as(std::slice::from_ref(column), &rows, Extent::Whole).unwrap_err();
    assert_eq!(error.row, 1);
    assert_eq!(error.column, Some((0, "c".to_owned())));
    error.to_string()
}

#[test]
fn numbers() {
    let bools = of(oid::BOOL, &["t", "f"]);
    assert!(bools.as_boolean().value(0) && !bools.as_boolean().value(2));
    let ints = of(oid::INT4, &["-2147483648", "2147483647"]);
    assert_eq!(ints.as_primitive::<Int32Type>().value(0), i32::MIN);
    let ints = of(oid::INT8, &["-9223372036854775808", "7"]);
    assert_eq!(ints.as_primitive::<Int64Type>().value(2), 7);
    assert_eq!(of(oid::INT2, &["1"]).data_type(), &DataType::Int16);
    assert_eq!(of(oid::OID, &["4294967295"]).data_type(), &DataType::UInt32);
    let floats = of(oid::FLOAT8, &["0.1", "-Infinity"]);
    assert_eq!(floats.as_primitive::<Float64Type>().value(0), 0.1);
    assert_eq!(
        of(oid::FLOAT4, &["1.5"])
            .as_primitive::<Float32Type>()
            .value(0),
        1.5
    );
    assert!(fails(&column(oid::INT2, Format::Text), b"32768").contains("out of range"));
    assert!(fails(&column(oid::INT4, Format::Binary), b"123").contains("3 bytes, not 4"));
}

#[test]
fn moments() {
    let dates = of(oid::DATE, &["1970-01-01", "0001-01-01"]);
    assert_eq!(dates.as_primitive::<Date32Type>().value(0), 0);
    assert_eq!(dates.as_primitive::<Date32Type>().value(2), -719_162);
    let times = of(oid::TIME, &["00:00:01.5"]);
    assert_eq!(
        times.as_primitive::<Time64MicrosecondType>().value(0),
        1_500_000
    );
    assert!(fails(&column(oid::TIME, Format::Text), b"24:00:00").contains("24:00:00"));
    let stamps = of(oid::TIMESTAMP, &["1970-01-01 00:00:01"]);
    assert_eq!(
        stamps.as_primitive::<TimestampMicrosecondType>().value(0),
        1_000_000
    );
    let stamps = of(oid::TIMESTAMPTZ, &["1970-01-01 01:00:00+01"]);
    assert_eq!(
        stamps.as_primitive::<TimestampMicrosecondType>().value(0),
        0
    );
    let utc = DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()));
    assert_eq!(stamps.data_type(), &utc);
    let spans = of(oid::INTERVAL, &["1 year 2 days 00:00:03"]);
    let span = spans.as_primitive::<IntervalMonthDayNanoType>().value(0);
    assert_eq!(
        (span.months, span.days, span.nanoseconds),
        (12, 2, 3_000_000_000)
    );
    let far = fails(&column(oid::INTERVAL, Format::Text), b"10000000000 seconds");
    assert!(far.contains("nanoseconds"), "{far}");
    let plain = |format| Column {
        plain: true,
        ..column(oid::INTERVAL, format)
    };
    assert_eq!(both(plain, &["1 mon"]).as_string::<i32>().value(0), "1 mon");
}

#[test]
fn decimals() {
    let found = of(oid::NUMERIC, &["1.5", "-0.001", "12", "1e3"]);
    assert_eq!(found.data_type(), &DataType::Decimal128(38, 3));
    let values = found.as_primitive::<Decimal128Type>();
    assert_eq!(
        [0, 2, 4, 6].map(|at| values.value(at)),
        [1500, -1, 12_000, 1_000_000]
    );
    let declared = |format| Column {
        precision: Some(10),
        scale: Some(2),
        ..column(oid::NUMERIC, format)
    };
    let array = both(declared, &["12345678.90", "0012345678.900"]);
    assert_eq!(
        array.as_primitive::<Decimal128Type>().value(2),
        1_234_567_890
    );
    for (text, message) in [
        ("1.005", "does not fit Decimal128(10, 2)"),
        ("123456789", "9 digits before and 0 after"),
        ("NaN", "NaN is no decimal"),
        ("Infinity", "cast the column"),
        ("x", "invalid numeric"),
    ] {
        let error = fails(&declared(Format::Text), text.as_bytes());
        assert!(error.contains(message), "{error}");
    }
    let wide = of(oid::NUMERIC, &[&format!("-{}.25", "9".repeat(50))]);
    assert_eq!(wide.data_type(), &DataType::Decimal256(76, 2));
    let shown = wide.as_primitive::<Decimal256Type>().value(0).to_string();
    assert_eq!(shown, format!("-{}25", "9".repeat(50)));
    // What no decimal holds stays the text that it is.
    for text in [&"9".repeat(77), "NaN"] {
        assert_eq!(of(oid::NUMERIC, &[text]).as_string::<i32>().value(0), text);
    }
    let rows = [row(&[Some(b"1.50")])];
    let start = read_as(&[column(oid::NUMERIC, Format::Text)], &rows, Extent::Start).unwrap();
    assert_eq!(start.column(0).as_string::<i32>().value(0), "1.50");
    let money = of(oid::MONEY, &["12.34"]);
    assert_eq!(money.as_primitive::<Decimal128Type>().value(0), 1234);
    let huge = of(oid::INT128, &["170141183460469231731687303715884105727"]);
    assert_eq!(huge.data_type(), &DataType::Decimal256(76, 0));
}

#[test]
fn texts_and_bytes() {
    let texts = of(oid::TEXT, &["", "a€", "NULL"]);
    assert_eq!(texts.as_string::<i32>().value(2), "a€");
    assert_eq!(
        of(oid::BYTEA, &["\\x00ff"]).as_binary::<i32>().value(0),
        [0, 255]
    );
    let uuid = "550e8400-e29b-41d4-a716-446655440000";
    assert_eq!(
        of(oid::UUID, &[uuid]).as_fixed_size_binary().value(0)[0],
        0x55
    );
    assert_eq!(
        of(oid::JSONB, &["{\"a\": 1}"]).as_string::<i32>().value(0),
        "{\"a\": 1}"
    );
    assert_eq!(
        of(oid::TIMETZ, &["10:00:00+00"])
            .as_string::<i32>()
            .value(0),
        "10:00:00+00:00"
    );
    assert!(fails(&column(oid::TEXT, Format::Text), b"\xff").contains("UTF-8"));
    // Two halves of one character are no text, though together they would be.
    let halves = [row(&[Some(b"\xc3")]), row(&[Some(b"\xa4")])];
    let error = read_as(&[column(oid::TEXT, Format::Text)], &halves, Extent::Whole).unwrap_err();
    assert_eq!(error.row, 0);
}

#[test]
fn containers() {
    let lists = of(oid::INT4_ARRAY, &["{1,NULL,3}", "{}"]);
    let first = lists.as_list::<i32>().value(0);
    assert_eq!((first.len(), first.null_count()), (3, 1));
    let deep = of(oid::INT4_ARRAY, &["{}", "[0:1][1:1]={{1},{2}}", "{{3}}"]);
    assert_eq!(
        deep.as_list::<i32>()
            .value(2)
            .as_list::<i32>()
            .value(1)
            .len(),
        1
    );
    assert_eq!(deep.as_list::<i32>().value(0).len(), 0);
    for wrong in [&b"{{1}}"[..], b"{{}}"] {
        let rows = [row(&[Some(b"{1}")]), row(&[Some(wrong)])];
        let error = read_as(
            &[column(oid::INT4_ARRAY, Format::Text)],
            &rows,
            Extent::Whole,
        );
        assert!(error.unwrap_err().to_string().contains("row 1"));
    }
    let rows = [row(&[Some(b"{{1}}")]), row(&[Some(b"{1}")])];
    let error = read_as(
        &[column(oid::INT4_ARRAY, Format::Text)],
        &rows,
        Extent::Whole,
    );
    assert!(error.unwrap_err().to_string().contains("flatter"));
    let ranges = of(oid::INT4RANGE, &["[1,10)", "empty", "(,5]"]);
    let fields = ranges.as_struct();
    assert_eq!(fields.column(0).as_primitive::<Int32Type>().value(0), 1);
    assert!(fields.column(0).is_null(4) && fields.column(4).as_boolean().value(2));
    let vectors = of(oid::VECTOR, &["[1.0,2.5]", "[3.0,4.0]"]);
    assert_eq!(vectors.as_fixed_size_list().value_length(), 2);
    let rows = [row(&[Some(b"[1]")]), row(&[Some(b"[1,2]")])];
    let error = read_as(&[column(oid::VECTOR, Format::Text)], &rows, Extent::Whole).unwrap_err();
    assert!(matches!(error.reason, Reason::Unfit(_)), "{error}");
}

#[test]
fn absent_vectors_take_bounded_room() {
    let declared = |dimension| Column {
        length: Some(dimension),
        ..column(oid::VECTOR, Format::Text)
    };
    let rows = vec![row(&[None]); 10];
    let of = |dimension| read_as(&[declared(dimension)], &rows, Extent::Whole).unwrap();
    assert_eq!(of(3).column(0).as_fixed_size_list().value_length(), 3);
    // What only the server's word says, and no vector, is not believed without bounds.
    let column = of(i64::from(i32::MAX)).column(0).clone();
    assert!(matches!(column.data_type(), DataType::List(_)));
    assert_eq!(column.null_count(), 10);

    let payloads = || rows.iter().map(Vec::as_slice);
    let plan = Plan::new(&[declared(1000)], payloads(), 0, Extent::Whole).unwrap();
    let limits = Limits {
        rows: usize::MAX,
        bytes: 4096,
    };
    let batch = plan.batch(payloads(), 0, 10, limits).unwrap().unwrap();
    assert_eq!(batch.num_rows(), 2, "NULLs of 4 000 bytes each");
}

#[test]
fn rows_that_are_none() {
    let columns = [
        column(oid::INT4, Format::Text),
        column(oid::TEXT, Format::Text),
    ];
    let read = |rows: &[Vec<u8>]| read_as(&columns, rows, Extent::Whole);
    // Values that are missing are NULL; those that nobody expects are not dropped.
    let short = read(&[row(&[Some(b"1")])]).unwrap();
    assert!(short.column(1).is_null(0));
    let error = read(&[row(&[None, None]), row(&[None, None, None])]).unwrap_err();
    assert!(matches!(
        error.reason,
        Reason::Surplus {
            values: 3,
            columns: 2
        }
    ));
    assert_eq!(error.row, 1);
    let mut cut = row(&[Some(b"1"), Some(b"abc")]);
    cut.truncate(cut.len() - 1);
    for broken in [cut, Vec::new()] {
        let error = read(&[broken]).unwrap_err();
        assert!(matches!(error.reason, Reason::Broken(_)), "{error}");
    }
    // A result without columns has rows all the same.
    let none = read_as(&[], &[row(&[]), row(&[])], Extent::Whole).unwrap();
    assert_eq!(none.num_rows(), 2);
}

#[test]
fn batches_end_at_their_limits() {
    let columns = [column(oid::TEXT, Format::Text)];
    let rows: Vec<_> = (0..1000)
        .map(|n: i32| row(&[Some(n.to_string().as_bytes())]))
        .collect();
    let mut payloads = rows.iter().map(Vec::as_slice);
    let plan = Plan::new(&columns, std::iter::empty(), 0, Extent::Whole).unwrap();
    let limits = Limits { rows: 300, ..ALL };
    let first = plan.batch(&mut payloads, 0, 1000, limits).unwrap().unwrap();
    assert_eq!(first.num_rows(), 300);
    let limits = Limits { bytes: 100, ..ALL };
    let second = plan
        .batch(&mut payloads, 300, 700, limits)
        .unwrap()
        .unwrap();
    assert!(second.num_rows() < 20);
    let rest = plan.batch(&mut payloads, 0, 0, ALL).unwrap().unwrap();
    assert_eq!(300 + second.num_rows() + rest.num_rows(), 1000);
    assert!(plan.batch(&mut payloads, 0, 0, ALL).unwrap().is_none());
}

proptest! {
    #[test]
    fn no_bytes_do_harm(cells in prop::collection::vec(prop::option::of(prop::collection::vec(any::<u8>(), 0..40)), 1..6)) {
        for info in TYPES {
            for format in [Format::Text, Format::Binary] {
                let rows: Vec<_> = cells.iter().map(|cell| row(&[cell.as_deref()])).collect();
                for extent in [Extent::Whole, Extent::Start] {
                    if let Ok(batch) = read_as(&[column(info.oid, format)], &rows, extent) {
                        prop_assert_eq!(batch.num_rows(), rows.len());
                    }
                }
            }
        }
    }

    #[test]
    fn any_row_does_no_harm(payload in prop::collection::vec(any::<u8>(), 0..60)) {
        let columns = [column(oid::INT4, Format::Binary), column(oid::TEXT, Format::Text)];
        let _ = read_as(&columns, &[payload], Extent::Whole);
    }

    #[test]
    fn decimals_are_exact(value in any::<i64>(), scale in 0usize..19) {
        let digits = format!("{:0>20}", value.unsigned_abs());
        let (whole, fraction) = digits.split_at(20 - scale);
        let sign = if value < 0 { "-" } else { "" };
        let point = if scale > 0 { "." } else { "" };
        let rows = [row(&[Some(format!("{sign}{whole}{point}{fraction}").as_bytes())])];
        let batch = read_as(&[column(oid::NUMERIC, Format::Text)], &rows, Extent::Whole).unwrap();
        prop_assert_eq!(batch.column(0).as_primitive::<Decimal128Type>().value(0), i128::from(value));
    }
}
