//! Statements as requests: one execution, or one of many, in the form that this server wants.

use std::sync::atomic::Ordering;
use std::time::Duration;

use sbwp::message::query_flag;

use super::Connection;
use crate::error::Error;
use crate::prepared::{self, Effect};
use crate::request::{Parameters, Repeated, Request};
use crate::rows::ResultSet;
use crate::session::TransactionStatus;
use crate::sql::{ParsedQuery, TransactionControl};

/// A statement to run.
#[derive(Debug, Clone, Copy)]
pub struct Statement<'a> {
    /// SQL with `$n` for its parameters.
    pub sql: &'a str,
    /// The values, where the statement has placeholders.
    pub parameters: Option<&'a Parameters>,
    /// The placeholders in the first row of an INSERT that array BIND could mean (SBWP 3.3.7).
    pub special_insert: Option<usize>,
    /// Commit when it has succeeded.
    pub autocommit: bool,
    /// What it does to the statements that the server keeps.
    pub effect: Effect,
}

impl<'a> Statement<'a> {
    /// One execution of `query`.
    pub fn of(
        query: &'a ParsedQuery,
        parameters: Option<&'a Parameters>,
        autocommit: bool,
    ) -> Self {
        Statement {
            sql: query.sql(),
            parameters,
            special_insert: query
                .insert_shape()
                .filter(|shape| shape.is_special())
                .map(|shape| shape.values),
            autocommit,
            effect: effect(query),
        }
    }

    /// A statement of the driver's own, without parameters.
    pub(crate) fn plain(sql: &'a str, autocommit: bool) -> Self {
        Statement {
            sql,
            parameters: None,
            special_insert: None,
            autocommit,
            effect: Effect::Redefines,
        }
    }
}

/// What a statement does to those that the server keeps. A procedure may redefine something too: that shows as an error
/// of the next statement.
fn effect(query: &ParsedQuery) -> Effect {
    use TransactionControl as T;
    if query.has_several_statements() {
        return Effect::Redefines;
    }
    if let Some(control) = query.transaction_control() {
        return match control {
            T::Rollback | T::RollbackToSavepoint | T::TwoPhase => Effect::RollsBack,
            _ => Effect::None,
        };
    }
    match query.verb() {
        "SELECT" | "INSERT" | "UPDATE" | "DELETE" | "MERGE" | "UPSERT" | "VALUES" | "TABLE"
        | "COPY" | "FETCH" | "SHOW" | "EXPLAIN" | "DESCRIBE" | "DESC" | "SEARCH" | "CALL"
        | "EXECUTE" | "NOTIFY" | "LISTEN" | "" => Effect::None,
        _ => Effect::Redefines,
    }
}

impl Connection {
    /// Encodes a statement; [`Connection::run`] sends it.
    pub fn prepare(&self, statement: &Statement<'_>) -> Result<Request, Error> {
        let mut request = Request::new();
        match statement.parameters {
            None => {
                let mut flags = 0;
                if self.binary {
                    flags |= query_flag::BINARY_RESULT;
                }
                if statement.autocommit {
                    flags |= query_flag::AUTOCOMMIT;
                }
                request.query(statement.sql, flags)?;
                request.effect = statement.effect;
            }
            Some(_) => {
                self.encode_execution(&mut request, statement)?;
                request.sync()?;
                if statement.autocommit
                    && self
                        .profile
                        .execute_needs_commit(statement.special_insert.is_some())
                {
                    request.commit()?;
                }
            }
        }
        Ok(request)
    }

    /// Encodes a statement that is not kept prepared: nothing can be wrong with it that was not before, so that it need
    /// not be sent again.
    pub fn prepare_once(&self, statement: &Statement<'_>) -> Result<Request, Error> {
        let Some(parameters) = statement.parameters else {
            return self.prepare(statement);
        };
        self.inspect(parameters)?;
        let mut request = Request::new();
        let portal = self.portal();
        let autocommit = statement.autocommit;
        request.execution(
            statement.sql,
            parameters,
            None,
            &portal,
            autocommit,
            self.binary,
        )?;
        request.effect = statement.effect;
        request.sync()?;
        if autocommit
            && self
                .profile
                .execute_needs_commit(statement.special_insert.is_some())
        {
            request.commit()?;
        }
        Ok(request)
    }

    /// Adds one execution of `statement` to a request that [`Request::sync`] ends, by the name that the server keeps the
    /// statement under where it has one. Each execution is answered by one result or by one error.
    ///
    /// # Errors
    /// `Data` for a value that this server would damage; `Parameters` and `Data` for what does not fit into a frame.
    pub fn encode_execution(
        &self,
        request: &mut Request,
        statement: &Statement<'_>,
    ) -> Result<(), Error> {
        let none = Parameters::new();
        let parameters = statement.parameters.unwrap_or(&none);
        self.inspect(parameters)?;
        let width = statement.special_insert;
        let named = self
            .statements
            .name(statement.sql, parameters.oids(), width, request);
        let portal = self.portal();
        request.execution(
            statement.sql,
            parameters,
            named,
            &portal,
            statement.autocommit,
            self.binary,
        )?;
        if statement.effect != Effect::None {
            request.effect = statement.effect;
        }
        Ok(())
    }

    /// Runs what [`Connection::prepare`] made of `statement`, for `limit` at most, or for `statement_timeout`.
    ///
    /// Where the server refuses it before its execution because it was prepared for an older schema, or is not prepared
    /// any more, it is prepared and sent once more.
    pub async fn run_statement(
        &self,
        request: Request,
        statement: &Statement<'_>,
        limit: Option<Duration>,
    ) -> Result<Vec<ResultSet>, Error> {
        let reuses = request.uses.iter().any(|usage| usage.named.is_current());
        let (commits, holder) = (request.commits, request.holder);
        let until = self.deadline(limit);
        let error = match self.run_until(request, until).await {
            Err(Error::Database(error)) if reuses && prepared::is_stale(&error.sqlstate) => error,
            outcome => return outcome,
        };
        // What was done before the error is gone with a failed transaction: running the rest of it would be wrong.
        if self.is_closed() || self.info.lock().status == TransactionStatus::Failed {
            return Err(Error::Database(error));
        }
        self.statements.outdate();
        let mut again = self.prepare(statement)?;
        again.commits = commits;
        again.holder = holder;
        self.run_until(again, until).await
    }

    /// Adds one of many executions of `statement`, whose values have been inspected, to a request that [`Request::sync`]
    /// ends. `repeated` says how it is prepared; a change of the parameters' types prepares it again. `returning` says
    /// whether the rows of its result will be read.
    pub(crate) fn append(
        &self,
        request: &mut Request,
        statement: &Statement<'_>,
        repeated: &mut Repeated,
        returning: bool,
    ) -> Result<(), Error> {
        let none = Parameters::new();
        let parameters = statement.parameters.unwrap_or(&none);
        let portal = self.portal();
        let binary = returning && self.binary;
        if !repeated.fits(parameters) {
            let width = statement.special_insert;
            let named = self
                .statements
                .name_kept(statement.sql, parameters.oids(), width, request);
            repeated.become_of(parameters, named);
        }
        request.repetition(statement.sql, parameters, repeated, &portal, binary)?;
        request.effect = statement.effect;
        Ok(())
    }

    /// A statement of the driver's own.
    pub(crate) fn statement(&self, sql: &str) -> Result<Request, Error> {
        let mut request = Request::new();
        request.query(sql, 0)?;
        Ok(request)
    }

    /// A portal name for one BIND: the unnamed portal where the server forgets it when a BIND fails.
    fn portal(&self) -> String {
        if !self.profile.needs_fresh_portals() {
            return String::new();
        }
        format!("p{:x}", self.portals.fetch_add(1, Ordering::Relaxed))
    }
}
