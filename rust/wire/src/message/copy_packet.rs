//! What COPY_DATA carries: binary packets of typed columns (`SBNR`), and the two forms in which every row names
//! its columns: the older binary packet (`SBCP`) and text lines.
//!
//! Every COPY_DATA frame holds whole packets or lines. Rows are read without copying and written in place.

mod builder;
mod extent;
mod named;
mod rowset;

pub use builder::RowsetBuilder;
pub use extent::PacketExtent;
pub use named::{NamedRow, NamedRows, SbcpWriter, TextWriter};
pub use rowset::{CopyColumn, CopyType, CopyValue, RowsetReader, RowsetWriter};

const MESSAGE: &str = "COPY_DATA";
const ROWSET_MAGIC: [u8; 4] = *b"SBNR";
const NAMED_MAGIC: [u8; 4] = *b"SBCP";

/// Which form the payload of a COPY_DATA has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CopyForm {
    /// A packet of typed columns; see [`RowsetReader`].
    Rowset,
    /// A packet of rows that name their columns; see [`NamedRows::packet`].
    Named,
    /// Lines of text; see [`NamedRows::lines`].
    Text,
}

impl CopyForm {
    /// The form of a payload, by its first bytes.
    pub fn of(payload: &[u8]) -> Self {
        match payload.first_chunk::<4>() {
            Some(&ROWSET_MAGIC) => Self::Rowset,
            Some(&NAMED_MAGIC) => Self::Named,
            _ => Self::Text,
        }
    }
}
