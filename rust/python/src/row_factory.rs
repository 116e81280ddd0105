//! The row factory of a connection or of a cursor: any callable `factory(cursor) -> make_row`.

use parking_lot::Mutex;
use pyo3::prelude::*;
use pyo3::types::PyType;

use crate::convert::classes;
use crate::errors;

/// What makes rows.
#[derive(Default)]
pub struct RowFactory {
    /// None is `tuple_row`, which needs no asking.
    factory: Mutex<Option<Py<PyAny>>>,
}

impl RowFactory {
    /// Of what the user gave: a callable; None stands for `tuple_row`.
    pub fn of(factory: &Bound<'_, PyAny>) -> PyResult<Self> {
        let made = RowFactory::default();
        made.set(factory)?;
        Ok(made)
    }

    pub fn set(&self, factory: &Bound<'_, PyAny>) -> PyResult<()> {
        let py = factory.py();
        if !factory.is_none() && !factory.is_callable() {
            return Err(errors::programming(
                py,
                format!(
                    "a row factory is a callable that takes the cursor, not {}",
                    factory.get_type().name()?
                ),
            ));
        }
        let plain = factory.is_none() || factory.is(classes::tuple_row(py)?);
        let factory = (!plain).then(|| factory.clone().unbind());
        // The old one is dropped outside the lock.
        let _old = std::mem::replace(&mut *self.factory.lock(), factory);
        Ok(())
    }

    /// Takes what another is, in place of its own.
    pub fn become_copy_of(&self, py: Python<'_>, other: &RowFactory) {
        let factory = other.get(py);
        let _old = std::mem::replace(&mut *self.factory.lock(), factory);
    }

    /// The same one for a new cursor.
    pub fn inherited(&self, py: Python<'_>) -> Self {
        RowFactory {
            factory: Mutex::new(self.get(py)),
        }
    }

    /// The callable, None for tuples.
    pub fn get(&self, py: Python<'_>) -> Option<Py<PyAny>> {
        let factory = self.factory.lock();
        factory.as_ref().map(|factory| factory.clone_ref(py))
    }

    /// The callable as the user sees it.
    pub fn shown(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        match self.get(py) {
            Some(factory) => Ok(factory),
            None => Ok(classes::tuple_row(py)?.clone().unbind()),
        }
    }

    /// Whether rows are tuples.
    pub fn is_plain(&self) -> bool {
        self.factory.lock().is_none()
    }
}

/// `cls[item]` for annotations, as generic classes of Python have it; the class itself before Python 3.9.
pub fn generic_alias<'py>(
    cls: &Bound<'py, PyType>,
    item: &Bound<'py, PyAny>,
) -> PyResult<Bound<'py, PyAny>> {
    match cls.py().import("types")?.getattr_opt("GenericAlias")? {
        Some(alias) => alias.call1((cls, item)),
        None => Ok(cls.clone().into_any()),
    }
}
