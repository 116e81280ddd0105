//! The one audited place of this crate with `unsafe`: naming a socket by its number.

#![allow(unsafe_code)]

use std::os::fd::BorrowedFd;

/// A descriptor that a suspended future waits for, for the length of one `poll(2)`.
///
/// The number comes from the future that is being polled by the caller: that future is alive and owns the session's lock,
/// and with it the socket, so the descriptor stays open until the caller polls or drops it.
pub(super) fn borrowed<'a>(descriptor: i32) -> BorrowedFd<'a> {
    // SAFETY: the descriptor is open for the whole of the borrow, as the function's comment explains, and it is never -1:
    // sockets without a number (Windows) never ask for a descriptor.
    unsafe { BorrowedFd::borrow_raw(descriptor) }
}
