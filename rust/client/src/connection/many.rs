//! `executemany`: many executions that take effect together or not at all.

use std::time::{Duration, Instant};

use super::Connection;
use crate::error::Error;
use crate::request::Request;
use crate::rows::{Completion, ResultSet};

impl Connection {
    /// Runs the requests of one `executemany` so that all take effect or none; returns one result with the total count.
    pub async fn run_many(
        &self,
        requests: Vec<Request>,
        autocommit: bool,
        limit: Option<Duration>,
    ) -> Result<ResultSet, Error> {
        let until = limit
            .or(self.statement_timeout)
            .and_then(|limit| Instant::now().checked_add(limit));
        let mut total = ResultSet {
            complete: Some(Completion::default()),
            ..ResultSet::default()
        };
        if requests.is_empty() {
            return Ok(total);
        }
        let savepoint = !autocommit && self.profile.savepoints_undo_bulk_inserts();
        if savepoint {
            self.run(self.statement("SAVEPOINT scratchbird_many")?)
                .await?;
        }
        let mut outcome = Ok(());
        for request in requests {
            match self.run_until(request, until).await {
                Ok(results) => total.add_counts(&results),
                Err(error) => {
                    outcome = Err(error);
                    break;
                }
            }
        }
        if self.is_closed() {
            return outcome.map(|()| total);
        }
        let undone = outcome.is_err();
        let ending = match (autocommit, undone) {
            (true, false) => self.commit().await,
            (true, true) => self.rollback().await,
            // What the rows before the error did stays: only a full ROLLBACK would undo it, and the work before it too.
            (false, _) if !savepoint => Ok(()),
            (false, true) => self
                .run(self.statement("ROLLBACK TO SAVEPOINT scratchbird_many")?)
                .await
                .map(drop),
            (false, false) => Ok(()),
        };
        if savepoint && ending.is_ok() {
            self.run(self.statement("RELEASE SAVEPOINT scratchbird_many")?)
                .await?;
        }
        outcome.and(ending).map(|()| total)
    }

    pub(super) fn statement(&self, sql: &str) -> Result<Request, Error> {
        let mut request = Request::new();
        request.query(sql, 0)?;
        Ok(request)
    }
}
