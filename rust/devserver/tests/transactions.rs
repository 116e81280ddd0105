//! Transactions: always inside one, failures that undo themselves alone, commits that can be repeated.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use common::{bind, execute, message, parse, server, sync, Answer, Client};
use sbwp::message::{
    execute_flag, finality, kind, query_flag, ClientMessage, Idempotency, Query, ServerMessage,
    TxnCommit, TxnStatus,
};
use scratchbird_devserver::users::Method;

fn savepoint(code: u8, name: &str) -> ClientMessage {
    let payload = [&(name.len() as u32).to_le_bytes(), name.as_bytes()].concat();
    message(code, &payload)
}

fn ask(client: &mut Client, request: ClientMessage) -> Answer {
    client.send(&[request]);
    Answer(client.until_ready())
}

fn count(client: &mut Client, table: &str) -> String {
    client
        .query(&format!("select count(*) from {table}"))
        .rows()[0][0]
        .clone()
}

#[test]
fn a_session_is_always_in_a_transaction() {
    let server = server(Method::Password);
    let (mut client, mut other) = (Client::login(&server), Client::login(&server));
    client.must("drop table if exists always; create table always (a int)");
    let first = client
        .query("insert into always values (1)")
        .ready()
        .transaction;
    assert_eq!(count(&mut other, "always"), "0");
    let begun = ask(&mut client, message(kind::TXN_BEGIN, &[0; 12]));
    assert_eq!(begun.tags(), [("BEGIN".to_owned(), 0)]);
    assert_eq!(begun.ready().transaction, first);
    let committed = ask(&mut client, message(kind::TXN_COMMIT, &[0; 4]));
    assert!(committed.ready().transaction > first);
    assert_eq!(committed.ready().state, b'T');
    assert_eq!(count(&mut other, "always"), "1");
    client.query("insert into always values (2)");
    assert_eq!(
        client.query("rollback").tags(),
        [("ROLLBACK".to_owned(), 0)]
    );
    client.query("insert into always values (3)");
    drop(client);
    assert_eq!(count(&mut other, "always"), "1");
}

#[test]
fn a_failure_undoes_itself_alone() {
    let server = server(Method::Password);
    let mut client = Client::login(&server);
    client.must("drop table if exists alone; create table alone (a int primary key)");
    for sql in [
        "insert into alone values (1)",
        "insert into alone values (2)",
    ] {
        assert!(client.query(sql).error().is_none());
        assert_eq!(
            client.query("insert into alone values (1)").errors(),
            ["23505"]
        );
        assert_eq!(client.query("select 1/0").errors(), ["22012"]);
        assert_eq!(client.query("select 1/0").ready().state, b'T');
    }
    client.send(&[
        parse("", "insert into alone values ($1)", &[23]),
        bind("", "", &[Some("2")], &[]),
        execute("", 0, 0),
        sync(),
    ]);
    assert_eq!(Answer(client.until_ready()).errors(), ["23505"]);
    client.query("commit");
    assert_eq!(count(&mut client, "alone"), "2");
}

#[test]
fn a_failure_at_the_very_start_keeps_the_isolation_asked_for() {
    let server = server(Method::Password);
    let mut client = Client::login(&server);
    // Isolation repeatable read, read only.
    ask(
        &mut client,
        message(kind::TXN_BEGIN, &[3, 0, 0, 0, 2, 1, 0, 0, 0, 0, 0, 0]),
    );
    assert_eq!(client.query("select 1/0").errors(), ["22012"]);
    assert_eq!(
        client.query("create table never (a int)").errors(),
        ["25006"]
    );
    ask(&mut client, message(kind::TXN_ROLLBACK, &[]));
    client.must("create table if not exists ever (a int)");
}

#[test]
fn repeatable_read_repeats() {
    let server = server(Method::Password);
    let (mut client, mut other) = (Client::login(&server), Client::login(&server));
    client.must("drop table if exists repeats; create table repeats (a int)");
    client.query("begin isolation level repeatable read");
    assert_eq!(count(&mut client, "repeats"), "0");
    other.must("insert into repeats values (1)");
    assert_eq!(count(&mut client, "repeats"), "0");
    client.query("commit");
    assert_eq!(count(&mut client, "repeats"), "1");
}

#[test]
fn savepoints_by_message_and_by_statement() {
    let server = server(Method::Password);
    let mut client = Client::login(&server);
    client.must("drop table if exists points; create table points (a int primary key)");
    client.query("insert into points values (1)");
    assert_eq!(
        ask(&mut client, savepoint(kind::TXN_SAVEPOINT, "One")).tags(),
        [("SAVEPOINT".to_owned(), 0)]
    );
    client.query("insert into points values (2)");
    assert_eq!(
        client.query("insert into points values (2)").errors(),
        ["23505"]
    );
    client.query("savepoint two");
    client.query("insert into points values (3)");
    assert!(client.query("rollback to savepoint one").error().is_none());
    assert_eq!(count(&mut client, "points"), "1");
    // The inner one went with it; the outer one stays.
    assert_eq!(
        client.query("rollback to savepoint two").errors(),
        ["3B001"]
    );
    client.query("insert into points values (4)");
    assert!(ask(&mut client, savepoint(kind::TXN_ROLLBACK_TO, "one"))
        .error()
        .is_none());
    assert!(ask(&mut client, savepoint(kind::TXN_RELEASE, "one"))
        .error()
        .is_none());
    assert_eq!(
        ask(&mut client, savepoint(kind::TXN_RELEASE, "one")).errors(),
        ["3B001"]
    );
    assert_eq!(
        ask(&mut client, savepoint(kind::TXN_SAVEPOINT, "no name")).errors(),
        ["08P01"]
    );
    client.query("commit");
    assert_eq!(count(&mut client, "points"), "1");
}

#[test]
fn autocommit_commits() {
    let server = server(Method::Password);
    let (mut client, mut other) = (Client::login(&server), Client::login(&server));
    client.must("drop table if exists auto; create table auto (a int primary key)");
    client.query("insert into auto values (1)");
    let before = client.query("select 1").ready().transaction;
    // The commit takes along what the open transaction did before.
    let answer = client.query_with(query_flag::AUTOCOMMIT, "insert into auto values (2)");
    assert!(answer.ready().transaction > before);
    assert_eq!(count(&mut other, "auto"), "2");
    client.send(&[
        parse("", "insert into auto values ($1)", &[23]),
        bind("", "", &[Some("3")], &[]),
        execute("", 0, execute_flag::AUTOCOMMIT),
        sync(),
    ]);
    client.until_ready();
    assert_eq!(count(&mut other, "auto"), "3");
    let script = client.query_with(
        query_flag::AUTOCOMMIT,
        "insert into auto values (4); insert into auto values (4); insert into auto values (5)",
    );
    assert_eq!(script.errors(), ["23505"]);
    assert_eq!(count(&mut other, "auto"), "4");
}

#[test]
fn a_commit_that_fails_says_so_and_rolls_back() {
    let server = server(Method::Password);
    let mut client = Client::login(&server);
    client.must("drop table if exists child; drop table if exists parent; create table parent (id int primary key)");
    client.must(
        "create table child (id int constraint child_parent references parent(id) deferrable initially deferred)",
    );
    let before = client
        .query("insert into child values (9)")
        .ready()
        .transaction;
    let answer = ask(&mut client, message(kind::TXN_COMMIT, &[0; 4]));
    assert_eq!(answer.errors(), ["23503"]);
    assert!(answer.ready().transaction > before);
    assert_eq!(count(&mut client, "child"), "0");
    // The same where the commit comes with the statement.
    for statements in [
        "insert into child values (9)",
        "select 1; insert into child values (9)",
    ] {
        let answer = client.query_with(query_flag::AUTOCOMMIT, statements);
        assert_eq!(answer.errors(), ["23503"], "{statements}");
    }
    client.query("insert into parent values (1)");
    let answer = client.query_with(query_flag::AUTOCOMMIT, "insert into child values (9)");
    assert_eq!(answer.errors(), ["23503"]);
    assert_eq!(count(&mut client, "parent"), "0");
}

#[test]
fn another_transaction_in_the_header_is_refused_without_running_anything() {
    let server = server(Method::Password);
    let mut client = Client::login(&server);
    client.must("drop table if exists headers; create table headers (a int)");
    let query = |sql: &str| {
        ClientMessage::Query(Query {
            sql: sql.to_owned(),
            ..Query::default()
        })
    };
    let current = client.query("select 1").ready().transaction;
    client.send_in(current + 77, &query("insert into headers values (1)"));
    let answer = Answer(client.until_ready());
    assert_eq!(answer.errors(), ["25000"]);
    assert_eq!(answer.ready().reason, 3);
    client.send_in(current + 77, &message(kind::TXN_COMMIT, &[0; 4]));
    assert_eq!(Answer(client.until_ready()).errors(), ["25000"]);
    client.send_in(current, &query("insert into headers values (2)"));
    assert!(Answer(client.until_ready()).error().is_none());
    assert!(client.is_silent());
    assert_eq!(count(&mut client, "headers"), "1");
}

fn commit(
    key: u8,
    fingerprint: u64,
    contract_flags: u16,
    expected_transaction: u64,
) -> ClientMessage {
    ClientMessage::TxnCommit(TxnCommit {
        flags: 0,
        idempotency: Some(Idempotency {
            contract_flags,
            key: [key; 16],
            fingerprint,
            expected_transaction,
        }),
    })
}

fn states(answer: &Answer) -> Vec<u8> {
    answer
        .0
        .iter()
        .filter_map(|message| match message {
            ServerMessage::TxnStatus(TxnStatus::Finality(finality)) => Some(finality.state),
            _ => None,
        })
        .collect()
}

#[test]
fn commits_under_a_key() {
    let server = server(Method::Password);
    let mut client = Client::login(&server);
    client.must("drop table if exists keyed; create table keyed (a int)");
    let id = client
        .query("insert into keyed values (1)")
        .ready()
        .transaction;
    let first = ask(&mut client, commit(1, 5, 1, id));
    assert_eq!(
        first.kinds(),
        [kind::COMMAND_COMPLETE, kind::TXN_STATUS, kind::READY]
    );
    assert_eq!(states(&first), [finality::COMMITTED]);
    // Said again, it is answered again and commits nothing.
    client.query("insert into keyed values (2)");
    let again = ask(&mut client, commit(1, 5, 1, id));
    assert_eq!(
        again.kinds(),
        [kind::TXN_STATUS, kind::COMMAND_COMPLETE, kind::READY]
    );
    client.query("rollback");
    assert_eq!(count(&mut client, "keyed"), "1");
    let other = ask(&mut client, commit(1, 6, 1, id));
    assert_eq!(
        (states(&other), other.errors()),
        (vec![finality::REFUSED], vec!["40003".to_owned()])
    );
    let careless = ask(&mut client, commit(1, 5, 1 | 4, id));
    assert_eq!(careless.errors(), ["40003"]);
    let careful = ask(&mut client, commit(1, 5, 1 | 2 | 4, id));
    assert_eq!(states(&careful), [finality::COMMITTED]);
    let query = |key: u8| {
        message(
            kind::TXN_STATUS,
            &[&[1, 0, 0, 0], &[key; 16][..], &[0; 24]].concat(),
        )
    };
    assert_eq!(states(&ask(&mut client, query(1))), [finality::COMMITTED]);
    assert_eq!(states(&ask(&mut client, query(2))), [finality::NOT_FOUND]);
    assert_eq!(ask(&mut client, commit(3, 1, 1, id)).errors(), ["25000"]);
}

#[test]
fn a_reset_session() {
    let server = server(Method::Password);
    let mut client = Client::login(&server);
    client.must("drop table if exists resets; create table resets (a int)");
    client.query("insert into resets values (1)");
    client.send(&[parse("s", "select 1", &[]), sync()]);
    client.until_ready();
    assert_eq!(
        ask(&mut client, message(kind::RESET_SESSION, &[])).errors(),
        ["25001"]
    );
    let mut payload = [0; 21];
    payload[17] = 1;
    payload[18] = 1;
    let answer = ask(&mut client, message(kind::RESET_SESSION, &payload));
    assert_eq!(answer.kinds(), [kind::PARAMETER_STATUS, kind::READY]);
    assert_eq!(answer.ready().reason, 4);
    client.send(&[bind("", "s", &[], &[]), sync()]);
    assert_eq!(Answer(client.until_ready()).errors(), ["08P01"]);
    assert_eq!(count(&mut client, "resets"), "0");
}
