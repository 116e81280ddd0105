//! The SBWP side: login, simple and extended queries, array BIND, COPY in, all answered from memory.

mod encode;
mod login;

use std::collections::HashMap;
use std::net::TcpStream;

use bytes::{Buf, BufMut, Bytes, BytesMut};
pub use encode::{encode_head, encode_row};
use sbwp::frame::{write_frame, Header, PayloadOutcome, HEADER_LEN, MAX_PAYLOAD};
use sbwp::message::{
    feature, kind, query_flag, reason, state, Bind, CommandComplete, CopyInResponse, Execute,
    ParameterDescription, ParameterInfo, Parse, Query, Ready,
};

use crate::dataset::Table;
use crate::statement::{self, Answer};
use crate::tls::Stream;
use crate::{Failure, Shared};

/// The one session id.
const SESSION: [u8; 16] = *b"benchmark server";

/// Logs a client in and answers it until it goes.
pub fn serve(socket: TcpStream, shared: &Shared) -> Result<(), Failure> {
    let mut stream = Stream::new(socket, shared.tls.clone())?;
    let Some(features) = login::login(&mut stream, shared)? else {
        return Ok(());
    };
    let mut session = Session {
        stream,
        shared,
        features,
        statements: HashMap::new(),
        portals: HashMap::new(),
        copied: 0,
    };
    session.ready(reason::STARTUP)?;
    while let Some((kind, payload)) = next_frame(&mut session.stream)? {
        if kind == kind::TERMINATE {
            break;
        }
        session.handle(kind, &payload)?;
        session.stream.relieve()?;
    }
    Ok(())
}

struct Session<'a> {
    stream: Stream,
    shared: &'a Shared,
    features: u64,
    statements: HashMap<String, String>,
    /// The statement of a portal, whether its results are binary, and how often it was bound.
    portals: HashMap<String, (String, bool, u64)>,
    copied: u64,
}

impl Session<'_> {
    fn send<R: PayloadOutcome>(
        &mut self,
        kind: u8,
        payload: impl FnOnce(&mut BytesMut) -> R,
    ) -> Result<(), Failure> {
        Ok(write_frame(
            &mut self.stream.out,
            Header::new(kind),
            payload,
        )?)
    }

    fn ready(&mut self, reason: u8) -> Result<(), Failure> {
        let ready = Ready::new(SESSION, 1, state::TRANSACTION, reason, self.features);
        self.send(kind::READY, |out| ready.encode(out))
    }

    fn done(&mut self, tag: &str, rows: u64) -> Result<(), Failure> {
        let complete = CommandComplete::new(tag, rows);
        self.send(kind::COMMAND_COMPLETE, |out| complete.encode(out))
    }

    fn handle(&mut self, kind: u8, payload: &[u8]) -> Result<(), Failure> {
        match kind {
            kind::QUERY => {
                let query = Query::decode(payload)?;
                let binary = query.flags & query_flag::BINARY_RESULT != 0;
                if self.run(&query.sql, binary, 1)? {
                    self.ready(reason::COMMAND_COMPLETE)?;
                }
                Ok(())
            }
            kind::PARSE => {
                let parse = Parse::decode(payload)?;
                self.statements.insert(parse.statement, parse.sql);
                self.send(kind::PARSE_COMPLETE, |_| ())
            }
            kind::BIND => self.bind(payload),
            kind::DESCRIBE => {
                let name = sbwp::message::Describe::decode(payload)?.name;
                let sql = self.statements.get(&name).map_or("", String::as_str);
                let parameters = statement::parameters(sql, &self.shared.dataset)
                    .into_iter()
                    .map(ParameterInfo::new)
                    .collect();
                let description = ParameterDescription::new(parameters);
                self.send(kind::PARAMETER_DESCRIPTION, |out| description.encode(out))
            }
            kind::EXECUTE => {
                let name = Execute::decode(payload)?.portal;
                let (sql, binary, times) = self.portals.get(&name).cloned().unwrap_or_default();
                self.run(&sql, binary, times).map(drop)
            }
            kind::CLOSE => self.send(kind::CLOSE_COMPLETE, |_| ()),
            kind::SYNC => self.ready(reason::COMMAND_COMPLETE),
            kind::TXN_COMMIT | kind::TXN_ROLLBACK | kind::TXN_BEGIN => {
                self.done(
                    match kind {
                        kind::TXN_COMMIT => "COMMIT",
                        kind::TXN_ROLLBACK => "ROLLBACK",
                        _ => "BEGIN",
                    },
                    0,
                )?;
                self.ready(reason::STATE_CHANGE)
            }
            kind::COPY_DATA => {
                // The row count of an SBNR packet.
                let count = payload.get(8..16).and_then(|bytes| bytes.try_into().ok());
                self.copied += count.map_or(0, u64::from_le_bytes);
                Ok(())
            }
            kind::COPY_DONE => {
                let rows = std::mem::take(&mut self.copied);
                self.done(&format!("COPY {rows}"), rows)?;
                self.ready(reason::COMMAND_COMPLETE)
            }
            kind::PING => self.send(kind::PONG, |out| out.put_slice(payload)),
            kind::SET_OPTION | kind::RESET_SESSION => self.ready(reason::RESET_COMPLETE),
            _ => Ok(()),
        }
    }

    fn bind(&mut self, payload: &[u8]) -> Result<(), Failure> {
        let array = payload.get(..4) == Some(&[1, 0, 0, 1]);
        if array {
            let rows = payload.get(44..48).and_then(|bytes| bytes.try_into().ok());
            let rows = u64::from(rows.map_or(0, u32::from_le_bytes));
            let insert = self.statements.values().find(|sql| sql.contains("$1"));
            let insert = insert.cloned().unwrap_or_default();
            self.portals.insert(String::new(), (insert, false, rows));
        } else {
            let bind = Bind::decode(payload)?;
            let binary = bind.result_formats.first() == Some(&1);
            let sql = self.statements.get(&bind.statement);
            self.portals
                .insert(bind.portal, (sql.cloned().unwrap_or_default(), binary, 1));
        }
        self.send(kind::BIND_COMPLETE, |_| ())
    }

    /// Answers a statement; false where no READY follows.
    fn run(&mut self, sql: &str, binary: bool, times: u64) -> Result<bool, Failure> {
        let shared = self.shared;
        match statement::answer(sql, &shared.dataset) {
            Answer::Rows { table, count } => {
                self.rows(table, count, binary)?;
                self.done(&format!("SELECT {count}"), count as u64)?;
            }
            Answer::CopyIn => {
                let response = CopyInResponse {
                    format: u8::from(self.features & feature::BINARY_COPY != 0),
                    window_bytes: 32 * 1024 * 1024,
                };
                self.send(kind::COPY_IN_RESPONSE, |out| response.encode(out))?;
                return Ok(false);
            }
            Answer::Done { tag: "INSERT 0 1" } => self.done(&format!("INSERT {times}"), times)?,
            Answer::Done { tag } => self.done(tag, 0)?,
            Answer::VectorType { .. } => self.done("SELECT 0", 0)?,
        }
        Ok(true)
    }

    fn rows(&mut self, table: &Table, mut count: usize, binary: bool) -> Result<(), Failure> {
        let format = usize::from(binary);
        self.stream
            .out
            .extend_from_slice(&table.native_head[format]);
        let block = &table.native[format];
        while count > 0 && block.len() > 0 {
            let now = count.min(block.len());
            self.stream.out.extend_from_slice(block.rows(now));
            count -= now;
            self.stream.relieve()?;
        }
        Ok(())
    }
}

/// The next complete frame, `None` at the end of the stream.
fn next_frame(stream: &mut Stream) -> Result<Option<(u8, Bytes)>, Failure> {
    loop {
        if let Some(header) = Header::parse(&stream.input, MAX_PAYLOAD)? {
            let total = HEADER_LEN + header.length as usize;
            if stream.input.len() >= total {
                let mut frame = stream.input.split_to(total);
                frame.advance(HEADER_LEN);
                return Ok(Some((header.kind, frame.freeze())));
            }
        }
        if !stream.fill()? {
            return Ok(None);
        }
    }
}
