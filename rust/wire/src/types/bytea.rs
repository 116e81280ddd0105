//! bytea: raw bytes in binary, hexadecimal (or octal escapes) in text. Also the crate's hex routines.

use super::TypeError;

const NAME: &str = "bytea";

/// Reads `\xHEX`, `0xHEX`, bare hexadecimal of even length, or text with octal escapes.
pub fn parse_bytea(text: &[u8], out: &mut Vec<u8>) -> Result<(), TypeError> {
    if let [b'\\' | b'0', b'x' | b'X', hex @ ..] = text {
        return decode_hex(NAME, hex, out);
    }
    let bare_hex = text.len().is_multiple_of(2) && text.iter().all(u8::is_ascii_hexdigit);
    if bare_hex {
        return decode_hex(NAME, text, out);
    }
    parse_escaped(text, out)
}

/// `\\` is a backslash, `\ooo` a byte, anything else itself.
fn parse_escaped(mut text: &[u8], out: &mut Vec<u8>) -> Result<(), TypeError> {
    let start = out.len();
    while let Some(at) = memchr::memchr(b'\\', text) {
        let (plain, escape) = text.split_at(at);
        out.extend_from_slice(plain);
        match escape {
            [_, b'\\', rest @ ..] => {
                out.push(b'\\');
                text = rest;
            }
            [_, a @ b'0'..=b'3', b @ b'0'..=b'7', c @ b'0'..=b'7', rest @ ..] => {
                out.push((a - b'0') << 6 | (b - b'0') << 3 | (c - b'0'));
                text = rest;
            }
            _ => {
                out.truncate(start);
                return Err(TypeError::invalid(NAME, "wrong escape"));
            }
        }
    }
    out.extend_from_slice(text);
    Ok(())
}

/// Appends `\x` and hexadecimal.
pub fn format_bytea(bytes: &[u8], out: &mut Vec<u8>) {
    out.reserve(2 + bytes.len() * 2);
    out.extend_from_slice(b"\\x");
    encode_hex(bytes, out);
}

/// Appends the bytes in lower-case hexadecimal.
pub fn encode_hex(bytes: &[u8], out: &mut Vec<u8>) {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    out.extend(
        bytes
            .iter()
            .flat_map(|&b| [DIGITS[usize::from(b >> 4)], DIGITS[usize::from(b & 0x0f)]]),
    );
}

/// 0xff for what is no hex digit.
const HEX_VALUE: [u8; 256] = {
    let mut table = [0xff; 256];
    let mut i = 0;
    while i < 16 {
        table[b"0123456789abcdef"[i] as usize] = i as u8;
        table[b"0123456789ABCDEF"[i] as usize] = i as u8;
        i += 1;
    }
    table
};

/// The value of a hex digit, 0xff for what is none.
#[inline]
pub(crate) fn hex_value(byte: u8) -> u8 {
    HEX_VALUE[usize::from(byte)]
}

/// The value of a hex digit.
#[inline]
pub(crate) fn hex_digit(byte: u8) -> Option<u8> {
    match HEX_VALUE[usize::from(byte)] {
        0xff => None,
        value => Some(value),
    }
}

/// Appends the bytes that pairs of hex digits stand for.
pub fn decode_hex(type_name: &'static str, hex: &[u8], out: &mut Vec<u8>) -> Result<(), TypeError> {
    let start = out.len();
    out.resize(start + hex.len() / 2, 0);
    let result = match out.get_mut(start..) {
        Some(room) => fill_from_hex(type_name, hex, room),
        None => Ok(()),
    };
    if result.is_err() {
        out.truncate(start);
    }
    result
}

/// Fills `out`, half as long as `hex`, with the bytes of a bytea in hexadecimal (without its `\x`).
pub fn decode_hex_into(hex: &[u8], out: &mut [u8]) -> Result<(), TypeError> {
    fill_from_hex(NAME, hex, out)
}

fn fill_from_hex(type_name: &'static str, hex: &[u8], out: &mut [u8]) -> Result<(), TypeError> {
    let pairs = hex.chunks_exact(2);
    let mut bad = u8::from(!pairs.remainder().is_empty() || out.len() != hex.len() / 2);
    for (byte, pair) in out.iter_mut().zip(pairs) {
        if let [high, low] = pair {
            let (high, low) = (HEX_VALUE[usize::from(*high)], HEX_VALUE[usize::from(*low)]);
            bad |= (high | low) & 0xf0;
            *byte = high << 4 | (low & 0x0f);
        }
    }
    if bad == 0 {
        Ok(())
    } else {
        Err(TypeError::invalid(type_name, "wrong hexadecimal"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &[u8]) -> Result<Vec<u8>, TypeError> {
        let mut out = Vec::new();
        parse_bytea(text, &mut out).map(|()| out)
    }

    #[test]
    fn every_text_form() {
        assert_eq!(parse(b"\\xDEad"), Ok(vec![0xde, 0xad]));
        assert_eq!(parse(b"0xdead"), Ok(vec![0xde, 0xad]));
        assert_eq!(parse(b"dead"), Ok(vec![0xde, 0xad]));
        assert_eq!(parse(b""), Ok(vec![]));
        assert_eq!(parse(b"\\x"), Ok(vec![]));
        assert_eq!(parse(b"a\\001\\\\\\377"), Ok(vec![b'a', 1, b'\\', 255]));
        assert_eq!(parse(b"dea"), Ok(b"dea".to_vec()));
        assert_eq!(parse(b"\xff\xfe\xfd"), Ok(vec![0xff, 0xfe, 0xfd]));
    }

    #[test]
    fn wrong_text() {
        for text in [
            &b"\\xd"[..],
            b"\\xzz",
            b"0xg0",
            b"a\\",
            b"a\\9",
            b"a\\400",
            b"a\\12",
        ] {
            assert!(parse(text).is_err(), "{text:?}");
        }
        let mut out = b"kept".to_vec();
        assert!(parse_bytea(b"ab\\", &mut out).is_err());
        assert_eq!(out, b"kept");
    }
}
