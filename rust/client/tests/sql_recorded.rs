//! The statements and errors of the recordings of the real server, read by this crate.

#![allow(clippy::panic, clippy::unwrap_used)]

use std::path::{Path, PathBuf};

use sbwp::message::{ClientMessage, ServerMessage};
use scratchbird::profile::Profile;
use scratchbird::sql::{Arguments, ParsedQuery};
use scratchbird::{DatabaseError, ErrorKind};

struct Frame {
    recording: String,
    from_client: bool,
    code: u8,
    payload: Vec<u8>,
}

impl Frame {
    fn client_message(&self) -> Option<ClientMessage> {
        let decoded = ClientMessage::decode(self.code, &self.payload).ok();
        decoded.filter(|_| self.from_client)
    }

    fn server_message(&self) -> Option<ServerMessage> {
        let decoded = ServerMessage::decode(self.code, &self.payload).ok();
        decoded.filter(|_| !self.from_client)
    }
}

/// The frames of every recording; None where there are no recordings.
fn frames() -> Option<Vec<Frame>> {
    let directory: PathBuf =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/protocol/transcripts");
    if !directory.is_dir() {
        eprintln!("SKIPPED: no recordings in {}", directory.display());
        return None;
    }
    let mut frames = Vec::new();
    for entry in std::fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path
            .extension()
            .is_none_or(|extension| extension != "jsonl")
        {
            continue;
        }
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        for line in std::fs::read_to_string(&path).unwrap().lines() {
            let frame: serde_json::Value = serde_json::from_str(line).unwrap();
            let (Some(code), Some(payload)) = (frame["type"].as_u64(), frame["payload"].as_str())
            else {
                continue;
            };
            let bytes = (0..payload.len())
                .step_by(2)
                .map(|at| u8::from_str_radix(&payload[at..at + 2], 16).unwrap());
            frames.push(Frame {
                recording: name.clone(),
                from_client: frame["dir"] == "C",
                code: u8::try_from(code).unwrap(),
                payload: bytes.collect(),
            });
        }
    }
    assert!(frames.len() > 500, "only {} frames", frames.len());
    Some(frames)
}

#[test]
fn recorded_statements_are_sent_untouched_and_understood() {
    let Some(frames) = frames() else { return };
    let mut seen = 0;
    for frame in frames {
        let Some(ClientMessage::Query(query)) = frame.client_message() else {
            continue;
        };
        let name = &frame.recording;
        let parsed = ParsedQuery::parse(&query.sql, Arguments::None).unwrap();
        assert_eq!(parsed.sql(), query.sql);
        let first = query
            .sql
            .trim_start()
            .split(|c: char| !c.is_ascii_alphabetic())
            .next()
            .unwrap_or("");
        if first.eq_ignore_ascii_case("SELECT") {
            assert!(parsed.is_query(), "{name}: {}", query.sql);
        }
        if ["INSERT", "UPDATE", "DELETE", "CREATE", "DROP"]
            .contains(&first.to_ascii_uppercase().as_str())
        {
            assert_eq!(
                parsed.verb(),
                first.to_ascii_uppercase(),
                "{name}: {}",
                query.sql
            );
        }
        seen += 1;
    }
    assert!(seen > 100, "{seen}");
}

#[test]
fn the_recorded_server_is_recognised_as_the_beta() {
    let Some(frames) = frames() else { return };
    let mut seen = 0;
    for frame in frames {
        if let Some(ServerMessage::ServerInfo(info)) = frame.server_message() {
            assert_eq!(
                Profile::detect(&info.product, &info.version, &info.dialect),
                Profile::beta()
            );
            seen += 1;
        }
    }
    assert!(seen > 50, "{seen}");
}

#[test]
fn recorded_errors_get_useful_classes() {
    let Some(frames) = frames() else { return };
    let mut kinds = Vec::new();
    for frame in frames {
        if let Some(ServerMessage::Error(error)) = frame.server_message() {
            let report = DatabaseError::from_fields(error.fields);
            let general = report.sqlstate == "42000";
            let refined = Profile::beta().refine(report);
            assert_eq!(
                refined.reported_sqlstate.is_some(),
                general && refined.sqlstate != "42000"
            );
            kinds.push(refined.kind());
        }
    }
    for kind in [
        ErrorKind::IntegrityError,
        ErrorKind::DataError,
        ErrorKind::ProgrammingError,
        ErrorKind::NotSupportedError,
        ErrorKind::OperationalError,
        ErrorKind::DatabaseError,
    ] {
        assert!(kinds.contains(&kind), "{kind}");
    }
}
