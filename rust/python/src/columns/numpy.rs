//! Columns as NumPy arrays. Numbers, moments and vectors go over without a copy; what NumPy has no type for becomes an
//! array of the objects that a row would hold.

use std::sync::Arc;
use std::time::{Duration, Instant};

use numpy::{Element, PyArray1};
use pyo3::prelude::*;
use sbwp::types::{oid, Oid};
use scratchbird_columns::array::cast::AsArray;
use scratchbird_columns::array::types::{
    ArrowPrimitiveType, Date32Type, Float32Type, Float64Type, Int16Type, Int32Type, Int64Type,
    TimestampMicrosecondType, UInt32Type,
};
use scratchbird_columns::array::{Array, ArrayRef};
use scratchbird_columns::buffer::NullBuffer;
use scratchbird_columns::schema::DataType;

use super::planning::Read;
use crate::audited::CollectorPause;
use crate::convert::RowDecoder;

/// What NumPy takes for a moment that is not there.
const NOT_A_TIME: i64 = i64::MIN;
/// Objects built between two looks at the clock.
const OBJECTS_PER_LOOK: usize = 64;

/// A column: its name, its array, which of its values are NULL (None where none is), and its type.
pub type Named = (String, Py<PyAny>, Option<Py<PyAny>>, Oid);

/// The types whose arrays hold Python objects.
pub fn is_object(oid: Oid) -> bool {
    !matches!(
        oid,
        oid::BOOL
            | oid::INT2
            | oid::INT4
            | oid::INT8
            | oid::OID
            | oid::XID
            | oid::CID
            | oid::FLOAT4
            | oid::FLOAT8
            | oid::DATE
            | oid::TIMESTAMP
            | oid::TIMESTAMPTZ
            | oid::VECTOR
    )
}

/// Arrays in the making.
pub struct Arrays {
    decoder: Arc<RowDecoder>,
    names: Vec<String>,
    columns: Vec<Option<ArrayRef>>,
    rows: usize,
    /// Objects of the columns that have them, by column.
    objects: Vec<Vec<Py<PyAny>>>,
}

impl Arrays {
    pub fn new(decoder: Arc<RowDecoder>, read: Read) -> Self {
        let names = read.plan.schema().fields().iter();
        let names: Vec<_> = names.map(|field| field.name().clone()).collect();
        // There is one batch: see the reader.
        let (columns, rows) = match read.batches.into_iter().next() {
            Some(batch) => {
                let (_, columns, rows) = batch.into_parts();
                (columns.into_iter().map(Some).collect(), rows)
            }
            None => (Vec::new(), 0),
        };
        Arrays {
            decoder,
            objects: names.iter().map(|_| Vec::new()).collect(),
            names,
            columns,
            rows,
        }
    }

    /// Builds objects, for the given time if there is one; true when all are built.
    pub fn build(&mut self, py: Python<'_>, slice: Option<Duration>) -> PyResult<bool> {
        let started = Instant::now();
        let _pause = self.decoder.runs_no_code().then(|| CollectorPause::new(py));
        let columns = self.columns.iter().zip(&mut self.objects);
        for (index, (column, objects)) in columns.enumerate() {
            let Some(cells) = column.as_ref().and_then(|it| it.as_binary_opt::<i64>()) else {
                continue;
            };
            objects.reserve_exact(self.rows - objects.len());
            while objects.len() < self.rows {
                let until = self.rows.min(objects.len() + OBJECTS_PER_LOOK);
                for row in objects.len()..until {
                    let cell = cells.is_valid(row).then(|| cells.value(row));
                    objects.push(self.decoder.cell(py, index, cell)?.unbind());
                }
                if slice.is_some_and(|slice| started.elapsed() >= slice) {
                    return Ok(false);
                }
            }
        }
        Ok(true)
    }

    /// The arrays.
    pub fn finish(mut self, py: Python<'_>) -> PyResult<Vec<Named>> {
        let mut named = Vec::with_capacity(self.names.len());
        let described = self.decoder.source().clone();
        for (index, name) in self.names.into_iter().enumerate() {
            let column = self.columns.get_mut(index).and_then(Option::take);
            let objects = self.objects.get_mut(index).map(std::mem::take);
            let oid = described.columns.get(index).map_or(0, |column| column.oid);
            let Some(column) = column else {
                continue;
            };
            let nulls = column
                .nulls()
                .filter(|nulls| nulls.null_count() > 0)
                .cloned();
            let array = match column.data_type() {
                DataType::LargeBinary => {
                    PyArray1::from_vec(py, objects.unwrap_or_default()).into_any()
                }
                _ => typed(py, column, nulls.as_ref())?,
            };
            let mask = nulls.map(|nulls| mask(py, &nulls));
            named.push((name, array.unbind(), mask, oid));
        }
        Ok(named)
    }
}

fn mask(py: Python<'_>, nulls: &NullBuffer) -> Py<PyAny> {
    let mask: Vec<bool> = nulls.iter().map(|valid| !valid).collect();
    PyArray1::from_vec(py, mask).into_any().unbind()
}

/// The array of a column that is no object's.
fn typed<'py>(
    py: Python<'py>,
    column: ArrayRef,
    nulls: Option<&NullBuffer>,
) -> PyResult<Bound<'py, PyAny>> {
    match column.data_type() {
        DataType::Boolean => {
            let bits: Vec<bool> = column.as_boolean().values().iter().collect();
            Ok(PyArray1::from_vec(py, bits).into_any())
        }
        DataType::Int16 => Ok(numbers::<Int16Type>(py, column)),
        DataType::Int32 => Ok(numbers::<Int32Type>(py, column)),
        DataType::Int64 => Ok(numbers::<Int64Type>(py, column)),
        DataType::UInt32 => Ok(numbers::<UInt32Type>(py, column)),
        DataType::Float32 => Ok(fractions::<Float32Type>(py, column, nulls, f32::NAN)),
        DataType::Float64 => Ok(fractions::<Float64Type>(py, column, nulls, f64::NAN)),
        DataType::Date32 => {
            let days = column.as_primitive::<Date32Type>().values().iter();
            let days = days.map(|day| i64::from(*day)).collect();
            moments(py, days, nulls, "datetime64[D]")
        }
        DataType::Timestamp(..) => {
            let micros = values::<TimestampMicrosecondType>(column);
            moments(py, micros, nulls, "datetime64[us]")
        }
        DataType::FixedSizeList(_, dimension) => {
            let shape = (column.len(), *dimension);
            let list = column.as_fixed_size_list().values().clone();
            drop(column);
            let flat = fractions::<Float32Type>(py, list, None, f32::NAN);
            flat.call_method1(pyo3::intern!(py, "reshape"), (shape,))
        }
        // Vectors of which no one is there: nobody knows their dimension.
        _ => {
            let flat = PyArray1::from_vec(py, Vec::<f32>::new());
            flat.call_method1(pyo3::intern!(py, "reshape"), ((column.len(), 0),))
        }
    }
}

/// The values, without a copy where nobody else has them.
fn values<T: ArrowPrimitiveType>(column: ArrayRef) -> Vec<T::Native> {
    let array = column.as_primitive::<T>().clone();
    drop(column);
    array.into_parts().1.into()
}

fn numbers<'py, T>(py: Python<'py>, column: ArrayRef) -> Bound<'py, PyAny>
where
    T: ArrowPrimitiveType,
    T::Native: Element,
{
    PyArray1::from_vec(py, values::<T>(column)).into_any()
}

/// As `numbers`, with `absent` where there is no value.
fn fractions<'py, T>(
    py: Python<'py>,
    column: ArrayRef,
    nulls: Option<&NullBuffer>,
    absent: T::Native,
) -> Bound<'py, PyAny>
where
    T: ArrowPrimitiveType,
    T::Native: Element,
{
    let mut values = values::<T>(column);
    blank(&mut values, nulls, absent);
    PyArray1::from_vec(py, values).into_any()
}

fn moments<'py>(
    py: Python<'py>,
    mut values: Vec<i64>,
    nulls: Option<&NullBuffer>,
    dtype: &str,
) -> PyResult<Bound<'py, PyAny>> {
    blank(&mut values, nulls, NOT_A_TIME);
    let array = PyArray1::from_vec(py, values);
    array.call_method1(pyo3::intern!(py, "view"), (dtype,))
}

fn blank<T: Copy>(values: &mut [T], nulls: Option<&NullBuffer>, absent: T) {
    let Some(nulls) = nulls else {
        return;
    };
    for (value, valid) in values.iter_mut().zip(nulls.iter()) {
        if !valid {
            *value = absent;
        }
    }
}
