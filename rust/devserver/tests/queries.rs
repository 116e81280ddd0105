//! Simple and extended queries: results, formats, limits, errors that leave the session as it was.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use common::{bind, execute, message, parse, server, sync, Answer, Client};
use sbwp::message::{kind, query_flag, ServerMessage};
use sbwp::types::oid;
use scratchbird_devserver::users::Method;

#[test]
fn rows_with_their_real_types() {
    let server = server(Method::Password);
    let mut client = Client::login(&server);
    client.must("drop table if exists real_types; create table real_types (g varchar(20)); insert into real_types values ('x')");
    let sql = "select 1 as a, 2.5::numeric(10,2) as b, null::text as c, '' as d, true as e, \
               '{1,2}'::int[] as f, g, timestamptz '2024-02-29 13:14:15+00' as h from real_types";
    let answer = client.query(sql);
    let Some(ServerMessage::RowDescription(description)) = answer.0.first() else {
        panic!("{answer:?}")
    };
    let oids: Vec<u32> = description
        .columns
        .iter()
        .map(|column| column.oid)
        .collect();
    assert_eq!(
        oids,
        [
            oid::INT4,
            oid::NUMERIC,
            oid::TEXT,
            oid::TEXT,
            oid::BOOL,
            oid::INT4_ARRAY,
            oid::VARCHAR,
            oid::TIMESTAMPTZ
        ]
    );
    let numeric = &description.columns[1];
    assert_eq!(
        (numeric.precision, numeric.scale, numeric.nullable),
        (Some(10), Some(2), None)
    );
    assert_eq!(description.columns[6].length, Some(20));
    assert!(description.columns.iter().all(|column| column.format == 0));
    assert_eq!(
        answer.rows(),
        [[
            "1",
            "2.50",
            "NULL",
            "",
            "t",
            "{1,2}",
            "x",
            "2024-02-29 13:14:15+00"
        ]]
    );
    assert_eq!(answer.tags(), [("SELECT 1".to_owned(), 1)]);
}

#[test]
fn binary_values_where_they_are_asked_for() {
    let server = server(Method::Password);
    let mut client = Client::login(&server);
    for _ in 0..2 {
        let answer = client.query_with(
            query_flag::BINARY_RESULT,
            "select 42::int4, 1.5::float8, 'hé'::text, 123.45::numeric, date '2024-02-29', '\\xdead'::bytea",
        );
        let Some(ServerMessage::DataRow(row)) = answer.0.get(1) else {
            panic!("{answer:?}")
        };
        let values: Vec<&[u8]> = row
            .values
            .iter()
            .flatten()
            .map(|value| &value[..])
            .collect();
        let expected: [&[u8]; 6] = [
            &[42, 0, 0, 0],
            &[0, 0, 0, 0, 0, 0, 0xf8, 0x3f],
            b"\x03\0\0\0h\xc3\xa9",
            b"\x06\0\0\x00123.45",
            &[0x79, 0x22, 0, 0],
            b"\x02\0\0\0\xde\xad",
        ];
        assert_eq!(values, expected);
    }
}

#[test]
fn an_empty_result_is_described() {
    let server = server(Method::Password);
    let mut client = Client::login(&server);
    let answer = client.query("select 1 as only where false");
    assert_eq!(
        answer.kinds(),
        [kind::ROW_DESCRIPTION, kind::COMMAND_COMPLETE, kind::READY]
    );
    assert_eq!(answer.tags(), [("SELECT 0".to_owned(), 0)]);
}

#[test]
fn tags_and_counts() {
    let server = server(Method::Password);
    let mut client = Client::login(&server);
    client.must("drop table if exists tags");
    let answer = client.query(
        "create table tags (a int); insert into tags values (1),(2),(3); update tags set a = a + 1 where a > 1; \
         delete from tags where a = 1; select a from tags; ; drop table tags",
    );
    let tags: Vec<(String, u64)> = [
        ("CREATE", 0),
        ("INSERT 3", 3),
        ("UPDATE", 2),
        ("DELETE", 1),
        ("SELECT 2", 2),
        ("DROP", 0),
    ]
    .map(|(tag, rows)| (tag.to_owned(), rows))
    .to_vec();
    assert_eq!(answer.tags(), tags);
    assert_eq!(client.query("").tags(), [("EMPTY".to_owned(), 0)]);
}

#[test]
fn a_script_stops_at_the_first_error_and_keeps_what_went_before() {
    let server = server(Method::Password);
    let mut client = Client::login(&server);
    client.must("drop table if exists script; create table script (a int primary key)");
    let answer = client.query("insert into script values (1); insert into script values (1); insert into script values (2)");
    assert_eq!(answer.errors(), ["23505"]);
    assert_eq!(answer.tags(), [("INSERT 1".to_owned(), 1)]);
    assert_eq!(client.query("select a from script").rows(), [["1"]]);
    let summary = client.query_with(query_flag::SCRIPT_SUMMARY_RESULT, "select 1; select 2");
    assert_eq!(summary.kinds(), [kind::COMMAND_COMPLETE, kind::READY]);
    assert_eq!(summary.tags(), [("SCRIPT".to_owned(), 0)]);
}

#[test]
fn errors_say_all_they_know() {
    let server = server(Method::Password);
    let mut client = Client::login(&server);
    client.must("drop table if exists errors; create table errors (id int constraint errors_key primary key)");
    client.must("insert into errors values (7)");
    let answer = client.query("insert into errors values (7)");
    let error = answer.error().expect("an error");
    assert_eq!(error.sqlstate(), Some("23505"));
    assert_eq!(error.get(b'n'), Some("errors_key"));
    assert_eq!(error.get(b't'), Some("errors"));
    assert!(error.detail().is_some_and(|detail| detail.contains("(7)")));
    let answer = client.query("select 'é', nothing from errors");
    let error = answer.error().expect("an error");
    assert_eq!(
        (error.sqlstate(), error.get(b'P')),
        (Some("42703"), Some("13"))
    );
}

#[test]
fn a_row_limit() {
    let server = server(Method::Password);
    let mut client = Client::login(&server);
    let answer = client.query_limited(0, 2, 0, "select * from generate_series(1, 5)");
    assert_eq!(answer.rows(), [["1"], ["2"]]);
    assert_eq!(answer.tags(), [("SELECT 2".to_owned(), 2)]);
    assert_eq!(client.query("select 3").rows(), [["3"]]);
}

#[test]
fn portals_are_suspended_and_resumed() {
    let server = server(Method::Password);
    let mut client = Client::login(&server);
    client.send(&[
        parse("five", "select * from generate_series(1, 5)", &[]),
        bind("p", "five", &[], &[]),
        execute("p", 2, 0),
        sync(),
    ]);
    let first = Answer(client.until_ready());
    assert_eq!(first.rows(), [["1"], ["2"]]);
    assert_eq!(
        first.kinds().iter().rev().nth(1),
        Some(&kind::PORTAL_SUSPENDED)
    );
    // Other statements and their failures leave the portal alone.
    assert_eq!(client.query("select 1/0").errors(), ["22012"]);
    client.send(&[execute("p", 2, 0), execute("p", 0, 0), sync()]);
    let rest = Answer(client.until_ready());
    assert_eq!(rest.rows(), [["3"], ["4"], ["5"]]);
    assert_eq!(rest.tags(), [("SELECT 1".to_owned(), 1)]);
    // A portal that is through runs again from the start.
    client.send(&[execute("p", 0, 0), sync()]);
    assert_eq!(Answer(client.until_ready()).rows().len(), 5);
}

#[test]
fn parameters_of_every_kind() {
    let server = server(Method::Password);
    let mut client = Client::login(&server);
    client.must("drop table if exists parameters; create table parameters (id bigint, s text, t timestamp, d numeric)");
    for result_formats in [&[][..], &[0], &[0, 0, 0, 0]] {
        client.send(&[
            parse(
                "",
                "insert into parameters values ($1, $2, $3, $4) returning *",
                &[oid::INT8, oid::TEXT, 0, oid::NUMERIC],
            ),
            bind(
                "",
                "",
                &[Some("9"), None, Some("2024-02-29 00:00:00"), Some("1.50")],
                result_formats,
            ),
            execute("", 0, 0),
            sync(),
        ]);
        let answer = Answer(client.until_ready());
        assert_eq!(
            answer.rows(),
            [["9", "NULL", "2024-02-29 00:00:00", "1.50"]]
        );
        assert_eq!(answer.tags(), [("INSERT 1".to_owned(), 1)]);
    }
    // A text where the engine wants a number is taken as a literal would be, and nothing says what this one is.
    client.send(&[
        parse(
            "",
            "select * from parameters where id = $1 and $2 is not null",
            &[oid::TEXT, oid::TEXT],
        ),
        bind("", "", &[Some("9"), Some("x")], &[]),
        execute("", 0, 0),
        sync(),
    ]);
    assert_eq!(Answer(client.until_ready()).rows().len(), 3);
}

#[test]
fn values_whose_declared_type_does_not_fit_are_literals() {
    let server = server(Method::Password);
    let mut client = Client::login(&server);
    client.must("drop table if exists literals; create table literals (a double precision[], r int8range, u uuid)");
    let uuid = "550e8400-e29b-41d4-a716-446655440000";
    for _ in 0..2 {
        client.send(&[
            parse(
                "",
                "insert into literals values ($1, $2, $3) returning *",
                &[oid::VECTOR, oid::INT4RANGE, oid::UUID],
            ),
            bind("", "", &[Some("[1,2.5]"), Some("[1,5)"), Some(uuid)], &[1]),
            execute("", 0, 0),
            sync(),
        ]);
        let answer = Answer(client.until_ready());
        assert_eq!(answer.errors(), Vec::<String>::new());
        assert_eq!(answer.rows()[0][..2], ["{1,2.5}", "[1,5)"]);
    }
    client.send(&[
        parse("", "select no_such_function($1)", &[oid::DATE]),
        bind("", "", &[Some("2024-02-29")], &[]),
        execute("", 0, 0),
        sync(),
    ]);
    let answer = Answer(client.until_ready());
    assert!(answer
        .error()
        .and_then(|error| error.message())
        .is_some_and(|text| text.contains("(date)")));
}

#[test]
fn the_wrong_number_of_values() {
    let server = server(Method::Password);
    let mut client = Client::login(&server);
    client.send(&[
        parse("", "select $1::int + $2::int", &[]),
        bind("", "", &[Some("1")], &[]),
        execute("", 0, 0),
        sync(),
    ]);
    assert_eq!(Answer(client.until_ready()).errors(), ["08P01"]);
    assert_eq!(client.query("select 1").rows(), [["1"]]);
}

#[test]
fn parameters_are_described() {
    let server = server(Method::Password);
    let mut client = Client::login(&server);
    client.send(&[
        parse("s", "select $1::date, $2 || 'x', $3", &[0, 0, oid::UUID]),
        message(kind::DESCRIBE, b"S\0\0\0\x01\0\0\0s"),
        message(kind::DESCRIBE, b"S\0\0\0\x01\0\0\0?"),
        sync(),
    ]);
    let answer = client.until_ready();
    let described: Vec<Vec<u32>> = answer
        .iter()
        .filter_map(|message| match message {
            ServerMessage::ParameterDescription(description) => Some(
                description
                    .parameters
                    .iter()
                    .map(|parameter| parameter.oid)
                    .collect(),
            ),
            _ => None,
        })
        .collect();
    assert_eq!(described, [vec![oid::DATE, oid::TEXT, oid::UUID], vec![]]);
}

#[test]
fn a_failed_bind_leaves_no_older_portal_to_run() {
    let server = server(Method::Password);
    let mut client = Client::login(&server);
    client.must("drop table if exists stale; create table stale (a int)");
    client.send(&[
        parse("i", "insert into stale values ($1)", &[oid::INT4]),
        bind("", "i", &[Some("1")], &[]),
        execute("", 0, 0),
        bind("", "no such statement", &[], &[]),
        execute("", 0, 0),
        sync(),
    ]);
    let answer = Answer(client.until_ready());
    assert_eq!(answer.errors(), ["08P01", "34000"]);
    assert_eq!(client.query("select count(*) from stale").rows(), [["1"]]);
}

#[test]
fn sync_answers_when_it_is_due() {
    let server = server(Method::Password);
    let mut client = Client::login(&server);
    client.send(&[sync()]);
    assert!(client.is_silent());
    client.send(&[parse("s", "select 1", &[]), sync(), sync()]);
    assert_eq!(client.receive().kind(), kind::PARSE_COMPLETE);
    assert_eq!(client.receive().kind(), kind::READY);
    assert_eq!(client.receive().kind(), kind::READY);
    client.query("select 1");
    client.send(&[sync()]);
    assert!(client.is_silent());
}

#[test]
fn a_definition_that_changes_under_a_prepared_statement() {
    let server = server(Method::Password);
    let (mut client, mut other) = (Client::login(&server), Client::login(&server));
    client.must("drop table if exists shifting; create table shifting (a int); insert into shifting values (1)");
    let run = |client: &mut Client| {
        client.send(&[bind("", "s", &[], &[1]), execute("", 0, 0), sync()]);
        Answer(client.until_ready())
    };
    client.send(&[parse("s", "select * from shifting", &[]), sync()]);
    client.until_ready();
    assert_eq!(run(&mut client).errors(), Vec::<String>::new());
    client.must("commit");
    other.must("alter table shifting add column b text");
    let answer = run(&mut client);
    assert_eq!(answer.errors(), Vec::<String>::new());
    let Some(ServerMessage::RowDescription(description)) = answer.0.get(1) else {
        panic!("{answer:?}")
    };
    assert_eq!(description.columns.len(), 2);
}

#[test]
fn requests_far_ahead_of_their_answers() {
    let server = server(Method::Password);
    let mut client = Client::login(&server);
    // 16 MB of answers and 2 MB of requests, all written before anything is read.
    let count = 400;
    let mut requests = Vec::new();
    for _ in 0..count {
        let sql = format!("select repeat('x', 40000) /* {} */", "y".repeat(5000));
        let payload = [&[0; 12], sql.as_bytes(), &[0]].concat();
        requests.extend_from_slice(&client.frame(kind::QUERY, &payload));
    }
    let mut writer = client.stream.try_clone().unwrap();
    let writing = std::thread::spawn(move || std::io::Write::write_all(&mut writer, &requests));
    for _ in 0..count {
        let answer = Answer(client.until_ready());
        assert_eq!(answer.rows()[0][0].len(), 40000);
    }
    writing.join().unwrap().unwrap();
}
