//! float4 and float8: IEEE in binary, the shortest text that reads back the same otherwise.
//!
//! Parsing has an exact fast path for ordinary numerals; it matters because vectors are made of them.

use super::{fixed, TypeError};

/// Powers of ten that f64 holds exactly.
const POW10: [f64; 23] = [
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16,
    1e17, 1e18, 1e19, 1e20, 1e21, 1e22,
];

/// Reads a decimal numeral, `NaN`, `inf` or `infinity` with a sign, in any case.
#[inline]
pub fn parse_f64(text: &[u8]) -> Result<f64, TypeError> {
    match take_simple(text) {
        Some((value, [])) => Ok(value),
        _ => slow("float8", text),
    }
}

/// As [`parse_f64`], correctly rounded to f32.
#[inline]
pub fn parse_f32(text: &[u8]) -> Result<f32, TypeError> {
    match take_simple(text) {
        Some((value, [])) => match narrow(value) {
            Some(value) => Ok(value),
            None => slow("float4", text),
        },
        _ => slow("float4", text),
    }
}

/// The f32 of a numeral that was read as f64, unless rounding twice may differ from rounding once: where
/// the f64 lies exactly between two f32s, or below their normal range.
#[inline]
pub(crate) fn narrow(value: f64) -> Option<f32> {
    let halfway = value.to_bits() & 0x1fff_ffff == 0x1000_0000;
    let magnitude = value.abs();
    if halfway || (magnitude < f64::from(f32::MIN_POSITIVE) && magnitude != 0.0) {
        return None;
    }
    #[allow(clippy::cast_possible_truncation)]
    Some(value as f32)
}

#[cold]
fn slow<T: std::str::FromStr>(name: &'static str, text: &[u8]) -> Result<T, TypeError> {
    std::str::from_utf8(text)
        .ok()
        .and_then(|text| text.parse().ok())
        .ok_or(TypeError::invalid(name, "not a number"))
}

/// Reads a numeral from the front whose digits and power of ten f64 holds exactly, so that one
/// multiplication or division is correctly rounded; and what follows it. None for all others.
#[inline]
pub(crate) fn take_simple(text: &[u8]) -> Option<(f64, &[u8])> {
    if let Some(found) = take_common(text) {
        return Some(found);
    }
    take_any_simple(text)
}

/// The numerals that vectors are made of: one digit, a point, up to 15 digits and no exponent, with more text behind.
/// Without branches on what differs from one to the next.
#[inline]
fn take_common(text: &[u8]) -> Option<(f64, &[u8])> {
    let negative = text.first() == Some(&b'-');
    let text = text.get(usize::from(negative)..)?;
    let (head, rest) = text.split_first_chunk::<2>()?;
    let whole = head[0].wrapping_sub(b'0');
    if whole > 9 || head[1] != b'.' {
        return None;
    }
    let chunk = u128::from_le_bytes(*rest.first_chunk::<16>()?);
    #[allow(clippy::cast_possible_truncation)]
    let (first, count) = leading_digits(chunk as u64);
    #[allow(clippy::cast_possible_truncation)]
    let (second, more) = leading_digits((chunk >> 64) as u64);
    // The second half counts where all of the first are digits.
    let more = if count == 8 { more } else { 0 };
    let second = if count == 8 { second } else { 0 };
    let digits = count + more;
    let tail = rest.get(digits..)?;
    if more == 8 || matches!(tail, [b'e' | b'E', ..]) {
        return None;
    }
    let whole = u64::from(whole)
        .wrapping_mul(*SHIFTS.get(count)?)
        .wrapping_add(first);
    let mantissa = whole.wrapping_mul(*SHIFTS.get(more)?).wrapping_add(second);
    if mantissa >= 1 << 53 {
        return None;
    }
    #[allow(clippy::cast_precision_loss)]
    let value = mantissa as f64 / POW10.get(digits)?;
    let sign = u64::from(negative) << 63;
    Some((f64::from_bits(value.to_bits() | sign), tail))
}

#[inline]
fn take_any_simple(text: &[u8]) -> Option<(f64, &[u8])> {
    let (negative, rest) = match text {
        [b'-', rest @ ..] => (true, rest),
        rest => (false, rest),
    };
    let start = rest.len();
    let (mantissa, mut rest) = take_digits(0, rest);
    let mut mantissa = mantissa;
    let mut digits = start - rest.len();
    let mut scale = 0;
    if let [b'.', fraction @ ..] = rest {
        let (with_fraction, tail) = take_digits(mantissa, fraction);
        let places = fraction.len() - tail.len();
        (mantissa, rest) = (with_fraction, tail);
        digits += places;
        scale = -i32::try_from(places).ok()?;
    }
    // 19 digits cannot have wrapped u64.
    if digits == 0 || digits > 19 || mantissa >= 1 << 53 {
        return None;
    }
    if let [b'e' | b'E', exponent @ ..] = rest {
        let (exponent, tail) = take_exponent(exponent)?;
        scale += exponent;
        rest = tail;
    }
    #[allow(clippy::cast_precision_loss)]
    let value = mantissa as f64;
    let power = *POW10.get(usize::try_from(scale.unsigned_abs()).ok()?)?;
    let value = if scale < 0 {
        value / power
    } else {
        value * power
    };
    Some((if negative { -value } else { value }, rest))
}

/// Powers of ten for up to eight digits.
const SHIFTS: [u64; 9] = [
    1,
    10,
    100,
    1_000,
    10_000,
    100_000,
    1_000_000,
    10_000_000,
    100_000_000,
];

/// Appends the digits at the front to a number, which wraps if they are too many.
#[inline]
fn take_digits(mut number: u64, mut rest: &[u8]) -> (u64, &[u8]) {
    while let Some(chunk) = rest.first_chunk::<8>() {
        let (value, count) = leading_digits(u64::from_le_bytes(*chunk));
        let (Some(shift), Some(tail)) = (SHIFTS.get(count), rest.get(count..)) else {
            break;
        };
        number = number.wrapping_mul(*shift).wrapping_add(value);
        rest = tail;
        if count < 8 {
            return (number, rest);
        }
    }
    while let [byte, tail @ ..] = rest {
        let digit = byte.wrapping_sub(b'0');
        if digit > 9 {
            break;
        }
        number = number.wrapping_mul(10).wrapping_add(u64::from(digit));
        rest = tail;
    }
    (number, rest)
}

/// The number that the ASCII digits at the front of eight bytes write, and how many they are, all at once.
#[inline]
fn leading_digits(text: u64) -> (u64, usize) {
    const HIGH: u64 = 0xf0f0_f0f0_f0f0_f0f0;
    const ZEROS: u64 = 0x3030_3030_3030_3030;
    // The first digit is in the lowest byte. Above the first byte that is none the sums may carry: only it counts.
    let above_nine = text.wrapping_add(0x0606_0606_0606_0606);
    let others = ((text & HIGH) ^ ZEROS) | ((above_nine & HIGH) ^ ZEROS);
    let count = (others.trailing_zeros() / 8) as usize;
    // As if zeros came before them. In two steps: all 64 places at once are none.
    let missing = 32 - 4 * count as u32;
    let digits = ((text ^ ZEROS) << missing) << missing;
    // Pairs of digits, then pairs of pairs, then both halves.
    let pairs = digits.wrapping_mul(10).wrapping_add(digits >> 8);
    let low = (pairs & 0x0000_00ff_0000_00ff).wrapping_mul(0x000f_4240_0000_0064);
    let high = ((pairs >> 16) & 0x0000_00ff_0000_00ff).wrapping_mul(0x0000_2710_0000_0001);
    (low.wrapping_add(high) >> 32, count)
}

#[inline]
fn take_exponent(text: &[u8]) -> Option<(i32, &[u8])> {
    let (negative, digits) = match text {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        rest => (false, rest),
    };
    let count = digits.iter().take_while(|b| b.is_ascii_digit()).count();
    if count == 0 || count > 3 {
        return None;
    }
    let (digits, rest) = digits.split_at(count);
    let value = digits
        .iter()
        .fold(0, |value, digit| value * 10 + i32::from(digit - b'0'));
    Some((if negative { -value } else { value }, rest))
}

/// Appends the shortest numeral that reads back as `value`; `NaN`, `Infinity`, `-Infinity`.
#[inline]
pub fn format_f64(value: f64, out: &mut Vec<u8>) {
    if value.is_finite() {
        out.extend_from_slice(ryu::Buffer::new().format_finite(value).as_bytes());
    } else {
        special(value.is_nan(), value.is_sign_negative(), out);
    }
}

/// As [`format_f64`], the shortest that reads back as an f32.
#[inline]
pub fn format_f32(value: f32, out: &mut Vec<u8>) {
    if value.is_finite() {
        out.extend_from_slice(ryu::Buffer::new().format_finite(value).as_bytes());
    } else {
        special(value.is_nan(), value.is_sign_negative(), out);
    }
}

fn special(nan: bool, negative: bool, out: &mut Vec<u8>) {
    out.extend_from_slice(match (nan, negative) {
        (true, _) => b"NaN",
        (false, false) => b"Infinity",
        (false, true) => b"-Infinity",
    });
}

#[inline]
pub fn decode_f64(bytes: &[u8]) -> Result<f64, TypeError> {
    fixed("float8", bytes).map(f64::from_le_bytes)
}

#[inline]
pub fn decode_f32(bytes: &[u8]) -> Result<f32, TypeError> {
    fixed("float4", bytes).map(f32::from_le_bytes)
}

#[inline]
pub fn encode_f64(value: f64, out: &mut Vec<u8>) {
    out.extend_from_slice(&value.to_le_bytes());
}

#[inline]
pub fn encode_f32(value: f32, out: &mut Vec<u8>) {
    out.extend_from_slice(&value.to_le_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(value: f64) -> String {
        let mut out = Vec::new();
        format_f64(value, &mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn edges() {
        assert_eq!(text(-0.0), "-0.0");
        assert!(parse_f64(b"-0.0").unwrap().is_sign_negative());
        assert_eq!(text(1.5), "1.5");
        assert_eq!(parse_f64(b"5e-324"), Ok(f64::from_bits(1)));
        assert_eq!(parse_f64(text(f64::MAX).as_bytes()), Ok(f64::MAX));
        assert_eq!(parse_f32(b"1e-45"), Ok(f32::from_bits(1)));
        assert_eq!(parse_f64(b"1e400"), Ok(f64::INFINITY));
        assert_eq!(parse_f64(b"-INFINITY"), Ok(f64::NEG_INFINITY));
        assert_eq!(parse_f64(b"inf"), Ok(f64::INFINITY));
        assert!(parse_f64(b"nan").unwrap().is_nan());
        assert_eq!(text(f64::NEG_INFINITY), "-Infinity");
        assert_eq!(parse_f64(b"+.5"), Ok(0.5));
        assert_eq!(parse_f64(b"9007199254740993"), Ok(9_007_199_254_740_992.0));
        for wrong in [
            "", ".", "-", "e5", "1e", "1e+", "1.2.3", "1 ", "0x1p3", "1_0",
        ] {
            assert!(parse_f64(wrong.as_bytes()).is_err(), "{wrong}");
            assert!(parse_f32(wrong.as_bytes()).is_err(), "{wrong}");
        }
    }

    #[test]
    fn the_fast_path_rounds_as_the_standard_library_does() {
        let mut state = 0x9e37_79b9_7f4a_7c15_u64;
        for _ in 0..200_000 {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            let mantissa = state >> 20 >> (state & 31);
            let places = (state >> 8) % 14;
            let text = format!("{}e-{places}", mantissa);
            assert_eq!(
                parse_f64(text.as_bytes()).unwrap(),
                text.parse::<f64>().unwrap()
            );
            assert_eq!(
                parse_f32(text.as_bytes()).unwrap(),
                text.parse::<f32>().unwrap(),
                "{text}"
            );
        }
        // Just above and exactly at the middle between two f32s.
        for text in ["16777217", "16777217.0000001", "1.00000005960464477539062"] {
            assert_eq!(
                parse_f32(text.as_bytes()).unwrap(),
                text.parse::<f32>().unwrap()
            );
        }
    }
}
