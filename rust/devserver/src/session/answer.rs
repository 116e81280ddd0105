//! Reads what the engine answers to a batch and passes rows on as they come.

use std::sync::Arc;

use fallible_iterator::FallibleIterator;
use postgres_protocol::message::backend::Message;
use postgres_protocol::message::frontend;
use sbwp::frame::FrameError;
use sbwp::message::{kind, QueryProgress};

use super::prepared::{Columns, Shape};
use super::run::Run;
use super::{End, Session};
use crate::backend::{Event, Report};
use crate::datatype::{text_row, write_row, Column, Described};
use crate::statement::Planned;
use crate::translate::Output;

/// How often a long result says how far it is.
const ROWS_PER_REPORT: u64 = 50_000;

/// What the engine answered to one batch.
#[derive(Default)]
pub(super) struct Answer {
    pub failure: Option<Report>,
    pub tag: Option<String>,
    pub rows: u64,
    pub suspended: bool,
    pub parsed: bool,
    pub parameters: Option<Arc<[u32]>>,
    pub columns: Option<Arc<Columns>>,
    pub shape: Option<Arc<Shape>>,
    /// All rows, where they are not passed on as they come.
    pub gathered: Vec<Vec<Option<String>>>,
    pub described: bool,
    pub status: u8,
}

impl Session {
    /// Reads the answer to a batch, passing rows on. `commands` complete before the statement does.
    pub(super) async fn read_answer(
        &mut self,
        run: &Run<'_>,
        mut commands: usize,
        mut shape: Option<Arc<Shape>>,
    ) -> Result<Answer, End> {
        let mut answer = Answer::default();
        let gathers = self.is_beta();
        let mut passes = !run.silent && !gathers;
        let mut announced = !passes;
        let mut bytes = 0;
        loop {
            let message = match self.event().await? {
                Event::Row => {
                    if !announced {
                        self.announce(shape.as_deref())?;
                        announced = true;
                    }
                    bytes += self.backend.row().len() as u64;
                    if passes {
                        if let Err(report) = self.pass_row(shape.as_deref())? {
                            // No later row can mend a result that lacks one.
                            answer.failure.get_or_insert(report);
                            passes = false;
                        }
                    } else if gathers && !run.silent {
                        answer.gathered.push(text_row(self.backend.row()));
                    }
                    self.backend.pass_row();
                    answer.rows += 1;
                    if passes && answer.rows % ROWS_PER_REPORT == 0 {
                        self.report_progress(answer.rows, bytes)?;
                    }
                    self.relieve().await?;
                    continue;
                }
                Event::Message(message) => message,
            };
            match message {
                Message::ParseComplete => answer.parsed = true,
                Message::ParameterDescription(body) => {
                    let types: Vec<u32> = body.parameters().collect().map_err(End::Engine)?;
                    answer.parameters = Some(types.into());
                }
                Message::RowDescription(body) => {
                    let columns: Vec<Column> = body
                        .fields()
                        .map(|field| Ok(Column::read(&field)))
                        .collect()
                        .map_err(End::Engine)?;
                    let outputs = &run.planned.statement.outputs;
                    let columns = self.columns(columns, outputs).await;
                    shape = columns.shape(&run.formats);
                    answer.columns = Some(columns);
                    answer.described = true;
                }
                Message::NoData => answer.described = true,
                Message::CommandComplete(_) if commands > 0 => commands -= 1,
                Message::CommandComplete(body) if answer.tag.is_none() => {
                    if !announced {
                        self.announce(shape.as_deref())?;
                        announced = true;
                    }
                    answer.tag = Some(body.tag().unwrap_or_default().to_owned());
                }
                Message::EmptyQueryResponse => answer.tag = Some(String::new()),
                Message::PortalSuspended => {
                    if !announced {
                        self.announce(shape.as_deref())?;
                        announced = true;
                    }
                    answer.suspended = true;
                }
                Message::ErrorResponse(body) => {
                    let report = Report::read(body.fields()).map_err(End::Engine)?;
                    if report.is_fatal() {
                        return Err(End::Engine(std::io::Error::other(report.to_string())));
                    }
                    answer.failure.get_or_insert(report);
                }
                Message::CopyInResponse(_) => {
                    frontend::copy_fail("COPY is not served here", &mut self.backend.out)
                        .map_err(End::Engine)?;
                    frontend::sync(&mut self.backend.out);
                }
                Message::ReadyForQuery(body) => {
                    answer.status = body.status();
                    answer.shape = shape;
                    return Ok(answer);
                }
                _ => {}
            }
        }
    }

    fn report_progress(&mut self, rows: u64, bytes: u64) -> Result<(), End> {
        let progress = QueryProgress { rows, bytes };
        Ok(self
            .client
            .send(kind::QUERY_PROGRESS, |out| progress.encode(out))?)
    }

    pub(super) async fn columns(
        &mut self,
        columns: Vec<Column>,
        outputs: &[Output],
    ) -> Arc<Columns> {
        let mut described: Vec<(Column, Described)> = Vec::with_capacity(columns.len());
        for column in columns {
            let data_type = self.server.types.describe(column.engine_type).await;
            described.push((column, data_type));
        }
        Arc::new(Columns::new(described, outputs, self.agreement.generation))
    }

    pub(super) fn announce(&mut self, shape: Option<&Shape>) -> Result<(), End> {
        let Some(shape) = shape else {
            return Ok(());
        };
        Ok(self.client.send(kind::ROW_DESCRIPTION, |out| {
            out.extend_from_slice(&shape.description)
        })?)
    }

    /// Passes a row on; a row that no frame can hold is an error of its statement.
    pub(super) fn pass_row(&mut self, shape: Option<&Shape>) -> Result<Result<(), Report>, End> {
        let layouts = shape.map_or(&[][..], |shape| &shape.layouts);
        let row = self.backend.row();
        let sent = self
            .client
            .send(kind::DATA_ROW, |out| write_row(out, row, layouts));
        match sent {
            Ok(()) => Ok(Ok(())),
            Err(error @ FrameError::TooLarge { .. }) => {
                Ok(Err(Report::error("54000", error.to_string())))
            }
            Err(error) => Err(error.into()),
        }
    }
}

/// The tag and the count of COMMAND_COMPLETE, from the engine's tag.
pub(super) fn completion(planned: &Planned, engine_tag: &str, sent: u64) -> (String, u64) {
    let mut words = engine_tag.split(' ');
    let verb = words.next().unwrap_or_default();
    let count = words.next_back().and_then(|word| word.parse::<u64>().ok());
    match (verb, count) {
        _ if !planned.shows_rows() => (planned.statement.tag.clone(), 0),
        ("SELECT" | "FETCH", Some(count)) => (format!("SELECT {count}"), count),
        ("INSERT", Some(count)) => (format!("INSERT {count}"), count),
        ("COPY", Some(count)) => (format!("COPY {count}"), count),
        ("UPDATE" | "DELETE" | "MERGE", Some(count)) => (planned.statement.tag.clone(), count),
        _ if sent > 0 => (format!("SELECT {sent}"), sent),
        _ => (planned.statement.tag.clone(), count.unwrap_or(0)),
    }
}
