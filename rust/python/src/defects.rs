//! Tells the user of a server's defects that a connection has met: `scratchbird.ServerDefectWarning`.

use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;

use crate::errors;
use crate::link::Link;

impl Link {
    /// Gives the warnings that are due. Fails where the program has made errors of them.
    #[inline]
    pub fn tell_defects(&self, py: Python<'_>) -> PyResult<()> {
        let defects = self.connection.take_defects();
        match defects.is_empty() {
            true => Ok(()),
            false => warn(py, defects),
        }
    }

    /// What there is to say of a ROLLBACK TO SAVEPOINT, or of a savepoint that makes one `possible`.
    pub fn remark_savepoint(&self, py: Python<'_>, possible: bool) -> PyResult<()> {
        self.connection
            .remark_savepoint(possible)
            .map_err(|error| errors::to_python(py, &error, None))?;
        self.tell_defects(py)
    }
}

#[cold]
fn warn(py: Python<'_>, defects: scratchbird::profile::Defects) -> PyResult<()> {
    static WARN: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    let warn = WARN.import(py, "scratchbird._defects", "warn")?;
    for defect in defects.iter() {
        warn.call1((defect.name(), defect.text()))?;
    }
    Ok(())
}
