//! The parameter-packet form of BIND: many rows of values for one prepared INSERT.

use bytes::{BufMut, Bytes, BytesMut};

use super::error::{DecodeError, EncodeError, Reason};
use super::layout::{codec, layout, Layout};
use super::reader::Reader;
use super::writer::Writer;
use super::Uuid;
use crate::type_ref::TypeRef;

const LAYOUT_VERSION: u16 = 1;
const KIND_BIND: u8 = 0;
const SHAPE_ROWS: u8 = 1;
/// Where the row count is.
const ROW_COUNT_AT: usize = 44;
/// A cell without its value.
const CELL_LEN: u64 = 16;
/// A slot without its name.
const SLOT_LEN: u64 = 165;

/// Encodings of a cell.
pub mod cell_encoding {
    /// Canonical binary.
    pub const BINARY: u8 = 0;
    /// UTF-8 text.
    pub const TEXT: u8 = 1;
}

/// One parameter of an array BIND.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ArraySlot {
    /// 0 in.
    pub direction: u8,
    /// At most 15.
    pub bind_flags: u8,
    /// State of the name.
    pub name_state: u8,
    /// 0 canonical binary, 1 text.
    pub value_format: u8,
    /// Type; all zero for "unknown".
    pub type_ref: TypeRef,
    /// Requested size.
    pub requested_size: i64,
    /// Name.
    pub name: Option<String>,
}

layout! { strict "BIND"
    /// One value of an array BIND.
    pub struct ArrayCell {
        /// The slot, from 1.
        slot: u32 = u32,
        /// 0 a value, 1 NULL.
        state: u8 = u8,
        /// One of [`cell_encoding`].
        encoding: u8 = u8,
        /// Always zero.
        flags: u16 = u16,
        /// The value; empty for NULL.
        data: Bytes = bytes64,
    }
}

impl ArrayCell {
    /// The cell of the slot at `index`, from 0.
    pub fn new(index: u32, encoding: u8, value: Option<Bytes>) -> Self {
        Self {
            slot: index + 1,
            state: u8::from(value.is_none()),
            encoding,
            flags: 0,
            data: value.unwrap_or_default(),
        }
    }

    /// The value, `None` for NULL.
    pub fn value(&self) -> Option<&Bytes> {
        (self.state == 0).then_some(&self.data)
    }
}

/// An array BIND. It always binds the unnamed portal. Slots and rows are numbered by their place.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ArrayBind {
    /// Packet flags, zero.
    pub flags: u32,
    /// Ignored by the server.
    pub statement_id: Uuid,
    /// Ignored by the server.
    pub portal_id: Uuid,
    /// Descriptor hash, zero.
    pub hash: [u8; 32],
    /// Redaction map, zero.
    pub redaction_id: Uuid,
    /// The parameters.
    pub slots: Vec<ArraySlot>,
    /// The rows, each with a cell for each slot.
    pub rows: Vec<Vec<ArrayCell>>,
}

impl ArrayBind {
    /// Whether a BIND payload has this form.
    pub fn matches(payload: &[u8]) -> bool {
        matches!(payload, [1, 0, KIND_BIND, SHAPE_ROWS, ..])
    }
}

fn read_ordinal(
    r: &mut Reader<'_>,
    field: &'static str,
    expected: usize,
) -> Result<(), DecodeError> {
    let offset = r.offset();
    let ordinal = r.u32(field)?;
    if ordinal as usize != expected {
        return Err(r.error_at(field, offset, Reason::Invalid(i64::from(ordinal))));
    }
    Ok(())
}

fn read_slot(r: &mut Reader<'_>, index: usize) -> Result<ArraySlot, DecodeError> {
    read_ordinal(r, "slot_ordinal", index + 1)?;
    Ok(ArraySlot {
        direction: r.u8("direction")?,
        bind_flags: r.u8("bind_flags")?,
        name_state: r.u8("name_state")?,
        value_format: r.u8("value_format")?,
        type_ref: r.type_ref("type_ref")?,
        requested_size: r.i64("requested_size")?,
        name: r.ntext("name")?,
    })
}

fn read_row(r: &mut Reader<'_>, index: usize, slots: usize) -> Result<Vec<ArrayCell>, DecodeError> {
    read_ordinal(r, "row_ordinal", index + 1)?;
    let offset = r.offset();
    let count = r.u32("value_count")?;
    if count as usize != slots {
        return Err(r.error_at("value_count", offset, Reason::Invalid(i64::from(count))));
    }
    let count = r.fits("value_count", u64::from(count), CELL_LEN)?;
    (0..count).map(|_| ArrayCell::read(r)).collect()
}

impl Layout for ArrayBind {
    fn read(r: &mut Reader<'_>) -> Result<Self, DecodeError> {
        for (field, expected) in [
            ("layout_version", LAYOUT_VERSION),
            ("packet_kind", u16::from_le_bytes([KIND_BIND, SHAPE_ROWS])),
        ] {
            let offset = r.offset();
            let found = r.u16(field)?;
            if found != expected {
                return Err(r.error_at(field, offset, Reason::Invalid(i64::from(found))));
            }
        }
        let flags = r.u32("flags")?;
        let statement_id = r.uuid("statement_uuid")?;
        let portal_id = r.uuid("portal_uuid")?;
        let parameters = r.u32("parameter_count")?;
        let rows = r.u32("row_count")?;
        let slot_bytes = r.u32("slot_bytes")?;
        let reserved = r.u32("reserved")?;
        if reserved != 0 {
            return Err(r.error("reserved", Reason::Invalid(i64::from(reserved))));
        }
        let hash = r.hash("descriptor_hash")?;
        let redaction_id = r.uuid("redaction_map_uuid")?;

        let parameters = r.fits("parameter_count", u64::from(parameters), SLOT_LEN)?;
        let before = r.remaining();
        let slots = (0..parameters)
            .map(|index| read_slot(r, index))
            .collect::<Result<Vec<_>, _>>()?;
        if before - r.remaining() != slot_bytes as usize {
            return Err(r.error("slot_bytes", Reason::Invalid(i64::from(slot_bytes))));
        }
        let rows = r.fits("row_count", u64::from(rows), 8)?;
        let rows = (0..rows)
            .map(|index| read_row(r, index, slots.len()))
            .collect::<Result<Vec<_>, _>>()?;
        Ok(Self {
            flags,
            statement_id,
            portal_id,
            hash,
            redaction_id,
            slots,
            rows,
        })
    }

    fn write(&self, w: &mut Writer<'_>) {
        w.u16("layout_version", &LAYOUT_VERSION);
        w.raw(&[KIND_BIND, SHAPE_ROWS]);
        w.u32("flags", &self.flags);
        w.uuid("statement_uuid", &self.statement_id);
        w.uuid("portal_uuid", &self.portal_id);
        w.count32("parameters", self.slots.len());
        w.count32("rows", self.rows.len());
        let names = self.slots.iter().filter_map(|slot| slot.name.as_ref());
        let slot_bytes =
            self.slots.len() * SLOT_LEN as usize + names.map(String::len).sum::<usize>();
        w.count32("slot_bytes", slot_bytes);
        w.zeros(4);
        w.hash("descriptor_hash", &self.hash);
        w.uuid("redaction_map_uuid", &self.redaction_id);
        for (index, slot) in self.slots.iter().enumerate() {
            w.count32("slot_ordinal", index + 1);
            w.u8("direction", &slot.direction);
            w.u8("bind_flags", &slot.bind_flags);
            w.u8("name_state", &slot.name_state);
            w.u8("value_format", &slot.value_format);
            w.type_ref("type_ref", &slot.type_ref);
            w.i64("requested_size", &slot.requested_size);
            w.ntext("name", &slot.name);
        }
        for (index, row) in self.rows.iter().enumerate() {
            if row.len() != self.slots.len() {
                w.fail(EncodeError::Values {
                    message: "BIND",
                    announced: self.slots.len(),
                    written: row.len(),
                });
            }
            w.count32("row_ordinal", index + 1);
            w.count32("value_count", row.len());
            for cell in row {
                cell.write(w);
            }
        }
    }
}

codec!(strict ArrayBind = "BIND");

/// Appends the payload of an array BIND of text values, types unknown: `rows` are the values of each row, `None` for NULL.
///
/// # Errors
/// A row without exactly `slots` values, or more rows than the protocol counts.
pub fn encode_array_bind<'a, R>(
    out: &mut BytesMut,
    slots: usize,
    rows: impl Iterator<Item = R>,
) -> Result<(), EncodeError>
where
    R: Iterator<Item = Option<&'a [u8]>>,
{
    let start = out.len();
    let empty = ArrayBind {
        slots: vec![ArraySlot::default(); slots],
        ..ArrayBind::default()
    };
    empty.encode(out)?;
    let mut count: u32 = 0;
    for row in rows {
        count = count.saturating_add(1);
        out.put_u32_le(count);
        out.put_u32_le(slots as u32);
        let mut written = 0;
        for value in row {
            written += 1;
            out.put_u32_le(written);
            out.put_u8(u8::from(value.is_none()));
            out.put_u8(cell_encoding::TEXT);
            out.put_u16_le(0);
            let value = value.unwrap_or_default();
            out.put_u64_le(value.len() as u64);
            out.put_slice(value);
        }
        if written as usize != slots {
            return Err(EncodeError::Values {
                message: "BIND",
                announced: slots,
                written: written as usize,
            });
        }
    }
    out[start + ROW_COUNT_AT..start + ROW_COUNT_AT + 4].copy_from_slice(&count.to_le_bytes());
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_written_straight_away_are_the_same_message() {
        let rows: [[Option<&[u8]>; 2]; 3] = [
            [Some(b"1"), Some(b"one")],
            [Some(b"2"), None],
            [Some(b""), Some(b"\0")],
        ];
        let mut out = BytesMut::new();
        encode_array_bind(&mut out, 2, rows.iter().map(|row| row.iter().copied())).unwrap();
        let cell = |index: usize, value: &Option<&[u8]>| {
            let value = value.map(Bytes::copy_from_slice);
            ArrayCell::new(index as u32, cell_encoding::TEXT, value)
        };
        let expected = ArrayBind {
            slots: vec![ArraySlot::default(); 2],
            rows: rows
                .iter()
                .map(|row| row.iter().enumerate().map(|(at, v)| cell(at, v)).collect())
                .collect(),
            ..ArrayBind::default()
        };
        assert_eq!(ArrayBind::decode(&out), Ok(expected));
    }

    #[test]
    fn a_row_of_another_width_is_refused() {
        let rows: [[Option<&[u8]>; 1]; 1] = [[None]];
        let rows = rows.iter().map(|row| row.iter().copied());
        assert!(encode_array_bind(&mut BytesMut::new(), 2, rows).is_err());
    }
}
