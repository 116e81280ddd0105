//! `scratchbird._core`: pyclasses, Python⇄wire conversion and the wake-up bridge. No protocol logic.

#![deny(unsafe_code)]

mod abandoned;
mod adapters;
mod async_connection;
mod async_cursor;
mod audited;
mod base_connection;
mod base_cursor;
mod bridge;
mod calling;
mod catalogue;
mod columns;
mod connect;
mod connection;
mod convert;
mod copy;
mod copy_async;
mod copy_in;
mod copy_out;
mod copy_source;
mod copy_state;
mod copy_steps;
mod copy_types;
mod cursor;
mod cursor_state;
mod defects;
mod errors;
mod events;
mod executions;
mod handle;
mod info;
mod link;
mod pool;
mod pool_error;
mod preparation;
mod questions;
mod results;
mod row_factory;
mod row_maker;
mod scope;
mod stream;
mod stream_async;
mod stream_state;
mod vectors;
mod watch;

use pyo3::prelude::*;

/// The driver's core: what the package `scratchbird` is built on. Not public.
#[pymodule(gil_used = false)]
mod _core {
    #[pymodule_export]
    use crate::adapters::Adapters;
    #[pymodule_export]
    use crate::async_connection::AsyncConnection;
    #[pymodule_export]
    use crate::async_cursor::AsyncCursor;
    #[pymodule_export]
    use crate::base_connection::BaseConnection;
    #[pymodule_export]
    use crate::base_cursor::BaseCursor;
    #[pymodule_export]
    use crate::bridge::Awaitable;
    #[pymodule_export]
    use crate::columns::{
        ArrowSource, ArrowTable, AsyncRecordBatches, ColumnReader, RecordBatches,
    };
    #[pymodule_export]
    use crate::connect::{_forked, connect, connect_async, probe, probe_async, Opened};
    #[pymodule_export]
    use crate::connection::Connection;
    #[pymodule_export]
    use crate::copy::Copy;
    #[pymodule_export]
    use crate::copy_async::AsyncCopy;
    #[pymodule_export]
    use crate::cursor::Cursor;
    #[pymodule_export]
    use crate::executions::Executions;
    #[pymodule_export]
    use crate::pool::{Pool, PoolEvents};
    #[pymodule_export]
    use crate::preparation::Preparation;
    #[pymodule_export]
    use crate::questions::{Question, Questions};
    #[pymodule_export]
    use crate::row_maker::RowMaker;
    #[pymodule_export]
    use crate::stream::RowStream;
    #[pymodule_export]
    use crate::stream_async::AsyncRowStream;
    #[pymodule_export]
    use crate::vectors::{_condition, _is_finite_vector, _vector_distances, _vector_mmr};
    #[pymodule_export]
    use crate::watch::_watch_process;

    use super::*;

    #[pymodule_init]
    fn init(module: &Bound<'_, PyModule>) -> PyResult<()> {
        pyo3_async_runtimes::tokio::init(scratchbird::runtime::builder());
        scratchbird::runtime::provide(pyo3_async_runtimes::tokio::get_runtime);
        module.add("__version__", env!("CARGO_PKG_VERSION"))?;
        let os = module.py().import("os")?;
        if os.hasattr("register_at_fork")? {
            let keywords = pyo3::types::PyDict::new(module.py());
            keywords.set_item("after_in_child", module.getattr("_forked")?)?;
            os.call_method("register_at_fork", (), Some(&keywords))?;
        }
        Ok(())
    }
}
