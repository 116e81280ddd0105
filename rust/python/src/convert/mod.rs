//! Python⇄wire conversion of values. It knows types and formats, never sockets or statements.
//!
//! `decode` makes rows of Python objects by a plan chosen once a description; `encode` appends one parameter
//! after the other. The formats themselves are `sbwp::types`'; here are only the Python objects.

pub mod adapters;
pub mod classes;
mod decode;
mod decode_container;
mod decode_scalar;
mod decode_time;
mod decoder;
mod encode;
mod encode_array;
mod encode_object;
mod encode_time;
mod json;
mod refusal;
mod shape;
mod vector;

pub use decode::{Column, RowDecoder};
pub use encode::{encode as encode_text, push_parameter};
pub use refusal::Refusal;
pub use shape::{Shape, Template};
pub use vector::{is_floats, is_masked, Floats};
