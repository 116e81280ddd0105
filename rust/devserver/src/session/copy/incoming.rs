//! COPY … FROM STDIN: the client's rows, in whatever form, go into the engine's COPY as they come.

use bytes::{Bytes, BytesMut};
use postgres_protocol::message::backend::Message;
use postgres_protocol::message::frontend;
use sbwp::message::{copy_format, feature, kind, reason, CopyInResponse};

use super::rows::Shape;
use crate::backend::{Event, Report};
use crate::client::Request;
use crate::datatype::Parameter;
use crate::session::guard::Prefix;
use crate::session::prepared::Formats;
use crate::session::query::Step;
use crate::session::run::{Outcome, Run};
use crate::session::{refusal, End, Session};
use crate::statement::{Planned, Role};
use crate::translate::{Copy, CopyFormat, Kind};

const TEXT_WINDOW: u32 = 1024 * 1024;
const BINARY_WINDOW: u32 = 32 * 1024 * 1024;
const WINDOWS: std::ops::RangeInclusive<u32> = 16 * 1024..=64 * 1024 * 1024;
/// JSON is inserted by one statement, which has to hold all of it.
const MOST_JSON: usize = 256 * 1024 * 1024;

/// A COPY under way.
pub(in crate::session) struct Incoming {
    copy: Copy,
    /// What moves CSV into the table.
    csv: String,
    written: String,
    /// The columns of the table, or those the statement lists.
    columns: Vec<String>,
    autocommit: bool,
    shape: Option<Shape>,
    /// Set once the engine's COPY has begun.
    prefix: Option<Prefix>,
    json: BytesMut,
}

fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

fn quoted_list<'a>(names: impl Iterator<Item = &'a str>) -> String {
    names.map(quoted).collect::<Vec<_>>().join(", ")
}

fn no_copy(message: &str) -> Report {
    refusal(
        "08P01",
        "ASYNC-011",
        &format!("{message} arrived without a COPY under way"),
    )
}

impl Incoming {
    fn table(&self) -> &str {
        self.copy.table.as_deref().unwrap_or_default()
    }

    /// The engine's statement for rows of this shape.
    fn statement(&self, shape: &Shape) -> String {
        match shape.columns() {
            None => self.csv.clone(),
            Some(named) => {
                let known = |name: &str| {
                    self.columns
                        .iter()
                        .find(|column| column.eq_ignore_ascii_case(name))
                };
                let names = named
                    .iter()
                    .map(|name| known(name).map_or(*name, |column| column.as_str()));
                let mut options = String::new();
                if let Some(most) = self.copy.max_errors.filter(|&most| most > 0) {
                    options = format!(" WITH (ON_ERROR ignore, REJECT_LIMIT {most})");
                }
                format!(
                    "COPY {} ({}) FROM STDIN{options}",
                    self.table(),
                    quoted_list(names)
                )
            }
        }
    }

    /// Inserts a JSON array of objects, given as the one parameter.
    fn json_statement(&self) -> String {
        let table = self.table();
        let rows = format!("json_populate_recordset(NULL::{table}, $1::json)");
        match self.copy.columns.as_slice() {
            [] => format!("INSERT INTO {table} SELECT * FROM {rows}"),
            listed => {
                let list = quoted_list(listed.iter().map(String::as_str));
                format!("INSERT INTO {table} ({list}) SELECT {list} FROM {rows}")
            }
        }
    }
}

impl Session {
    /// Begins a COPY: the client is asked for its data if the table is there.
    pub(in crate::session) async fn begin_copy(
        &mut self,
        planned: &Planned,
        autocommit: bool,
    ) -> Result<Step, End> {
        let Kind::Copy(copy) = &planned.statement.kind else {
            return Ok(Step::Failed(Report::error(
                "XX000",
                "the statement is not a COPY",
            )));
        };
        let Some(table) = &copy.table else {
            return Ok(Step::Failed(Report::error(
                "42601",
                "COPY FROM needs a table",
            )));
        };
        let list = match copy.columns.as_slice() {
            [] => "*".to_owned(),
            listed => quoted_list(listed.iter().map(String::as_str)),
        };
        let columns = match self
            .column_names(&format!("SELECT {list} FROM {table} LIMIT 0"))
            .await?
        {
            Ok(columns) => columns,
            Err(report) => return Ok(Step::Failed(self.reworded(report, planned))),
        };
        self.incoming = Some(Box::new(Incoming {
            copy: (**copy).clone(),
            csv: planned.sql().to_owned(),
            written: planned.written.clone(),
            columns,
            autocommit: autocommit && !self.is_beta(),
            shape: None,
            prefix: None,
            json: BytesMut::new(),
        }));
        let binary = self.agreement.has(feature::BINARY_COPY);
        let default = if binary { BINARY_WINDOW } else { TEXT_WINDOW };
        let chosen = self
            .options
            .get("copy_window_bytes")
            .and_then(|text| text.parse().ok())
            .filter(|window| WINDOWS.contains(window));
        let response = CopyInResponse {
            format: if binary {
                copy_format::BINARY
            } else {
                copy_format::TEXT
            },
            window_bytes: chosen.unwrap_or(default),
        };
        self.client
            .send(kind::COPY_IN_RESPONSE, |out| response.encode(out))?;
        self.client.answer_ends();
        Ok(Step::Copying)
    }

    /// COPY_DATA, COPY_DONE and COPY_FAIL.
    pub(in crate::session) async fn copy_message(&mut self, request: &Request) -> Result<(), End> {
        if !self.agreement.has(feature::STREAMING) {
            return self.not_negotiated("STREAMING");
        }
        let result = match request.header.kind {
            kind::COPY_FAIL => self.copy_fail().await?,
            _ if !self.transaction_matches(request)? => return Ok(()),
            kind::COPY_DATA => match self.incoming.take() {
                None => Err(no_copy("COPY_DATA")),
                Some(mut copy) => match self.copy_data(&mut copy, &request.payload).await? {
                    Ok(()) => {
                        self.incoming = Some(copy);
                        return Ok(());
                    }
                    Err(report) => Err(report),
                },
            },
            _ => match self.incoming.take() {
                None => Err(no_copy("COPY_DONE")),
                Some(copy) => self.copy_done(*copy).await?,
            },
        };
        match result {
            Ok(rows) => {
                self.complete(&format!("COPY {rows}"), rows)?;
                self.ready(reason::COMMAND_COMPLETE)
            }
            Err(report) => self.failed(&report),
        }
    }

    /// Refuses what may not come between the data of a COPY.
    pub(in crate::session) fn refuse_while_copying(
        &mut self,
        request: &Request,
    ) -> Result<(), End> {
        let report = refusal(
            "08P01",
            "SBWP.COPY.IN_PROGRESS",
            "a COPY is under way: finish it or give it up first",
        );
        match request.header.kind {
            // The READY at the end of the COPY is the one it asks for.
            kind::SYNC => Ok(()),
            kind::PARSE | kind::BIND | kind::DESCRIBE | kind::EXECUTE | kind::CLOSE => {
                self.error(&report)
            }
            _ => self.failed(&report),
        }
    }

    async fn copy_data(
        &mut self,
        copy: &mut Incoming,
        payload: &Bytes,
    ) -> Result<Result<(), Report>, End> {
        let shape = match &copy.shape {
            Some(shape) => shape.clone(),
            None => {
                let found = match copy.copy.format {
                    CopyFormat::JsonLines => Ok(Shape::Json),
                    CopyFormat::Csv | CopyFormat::Binary => Shape::of(payload, &copy.columns),
                };
                match found {
                    Ok(shape) => copy.shape.insert(shape).clone(),
                    Err(report) => return Ok(Err(report)),
                }
            }
        };
        if shape == Shape::Json {
            if copy.json.len() + payload.len() > MOST_JSON {
                let message = "the JSON of one COPY is too large";
                return Ok(Err(Report::error("54000", message)));
            }
            copy.json.extend_from_slice(payload);
            return Ok(Ok(()));
        }
        let mut lines = BytesMut::with_capacity(payload.len());
        let rows = shape.lines(payload, &mut lines);
        if copy.prefix.is_none() && rows.is_ok() {
            if let Err(report) = self.open_copy(copy, &shape).await? {
                return Ok(Err(report));
            }
        }
        if let Err(report) = rows {
            self.give_up(copy).await?;
            return Ok(Err(report));
        }
        let data = frontend::CopyData::new(lines.freeze()).map_err(End::Engine)?;
        data.write(&mut self.backend.out);
        self.send_all().await?;
        // The engine complains when it likes; if it has, the rest of the data has no taker.
        if let Some(Event::Message(Message::ErrorResponse(body))) = self.ready_event()? {
            let report = Report::read(body.fields()).map_err(End::Engine)?;
            return Ok(Err(self.copy_failed(copy, report).await?));
        }
        Ok(Ok(()))
    }

    /// Begins the engine's COPY.
    async fn open_copy(
        &mut self,
        copy: &mut Incoming,
        shape: &Shape,
    ) -> Result<Result<(), Report>, End> {
        let prefix = self
            .transaction
            .prefix(&Role::CopyIn, copy.autocommit, &mut self.backend)
            .map_err(End::Engine)?;
        if prefix.commands > 0 {
            frontend::sync(&mut self.backend.out);
            self.drain().await?;
        }
        frontend::query(&copy.statement(shape), &mut self.backend.out).map_err(End::Engine)?;
        let mut failure = None;
        loop {
            match self.event().await? {
                Event::Message(Message::CopyInResponse(_)) => {
                    copy.prefix = Some(prefix);
                    return Ok(Ok(()));
                }
                Event::Message(Message::ErrorResponse(body)) => {
                    let report = Report::read(body.fields()).map_err(End::Engine)?;
                    failure.get_or_insert(report);
                }
                Event::Message(Message::ReadyForQuery(body)) => {
                    self.undo(prefix, body.status()).await?;
                    let unknown = || Report::error("XX000", "the engine did not begin the COPY");
                    return Ok(Err(failure.unwrap_or_else(unknown)));
                }
                _ => {}
            }
        }
    }

    /// The engine has refused the data: reads on to its readiness and undoes the COPY.
    async fn copy_failed(&mut self, copy: &Incoming, mut report: Report) -> Result<Report, End> {
        let (_, status) = self.drain().await?;
        self.undo(copy.prefix.unwrap_or_default(), status).await?;
        // Positions are in the server's statement, not in the client's.
        report.position = None;
        Ok(report)
    }

    /// The engine has refused data between two requests: the COPY ends there.
    pub(in crate::session) async fn copy_refused(
        &mut self,
        copy: &Incoming,
        report: Report,
    ) -> Result<(), End> {
        let report = self.copy_failed(copy, report).await?;
        self.failed(&report)
    }

    /// Ends the engine's COPY without its rows.
    async fn give_up(&mut self, copy: &Incoming) -> Result<(), End> {
        let Some(prefix) = copy.prefix else {
            return Ok(());
        };
        frontend::copy_fail("given up", &mut self.backend.out).map_err(End::Engine)?;
        let (_, status) = self.drain().await?;
        self.undo(prefix, status).await
    }

    async fn copy_fail(&mut self) -> Result<Result<u64, Report>, End> {
        if let Some(copy) = self.incoming.take() {
            self.give_up(&copy).await?;
        }
        let sentence = "the client gave the COPY up";
        Ok(Err(refusal("57014", "SBSQL.COPY.CLIENT_ABORTED", sentence)))
    }

    async fn copy_done(&mut self, copy: Incoming) -> Result<Result<u64, Report>, End> {
        if copy.shape == Some(Shape::Json) {
            return self.insert_json(&copy).await;
        }
        let Some(prefix) = copy.prefix else {
            let sentence = "a COPY needs at least one row";
            return Ok(Err(refusal("22000", "SBSQL.COPY.NO_ROWS", sentence)));
        };
        frontend::copy_done(&mut self.backend.out);
        let mut rows = 0;
        let mut failure = None;
        let status = loop {
            match self.event().await? {
                Event::Message(Message::CommandComplete(body)) => {
                    let tag = body.tag().map_err(End::Engine)?;
                    rows = tag
                        .rsplit(' ')
                        .next()
                        .and_then(|word| word.parse().ok())
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
        if let Some(mut report) = failure {
            self.undo(prefix, status).await?;
            report.position = None;
            return Ok(Err(report));
        }
        self.statement_done(prefix, &Role::CopyIn, status, copy.autocommit);
        if copy.autocommit && self.transaction.is_open() {
            if let Err(report) = self.commit().await? {
                return Ok(Err(report));
            }
        }
        Ok(Ok(rows))
    }

    async fn insert_json(&mut self, copy: &Incoming) -> Result<Result<u64, Report>, End> {
        let text = match std::str::from_utf8(&copy.json) {
            Ok(text) => text,
            Err(error) => return Ok(Err(Report::error("22021", error.to_string()))),
        };
        let lines: Vec<&str> = text
            .lines()
            .map(str::trim)
            .filter(|line| !line.is_empty())
            .collect();
        if lines.is_empty() {
            let sentence = "a COPY needs at least one row";
            return Ok(Err(refusal("22000", "SBSQL.COPY.NO_ROWS", sentence)));
        }
        let array = format!("[{}]", lines.join(","));
        let planned = Planned::internal(&copy.written, Kind::Insert, copy.json_statement());
        let parameters = [Parameter {
            bytes: Some(Bytes::from(array)),
            binary: false,
        }];
        let run = Run {
            planned: &planned,
            declared: &[],
            parameters: &parameters,
            formats: Formats::Text,
            max_rows: 0,
            portal: "",
            autocommit: copy.autocommit,
            silent: true,
        };
        Ok(match self.run(&run).await? {
            Outcome::Complete { rows, .. } => Ok(rows),
            Outcome::Suspended { rows, .. } => Ok(rows),
            Outcome::Failed(report) => Err(report),
        })
    }
}
