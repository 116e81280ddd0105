//! A user's arguments: which placeholders they call for, and their values in the order of these.

use pyo3::prelude::*;
use pyo3::types::{PyDict, PyMapping, PySequence, PyString, PyTuple};
use scratchbird::sql::{Arguments, ParsedQuery};
use scratchbird::{Error, Parameters};

use super::sizes::InputSizes;
use super::Link;
use crate::convert::push_parameter;
use crate::errors;

pub fn statement_text<'a>(query: &'a Bound<'_, PyString>) -> PyResult<&'a str> {
    query.to_str().map_err(|_| {
        errors::programming(
            query.py(),
            "the statement contains a lone surrogate, which is not a character",
        )
    })
}

impl Link {
    /// The statement as it is sent, with placeholders `$1 … $n`.
    pub fn native_sql(
        &self,
        query: &Bound<'_, PyString>,
        values: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<String> {
        let arguments = kind_of(values)?;
        let parsed = self.parse(query.py(), statement_text(query)?, arguments)?;
        Ok(parsed.sql().to_owned())
    }
}

/// Which placeholders the parameters call for.
pub fn kind_of(values: Option<&Bound<'_, PyAny>>) -> PyResult<Arguments> {
    let Some(values) = values.filter(|values| !values.is_none()) else {
        return Ok(Arguments::None);
    };
    if values.is_instance_of::<PyTuple>() || values.is_instance_of::<pyo3::types::PyList>() {
        return Ok(Arguments::Positional);
    }
    if values.is_instance_of::<PyDict>() || values.cast::<PyMapping>().is_ok() {
        return Ok(Arguments::Named);
    }
    let is_text = values.is_instance_of::<PyString>()
        || values.is_instance_of::<pyo3::types::PyBytes>()
        || values.is_instance_of::<pyo3::types::PyByteArray>();
    if !is_text && values.cast::<PySequence>().is_ok() {
        return Ok(Arguments::Positional);
    }
    Err(errors::programming(
        values.py(),
        format!(
            "parameters must be a sequence (for %s, ? and $1) or a mapping (for %(name)s and :name), not {}",
            values.get_type().name()?
        ),
    ))
}

/// Encodes the values in the order of the placeholders, with the types of `setinputsizes` where there are any.
pub fn bind(
    py: Python<'_>,
    query: &ParsedQuery,
    values: &Bound<'_, PyAny>,
    sizes: Option<&InputSizes>,
) -> PyResult<Parameters> {
    let mut parameters = encode(py, query, values)?;
    if let Some(sizes) = sizes {
        sizes
            .apply(query, &mut parameters)
            .map_err(|error| errors::to_python(py, &error, Some(query.original())))?;
    }
    Ok(parameters)
}

fn encode(py: Python<'_>, query: &ParsedQuery, values: &Bound<'_, PyAny>) -> PyResult<Parameters> {
    let mut parameters = Parameters::new();
    let fail = |error: Error| errors::to_python(py, &error, Some(query.original()));
    if let Some(names) = query.names() {
        if names.is_empty() {
            query.check_count(values.len()?).map_err(fail)?;
        }
        for (position, name) in names.iter().enumerate() {
            // A subclass of dict may have a `__missing__`.
            let value = match values.cast_exact::<PyDict>() {
                Ok(values) => values.get_item(name)?,
                Err(_) => match values.get_item(name) {
                    Ok(value) => Some(value),
                    Err(error) if error.is_instance_of::<pyo3::exceptions::PyKeyError>(py) => None,
                    Err(error) => return Err(error),
                },
            };
            let Some(value) = value else {
                return Err(fail(query.missing(name)));
            };
            push_parameter(&value, position, &mut parameters)?;
        }
        return Ok(parameters);
    }
    if let Ok(values) = values.cast::<PyTuple>() {
        query.check_count(values.len()).map_err(fail)?;
        for (position, value) in values.iter_borrowed().enumerate() {
            push_parameter(&value, position, &mut parameters)?;
        }
    } else {
        let mut count = 0;
        let expected = query.parameter_count();
        for (position, value) in values.try_iter()?.enumerate() {
            if position < expected {
                push_parameter(&value?, position, &mut parameters)?;
            }
            count += 1;
        }
        query.check_count(count).map_err(fail)?;
    }
    Ok(parameters)
}
