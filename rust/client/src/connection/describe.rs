//! What the server says of a statement's parameters, and keeping a statement prepared for as long as its user wants.

use std::time::Instant;

use sbwp::message::{self, kind, target, ParameterInfo};

use super::Connection;
use crate::error::Error;
use crate::request::Request;

impl Connection {
    /// Keeps `sql` prepared from its first execution on, whatever `statement_cache_size` and `prepare_threshold` say.
    /// `label` begins the names under which the server knows it.
    pub fn keep_statement(&self, sql: &str, label: Option<&str>) {
        self.statements.pin(sql, label);
    }

    /// Whether somebody keeps this statement prepared.
    pub fn is_kept(&self, sql: &str) -> bool {
        self.statements.is_pinned(sql)
    }

    /// Ends one [`Connection::keep_statement`]; after the last one the server forgets the statement, with the next request
    /// that has parameters.
    pub fn release_statement(&self, sql: &str) {
        self.statements.unpin(sql);
    }

    /// The parameters of a statement as the server infers them (SBWP 3.3.2), `until` at most.
    ///
    /// The server may look into its catalogue for it, as a part of the transaction; in autocommit that is ended.
    pub async fn describe_parameters(
        &self,
        sql: &str,
        autocommit: bool,
        until: Option<Instant>,
    ) -> Result<Vec<ParameterInfo>, Error> {
        let mut request = Request::new();
        request.frame(kind::PARSE, |out| message::encode_parse(out, "", sql, &[]))?;
        request.frame(kind::DESCRIBE, |out| {
            message::encode_close(out, target::STATEMENT, "")
        })?;
        request.sync()?;
        request.opens = true;
        request.leaves_work = !autocommit;
        if autocommit {
            request.rollback()?;
        }
        let mut execution = self.collect_until(request, until).await?;
        let parameters = execution.parameters.take().unwrap_or_default();
        execution.finish()?;
        Ok(parameters)
    }
}
