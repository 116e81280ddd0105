//! Where a packet ends, found while it is still arriving: a packet does not say its length.

use super::{CopyForm, CopyType, MESSAGE, NAMED_MAGIC, ROWSET_MAGIC};
use crate::message::error::{DecodeError, Reason};
use crate::message::reader::Reader;

/// Bytes of a packet that say which form it has.
const MAGIC_LEN: usize = 4;

/// Finds the end of the packet at the start of a buffer that grows.
#[derive(Debug, Default)]
pub struct PacketExtent {
    /// How far the packet has been understood.
    at: usize,
    form: Option<Form>,
}

#[derive(Debug)]
enum Form {
    Rowset { kinds: Vec<CopyType>, rows: u64 },
    Named { rows: u64 },
}

/// Turns "the bytes end here" into "more is needed".
fn unless_cut<T>(result: Result<T, DecodeError>) -> Result<Option<T>, DecodeError> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(DecodeError {
            reason: Reason::Truncated { .. },
            ..
        }) => Ok(None),
        Err(error) => Err(error),
    }
}

impl PacketExtent {
    /// The form of a packet by its first bytes; None while there are too few, or where it is no packet.
    pub fn form(buffer: &[u8]) -> Option<CopyForm> {
        let magic = buffer.get(..MAGIC_LEN)?;
        (magic == ROWSET_MAGIC || magic == NAMED_MAGIC).then(|| CopyForm::of(buffer))
    }

    /// True where the bytes so far may begin a packet.
    pub fn may_begin(buffer: &[u8]) -> bool {
        let magic = buffer.get(..MAGIC_LEN).unwrap_or(buffer);
        ROWSET_MAGIC.starts_with(magic) || NAMED_MAGIC.starts_with(magic)
    }

    /// The length of the packet once all of it is in `buffer`, which has only grown since the last call.
    ///
    /// # Errors
    /// Bytes that are no packet.
    pub fn advance(&mut self, buffer: &[u8]) -> Result<Option<usize>, DecodeError> {
        if self.form.is_none() {
            let mut r = Reader::new(MESSAGE, buffer);
            match unless_cut(head(&mut r))? {
                Some(form) => self.form = Some(form),
                None => return Ok(None),
            }
            self.at = r.offset();
        }
        loop {
            let mut r = Reader::new(MESSAGE, buffer.get(self.at..).unwrap_or_default());
            let row = match &mut self.form {
                Some(Form::Rowset { rows: 0, .. } | Form::Named { rows: 0 }) | None => {
                    return Ok(Some(self.at))
                }
                Some(Form::Rowset { kinds, rows }) => {
                    unless_cut(rowset_row(&mut r, kinds))?.map(|()| *rows -= 1)
                }
                Some(Form::Named { rows }) => unless_cut(named_row(&mut r))?.map(|()| *rows -= 1),
            };
            if row.is_none() {
                return Ok(None);
            }
            self.at += r.offset();
        }
    }
}

fn head(r: &mut Reader<'_>) -> Result<Form, DecodeError> {
    let magic = r.array::<MAGIC_LEN>("magic")?;
    if magic == NAMED_MAGIC {
        r.skip("version", 4)?;
        let rows = r.u32("row_count")?;
        return Ok(Form::Named {
            rows: u64::from(rows),
        });
    }
    if magic != ROWSET_MAGIC {
        let magic = i64::from(u32::from_le_bytes(magic));
        return Err(r.error_at("magic", 0, Reason::Invalid(magic)));
    }
    r.skip("version", 4)?;
    let rows = r.u64("row_count")?;
    let count = r.u32("column_count")?;
    if count == 0 {
        return Err(r.error("column_count", Reason::Invalid(0)));
    }
    let offset = r.offset();
    let bytes = r.take("column_type", u64::from(count))?;
    let kinds = bytes
        .iter()
        .map(|&byte| {
            CopyType::from_byte(byte)
                .ok_or_else(|| r.error_at("column_type", offset, Reason::Invalid(i64::from(byte))))
        })
        .collect::<Result<Vec<_>, _>>()?;
    for _ in &kinds {
        r.bytes32_ref("column_name")?;
    }
    Ok(Form::Rowset { kinds, rows })
}

fn rowset_row(r: &mut Reader<'_>, kinds: &[CopyType]) -> Result<(), DecodeError> {
    let bitmap = r.take("null_bitmap", kinds.len().div_ceil(8) as u64)?;
    for (index, kind) in kinds.iter().enumerate() {
        let byte = bitmap.get(index / 8).copied().unwrap_or(0);
        if byte >> (index % 8) & 1 == 1 {
            continue;
        }
        match kind {
            CopyType::Text | CopyType::Binary => drop(r.bytes32_ref("value")?),
            CopyType::Boolean => r.skip("value", 1)?,
            CopyType::Int32 => r.skip("value", 4)?,
            CopyType::Int64 | CopyType::UInt64 | CopyType::Real64 => r.skip("value", 8)?,
        }
    }
    Ok(())
}

fn named_row(r: &mut Reader<'_>) -> Result<(), DecodeError> {
    let fields = r.u32("field_count")?;
    for _ in 0..fields {
        r.bytes32_ref("name")?;
        r.skip("is_null", 1)?;
        r.bytes32_ref("value")?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::copy_packet::{CopyValue, RowsetWriter, SbcpWriter};
    use bytes::BytesMut;

    fn rowset() -> BytesMut {
        let mut out = BytesMut::new();
        let columns = [
            ("id", CopyType::Int64),
            ("t", CopyType::Text),
            ("ok", CopyType::Boolean),
            ("n", CopyType::Int32),
        ];
        let mut writer = RowsetWriter::new(&mut out, columns);
        writer.row([
            CopyValue::Int64(1),
            CopyValue::Text("SBNR"),
            CopyValue::Boolean(false),
            CopyValue::Int32(3),
        ]);
        writer.row([CopyValue::Null; 4]);
        writer.finish().unwrap();
        out
    }

    fn named() -> BytesMut {
        let mut out = BytesMut::new();
        let mut writer = SbcpWriter::new(&mut out);
        writer.row(&[("id", Some("9")), ("s", None)]);
        writer.row(&[]);
        writer.finish().unwrap();
        out
    }

    #[test]
    fn the_end_is_found_however_the_packet_arrives() {
        for packet in [rowset(), named()] {
            let mut stream = packet.to_vec();
            stream.extend_from_slice(b"SBNR and more");
            for step in [1, 3, 7, stream.len()] {
                let mut extent = PacketExtent::default();
                let mut end = step.min(stream.len());
                let found = loop {
                    if let Some(found) = extent.advance(&stream[..end]).unwrap() {
                        break found;
                    }
                    assert!(end < packet.len());
                    end = (end + step).min(stream.len());
                };
                assert_eq!(found, packet.len());
            }
        }
    }

    #[test]
    fn what_is_no_packet_is_refused() {
        assert!(PacketExtent::default().advance(b"id=1;s=x\n").is_err());
        assert!(PacketExtent::may_begin(b"SB"));
        assert!(!PacketExtent::may_begin(b"SBX"));
        assert_eq!(PacketExtent::form(b"SBC"), None);
        assert_eq!(PacketExtent::form(b"SBCP"), Some(CopyForm::Named));
        let mut odd = rowset();
        odd[20] = 99;
        assert!(PacketExtent::default().advance(&odd).is_err());
    }

    #[test]
    fn a_promised_count_reserves_nothing() {
        let mut packet = rowset();
        packet[16..20].copy_from_slice(&u32::MAX.to_le_bytes());
        assert_eq!(PacketExtent::default().advance(&packet), Ok(None));
    }
}
