#![forbid(unsafe_code)]
//! The development server as a library: the SBsql translator and the catalogue it relies on.

pub mod catalog;
pub mod translate;
