//! The short answers: errors, notices, readiness, completion.

use sbwp::message::{field, kind, reason, state, CommandComplete, Diagnostic, Generation, Ready};

use super::{End, Session};
use crate::backend::Report;

/// A refusal as the wire layer words it: a code as the message, a sentence as the detail.
pub fn refusal(sqlstate: &str, code: &str, sentence: &str) -> Report {
    let report = Report::error(sqlstate, code);
    match sentence {
        "" => report,
        _ => report.with_detail(sentence),
    }
}

/// The ERROR or NOTICE that carries a report.
pub fn diagnostic(report: &Report, severity: &str) -> Diagnostic {
    let mut diagnostic = Diagnostic::new(
        severity,
        &report.sqlstate,
        report.message.as_str(),
        report.detail.as_deref().unwrap_or_default(),
    );
    let position = report.position.map(|at| at.to_string());
    let optional = [
        (field::HINT, &report.hint),
        (field::POSITION, &position),
        (field::WHERE, &report.context),
        (field::SCHEMA, &report.schema),
        (field::TABLE, &report.table),
        (field::COLUMN, &report.column),
        (field::DATA_TYPE, &report.data_type),
        (field::CONSTRAINT, &report.constraint),
    ];
    for (code, value) in optional {
        if let Some(value) = value {
            diagnostic = diagnostic.with(code, value.as_str());
        }
    }
    diagnostic
}

impl Session {
    pub(super) fn error(&mut self, report: &Report) -> Result<(), End> {
        // A client knows one severity of errors, whatever the engine calls them.
        let diagnostic = diagnostic(report, "ERROR");
        Ok(self
            .client
            .send(kind::ERROR, |out| diagnostic.encode(out))?)
    }

    pub(super) fn notice(&mut self, report: &Report) -> Result<(), End> {
        let diagnostic = diagnostic(report, &report.severity);
        Ok(self
            .client
            .send(kind::NOTICE, |out| diagnostic.encode(out))?)
    }

    /// Sends an ERROR that ends the connection.
    pub(super) fn fatal(&mut self, report: &Report) -> Result<(), End> {
        self.error(report)?;
        Err(End::Refused)
    }

    pub(super) fn ready(&mut self, reason: u8) -> Result<(), End> {
        self.deliver()?;
        let mut ready = Ready::new(
            self.agreement.session,
            self.transaction.id,
            state::TRANSACTION,
            reason,
            self.agreement.features,
        );
        ready.generation = self.agreement.generation;
        ready.version = self.agreement.version;
        if ready.generation == Generation::Legacy {
            ready.visibility = self.transaction.id;
        }
        self.client.send(kind::READY, |out| ready.encode(out))?;
        self.client.answer_ends();
        self.ready_due = false;
        Ok(())
    }

    /// An ERROR and the READY that says the session goes on.
    pub(super) fn failed(&mut self, report: &Report) -> Result<(), End> {
        self.error(report)?;
        self.ready(reason::ERROR_RECOVERED)
    }

    pub(super) fn complete(&mut self, tag: &str, rows: u64) -> Result<(), End> {
        let complete = CommandComplete::new(tag, rows);
        Ok(self
            .client
            .send(kind::COMMAND_COMPLETE, |out| complete.encode(out))?)
    }

    /// A message without content.
    pub(super) fn bare(&mut self, kind: u8) -> Result<(), End> {
        Ok(self.client.send(kind, |_| ())?)
    }

    /// Refuses a request whose header names another transaction than the current one; zero names none.
    pub(super) fn transaction_matches(
        &mut self,
        request: &crate::client::Request,
    ) -> Result<bool, End> {
        let named = request.header.transaction;
        if named == 0 || named == self.transaction.id {
            return Ok(true);
        }
        let sentence = format!(
            "the current transaction is {}, not {named}",
            self.transaction.id
        );
        self.failed(&refusal("25000", "SBWP.TRANSACTION_ID_MISMATCH", &sentence))?;
        // The beta says so, and carries the request out all the same.
        Ok(self.is_beta())
    }

    /// The client's transaction is over and the next begins.
    pub(super) fn next_transaction(&mut self) {
        self.transaction.ended(self.server.next_transaction());
        self.client.set_transaction(self.transaction.id);
        self.statements.transaction_ended();
    }
}
