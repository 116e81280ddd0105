//! `_core.Adapters`: where Python registers the conversions of a cursor, of a connection or of the process.

use std::sync::Arc;

use pyo3::prelude::*;
use pyo3::types::{PyBool, PyInt, PyString, PyType};
use sbwp::types::{oid, Oid};

use crate::convert::adapters::{process, Loader, LoaderKey, Registry};
use crate::errors;

/// The conversions that are registered in one place.
#[pyclass(frozen, module = "scratchbird._core")]
pub struct Adapters {
    /// None is the process.
    registry: Option<Arc<Registry>>,
}

impl Adapters {
    pub fn of(registry: &Arc<Registry>) -> Self {
        Adapters {
            registry: Some(registry.clone()),
        }
    }

    fn registry(&self) -> &Registry {
        match &self.registry {
            Some(registry) => registry,
            None => process(),
        }
    }
}

#[pymethods]
impl Adapters {
    /// Those of the process.
    #[new]
    fn new() -> Self {
        Adapters { registry: None }
    }

    fn register_adapter(
        &self,
        cls: &Bound<'_, PyAny>,
        dump: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<()> {
        let py = cls.py();
        let Ok(class) = cls.cast::<PyType>() else {
            return Err(errors::programming(
                py,
                "an adapter is registered for a class",
            ));
        };
        self.registry().register_adapter(class, callable(dump)?);
        Ok(())
    }

    fn register_loader(
        &self,
        type_: &Bound<'_, PyAny>,
        load: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<()> {
        let py = type_.py();
        let key = if let Ok(name) = type_.cast::<PyString>() {
            LoaderKey::of_name(name.to_str()?)
        } else if let (true, false, Ok(oid)) = (
            type_.is_instance_of::<PyInt>(),
            type_.is_instance_of::<PyBool>(),
            type_.extract::<Oid>(),
        ) {
            LoaderKey::Oid(oid)
        } else {
            return Err(errors::programming(
                py,
                "a loader is registered for a type's OID or name",
            ));
        };
        let load = callable(load)?.map(|load| Loader::Text(Arc::new(load)));
        self.registry().register_loader(key, load);
        Ok(())
    }

    /// Reads records of the type `name`, whose fields have types of these names, as `make(values)`.
    fn register_record(
        &self,
        name: &str,
        fields: Vec<String>,
        make: &Bound<'_, PyAny>,
    ) -> PyResult<()> {
        let field = |name: String| match LoaderKey::of_name(&name) {
            LoaderKey::Oid(oid) => (oid, None),
            LoaderKey::Name(name) => (oid::TEXT, Some(name)),
        };
        let fields = fields.into_iter().map(field).collect();
        if let Some(make) = callable(Some(make))? {
            let key = LoaderKey::Name(name.to_lowercase());
            let loader = Loader::Fields(fields, Arc::new(make));
            self.registry().register_loader(key, Some(loader));
        }
        Ok(())
    }

    fn set_json_loads(&self, loads: Option<&Bound<'_, PyAny>>) -> PyResult<()> {
        self.registry().set_json_loads(callable(loads)?);
        Ok(())
    }

    fn set_json_dumps(&self, dumps: Option<&Bound<'_, PyAny>>) -> PyResult<()> {
        self.registry().set_json_dumps(callable(dumps)?);
        Ok(())
    }

    /// The JSON encoder of this place alone.
    #[getter]
    fn json_dumps(&self, py: Python<'_>) -> Option<Py<PyAny>> {
        self.registry().json_dumps(py)
    }
}

fn callable(value: Option<&Bound<'_, PyAny>>) -> PyResult<Option<Py<PyAny>>> {
    match value {
        Some(value) if !value.is_callable() => Err(errors::programming(
            value.py(),
            format!("{} is not callable", value.repr()?),
        )),
        value => Ok(value.map(|value| value.clone().unbind())),
    }
}
