//! Every frame recorded from the real server: headers, payloads and streams read and write themselves. What the
//! frames say is checked in `transcripts_content` and `transcripts_notes`.

#![allow(clippy::unwrap_used, clippy::panic)] // a panic is the failure report

mod recording;
mod spec;

use bytes::BytesMut;
use recording::{Message, Recorded, Recording};
use sbwp::frame::{
    Frame, FrameError, FrameReader, Header, PartialError, PartialQuery, MAX_PAYLOAD,
};
use sbwp::message::{kind, ClientMessage};

/// What the folder's README counts; an empty folder must not pass.
const LEAST_FILES: usize = 157;

/// Recordings with one header that breaks the rules on purpose.
const BAD_HEADERS: [&str; 3] = ["bad_magic", "bad_version", "oversized_frame"];

#[test]
fn all_recordings_are_there() {
    let Some(recordings) = recording::all() else {
        return;
    };
    assert!(
        recordings.len() >= LEAST_FILES,
        "{} files",
        recordings.len()
    );
    let frames: usize = recordings.iter().map(|r| r.frames.len()).sum();
    assert!(frames >= 6_985, "{frames} frames");
}

#[test]
fn every_header_parses_to_what_was_recorded_and_writes_itself() {
    let Some(recordings) = recording::all() else {
        return;
    };
    let mut broken = Vec::new();
    for recording in &recordings {
        for frame in &recording.frames {
            match Header::parse(&frame.header, MAX_PAYLOAD) {
                Ok(header) => {
                    let header = header.unwrap_or_else(|| panic!("{}: short header", frame.at));
                    assert_eq!(header, frame.told, "{}", frame.at);
                    assert_eq!(header.length as usize, frame.payload.len(), "{}", frame.at);
                    let mut out = BytesMut::new();
                    header.write(&mut out);
                    assert_eq!(out, frame.header, "{}", frame.at);
                    let named = kind::name(header.kind)
                        .map_or_else(|| format!("UNKNOWN_0x{:02x}", header.kind), str::to_owned);
                    assert_eq!(named, frame.name, "{}", frame.at);
                }
                Err(error) => broken.push((recording.name.as_str(), error)),
            }
        }
    }
    let length = u64::from(MAX_PAYLOAD) + 1;
    let expected = [
        ("bad_magic", FrameError::Magic(b"XXXX".to_vec())),
        ("bad_version", FrameError::Version { major: 1, minor: 0 }),
        (
            "oversized_frame",
            FrameError::TooLarge {
                length,
                max: MAX_PAYLOAD,
            },
        ),
    ];
    assert_eq!(broken, expected);
}

#[test]
fn the_server_streams_read_back_from_pieces_of_any_size() {
    let Some(recordings) = recording::all() else {
        return;
    };
    for (index, recording) in recordings.iter().enumerate() {
        let sent: Vec<&Recorded> = recording.frames.iter().filter(|f| !f.from_client).collect();
        let stream: Vec<u8> = sent
            .iter()
            .flat_map(|f| [&f.header[..], &f.payload].concat())
            .collect();
        let mut reader = FrameReader::default();
        let mut read = Vec::new();
        for piece in stream.chunks(1 + index * 7 % 211) {
            reader.push(piece);
            while let Some(frame) = reader.next_frame().unwrap() {
                read.push(frame);
            }
        }
        assert_eq!(reader.buffered(), 0, "{}", recording.name);
        assert_eq!(read.len(), sent.len(), "{}", recording.name);
        for (number, (frame, sent)) in read.iter().zip(sent).enumerate() {
            assert_eq!(*frame, sent.frame(), "{}", sent.at);
            assert_eq!(frame.header.sequence as usize, number, "{}", sent.at);
            assert_eq!(frame.header.flags, 0, "{}", sent.at);
        }
    }
}

/// Payloads that were sent malformed on purpose: where, and the field and offset that must be blamed.
const MALFORMED: [(&str, &str, usize); 10] = [
    ("array_bind_errors:35", "value_count", 442), // cut inside a row
    ("commit_idempotency:32", "reserved", 1),     // a finality query of one byte
    ("commit_idempotency:35", "flags", 0),        // an empty TXN_COMMIT
    ("commit_idempotency:38", "version", 1),      // a TXN_COMMIT of eight bytes
    ("fatal_extension:9", "id", 0),               // an empty EXTENSION
    ("login_legacy_too_long:2", "parameter_count", 80), // legacy, but long enough to be taken for P1
    ("sblr:21", "length", 8),                           // an SBLR_EXECUTE of eight bytes
    ("set_option:23", "name", 0),                       // a SET_OPTION of one byte
    ("startup_truncated:2", "key", 132),                // cut inside the parameters
    ("trace_context:15", "id", 0),                      // a TRACE_CONTEXT of three bytes
];

/// Messages whose content also has a shorter form than the one we write.
fn is_shorter_form(payload: &[u8], message: &Message) -> bool {
    match message {
        // The flags may be left out.
        Message::Client(ClientMessage::Execute(execute)) => {
            execute.flags == 0 && payload.len() == 8 + execute.portal.len()
        }
        // Everything may be left out.
        Message::Client(
            ClientMessage::Cancel(_)
            | ClientMessage::Query(_)
            | ClientMessage::ResetSession(_)
            | ClientMessage::TxnBegin(_)
            | ClientMessage::TxnRollback(_),
        ) => payload.is_empty(),
        _ => false,
    }
}

/// The messages of a recording, the parts of a QUERY put together, up to a part out of place.
fn messages(recording: &Recording) -> Vec<(&Recorded, Frame)> {
    let mut parts = PartialQuery::default();
    let mut whole = Vec::new();
    for frame in recording.frames.iter().filter(|f| !f.header_only) {
        if !frame.from_client {
            whole.push((frame, frame.frame()));
            continue;
        }
        match parts.accept(frame.frame()) {
            Ok(Some(message)) => whole.push((frame, message)),
            Ok(None) => {}
            Err(_) => break,
        }
    }
    whole
}

#[test]
fn every_payload_decodes_and_encodes_to_itself() {
    let Some(recordings) = recording::all() else {
        return;
    };
    let mut malformed = Vec::new();
    let (mut canonical, mut shorter) = (0, 0);
    for (recorded, frame) in recordings.iter().flat_map(messages) {
        let message = match recorded.decode_payload(&frame.payload) {
            Ok(message) => message,
            Err(error) => {
                assert!(recorded.from_client, "{}: {error}", recorded.at);
                assert_eq!(error.message, recorded.name, "{}", recorded.at);
                malformed.push((recorded.at.as_str(), error.field, error.offset));
                continue;
            }
        };
        let mut out = BytesMut::new();
        message
            .encode(&mut out)
            .unwrap_or_else(|e| panic!("{}: {e}", recorded.at));
        if is_shorter_form(&frame.payload, &message) {
            assert!(frame.payload.len() < out.len(), "{}", recorded.at);
            shorter += 1;
        } else {
            assert_eq!(out, frame.payload, "{}", recorded.at);
            canonical += 1;
        }
    }
    malformed.sort_unstable();
    assert_eq!(malformed, MALFORMED);
    assert!(
        canonical > 6_000 && shorter > 100,
        "{canonical} canonical, {shorter} shorter"
    );
}

#[test]
fn a_query_in_parts_comes_together() {
    let Some(recording) = recording::one("partial_query") else {
        return;
    };
    let queries: Vec<String> = messages(&recording)
        .iter()
        .filter_map(
            |(_, frame)| match ClientMessage::decode(frame.header.kind, &frame.payload) {
                Ok(ClientMessage::Query(query)) => {
                    assert_eq!(frame.header.length as usize, frame.payload.len());
                    Some(query.sql)
                }
                _ => None,
            },
        )
        .collect();
    let whole = "SELECT 1 AS one, 'partial' AS t";
    assert_eq!(queries, [whole, "SELECT 2", whole]);

    let Some(recording) = recording::one("partial_query_interrupted") else {
        return;
    };
    let mut parts = PartialQuery::default();
    let outcome: Result<Vec<_>, _> = recording
        .frames
        .iter()
        .filter(|f| f.from_client)
        .map(|f| parts.accept(f.frame()))
        .collect();
    assert_eq!(outcome, Err(PartialError::InvalidMessage(kind::PING)));
}

#[test]
fn the_broken_headers_are_the_only_ones() {
    let Some(recordings) = recording::all() else {
        return;
    };
    for recording in &recordings {
        let bad = recording
            .frames
            .iter()
            .any(|f| Header::parse(&f.header, MAX_PAYLOAD).is_err());
        assert_eq!(
            bad,
            BAD_HEADERS.contains(&recording.name.as_str()),
            "{}",
            recording.name
        );
    }
}
