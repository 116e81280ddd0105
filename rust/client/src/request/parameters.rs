//! The values of a statement, encoded as BIND wants them.
//!
//! Must not know: statements, frames.

use bytes::{BufMut, BytesMut};
use sbwp::types::oid;

use crate::error::Error;

/// Encoded values of one execution, in the order of the placeholders.
#[derive(Debug, Default)]
pub struct Parameters {
    oids: Vec<u32>,
    /// Per value: `i32 length` (−1 is NULL) and the bytes, as BIND wants them.
    values: BytesMut,
}

impl Parameters {
    /// No value yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// The number of values.
    pub fn len(&self) -> usize {
        self.oids.len()
    }

    /// The encoded length in bytes.
    pub(crate) fn encoded_len(&self) -> usize {
        self.values.len() + 4 * self.oids.len()
    }

    /// The values as BIND wants them.
    pub(super) fn encoded(&self) -> &[u8] {
        &self.values
    }

    /// The types of the values.
    pub fn oids(&self) -> &[u32] {
        &self.oids
    }

    /// True when there is no value.
    pub fn is_empty(&self) -> bool {
        self.oids.is_empty()
    }

    /// The type and the bytes of each value, `None` for NULL.
    pub fn iter(&self) -> impl Iterator<Item = (u32, Option<&[u8]>)> + '_ {
        let mut rest: &[u8] = &self.values;
        self.oids.iter().map(move |oid| {
            let (length, after) = rest.split_at_checked(4).unwrap_or((rest, &[]));
            let length = length.try_into().map_or(-1, i32::from_le_bytes);
            let value = usize::try_from(length)
                .ok()
                .and_then(|length| after.split_at_checked(length));
            rest = value.map_or(after, |(_, after)| after);
            (*oid, value.map(|(value, _)| value))
        })
    }

    /// True when these values can be bound to a statement prepared for `oids`.
    pub(super) fn fit(&self, oids: &[u32]) -> bool {
        self.oids.len() == oids.len()
            && self
                .oids
                .iter()
                .zip(oids)
                .all(|(own, prepared)| *own == 0 || own == prepared)
    }

    /// Whether the type of the value at `position` is one of these.
    pub fn is_one_of(&self, position: usize, types: &[u32]) -> bool {
        let own = self.oids.get(position);
        own.is_some_and(|own| types.contains(own))
    }

    /// Gives the value at `position` another type. Its text stays.
    ///
    /// # Errors
    /// `Data` for a text that is no number or boolean of a type of these: servers may take them for what they are not.
    pub fn retype(&mut self, position: usize, oid: u32) -> Result<(), Error> {
        if let Some((own, Some(text))) = self.iter().nth(position) {
            if is_bare(oid) && !(is_bare(own) && own != oid::BOOL) && !is_bare_text(oid, text) {
                return Err(Error::data(format!(
                    "parameter {}: the value cannot be sent as the type {oid} of setinputsizes",
                    position + 1
                )));
            }
        }
        if let Some(own) = self.oids.get_mut(position) {
            *own = oid;
        }
        Ok(())
    }

    /// Appends NULL.
    pub fn push_null(&mut self, oid: u32) {
        self.oids.push(oid);
        self.values.put_i32_le(-1);
    }

    /// Appends a value in text form, written by `write`.
    pub fn push_text(
        &mut self,
        oid: u32,
        write: impl FnOnce(&mut BytesMut) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let at = self.values.len();
        self.values.put_i32_le(0);
        write(&mut self.values)?;
        let length = self.values.len() - at - 4;
        let length = i32::try_from(length)
            .map_err(|_| Error::data("a parameter value is longer than 2 GiB"))?;
        self.values[at..at + 4].copy_from_slice(&length.to_le_bytes());
        self.oids.push(oid);
        Ok(())
    }
}

/// Types whose text a server may paste into the statement without quotes (SBWP 3.3.4).
pub(crate) fn is_bare(oid: u32) -> bool {
    matches!(
        oid,
        oid::BOOL | oid::INT2 | oid::INT4 | oid::INT8 | oid::FLOAT4 | oid::FLOAT8 | oid::NUMERIC
    )
}

/// Whether a text is a plain boolean or number, which is safe without quotes.
pub(crate) fn is_bare_text(oid: u32, text: &[u8]) -> bool {
    if oid == oid::BOOL {
        return text.eq_ignore_ascii_case(b"true") || text.eq_ignore_ascii_case(b"false");
    }
    let digits = |text: &[u8]| !text.is_empty() && text.iter().all(u8::is_ascii_digit);
    let unsigned = |text: &[u8]| {
        let rest = text.strip_prefix(b"-").or_else(|| text.strip_prefix(b"+"));
        rest.unwrap_or(text).to_vec()
    };
    let (mantissa, exponent) = match text.iter().position(|byte| matches!(byte, b'e' | b'E')) {
        Some(at) => (&text[..at], Some(&text[at + 1..])),
        None => (text, None),
    };
    let mantissa = unsigned(mantissa);
    let whole = match mantissa.iter().position(|byte| *byte == b'.') {
        Some(at) => digits(&mantissa[..at]) && digits(&mantissa[at + 1..]),
        None => digits(&mantissa),
    };
    whole && exponent.is_none_or(|exponent| digits(&unsigned(exponent)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_are_read_back_as_they_were_given() {
        let mut parameters = Parameters::new();
        let text = |bytes: &'static [u8]| {
            move |out: &mut BytesMut| {
                out.put_slice(bytes);
                Ok(())
            }
        };
        parameters.push_text(25, text(b"one")).unwrap();
        parameters.push_null(20);
        parameters.push_text(25, text(b"")).unwrap();
        parameters.push_text(1700, text(b"-4.5")).unwrap();
        let read: Vec<_> = parameters.iter().collect();
        assert_eq!(
            read,
            [
                (25, Some(&b"one"[..])),
                (20, None),
                (25, Some(&b""[..])),
                (1700, Some(&b"-4.5"[..]))
            ]
        );
    }

    #[test]
    fn a_text_becomes_a_number_only_if_it_is_one() {
        let retyped = |text: &'static [u8], oid| {
            let mut parameters = Parameters::new();
            let write = |out: &mut BytesMut| {
                out.put_slice(text);
                Ok(())
            };
            parameters.push_text(oid::TEXT, write).unwrap();
            parameters.retype(0, oid)
        };
        for text in [&b"1"[..], b"-1", b"+1.50", b"1e5", b"-1.5E-10"] {
            retyped(text, oid::NUMERIC).unwrap();
        }
        for text in [
            &b""[..],
            b"-",
            b"1.",
            b".5",
            b"1e",
            b"1 or 1=1",
            b"0x1",
            b"1;2",
            b"true",
        ] {
            retyped(text, oid::INT4).unwrap_err();
        }
        retyped(b"TRUE", oid::BOOL).unwrap();
        retyped(b"1", oid::BOOL).unwrap_err();
        retyped(b"anything", oid::VARCHAR).unwrap();
    }
}
