//! How the rows of an `executemany` are sent: as one array BIND, as one INSERT of literals, or as a pipeline of executions.

use super::{examine, literals, miscounted, types, Failed, Many, Road, PIPELINE_ROWS};
use crate::connection::{Connection, Statement};
use crate::error::Error;
use crate::request::{Parameters, Request};
use crate::rows::ResultSet;
use crate::session::TransactionStatus;

impl Many {
    pub(super) async fn send_rows(
        &mut self,
        connection: &Connection,
        last: bool,
    ) -> Result<(), Error> {
        self.bytes = 0;
        let rows = std::mem::take(&mut self.rows);
        if rows.is_empty() {
            return Ok(());
        }
        let first = self.sent;
        let count = rows.len() as u64;
        let types = match self.road {
            Road::Array => types::common(&rows),
            Road::Literals | Road::Pipeline => None,
        };
        let whole = types.is_some() || self.road == Road::Literals;
        if self.autocommit && !self.open {
            connection.take_hold(self.holder, self.until).await?;
        }
        // What is stored as a whole or not at all needs no savepoint alone.
        let alone = last && !self.open;
        if !whole || !alone {
            self.protect(connection).await?;
        }
        self.open = true;
        self.failed = None;
        if whole {
            let sent = match types {
                Some(types) => self.send_array(connection, &rows, &types).await,
                None => self.send_literals(connection, &rows).await,
            };
            match sent {
                Ok(()) => {
                    self.sent += count;
                    return Ok(());
                }
                Err(error) => {
                    if matches!(error, Error::Database(_)) {
                        self.failed = Some(Failed::Between(first, first + count - 1));
                    }
                    if !self.may_repeat(connection, &error) {
                        return Err(error);
                    }
                    self.protect(connection).await?;
                }
            }
        }
        if !last && !self.kept {
            // More is to come: the next requests go without a PARSE.
            connection.keep_statement(self.query.sql(), None);
            self.kept = true;
        }
        for rows in rows.chunks(PIPELINE_ROWS) {
            self.send_pipeline(connection, rows).await?;
            self.sent += rows.len() as u64;
        }
        self.failed = None;
        Ok(())
    }

    /// Whether rows that were refused as a whole can be sent one by one, to find the row: the error is about data, and
    /// everything can be undone.
    fn may_repeat(&self, connection: &Connection, error: &Error) -> bool {
        let about_data = matches!(error, Error::Database(error)
            if ["21", "22", "23", "42", "44", "P0"].iter().any(|class| error.sqlstate.starts_with(class)));
        about_data
            && !connection.is_closed()
            && connection.info().status != TransactionStatus::Failed
            && connection.profile().savepoints_undo_bulk_inserts()
    }

    async fn send_array(
        &mut self,
        connection: &Connection,
        rows: &[Parameters],
        types: &[u32],
    ) -> Result<(), Error> {
        let mut request = Request::new();
        request.join(self.holder);
        request.bind_array(self.query.sql(), types, rows)?;
        if connection.profile().needs_fresh_portals() {
            // It is always the unnamed portal: the one before must not run again because this BIND has failed.
            request.sync()?;
            connection
                .run_until(std::mem::take(&mut request), self.until)
                .await?;
            request.join(self.holder);
        }
        request.execute_array()?;
        request.sync()?;
        let results = connection.run_until(request, self.until).await?;
        self.counted(rows.len() as u64, results)
    }

    async fn send_literals(
        &mut self,
        connection: &Connection,
        rows: &[Parameters],
    ) -> Result<(), Error> {
        let mut request = Request::new();
        request.join(self.holder);
        request.query(&literals::statement(&self.query, rows)?, 0)?;
        let results = connection.run_until(request, self.until).await?;
        self.counted(rows.len() as u64, results)
    }

    /// Compares the number that the server reports with the rows that were sent.
    fn counted(&mut self, sent: u64, results: Vec<ResultSet>) -> Result<(), Error> {
        let complete = results
            .into_iter()
            .next_back()
            .and_then(|last| last.complete);
        let stored = complete.as_ref().map_or(0, |complete| complete.rows);
        if stored != sent {
            return Err(miscounted(sent, stored));
        }
        self.gathered.add_array(stored, complete);
        Ok(())
    }

    async fn send_pipeline(
        &mut self,
        connection: &Connection,
        rows: &[Parameters],
    ) -> Result<(), Error> {
        let mut request = Request::new();
        request.join(self.holder);
        self.repeated.begin_request();
        for values in rows {
            let statement = Statement::of(&self.query, Some(values), false);
            connection.append(&mut request, &statement, &mut self.repeated, self.returning)?;
        }
        request.sync()?;
        let answer = connection.collect_until(request, self.until).await?;
        let profile = connection.profile();
        examine(answer, profile, &self.query, rows.len(), &mut self.gathered).map_err(
            |(error, row)| {
                if let Some(row) = row {
                    self.failed = Some(Failed::Row(self.sent + row));
                }
                error
            },
        )
    }
}
