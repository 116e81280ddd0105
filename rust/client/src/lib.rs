#![forbid(unsafe_code)]
//! A Tokio client for the ScratchBird database. No Python in it.
