//! Statements as requests: one execution, or one of many, in the form that this server wants.

use std::sync::atomic::Ordering;

use sbwp::message::query_flag;

use super::Connection;
use crate::error::Error;
use crate::profile::Profile;
use crate::request::{Parameters, Request};

/// A statement to run.
#[derive(Debug)]
pub struct Statement<'a> {
    /// SQL with `$n` for its parameters.
    pub sql: &'a str,
    /// The values, where the statement has placeholders.
    pub parameters: Option<&'a Parameters>,
    /// True for a single-row INSERT whose values are all placeholders (SBWP 3.3.7).
    pub is_special_insert: bool,
    /// Commit when it has succeeded.
    pub autocommit: bool,
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
            }
            Some(parameters) => {
                self.inspect(parameters)?;
                let portal = self.portal();
                request.extended(
                    statement.sql,
                    parameters,
                    &portal,
                    statement.autocommit,
                    self.binary,
                )?;
                if statement.autocommit
                    && self
                        .profile
                        .execute_needs_commit(statement.is_special_insert)
                {
                    request.commit()?;
                }
            }
        }
        Ok(request)
    }

    /// Adds one execution of `statement` to a request that [`Request::sync`] ends. `first` prepares the statement, and
    /// so does a change of the parameters' types.
    pub fn append(
        &self,
        request: &mut Request,
        statement: &Statement<'_>,
        first: bool,
    ) -> Result<(), Error> {
        let none = Parameters::new();
        let parameters = statement.parameters.unwrap_or(&none);
        self.inspect(parameters)?;
        let portal = self.portal();
        request.execution(statement.sql, parameters, &portal, first)
    }

    /// Refuses values that this server would damage, or leaves a warning among the notices.
    fn inspect(&self, parameters: &Parameters) -> Result<(), Error> {
        if !self.profile.inspects_parameters() {
            return Ok(());
        }
        for (oid, value) in parameters.iter() {
            let Some(value) = value else { continue };
            if let Some(damage) = self.profile.check_parameter(oid, value)? {
                self.keep_notices([Profile::notice(damage)]);
            }
        }
        Ok(())
    }

    /// Refuses a value that this server would damage, or leaves a warning among the notices.
    pub fn inspect_value(&self, oid: u32, text: &[u8]) -> Result<(), Error> {
        if self.profile.inspects_parameters() {
            if let Some(damage) = self.profile.check_parameter(oid, text)? {
                self.keep_notices([Profile::notice(damage)]);
            }
        }
        Ok(())
    }

    /// A portal name for one BIND: the unnamed portal where the server forgets it when a BIND fails.
    fn portal(&self) -> String {
        if !self.profile.needs_fresh_portals() {
            return String::new();
        }
        format!("p{:x}", self.portals.fetch_add(1, Ordering::Relaxed))
    }
}
