//! uuid: 16 bytes in textual order.

use super::bytea::hex_digit;
use super::{fixed, TypeError};

const NAME: &str = "uuid";

/// Reads the canonical form, in braces or without dashes too, in any case.
#[inline]
pub fn parse_uuid(text: &[u8]) -> Result<[u8; 16], TypeError> {
    let text = match text {
        [b'{', inner @ .., b'}'] => inner,
        text => text,
    };
    let mut out = [0; 16];
    let dashed = match text.len() {
        36 => true,
        32 => false,
        _ => return Err(wrong()),
    };
    let mut digits = text;
    for (i, byte) in out.iter_mut().enumerate() {
        if dashed && matches!(i, 4 | 6 | 8 | 10) {
            let [b'-', rest @ ..] = digits else {
                return Err(wrong());
            };
            digits = rest;
        }
        let [high, low, rest @ ..] = digits else {
            return Err(wrong());
        };
        match (hex_digit(*high), hex_digit(*low)) {
            (Some(high), Some(low)) => *byte = high << 4 | low,
            _ => return Err(wrong()),
        }
        digits = rest;
    }
    Ok(out)
}

#[cold]
fn wrong() -> TypeError {
    TypeError::invalid(NAME, "not 32 hexadecimal digits")
}

/// Appends the canonical form.
pub fn format_uuid(uuid: &[u8; 16], out: &mut Vec<u8>) {
    for (i, byte) in uuid.iter().enumerate() {
        if matches!(i, 4 | 6 | 8 | 10) {
            out.push(b'-');
        }
        super::bytea::encode_hex(std::slice::from_ref(byte), out);
    }
}

#[inline]
pub fn decode_uuid(bytes: &[u8]) -> Result<[u8; 16], TypeError> {
    fixed(NAME, bytes)
}

#[inline]
pub fn encode_uuid(uuid: &[u8; 16], out: &mut Vec<u8>) {
    out.extend_from_slice(uuid);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms() {
        let canonical = b"550e8400-e29b-41d4-a716-446655440000";
        let uuid = parse_uuid(canonical).unwrap();
        assert_eq!(
            parse_uuid(b"{550E8400-E29B-41D4-A716-446655440000}"),
            Ok(uuid)
        );
        assert_eq!(parse_uuid(b"550e8400e29b41d4a716446655440000"), Ok(uuid));
        let mut out = Vec::new();
        format_uuid(&uuid, &mut out);
        assert_eq!(out, canonical);
        for wrong in [
            &b""[..],
            b"{}",
            b"550e8400-e29b-41d4-a716-44665544000",
            b"550e8400-e29b-41d4-a716-44665544000g",
            b"550e8400e-29b-41d4-a716-446655440000",
            b"550e8400e29b41d4a716446655440000----",
        ] {
            assert!(parse_uuid(wrong).is_err(), "{wrong:?}");
        }
    }
}
