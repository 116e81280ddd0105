//! QUERY: one text with any number of statements, answered in order, with one READY at the end.

use std::time::Duration;

use fallible_iterator::FallibleIterator;
use postgres_protocol::message::backend::Message;
use postgres_protocol::message::frontend;
use sbwp::message::{query_flag, reason, Query};

use super::prepared::Formats;
use super::run::{Outcome, Run};
use super::{refusal, End, Session};
use crate::backend::{Event, Report};
use crate::client::Request;
use crate::statement::{plan, Planned, Role};

/// How one statement of a text went.
pub(super) enum Step {
    Done,
    Failed(Report),
    /// COPY has begun: the rest of the answer follows with its data.
    Copying,
}

impl Session {
    /// Joins the parts of a QUERY that came in several frames; `None` while parts are missing.
    pub(super) fn whole(&mut self, request: Request) -> Result<Option<Request>, End> {
        use sbwp::frame::{flags, Frame, PartialError};
        let marks = request.header.flags;
        if marks & flags::RESERVED != 0 {
            self.fatal(&refusal(
                "08P01",
                "SBWP.HEADER.RESERVED_BITS_SET",
                "reserved header flags are set",
            ))?;
        }
        if marks & flags::COMPRESSED != 0 {
            let sentence = "compression was not negotiated";
            self.fatal(&refusal(
                "08P01",
                "SBWP.COMPRESSION.UNNEGOTIATED_FRAME",
                sentence,
            ))?;
        }
        let part = marks & (flags::PARTIAL | flags::FINAL) != 0;
        if part && !self.agreement.has(sbwp::message::feature::STREAMING) {
            self.not_negotiated("STREAMING")?;
        }
        let frame = Frame {
            header: request.header,
            payload: request.payload,
        };
        match self.partial.accept(frame) {
            Ok(whole) => Ok(whole.map(|frame| Request {
                header: frame.header,
                payload: frame.payload,
            })),
            Err(PartialError::TooLarge(_)) => self.fatal_none(&refusal(
                "54000",
                "SBWP.PARTIAL_QUERY.PAYLOAD_TOO_LARGE",
                "the parts of the query are too large together",
            )),
            Err(PartialError::InvalidMessage(_)) => self.fatal_none(&refusal(
                "08P01",
                "SBWP.PARTIAL_QUERY.INVALID_MESSAGE",
                "another message came between the parts of a query",
            )),
        }
    }

    fn fatal_none<T>(&mut self, report: &Report) -> Result<Option<T>, End> {
        self.fatal(report)?;
        Ok(None)
    }

    pub(super) fn not_negotiated(&mut self, feature: &str) -> Result<(), End> {
        let sentence = format!("feature {feature} was not negotiated");
        self.fatal(&refusal("08P01", "SBWP.FEATURE.NOT_NEGOTIATED", &sentence))
    }

    pub(super) async fn query(&mut self, request: &Request) -> Result<(), End> {
        if !self.transaction_matches(request)? {
            return Ok(());
        }
        let query = match Query::decode(&request.payload) {
            Ok(query) => query,
            Err(error) => {
                return self.failed(&refusal(
                    "08P01",
                    "SBWP.QUERY.INVALID_PAYLOAD",
                    &error.to_string(),
                ))
            }
        };
        let mut flags = query.flags;
        if let Some(script) = &query.script {
            flags |= u32::from(script.flags);
        }
        let step = match flags & query_flag::RETURN_SBLR {
            0 => {
                let limit = match query.timeout_ms {
                    0 => self.statement_timeout(),
                    limit => Some(Duration::from_millis(u64::from(limit))),
                };
                self.pump.set_time_limit(limit);
                self.run_text(&query.sql, flags, query.max_rows).await?
            }
            _ => self.compile(&query.sql)?,
        };
        self.pump.set_time_limit(None);
        match step {
            Step::Done => self.ready(reason::COMMAND_COMPLETE),
            Step::Failed(report) => self.failed(&report),
            Step::Copying => Ok(()),
        }
    }

    /// Runs all statements of a text, up to the first that fails.
    pub(super) async fn run_text(
        &mut self,
        sql: &str,
        flags: u32,
        max_rows: u32,
    ) -> Result<Step, End> {
        match self.plan(sql) {
            Err(report) => Ok(Step::Failed(report)),
            Ok(plan) => self.script(&plan, flags, max_rows).await,
        }
    }

    /// How long a statement may run if the request does not say.
    pub(super) fn statement_timeout(&self) -> Option<Duration> {
        let text = self
            .options
            .get("statement_timeout_ms")
            .or_else(|| self.agreement.parameters.get("statement_timeout_ms"))?;
        match text.parse() {
            Ok(0) | Err(_) => None,
            Ok(limit) => Some(Duration::from_millis(limit)),
        }
    }

    /// Translates a text, or recalls its translation.
    pub(super) fn plan(&mut self, sql: &str) -> Result<crate::statement::Plan, Report> {
        if let Some(plan) = self.plans.get(sql) {
            return Ok(plan);
        }
        let plan = plan(sql)?;
        self.plans.put(sql, &plan);
        Ok(plan)
    }

    async fn script(&mut self, plan: &[Planned], flags: u32, max_rows: u32) -> Result<Step, End> {
        let summary = flags & query_flag::SCRIPT_SUMMARY_RESULT != 0 && plan.len() > 1;
        for planned in plan {
            match self.step(planned, flags, max_rows, summary).await? {
                Step::Done => {}
                other => return Ok(other),
            }
        }
        if summary {
            self.complete("SCRIPT", 0)?;
        }
        Ok(Step::Done)
    }

    async fn step(
        &mut self,
        planned: &Planned,
        flags: u32,
        max_rows: u32,
        silent: bool,
    ) -> Result<Step, End> {
        let autocommit = flags & query_flag::AUTOCOMMIT != 0;
        if let Some(step) = self.control(planned, silent).await? {
            return Ok(step);
        }
        match planned.role {
            Role::CopyIn => return self.begin_copy(planned, autocommit).await,
            Role::CopyOut => return self.copy_out(planned, autocommit).await,
            _ => {}
        }
        let resolved;
        let planned = match self.resolve(planned).await? {
            Ok(None) => planned,
            Ok(Some(found)) => {
                resolved = found;
                &resolved
            }
            Err(report) => return Ok(Step::Failed(report)),
        };
        let formats = match flags & query_flag::BINARY_RESULT {
            0 => Formats::Text,
            _ => Formats::Binary,
        };
        let run = Run {
            planned,
            declared: &[],
            parameters: &[],
            formats,
            max_rows,
            // A limited query keeps nothing for later: there is no portal that a client could name.
            portal: "",
            autocommit,
            silent: silent || !planned.shows_rows(),
        };
        match self.run(&run).await? {
            Outcome::Complete { tag, rows } => {
                if !silent {
                    self.complete(&tag, rows)?;
                }
                Ok(Step::Done)
            }
            Outcome::Suspended { rows, .. } => {
                if !silent {
                    self.complete(&format!("SELECT {rows}"), rows)?;
                }
                Ok(Step::Done)
            }
            Outcome::Failed(report) => Ok(Step::Failed(report)),
        }
    }

    /// Statements the session answers itself; `None` for those the engine runs.
    pub(super) async fn control(
        &mut self,
        planned: &Planned,
        silent: bool,
    ) -> Result<Option<Step>, End> {
        let done = match &planned.role {
            Role::Empty => Ok(()),
            Role::Begin(options) | Role::Options(options) => {
                self.begin_transaction(options);
                Ok(())
            }
            Role::Commit => self.commit().await?,
            Role::Rollback => self.roll_back().await?,
            Role::Savepoint(name) => self.savepoint(name).await?,
            Role::Release(name) => self.release(name).await?,
            Role::RollbackTo(name) => self.roll_back_to(name).await?,
            Role::Listen(channel) => self.listen(channel).await,
            Role::Unlisten(channel) => self.unlisten(channel.as_deref()).await,
            _ => return Ok(None),
        };
        match done {
            Ok(()) => {
                if !silent {
                    self.complete(&planned.statement.tag, 0)?;
                }
                Ok(Some(Step::Done))
            }
            Err(report) => Ok(Some(Step::Failed(report))),
        }
    }

    /// Answers the question a translation left open, if it did.
    pub(super) async fn resolve(
        &mut self,
        planned: &Planned,
    ) -> Result<Result<Option<Planned>, Report>, End> {
        let Some(lookup) = &planned.statement.lookup else {
            return Ok(Ok(None));
        };
        match self.ask(&lookup.sql).await? {
            Ok(answer) => Ok(planned.resolved(&answer.rows).map(Some)),
            Err(report) => Ok(Err(report)),
        }
    }

    /// The columns of a query, which is asked for none of its rows.
    pub(super) async fn column_names(
        &mut self,
        sql: &str,
    ) -> Result<Result<Vec<String>, Report>, End> {
        Ok(self.ask(sql).await?.map(|answer| answer.columns))
    }

    /// Puts a question of the server's own to the engine, within the client's transaction.
    pub(super) async fn ask(&mut self, sql: &str) -> Result<Result<Answer, Report>, End> {
        let prefix = self
            .transaction
            .prefix(&Role::Pure, false, &mut self.backend)
            .map_err(End::Engine)?;
        if prefix.commands > 0 {
            frontend::sync(&mut self.backend.out);
            self.drain().await?;
        }
        frontend::query(sql, &mut self.backend.out).map_err(End::Engine)?;
        let mut answer = Answer::default();
        let mut failure = None;
        loop {
            match self.event().await? {
                Event::Row => {
                    answer
                        .rows
                        .push(crate::datatype::text_row(self.backend.row()));
                    self.backend.pass_row();
                }
                Event::Message(Message::RowDescription(body)) => {
                    let names = body
                        .fields()
                        .map(|field| Ok(field.name().to_owned()))
                        .collect();
                    answer.columns = names.map_err(End::Engine)?;
                }
                Event::Message(Message::ErrorResponse(body)) => {
                    let report = Report::read(body.fields()).map_err(End::Engine)?;
                    failure.get_or_insert(report);
                }
                Event::Message(Message::ReadyForQuery(body)) => {
                    return match failure {
                        None => {
                            self.transaction
                                .succeeded(prefix, &Role::Pure, body.status());
                            Ok(Ok(answer))
                        }
                        Some(report) => {
                            self.undo(prefix, body.status()).await?;
                            Ok(Err(report))
                        }
                    };
                }
                Event::Message(_) => {}
            }
        }
    }
}

/// What the engine answers to a question of the server's own.
#[derive(Default)]
pub(super) struct Answer {
    columns: Vec<String>,
    pub(super) rows: Vec<Vec<Option<String>>>,
}
