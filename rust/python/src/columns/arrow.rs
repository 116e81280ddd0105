//! `_core.ArrowTable`: batches for whoever reads the Arrow C data interface.

use pyo3::prelude::*;
use pyo3::types::{PyCapsule, PyTuple};
use scratchbird_columns::array::{RecordBatch, RecordBatchIterator};
use scratchbird_columns::schema::SchemaRef;

use super::export;
use super::planning::Read;

/// Columns of a result in Apache Arrow's memory format.
///
/// What `fetch_arrow_table` returns where pyarrow is not installed. polars, DuckDB, pandas and every other reader of the
/// Arrow PyCapsule interface take it as it is, as often as they like.
#[pyclass(frozen, module = "scratchbird")]
pub struct ArrowTable {
    schema: SchemaRef,
    batches: Vec<RecordBatch>,
}

impl ArrowTable {
    pub(super) fn new(read: Read) -> Self {
        ArrowTable {
            schema: read.plan.schema().clone(),
            batches: read.batches,
        }
    }
}

#[pymethods]
impl ArrowTable {
    /// The number of rows.
    #[getter]
    fn num_rows(&self) -> usize {
        self.batches.iter().map(RecordBatch::num_rows).sum()
    }

    /// The number of columns.
    #[getter]
    fn num_columns(&self) -> usize {
        self.schema.fields().len()
    }

    /// The names of the columns.
    #[getter]
    fn column_names<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        PyTuple::new(py, self.schema.fields().iter().map(|field| field.name()))
    }

    /// Its batches, each as a table, for readers that take one alone.
    fn _batches(&self) -> Vec<ArrowTable> {
        let alone = |batch: &RecordBatch| ArrowTable {
            schema: self.schema.clone(),
            batches: vec![batch.clone()],
        };
        self.batches.iter().map(alone).collect()
    }

    fn __len__(&self) -> usize {
        self.num_rows()
    }

    /// The table as an Arrow C stream (Arrow PyCapsule interface).
    #[pyo3(signature = (requested_schema = None))]
    fn __arrow_c_stream__<'py>(
        &self,
        py: Python<'py>,
        requested_schema: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyCapsule>> {
        // What is decoded stays as it is; the reader casts (the interface allows that).
        export::requested(requested_schema)?;
        let batches = self.batches.clone().into_iter().map(Ok);
        let reader = RecordBatchIterator::new(batches, self.schema.clone());
        export::stream(py, Box::new(reader))
    }

    /// The types of the columns as an Arrow C schema.
    fn __arrow_c_schema__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyCapsule>> {
        export::schema(py, &self.schema)
    }

    fn __repr__(&self) -> String {
        format!(
            "<scratchbird.ArrowTable of {} rows × {} columns>",
            self.num_rows(),
            self.num_columns()
        )
    }
}
