//! Python → wire: one parameter.

use bytes::BufMut;
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyInt, PyString};
use scratchbird::Parameters;

/// Appends `value`, the parameter at `position` (from 0).
pub fn push_parameter(
    value: &Bound<'_, PyAny>,
    position: usize,
    parameters: &mut Parameters,
) -> PyResult<()> {
    let py = value.py();
    let fail = |error| crate::errors::to_python(py, &error, None);
    if value.is_none() {
        parameters.push_null(0);
        return Ok(());
    }
    let oid = if value.is_instance_of::<PyBool>() {
        16
    } else if value.is_instance_of::<PyInt>() {
        20
    } else if value.is_instance_of::<PyString>() {
        25
    } else {
        return Err(crate::errors::programming(
            py,
            format!(
                "parameter {}: cannot convert {}",
                position + 1,
                value.get_type().name()?
            ),
        ));
    };
    let text = value.str()?;
    let text = text.to_str()?;
    parameters
        .push_text(oid, |out| {
            out.put_slice(text.as_bytes());
            Ok(())
        })
        .map_err(fail)
}
