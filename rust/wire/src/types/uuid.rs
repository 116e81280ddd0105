//! uuid: 16 bytes in textual order.

use super::bytea::hex_value;
use super::{fixed, TypeError};

const NAME: &str = "uuid";

/// Where the pairs of digits are in the canonical form.
const PAIRS: [usize; 16] = [0, 2, 4, 6, 9, 11, 14, 16, 19, 21, 24, 26, 28, 30, 32, 34];

/// Reads the canonical form, in braces or without dashes too, in any case.
#[inline]
pub fn parse_uuid(text: &[u8]) -> Result<[u8; 16], TypeError> {
    let text = match text {
        [b'{', inner @ .., b'}'] => inner,
        text => text,
    };
    let mut out = [0; 16];
    // Wrong digits show in the high half of what they are looked up as.
    let mut wrong_digits = 0;
    match <&[u8; 36]>::try_from(text) {
        Ok(text) => {
            for (byte, at) in out.iter_mut().zip(PAIRS) {
                let (high, low) = (hex_value(text[at]), hex_value(text[at + 1]));
                wrong_digits |= high | low;
                *byte = high << 4 | (low & 0x0f);
            }
            let dashes = [text[8], text[13], text[18], text[23]];
            if dashes != [b'-'; 4] {
                return Err(wrong());
            }
        }
        Err(_) => {
            let text = <&[u8; 32]>::try_from(text).map_err(|_| wrong())?;
            for (byte, pair) in out.iter_mut().zip(text.chunks_exact(2)) {
                let (high, low) = (hex_value(pair[0]), hex_value(pair[1]));
                wrong_digits |= high | low;
                *byte = high << 4 | (low & 0x0f);
            }
        }
    }
    if wrong_digits > 0x0f {
        return Err(wrong());
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
