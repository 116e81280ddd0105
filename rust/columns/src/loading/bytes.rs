//! Columns of text and of bytes.

use arrow_array::cast::AsArray;
use arrow_array::{Array, ArrayRef, FixedSizeBinaryArray};
use arrow_schema::DataType;
use sbwp::message::copy_packet::{CopyType, CopyValue};
use sbwp::types::{bytea, oid, uuid};

use super::misfit::Refused;
use super::{Cells, Target};

/// Text into anything whose values are written as text. Numbers and truth values are not: a text among them is more
/// likely a column that should have been converted.
pub(super) fn texts(array: &ArrayRef, target: &Target) -> Result<Box<dyn Cells>, Refused> {
    let is_other = matches!(
        target.oid,
        oid::BOOL
            | oid::INT2
            | oid::INT4
            | oid::INT8
            | oid::FLOAT4
            | oid::FLOAT8
            | oid::OID
            | oid::BYTEA
    );
    if is_other || target.kind != CopyType::Text {
        return Err(Refused::types(
            array.data_type(),
            target.oid,
            "convert the column first",
        ));
    }
    let most = match target.oid {
        oid::VARCHAR | oid::BPCHAR => target.length.filter(|length| *length > 0),
        _ => None,
    };
    let array = array.clone();
    Ok(match array.data_type() {
        DataType::LargeUtf8 => Box::new(Texts {
            array: array.as_string::<i64>().clone(),
            read: |array, row| array.value(row),
            most,
        }),
        DataType::Utf8View => Box::new(Texts {
            array: array.as_string_view().clone(),
            read: |array, row| array.value(row),
            most,
        }),
        _ => Box::new(Texts {
            array: array.as_string::<i32>().clone(),
            read: |array, row| array.value(row),
            most,
        }),
    })
}

struct Texts<A> {
    array: A,
    read: for<'a> fn(&'a A, usize) -> &'a str,
    /// Characters that the column takes.
    most: Option<i64>,
}

impl<A> Texts<A> {
    #[inline]
    fn checked(&self, row: usize) -> Result<&str, Refused> {
        let text = (self.read)(&self.array, row);
        if text.as_bytes().contains(&0) {
            return Err(Refused {
                sqlstate: "22021",
                reason: "the text contains the character NUL, which no text in the database can"
                    .into(),
            });
        }
        match self.most {
            // Bytes are never fewer than characters.
            Some(most) if i64::try_from(text.len()).is_ok_and(|bytes| bytes > most) => {
                // Blanks beyond the limit are cut without harm.
                let got = text.trim_end_matches(' ').chars().count();
                match i64::try_from(got) {
                    Ok(count) if count <= most => Ok(text),
                    _ => Err(Refused::length(got, most)),
                }
            }
            _ => Ok(text),
        }
    }
}

impl<A: Send> Cells for Texts<A> {
    fn text(&self, row: usize, out: &mut Vec<u8>) -> Result<(), Refused> {
        out.extend_from_slice(self.checked(row)?.as_bytes());
        Ok(())
    }

    fn value<'a>(&'a self, row: usize, _: &'a mut Vec<u8>) -> Result<CopyValue<'a>, Refused> {
        self.checked(row).map(CopyValue::Text)
    }
}

/// Bytes into bytes, and sixteen of them into a UUID.
pub(super) fn binaries(array: &ArrayRef, target: &Target) -> Result<Box<dyn Cells>, Refused> {
    if target.oid == oid::UUID {
        if let DataType::FixedSizeBinary(16) = array.data_type() {
            return Ok(Box::new(Uuids(array.as_fixed_size_binary().clone())));
        }
        let advice = "sixteen bytes do, and text";
        return Err(Refused::types(array.data_type(), target.oid, advice));
    }
    if target.oid != oid::BYTEA {
        return Err(Refused::types(array.data_type(), target.oid, ""));
    }
    let raw = target.kind == CopyType::Binary;
    let array = array.clone();
    Ok(match array.data_type() {
        DataType::LargeBinary => Box::new(Bytes {
            array: array.as_binary::<i64>().clone(),
            read: |array, row| array.value(row),
            raw,
        }),
        DataType::BinaryView => Box::new(Bytes {
            array: array.as_binary_view().clone(),
            read: |array, row| array.value(row),
            raw,
        }),
        DataType::FixedSizeBinary(_) => Box::new(Bytes {
            array: array.as_fixed_size_binary().clone(),
            read: |array, row| array.value(row),
            raw,
        }),
        _ => Box::new(Bytes {
            array: array.as_binary::<i32>().clone(),
            read: |array, row| array.value(row),
            raw,
        }),
    })
}

struct Bytes<A> {
    array: A,
    read: for<'a> fn(&'a A, usize) -> &'a [u8],
    raw: bool,
}

impl<A: Send> Cells for Bytes<A> {
    fn text(&self, row: usize, out: &mut Vec<u8>) -> Result<(), Refused> {
        bytea::format_bytea((self.read)(&self.array, row), out);
        Ok(())
    }

    fn value<'a>(&'a self, row: usize, out: &'a mut Vec<u8>) -> Result<CopyValue<'a>, Refused> {
        if self.raw {
            return Ok(CopyValue::Binary((self.read)(&self.array, row)));
        }
        out.clear();
        self.text(row, out)?;
        let text = std::str::from_utf8(out);
        text.map(CopyValue::Text)
            .map_err(|_| Refused::representation("the text is not UTF-8"))
    }
}

struct Uuids(FixedSizeBinaryArray);

impl Cells for Uuids {
    fn text(&self, row: usize, out: &mut Vec<u8>) -> Result<(), Refused> {
        uuid::format_uuid(&uuid::decode_uuid(self.0.value(row))?, out);
        Ok(())
    }
}
