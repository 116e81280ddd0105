//! Exact ranking of vectors for `scratchbird.vector`: what Python gives becomes matrices, and `scratchbird_vectors` does
//! the arithmetic without the GIL. NumPy arrays of floats are read where they lie, in any layout.

use numpy::{PyReadonlyArray2, PyUntypedArray, PyUntypedArrayMethods};
use pyo3::prelude::*;
use pyo3::types::PyList;
use scratchbird::sql::Condition;
use scratchbird::Error;
use scratchbird_vectors::ndarray::{Array2, ArrayView2};
use scratchbird_vectors::{distances, most_varied, Metric};

use crate::convert::{classes, is_floats, is_masked, Floats};
use crate::errors;
use crate::link::kind_of;

/// Numbers below which releasing the GIL costs more than it gives.
const SMALL: usize = 1 << 12;

/// Vectors of one number of dimensions, one a row.
enum Matrix<'py> {
    Singles(PyReadonlyArray2<'py, f32>),
    Doubles(PyReadonlyArray2<'py, f64>),
    Owned(Array2<f64>),
}

/// A view of the rows, of either float.
enum View<'a> {
    Singles(ArrayView2<'a, f32>),
    Doubles(ArrayView2<'a, f64>),
}

impl Matrix<'_> {
    fn view(&self) -> View<'_> {
        match self {
            Matrix::Singles(array) => View::Singles(array.as_array()),
            Matrix::Doubles(array) => View::Doubles(array.as_array()),
            Matrix::Owned(array) => View::Doubles(array.view()),
        }
    }
}

impl View<'_> {
    fn len(&self) -> usize {
        match self {
            View::Singles(rows) => rows.len(),
            View::Doubles(rows) => rows.len(),
        }
    }
}

/// Runs without the GIL what takes long enough to be worth it.
fn apart<T: Send>(py: Python<'_>, size: usize, run: impl FnOnce() -> T + Send) -> T {
    if size < SMALL {
        run()
    } else {
        py.detach(run)
    }
}

fn unfit(py: Python<'_>, error: &scratchbird_vectors::Error) -> PyErr {
    data(py, error.to_string())
}

fn data(py: Python<'_>, message: String) -> PyErr {
    errors::to_python(py, &Error::data_with("22000", message, None), None)
}

/// The numbers of one vector.
fn vector(value: &Bound<'_, PyAny>, place: &str) -> PyResult<Floats> {
    Floats::of(value).map_err(|refusal| refusal.at(value.py(), place))
}

fn matrix<'py>(value: &Bound<'py, PyAny>) -> PyResult<Matrix<'py>> {
    if let Some(array) = array(value)? {
        return Ok(array);
    }
    let py = value.py();
    let (mut width, mut height) = (0, 0);
    let mut numbers: Vec<f64> = Vec::new();
    for item in value.try_iter()? {
        let place = format!("vector {height}");
        let before = numbers.len();
        vector(&item?, &place)?.append_to(&mut numbers);
        let got = numbers.len() - before;
        if height == 0 {
            width = got;
        }
        if got != width {
            return Err(data(
                py,
                format!("{place}: {got} dimensions among vectors of {width}"),
            ));
        }
        height += 1;
    }
    match Array2::from_shape_vec((height, width), numbers) {
        Ok(array) => Ok(Matrix::Owned(array)),
        Err(error) => Err(data(py, error.to_string())),
    }
}

/// A two-dimensional NumPy array, as it lies where it is one of floats of this machine.
fn array<'py>(value: &Bound<'py, PyAny>) -> PyResult<Option<Matrix<'py>>> {
    let py = value.py();
    if classes::numpy(py)?.is_none() {
        return Ok(None);
    }
    let Ok(array) = value.cast::<PyUntypedArray>() else {
        return Ok(None);
    };
    // Of one dimension are arrays of objects, each a vector.
    if array.ndim() != 2 {
        return Ok(None);
    }
    if is_masked(value)? {
        let message = "a vector has no NULL in it, and this array is masked";
        return Err(data(py, message.to_owned()));
    }
    let aligned = value
        .getattr(pyo3::intern!(py, "flags"))?
        .getattr(pyo3::intern!(py, "aligned"))?;
    if aligned.is_truthy()? {
        if let Ok(array) = value.extract() {
            return Ok(Some(Matrix::Singles(array)));
        }
        if let Ok(array) = value.extract() {
            return Ok(Some(Matrix::Doubles(array)));
        }
    }
    let doubles = value.call_method1(pyo3::intern!(py, "astype"), ("float64",))?;
    let doubles = doubles.extract::<PyReadonlyArray2<'py, f64>>();
    Ok(Some(Matrix::Doubles(doubles.map_err(PyErr::from)?)))
}

/// The distances of vectors to a query.
#[pyfunction]
#[pyo3(signature = (query, vectors, metric))]
pub fn _vector_distances(
    py: Python<'_>,
    query: &Bound<'_, PyAny>,
    vectors: &Bound<'_, PyAny>,
    metric: &str,
) -> PyResult<Vec<f64>> {
    let Some(metric) = Metric::from_name(metric) else {
        return Err(errors::programming(py, format!("no metric {metric:?}")));
    };
    let query = vector(query, "the query")?.into_doubles();
    let matrix = matrix(vectors)?;
    let view = matrix.view();
    let found = apart(py, view.len(), || match view {
        View::Singles(rows) => distances(&query, rows, metric),
        View::Doubles(rows) => distances(&query, rows, metric),
    });
    found.map_err(|error| unfit(py, &error))
}

/// The indices of vectors that are near to a query and far from each other.
#[pyfunction]
#[pyo3(signature = (query, vectors, k, lambda_mult))]
pub fn _vector_mmr(
    py: Python<'_>,
    query: &Bound<'_, PyAny>,
    vectors: &Bound<'_, PyAny>,
    k: usize,
    lambda_mult: f64,
) -> PyResult<Vec<usize>> {
    let query = vector(query, "the query")?.into_doubles();
    let matrix = matrix(vectors)?;
    let view = matrix.view();
    let found = apart(py, view.len(), || match view {
        View::Singles(rows) => most_varied(&query, rows, k, lambda_mult),
        View::Doubles(rows) => most_varied(&query, rows, k, lambda_mult),
    });
    found.map_err(|error| unfit(py, &error))
}

/// Whether it is a vector as searches want them: an array of finite floats, of one dimension. What is wrong with the
/// others, or how they become one, is not said here.
#[pyfunction]
pub fn _is_finite_vector(query: &Bound<'_, PyAny>) -> PyResult<bool> {
    if !is_floats(query)? {
        return Ok(false);
    }
    Ok(Floats::of_buffer(query).is_ok_and(|floats| floats.check(None).is_ok()))
}

/// A condition for parentheses in a statement, with placeholders `$1 … $n`, and its values in their order.
#[pyfunction]
#[pyo3(signature = (text, params))]
pub fn _condition<'py>(
    py: Python<'py>,
    text: &str,
    params: Option<&Bound<'py, PyAny>>,
) -> PyResult<(String, Bound<'py, PyList>)> {
    let kind = kind_of(params)?;
    let given = params.map_or(Ok(0), |params| params.len())?;
    let condition = Condition::parse(text, kind, given)
        .map_err(|error| errors::to_python(py, &error, Some(text)))?;
    let values = PyList::empty(py);
    let Some(params) = params else {
        return Ok((condition.sql, values));
    };
    if condition.names.is_empty() {
        if condition.count > 0 {
            for value in params.try_iter()? {
                values.append(value?)?;
            }
        }
    } else {
        for name in &condition.names {
            if !params.contains(name)? {
                let message = format!("the parameters have no value for {name:?}");
                return Err(errors::programming(py, message));
            }
            values.append(params.get_item(name)?)?;
        }
    }
    Ok((condition.sql, values))
}
