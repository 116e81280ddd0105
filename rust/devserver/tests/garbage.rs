//! Clients that send nonsense: their connection ends, the server goes on.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use std::io::Write;

use common::{message, password, server, Client, PASSWORD};
use sbwp::message::{kind, ServerMessage};
use scratchbird_devserver::users::Method;

fn is_well(server: &common::TestServer) {
    assert_eq!(Client::login(server).query("select 1").rows(), [["1"]]);
}

#[test]
fn bytes_that_are_no_frame_end_the_connection_silently() {
    let server = server(Method::Password);
    let mut header = Client::open(&server).frame(kind::PING, &[]).to_vec();
    let with = |at: usize, bytes: &[u8]| {
        let mut changed = header.clone();
        changed[at..at + bytes.len()].copy_from_slice(bytes);
        changed
    };
    let cases = [
        with(0, b"HTTP"),
        with(4, &[2]),
        with(5, &[0]),
        with(8, &u32::MAX.to_le_bytes()),
        with(8, &(64 * 1024 * 1024 + 1_u32).to_le_bytes()),
        vec![0; 4096],
    ];
    for bytes in cases {
        for logged_in in [false, true] {
            let mut client = if logged_in {
                Client::login(&server)
            } else {
                Client::open(&server)
            };
            client.stream.write_all(&bytes).unwrap();
            assert!(client.try_receive().is_none());
        }
    }
    header.truncate(20);
    for partial in [&header[..], &header[..1]] {
        let mut client = Client::open(&server);
        client.stream.write_all(partial).unwrap();
        drop(client);
    }
    is_well(&server);
}

#[test]
fn a_length_that_is_only_claimed_costs_nothing() {
    let server = server(Method::Password);
    let clients: Vec<Client> = (0..50)
        .map(|_| {
            let mut client = Client::open(&server);
            let mut frame = client.frame(kind::QUERY, &[]).to_vec();
            frame[8..12].copy_from_slice(&(64 * 1024 * 1024_u32).to_le_bytes());
            client.stream.write_all(&frame).unwrap();
            client
        })
        .collect();
    is_well(&server);
    drop(clients);
}

#[test]
fn messages_that_are_not_served_are_fatal() {
    let server = server(Method::Password);
    let unknown = [
        kind::FLUSH,
        kind::FEDERATED_QUERY,
        kind::CLUSTER_AUTH,
        kind::ATTACH_CREATE,
        kind::ATTACH_DETACH,
        kind::ATTACH_LIST,
        kind::READY,
        0x77,
        0xff,
    ];
    let cases = unknown
        .into_iter()
        .map(|code| (code, "NATIVE_WIRE.PROTOCOL_FATAL"))
        .chain(
            [kind::STREAM_CONTROL, kind::EXTENSION]
                .map(|code| (code, "SBWP.FEATURE.NOT_NEGOTIATED")),
        );
    for (code, expected) in cases {
        let mut client = Client::login(&server);
        let frame = client.frame(code, &[]);
        client.stream.write_all(&frame).unwrap();
        let ServerMessage::Error(error) = client.receive() else {
            panic!("{code:#x}")
        };
        assert_eq!(
            (error.sqlstate(), error.message()),
            (Some("08P01"), Some(expected)),
            "{code:#x}"
        );
        assert!(client.try_receive().is_none());
    }
}

#[test]
fn messages_of_features_that_were_not_negotiated_are_fatal() {
    let server = server(Method::Password);
    for code in [
        kind::COPY_DATA,
        kind::COPY_DONE,
        kind::COPY_FAIL,
        kind::SBLR_EXECUTE,
        kind::SUBSCRIBE,
        kind::UNSUBSCRIBE,
        kind::TXN_SAVEPOINT,
        kind::TXN_RELEASE,
        kind::TXN_ROLLBACK_TO,
        kind::RESET_SESSION,
        kind::REAUTH,
        kind::TRACE_CONTEXT,
        kind::LOB_CLOSE,
    ] {
        let mut client = Client::open(&server);
        let startup = client.startup(0, &[]);
        client.send(&[startup, password(PASSWORD)]);
        client.until_ready();
        let frame = client.frame(code, &[]);
        client.stream.write_all(&frame).unwrap();
        let ServerMessage::Error(error) = client.receive() else {
            panic!("{code:#x}")
        };
        assert_eq!(
            error.message(),
            Some("SBWP.FEATURE.NOT_NEGOTIATED"),
            "{code:#x}"
        );
        assert!(client.try_receive().is_none(), "{code:#x}");
    }
}

#[test]
fn flags_of_the_header() {
    let server = server(Method::Password);
    for (flags, code) in [
        (0x01, "SBWP.COMPRESSION.UNNEGOTIATED_FRAME"),
        (0x10, "SBWP.HEADER.RESERVED_BITS_SET"),
        (0x80, "SBWP.HEADER.RESERVED_BITS_SET"),
        (0x02, "SBWP.PARTIAL_QUERY.INVALID_MESSAGE"),
    ] {
        let mut client = Client::login(&server);
        let mut frame = client.frame(kind::PING, &[]).to_vec();
        frame[7] = flags;
        client.stream.write_all(&frame).unwrap();
        let ServerMessage::Error(error) = client.receive() else {
            panic!("{flags:#x}")
        };
        assert_eq!(error.message(), Some(code));
        assert!(client.try_receive().is_none());
    }
    let mut client = Client::login(&server);
    let mut urgent = client.frame(kind::PING, &[]).to_vec();
    urgent[7] = 0x08;
    client.stream.write_all(&urgent).unwrap();
    assert_eq!(client.receive().kind(), kind::PONG);
}

#[test]
fn a_query_in_parts() {
    let server = server(Method::Password);
    let mut client = Client::login(&server);
    let payload = [&[0; 12], &b"select 'a long query'\0"[..]].concat();
    let pieces: Vec<&[u8]> = payload.chunks(7).collect();
    let last = pieces.len() - 1;
    for (at, piece) in pieces.into_iter().enumerate() {
        let mut frame = client.frame(kind::QUERY, piece).to_vec();
        frame[7] = if at == last { 0x04 } else { 0x02 };
        client.stream.write_all(&frame).unwrap();
    }
    assert_eq!(
        common::Answer(client.until_ready()).rows(),
        [["a long query"]]
    );
}

#[test]
fn torn_payloads_are_refused_and_survived() {
    let server = server(Method::Password);
    let mut client = Client::login(&server);
    for (code, sqlstate, ready) in [
        (kind::PARSE, "08P01", false),
        (kind::BIND, "08P01", false),
        (kind::EXECUTE, "08P01", false),
        (kind::DESCRIBE, "08P01", false),
        (kind::TXN_SAVEPOINT, "08P01", true),
        (kind::TXN_COMMIT, "08P01", true),
        (kind::TXN_STATUS, "08P01", true),
        (kind::SET_OPTION, "08P01", true),
        (kind::TRACE_CONTEXT, "08P01", true),
        (kind::SBLR_EXECUTE, "08P01", true),
        (kind::SUBSCRIBE, "08P01", true),
        (kind::REAUTH, "28000", true),
        (kind::RESET_SESSION, "25001", true),
        (kind::AUTH_RESPONSE, "08P01", true),
        (kind::HEARTBEAT, "08P01", true),
        (kind::LOB_CLOSE, "0A000", true),
    ] {
        let frame = client.frame(code, &[9]);
        client.stream.write_all(&frame).unwrap();
        if !ready {
            client.send(&[common::sync()]);
        }
        let answer = common::Answer(client.until_ready());
        assert_eq!(answer.errors(), [sqlstate], "{code:#x}");
    }
    client.send(&[message(kind::PING, &[])]);
    assert_eq!(client.receive().kind(), kind::PONG);
    assert_eq!(client.query("select 1").rows(), [["1"]]);
}
