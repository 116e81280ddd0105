//! COPY … TO STDOUT: the engine's rows as CSV, as JSON lines, or as binary packets of text.

use bytes::{Bytes, BytesMut};
use postgres_protocol::message::backend::Message;
use postgres_protocol::message::frontend;
use sbwp::message::copy_packet::{CopyType, CopyValue, RowsetWriter};
use sbwp::message::{copy_format, kind, CopyOutResponse};

use crate::backend::{Event, Report};
use crate::session::query::Step;
use crate::session::run::cancelled;
use crate::session::{End, Session};
use crate::statement::{subject_of_copy, Planned, Role};
use crate::translate::{Copy, CopyFormat, Kind};

/// Data leave in frames of about this size.
const FRAME: usize = 64 * 1024;

fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// The query whose rows are copied.
fn source(copy: &Copy, sql: &str) -> String {
    match &copy.table {
        Some(table) => {
            let columns = match copy.columns.as_slice() {
                [] => "*".to_owned(),
                listed => listed
                    .iter()
                    .map(|name| quoted(name))
                    .collect::<Vec<_>>()
                    .join(", "),
            };
            format!("SELECT {columns} FROM {table}")
        }
        None => subject_of_copy(sql).to_owned(),
    }
}

/// Rows on their way out, gathered into frames.
enum Gathering {
    /// Bytes as the engine sends them.
    Plain(BytesMut),
    /// Rows of text for binary packets.
    Rows {
        columns: Vec<String>,
        rows: Vec<Vec<Option<String>>>,
        size: usize,
    },
}

impl Gathering {
    fn size(&self) -> usize {
        match self {
            Self::Plain(bytes) => bytes.len(),
            Self::Rows { size, .. } => *size,
        }
    }

    fn add(&mut self, data: &Bytes) {
        match self {
            Self::Plain(bytes) => bytes.extend_from_slice(data),
            Self::Rows { rows, size, .. } => {
                *size += data.len();
                rows.push(fields(data));
            }
        }
    }

    /// The payload of a frame with what has been gathered.
    fn take(&mut self) -> Result<Bytes, sbwp::message::EncodeError> {
        match self {
            Self::Plain(bytes) => Ok(bytes.split().freeze()),
            Self::Rows {
                columns,
                rows,
                size,
            } => {
                let mut packet = BytesMut::new();
                let described = columns.iter().map(|name| (name.as_str(), CopyType::Text));
                let mut writer = RowsetWriter::new(&mut packet, described);
                for row in rows.iter() {
                    writer.row(row.iter().map(|field| match field {
                        Some(text) => CopyValue::Text(text),
                        None => CopyValue::Null,
                    }));
                }
                writer.finish()?;
                rows.clear();
                *size = 0;
                Ok(packet.freeze())
            }
        }
    }
}

/// The fields of one line of the engine's COPY text.
fn fields(line: &[u8]) -> Vec<Option<String>> {
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    line.split(|&byte| byte == b'\t')
        .map(|field| match field {
            b"\\N" => None,
            field => Some(unescaped(field)),
        })
        .collect()
}

/// Text of the engine's COPY without its escapes.
fn unescaped(field: &[u8]) -> String {
    let mut text = Vec::with_capacity(field.len());
    let mut bytes = field.iter();
    while let Some(&byte) = bytes.next() {
        text.push(match byte {
            b'\\' => match bytes.next() {
                Some(b'n') => b'\n',
                Some(b't') => b'\t',
                Some(b'r') => b'\r',
                Some(b'b') => 8,
                Some(b'f') => 12,
                Some(b'v') => 11,
                Some(&other) => other,
                None => b'\\',
            },
            byte => byte,
        });
    }
    String::from_utf8_lossy(&text).into_owned()
}

impl Session {
    pub(in crate::session) async fn copy_out(
        &mut self,
        planned: &Planned,
        autocommit: bool,
    ) -> Result<Step, End> {
        if self.is_beta() {
            self.complete("COPY", 0)?;
            return Ok(Step::Done);
        }
        let Kind::Copy(copy) = &planned.statement.kind else {
            return Ok(Step::Failed(Report::error(
                "XX000",
                "the statement is not a COPY",
            )));
        };
        let source = source(copy, planned.sql());
        let columns = match self
            .column_names(&format!("SELECT * FROM ({source}) AS rows LIMIT 0"))
            .await?
        {
            Ok(columns) => columns,
            Err(report) => return Ok(Step::Failed(self.reworded(report, planned))),
        };
        let sql = match copy.format {
            CopyFormat::Csv => planned.sql().to_owned(),
            CopyFormat::Binary => format!("COPY ({source}) TO STDOUT"),
            // A quoting character that JSON never has keeps the engine's CSV from touching the text.
            CopyFormat::JsonLines => format!(
                "COPY (SELECT row_to_json(rows) FROM ({source}) AS rows) TO STDOUT \
                 (FORMAT csv, QUOTE E'\\x01', DELIMITER E'\\x02')"
            ),
        };
        let response = CopyOutResponse {
            format: match copy.format {
                CopyFormat::Binary => copy_format::BINARY,
                CopyFormat::Csv | CopyFormat::JsonLines => copy_format::TEXT,
            },
            columns: vec![u32::from(copy.format == CopyFormat::Binary); columns.len()],
        };
        let gathering = match copy.format {
            CopyFormat::Binary => Gathering::Rows {
                columns,
                rows: Vec::new(),
                size: 0,
            },
            CopyFormat::Csv | CopyFormat::JsonLines => Gathering::Plain(BytesMut::new()),
        };
        if !self.begin_running() {
            self.client.cancels.took_effect();
            return Ok(Step::Failed(cancelled()));
        }
        let step = self
            .stream_out(&sql, &response, gathering, autocommit)
            .await;
        self.end_running().await;
        Ok(match step? {
            Step::Failed(report) => Step::Failed(self.reworded(report, planned)),
            step => step,
        })
    }

    async fn stream_out(
        &mut self,
        sql: &str,
        response: &CopyOutResponse,
        mut gathering: Gathering,
        autocommit: bool,
    ) -> Result<Step, End> {
        let prefix = self
            .transaction
            .prefix(&Role::CopyOut, autocommit, &mut self.backend)
            .map_err(End::Engine)?;
        if prefix.commands > 0 {
            frontend::sync(&mut self.backend.out);
            self.drain().await?;
        }
        frontend::query(sql, &mut self.backend.out).map_err(End::Engine)?;
        let (mut rows, mut failure) = (0, None);
        let status = loop {
            match self.event().await? {
                Event::Message(Message::CopyOutResponse(_)) => {
                    self.client
                        .send(kind::COPY_OUT_RESPONSE, |out| response.encode(out))?;
                }
                Event::Message(Message::CopyData(body)) => {
                    gathering.add(&body.into_bytes());
                    if gathering.size() >= FRAME {
                        if let Err(report) = self.send_gathered(&mut gathering)? {
                            failure.get_or_insert(report);
                        }
                        self.relieve().await?;
                    }
                }
                Event::Message(Message::CommandComplete(body)) => {
                    let tag = body.tag().map_err(End::Engine)?;
                    rows = tag
                        .rsplit(' ')
                        .next()
                        .and_then(|word| word.parse::<u64>().ok())
                        .unwrap_or(0);
                }
                Event::Message(Message::ErrorResponse(body)) => {
                    let report = Report::read(body.fields()).map_err(End::Engine)?;
                    failure.get_or_insert(report);
                }
                Event::Message(Message::ReadyForQuery(body)) => break body.status(),
                _ => {}
            }
        };
        if failure.is_none() && gathering.size() > 0 {
            failure = self.send_gathered(&mut gathering)?.err();
        }
        if let Some(report) = failure {
            self.undo(prefix, status).await?;
            return Ok(Step::Failed(report));
        }
        self.bare(kind::COPY_DONE)?;
        self.statement_done(prefix, &Role::CopyOut, status, autocommit);
        self.complete(&format!("COPY {rows}"), rows)?;
        Ok(Step::Done)
    }

    fn send_gathered(&mut self, gathering: &mut Gathering) -> Result<Result<(), Report>, End> {
        match gathering.take() {
            Ok(payload) => {
                self.client
                    .send(kind::COPY_DATA, |out| out.extend_from_slice(&payload))?;
                Ok(Ok(()))
            }
            Err(error) => Ok(Err(Report::error("54000", error.to_string()))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_the_engine() {
        assert_eq!(
            fields(b"1\t\\N\ta\\tb\\\\\\n\t\n"),
            [
                Some("1".to_owned()),
                None,
                Some("a\tb\\\n".to_owned()),
                Some(String::new())
            ]
        );
    }
}
