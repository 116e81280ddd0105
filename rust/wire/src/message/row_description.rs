//! ROW_DESCRIPTION: the columns of a result, in the P1 and the legacy layout.
//!
//! A P1 description names types by family and code, not by OID; [`crate::types`] says which OID that is.

mod column;

pub use column::{metadata, ColumnDescription, ColumnSource, ColumnTexts};
pub(super) use column::{
    nullability, nullability_to_wire, swap_format, swap_format_to_wire, type_name,
};

use super::error::{DecodeError, Reason};
use super::layout::{codec, Layout};
use super::reader::Reader;
use super::writer::Writer;
use super::{Generation, Uuid};
use column::{LEGACY_COLUMN_LEN, P1_COLUMN_LEN};

pub(super) const LAYOUT_VERSION: u16 = 1;
/// The flags byte of every P1 description.
pub(super) const P1_FLAGS: u8 = 1;
/// The P1 description without columns or parameters.
pub(super) const P1_LEN: usize = 72;

/// Kinds of a result.
pub mod result_kind {
    /// An ordinary result.
    pub const ROWS: u8 = 0;
    /// Generated keys.
    pub const GENERATED_KEYS: u8 = 1;
    /// A row of out parameters.
    pub const OUT_PARAMETERS: u8 = 2;
    /// A function's return row.
    pub const FUNCTION_RETURN: u8 = 3;
    /// Description only.
    pub const METADATA_ONLY: u8 = 4;
    /// A cursor.
    pub const CURSOR: u8 = 5;
}

/// Whether a description is P1: long enough, layout version 1, flags byte 1.
pub(super) fn is_p1(payload: &[u8]) -> bool {
    payload.len() >= P1_LEN && matches!(payload, [1, 0, _, P1_FLAGS, ..])
}

/// ROW_DESCRIPTION.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowDescription {
    /// The layout.
    pub generation: Generation,
    /// One of [`result_kind`] (P1).
    pub kind: u8,
    /// The columns; ordinals follow their order.
    pub columns: Vec<ColumnDescription>,
    /// Result UUID, zero (P1).
    pub result_id: Uuid,
    /// Shape UUID, zero (P1).
    pub shape_id: Uuid,
    /// Hash, zero (P1).
    pub hash: [u8; 32],
}

impl RowDescription {
    /// An ordinary P1 description.
    pub fn new(columns: Vec<ColumnDescription>) -> Self {
        Self {
            generation: Generation::P1,
            kind: result_kind::ROWS,
            columns,
            result_id: [0; 16],
            shape_id: [0; 16],
            hash: [0; 32],
        }
    }
}

impl Layout for RowDescription {
    fn read(r: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let mut this = Self::new(Vec::new());
        if is_p1(r.ahead()) {
            r.u16("layout_version")?;
            this.kind = r.u8("result_kind")?;
            r.u8("flags")?;
            let count = r.u32("column_count")?;
            this.result_id = r.uuid("result_uuid")?;
            this.shape_id = r.uuid("shape_uuid")?;
            this.hash = r.hash("hash")?;
            let count = r.fits("column_count", u64::from(count), P1_COLUMN_LEN)?;
            this.columns = (0..count)
                .map(|_| ColumnDescription::read_p1(r))
                .collect::<Result<_, _>>()?;
        } else {
            this.generation = Generation::Legacy;
            let count = r.u16("column_count")?;
            let reserved = r.u16("reserved")?;
            if reserved != 0 {
                return Err(r.error_at("reserved", 2, Reason::Invalid(i64::from(reserved))));
            }
            let count = r.fits("column_count", u64::from(count), LEGACY_COLUMN_LEN)?;
            this.columns = (0..count)
                .map(|_| ColumnDescription::read_legacy(r))
                .collect::<Result<_, _>>()?;
        }
        Ok(this)
    }

    fn write(&self, w: &mut Writer<'_>) {
        match self.generation {
            Generation::P1 => {
                w.u16("layout_version", &LAYOUT_VERSION);
                w.raw(&[self.kind, P1_FLAGS]);
                w.count32("columns", self.columns.len());
                w.uuid("result_uuid", &self.result_id);
                w.uuid("shape_uuid", &self.shape_id);
                w.hash("hash", &self.hash);
                for (index, column) in self.columns.iter().enumerate() {
                    column.write_p1(w, index);
                }
            }
            Generation::Legacy => {
                w.count16("columns", self.columns.len());
                w.zeros(2);
                for (index, column) in self.columns.iter().enumerate() {
                    column.write_legacy(w, index);
                }
            }
        }
    }
}

codec!(open RowDescription = "ROW_DESCRIPTION");
