//! Pipelines against servers that follow a script: what travels when, what an error does, what is given up.

#![allow(clippy::unwrap_used, clippy::panic)] // A panic is how a test fails.

mod scripted;

use std::sync::Arc;
use std::time::Duration;

use sbwp::message::{kind, CancelAck, Cancelled, ServerMessage};
use scratchbird::pipeline::{Entry, Outcome, Pipeline, Rows};
use scratchbird::sql::{Arguments, ParsedQuery};
use scratchbird::{Connection, Error, Parameters};
use scripted::*;

const BATCH: usize = 1000;

fn parsed(sql: &str, arguments: Arguments) -> Arc<ParsedQuery> {
    Arc::new(ParsedQuery::parse(sql, arguments).unwrap())
}

fn push(pipeline: &Pipeline, connection: &Connection, sql: &str) -> (Arc<Entry>, bool) {
    let query = parsed(sql, Arguments::None);
    pipeline.push(connection, query, None, false, None).unwrap()
}

fn number(value: usize) -> Parameters {
    let mut parameters = Parameters::new();
    parameters
        .push_text(23, |out| {
            out.extend_from_slice(value.to_string().as_bytes());
            Ok(())
        })
        .unwrap();
    parameters
}

/// How many rows a statement says it changed.
fn changed(entry: &Entry) -> u64 {
    match entry.take() {
        Some(Outcome::Results(results)) => results[0].complete.as_ref().unwrap().rows,
        other => panic!("{other:?}"),
    }
}

async fn control(server: &mut Server, tag: &str) {
    server.expect(&[kind::QUERY]).await;
    server.send(&[complete(tag, 0), ready()]).await;
}

#[tokio::test]
async fn batches_do_not_wait_for_each_other() {
    let script = |mut server: Server| async move {
        control(&mut server, "SAVEPOINT").await;
        for _ in 0..3 * BATCH {
            server.expect(&[kind::QUERY]).await;
        }
        for n in 0..3 * BATCH {
            server.send(&[complete("UPDATE", n as u64), ready()]).await;
        }
        control(&mut server, "RELEASE").await;
    };
    conversation(script, |connection| async move {
        let pipeline = Pipeline::default();
        pipeline.open();
        let mut entries = Vec::new();
        for _ in 0..3 * BATCH {
            let (entry, full) = push(&pipeline, &connection, "update t set n = 1");
            entries.push(entry);
            if full {
                // Returns although the server has answered nothing yet.
                pipeline.advance(&connection).await;
            }
        }
        assert!(!entries[0].is_answered());
        pipeline.sync(&connection).await.unwrap();
        for (n, entry) in entries.iter().enumerate() {
            assert_eq!(changed(entry), n as u64);
        }
        assert!(!pipeline.is_pending());
        pipeline.close();
        assert!(!pipeline.is_open());
    })
    .await;
}

#[tokio::test]
async fn too_far_ahead_it_waits_for_answers() {
    let script = |mut server: Server| async move {
        control(&mut server, "SAVEPOINT").await;
        for n in 0..8 * BATCH {
            server.expect(&[kind::QUERY]).await;
            server.send(&[complete("UPDATE", n as u64), ready()]).await;
        }
        control(&mut server, "RELEASE").await;
    };
    conversation(script, |connection| async move {
        let pipeline = Pipeline::default();
        let mut first = None;
        for n in 0..8 * BATCH {
            let (entry, full) = push(&pipeline, &connection, "update t set n = 1");
            first.get_or_insert(entry);
            if full {
                pipeline.advance(&connection).await;
            }
            let answered = first.as_ref().unwrap().is_answered();
            assert!(answered || n < 6 * BATCH);
        }
        pipeline.sync(&connection).await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn an_error_aborts_what_is_behind_it_and_is_undone() {
    let script = |mut server: Server| async move {
        control(&mut server, "SAVEPOINT").await;
        server.expect(&[kind::QUERY; 3]).await;
        server.send(&[complete("UPDATE", 1), ready()]).await;
        server.send(&[failure("23505"), ready()]).await;
        server.send(&[complete("UPDATE", 1), ready()]).await;
        control(&mut server, "ROLLBACK").await;
        control(&mut server, "RELEASE").await;
    };
    conversation(script, |connection| async move {
        let pipeline = Pipeline::default();
        let entries: Vec<_> = (0..3)
            .map(|_| push(&pipeline, &connection, "update t set n = 1").0)
            .collect();
        pipeline.flush(&connection).await;
        assert_eq!(changed(&entries[0]), 1);
        assert!(matches!(entries[1].take(), Some(Outcome::Failed(_, None))));
        assert!(matches!(entries[2].take(), Some(Outcome::Aborted)));
        // Nothing more is sent before the sync.
        let (late, full) = push(&pipeline, &connection, "update t set n = 2");
        assert!(!full && matches!(late.take(), Some(Outcome::Aborted)));
        let failed = pipeline.sync(&connection).await.unwrap_err();
        assert_eq!(failed.error.sqlstate(), Some("23505"));
        assert!(failed.query.is_some());
        assert!(!pipeline.is_pending());
    })
    .await;
}

#[tokio::test]
async fn rows_have_one_ready_and_an_error_has_their_number() {
    let script = |mut server: Server| async move {
        control(&mut server, "SAVEPOINT").await;
        let repeated = [kind::BIND, kind::EXECUTE];
        server.expect(&[kind::PARSE]).await;
        for _ in 0..3 {
            server.expect(&repeated).await;
        }
        server.expect(&[kind::SYNC]).await;
        server
            .send(&[complete("INSERT", 1), complete("INSERT", 1)])
            .await;
        server.send(&[failure("22001"), ready()]).await;
        control(&mut server, "ROLLBACK").await;
        control(&mut server, "RELEASE").await;
    };
    conversation(script, |connection| async move {
        let pipeline = Pipeline::default();
        let query = parsed("insert into t values (?)", Arguments::Positional);
        let mut rows = Rows::new(&connection, query, false, false, None);
        for n in 0..3 {
            rows.push(&connection, number(n)).unwrap();
        }
        assert!(!rows.is_full() && !rows.is_begun());
        rows.queue(&connection, &pipeline, true).unwrap();
        assert!(rows.is_begun());
        pipeline.flush(&connection).await;
        assert!(matches!(
            rows.entry().take(),
            Some(Outcome::Failed(_, Some(2)))
        ));
        let failed = pipeline.sync(&connection).await.unwrap_err();
        assert_eq!(failed.row, Some(2));
    })
    .await;
}

#[tokio::test]
async fn another_request_leaves_the_answers_to_the_pipeline() {
    let script = |mut server: Server| async move {
        control(&mut server, "SAVEPOINT").await;
        for _ in 0..BATCH {
            server.expect(&[kind::QUERY]).await;
        }
        for n in 0..BATCH {
            server.send(&[complete("UPDATE", n as u64), ready()]).await;
        }
        server.expect(&[kind::QUERY]).await;
        server.send(&[complete("SHOW", 77), ready()]).await;
        control(&mut server, "RELEASE").await;
    };
    conversation(script, |connection| async move {
        let pipeline = Pipeline::default();
        let mut entries = Vec::new();
        for _ in 0..BATCH {
            entries.push(push(&pipeline, &connection, "update t set n = 1").0);
        }
        pipeline.advance(&connection).await;
        let other = connection.run(query("show something")).await.unwrap();
        assert_eq!(other[0].complete.as_ref().unwrap().rows, 77);
        pipeline.wait_for(&connection, &entries[BATCH - 1]).await;
        assert_eq!(changed(&entries[0]), 0);
        assert_eq!(changed(&entries[BATCH - 1]), BATCH as u64 - 1);
        pipeline.sync(&connection).await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn a_flush_that_is_given_up_cancels_everything_on_its_way() {
    let script = |mut server: Server| async move {
        control(&mut server, "SAVEPOINT").await;
        server.expect(&[kind::QUERY, kind::QUERY]).await;
        server.expect(&[kind::CANCEL]).await;
        server
            .send(&[
                ServerMessage::Cancelled(Cancelled {
                    request: [1; 16],
                    outcome: "user_statement_cancelled".into(),
                    sqlstate: "57014".into(),
                    diagnostic: "EXECUTION.QUERY_CANCELLED".into(),
                    transaction_effect: "".into(),
                    retryability: "application_decision".into(),
                }),
                failure("57014"),
                ready(),
                complete("UPDATE", 1),
                ready(),
                ServerMessage::CancelAck(CancelAck {
                    request: [1; 16],
                    accepted: 1,
                }),
                ready(),
            ])
            .await;
        control(&mut server, "ROLLBACK").await;
        control(&mut server, "RELEASE").await;
    };
    conversation(script, |connection| async move {
        let pipeline = Pipeline::default();
        let first = push(&pipeline, &connection, "select pg_sleep(1)").0;
        let second = push(&pipeline, &connection, "update t set n = 1").0;
        let flush = pipeline.flush(&connection);
        assert!(tokio::time::timeout(Duration::from_millis(100), flush)
            .await
            .is_err());
        match first.take() {
            Some(Outcome::Failed(error, None)) => assert!(matches!(*error, Error::Cancelled)),
            other => panic!("{other:?}"),
        }
        assert!(matches!(second.take(), Some(Outcome::Aborted)));
        pipeline.sync(&connection).await.unwrap_err();
        assert!(!connection.is_closed());
    })
    .await;
}

#[tokio::test]
async fn a_lost_connection_keeps_the_answers_that_came() {
    let script = |mut server: Server| async move {
        control(&mut server, "SAVEPOINT").await;
        server.expect(&[kind::QUERY; 3]).await;
        server.send(&[complete("UPDATE", 5), ready()]).await;
    };
    conversation(script, |connection| async move {
        let pipeline = Pipeline::default();
        let entries: Vec<_> = (0..3)
            .map(|_| push(&pipeline, &connection, "update t set n = 1").0)
            .collect();
        pipeline.flush(&connection).await;
        assert_eq!(changed(&entries[0]), 5);
        assert!(matches!(entries[1].take(), Some(Outcome::Failed(_, None))));
        assert!(matches!(entries[2].take(), Some(Outcome::Aborted)));
        let failed = pipeline.sync(&connection).await.unwrap_err();
        assert!(failed.error.is_disconnect());
        assert!(connection.is_closed());
        assert!(!pipeline.is_pending());
    })
    .await;
}
