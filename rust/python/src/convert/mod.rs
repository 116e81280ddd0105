//! Python⇄wire conversion of values. It knows types and formats, never sockets or statements.

mod decode;
mod encode;

pub use decode::RowDecoder;
pub use encode::push_parameter;
