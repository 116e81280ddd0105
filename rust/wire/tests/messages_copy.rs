//! The packets inside COPY_DATA: read what was written, refuse what the form cannot say, survive any bytes.

#![allow(clippy::unwrap_used, clippy::panic)] // a panic is the failure report

use bytes::BytesMut;
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use sbwp::message::copy_packet::{
    CopyForm, CopyType, CopyValue, NamedRows, RowsetReader, RowsetWriter, SbcpWriter, TextWriter,
};
use sbwp::message::{EncodeError, Reason};

/// A value that owns its bytes.
#[derive(Debug, Clone)]
enum Owned {
    Null,
    Text(String),
    Int64(i64),
    Boolean(bool),
    Int32(i32),
    UInt64(u64),
    Real64(f64),
    Binary(Vec<u8>),
}

impl Owned {
    fn borrow(&self) -> CopyValue<'_> {
        match self {
            Owned::Null => CopyValue::Null,
            Owned::Text(text) => CopyValue::Text(text),
            Owned::Int64(value) => CopyValue::Int64(*value),
            Owned::Boolean(value) => CopyValue::Boolean(*value),
            Owned::Int32(value) => CopyValue::Int32(*value),
            Owned::UInt64(value) => CopyValue::UInt64(*value),
            Owned::Real64(value) => CopyValue::Real64(*value),
            Owned::Binary(bytes) => CopyValue::Binary(bytes),
        }
    }
}

fn kind() -> impl Strategy<Value = CopyType> {
    (1..=7_u8).prop_map(|byte| CopyType::from_byte(byte).unwrap())
}

fn value(kind: CopyType) -> impl Strategy<Value = Owned> {
    let present = match kind {
        CopyType::Text => "(?s).{0,9}".prop_map(Owned::Text).boxed(),
        CopyType::Int64 => any::<i64>().prop_map(Owned::Int64).boxed(),
        CopyType::Boolean => any::<bool>().prop_map(Owned::Boolean).boxed(),
        CopyType::Int32 => any::<i32>().prop_map(Owned::Int32).boxed(),
        CopyType::UInt64 => any::<u64>().prop_map(Owned::UInt64).boxed(),
        CopyType::Real64 => any::<f64>().prop_map(Owned::Real64).boxed(),
        CopyType::Binary => vec(any::<u8>(), 0..9).prop_map(Owned::Binary).boxed(),
    };
    prop_oneof![1 => Just(Owned::Null), 4 => present]
}

/// Columns and rows of them.
fn rowset() -> impl Strategy<Value = (Vec<(String, CopyType)>, Vec<Vec<Owned>>)> {
    vec(("[a-z]{1,5}", kind()), 1..19).prop_flat_map(|columns| {
        let row: Vec<_> = columns.iter().map(|(_, kind)| value(*kind)).collect();
        (Just(columns), vec(row, 1..5))
    })
}

fn columns(columns: &[(String, CopyType)]) -> impl Iterator<Item = (&str, CopyType)> {
    columns.iter().map(|(name, kind)| (name.as_str(), *kind))
}

fn named_rows() -> impl Strategy<Value = Vec<Vec<(String, Option<String>)>>> {
    vec(vec(("[a-z]{0,5}", option::of("(?s).{0,9}")), 0..5), 0..5)
}

proptest! {
    #[test]
    fn a_rowset_reads_what_was_written((names, rows) in rowset()) {
        let mut out = BytesMut::from(&b"before"[..]);
        let mut writer = RowsetWriter::new(&mut out, columns(&names));
        for row in &rows {
            writer.row(row.iter().map(Owned::borrow));
        }
        let size = writer.size();
        prop_assert_eq!(writer.finish(), Ok(rows.len() as u64));
        let payload = &out[6..];
        prop_assert_eq!(payload.len(), size);
        prop_assert_eq!(CopyForm::of(payload), CopyForm::Rowset);

        let mut reader = RowsetReader::new(payload).unwrap();
        prop_assert_eq!(reader.rows(), rows.len() as u64);
        let read_columns: Vec<_> = reader.columns().iter().map(|c| (c.name.clone(), c.kind)).collect();
        prop_assert_eq!(&read_columns, &names);
        let mut read = Vec::new();
        for row in &rows {
            prop_assert!(reader.next_row(&mut read).unwrap());
            let written: Vec<_> = row.iter().map(Owned::borrow).collect();
            prop_assert_eq!(&read, &written);
        }
        prop_assert_eq!(reader.next_row(&mut read), Ok(false));

        // Cut anywhere it is an error, at the start or at the row.
        for length in 0..payload.len() {
            let broken = RowsetReader::new(&payload[..length]).and_then(|mut reader| {
                while reader.next_row(&mut read)? {}
                Ok(())
            });
            prop_assert!(broken.is_err(), "cut to {} of {}", length, payload.len());
        }
    }

    #[test]
    fn a_named_packet_reads_what_was_written(rows in named_rows()) {
        let rows: Vec<Vec<(&str, Option<&str>)>> = rows
            .iter()
            .map(|row| row.iter().map(|(name, value)| (name.as_str(), value.as_deref())).collect())
            .collect();
        let mut out = BytesMut::from(&b"before"[..]);
        let mut writer = SbcpWriter::new(&mut out);
        for row in &rows {
            writer.row(row);
        }
        prop_assert_eq!(writer.finish(), Ok(()));
        let payload = &out[6..];
        prop_assert_eq!(CopyForm::of(payload), CopyForm::Named);
        let read: Result<Vec<_>, _> = NamedRows::packet(payload).unwrap().collect();
        prop_assert_eq!(read, Ok(rows));
        for length in 0..payload.len() {
            let read = NamedRows::packet(&payload[..length]).and_then(Iterator::collect::<Result<Vec<_>, _>>);
            prop_assert!(read.is_err(), "cut to {} of {}", length, payload.len());
        }
    }

    #[test]
    fn a_line_reads_what_was_written_or_is_refused(row in vec(("[a-z= ]{0,5}", option::of("(?s).{0,6}")), 0..5)) {
        let row: Vec<(&str, Option<&str>)> = row.iter().map(|(name, value)| (name.as_str(), value.as_deref())).collect();
        let mut out = BytesMut::new();
        match TextWriter::new(&mut out).row(&row) {
            Ok(()) => {
                let read: Result<Vec<_>, _> = NamedRows::lines(&out).collect();
                prop_assert_eq!(read, Ok(vec![row]));
            }
            Err(error) => {
                prop_assert_eq!(error, EncodeError::Unrepresentable { message: "COPY_DATA", field: "row" });
                prop_assert!(out.is_empty());
            }
        }
    }

    #[test]
    fn any_bytes_are_rows_or_an_error(bytes in vec(any::<u8>(), 0..200), form in 0..3) {
        let mut payload = bytes;
        payload.splice(0..0, match form {
            0 => &b"SBNR\x02\0\0\0"[..],
            1 => &b"SBCP\x01\0\0\0"[..],
            _ => &b""[..],
        }.iter().copied());
        if let Ok(mut reader) = RowsetReader::new(&payload) {
            let mut row = Vec::new();
            while let Ok(true) = reader.next_row(&mut row) {
                prop_assert_eq!(row.len(), reader.columns().len());
            }
        }
        if let Ok(rows) = NamedRows::packet(&payload) {
            prop_assert!(rows.filter(Result::is_err).count() <= 1);
        }
        prop_assert!(NamedRows::lines(&payload).filter(Result::is_err).count() <= 1);
    }
}

fn line(fields: &[(&str, Option<&str>)]) -> Option<BytesMut> {
    let mut out = BytesMut::new();
    TextWriter::new(&mut out).row(fields).is_ok().then_some(out)
}

#[test]
fn a_line_has_no_escapes() {
    assert_eq!(
        line(&[("id", Some("9")), ("s", None)]).unwrap(),
        b"id=9;s=NULL\n"[..]
    );
    assert_eq!(line(&[("s", Some("a=b"))]).unwrap(), b"s=a=b\n"[..]);
    for unwritable in ["a;b", "a\nb", "NULL", "null", "ends with blank ", "\u{a0}"] {
        let written = line(&[("s", Some(unwritable))]);
        assert_eq!(written, None, "{unwritable:?}");
    }
    assert_eq!(line(&[("", Some("x"))]), None);
    assert_eq!(line(&[("a=b", Some("x"))]), None);
    assert_eq!(line(&[]), None);
}

#[test]
fn lines_are_trimmed_and_empty_ones_skipped() {
    let rows: Vec<_> = NamedRows::lines(b"  id=1;s= x\r\n\n \t\nid=2;s=\nid=3;s=NuLl")
        .map(Result::unwrap)
        .collect();
    assert_eq!(rows[0], [("id", Some("1")), ("s", Some(" x"))]);
    assert_eq!(rows[1], [("id", Some("2")), ("s", Some(""))]);
    assert_eq!(rows[2], [("id", Some("3")), ("s", None)]);
    assert_eq!(rows.len(), 3);
    let error = NamedRows::lines(b"id=1\n1,2,3\n")
        .last()
        .unwrap()
        .unwrap_err();
    assert_eq!(
        (error.field, error.offset, error.reason),
        ("line", 5, Reason::Malformed)
    );
}

#[test]
fn a_rowset_refuses_what_it_cannot_say() {
    let text = [("a", CopyType::Text), ("b", CopyType::Int64)];
    let finish = |rows: &[&[CopyValue<'_>]]| {
        let mut out = BytesMut::new();
        let mut writer = RowsetWriter::new(&mut out, text);
        for row in rows {
            writer.row(row.iter().copied());
        }
        writer.finish()
    };
    let (one, two) = (CopyValue::Text("x"), CopyValue::Int64(1));
    assert_eq!(finish(&[&[one, two]]), Ok(1));
    assert!(matches!(
        finish(&[]),
        Err(EncodeError::Unrepresentable { field: "rows", .. })
    ));
    assert!(matches!(
        finish(&[&[two, one]]),
        Err(EncodeError::Unrepresentable { field: "value", .. })
    ));
    let wrong = |written| EncodeError::Values {
        message: "COPY_DATA",
        announced: 2,
        written,
    };
    assert_eq!(finish(&[&[one]]), Err(wrong(1)));
    assert_eq!(finish(&[&[one, two, CopyValue::Null]]), Err(wrong(3)));
}

#[test]
fn a_rowset_that_announces_too_much_is_refused_at_once() {
    let mut packet = b"SBNR\x02\0\0\0".to_vec();
    packet.extend(u64::MAX.to_le_bytes());
    packet.extend(1_u32.to_le_bytes());
    packet.extend(b"\x01\x01\0\0\0a");
    let error = RowsetReader::new(&packet).unwrap_err();
    assert_eq!((error.message, error.field), ("COPY_DATA", "row_count"));
    packet[16..20].copy_from_slice(&u32::MAX.to_le_bytes());
    assert_eq!(
        RowsetReader::new(&packet).unwrap_err().field,
        "column_count"
    );
}
