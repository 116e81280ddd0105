//! `scratchbird._core`: pyclasses, Python⇄wire conversion and the wake-up bridge. No protocol logic.
use pyo3::prelude::*;

#[pymodule]
mod _core {}
