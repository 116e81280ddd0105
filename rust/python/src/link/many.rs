//! `executemany`: the executions of all rows in a few large requests.

use std::sync::Arc;

use pyo3::prelude::*;
use pyo3::types::PyString;
use scratchbird::sql::{Arguments, ParsedQuery};
use scratchbird::{Request, Statement};

use super::binding::{bind, kind_of, statement_text};
use super::{Link, Prepared, Requests};
use crate::convert::adapters;
use crate::errors;

/// `executemany` sends this many executions, or this many bytes, before it reads their answers.
const ROWS_PER_REQUEST: usize = 1000;
const BYTES_PER_REQUEST: usize = 1024 * 1024;

impl Link {
    /// Encodes the executions of `executemany`: a few large requests rather than one a row.
    pub fn prepare_many(
        &self,
        query: &Bound<'_, PyString>,
        rows: &Bound<'_, PyAny>,
    ) -> PyResult<Prepared> {
        let py = query.py();
        self.usable(py)?;
        let sql = statement_text(query)?;
        let _adapting = adapters::in_force_by_default(&[&self.adapters]);
        let mut parsed: Option<Arc<ParsedQuery>> = None;
        let mut requests: Vec<Request> = Vec::new();
        let mut in_last = 0;
        for values in rows.try_iter()? {
            let values = values?;
            let arguments = kind_of(Some(&values))?;
            let query =
                match &parsed {
                    Some(query) if query.arguments() == arguments => query.clone(),
                    Some(_) => return Err(errors::programming(
                        py,
                        "executemany needs parameters of one kind: all sequences, or all mappings",
                    )),
                    None => parsed.insert(self.parse(py, sql, arguments)?).clone(),
                };
            let parameters = bind(py, &query, &values)?;
            let full = requests
                .last()
                .is_none_or(|last| in_last == ROWS_PER_REQUEST || last.len() > BYTES_PER_REQUEST);
            if full {
                requests.push(Request::new());
                in_last = 0;
            }
            if let Some(last) = requests.last_mut() {
                self.connection
                    .append(
                        last,
                        &Statement::of(&query, Some(&parameters), false),
                        in_last == 0,
                    )
                    .map_err(|error| errors::to_python(py, &error, Some(sql)))?;
                in_last += 1;
            }
        }
        for request in &mut requests {
            request
                .sync()
                .map_err(|error| errors::to_python(py, &error, Some(sql)))?;
        }
        let sql = match parsed {
            Some(query) => query,
            None => self.parse(py, sql, Arguments::None)?,
        };
        self.scope.check(py, &sql)?;
        self.tell_defects(py)?;
        Ok(Prepared {
            requests: Requests::Many(requests),
            sql,
        })
    }
}
