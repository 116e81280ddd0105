//! The one audited place of this crate with `unsafe`: what has no safe form and cannot be done without.

#![allow(unsafe_code)]

use std::ffi::CStr;
#[cfg(unix)]
use std::os::fd::BorrowedFd;

use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::{PyCapsule, PyString, PyTuple, PyType};
use scratchbird_columns::ffi::FFI_ArrowSchema;
use scratchbird_columns::FFI_ArrowArrayStream;

/// A descriptor that a suspended future waits for, for the length of one `poll(2)`.
///
/// The number comes from the future that is being polled by the caller: that future is alive and either owns the session's
/// lock, and with it the socket, or holds the socket itself, so the descriptor stays open until the caller polls or drops
/// it.
#[cfg(unix)]
pub fn borrowed<'a>(descriptor: i32) -> BorrowedFd<'a> {
    // SAFETY: the descriptor is open for the whole of the borrow, as the function's comment explains, and it is never -1:
    // sockets without a number (Windows) never ask for a descriptor.
    unsafe { BorrowedFd::borrow_raw(descriptor) }
}

/// Takes a new tuple out of the garbage collector's sight if nothing in it can be part of a cycle: every value is of a class
/// that the collector ignores, or `is_plain`. The collector does the same when it first meets such a tuple; by then it has
/// looked through all rows of a large result several times.
#[inline]
pub fn settle<'py>(tuple: &Bound<'py, PyTuple>, is_plain: impl Fn(&Bound<'py, PyAny>) -> bool) {
    let settled = |value: Borrowed<'_, 'py, PyAny>| !is_collected(&value) || is_plain(&value);
    if tuple.iter_borrowed().all(settled) {
        // SAFETY: the GIL is held, and a tuple is always allocated with the collector's header; one that is not tracked
        // stays as it is.
        unsafe { ffi::PyObject_GC_UnTrack(tuple.as_ptr().cast()) }
    }
}

/// The same for an object that holds nothing but plain values.
#[inline]
pub fn settle_plain(object: &Bound<'_, PyAny>) {
    if is_collected(object) {
        // SAFETY: the GIL is held, and the class says that its objects are allocated with the collector's header.
        unsafe { ffi::PyObject_GC_UnTrack(object.as_ptr().cast()) }
    }
}

/// Whether objects of this one's class have the collector's header.
#[inline]
fn is_collected(object: &Bound<'_, PyAny>) -> bool {
    // SAFETY: the GIL is held, and the pointer is that of a live object, which keeps its class alive.
    unsafe { ffi::PyType_HasFeature(ffi::Py_TYPE(object.as_ptr()), ffi::Py_TPFLAGS_HAVE_GC) != 0 }
}

/// What `object.__new__(class)` makes, without the call.
#[inline]
pub fn instance_of<'py>(class: &Bound<'py, PyType>) -> PyResult<Bound<'py, PyAny>> {
    // SAFETY: the GIL is held and the class is alive. Every class that is made by a class statement allocates its objects
    // this way; their attributes are empty, as after `object.__new__`.
    unsafe {
        let object = ffi::PyType_GenericAlloc(class.as_type_ptr(), 0);
        Bound::from_owned_ptr_or_err(class.py(), object)
    }
}

/// What `object.__setattr__(object, name, value)` does, without the call.
#[inline]
pub fn set_attribute(
    object: &Bound<'_, PyAny>,
    name: &Bound<'_, PyString>,
    value: &Bound<'_, PyAny>,
) -> PyResult<()> {
    // SAFETY: the GIL is held and the three objects are alive; the function takes no ownership.
    let outcome =
        unsafe { ffi::PyObject_GenericSetAttr(object.as_ptr(), name.as_ptr(), value.as_ptr()) };
    if outcome == 0 {
        Ok(())
    } else {
        Err(PyErr::fetch(object.py()))
    }
}

/// Keeps the garbage collector from running while objects are made that nobody else sees yet: it would look through every
/// one of them again and again, and find nothing to free. What was put off happens at the next allocation afterwards.
#[must_use]
pub struct CollectorPause<'py> {
    #[cfg_attr(not(all(Py_3_10, not(Py_GIL_DISABLED))), allow(dead_code))]
    was_enabled: bool,
    _python: Python<'py>,
}

impl<'py> CollectorPause<'py> {
    /// Pauses the collector, if this Python can do so at no cost: before 3.10 there is no function for it, and without
    /// the GIL it would stop the collector of other threads that are running.
    pub fn new(py: Python<'py>) -> Self {
        #[cfg(all(Py_3_10, not(Py_GIL_DISABLED)))]
        // SAFETY: the GIL is held.
        let was_enabled = unsafe { ffi::PyGC_Disable() } != 0;
        #[cfg(not(all(Py_3_10, not(Py_GIL_DISABLED))))]
        let was_enabled = false;
        CollectorPause {
            was_enabled,
            _python: py,
        }
    }
}

impl Drop for CollectorPause<'_> {
    fn drop(&mut self) {
        #[cfg(all(Py_3_10, not(Py_GIL_DISABLED)))]
        if self.was_enabled {
            // SAFETY: the GIL is held: the pause cannot outlive it.
            unsafe { ffi::PyGC_Enable() };
        }
    }
}

/// Reads the Arrow schema in a capsule.
pub fn with_schema<R>(
    capsule: &Bound<'_, PyCapsule>,
    name: &'static CStr,
    read: impl FnOnce(&FFI_ArrowSchema) -> R,
) -> PyResult<R> {
    let pointer = capsule
        .pointer_checked(Some(name))?
        .cast::<FFI_ArrowSchema>();
    // SAFETY: by the Arrow PyCapsule interface a capsule of this name holds an `ArrowSchema` of the C data interface, whose
    // layout `FFI_ArrowSchema` has; the capsule, and with it the schema, lives as long as the borrow.
    Ok(read(unsafe { pointer.as_ref() }))
}

/// Takes the Arrow stream out of a capsule; what is left there has been released.
pub fn take_stream(
    capsule: &Bound<'_, PyCapsule>,
    name: &'static CStr,
) -> PyResult<FFI_ArrowArrayStream> {
    let pointer = capsule
        .pointer_checked(Some(name))?
        .cast::<FFI_ArrowArrayStream>();
    // SAFETY: by the Arrow PyCapsule interface a capsule of this name holds an `ArrowArrayStream` of the C stream interface,
    // whose layout `FFI_ArrowArrayStream` has, and whoever is given the capsule may move the stream out of it: the function
    // leaves one without a `release`. The GIL is held, so that nobody else is at it.
    Ok(unsafe { FFI_ArrowArrayStream::from_raw(pointer.as_ptr()) })
}
