//! Reads the recorded conversations: one file a connection, one JSON line a frame or an event.

#![allow(dead_code)] // each test file uses a part of it

use std::path::Path;

use bytes::BytesMut;
use sbwp::frame::{Frame, Header};
use sbwp::message::{ClientMessage, DecodeError, EncodeError, ServerMessage};
use serde_json::Value;

use crate::spec;

/// One recorded connection.
pub struct Recording {
    pub name: String,
    pub frames: Vec<Recorded>,
}

/// One recorded frame.
pub struct Recorded {
    /// File and line.
    pub at: String,
    pub from_client: bool,
    pub kind: u8,
    pub name: String,
    /// The header as it was on the wire.
    pub header: Vec<u8>,
    /// The header as the recorder understood it.
    pub told: Header,
    pub payload: Vec<u8>,
    pub note: String,
    /// The payload of this header was never sent.
    pub header_only: bool,
}

/// A decoded payload of either direction.
#[derive(Debug, PartialEq)]
pub enum Message {
    Client(ClientMessage),
    Server(ServerMessage),
}

impl Message {
    pub fn encode(&self, out: &mut BytesMut) -> Result<(), EncodeError> {
        match self {
            Message::Client(message) => message.encode(out),
            Message::Server(message) => message.encode(out),
        }
    }
}

impl Recorded {
    pub fn decode(&self) -> Result<Message, DecodeError> {
        self.decode_payload(&self.payload)
    }

    /// Decodes another payload as this message.
    pub fn decode_payload(&self, payload: &[u8]) -> Result<Message, DecodeError> {
        if self.from_client {
            ClientMessage::decode(self.kind, payload).map(Message::Client)
        } else {
            ServerMessage::decode(self.kind, payload).map(Message::Server)
        }
    }

    /// The message of a server frame, `None` for a client frame.
    pub fn server(&self) -> Option<ServerMessage> {
        match self.decode() {
            Ok(Message::Server(message)) => Some(message),
            Err(error) if !self.from_client => panic!("{}: {error}", self.at),
            _ => None,
        }
    }

    pub fn frame(&self) -> Frame {
        Frame {
            header: self.told,
            payload: self.payload.clone().into(),
        }
    }

    fn new(at: String, line: &Value) -> Self {
        let text = |key: &str| line[key].as_str().unwrap_or_default().to_owned();
        let number = |key: &str| line[key].as_u64().unwrap();
        let payload = spec::unhex(&text("payload"));
        let header = spec::unhex(&text("header"));
        let announced = u32::from_le_bytes(header[8..12].try_into().unwrap());
        Self {
            at,
            from_client: line["dir"] == "C",
            kind: number("type") as u8,
            name: text("name"),
            told: Header {
                kind: number("type") as u8,
                flags: number("flags") as u8,
                length: announced,
                sequence: number("seq") as u32,
                attachment: spec::unhex(&text("attachment")).try_into().unwrap(),
                transaction: number("txn"),
            },
            header,
            payload,
            note: text("note"),
            header_only: line["header_only"].as_bool().unwrap_or(false),
        }
    }
}

/// Every recording, by name; `None`, with the reason printed, where they are absent.
pub fn all() -> Option<Vec<Recording>> {
    let folder = spec::protocol_folder()?.join("transcripts");
    let mut files: Vec<_> = std::fs::read_dir(&folder)
        .unwrap_or_else(|e| panic!("{}: {e}", folder.display()))
        .map(|entry| entry.unwrap().path())
        .filter(|path| {
            path.extension()
                .is_some_and(|extension| extension == "jsonl")
        })
        .collect();
    files.sort();
    Some(files.iter().map(|file| read(file)).collect())
}

/// One recording by name.
pub fn one(name: &str) -> Option<Recording> {
    let file = spec::protocol_folder()?
        .join("transcripts")
        .join(format!("{name}.jsonl"));
    Some(read(&file))
}

fn read(file: &Path) -> Recording {
    let name = file.file_stem().unwrap().to_string_lossy().into_owned();
    let text = std::fs::read_to_string(file).unwrap_or_else(|e| panic!("{}: {e}", file.display()));
    let frames = text
        .lines()
        .enumerate()
        .skip(1)
        .map(|(index, line)| {
            let at = format!("{name}:{}", index + 1);
            let line: Value = serde_json::from_str(line).unwrap_or_else(|e| panic!("{at}: {e}"));
            (at, line)
        })
        .filter(|(_, line)| line["event"].is_null())
        .map(|(at, line)| Recorded::new(at, &line))
        .collect();
    Recording { name, frames }
}
