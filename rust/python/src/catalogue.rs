//! What the Python side has to know to read a server's catalogue.

use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::link::Link;

/// What has to be made right in the rows of catalogue views, by name; empty where they are as specified.
pub fn rules<'py>(py: Python<'py>, link: &Link) -> PyResult<Bound<'py, PyDict>> {
    let dict = PyDict::new(py);
    if let Some(rules) = link.connection.profile().catalogue_rules() {
        dict.set_item("corrections", rules.corrections.to_vec())?;
        dict.set_item("type_prefix", rules.type_prefix)?;
        dict.set_item("table_types", rules.table_types.to_vec())?;
        dict.set_item("key_column", rules.key_column)?;
        dict.set_item("indexes_in_tree", rules.indexes_in_tree)?;
        dict.set_item("empty_is_null", rules.empty_is_null)?;
    }
    Ok(dict)
}
