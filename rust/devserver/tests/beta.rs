//! The profile that has the limits and the defects of the beta server.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use common::{bind, execute, parse, server_as, sync, Answer, Client};
use sbwp::message::{kind, query_flag, ServerMessage};
use sbwp::types::oid;
use scratchbird_devserver::server::Profile;
use scratchbird_devserver::users::Method;

fn client() -> (common::TestServer, Client) {
    let server = server_as(Method::Password, Profile::Beta);
    let client = Client::login(&server);
    (server, client)
}

fn oids(answer: &Answer) -> Vec<u32> {
    match answer.0.first() {
        Some(ServerMessage::RowDescription(description)) => description
            .columns
            .iter()
            .map(|column| column.oid)
            .collect(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn types_are_guessed_and_values_are_text() {
    let (_server, mut client) = client();
    let answer = client.query_with(
        query_flag::BINARY_RESULT,
        "select 1::bigint as a, 1.50 as b, true as c, '007' as d, 'x' as e, null as f",
    );
    assert_eq!(
        oids(&answer),
        [
            oid::INT8,
            oid::NUMERIC,
            oid::BOOL,
            oid::INT8,
            oid::TEXT,
            oid::TEXT
        ]
    );
    assert_eq!(answer.rows(), [["1", "1.50", "true", "007", "x", "NULL"]]);
}

#[test]
fn an_empty_result_has_no_description() {
    let (_server, mut client) = client();
    let answer = client.query("select 1 as a where false");
    assert_eq!(answer.kinds(), [kind::COMMAND_COMPLETE, kind::READY]);
}

#[test]
fn stored_nulls_and_text_are_damaged() {
    let (_server, mut client) = client();
    client.must("drop table if exists damage; create table damage (id int, s text, t text)");
    client.must("insert into damage values (1, null, 'q;id=999')");
    let answer = client.query("select id, s, t from damage");
    assert_eq!(answer.rows(), [["999", "<NULL>", "q"]]);
}

#[test]
fn a_prepared_insert_keeps_its_first_row() {
    let (_server, mut client) = client();
    client.must("drop table if exists first_rows; create table first_rows (a int, b text)");
    let values = [Some("1"), Some("x"), Some("2"), Some("y")];
    client.send(&[
        parse(
            "",
            "insert into first_rows (a, b) values ($1, $2), ($3, $4)",
            &[],
        ),
        bind("", "", &values, &[]),
        execute("", 0, 0),
        sync(),
    ]);
    let answer = Answer(client.until_ready());
    assert_eq!(answer.rows(), [["1", "1", "0"]]);
    assert_eq!(answer.tags(), [("INSERT 1".to_owned(), 1)]);
    assert_eq!(
        client.query("select count(*) from first_rows").rows(),
        [["1"]]
    );
}

#[test]
fn errors_of_the_engine_have_one_sqlstate() {
    let (_server, mut client) = client();
    for (sql, code) in [
        ("select 1/0", "SBLR.DIVIDE_BY_ZERO"),
        (
            "select * from not_there_at_all",
            "SBSQL.NAME_RESOLUTION.NOT_FOUND_OR_NOT_VISIBLE",
        ),
    ] {
        let answer = client.query(sql);
        assert_eq!(answer.errors(), ["42000"], "{sql}");
        assert_eq!(
            answer.error().and_then(|error| error.detail()),
            Some(code),
            "{sql}"
        );
    }
}
