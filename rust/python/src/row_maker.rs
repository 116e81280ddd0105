//! `_core.RowMaker`: what the row factories of `scratchbird.rows` return. Called, it makes a row of values; a cursor
//! recognises it and builds its rows the same way without the call.

use std::sync::Arc;

use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple};

use crate::convert::{Shape, Template};

/// Makes rows of values.
#[pyclass(frozen, module = "scratchbird._core")]
pub struct RowMaker {
    /// The columns that it was made for.
    columns: Py<PyTuple>,
    shape: Arc<Shape>,
}

impl RowMaker {
    fn of(columns: Bound<'_, PyTuple>, shape: Shape) -> Self {
        RowMaker {
            columns: columns.unbind(),
            shape: Arc::new(shape),
        }
    }

    /// The shape that `make_row`, what a row factory returned, gives to rows of these columns.
    pub fn shape_of(make_row: &Bound<'_, PyAny>, columns: &Bound<'_, PyTuple>) -> Arc<Shape> {
        match make_row.cast_exact::<RowMaker>() {
            Ok(maker) if maker.get().columns.is(columns) => maker.get().shape.clone(),
            _ => Arc::new(Shape::Call(make_row.clone().unbind())),
        }
    }
}

#[pymethods]
impl RowMaker {
    /// The value of the first column.
    #[staticmethod]
    fn scalar(columns: Bound<'_, PyTuple>) -> Self {
        Self::of(columns, Shape::Scalar)
    }

    /// A dict of the columns.
    #[staticmethod]
    fn dict(columns: Bound<'_, PyTuple>) -> PyResult<Self> {
        let template = Template::new(&columns, None)?;
        Ok(Self::of(columns, Shape::Dict(template)))
    }

    /// `new(cls, values)`, of a class that is a tuple of the columns, or of the columns and then `fixed` in `order`.
    #[staticmethod]
    #[pyo3(signature = (columns, new, cls, order, fixed))]
    fn tuples(
        columns: Bound<'_, PyTuple>,
        new: Py<PyAny>,
        cls: Py<PyAny>,
        order: Option<Vec<usize>>,
        fixed: Py<PyTuple>,
    ) -> Self {
        let shape = Shape::Tuples {
            class: cls,
            new,
            order,
            fixed,
        };
        Self::of(columns, shape)
    }

    /// `new(cls)` whose attributes are the columns and `fixed`: set one by one, or all with `attach(instance, attributes)`.
    #[staticmethod]
    #[pyo3(signature = (columns, new, cls, attach, fixed))]
    fn attributes(
        columns: Bound<'_, PyTuple>,
        new: Py<PyAny>,
        cls: Py<PyAny>,
        attach: Option<Py<PyAny>>,
        fixed: &Bound<'_, PyDict>,
    ) -> PyResult<Self> {
        let shape = match attach {
            Some(attach) => Shape::Attached {
                class: cls,
                new,
                attach,
                attributes: Template::new(&columns, Some(fixed))?,
            },
            None => Shape::Assigned {
                class: cls,
                new,
                fixed: fixed
                    .iter()
                    .map(|(name, value)| Ok((name.cast_into()?.unbind(), value.unbind())))
                    .collect::<PyResult<_>>()?,
            },
        };
        Ok(Self::of(columns, shape))
    }

    /// `make(**columns)`.
    #[staticmethod]
    fn keywords(columns: Bound<'_, PyTuple>, make: Py<PyAny>) -> PyResult<Self> {
        let template = Template::new(&columns, None)?;
        Ok(Self::of(columns, Shape::Keywords(make, template)))
    }

    /// `make({...})`.
    #[staticmethod]
    fn mapping(columns: Bound<'_, PyTuple>, make: Py<PyAny>) -> PyResult<Self> {
        let template = Template::new(&columns, None)?;
        Ok(Self::of(columns, Shape::Mapping(make, template)))
    }

    fn __call__<'py>(
        &self,
        py: Python<'py>,
        values: &Bound<'py, PyAny>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let values = match values.cast_exact::<PyTuple>() {
            Ok(values) => values.clone(),
            Err(_) => PyTuple::new(py, values.try_iter()?.collect::<PyResult<Vec<_>>>()?)?,
        };
        let columns = self.columns.bind(py);
        if values.len() != columns.len() {
            return Err(crate::errors::programming(
                py,
                format!("{} values for {} columns", values.len(), columns.len()),
            ));
        }
        self.shape.build(py, columns, &values)
    }
}
