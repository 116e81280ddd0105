//! The session against servers that follow a script: what it sends, what it makes of answers, what it survives.

#![allow(clippy::unwrap_used, clippy::panic)] // A panic is how a test fails.

use std::future::Future;
use std::pin::pin;
use std::task::{Context, Waker};
use std::time::Duration;

use bytes::BytesMut;
use sbwp::frame::Header;
use sbwp::message::{kind, CancelAck, Cancelled, Diagnostic, ServerMessage};
use scratchbird::{Config, Connection, Error, ErrorKind, Part};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

mod scripted;

use scripted::*;

#[tokio::test]
async fn rows_notices_and_several_results_come_in_order() {
    let script = |mut server: Server| async move {
        server.expect(&[kind::QUERY]).await;
        server
            .send(&[
                one_column(),
                row("a"),
                ServerMessage::Notice(Diagnostic::new("NOTICE", "00000", "mind the gap", "")),
                row("b"),
                complete("SELECT 2", 2),
                complete("UPDATE", 5),
                one_column(),
                complete("SELECT 0", 0),
                ready(),
            ])
            .await;
        server.expect(&[kind::TERMINATE]).await;
    };
    conversation(script, |connection| async move {
        let results = connection.run(query("several")).await.unwrap();
        assert_eq!(results.len(), 3);
        let values: Vec<Vec<u8>> = results[0]
            .batches
            .iter()
            .flat_map(|batch| {
                (0..batch.len()).map(|index| {
                    let row = batch.row(index).unwrap().unwrap();
                    let value = row.iter().next().unwrap().unwrap().unwrap().to_vec();
                    value
                })
            })
            .collect();
        assert_eq!(values, [b"a".to_vec(), b"b".to_vec()]);
        assert_eq!(results[0].row_count(), Some(2));
        assert!(results[1].description.is_none());
        assert_eq!(results[1].row_count(), Some(5));
        assert!(results[2].description.is_some());
        assert_eq!(results[2].row_count(), Some(0));
        let notices = connection.take_notices();
        assert_eq!(notices[0].message, "mind the gap");
        assert_eq!(connection.info().transaction_id, 42);
        connection.close(None, || {}).await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn an_error_leaves_the_connection_usable() {
    let script = |mut server: Server| async move {
        server.expect(&[kind::QUERY]).await;
        server
            .send(&[
                one_column(),
                row("lost"),
                failure("42000"),
                failure("34000"),
                ready(),
            ])
            .await;
        server.expect(&[kind::QUERY]).await;
        server.send(&[complete("SET", 0), ready()]).await;
        server.expect(&[kind::TERMINATE]).await;
    };
    conversation(script, |connection| async move {
        let error = connection.run(query("bad")).await.unwrap_err();
        assert_eq!(error.sqlstate(), Some("42000"), "the first error counts");
        assert_eq!(error.kind(), ErrorKind::ProgrammingError);
        let results = connection.run(query("good")).await.unwrap();
        assert_eq!(results[0].complete.as_ref().unwrap().tag, "SET");
        connection.close(None, || {}).await.unwrap();
    })
    .await;
}

/// What a server answers to CANCEL, after the end of the statement.
fn cancel_answers() -> [ServerMessage; 3] {
    [
        ServerMessage::CancelAck(CancelAck {
            request: [1; 16],
            accepted: 1,
        }),
        ServerMessage::Cancelled(Cancelled {
            request: [1; 16],
            outcome: "user_statement_cancelled".into(),
            sqlstate: "57014".into(),
            diagnostic: "EXECUTION.QUERY_CANCELLED".into(),
            transaction_effect: "".into(),
            retryability: "application_decision".into(),
        }),
        ready(),
    ]
}

/// Takes a CANCEL of the running statement to its end.
async fn be_cancelled(server: &mut Server) {
    assert_eq!(server.receive().await, (kind::CANCEL, vec![0; 8]));
    server.send(&[failure("57014"), ready()]).await;
    server.send(&cancel_answers()).await;
}

#[tokio::test]
async fn an_abandoned_request_is_cancelled_and_read_to_its_end_by_the_next() {
    let script = |mut server: Server| async move {
        server.expect(&[kind::QUERY]).await;
        server.send(&[one_column(), row("old")]).await;
        be_cancelled(&mut server).await;
        server.expect(&[kind::QUERY]).await;
        server
            .send(&[one_column(), row("new"), complete("SELECT 1", 1), ready()])
            .await;
        server.expect(&[kind::TERMINATE]).await;
    };
    conversation(script, |connection| async move {
        {
            let mut abandoned = pin!(connection.run(query("slow")));
            let mut context = Context::from_waker(Waker::noop());
            assert!(abandoned.as_mut().poll(&mut context).is_pending());
        }
        let results = connection.run(query("next")).await.unwrap();
        assert_eq!(results.len(), 1);
        assert_eq!(
            results[0].row_count(),
            Some(1),
            "no row of the abandoned one"
        );
        connection.close(None, || {}).await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn a_statement_beyond_its_time_limit_is_cancelled() {
    let script = |mut server: Server| async move {
        server.expect(&[kind::QUERY]).await;
        be_cancelled(&mut server).await;
        server.expect(&[kind::QUERY]).await;
        server.send(&[complete("SET", 0), ready()]).await;
        server.expect(&[kind::TERMINATE]).await;
    };
    conversation(script, |connection| async move {
        let limit = Some(Duration::from_millis(50));
        let error = connection
            .run_within(query("slow"), limit)
            .await
            .unwrap_err();
        assert_eq!(error.sqlstate(), Some("57014"), "{error}");
        assert!(!connection.is_closed());
        connection.run(query("next")).await.unwrap();
        connection.close(None, || {}).await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn a_server_that_ignores_cancel_costs_the_connection() {
    let script = |mut server: Server| async move {
        server.expect(&[kind::QUERY, kind::CANCEL]).await;
        // Nothing more is ever sent; the client gives up and the socket ends.
        assert_eq!(server.0.read(&mut [0; 1]).await.unwrap(), 0);
    };
    conversation(script, |connection| async move {
        let limit = Some(Duration::from_millis(20));
        connection
            .run_within(query("slow"), limit)
            .await
            .unwrap_err();
        let error = connection.run(query("next")).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::OperationalError, "{error}");
        assert!(connection.is_closed());
    })
    .await;
}

#[tokio::test]
async fn silence_beyond_the_socket_timeout_costs_the_connection() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let script = async move {
        let mut server = Server(listener.accept().await.unwrap().0);
        server.log_in().await;
        server.expect(&[kind::QUERY]).await;
        server.send(&[one_column(), row("a")]).await;
        assert_eq!(server.0.read(&mut [0; 1]).await.unwrap(), 0);
    };
    let dsn = format!(
        "scratchbird://alice:secret@127.0.0.1:{port}/demo?sslmode=disable&socket_timeout=0.05"
    );
    let config = Config::from_parts(Some(&dsn), std::iter::empty(), |_| None).unwrap();
    let client = async {
        let connection = Connection::connect(&config).await.unwrap();
        let error = connection.run(query("slow")).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::OperationalError, "{error}");
        assert!(error.to_string().contains("socket_timeout"), "{error}");
        assert!(connection.is_closed());
    };
    tokio::join!(script, client);
}

#[tokio::test]
async fn a_stream_holds_the_server_back_and_never_holds_the_whole_result() {
    const ROWS: usize = 20_000;
    let (written, progress) = tokio::sync::watch::channel(0);
    let script = move |mut server: Server| async move {
        server.expect(&[kind::QUERY]).await;
        server.send(&[one_column()]).await;
        let value = "x".repeat(4000);
        for count in 0..ROWS {
            server.send(&[row(&value)]).await;
            written.send_replace(count + 1);
        }
        server
            .send(&[
                complete("SELECT 20000", ROWS as u64),
                complete("SET", 0),
                ready(),
            ])
            .await;
        server.expect(&[kind::TERMINATE]).await;
    };
    conversation(script, |connection| async move {
        let stream = connection.stream(query("large"), None).await.unwrap();
        assert!(matches!(
            connection.stream_next(&stream).await.unwrap(),
            Some(Part::Columns(_))
        ));
        tokio::time::sleep(Duration::from_millis(200)).await;
        let ahead = *progress.borrow();
        assert!(
            ahead < ROWS,
            "80 MB do not fit into the socket: {ahead} rows were written ahead"
        );
        let mut rows = 0;
        let mut ends = Vec::new();
        while let Some(part) = connection.stream_next(&stream).await.unwrap() {
            match part {
                Part::Rows(batch) => {
                    assert!(batch.len() < ROWS / 10, "{} rows in a batch", batch.len());
                    rows += batch.len();
                }
                Part::End(end) => ends.push(end.tag),
                Part::Columns(_) => panic!("one result has rows"),
            }
        }
        assert_eq!(rows, ROWS);
        assert_eq!(ends, ["SELECT 20000", "SET"]);
        connection.close(None, || {}).await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn a_dropped_stream_frees_the_connection() {
    let script = |mut server: Server| async move {
        server.expect(&[kind::QUERY]).await;
        server.send(&[one_column(), row("a")]).await;
        be_cancelled(&mut server).await;
        server.expect(&[kind::QUERY]).await;
        server.send(&[complete("SET", 0), ready()]).await;
        server.expect(&[kind::TERMINATE]).await;
    };
    conversation(script, |connection| async move {
        let stream = connection.stream(query("large"), None).await.unwrap();
        let refused = connection.run(query("between")).await.unwrap_err();
        assert!(matches!(refused, Error::Interface(_)), "{refused}");
        drop(stream);
        connection.run(query("next")).await.unwrap();
        connection.close(None, || {}).await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn what_breaks_the_protocol_ends_the_connection() {
    let too_long = {
        let mut header = Header::new(kind::DATA_ROW);
        header.length = u32::MAX;
        let mut out = BytesMut::new();
        header.write(&mut out);
        out.to_vec()
    };
    let cases: [(&str, Vec<u8>); 3] = [
        (
            "a bad magic",
            b"XXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXX".to_vec(),
        ),
        ("a length of 4 GiB", too_long),
        (
            "an end in the middle of a frame",
            b"SBWP\x01\x01\x45".to_vec(),
        ),
    ];
    for (what, bytes) in cases {
        let script = |mut server: Server| async move {
            server.expect(&[kind::QUERY]).await;
            server.0.write_all(&bytes).await.unwrap();
        };
        conversation(script, |connection| async move {
            let error = connection.run(query("x")).await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::OperationalError, "{what}: {error}");
            assert!(error.is_disconnect(), "{what}: {error}");
            assert!(connection.is_closed(), "{what}");
            let again = connection.run(query("x")).await.unwrap_err();
            assert!(matches!(again, Error::Interface(_)), "{what}: {again}");
        })
        .await;
    }
}

#[tokio::test]
async fn a_fatal_error_explains_the_end() {
    let script = |mut server: Server| async move {
        server.expect(&[kind::QUERY]).await;
        server.send(&[failure("57P01")]).await;
    };
    conversation(script, |connection| async move {
        let error = connection.run(query("x")).await.unwrap_err();
        assert_eq!(error.sqlstate(), Some("57P01"));
        assert!(connection.is_closed());
    })
    .await;
}

#[tokio::test]
async fn unknown_messages_are_skipped() {
    let script = |mut server: Server| async move {
        server.expect(&[kind::QUERY]).await;
        let unknown = ServerMessage::Unknown {
            kind: 0xEE,
            payload: bytes::Bytes::from_static(b"whatever"),
        };
        server.send(&[unknown, complete("SET", 0), ready()]).await;
        server.expect(&[kind::TERMINATE]).await;
    };
    conversation(script, |connection| async move {
        connection.run(query("x")).await.unwrap();
        connection.close(None, || {}).await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn a_server_that_authenticates_nobody_is_refused() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let script = async move {
        let mut server = Server(listener.accept().await.unwrap().0);
        server.expect(&[kind::STARTUP]).await;
        server.send(&[auth_ok(), ready()]).await;
    };
    let config = config(port);
    let (_, outcome) = tokio::join!(script, Connection::connect(&config));
    let error = outcome.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotSupportedError, "{error}");
}

#[tokio::test]
async fn a_server_that_never_answers_meets_the_time_limit() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let dsn = format!("scratchbird://a:b@127.0.0.1:{port}/d?sslmode=disable&connect_timeout=0.2");
    let config = Config::from_parts(Some(&dsn), std::iter::empty(), |_| None).unwrap();
    let error = Connection::connect(&config).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::OperationalError, "{error}");
    assert_eq!(error.sqlstate(), Some("08001"), "{error}");
}
