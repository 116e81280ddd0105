//! Integers: int2, int4, int8, int128 and the unsigned oid family. Digits in text, fixed width in binary.

use super::{fixed, TypeError};

macro_rules! integer {
    ($ty:ty, $safe:literal, $name:literal, $parse:ident, $format:ident, $decode:ident, $encode:ident) => {
        /// Reads an optional sign and digits.
        #[inline]
        pub fn $parse(text: &[u8]) -> Result<$ty, TypeError> {
            let (negative, digits) = split_sign(text);
            if digits.is_empty() {
                return Err(TypeError::invalid($name, "no digits"));
            }
            // As many digits as fit whatever they are need no check for overflow.
            if digits.len() < $safe {
                let mut value: $ty = 0;
                let mut wrong = false;
                for &byte in digits {
                    let digit = byte.wrapping_sub(b'0');
                    wrong |= digit > 9;
                    value = value.wrapping_mul(10).wrapping_add(<$ty>::from(digit));
                }
                if wrong {
                    return Err(TypeError::invalid($name, "not a digit"));
                }
                if !negative {
                    return Ok(value);
                }
                // An unsigned type has no other negative numeral than -0.
                return match <$ty>::default().checked_sub(value) {
                    Some(value) => Ok(value),
                    None => Err(TypeError::range($name, "negative")),
                };
            }
            let mut value: $ty = 0;
            let mut overflow = false;
            for &byte in digits {
                let digit = byte.wrapping_sub(b'0');
                if digit > 9 {
                    return Err(TypeError::invalid($name, "not a digit"));
                }
                let (shifted, over) = value.overflowing_mul(10);
                // Counting down for negatives reaches the minimum, which has no positive counterpart.
                let (sum, over_too) = if negative {
                    shifted.overflowing_sub(<$ty>::from(digit))
                } else {
                    shifted.overflowing_add(<$ty>::from(digit))
                };
                overflow |= over | over_too;
                value = sum;
            }
            if overflow {
                return Err(TypeError::range($name, "too many digits"));
            }
            Ok(value)
        }

        /// Appends the digits.
        #[inline]
        pub fn $format(value: $ty, out: &mut Vec<u8>) {
            out.extend_from_slice(itoa::Buffer::new().format(value).as_bytes());
        }

        /// Reads the fixed-width little-endian form.
        #[inline]
        pub fn $decode(bytes: &[u8]) -> Result<$ty, TypeError> {
            fixed($name, bytes).map(<$ty>::from_le_bytes)
        }

        /// Appends the fixed-width little-endian form.
        #[inline]
        pub fn $encode(value: $ty, out: &mut Vec<u8>) {
            out.extend_from_slice(&value.to_le_bytes());
        }
    };
}

integer!(i16, 5, "int2", parse_i16, format_i16, decode_i16, encode_i16);
integer!(i32, 10, "int4", parse_i32, format_i32, decode_i32, encode_i32);
integer!(i64, 19, "int8", parse_i64, format_i64, decode_i64, encode_i64);
integer!(
    i128,
    39,
    "int128",
    parse_i128,
    format_i128,
    decode_i128,
    encode_i128
);
integer!(u32, 10, "oid", parse_u32, format_u32, decode_u32, encode_u32);

#[inline]
fn split_sign(text: &[u8]) -> (bool, &[u8]) {
    match text {
        [b'-', digits @ ..] => (true, digits),
        [b'+', digits @ ..] => (false, digits),
        digits => (false, digits),
    }
}

/// Whether the text is an optional sign and at least one digit: an integer of any size.
#[inline]
#[must_use]
pub fn is_integer(text: &[u8]) -> bool {
    let (_, digits) = split_sign(text);
    !digits.is_empty() && digits.iter().all(u8::is_ascii_digit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_and_beyond() {
        assert_eq!(parse_i64(b"-9223372036854775808"), Ok(i64::MIN));
        assert_eq!(parse_i64(b"9223372036854775807"), Ok(i64::MAX));
        assert!(parse_i64(b"9223372036854775808")
            .unwrap_err()
            .is_out_of_range());
        assert!(parse_i16(b"32768").unwrap_err().is_out_of_range());
        assert!(parse_i16(b"-99999999999").unwrap_err().is_out_of_range());
        assert_eq!(
            parse_i128(b"170141183460469231731687303715884105727"),
            Ok(i128::MAX)
        );
        assert_eq!(parse_u32(b"4294967295"), Ok(u32::MAX));
        assert!(parse_u32(b"-1").unwrap_err().is_out_of_range());
        assert_eq!(parse_i32(b"+007"), Ok(7));
    }

    #[test]
    fn what_is_not_an_integer() {
        for text in [
            "", "-", "+", "1.0", "1e3", " 1", "1 ", "0x1", "--1", "\u{663}",
        ] {
            let error = parse_i64(text.as_bytes()).unwrap_err();
            assert!(matches!(error, TypeError::Invalid { .. }), "{text}");
            assert!(!is_integer(text.as_bytes()));
        }
        assert!(is_integer(b"-12345678901234567890123456789"));
    }
}
