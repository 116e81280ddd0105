//! boolean: one byte in binary, a word in text.

use super::{fixed, TypeError};

const NAME: &str = "boolean";

/// Reads `true`, `t`, `yes`, `y`, `on`, `1` and their opposites, in any case.
#[inline]
pub fn parse_bool(text: &[u8]) -> Result<bool, TypeError> {
    const TRUE: [&[u8]; 4] = [b"true", b"yes", b"y", b"on"];
    const FALSE: [&[u8]; 4] = [b"false", b"no", b"n", b"off"];
    match text {
        [b't' | b'T' | b'1'] => Ok(true),
        [b'f' | b'F' | b'0'] => Ok(false),
        _ if TRUE.iter().any(|word| text.eq_ignore_ascii_case(word)) => Ok(true),
        _ if FALSE.iter().any(|word| text.eq_ignore_ascii_case(word)) => Ok(false),
        _ => Err(TypeError::invalid(NAME, "neither true nor false")),
    }
}

/// Appends `true` or `false`.
#[inline]
pub fn format_bool(value: bool, out: &mut Vec<u8>) {
    out.extend_from_slice(if value { b"true" } else { b"false" });
}

/// Reads one byte; any but zero is true.
#[inline]
pub fn decode_bool(bytes: &[u8]) -> Result<bool, TypeError> {
    fixed::<1>(NAME, bytes).map(|[b]| b != 0)
}

/// Appends one byte.
#[inline]
pub fn encode_bool(value: bool, out: &mut Vec<u8>) {
    out.push(u8::from(value));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_in_any_case() {
        for word in ["true", "TRUE", "t", "T", "1", "yes", "Yes", "y", "on"] {
            assert_eq!(parse_bool(word.as_bytes()), Ok(true), "{word}");
        }
        for word in ["false", "FALSE", "f", "F", "0", "no", "NO", "n", "off"] {
            assert_eq!(parse_bool(word.as_bytes()), Ok(false), "{word}");
        }
        for word in ["", "2", "tr", "truee", "-1"] {
            assert!(parse_bool(word.as_bytes()).is_err(), "{word}");
        }
    }
}
