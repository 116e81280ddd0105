//! record: `(1,"a b",)` in text; count, OIDs and sized fields in binary (SBWP 5.3).
//!
//! Splits a record into fields and puts it together again; what a field's bytes mean is the caller's.

use std::borrow::Cow;

use super::array::take_quoted;
use super::{Oid, TypeError, Value};

const NAME: &str = "record";

/// One field of a record. Text carries no types: fields read from it have OID 0.
#[derive(Debug, Clone, PartialEq)]
pub struct Field {
    pub oid: Oid,
    pub value: Option<Value>,
}

/// A record.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Composite {
    pub fields: Vec<Field>,
}

/// Reads `(a,"b c",)` field by field; an empty field is NULL, `""` the empty string.
///
/// `()` is taken as a record without fields; one NULL field looks the same.
pub fn parse_composite(text: &[u8]) -> Result<Vec<Option<Cow<'_, [u8]>>>, TypeError> {
    let wrong = || TypeError::invalid(NAME, "not a record");
    let [b'(', body @ ..] = text.trim_ascii() else {
        return Err(wrong());
    };
    if body == b")" {
        return Ok(Vec::new());
    }
    let mut fields = Vec::new();
    let mut rest = body;
    loop {
        let (field, tail) = take_field(rest).ok_or_else(wrong)?;
        fields.push(field);
        match tail {
            [b',', tail @ ..] => rest = tail,
            b")" => return Ok(fields),
            _ => return Err(wrong()),
        }
    }
}

#[allow(clippy::type_complexity)]
fn take_field(text: &[u8]) -> Option<(Option<Cow<'_, [u8]>>, &[u8])> {
    let mut rest = text;
    let mut field: Option<Cow<'_, [u8]>> = None;
    loop {
        let piece = match rest {
            [b',' | b')', ..] => return Some((field, rest)),
            [] | [b'(', ..] => return None,
            [b'"', body @ ..] => {
                let (piece, tail) = take_quoted(body, true)?;
                rest = tail;
                piece
            }
            [b'\\', tail @ ..] => {
                let (byte, tail) = tail.split_at_checked(1)?;
                rest = tail;
                Cow::Borrowed(byte)
            }
            _ => {
                let end = rest
                    .iter()
                    .position(|b| b",()\"\\".contains(b))
                    .unwrap_or(rest.len());
                let (piece, tail) = rest.split_at(end);
                rest = tail;
                Cow::Borrowed(piece)
            }
        };
        field = Some(match field {
            None => piece,
            Some(before) => Cow::Owned([before, piece].concat()),
        });
    }
}

/// Appends one field's text, quoted where it has to be. The parentheses and commas are the caller's.
pub fn write_field(field: &[u8], out: &mut Vec<u8>) {
    let special = |b: &u8| b",()\"\\".contains(b) || b.is_ascii_whitespace() || *b == 0x0b;
    if !field.is_empty() && !field.iter().any(special) {
        out.extend_from_slice(field);
        return;
    }
    out.push(b'"');
    for &byte in field {
        if matches!(byte, b'"' | b'\\') {
            out.push(byte);
        }
        out.push(byte);
    }
    out.push(b'"');
}

/// A field of a binary record: its type, and its bytes unless NULL.
pub type RawField<'a> = (Oid, Option<&'a [u8]>);

/// Reads count, OIDs and sized fields.
pub fn decode_composite(bytes: &[u8]) -> Result<Vec<RawField<'_>>, TypeError> {
    let wrong = || TypeError::invalid(NAME, "cut off");
    let (count, mut rest) = bytes.split_first_chunk::<4>().ok_or_else(wrong)?;
    let count = usize::try_from(i32::from_le_bytes(*count)).map_err(|_| wrong())?;
    // A field takes at least eight bytes: no allocation follows an invented count.
    if count > rest.len() / 8 {
        return Err(wrong());
    }
    let mut fields = Vec::with_capacity(count);
    for _ in 0..count {
        let (oid, tail) = rest.split_first_chunk::<4>().ok_or_else(wrong)?;
        let (length, tail) = tail.split_first_chunk::<4>().ok_or_else(wrong)?;
        let (value, tail) = match i32::from_le_bytes(*length) {
            -1 => (None, tail),
            length => {
                let length = usize::try_from(length).map_err(|_| wrong())?;
                let (value, tail) = tail.split_at_checked(length).ok_or_else(wrong)?;
                (Some(value), tail)
            }
        };
        fields.push((u32::from_le_bytes(*oid), value));
        rest = tail;
    }
    if rest.is_empty() {
        Ok(fields)
    } else {
        Err(TypeError::invalid(NAME, "bytes after the fields"))
    }
}

/// Appends the count of a binary record; its fields follow by [`encode_field`].
pub fn encode_count(count: usize, out: &mut Vec<u8>) -> Result<(), TypeError> {
    let count = i32::try_from(count).map_err(|_| TypeError::range(NAME, "too many fields"))?;
    out.extend_from_slice(&count.to_le_bytes());
    Ok(())
}

/// Appends one field of a binary record; `value` writes its binary form.
pub fn encode_field(
    oid: Oid,
    value: Option<impl FnOnce(&mut Vec<u8>) -> Result<(), TypeError>>,
    out: &mut Vec<u8>,
) -> Result<(), TypeError> {
    out.extend_from_slice(&oid.to_le_bytes());
    match value {
        None => {
            out.extend_from_slice(&(-1i32).to_le_bytes());
            Ok(())
        }
        Some(value) => super::text::encode_lp_with(NAME, out, value),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(text: &str) -> Option<Vec<Option<String>>> {
        let fields = parse_composite(text.as_bytes()).ok()?;
        let string = |b: Cow<'_, [u8]>| String::from_utf8(b.into_owned()).unwrap();
        Some(fields.into_iter().map(|f| f.map(string)).collect())
    }

    #[test]
    fn texts() {
        let some = |s: &str| Some(s.to_owned());
        assert_eq!(
            fields("(1,\"a b\",)"),
            Some(vec![some("1"), some("a b"), None])
        );
        assert_eq!(fields("()"), Some(vec![]));
        assert_eq!(fields("(\"\")"), Some(vec![some("")]));
        assert_eq!(fields("(,)"), Some(vec![None, None]));
        assert_eq!(fields("(\"(1,\"\"x\"\")\")"), Some(vec![some("(1,\"x\")")]));
        assert_eq!(fields("(a\\,b)"), Some(vec![some("a,b")]));
        for wrong in [
            "", "(", "(1", "1)", "(1))", "(1)x", "(\"1)", "((1))", "(1\\",
        ] {
            assert!(fields(wrong).is_none(), "{wrong}");
        }
    }

    #[test]
    fn counts_are_not_trusted() {
        assert!(decode_composite(b"\xff\xff\xff\x7f").is_err());
        assert!(decode_composite(b"\xff\xff\xff\xff").is_err());
        assert!(decode_composite(b"\0\0\0\0").unwrap().is_empty());
        assert!(decode_composite(b"\0\0\0\0\0").is_err());
        assert!(decode_composite(b"\x01\0\0\0\x17\0\0\0\xfe\xff\xff\xff").is_err());
    }
}
