//! Every example of the protocol's message list: decodes, and encodes to the same bytes again.

#![allow(clippy::unwrap_used, clippy::panic)] // a panic is the failure report

mod spec;

use bytes::BytesMut;
use sbwp::manager::{read_frame, ManagerReply, ManagerRequest};
use sbwp::message::copy_packet::{
    CopyForm, NamedRows, RowsetReader, RowsetWriter, SbcpWriter, TextWriter,
};
use sbwp::message::{
    execute_flag, feature, finality_flag, isolation, kind, method, query_flag, reason,
    ClientMessage, Generation, ServerMessage,
};
use serde_json::Value;

/// `(name of the example, hex)` of a message.
fn examples(message: &Value) -> Vec<(String, String)> {
    match &message["example_payload_hex"] {
        Value::Null => Vec::new(),
        Value::String(hex) => vec![("example".to_owned(), hex.clone())],
        Value::Object(named) => named
            .iter()
            .map(|(name, hex)| (name.clone(), hex.as_str().unwrap().to_owned()))
            .collect(),
        other => panic!("unexpected example {other}"),
    }
}

#[test]
fn codes_and_names_are_those_of_the_list() {
    let Some(folder) = spec::protocol_folder() else {
        return;
    };
    let list = spec::json(&folder.join("messages.json"));
    let listed: Vec<(u8, String)> = list["messages"]
        .as_array()
        .unwrap()
        .iter()
        .map(|m| {
            (
                m["code"].as_u64().unwrap() as u8,
                m["name"].as_str().unwrap().to_owned(),
            )
        })
        .collect();
    assert_eq!(listed.len(), 87);
    let ours: Vec<(u8, String)> = kind::ALL
        .iter()
        .map(|(code, name)| (*code, (*name).to_owned()))
        .collect();
    assert_eq!(ours, listed);
    for (code, name) in ours {
        assert_eq!(kind::name(code), Some(name.as_str()));
    }
}

#[test]
fn every_code_is_known_in_its_direction_and_only_there() {
    let Some(folder) = spec::protocol_folder() else {
        return;
    };
    let list = spec::json(&folder.join("messages.json"));
    for message in list["messages"].as_array().unwrap() {
        let code = message["code"].as_u64().unwrap() as u8;
        let (to_server, to_client) = match message["direction"].as_str().unwrap() {
            "c2s" => (true, matches!(code, kind::COPY_DATA | kind::COPY_DONE)),
            "s2c" => (false, true),
            _ => (true, true),
        };
        // An unknown code never fails to decode, whatever the payload.
        let client = ClientMessage::decode(code, b"\xff");
        let server = ServerMessage::decode(code, b"\xff");
        assert_eq!(
            matches!(client, Ok(ClientMessage::Unknown { .. })),
            !to_server,
            "{message}"
        );
        assert_eq!(
            matches!(server, Ok(ServerMessage::Unknown { .. })),
            !to_client,
            "{message}"
        );
    }
}

/// The constants of a module under the names of the list.
macro_rules! constants {
    ($module:ident: $($name:ident),* $(,)?) => {
        [$((stringify!($name), u64::from($module::$name))),*]
    };
}

#[test]
fn flags_and_codes_are_those_of_the_list() {
    let Some(folder) = spec::protocol_folder() else {
        return;
    };
    let list = spec::json(&folder.join("messages.json"));
    let check = |key: &str, ours: &[(&str, u64)]| {
        let listed = list[key].as_object().unwrap();
        assert_eq!(listed.len(), ours.len(), "{key}");
        for (name, value) in ours {
            assert_eq!(listed[*name].as_u64(), Some(*value), "{key} {name}");
        }
    };
    check(
        "query_flags",
        &constants!(query_flag: DESCRIBE_ONLY, NO_PORTAL, BINARY_RESULT, INCLUDE_PLAN, RETURN_SBLR, NO_CACHE, AUTOCOMMIT,
            SCRIPT_INGEST, SCRIPT_SIZE_HINT, SCRIPT_SUMMARY_RESULT),
    );
    check("execute_flags", &constants!(execute_flag: AUTOCOMMIT));
    check(
        "isolation_levels",
        &constants!(isolation: READ_UNCOMMITTED, READ_COMMITTED, REPEATABLE_READ, SERIALIZABLE),
    );
    check(
        "txn_finality_flags",
        &constants!(finality_flag: ENGINE_KNOWN, RETRY_ALLOWED, RETRY_REFUSED, SIDE_EFFECT_RETRY_REFUSED,
            SAME_KEY_REPLAYABLE, FOLLOW_UP_FAILURE),
    );
    check(
        "ready_reasons",
        &constants!(reason: STARTUP, COMMAND_COMPLETE, ERROR_RECOVERED, RESET_COMPLETE, REAUTH_COMPLETE, CANCEL_OUTCOME,
            STATE_CHANGE),
    );
    check(
        "auth_methods",
        &constants!(method: OK, PASSWORD, MD5, SCRAM_SHA_256, SCRAM_SHA_512, TOKEN, PEER, REATTACH, CERTIFICATE, GSSAPI,
            SSPI, LDAP, SAML, OIDC, MFA_TOTP, CLUSTER_PKI),
    );
    let features = constants!(feature: COMPRESSION, STREAMING, SBLR, FEDERATION, NOTIFICATIONS, QUERY_PLAN, BATCH,
        PIPELINE, BINARY_COPY, SAVEPOINTS, TWO_PHASE_COMMIT, CHECKSUMS, MULTI_RESULT, GENERATED_KEYS, OUT_PARAMETERS,
        ARRAY_BIND, BULK_REJECTS, LOB_LOCATOR, CURSORS, COPY_BACKPRESSURE, SESSION_RESET, REAUTH, FAILOVER_HINTS,
        TRACE_CONTEXT);
    let listed: Vec<(&str, u64)> = list["features"]
        .as_array()
        .unwrap()
        .iter()
        .map(|f| (f["name"].as_str().unwrap(), 1 << f["bit"].as_u64().unwrap()))
        .collect();
    assert_eq!(listed, features);
    let mask = |key: &str| {
        u64::from_str_radix(list[key].as_str().unwrap().trim_start_matches("0x"), 16).unwrap()
    };
    assert_eq!(mask("server_feature_mask"), feature::SERVER_MASK);
    assert_eq!(mask("recommended_client_features"), feature::RECOMMENDED);
    for f in list["features"].as_array().unwrap() {
        let bit = 1 << f["bit"].as_u64().unwrap();
        assert_eq!(
            f["server_supported"],
            feature::SERVER_MASK & bit != 0,
            "{f}"
        );
        assert_eq!(f["since"] == "1.1", feature::SINCE_1_1 & bit != 0, "{f}");
    }
}

#[test]
fn every_payload_example_decodes_and_encodes_to_itself() {
    let Some(folder) = spec::protocol_folder() else {
        return;
    };
    let list = spec::json(&folder.join("messages.json"));
    let mut seen = 0;
    for message in list["messages"].as_array().unwrap() {
        let code = message["code"].as_u64().unwrap() as u8;
        for (name, hex) in examples(message) {
            let what = format!("{} {name}", message["name"]);
            let payload = spec::unhex(&hex);
            let direction = message["direction"].as_str().unwrap();
            let from_client = match direction {
                "both" => name == "query",
                direction => direction == "c2s",
            };
            let mut again = BytesMut::new();
            if from_client {
                let decoded =
                    ClientMessage::decode(code, &payload).unwrap_or_else(|e| panic!("{what}: {e}"));
                assert_eq!(decoded.kind(), code, "{what}");
                assert!(!matches!(decoded, ClientMessage::Unknown { .. }), "{what}");
                decoded.encode(&mut again).unwrap();
            } else {
                let decoded =
                    ServerMessage::decode(code, &payload).unwrap_or_else(|e| panic!("{what}: {e}"));
                assert_eq!(decoded.kind(), code, "{what}");
                assert!(!matches!(decoded, ServerMessage::Unknown { .. }), "{what}");
                decoded.encode(&mut again).unwrap();
            }
            assert_eq!(again, payload, "{what}");
            seen += 1;
        }
    }
    assert!(seen >= 65, "only {seen} examples");
}

#[test]
fn every_manager_frame_example_decodes_and_encodes_to_itself() {
    let Some(folder) = spec::protocol_folder() else {
        return;
    };
    let list = spec::json(&folder.join("messages.json"));
    let mut seen = 0;
    for message in list["manager_preamble"]["messages"].as_array().unwrap() {
        let Some(hex) = message["example_frame_hex"].as_str() else {
            continue;
        };
        let bytes = spec::unhex(hex);
        let mut buffer = BytesMut::from(&bytes[..]);
        let frame = read_frame(&mut buffer).unwrap().unwrap();
        assert!(buffer.is_empty());
        assert_eq!(u64::from(frame.kind), message["code"].as_u64().unwrap());
        let mut again = BytesMut::new();
        if message["direction"] == "c2s" {
            let decoded = ManagerRequest::decode(frame.kind, &frame.payload).unwrap();
            assert!(
                !matches!(decoded, ManagerRequest::Unknown { .. }),
                "{message}"
            );
            decoded.write_frame(&mut again).unwrap();
        } else {
            let decoded = ManagerReply::decode(frame.kind, &frame.payload).unwrap();
            assert!(
                !matches!(decoded, ManagerReply::Unknown { .. }),
                "{message}"
            );
            decoded.write_frame(&mut again).unwrap();
        }
        assert_eq!(again, bytes, "{message}");
        seen += 1;
    }
    assert!(seen >= 6, "only {seen} examples");
}

#[test]
fn the_copy_packets_read_and_write_themselves() {
    let Some(folder) = spec::protocol_folder() else {
        return;
    };
    let list = spec::json(&folder.join("messages.json"));
    let copy = list["messages"]
        .as_array()
        .unwrap()
        .iter()
        .find(|m| m["name"] == "COPY_DATA")
        .unwrap();
    let payload = |name: &str| spec::unhex(copy["example_payload_hex"][name].as_str().unwrap());

    let sbnr = payload("sbnr");
    assert_eq!(CopyForm::of(&sbnr), CopyForm::Rowset);
    let mut reader = RowsetReader::new(&sbnr).unwrap();
    let columns = reader.columns().to_vec();
    let mut out = BytesMut::new();
    let mut writer = RowsetWriter::new(&mut out, columns.iter().map(|c| (c.name.as_str(), c.kind)));
    let mut row = Vec::new();
    while reader.next_row(&mut row).unwrap() {
        writer.row(row.iter().copied());
    }
    assert_eq!(writer.finish().unwrap(), 2);
    assert_eq!(out, sbnr);

    let sbcp = payload("sbcp");
    assert_eq!(CopyForm::of(&sbcp), CopyForm::Named);
    let mut out = BytesMut::new();
    let mut writer = SbcpWriter::new(&mut out);
    for row in NamedRows::packet(&sbcp).unwrap() {
        writer.row(&row.unwrap());
    }
    writer.finish().unwrap();
    assert_eq!(out, sbcp);

    let text = payload("text");
    assert_eq!(CopyForm::of(&text), CopyForm::Text);
    let mut out = BytesMut::new();
    let mut writer = TextWriter::new(&mut out);
    let rows: Vec<_> = NamedRows::lines(&text).map(Result::unwrap).collect();
    assert_eq!(rows[0], [("id", Some("9")), ("payload", Some("abc"))]);
    assert_eq!(rows[1], [("id", Some("10")), ("payload", None)]);
    for row in rows {
        writer.row(&row).unwrap();
    }
    assert_eq!(out, text);
}

/// PARAMETER_STATUS has two forms, and the beginning of a list can read as a pair: of a name that is none.
#[test]
fn a_list_of_parameters_that_is_cut_off_is_no_pair() {
    let read = |payload: &[u8]| ServerMessage::decode(kind::PARAMETER_STATUS, payload);
    let pair = b"\x04\0\0\0zone\x03\0\0\0UTC";
    match read(pair) {
        Ok(ServerMessage::ParameterStatus(status)) => {
            assert_eq!(status.generation, Generation::Legacy);
            assert_eq!(status.get("zone"), Some("UTC"));
        }
        other => panic!("{other:?}"),
    }
    let list = b"\x01\0\0\0\0\0\0\0\x01\0\0\0\0\0\0";
    assert!(read(list).is_ok());
    for length in 0..list.len() {
        let error = read(&list[..length]).expect_err("a part of a list");
        assert_eq!(error.message, "PARAMETER_STATUS");
    }
    assert!(
        read(b"\0\0\0\0\x03\0\0\0UTC").is_err(),
        "a pair without a name"
    );
}
