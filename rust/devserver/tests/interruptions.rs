//! What comes from aside: cancellation, time limits, notifications.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use std::time::{Duration, Instant};

use common::{message, server, Answer, Client};
use sbwp::message::{kind, reason, Notification, ServerMessage};
use scratchbird_devserver::users::Method;

fn send_query(client: &mut Client, sql: &str) {
    let payload = [&[0; 12], sql.as_bytes(), &[0]].concat();
    client.send(&[message(kind::QUERY, &payload)]);
}

fn outcome(client: &mut Client) -> String {
    let answer = Answer(client.until_ready());
    assert_eq!(
        answer.kinds(),
        [kind::CANCEL_ACK, kind::CANCELLED, kind::READY]
    );
    assert_eq!(answer.ready().reason, reason::CANCEL_OUTCOME);
    match &answer.0[1] {
        ServerMessage::Cancelled(cancelled) => cancelled.outcome.clone(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_running_statement_is_cancelled() {
    let server = server(Method::Password);
    let mut client = Client::login(&server);
    client.must("drop table if exists cancels; create table cancels (a int)");
    client.query("insert into cancels values (1)");
    let forms: [Vec<u8>; 3] = [vec![0; 8], Vec::new(), [[7; 16], [8; 16]].concat()];
    for form in forms {
        let started = Instant::now();
        send_query(&mut client, "select pg_sleep(20)");
        std::thread::sleep(Duration::from_millis(100));
        client.send(&[message(kind::CANCEL, &form)]);
        assert_eq!(Answer(client.until_ready()).errors(), ["57014"]);
        assert_eq!(outcome(&mut client), "user_statement_cancelled");
        assert!(started.elapsed() < Duration::from_secs(5));
    }
    client.query("commit");
    assert_eq!(client.query("select count(*) from cancels").rows(), [["1"]]);
}

#[test]
fn a_cancellation_by_sequence_means_that_request_only() {
    let server = server(Method::Password);
    let mut client = Client::login(&server);
    client.send(&[message(kind::PING, &[])]);
    client.receive();
    // Sequence numbers so far: start-up, password, PING.
    send_query(&mut client, "select pg_sleep(0.3)");
    send_query(&mut client, "select pg_sleep(20)");
    client.send(&[message(kind::CANCEL, &[1, 0, 0, 0, 4, 0, 0, 0])]);
    assert_eq!(Answer(client.until_ready()).errors(), Vec::<String>::new());
    assert_eq!(Answer(client.until_ready()).errors(), ["57014"]);
    assert_eq!(outcome(&mut client), "user_statement_cancelled");
}

#[test]
fn nothing_to_cancel() {
    let server = server(Method::Password);
    let mut client = Client::login(&server);
    client.send(&[message(kind::CANCEL, &[0; 8])]);
    assert_eq!(outcome(&mut client), "cancel_target_not_found");
    for _ in 0..50 {
        // Whether or not it still meets the statement, nothing later is hit.
        send_query(&mut client, "select 1");
        client.send(&[message(kind::CANCEL, &[0; 8])]);
        client.until_ready();
        outcome(&mut client);
        assert_eq!(client.query("select 2").rows(), [["2"]]);
    }
}

#[test]
fn a_result_that_is_streaming_is_cancelled() {
    let server = server(Method::Password);
    let mut client = Client::login(&server);
    send_query(
        &mut client,
        "select repeat('x', 1000) from generate_series(1, 10000000)",
    );
    std::thread::sleep(Duration::from_millis(100));
    client.send(&[message(kind::CANCEL, &[0; 8])]);
    let mut rows = 0;
    loop {
        match client.receive() {
            ServerMessage::DataRow(_) => rows += 1,
            ServerMessage::Error(error) => {
                assert_eq!(error.sqlstate(), Some("57014"));
                break;
            }
            _ => {}
        }
    }
    assert!(rows < 1_000_000, "{rows}");
    client.until_ready();
    assert_eq!(outcome(&mut client), "user_statement_cancelled");
}

#[test]
fn a_time_limit() {
    let server = server(Method::Password);
    let mut client = Client::login(&server);
    let started = Instant::now();
    let answer = client.query_limited(0, 0, 100, "select pg_sleep(20)");
    assert_eq!(answer.errors(), ["57014"]);
    assert!(started.elapsed() < Duration::from_secs(5));
    assert!(answer
        .error()
        .and_then(|error| error.message())
        .is_some_and(|text| text.contains("timeout")));
    assert_eq!(client.query_limited(0, 0, 5000, "select 1").rows(), [["1"]]);
    client.send(&[message(
        kind::SET_OPTION,
        b"\x14\0\0\0statement_timeout_ms\x03\0\0\x00100",
    )]);
    client.until_ready();
    assert_eq!(client.query("select pg_sleep(20)").errors(), ["57014"]);
}

#[test]
fn a_statement_ends_with_its_client() {
    let server = server(Method::Password);
    let mut client = Client::login(&server);
    send_query(
        &mut client,
        "select pg_sleep(30) as abandoned_by_its_client",
    );
    std::thread::sleep(Duration::from_millis(100));
    drop(client);
    let mut other = Client::login(&server);
    let running = "select count(*) from pg_stat_activity where state = 'active' and query like '%abandoned_by_its%' \
                   and pid <> pg_backend_pid()";
    let deadline = Instant::now() + Duration::from_secs(5);
    while other.query(running).rows() != [["0"]] {
        assert!(Instant::now() < deadline, "the statement still runs");
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn text(value: &str) -> Vec<u8> {
    [&(value.len() as u32).to_le_bytes(), value.as_bytes()].concat()
}

fn subscribe(client: &mut Client, channel: &str) -> Answer {
    let payload = [&[0; 4], &text(channel)[..], &text("")].concat();
    client.send(&[message(kind::SUBSCRIBE, &payload)]);
    Answer(client.until_ready())
}

fn notified(client: &mut Client) -> (String, String) {
    match client.receive() {
        ServerMessage::Notification(Notification::Message { channel, data, .. }) => {
            (channel, String::from_utf8(data.to_vec()).unwrap())
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn notifications_are_delivered() {
    let server = server(Method::Password);
    let (mut client, mut other) = (Client::login(&server), Client::login(&server));
    assert_eq!(
        subscribe(&mut client, "news").tags(),
        [("SUBSCRIBE".to_owned(), 0)]
    );
    // Also to a client with an open transaction.
    client.query("create temporary table t (a int)");
    other.must("notify news, 'one'");
    assert_eq!(notified(&mut client), ("news".to_owned(), "one".to_owned()));
    // Only what is committed, and once.
    other.query("notify news, 'two'");
    assert!(client.is_silent());
    other.query("rollback");
    assert!(client.is_silent());
    let payload = text("news");
    client.send(&[message(kind::UNSUBSCRIBE, &payload)]);
    assert_eq!(
        Answer(client.until_ready()).tags(),
        [("UNSUBSCRIBE".to_owned(), 0)]
    );
    other.must("notify news, 'three'");
    assert!(client.is_silent());
}

#[test]
fn every_subscriber_hears_its_channels() {
    let server = server(Method::Password);
    let mut clients: Vec<Client> = (0..3).map(|_| Client::login(&server)).collect();
    let [first, second, third] = &mut clients[..] else {
        panic!("three clients")
    };
    subscribe(first, "a");
    subscribe(second, "a");
    subscribe(second, "b");
    third.must("notify a, '1'");
    third.must("notify b, '2'");
    assert_eq!(notified(first).1, "1");
    assert_eq!(notified(second).1, "1");
    assert_eq!(notified(second).1, "2");
    assert!(first.is_silent());
    second.query("unlisten *");
    third.must("notify b, '3'");
    assert!(second.is_silent());
}
