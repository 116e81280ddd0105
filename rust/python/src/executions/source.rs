//! `executemany` of an Arrow stream: its columns are the parameters.

use pyo3::prelude::*;
use sbwp::message::copy_packet::CopyValue;
use scratchbird::sql::{Arguments, ParsedQuery};
use scratchbird::{Error, Parameters};
use scratchbird_columns::{Sink, Target};

use super::vectors::Vectors;
use super::way::Way;
use super::Shared;
use crate::columns::{Broken, Feed};
use crate::link::{self, Link};

/// What is known of a statement's parameters: see `Executions.parameters`.
pub(super) type Described = (Option<Vec<String>>, usize, bool, Vec<usize>);

struct Into_<'a> {
    many: &'a mut Way,
    link: &'a Link,
    query: &'a ParsedQuery,
    sizes: Option<&'a link::InputSizes>,
    vectors: &'a Vectors,
    values: Parameters,
}

impl Sink for Into_<'_> {
    type Error = Error;

    fn begin(&mut self) {
        self.values = Parameters::new();
    }

    #[inline]
    fn value(&mut self, target: &Target, value: CopyValue<'_>) -> Result<(), Error> {
        match value {
            CopyValue::Text(text) => self.values.push_text(target.oid, |out| {
                out.extend_from_slice(text.as_bytes());
                Ok(())
            }),
            CopyValue::Null => {
                self.values.push_null(target.oid);
                Ok(())
            }
            // All columns were prepared to come as text.
            _ => Err(Error::Internal("a parameter that is no text".to_owned())),
        }
    }

    fn end(&mut self) -> Result<bool, Error> {
        let mut values = std::mem::take(&mut self.values);
        if let Some(sizes) = self.sizes {
            sizes.apply(self.query, &mut values)?;
        }
        self.vectors.note(self.many.next_row(), values.oids());
        self.many.push(self.link, values)?;
        Ok(self.many.is_full())
    }
}

impl Shared {
    /// The names and the number of the parameters: positional ones where the statement has any, else those with names.
    /// Whether each is the value of a column, so that its type is the column's; and which parameter each column of the
    /// statement's list gets.
    pub(super) fn parameters(&self, py: Python<'_>) -> PyResult<Described> {
        let link = &self.state.link;
        let positional = link.parse(py, &self.sql, Arguments::Positional);
        let arguments = match &positional {
            Ok(query) if query.parameter_count() > 0 => Arguments::Positional,
            _ => match link.parse(py, &self.sql, Arguments::Named) {
                Ok(query) if query.parameter_count() > 0 => Arguments::Named,
                _ => Arguments::Positional,
            },
        };
        let query = self.query(py, arguments)?;
        let shape = query.insert_shape();
        let of_columns = shape.is_some_and(|shape| shape.only_placeholders && shape.rows == 1);
        let names = query.names().map(<[_]>::to_vec);
        let targets = query.insert_targets().into_iter();
        let places = targets.map(|(place, _)| place).collect();
        Ok((names, query.parameter_count(), of_columns, places))
    }

    /// Begins the whole, where it has not begun.
    pub(super) fn begin_source(&self, py: Python<'_>) -> PyResult<()> {
        self.state.link.usable(py)?;
        if self.query.lock().is_none() {
            self.parameters(py)?;
        }
        let known = self.query.lock().clone();
        let Ok(mut many) = self.many.try_lock() else {
            return Err(Broken::Busy.into_python(py, None));
        };
        if let (None, Some(query)) = (&*many, known) {
            *many = Some(self.begin(py, &query));
        }
        Ok(())
    }

    /// Takes rows until they are worth a request (true), or until there are no more (false). Not with the GIL.
    pub(super) fn fill_from(&self, feed: &Feed) -> Result<bool, Broken> {
        let known = self.query.lock().clone();
        let (Some(query), Ok(mut many)) = (known, self.many.try_lock()) else {
            return Err(Broken::Busy);
        };
        let many = many.as_mut().ok_or(Broken::Unprepared)?;
        let is_last = feed.give(&mut Into_ {
            many,
            link: &self.state.link,
            query: &query,
            sizes: self.sizes.as_deref(),
            vectors: &self.vectors,
            values: Parameters::new(),
        })?;
        Ok(!is_last)
    }

    pub(super) fn filled(&self, py: Python<'_>, filled: Result<bool, Broken>) -> PyResult<bool> {
        let filled = filled.map_err(|broken| broken.into_python(py, Some(&self.sql)));
        let more = filled.inspect_err(|error| self.watched.lock().fail(py, error))?;
        self.state.link.tell_defects(py)?;
        Ok(more)
    }
}
