#![forbid(unsafe_code)]
//! The development server.
fn main() {}
