//! COPY in every form, both ways, and array BIND.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use bytes::{Bytes, BytesMut};
use common::{execute, message, parse, server, sync, Answer, Client};
use sbwp::message::copy_packet::{CopyType, CopyValue, RowsetReader, RowsetWriter, SbcpWriter};
use sbwp::message::{
    cell_encoding, feature, kind, ArrayBind, ArrayCell, ArraySlot, ClientMessage, ServerMessage,
};
use scratchbird_devserver::users::Method;

fn begin(client: &mut Client, sql: &str) -> ServerMessage {
    let payload = [&[0; 12], sql.as_bytes(), &[0]].concat();
    client.send(&[message(kind::QUERY, &payload)]);
    client.receive()
}

fn copy(client: &mut Client, sql: &str, frames: &[&[u8]]) -> Answer {
    assert_eq!(begin(client, sql).kind(), kind::COPY_IN_RESPONSE, "{sql}");
    for frame in frames {
        client.send(&[message(kind::COPY_DATA, frame)]);
    }
    client.send(&[message(kind::COPY_DONE, &[])]);
    Answer(client.until_ready())
}

fn rowset() -> BytesMut {
    let mut packet = BytesMut::new();
    let mut writer = RowsetWriter::new(
        &mut packet,
        [("id", CopyType::Int64), ("s", CopyType::Text)],
    );
    writer.row([CopyValue::Int64(1), CopyValue::Text("a;b\n\tc\\")]);
    writer.row([CopyValue::Int64(2), CopyValue::Null]);
    writer.finish().unwrap();
    packet
}

#[test]
fn rows_in_every_form() {
    let server = server(Method::Password);
    let mut client = Client::login(&server);
    let mut named = BytesMut::new();
    let mut writer = SbcpWriter::new(&mut named);
    writer.row(&[("s", Some("x")), ("id", Some("1"))]);
    writer.finish().unwrap();
    let rowset = rowset();
    let cases: [(&str, Vec<&[u8]>, u64, &str); 6] = [
        (
            "copy forms from stdin",
            vec![b"id=1;s=x\n", b"id=2;s=NULL\ns=z;id=3\n"],
            3,
            "1x 2NULL 3z",
        ),
        (
            "copy forms from stdin",
            vec![&rowset],
            2,
            "1a;b\n\tc\\ 2NULL",
        ),
        ("copy forms from stdin", vec![&named], 1, "1x"),
        (
            "copy forms (id, s) from stdin with (format csv)",
            vec![b"1,\"a,", b"b\"\n2,\n"],
            2,
            "1a,b 2NULL",
        ),
        (
            "copy forms from stdin with (format jsonl)",
            vec![b"{\"id\":1,\"s\":\"\\\"\"}\n", b"{\"id\":2}\n"],
            2,
            "1\" 2NULL",
        ),
        ("copy forms (id) from stdin", vec![b"id=7\n"], 1, "7dflt"),
    ];
    for (sql, frames, rows, expected) in cases {
        client.must("drop table if exists forms; create table forms (id bigint primary key, s text default 'dflt')");
        let answer = copy(&mut client, sql, &frames);
        assert_eq!(answer.errors(), Vec::<String>::new(), "{sql}");
        assert_eq!(answer.tags(), [(format!("COPY {rows}"), rows)], "{sql}");
        let stored: Vec<String> = client
            .query("select id, s from forms order by id")
            .rows()
            .iter()
            .map(|row| row.concat())
            .collect();
        assert_eq!(stored.join(" "), expected, "{sql}");
    }
}

#[test]
fn a_copy_that_fails_leaves_nothing_and_harms_nothing() {
    let server = server(Method::Password);
    let mut client = Client::login(&server);
    client.must("drop table if exists fails; create table fails (id bigint primary key, s text)");
    client.query("insert into fails values (1, 'kept')");
    let duplicate = copy(
        &mut client,
        "copy fails from stdin",
        &[b"id=2;s=x\nid=1;s=y\n"],
    );
    assert_eq!(duplicate.errors(), ["23505"]);
    assert_eq!(
        begin(&mut client, "copy no_such_table from stdin").kind(),
        kind::ERROR
    );
    client.until_ready();
    let empty = copy(&mut client, "copy fails from stdin", &[]);
    assert_eq!(
        empty.error().and_then(|error| error.message()),
        Some("SBSQL.COPY.NO_ROWS")
    );
    let unknown = copy(
        &mut client,
        "copy fails from stdin",
        &[b"id=5;s=a\nid=6;other=b\n"],
    );
    assert_eq!(unknown.errors()[0], "42000");
    // COPY_DONE came when the copy had ended already.
    assert_eq!(
        Answer(client.until_ready())
            .error()
            .and_then(|error| error.message()),
        Some("ASYNC-011")
    );
    begin(&mut client, "copy fails from stdin");
    client.send(&[
        message(kind::COPY_DATA, b"id=9;s=x\n"),
        message(kind::COPY_FAIL, b"\x02\0\0\0no"),
    ]);
    let given_up = Answer(client.until_ready());
    assert_eq!(
        given_up.error().and_then(|error| error.message()),
        Some("SBSQL.COPY.CLIENT_ABORTED")
    );
    client.send(&[message(kind::COPY_FAIL, b"\0\0\0\0")]);
    assert_eq!(Answer(client.until_ready()).errors(), ["57014"]);
    client.query("commit");
    assert_eq!(
        client.query("select id, s from fails").rows(),
        [["1", "kept"]]
    );
}

#[test]
fn other_requests_wait_for_the_end_of_a_copy() {
    let server = server(Method::Password);
    let mut client = Client::login(&server);
    client.must("drop table if exists waits; create table waits (id int)");
    begin(&mut client, "copy waits from stdin");
    client.send(&[message(kind::COPY_DATA, b"id=1\n")]);
    assert_eq!(client.query("select 1").errors(), ["08P01"]);
    client.send(&[message(kind::PING, &[]), message(kind::COPY_DONE, &[])]);
    assert_eq!(client.receive().kind(), kind::PONG);
    assert_eq!(
        Answer(client.until_ready()).tags(),
        [("COPY 1".to_owned(), 1)]
    );
}

#[test]
fn without_binary_copy_the_window_is_smaller() {
    let server = server(Method::Password);
    for (features, format, window) in [
        (feature::SERVER_MASK, 1, 32 * 1024 * 1024),
        (feature::STREAMING, 0, 1024 * 1024),
    ] {
        let mut client = Client::open(&server);
        let startup = client.startup(features, &[]);
        client.send(&[startup, common::password(common::PASSWORD)]);
        client.until_ready();
        client.must("create table if not exists windows (id int)");
        let ServerMessage::CopyInResponse(response) = begin(&mut client, "copy windows from stdin")
        else {
            panic!("no COPY_IN_RESPONSE");
        };
        assert_eq!((response.format, response.window_bytes), (format, window));
    }
}

fn out(client: &mut Client, sql: &str) -> (Vec<u8>, Answer) {
    let answer = client.query(sql);
    let mut data = Vec::new();
    for message in &answer.0 {
        if let ServerMessage::CopyData(copy) = message {
            data.extend_from_slice(&copy.data);
        }
    }
    (data, answer)
}

#[test]
fn rows_out() {
    let server = server(Method::Password);
    let mut client = Client::login(&server);
    client.must("drop table if exists outs; create table outs (id int, s text)");
    client.must(
        "insert into outs values (1, 'a,\"b\"'), (2, null), (3, e'x\\ty\\\\')"
            .replace("e'x", "'x")
            .as_str(),
    );
    let (data, answer) = out(&mut client, "copy outs to stdout");
    assert_eq!(
        answer.kinds(),
        [
            kind::COPY_OUT_RESPONSE,
            kind::COPY_DATA,
            kind::COPY_DONE,
            kind::COMMAND_COMPLETE,
            kind::READY
        ]
    );
    assert_eq!(answer.tags(), [("COPY 3".to_owned(), 3)]);
    assert!(data.starts_with(b"1,\"a,\"\"b\"\"\"\n2,\n3,"));
    let (data, _) = out(
        &mut client,
        "copy (select id from outs where id < 3 order by id) to stdout with (format jsonl)",
    );
    assert_eq!(data, b"{\"id\":1}\n{\"id\":2}\n");
    let (data, _) = out(&mut client, "copy outs to stdout with (format binary)");
    let mut reader = RowsetReader::new(&data).unwrap();
    let mut row = Vec::new();
    assert!(reader.next_row(&mut row).unwrap());
    assert_eq!(row, [CopyValue::Text("1"), CopyValue::Text("a,\"b\"")]);
    assert_eq!(
        client.query("copy nothing_there to stdout").errors(),
        ["42P01"]
    );
    assert_eq!(client.query("select 1").rows(), [["1"]]);
}

#[test]
fn much_data_out_is_streamed() {
    let server = server(Method::Password);
    let mut client = Client::login(&server);
    let (data, answer) = out(
        &mut client,
        "copy (select i, repeat('x', 100) from generate_series(1, 50000) i) to stdout",
    );
    assert_eq!(answer.tags(), [("COPY 50000".to_owned(), 50000)]);
    assert!(data.len() > 5_000_000);
    assert!(answer.kinds().len() > 50);
}

fn array(rows: &[[Option<&str>; 2]]) -> ClientMessage {
    ClientMessage::ArrayBind(ArrayBind {
        slots: vec![ArraySlot::default(); 2],
        rows: rows
            .iter()
            .map(|row| {
                row.iter()
                    .enumerate()
                    .map(|(at, value)| {
                        let value = value.map(|text| Bytes::copy_from_slice(text.as_bytes()));
                        ArrayCell::new(at as u32, cell_encoding::TEXT, value)
                    })
                    .collect()
            })
            .collect(),
        ..ArrayBind::default()
    })
}

#[test]
fn many_rows_for_one_insert() {
    let server = server(Method::Password);
    let mut client = Client::login(&server);
    client.must("drop table if exists many; create table many (id bigint primary key, s text)");
    client.query("insert into many values (100, 'kept')");
    client.send(&[
        parse("ins", "insert into many (id, s) values ($1, $2)", &[20, 25]),
        parse("sel", "select $1, $2", &[20, 25]),
        array(&[[Some("1"), Some("a")], [Some("2"), None]]),
        execute("", 0, 0),
        sync(),
    ]);
    let answer = Answer(client.until_ready());
    assert_eq!(answer.rows(), [["2", "2", "0"]]);
    assert_eq!(answer.tags(), [("INSERT 2".to_owned(), 2)]);
    // All or none.
    client.send(&[
        array(&[[Some("3"), Some("a")], [Some("1"), None], [Some("4"), None]]),
        execute("", 0, 0),
        sync(),
    ]);
    assert_eq!(Answer(client.until_ready()).errors(), ["23505"]);
    let values: Vec<String> = (1000..6000).map(|id| id.to_string()).collect();
    let rows: Vec<[Option<&str>; 2]> = values
        .iter()
        .map(|id| [Some(id.as_str()), Some("v")])
        .collect();
    client.send(&[array(&rows), execute("", 0, 1), sync()]);
    assert_eq!(
        Answer(client.until_ready()).tags(),
        [("INSERT 5000".to_owned(), 5000)]
    );
    let mut other = Client::login(&server);
    assert_eq!(other.query("select count(*) from many").rows(), [["5003"]]);
}

#[test]
fn array_binds_that_mean_no_statement() {
    let server = server(Method::Password);
    let mut client = Client::login(&server);
    let refused = |client: &mut Client, messages: &[ClientMessage]| {
        client.send(messages);
        client.send(&[array(&[[Some("1"), None]]), execute("", 0, 0), sync()]);
        let answer = Answer(client.until_ready());
        assert_eq!(answer.errors(), ["08P01", "34000"]);
        let message = answer
            .error()
            .and_then(|error| error.message())
            .map(str::to_owned);
        assert_eq!(
            message.as_deref(),
            Some("SBWP.ARRAY_BIND.STATEMENT_AMBIGUOUS")
        );
    };
    refused(&mut client, &[]);
    refused(
        &mut client,
        &[parse("a", "insert into many values ($1, $2)", &[])],
    );
    let insert = "insert into many (id, s) values ($1, $2)";
    refused(
        &mut client,
        &[parse("b", insert, &[]), parse("c", insert, &[])],
    );
}
