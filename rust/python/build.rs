//! Tells this crate which Python it is built for (`Py_3_10`, `Py_GIL_DISABLED`), as PyO3 knows it.

fn main() {
    pyo3_build_config::use_pyo3_cfgs();
}
