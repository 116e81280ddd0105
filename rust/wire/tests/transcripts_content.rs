//! What the recorded frames say: by the rules of the protocol, and across the frames of a conversation. The
//! recorder's own notes are compared in `transcripts_notes`.

#![allow(clippy::unwrap_used, clippy::panic)] // a panic is the failure report

mod recording;
mod spec;

use recording::{Message, Recorded, Recording};
use sbwp::message::{
    feature, kind, method, reason, state, ClientMessage, DataRow, Generation, RowDescription,
    ServerMessage, TxnStatus,
};
use sbwp::type_ref::TypeRef;

/// The server frames that follow a client frame up to the next one.
fn answers(recording: &Recording, is_request: impl Fn(&Recorded) -> bool) -> Vec<Vec<&Recorded>> {
    let mut answers = Vec::new();
    let mut open = false;
    for frame in &recording.frames {
        if frame.from_client {
            open = is_request(frame);
            if open {
                answers.push(Vec::new());
            }
        } else if let (true, Some(answer)) = (open, answers.last_mut()) {
            answer.push(frame);
        }
    }
    answers
}

#[test]
fn a_login_is_request_credential_ok_and_ready() {
    let Some(recordings) = recording::all() else {
        return;
    };
    let mut logins = 0;
    for recording in &recordings {
        for answer in answers(recording, |f| f.kind == kind::STARTUP) {
            match answer.first().map(|f| (f.at.as_str(), f.server().unwrap())) {
                Some((at, ServerMessage::AuthRequest(request))) => {
                    assert_eq!(request.method, method::PASSWORD, "{at}");
                    assert!(request.data.is_empty(), "{at}");
                    assert_eq!(answer.len(), 1, "{at}");
                }
                Some((_, ServerMessage::Error(error))) => {
                    assert!(
                        matches!(error.sqlstate(), Some("08P01" | "0A000")),
                        "{error:?}"
                    );
                }
                other => panic!("{}: STARTUP answered by {other:?}", recording.name),
            }
        }
        let legacy = recording.name.starts_with("login_legacy");
        for answer in answers(recording, |f| f.kind == kind::AUTH_RESPONSE) {
            let messages: Vec<ServerMessage> = answer.iter().map(|f| f.server().unwrap()).collect();
            match &messages[..] {
                [ServerMessage::Error(error), ..] => {
                    assert!(
                        matches!(error.sqlstate(), Some("28000" | "08P01")),
                        "{error:?}"
                    );
                }
                [ServerMessage::AuthOk(ok), ServerMessage::Ready(ready)] if legacy => {
                    assert!(ok.info.is_empty());
                    assert_eq!(ready.generation, Generation::Legacy);
                    logins += 1;
                }
                [ServerMessage::AuthOk(ok), ServerMessage::ServerInfo(info), ServerMessage::ParameterStatus(status), ServerMessage::Ready(ready)] =>
                {
                    assert_eq!(info.session, ok.session);
                    assert_eq!(info.product, "ScratchBird native SBWP P1");
                    assert_eq!(info.version, "public-alpha");
                    assert_eq!(info.dialect, "sbsql");
                    assert_eq!(info.features, feature::SERVER_MASK);
                    assert_eq!((ready.session, ready.attachment), (ok.session, ok.session));
                    assert_eq!(ready.reason, reason::STARTUP);
                    assert_eq!(status.get("session.principal_claim"), Some("alice"));
                    let features = ready.features.to_string();
                    assert_eq!(
                        status.get("protocol.negotiated_features"),
                        Some(features.as_str())
                    );
                    let version = format!("{}.{}", ready.version >> 8, ready.version & 0xff);
                    assert_eq!(
                        status.get("protocol.selected_version"),
                        Some(version.as_str())
                    );
                    let transaction = ready.transaction.to_string();
                    assert_eq!(status.get("current_txn_id"), Some(transaction.as_str()));
                    logins += 1;
                }
                other => panic!("{}: login answered by {other:?}", recording.name),
            }
        }
    }
    assert!(logins >= 130, "{logins} logins");
}

#[test]
fn every_ready_is_in_a_transaction_and_agrees_with_its_header() {
    let Some(recordings) = recording::all() else {
        return;
    };
    let mut seen = 0;
    for frame in recordings.iter().flat_map(|r| &r.frames) {
        let Some(ServerMessage::Ready(ready)) = frame.server() else {
            continue;
        };
        let before_login = frame.told.attachment == [0; 16];
        assert_eq!(ready.transaction, frame.told.transaction, "{}", frame.at);
        if ready.generation == Generation::P1 {
            assert_eq!(ready.session, frame.told.attachment, "{}", frame.at);
            assert!((1..=7).contains(&ready.reason), "{}", frame.at);
            assert_eq!(ready.features & !feature::SERVER_MASK, 0, "{}", frame.at);
        } else {
            assert_eq!(ready.visibility, ready.transaction, "{}", frame.at);
        }
        assert_eq!(ready.in_transaction(), !before_login, "{}", frame.at);
        assert!(
            matches!(ready.state, state::TRANSACTION | state::NONE),
            "{}",
            frame.at
        );
        seen += 1;
    }
    assert!(seen >= 874, "{seen} READYs");
}

/// Whether a value is one from which the server guesses the type.
fn fits_guess(value: &[u8], type_ref: &TypeRef) -> bool {
    let text = String::from_utf8_lossy(value).to_ascii_lowercase();
    let digits = text.strip_prefix(['+', '-']).unwrap_or(&text);
    let numeric = !digits.is_empty() && digits.chars().all(|c| c.is_ascii_digit() || c == '.');
    let guess = match text.as_str() {
        "true" | "false" | "t" | "f" => (1, 1),
        _ if numeric && !digits.contains('.') => (2, 4),
        _ if numeric && digits != "." && digits.matches('.').count() == 1 => (4, 1),
        _ => (8, 1),
    };
    (type_ref.family, type_ref.code) == guess
}

#[test]
fn rows_fit_their_description_and_their_completion() {
    let Some(recordings) = recording::all() else {
        return;
    };
    let (mut results, mut guessed, mut wide) = (0, 0, 0);
    for recording in &recordings {
        let mut description: Option<RowDescription> = None;
        let mut rows = 0;
        let mut unseen = Vec::new();
        for frame in recording.frames.iter().filter(|f| !f.from_client) {
            match frame.server().unwrap() {
                ServerMessage::RowDescription(d) => {
                    assert!(d.columns.iter().all(|c| c.format == 0), "{}", frame.at);
                    assert!(
                        d.columns.iter().all(|c| c.nullable.is_some()),
                        "{}",
                        frame.at
                    );
                    wide = wide.max(d.columns.len());
                    unseen = vec![true; d.columns.len()];
                    (description, rows) = (Some(d), 0);
                }
                ServerMessage::DataRow(_) => {
                    let description = description
                        .as_ref()
                        .unwrap_or_else(|| panic!("{}: no description", frame.at));
                    let row = DataRow::parse(&frame.payload).unwrap();
                    assert_eq!(row.len(), description.columns.len(), "{}", frame.at);
                    let mut values = row.iter();
                    for (column, unseen) in description.columns.iter().zip(&mut unseen) {
                        let Some(value) = values.next().unwrap().unwrap() else {
                            continue;
                        };
                        if std::mem::take(unseen) && description.generation == Generation::P1 {
                            assert!(
                                fits_guess(value, &column.type_ref),
                                "{}: {}",
                                frame.at,
                                column.name
                            );
                            guessed += 1;
                        }
                    }
                    assert!(values.next().is_none(), "{}", frame.at);
                    assert_eq!(values.remaining(), 0, "{}", frame.at);
                    rows += 1;
                }
                ServerMessage::CommandComplete(done) => {
                    let mut words = done.tag.split(' ');
                    if words.next() == Some("SELECT") {
                        assert_eq!(
                            words.next(),
                            Some(rows.to_string().as_str()),
                            "{}",
                            frame.at
                        );
                        assert_eq!(done.rows, rows, "{}", frame.at);
                        results += 1;
                    }
                    (description, rows) = (None, 0);
                }
                _ => {}
            }
        }
    }
    assert!(results >= 300, "{results} results");
    assert!(guessed >= 1_000, "{guessed} columns guessed");
    assert!(wide > 150, "widest has {wide} columns");
}

/// SQLSTATE and detail of every ERROR of a recording, in order.
fn errors(recording: &Recording) -> Vec<(String, String)> {
    recording
        .frames
        .iter()
        .filter_map(|f| match f.server() {
            Some(ServerMessage::Error(error)) => Some(error),
            _ => None,
        })
        .map(|error| {
            assert_eq!(error.severity(), Some("ERROR"));
            let detail = error.detail().or(error.message()).unwrap();
            let code = detail.split(';').next().unwrap_or_default();
            (error.sqlstate().unwrap().to_owned(), code.to_owned())
        })
        .collect()
}

#[test]
fn the_error_catalog_has_its_codes() {
    let Some(recording) = recording::one("error_catalog") else {
        return;
    };
    let expected = [
        "SB-BULK-CONSTRAINT-UNIQUE-PERSISTED-CONFLICT",
        "SB-BULK-CONSTRAINT-UNIQUE-PERSISTED-CONFLICT",
        "SB_ENGINE_API_INVALID_REQUEST",
        "SB_ENGINE_API_INVALID_REQUEST",
        "SB_ENGINE_API_INVALID_REQUEST",
        "SBSQL.QUERY.ROW_FAMILY_UNSUPPORTED",
        "SBSQL.QUERY.PROJECTION_INVALID",
        "SBLR.DIVIDE_BY_ZERO",
        "CATALOG.OBJECT.DUPLICATE_NAME",
        "SBSQL.NAME_RESOLUTION.NOT_FOUND_OR_NOT_VISIBLE",
        "SBSQL.NAME_RESOLUTION.NOT_FOUND_OR_NOT_VISIBLE",
        "SBSQL.LEXER.STRING_UNCLOSED",
        "SBSQL.PARSER.STATEMENT_FAMILY_UNKNOWN",
        "SBSQL.NAME_RESOLUTION.NOT_FOUND_OR_NOT_VISIBLE",
        "SB_ENGINE_API_INVALID_REQUEST",
    ];
    let found = errors(&recording);
    assert!(
        found.iter().all(|(sqlstate, _)| sqlstate == "42000"),
        "{found:?}"
    );
    assert_eq!(
        found
            .iter()
            .map(|(_, code)| code.as_str())
            .collect::<Vec<_>>(),
        expected
    );
}

#[test]
fn refusals_have_their_sqlstate() {
    for (name, sqlstate, code) in [
        ("login_bad_password", "28000", None),
        ("login_unknown_user", "28000", None),
        (
            "startup_version_mismatch",
            "08P01",
            Some("SBWP.VERSION.NO_COMMON_VERSION"),
        ),
        (
            "login_legacy_too_long",
            "08P01",
            Some("SBWP.VERSION.NO_COMMON_VERSION"),
        ),
        (
            "startup_unknown_key",
            "08P01",
            Some("NATIVE_WIRE.CONNECT_UNKNOWN_KEY"),
        ),
        (
            "startup_truncated",
            "08P01",
            Some("NATIVE_WIRE.CONNECT_INVALID_PAYLOAD"),
        ),
        (
            "startup_required_unknown",
            "08P01",
            Some("SBWP.FEATURE.UNKNOWN_REQUIRED"),
        ),
        (
            "startup_required_unsupported",
            "0A000",
            Some("SBWP.FEATURE.REQUIRED_UNSUPPORTED"),
        ),
        (
            "fatal_compressed_flag",
            "08P01",
            Some("SBWP.COMPRESSION.UNNEGOTIATED_FRAME"),
        ),
        (
            "fatal_reserved_flag",
            "08P01",
            Some("SBWP.HEADER.RESERVED_BITS_SET"),
        ),
        (
            "fatal_unknown_type",
            "08P01",
            Some("NATIVE_WIRE.PROTOCOL_FATAL"),
        ),
        (
            "savepoint_not_negotiated",
            "08P01",
            Some("SBWP.FEATURE.NOT_NEGOTIATED"),
        ),
        (
            "reset_session",
            "25001",
            Some("NATIVE_WIRE.RESET_REFUSED_OPEN_TRANSACTION"),
        ),
        (
            "commit_idempotency",
            "40003",
            Some("SBWP.RETRY.IDEMPOTENCY_KEY_CONFLICT"),
        ),
        ("copy_fail", "57014", Some("SBSQL.COPY.CLIENT_ABORTED")),
        (
            "txn_wrong_id_query",
            "25000",
            Some("SBWP.TRANSACTION_ID_MISMATCH"),
        ),
    ] {
        let Some(recording) = recording::one(name) else {
            return;
        };
        let found = recording.frames.iter().any(|frame| match frame.server() {
            Some(ServerMessage::Error(error)) => {
                let texts = [error.message(), error.detail()];
                error.sqlstate() == Some(sqlstate) && (code.is_none() || texts.contains(&code))
            }
            _ => false,
        });
        assert!(
            found,
            "{name}: no {sqlstate} {code:?} in {:?}",
            errors(&recording)
        );
    }
}

#[test]
fn pings_are_answered_by_their_own_bytes() {
    let Some(recordings) = recording::all() else {
        return;
    };
    let mut seen = 0;
    for recording in &recordings {
        let data = |kind_wanted| {
            recording
                .frames
                .iter()
                .filter(|f| f.kind == kind_wanted)
                .map(|f| match f.decode().unwrap() {
                    Message::Client(ClientMessage::Ping(ping)) => ping.data,
                    Message::Server(ServerMessage::Pong(pong)) => pong.data,
                    other => panic!("{}: {other:?}", f.at),
                })
                .collect::<Vec<_>>()
        };
        let (pings, pongs) = (data(kind::PING), data(kind::PONG));
        if !pongs.is_empty() {
            assert_eq!(pings[..pongs.len()], pongs[..], "{}", recording.name);
            seen += pongs.len();
        }
    }
    assert!(seen >= 3, "{seen} PONGs");
}

#[test]
fn descriptions_of_parameters_repeat_what_was_parsed() {
    let Some(recording) = recording::one("describe") else {
        return;
    };
    let parsed: Vec<Vec<u32>> = recording
        .frames
        .iter()
        .filter_map(|f| match f.decode().unwrap() {
            Message::Client(ClientMessage::Parse(parse)) => Some(parse.oids),
            _ => None,
        })
        .collect();
    let described: Vec<_> = recording
        .frames
        .iter()
        .filter_map(|f| match f.server() {
            Some(ServerMessage::ParameterDescription(description)) => Some(description.parameters),
            _ => None,
        })
        .collect();
    let counts: Vec<usize> = described.iter().map(Vec::len).collect();
    assert_eq!(counts, [7, 7, 0, 3, 0]);
    assert_eq!(parsed[0].len(), 7);
    assert_eq!(described[0], described[1]);
    for (oid, parameter) in parsed[0].iter().zip(&described[0]) {
        // The server names six types; every other one is described as text.
        let expected = match oid {
            0 | 16 | 20 | 23 | 701 | 1700 => *oid,
            _ => 25,
        };
        assert_eq!(parameter.oid, expected);
        assert_eq!(parameter.nullable, None);
        assert_eq!(parameter.flags & 0b110, 0b110);
    }
    // No types given: the placeholders are counted and their types are unknown.
    assert!(described[3]
        .iter()
        .all(|p| p.oid == 0 && p.type_ref == TypeRef::UNKNOWN));
}

#[test]
fn a_commit_with_a_key_is_final() {
    let Some(recording) = recording::one("commit_idempotency") else {
        return;
    };
    let finalities: Vec<_> = recording
        .frames
        .iter()
        .filter_map(|f| match f.server() {
            Some(ServerMessage::TxnStatus(TxnStatus::Finality(finality))) => Some(finality),
            _ => None,
        })
        .collect();
    let states: Vec<u8> = finalities.iter().map(|f| f.state).collect();
    assert_eq!(states.len(), 5);
    assert_eq!(states[..2], [1, 1]);
    assert_eq!(states[2], 3);
    assert_eq!(finalities[0].key, finalities[1].key);
    assert!(finalities[0].code.starts_with("SBWP.COMMIT."));
    assert!(finalities[0].replacement_transaction > finalities[0].original_transaction);
}
