//! The encoders that write in place give what the messages give, and refuse what the wire cannot carry; the
//! builders patch their counts and lengths.

#![allow(clippy::unwrap_used, clippy::panic)] // a panic is the failure report

use bytes::{BufMut, Bytes, BytesMut};
use sbwp::message::*;

fn encoded(message: &ClientMessage) -> BytesMut {
    let mut out = BytesMut::new();
    message.encode(&mut out).unwrap();
    out
}

#[test]
fn the_free_encoders_write_what_the_messages_write() {
    let mut out = BytesMut::new();
    encode_query(&mut out, query_flag::AUTOCOMMIT, 7, 9, "SELECT 'é'").unwrap();
    let query = Query {
        flags: query_flag::AUTOCOMMIT,
        max_rows: 7,
        timeout_ms: 9,
        sql: "SELECT 'é'".into(),
        script: None,
    };
    assert_eq!(out, encoded(&ClientMessage::Query(query)));

    let mut out = BytesMut::new();
    encode_parse(&mut out, "s1", "SELECT $1", &[23, 0]).unwrap();
    let parse = Parse {
        statement: "s1".into(),
        sql: "SELECT $1".into(),
        oids: vec![23, 0],
    };
    assert_eq!(out, encoded(&ClientMessage::Parse(parse)));

    let mut out = BytesMut::new();
    encode_execute(&mut out, "p1", 5, execute_flag::AUTOCOMMIT).unwrap();
    let execute = Execute {
        portal: "p1".into(),
        max_rows: 5,
        flags: execute_flag::AUTOCOMMIT,
    };
    assert_eq!(out, encoded(&ClientMessage::Execute(execute)));

    let mut out = BytesMut::new();
    encode_close(&mut out, target::PORTAL, "p1").unwrap();
    let close = Close {
        target: target::PORTAL,
        name: "p1".into(),
    };
    assert_eq!(out, encoded(&ClientMessage::Close(close)));
}

#[test]
fn a_bind_is_written_value_by_value() {
    let mut out = BytesMut::from(&b"before"[..]);
    let mut bind = BindEncoder::new(&mut out, "p", "s", &[0]);
    bind.value(b"42");
    bind.null();
    let given = bind.value_with(|out| {
        out.put_slice(b"in place");
        "what the closure gives"
    });
    bind.finish(&[1]).unwrap();
    assert_eq!(given, "what the closure gives");
    let expected = Bind {
        portal: "p".into(),
        statement: "s".into(),
        formats: vec![0],
        values: vec![
            Some(Bytes::from_static(b"42")),
            None,
            Some(Bytes::from_static(b"in place")),
        ],
        result_formats: vec![1],
    };
    assert_eq!(Bind::decode(&out[6..]), Ok(expected));
}

#[test]
fn a_bind_with_slots_has_a_format_for_each_value() {
    let mut out = BytesMut::new();
    let mut bind = BindEncoder::with_slots(&mut out, "", "s", 4);
    bind.value_in(1, |out| out.put_i32_le(42));
    bind.value_in(0, |out| out.put_slice(b"text"));
    bind.null();
    bind.value_in(1, |out| out.put_u8(1));
    bind.finish(&[]).unwrap();
    let bind = Bind::decode(&out).unwrap();
    assert_eq!(bind.formats, [1, 0, 0, 1]);
    assert_eq!(bind.values[0].as_deref(), Some(&[42, 0, 0, 0][..]));
    assert_eq!(bind.values[2], None);

    let mut out = BytesMut::new();
    let mut bind = BindEncoder::with_slots(&mut out, "", "s", 1);
    bind.null();
    bind.value_in(1, |out| out.put_u8(1));
    let refused = bind.finish(&[]);
    let (message, announced, written) = ("BIND", 1, 2);
    assert_eq!(
        refused,
        Err(EncodeError::Values {
            message,
            announced,
            written
        })
    );
}

#[test]
fn more_than_the_count_can_say_is_refused() {
    let many = usize::from(u16::MAX) + 1;
    let mut out = BytesMut::new();
    let refused = encode_parse(&mut out, "", "SELECT 1", &vec![0; many]);
    assert!(matches!(refused, Err(EncodeError::Count { count, max: 65_535, .. }) if count == many));

    let mut out = BytesMut::new();
    let mut bind = BindEncoder::new(&mut out, "", "", &[0]);
    for _ in 0..100_000 {
        bind.null();
    }
    assert!(matches!(
        bind.finish(&[]),
        Err(EncodeError::Count { count: 100_000, .. })
    ));
    let mut out = BytesMut::new();
    let bind = BindEncoder::with_slots(&mut out, "", "", many);
    assert!(matches!(bind.finish(&[]), Err(EncodeError::Count { .. })));

    let parameters = vec![StartupParameter::text("k", "v"); MAX_PARAMETERS + 1];
    let startup = Startup {
        parameters,
        ..Startup::default()
    };
    let refused = startup.encode(&mut BytesMut::new());
    assert!(matches!(
        refused,
        Err(EncodeError::Count {
            count: 257,
            max: 256,
            ..
        })
    ));

    let row = Row {
        values: vec![None; many],
    };
    assert!(matches!(
        row.encode(&mut BytesMut::new()),
        Err(EncodeError::Count { .. })
    ));
}

#[test]
fn text_that_a_nul_would_end_is_refused() {
    let nul = |result| matches!(result, Err(EncodeError::Nul { .. }));
    assert!(nul(encode_query(
        &mut BytesMut::new(),
        0,
        0,
        0,
        "SELECT\0 1"
    )));
    assert!(nul(
        CommandComplete::new("SEL\0ECT", 0).encode(&mut BytesMut::new())
    ));
    let error = Diagnostic {
        fields: vec![(field::MESSAGE, "a\0b".into())],
    };
    assert!(nul(error.encode(&mut BytesMut::new())));
    // A report made by `new` or `with` is never lost to a NUL.
    let error = Diagnostic::new("ERROR", "42000", "a\0b", "").with(field::HINT, "c\0d");
    assert_eq!(error.message(), Some("a\u{FFFD}b"));
    assert!(error.encode(&mut BytesMut::new()).is_ok());
}

#[test]
fn a_row_is_built_value_by_value() {
    let mut out = BytesMut::from(&b"before"[..]);
    let mut row = DataRowBuilder::new(&mut out, 10);
    for index in 0..10_u8 {
        match index % 3 {
            0 => row.null(),
            1 => row.value(&[index]),
            _ => row.value_with(|out| out.put_slice(b"")),
        }
    }
    row.finish().unwrap();
    let row = DataRow::parse(&out[6..]).unwrap();
    assert_eq!((row.len(), row.is_empty()), (10, false));
    let values: Vec<_> = row.iter().map(Result::unwrap).collect();
    let expected: Vec<Option<&[u8]>> = vec![
        None,
        Some(&[1]),
        Some(&[]),
        None,
        Some(&[4]),
        Some(&[]),
        None,
        Some(&[7]),
        Some(&[]),
        None,
    ];
    assert_eq!(values, expected);

    for written in [0, 2] {
        let mut out = BytesMut::new();
        let mut row = DataRowBuilder::new(&mut out, 1);
        for _ in 0..written {
            row.null();
        }
        let (message, announced) = ("DATA_ROW", 1);
        let refused = row.finish();
        assert_eq!(
            refused,
            Err(EncodeError::Values {
                message,
                announced,
                written
            })
        );
    }
    let mut out = BytesMut::new();
    DataRowBuilder::new(&mut out, 0).finish().unwrap();
    assert!(DataRow::parse(&out).unwrap().is_empty());
}

#[test]
fn a_broken_row_says_where() {
    let error = |payload: &[u8]| match DataRow::parse(payload) {
        Ok(row) => row.iter().find_map(Result::err),
        Err(error) => Some(error),
    };
    let at = |payload: &[u8]| error(payload).map(|e| (e.field, e.offset, e.reason));
    let short = |needed, available| Reason::Truncated { needed, available };
    assert_eq!(at(&[1, 0, 1]), Some(("column_count", 0, short(4, 3))));
    assert_eq!(
        at(&[9, 0, 1, 0, 0]),
        Some(("bitmap_bytes", 2, Reason::Invalid(1)))
    );
    assert_eq!(at(&[9, 0, 2, 0, 0]), Some(("null_bitmap", 4, short(2, 1))));
    assert_eq!(at(&[1, 0, 1, 0, 0, 5, 0]), Some(("value", 5, short(4, 2))));
    assert_eq!(
        at(&[1, 0, 1, 0, 0, 5, 0, 0, 0, 1]),
        Some(("value", 5, short(9, 5)))
    );
    let negative = [1, 0, 1, 0, 0, 0xfe, 0xff, 0xff, 0xff];
    assert_eq!(at(&negative), Some(("value", 5, Reason::Invalid(-2))));
    // A length of -1 is NULL too.
    assert_eq!(at(&[1, 0, 1, 0, 0, 0xff, 0xff, 0xff, 0xff]), None);
    let message = error(&[1, 0, 1]).unwrap().to_string();
    assert_eq!(
        message,
        "DATA_ROW: column_count at offset 0 needs 4 bytes, 3 are left"
    );
}

#[test]
fn a_count_never_allocates_more_than_the_payload_holds() {
    // Four billion columns, parameters, entries: refused before anything is reserved.
    let mut columns = vec![1, 0, 0, 1, 0xff, 0xff, 0xff, 0xff];
    columns.resize(72, 0);
    let error = RowDescription::decode(&columns).unwrap_err();
    assert_eq!(
        (error.message, error.field),
        ("ROW_DESCRIPTION", "column_count")
    );
    assert!(matches!(
        error.reason,
        Reason::Count {
            count: 0xffff_ffff,
            ..
        }
    ));

    let mut parameters = vec![1, 0, 0, 1];
    parameters.resize(68, 0);
    parameters.extend([0xff; 4]);
    assert!(ParameterDescription::decode(&parameters).is_err());

    let mut rows = vec![1, 0, 0, 1];
    rows.resize(104, 0);
    rows[44..48].copy_from_slice(&[0xff; 4]);
    assert_eq!(ArrayBind::decode(&rows).unwrap_err().field, "row_count");
}

#[test]
fn columns_keep_their_type_and_limits() {
    for (oid, format) in [
        (16, 0),
        (20, 1),
        (1184, 0),
        (1007, 1),
        (3802, 0),
        (3912, 0),
        (16386, 0),
        (25, 1),
    ] {
        let mut column = ColumnDescription::new("c", oid, format);
        column.precision = Some(12);
        column.scale = Some(2);
        column.length = Some(40);
        column.nullable = Some(false);
        let mut out = BytesMut::new();
        RowDescription::new(vec![column.clone()])
            .encode(&mut out)
            .unwrap();
        let read = RowDescription::decode(&out).unwrap().columns.remove(0);
        assert_eq!((read.oid, read.format), (oid, format), "{}", column.name);
        assert_eq!(
            (read.precision, read.scale, read.length),
            (Some(12), Some(2), Some(40))
        );
        assert_eq!(read.nullable, Some(false));

        let mut out = BytesMut::new();
        ParameterDescription::new(vec![ParameterInfo::new(oid)])
            .encode(&mut out)
            .unwrap();
        assert_eq!(
            ParameterDescription::decode(&out).unwrap().parameters[0].oid,
            oid
        );
    }
    // Six types need no name: the server's own descriptions stay as they are.
    assert_eq!(ColumnDescription::new("c", 20, 0).type_name, None);
    assert_eq!(ColumnDescription::new("c", 701, 0).type_name, None);
}

#[test]
fn a_startup_is_told_by_length_and_versions() {
    let mut startup = Startup {
        generation: Generation::Legacy,
        min_version: VERSION_1_1,
        max_version: VERSION_1_1,
        parameters: vec![StartupParameter::text("database", "d".repeat(80))],
        ..Startup::default()
    };
    let mut out = BytesMut::new();
    startup.encode(&mut out).unwrap();
    // A legacy payload this long is taken for P1, with a least version above the greatest.
    assert_eq!(Startup::generation_of(&out), Generation::P1);
    assert_eq!(Startup::versions_of(&out), Some((0x0101, 0)));

    startup.generation = Generation::P1;
    let mut out = BytesMut::new();
    startup.encode(&mut out).unwrap();
    let read = Startup::decode(&out).unwrap();
    assert_eq!(read.parameter("database").map(str::len), Some(80));
    assert_eq!(read.parameter("user"), None);
    assert_eq!(Startup::versions_of(&out), Some((VERSION_1_1, VERSION_1_1)));
    assert_eq!(Startup::versions_of(&out[..80]), None);
}

#[test]
fn savepoint_names_are_identifiers() {
    let valid = |name: &str| Savepoint { name: name.into() }.is_valid();
    assert!(valid("sp_1") && valid("_") && valid("A9"));
    assert!(!valid("") && !valid("1a") && !valid("a-b") && !valid("é") && !valid("a b"));
}

#[test]
fn a_missing_format_stands_for_all_that_follow() {
    let mut bind = Bind::default();
    assert_eq!((bind.format(0), bind.format(9)), (1, 1));
    bind.formats = vec![1, 0];
    assert_eq!((bind.format(0), bind.format(1), bind.format(2)), (1, 0, 0));
}

#[test]
fn an_event_is_the_data_of_a_notification() {
    let event = EventData {
        id: [7; 16],
        mode: 1,
        message: Bytes::from_static(b"hello"),
    };
    let mut data = BytesMut::new();
    event.encode(&mut data).unwrap();
    assert_eq!(data.len(), 16 + 4 + 4 + 5);
    assert_eq!(EventData::decode(&data), Ok(event));
    assert_eq!(EventData::decode(&data[..20]).unwrap_err().field, "message");
}
