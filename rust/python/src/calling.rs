//! What a statement gives back besides rows: OUT and INOUT parameters, a function's result, generated keys.
//!
//! A call that is given `scratchbird.Var`s fills them and keeps the row of their values from the cursor. Every other
//! statement leaves here after two questions.

use pyo3::prelude::*;
use pyo3::types::{PyList, PyMapping, PyString};
use sbwp::message::result_kind;
use scratchbird::sql::{with_returning, CallArgument, ParsedQuery, ResultMarker};
use scratchbird::{ResultSet, RowDescription};

use crate::convert::classes;
use crate::errors;
use crate::link::Link;

/// What is wanted of the results of a statement.
#[derive(Default)]
pub struct Wanted {
    /// The call's arguments that are placeholders, if its parameters are wanted.
    arguments: Option<Vec<Argument>>,
    /// The variable of a function's result.
    result: Option<Py<PyAny>>,
    /// Whether the rows are keys that the statement generated.
    keys: bool,
}

struct Argument {
    of: CallArgument,
    /// Where the program's argument is: an index, or the key of a mapping.
    key: Py<PyAny>,
    /// The variable given for it.
    variable: Option<Py<PyAny>>,
    /// It has no value to send, so that one is expected to come back.
    is_out: bool,
}

/// What a statement gave besides rows.
#[derive(Default)]
pub struct Given {
    /// The key of each argument that came back, and its value.
    pub outputs: Vec<(Py<PyAny>, Py<PyAny>)>,
    /// The generated key of the last row.
    pub key: Option<Py<PyAny>>,
}

/// What a statement is to give, by itself and by its parameters. `outputs`: its parameters are wanted even if none of the
/// arguments is a variable.
pub fn wanted(
    link: &Link,
    query: &ParsedQuery,
    values: Option<&Bound<'_, PyAny>>,
    outputs: bool,
    keys: bool,
) -> PyResult<Option<Box<Wanted>>> {
    let mut wanted = Wanted {
        keys,
        ..Wanted::default()
    };
    if let (Some(marker), Some(values)) = (query.result_marker(), values) {
        wanted.result = result_variable(query, marker, values)?;
    }
    if let (true, Some(values)) = (query.is_call() && !query.has_several_statements(), values) {
        let arguments = arguments(query, values)?;
        if arguments.iter().any(|argument| argument.variable.is_some()) {
            let checked = link.connection.profile().check_out_parameters();
            checked
                .map_err(|error| errors::to_python(values.py(), &error, Some(query.original())))?;
            wanted.arguments = Some(arguments);
        } else if outputs {
            wanted.arguments = Some(arguments);
        }
    }
    let any = wanted.keys || wanted.result.is_some() || wanted.arguments.is_some();
    Ok(any.then(|| Box::new(wanted)))
}

/// The values without the variable of a function's result, which is not sent.
pub fn sent<'py>(query: &ParsedQuery, values: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
    match query.result_marker() {
        Some(ResultMarker::First) if values.len()? == query.parameter_count() + 1 => {
            let first = values.get_item(0)?;
            if !first.is_instance(classes::var(values.py())?)? {
                return Err(errors::programming(
                    values.py(),
                    "the first value of {? = call ...} is the variable of the result, cursor.var(type); it can be left out",
                ));
            }
            let rest: Vec<_> = values.try_iter()?.skip(1).collect::<PyResult<_>>()?;
            Ok(PyList::new(values.py(), rest)?.into_any())
        }
        _ => Ok(values.clone()),
    }
}

/// The statement with a RETURNING of its generated keys.
pub fn returning<'py>(
    query: &Bound<'py, PyString>,
    keys: Option<&Bound<'py, PyAny>>,
) -> PyResult<(Bound<'py, PyString>, bool)> {
    let py = query.py();
    let Some(keys) = keys.filter(|keys| !keys.is_none()) else {
        return Ok((query.clone(), false));
    };
    let columns: Vec<String> = match keys.extract::<bool>() {
        Ok(false) => return Ok((query.clone(), false)),
        Ok(true) => vec![],
        Err(_) if keys.is_instance_of::<PyString>() => vec![keys.extract()?],
        Err(_) => keys.extract().map_err(|_| {
            errors::programming(py, "generated_keys is True, a name of a column, or several")
        })?,
    };
    let sql = crate::link::statement_text(query)?;
    let asked =
        with_returning(sql, &columns).map_err(|error| errors::to_python(py, &error, Some(sql)))?;
    Ok((PyString::new(py, &asked), true))
}

fn variable<'py>(value: Bound<'py, PyAny>) -> PyResult<Option<Bound<'py, PyAny>>> {
    let is_variable = value.is_instance(classes::var(value.py())?)?;
    Ok(is_variable.then_some(value))
}

fn result_variable(
    query: &ParsedQuery,
    marker: &ResultMarker,
    values: &Bound<'_, PyAny>,
) -> PyResult<Option<Py<PyAny>>> {
    let value = match marker {
        ResultMarker::First if values.len()? > query.parameter_count() => values.get_item(0)?,
        ResultMarker::Named(name) if values.contains(name)? => values.get_item(name)?,
        _ => return Ok(None),
    };
    Ok(variable(value)?.map(Bound::unbind))
}

fn arguments(query: &ParsedQuery, values: &Bound<'_, PyAny>) -> PyResult<Vec<Argument>> {
    let py = values.py();
    let mut found = vec![];
    for of in query.call_arguments() {
        let at = of.placeholder.wrapping_sub(1);
        let key = match (query.names(), values.cast::<PyMapping>()) {
            (Some(names), Ok(_)) => match names.get(at) {
                Some(name) => PyString::new(py, name).into_any(),
                None => continue,
            },
            _ => at.into_pyobject(py)?.into_any(),
        };
        let variable = variable(values.get_item(&key)?)?;
        let is_out = match &variable {
            Some(variable) => variable.getattr("_value")?.is_none(),
            None => false,
        };
        found.push(Argument {
            of,
            key: key.unbind(),
            variable: variable.map(Bound::unbind),
            is_out,
        });
    }
    Ok(found)
}

/// Fills the variables, and takes what is theirs out of the results.
pub fn settle(
    py: Python<'_>,
    link: &Link,
    wanted: Option<Box<Wanted>>,
    results: &mut Vec<ResultSet>,
) -> PyResult<Option<Box<Given>>> {
    let Some(wanted) = wanted else {
        // Keys may come without having been asked for.
        let brings_keys = |set: &ResultSet| kind(set) == Some(result_kind::GENERATED_KEYS);
        if !results.iter().any(brings_keys) {
            return Ok(None);
        }
        let given = Given {
            key: key(py, link, results)?,
            ..Given::default()
        };
        return Ok(Some(Box::new(given)));
    };
    let mut given = Box::<Given>::default();
    if wanted.keys {
        given.key = key(py, link, results)?;
    }
    if let Some(result) = &wanted.result {
        let value = row(py, link, results.first())?.and_then(|row| row.into_iter().next());
        let Some(value) = value else {
            return Err(errors::programming(py, "the function gave no result"));
        };
        result.call_method1(py, "_accept", (value,))?;
        take(results, 0);
    }
    if let Some(arguments) = &wanted.arguments {
        outputs(py, link, arguments, results, &mut given)?;
    }
    Ok(Some(given))
}

/// Takes the row of the parameters that come back.
fn outputs(
    py: Python<'_>,
    link: &Link,
    arguments: &[Argument],
    results: &mut Vec<ResultSet>,
    given: &mut Given,
) -> PyResult<()> {
    let mut filled = vec![];
    let of_outputs = |set: &ResultSet| kind(set) == Some(result_kind::OUT_PARAMETERS);
    if let Some(at) = results.iter().position(of_outputs) {
        let set = results.get(at);
        let values = row(py, link, set)?.unwrap_or_default();
        if let Some(columns) = set.and_then(|set| set.description.clone()) {
            fill(py, arguments, &columns, values, given, &mut filled)?;
        }
        take(results, at);
    }
    let missing = arguments
        .iter()
        .find(|argument| argument.is_out && !filled.contains(&argument.of.ordinal));
    match missing {
        None => Ok(()),
        Some(missing) => Err(errors::programming(
            py,
            format!(
                "the procedure has run, but it gives nothing back for argument {}: that is no OUT parameter",
                missing.of.ordinal
            ),
        )),
    }
}

fn fill(
    py: Python<'_>,
    arguments: &[Argument],
    columns: &RowDescription,
    values: Vec<Py<PyAny>>,
    given: &mut Given,
    filled: &mut Vec<u32>,
) -> PyResult<()> {
    // A server that does not say which parameters the columns stand for gives them in their order.
    let mut in_order = arguments
        .iter()
        .filter(|argument| argument.variable.is_some());
    for (column, value) in columns.columns.iter().zip(values) {
        let ordinal = column.source.parameter_ordinal;
        let argument = match ordinal {
            0 => in_order.next(),
            _ => arguments.iter().find(|argument| match &argument.of.name {
                Some(name) => name.eq_ignore_ascii_case(&column.name),
                None => argument.of.ordinal == ordinal,
            }),
        };
        let Some(argument) = argument else {
            continue;
        };
        filled.push(argument.of.ordinal);
        let value = match &argument.variable {
            Some(variable) => {
                variable.call_method1(py, "_accept", (value,))?;
                variable.getattr(py, "_value")?
            }
            None => value,
        };
        given.outputs.push((argument.key.clone_ref(py), value));
    }
    Ok(())
}

fn kind(set: &ResultSet) -> Option<u8> {
    set.description.as_ref().map(|description| description.kind)
}

/// The first row of a result.
fn row(py: Python<'_>, link: &Link, set: Option<&ResultSet>) -> PyResult<Option<Vec<Py<PyAny>>>> {
    let payload = set.and_then(|set| set.batches.iter().find_map(|batch| batch.payload(0)));
    decoded(py, link, set, payload)
}

fn decoded(
    py: Python<'_>,
    link: &Link,
    set: Option<&ResultSet>,
    payload: Option<&[u8]>,
) -> PyResult<Option<Vec<Py<PyAny>>>> {
    let description = set.and_then(|set| Some((set.description.as_ref()?, set.is_scalar)));
    let (Some((description, is_scalar)), Some(payload)) = (description, payload) else {
        return Ok(None);
    };
    let decoder = link.decoder(py, description, is_scalar)?;
    let row = decoder.row(py, None, payload)?;
    row.try_iter()?
        .map(|value| Ok(value?.unbind()))
        .collect::<PyResult<_>>()
        .map(Some)
}

/// The first value of the last row of the last result with rows.
fn key(py: Python<'_>, link: &Link, results: &[ResultSet]) -> PyResult<Option<Py<PyAny>>> {
    let set = results.iter().rev().find(|set| set.description.is_some());
    let payload = set.and_then(|set| {
        let batches = set.batches.iter().rev();
        batches
            .filter_map(|batch| batch.payload(batch.len().checked_sub(1)?))
            .next()
    });
    let row = decoded(py, link, set, payload)?;
    Ok(row.and_then(|row| row.into_iter().next()))
}

/// Takes a result away; the last one leaves what says that the statement is done.
fn take(results: &mut Vec<ResultSet>, at: usize) {
    if results.len() > 1 {
        results.remove(at);
        return;
    }
    if let Some(set) = results.get_mut(at) {
        set.description = None;
        set.batches.clear();
        if let Some(complete) = &mut set.complete {
            complete.tag = "EXECUTE".to_owned();
        }
    }
}
