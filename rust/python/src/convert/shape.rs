//! What a row is in Python: a tuple, or what a row factory makes of it. Chosen once a result, then built row by row
//! without running Python code, wherever the shape allows it.

use pyo3::prelude::*;
use pyo3::types::{PyDict, PyString, PyTuple};

/// The values of one row, decoded when asked for.
pub trait Values<'py> {
    /// All of them.
    fn tuple(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>>;

    /// The first one; None where there is none.
    fn first(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>>;

    /// As many as there are columns, one after the other.
    fn each(
        &self,
        py: Python<'py>,
        take: impl FnMut(usize, Bound<'py, PyAny>) -> PyResult<()>,
    ) -> PyResult<()>;
}

impl<'py> Values<'py> for Bound<'py, PyTuple> {
    fn tuple(&self, _py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        Ok(self.clone())
    }

    fn first(&self, _py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        self.get_item(0)
    }

    fn each(
        &self,
        _py: Python<'py>,
        mut take: impl FnMut(usize, Bound<'py, PyAny>) -> PyResult<()>,
    ) -> PyResult<()> {
        self.iter()
            .enumerate()
            .try_for_each(|(index, value)| take(index, value))
    }
}

/// How the values of a row become one object.
pub enum Shape {
    /// The value of the first column.
    Scalar,
    /// A dict of the column names.
    Dict(Template),
    /// An instance of a subclass of tuple that adds nothing to its construction.
    Tuples {
        class: Py<PyAny>,
        /// `tuple.__new__`.
        new: Py<PyAny>,
        /// For each field its place among the columns and, behind them, the `fixed` values. None where the fields are
        /// the columns.
        order: Option<Vec<usize>>,
        fixed: Py<PyTuple>,
    },
    /// An instance that is nothing but its attributes: they are set one by one, without a call of `__init__`.
    Assigned {
        class: Py<PyAny>,
        /// `object.__new__`.
        new: Py<PyAny>,
        /// Attributes of which no column says anything.
        fixed: Vec<(Py<PyString>, Py<PyAny>)>,
    },
    /// The same of a class that forbids to set attributes: they are its `__dict__`.
    Attached {
        class: Py<PyAny>,
        /// `object.__new__`.
        new: Py<PyAny>,
        /// Sets the `__dict__` of an instance.
        attach: Py<PyAny>,
        /// Holds also the attributes of which no column says anything.
        attributes: Template,
    },
    /// What a callable returns for the columns as keyword arguments.
    Keywords(Py<PyAny>, Template),
    /// What a callable returns for a dict of the columns.
    Mapping(Py<PyAny>, Template),
    /// What a callable returns for the tuple of the values.
    Call(Py<PyAny>),
}

impl Shape {
    /// Whether no callable of the user's makes the rows.
    pub fn runs_no_code(&self) -> bool {
        match self {
            Shape::Scalar
            | Shape::Dict(_)
            | Shape::Tuples { .. }
            | Shape::Assigned { .. }
            | Shape::Attached { .. } => true,
            Shape::Keywords(..) | Shape::Mapping(..) | Shape::Call(_) => false,
        }
    }

    /// One row. `names` are the columns' names.
    #[inline]
    pub fn build<'py>(
        &self,
        py: Python<'py>,
        names: &Bound<'py, PyTuple>,
        values: &impl Values<'py>,
    ) -> PyResult<Bound<'py, PyAny>> {
        match self {
            Shape::Scalar => values.first(py),
            Shape::Dict(template) => Ok(template.fill(py, names, values)?.into_any()),
            Shape::Tuples {
                class,
                new,
                order,
                fixed,
            } => {
                let mut row = values.tuple(py)?;
                if let Some(order) = order {
                    row = arranged(&row, names.len(), order, fixed.bind(py))?;
                }
                new.bind(py).call1((class, row))
            }
            Shape::Assigned { class, new, fixed } => {
                let object = new.bind(py).call1((class,))?;
                let width = names.len();
                values.each(py, |index, value| {
                    if index < width {
                        let name = names.get_borrowed_item(index)?;
                        object.setattr(name.cast::<PyString>()?, value)?;
                    }
                    Ok(())
                })?;
                for (name, value) in fixed {
                    object.setattr(name, value)?;
                }
                Ok(object)
            }
            Shape::Attached {
                class,
                new,
                attach,
                attributes,
            } => {
                let attributes = attributes.fill(py, names, values)?;
                let object = new.bind(py).call1((class,))?;
                attach.bind(py).call1((&object, attributes))?;
                Ok(object)
            }
            Shape::Keywords(make, template) => {
                let keywords = template.fill(py, names, values)?;
                make.bind(py).call((), Some(&keywords))
            }
            Shape::Mapping(make, template) => {
                make.bind(py).call1((template.fill(py, names, values)?,))
            }
            Shape::Call(make) => make.bind(py).call1((values.tuple(py)?,)),
        }
    }
}

/// A dict that has all keys already: a copy of it is filled faster than an empty one that grows.
pub struct Template(Py<PyDict>);

impl Template {
    /// Of the columns' names and of items that are the same in every row.
    pub fn new(names: &Bound<'_, PyTuple>, fixed: Option<&Bound<'_, PyDict>>) -> PyResult<Self> {
        let dict = PyDict::new(names.py());
        for name in names {
            dict.set_item(name, names.py().None())?;
        }
        if let Some(fixed) = fixed {
            dict.update(fixed.as_mapping())?;
        }
        Ok(Template(dict.unbind()))
    }

    /// Values beyond the columns that the server described have no name; only tuples show them.
    #[inline]
    fn fill<'py>(
        &self,
        py: Python<'py>,
        names: &Bound<'py, PyTuple>,
        values: &impl Values<'py>,
    ) -> PyResult<Bound<'py, PyDict>> {
        let dict = self.0.bind(py).copy()?;
        let width = names.len();
        values.each(py, |index, value| {
            if index < width {
                dict.set_item(names.get_borrowed_item(index)?, value)?;
            }
            Ok(())
        })?;
        Ok(dict)
    }
}

fn arranged<'py>(
    row: &Bound<'py, PyTuple>,
    width: usize,
    order: &[usize],
    fixed: &Bound<'py, PyTuple>,
) -> PyResult<Bound<'py, PyTuple>> {
    let values = order
        .iter()
        .map(|&place| match place.checked_sub(width) {
            None => row.get_item(place),
            Some(place) => fixed.get_item(place),
        })
        .collect::<PyResult<Vec<_>>>()?;
    PyTuple::new(row.py(), values)
}
