//! Has the engine execute one statement and passes its rows on as they come.
//!
//! Everything a statement needs travels in one batch where possible: what protects the transaction, parse, describe,
//! bind, execute, commit. Only a statement that is new and wants binary results takes two, because the formats depend
//! on its columns.

use std::sync::Arc;

use postgres_protocol::message::frontend;

use super::answer::{completion, Answer};
use super::guard::Prefix;
use super::prepared::{Formats, Shape, Statement};
use super::{End, Session};
use crate::backend::Report;
use crate::datatype::Parameter;
use crate::statement::{in_original, Planned, Role};

/// One execution.
pub(super) struct Run<'a> {
    pub planned: &'a Planned,
    /// Engine types declared for the parameters, 0 where it is to infer.
    pub declared: &'a [u32],
    pub parameters: &'a [Parameter],
    pub formats: Formats,
    /// 0 for all.
    pub max_rows: u32,
    /// The engine's portal, kept if rows remain; empty for one that is not.
    pub portal: &'a str,
    pub autocommit: bool,
    /// Whether the client is to see rows.
    pub silent: bool,
}

/// How an execution ended.
pub(super) enum Outcome {
    Complete {
        tag: String,
        rows: u64,
    },
    /// Rows remain in the portal; so many were sent.
    Suspended {
        rows: u64,
        shape: Option<Arc<Shape>>,
    },
    Failed(Report),
}

impl Run<'_> {
    /// Rows that may stay in a portal need a transaction around it.
    fn role(&self) -> &Role {
        match self.portal {
            "" => &self.planned.role,
            _ => &Role::Ordinary,
        }
    }
}

fn failed(report: Report) -> Outcome {
    Outcome::Failed(report)
}

impl Session {
    /// Executes a statement that is not transaction control. On failure everything else the transaction did stands.
    pub(super) async fn run(&mut self, run: &Run<'_>) -> Result<Outcome, End> {
        match self.is_beta() {
            true => Box::pin(self.run_as_beta(run)).await,
            false => self.run_correctly(run).await,
        }
    }

    pub(super) async fn run_correctly(&mut self, run: &Run<'_>) -> Result<Outcome, End> {
        if !self.begin_running() {
            self.client.cancels.took_effect();
            return Ok(failed(cancelled()));
        }
        let outcome = self.run_with_retry(run).await;
        self.end_running().await;
        let outcome = outcome?;
        match run.planned.role {
            Role::Definition => {
                self.server.definitions_changed();
                self.definitions_made |= self.transaction.is_open();
            }
            Role::Setting => self.settings_made += 1,
            _ => {}
        }
        Ok(match outcome {
            Outcome::Failed(report) => Outcome::Failed(self.reworded(report, run.planned)),
            outcome => outcome,
        })
    }

    async fn run_with_retry(&mut self, run: &Run<'_>) -> Result<Outcome, End> {
        if let Some(report) = self.misplaced(run).await? {
            return Ok(failed(report));
        }
        let outcome = self.attempt(run, run.declared).await?;
        let Outcome::Failed(report) = &outcome else {
            return Ok(outcome);
        };
        match report.sqlstate.as_str() {
            // The plan is outdated in a way that the engine cannot mend, or the engine has forgotten it.
            "0A000" | "26000"
                if self
                    .prepared
                    .find(run.planned.sql(), run.declared, self.definitions())
                    .is_some() =>
            {
                self.prepared.forget(run.planned.sql(), run.declared);
                self.attempt(run, run.declared).await
            }
            // Nothing in the statement says what a parameter is: then it is text, as a literal would be.
            "42P18" => self.attempt_as_text(run, outcome).await,
            "42804" | "42883" | "42846" | "42725" => self.attempt_as_literals(run, outcome).await,
            _ => Ok(outcome),
        }
    }

    /// Tries again while the engine cannot tell the type of a parameter: that parameter is text, as a literal would be.
    async fn attempt_as_text(
        &mut self,
        run: &Run<'_>,
        mut outcome: Outcome,
    ) -> Result<Outcome, End> {
        let count = run.declared.len().max(run.parameters.len());
        let mut declared = run.declared.to_vec();
        declared.resize(count, 0);
        while let Outcome::Failed(report) = &outcome {
            let open = report
                .parameter()
                .and_then(|number| declared.get_mut(number.checked_sub(1)?));
            match open {
                Some(oid) if report.sqlstate == "42P18" && *oid == 0 => {
                    *oid = sbwp::types::oid::TEXT
                }
                _ => break,
            }
            outcome = self.attempt(run, &declared).await?;
        }
        Ok(outcome)
    }

    pub(super) fn reworded(&mut self, mut report: Report, planned: &Planned) -> Report {
        if let Some(position) = report.position {
            report.position = in_original(&planned.written, planned.sql(), position);
        }
        if report.sqlstate == "57014" {
            match self.timed_out() {
                true => {
                    "canceling statement due to statement timeout".clone_into(&mut report.message)
                }
                false => self.client.cancels.took_effect(),
            }
        }
        report
    }

    pub(super) async fn attempt(
        &mut self,
        run: &Run<'_>,
        declared: &[u32],
    ) -> Result<Outcome, End> {
        let definitions = self.definitions();
        if run.planned.sql().starts_with("DECLARE ") {
            self.prepared.forget_fetches();
        }
        let known = self.prepared.find(run.planned.sql(), declared, definitions);
        let implicit = run.autocommit && run.portal.is_empty();
        let mut prefix = self
            .transaction
            .prefix(run.role(), implicit, &mut self.backend)
            .map_err(End::Engine)?;
        self.close_outdated()?;
        let statement = match known {
            Some(statement) => statement,
            None if run.formats == Formats::Text => {
                return self
                    .attempt_at_once(run, declared, prefix, definitions)
                    .await
            }
            None => match self
                .describe_first(run, declared, &mut prefix, definitions)
                .await?
            {
                Ok(statement) => statement,
                Err(report) => return Ok(Outcome::Failed(report)),
            },
        };
        let shape = match &statement.columns {
            Some(columns) => columns.shape(&run.formats),
            None => None,
        };
        let formats: Vec<i16> = match &shape {
            Some(shape) if run.formats != Formats::Text => shape
                .layouts
                .iter()
                .map(|layout| layout.engine_format())
                .collect(),
            _ => Vec::new(),
        };
        if let Err(report) = self.bind_and_execute(run, &statement.name, &formats) {
            return self.abandon(prefix, report).await;
        }
        self.finish_batch(run, prefix)?;
        let mut answer = self.read_answer(run, prefix.commands, shape).await?;
        // The engine does not describe a statement again that it knows.
        answer.columns = answer.columns.or_else(|| statement.columns.clone());
        self.conclude(run, prefix, answer).await
    }

    /// Parse, describe, bind and execute in one batch: for text results, whose formats need no description.
    async fn attempt_at_once(
        &mut self,
        run: &Run<'_>,
        declared: &[u32],
        prefix: Prefix,
        definitions: u64,
    ) -> Result<Outcome, End> {
        let name = self.prepared.name_for(run.planned.sql());
        if let Err(report) = self.parse_and_describe(run, &name, declared) {
            return self.abandon(prefix, report).await;
        }
        if let Err(report) = self.bind_and_execute(run, &name, &[]) {
            return self.abandon(prefix, report).await;
        }
        self.finish_batch(run, prefix)?;
        let answer = self.read_answer(run, prefix.commands, None).await?;
        if answer.parsed {
            if answer.described {
                let parameters = answer.parameters.clone().unwrap_or_default();
                let columns = answer.columns.clone();
                self.prepared.keep(
                    run.planned.sql(),
                    declared,
                    name,
                    parameters,
                    columns,
                    definitions,
                );
            } else {
                self.prepared.outdated.push(name);
            }
        }
        self.conclude(run, prefix, answer).await
    }

    /// Has the engine parse and describe a statement before anything else. The prefix is spent with it.
    async fn describe_first(
        &mut self,
        run: &Run<'_>,
        declared: &[u32],
        prefix: &mut Prefix,
        definitions: u64,
    ) -> Result<Result<Statement, Report>, End> {
        let name = self.prepared.name_for(run.planned.sql());
        if let Err(report) = self.parse_and_describe(run, &name, declared) {
            return match self.abandon(*prefix, report).await? {
                Outcome::Failed(report) => Ok(Err(report)),
                _ => Ok(Err(Report::error("XX000", "a batch was abandoned"))),
            };
        }
        frontend::sync(&mut self.backend.out);
        let answer = self.read_answer(run, prefix.commands, None).await?;
        prefix.commands = 0;
        if let Some(report) = answer.failure {
            self.undo(*prefix, answer.status).await?;
            return Ok(Err(report));
        }
        self.transaction
            .succeeded(*prefix, &Role::Pure, answer.status);
        let parameters = answer.parameters.unwrap_or_default();
        Ok(Ok(self.prepared.keep(
            run.planned.sql(),
            declared,
            name,
            parameters,
            answer.columns,
            definitions,
        )))
    }

    /// The types of a statement's parameters as the engine sees them; `None` if it does not accept the statement.
    pub(super) async fn infer(
        &mut self,
        planned: &Planned,
        declared: &[u32],
    ) -> Result<Option<Arc<[u32]>>, End> {
        let definitions = self.definitions();
        if let Some(statement) = self.prepared.find(planned.sql(), declared, definitions) {
            return Ok(Some(statement.parameters));
        }
        let run = Run {
            planned,
            declared,
            parameters: &[],
            formats: Formats::Text,
            max_rows: 0,
            portal: "",
            autocommit: false,
            silent: true,
        };
        // Describing leaves no trace, whatever the statement would do.
        let mut prefix = self
            .transaction
            .prefix(&Role::Pure, false, &mut self.backend)
            .map_err(End::Engine)?;
        let described = self
            .describe_first(&run, declared, &mut prefix, definitions)
            .await?;
        Ok(described.ok().map(|statement| statement.parameters))
    }

    /// Goes on with a portal that has rows left.
    pub(super) async fn resume(
        &mut self,
        run: &Run<'_>,
        shape: Option<Arc<Shape>>,
    ) -> Result<Outcome, End> {
        if !self.begin_running() {
            return Ok(failed(cancelled()));
        }
        let prefix = self
            .transaction
            .prefix(run.role(), false, &mut self.backend)
            .map_err(End::Engine)?;
        let rows = i32::try_from(run.max_rows).unwrap_or(i32::MAX);
        frontend::execute(run.portal, rows, &mut self.backend.out).map_err(End::Engine)?;
        frontend::sync(&mut self.backend.out);
        let answer = self.read_answer(run, prefix.commands, shape).await;
        self.end_running().await;
        match self.conclude(run, prefix, answer?).await? {
            Outcome::Failed(report) => Ok(failed(self.reworded(report, run.planned))),
            outcome => Ok(outcome),
        }
    }

    /// Counts everything that may make what is known of a statement outdated.
    fn definitions(&self) -> u64 {
        self.server.definitions() + self.settings_made
    }

    /// A batch that could not be written in full: what was written is ended and undone.
    async fn abandon(&mut self, prefix: Prefix, report: Report) -> Result<Outcome, End> {
        frontend::sync(&mut self.backend.out);
        let (_, status) = self.drain().await?;
        self.transaction.succeeded(prefix, &Role::Ordinary, status);
        Ok(failed(report))
    }

    /// Brings the transaction up to date and says how it ended.
    async fn conclude(
        &mut self,
        run: &Run<'_>,
        prefix: Prefix,
        answer: Answer,
    ) -> Result<Outcome, End> {
        if let Some(report) = answer.failure {
            self.undo(prefix, answer.status).await?;
            return Ok(Outcome::Failed(report));
        }
        self.statement_done(prefix, run.role(), answer.status, run.autocommit);
        if self.is_beta() {
            self.send_as_beta(run.planned, &answer)?;
        }
        if answer.suspended {
            return Ok(Outcome::Suspended {
                rows: answer.rows,
                shape: answer.shape,
            });
        }
        let (tag, rows) = completion(
            run.planned,
            answer.tag.as_deref().unwrap_or_default(),
            answer.rows,
        );
        Ok(Outcome::Complete { tag, rows })
    }

    /// Takes note of a statement that worked, and of the transaction ending with it.
    pub(super) fn statement_done(
        &mut self,
        prefix: Prefix,
        role: &Role,
        status: u8,
        autocommit: bool,
    ) {
        let was_open = self.transaction.is_open();
        self.transaction.succeeded(prefix, role, status);
        let is_open = self.transaction.is_open();
        let ended = was_open || prefix.begins || (autocommit && *role != Role::Pure);
        if !is_open && ended {
            self.next_transaction();
        }
    }

    /// Undoes a statement that failed, and nothing else.
    pub(super) async fn undo(&mut self, prefix: Prefix, status: u8) -> Result<(), End> {
        let was_open = self.transaction.is_open();
        if let Some(remedy) = self.transaction.remedy(prefix, status) {
            frontend::query(&remedy, &mut self.backend.out).map_err(End::Engine)?;
            let (failure, _) = self.drain().await?;
            if let Some(report) = failure {
                return Err(End::Engine(std::io::Error::other(report.to_string())));
            }
        }
        if was_open && !self.transaction.is_open() {
            // The commit itself failed, and with it the transaction is over.
            self.next_transaction();
        }
        Ok(())
    }
}

pub(super) fn cancelled() -> Report {
    Report::error("57014", "canceling statement due to user request")
}
