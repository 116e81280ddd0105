//! The PostgreSQL side: login, simple and extended queries, COPY in, all answered from memory.

mod encode;
mod login;

use std::collections::HashMap;
use std::net::TcpStream;

use bytes::{Buf, BufMut, Bytes};
pub use encode::encode_row;

use crate::dataset::{Column, Table, PG_VECTOR};
use crate::statement::{self, Answer};
use crate::tls::Stream;
use crate::wire::Fields;
use crate::{Failure, Shared};

/// Logs a client in and answers it until it goes.
pub fn serve(socket: TcpStream, shared: &Shared) -> Result<(), Failure> {
    let Some(stream) = login::login(socket, shared)? else {
        return Ok(());
    };
    let mut session = Session {
        stream,
        shared,
        statements: HashMap::new(),
        portals: HashMap::new(),
        status: b'I',
        copied: 0,
        copies_in_query: false,
    };
    while let Some((kind, body)) = session.next()? {
        if kind == b'X' {
            break;
        }
        session.handle(kind, &body);
        session.stream.relieve()?;
    }
    Ok(())
}

/// A bound statement.
#[derive(Clone, Default)]
struct Portal {
    sql: String,
    binary: bool,
    /// The type whose name is the first value, with its OID.
    asks_for: Option<(&'static str, u32)>,
}

/// The types that adapters ask for and find.
const TYPES: [(&str, u32); 4] = [
    ("vector", PG_VECTOR),
    ("bit", 1560),
    ("json", 114),
    ("jsonb", 3802),
];

struct Session<'a> {
    stream: Stream,
    shared: &'a Shared,
    statements: HashMap<String, String>,
    portals: HashMap<String, Portal>,
    status: u8,
    copied: usize,
    copies_in_query: bool,
}

impl Session<'_> {
    fn next(&mut self) -> Result<Option<(u8, Bytes)>, Failure> {
        next_message(&mut self.stream)
    }

    /// Appends a message.
    fn send(&mut self, kind: u8, write: impl FnOnce(&mut bytes::BytesMut)) {
        message(&mut self.stream.out, kind, write);
    }

    fn ready(&mut self) {
        let status = self.status;
        self.send(b'Z', |out| out.put_u8(status));
    }

    fn handle(&mut self, kind: u8, body: &[u8]) {
        let mut fields = Fields(body);
        match kind {
            b'Q' => self.query(fields.cstr()),
            b'P' => {
                let name = fields.cstr().to_owned();
                self.statements.insert(name, fields.cstr().to_owned());
                self.send(b'1', |_| ());
            }
            b'B' => self.bind(fields),
            b'D' => self.describe(fields),
            b'E' => {
                let portal = self.portal(fields.cstr());
                self.run(&portal);
            }
            b'C' => {
                let statement = fields.u8() == b'S';
                let name = fields.cstr();
                if statement {
                    self.statements.remove(name);
                } else {
                    self.portals.remove(name);
                }
                self.send(b'3', |_| ());
            }
            b'S' => self.ready(),
            b'd' => self.copied += memchr::memchr_iter(b'\n', body).count(),
            b'c' => {
                let tag = format!("COPY {}\0", std::mem::take(&mut self.copied));
                self.send(b'C', |out| out.put_slice(tag.as_bytes()));
                if self.copies_in_query {
                    self.ready();
                }
            }
            _ => {}
        }
    }

    fn query(&mut self, sql: &str) {
        self.copies_in_query = true;
        let mut copies = false;
        for statement in sql.split(';').filter(|part| !part.trim().is_empty()) {
            let answer = statement::answer(statement, &self.shared.dataset);
            match &answer {
                Answer::Rows { table, .. } => self.describe_rows(&table.columns, false),
                Answer::VectorType { asyncpg } => self.describe_type(*asyncpg),
                Answer::CopyIn => copies = true,
                Answer::Done { .. } => {}
            }
            self.run(&Portal {
                sql: statement.to_owned(),
                ..Portal::default()
            });
        }
        if !copies {
            self.ready();
        }
    }

    fn bind(&mut self, mut fields: Fields<'_>) {
        let portal = fields.cstr().to_owned();
        let statement = fields.cstr();
        let sql = self.statements.get(statement).cloned().unwrap_or_default();
        let formats = fields.u16();
        fields.take(2 * usize::from(formats));
        let mut asks_for = None;
        for at in 0..fields.u16() {
            let length = fields.i32();
            let value = fields.take(usize::try_from(length).unwrap_or(0));
            if at == 0 {
                asks_for = TYPES.into_iter().find(|(name, _)| name.as_bytes() == value);
            }
        }
        let binary = fields.u16() > 0 && fields.u16() == 1;
        let bound = Portal {
            sql,
            binary,
            asks_for,
        };
        self.portals.insert(portal, bound);
        self.send(b'2', |_| ());
    }

    fn portal(&self, name: &str) -> Portal {
        self.portals.get(name).cloned().unwrap_or_default()
    }

    fn describe(&mut self, mut fields: Fields<'_>) {
        let of_statement = fields.u8() == b'S';
        let name = fields.cstr();
        let (sql, binary) = if of_statement {
            (
                self.statements.get(name).cloned().unwrap_or_default(),
                false,
            )
        } else {
            let portal = self.portal(name);
            (portal.sql, portal.binary)
        };
        if of_statement {
            let oids = statement::parameters(&sql, &self.shared.dataset);
            self.send(b't', |out| {
                out.put_u16(oids.len() as u16);
                for oid in oids {
                    out.put_u32(oid);
                }
            });
        }
        match statement::answer(&sql, &self.shared.dataset) {
            Answer::Rows { table, .. } => self.describe_rows(&table.columns, binary),
            Answer::VectorType { asyncpg } => self.describe_type(asyncpg),
            _ => self.send(b'n', |_| ()),
        }
    }

    fn describe_rows(&mut self, columns: &[Column], binary: bool) {
        let columns: Vec<_> = columns.iter().map(|c| (c.name, c.pg_oid())).collect();
        self.describe_columns(&columns, binary);
    }

    fn describe_columns(&mut self, columns: &[(&str, u32)], binary: bool) {
        self.send(b'T', |out| {
            out.put_u16(columns.len() as u16);
            for (name, oid) in columns {
                out.put_slice(name.as_bytes());
                out.put_u8(0);
                out.put_u32(0);
                out.put_u16(0);
                out.put_u32(*oid);
                out.put_i16(-1);
                out.put_i32(-1);
                out.put_u16(u16::from(binary));
            }
        });
    }

    /// The columns in which asyncpg and psycopg ask for the type `vector`.
    fn describe_type(&mut self, asyncpg: bool) {
        if asyncpg {
            self.describe_columns(&[("oid", 26), ("elemtype", 26), ("kind", 18)], false);
        } else {
            self.describe_columns(
                &[
                    ("name", 19),
                    ("oid", 26),
                    ("array_oid", 26),
                    ("regtype", 25),
                    ("delimiter", 18),
                ],
                false,
            );
        }
    }

    fn run(&mut self, portal: &Portal) {
        let shared = self.shared;
        let tag = match statement::answer(&portal.sql, &shared.dataset) {
            Answer::Rows { table, count } => {
                self.rows(table, count, portal.binary);
                format!("SELECT {count}")
            }
            Answer::VectorType { asyncpg } => match portal.asks_for {
                Some(found) => {
                    self.vector_type(found, asyncpg, portal.binary);
                    "SELECT 1".to_owned()
                }
                None => "SELECT 0".to_owned(),
            },
            Answer::CopyIn => {
                let binary = u8::from(portal.sql.to_ascii_lowercase().contains("binary"));
                self.send(b'G', |out| {
                    out.put_u8(binary);
                    out.put_u16(0);
                });
                return;
            }
            Answer::Done { tag } => {
                match tag {
                    "BEGIN" => self.status = b'T',
                    "COMMIT" | "ROLLBACK" => self.status = b'I',
                    _ => {}
                }
                tag.to_owned()
            }
        };
        self.send(b'C', |out| {
            out.put_slice(tag.as_bytes());
            out.put_u8(0);
        });
    }

    fn rows(&mut self, table: &Table, mut count: usize, binary: bool) {
        let block = &table.postgres[usize::from(binary)];
        while count > 0 && block.len() > 0 {
            let now = count.min(block.len());
            self.stream.out.extend_from_slice(block.rows(now));
            count -= now;
            // A client that has gone shows at the next read.
            if self.stream.relieve().is_err() {
                return;
            }
        }
    }

    fn vector_type(&mut self, (name, oid): (&str, u32), asyncpg: bool, binary: bool) {
        let number = |value: u32| match binary {
            true => value.to_be_bytes().to_vec(),
            false => value.to_string().into_bytes(),
        };
        let values = if asyncpg {
            vec![number(oid), number(0), b"b".to_vec()]
        } else {
            let name = name.as_bytes().to_vec();
            vec![
                name.clone(),
                number(oid),
                number(oid + 1),
                name,
                b",".to_vec(),
            ]
        };
        self.send(b'D', |out| {
            out.put_u16(values.len() as u16);
            for value in values {
                out.put_i32(value.len() as i32);
                out.put_slice(&value);
            }
        });
    }
}

/// The next complete message, `None` at the end of the stream.
fn next_message(stream: &mut Stream) -> Result<Option<(u8, Bytes)>, Failure> {
    loop {
        if let Some(header) = stream.input.get(..5) {
            let kind = header[0];
            let length = Fields(&header[1..]).i32().max(4) as usize;
            if stream.input.len() > length {
                stream.input.advance(5);
                return Ok(Some((kind, stream.input.split_to(length - 4).freeze())));
            }
        }
        if !stream.fill()? {
            return Ok(None);
        }
    }
}

fn message(out: &mut bytes::BytesMut, kind: u8, write: impl FnOnce(&mut bytes::BytesMut)) {
    out.put_u8(kind);
    let at = out.len();
    out.put_u32(0);
    write(out);
    let length = (out.len() - at) as u32;
    out[at..at + 4].copy_from_slice(&length.to_be_bytes());
}
