#![forbid(unsafe_code)]
//! SBWP 1.1, the native wire protocol of ScratchBird: bytes only, no I/O, no clock, no Tokio.
//!
//! [`frame`] cuts a byte stream into frames, [`message`] gives their payloads a meaning, [`types`] the values
//! inside them, [`auth`] runs the login mechanisms, [`manager`] speaks the preamble of a connection through a
//! manager. Everything encodes and decodes both directions, so that client and server share one definition.

pub mod auth;
#[warn(missing_docs)]
pub mod frame;
#[warn(missing_docs)]
pub mod manager;
#[warn(missing_docs)]
pub mod message;
#[warn(missing_docs)]
pub mod type_ref;
pub mod types;
