//! COPY: rows in bulk, into a table or out of one.

mod incoming;
mod outgoing;
mod rows;

pub(super) use incoming::Incoming;
