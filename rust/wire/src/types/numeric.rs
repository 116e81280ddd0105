//! numeric: exact decimal text of any length, kept as text. NaN and the infinities included.
//!
//! No arithmetic happens here: a numeral is checked and brought into one plain form.

use super::TypeError;

const NAME: &str = "numeric";

/// Digits before and after the point that a plain numeral may have: PostgreSQL's limits, which bound
/// what an exponent can blow up to.
pub const MAX_INTEGER_DIGITS: usize = 131_072;
pub const MAX_FRACTION_DIGITS: usize = 16_383;

/// A numeral in plain form: `-?digits[.digits]` without needless leading zeros, `NaN`, `Infinity` or
/// `-Infinity`. Trailing zeros of the fraction stay: they are the value's scale.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Numeric(String);

impl Numeric {
    /// Reads any accepted numeral into the plain form.
    ///
    /// # Errors
    /// `Invalid` if it is none, `OutOfRange` if its plain form would be too long.
    pub fn parse(text: &[u8]) -> Result<Self, TypeError> {
        let mut plain = Vec::with_capacity(text.len());
        write_plain(text, &mut plain)?;
        String::from_utf8(plain)
            .map(Numeric)
            .map_err(|_| TypeError::Utf8 { type_name: NAME })
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Display for Numeric {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

enum Parts<'a> {
    Nan,
    Infinity {
        negative: bool,
    },
    Finite {
        negative: bool,
        whole: &'a [u8],
        fraction: &'a [u8],
        exponent: i64,
    },
}

/// Checks that the text is a numeral, `NaN` or an infinity, and returns it as it is.
///
/// The cheap check for a caller that hands the text to a decimal type of its own.
#[inline]
pub fn validate(text: &[u8]) -> Result<&str, TypeError> {
    // Digits and one point, the overwhelmingly common case.
    let unsigned = text.strip_prefix(b"-").unwrap_or(text);
    let mut points = 0;
    let plain = unsigned.first().is_some_and(u8::is_ascii_digit)
        && unsigned.iter().all(|&b| {
            points += u32::from(b == b'.');
            b.is_ascii_digit() || b == b'.'
        });
    if !plain || points > 1 {
        split(text)?;
    }
    super::text::utf8(NAME, text)
}

/// Appends the numeral in plain form: no exponent, no `+`, no needless zeros, no `-0`.
pub fn write_plain(text: &[u8], out: &mut Vec<u8>) -> Result<(), TypeError> {
    let (negative, whole, fraction, exponent) = match split(text)? {
        Parts::Nan => {
            out.extend_from_slice(b"NaN");
            return Ok(());
        }
        Parts::Infinity { negative } => {
            out.extend_from_slice(if negative { b"-Infinity" } else { b"Infinity" });
            return Ok(());
        }
        Parts::Finite {
            negative,
            whole,
            fraction,
            exponent,
        } => (negative, whole, fraction, exponent),
    };
    // The digits without the point, and where the point goes among them.
    let significant = whole.iter().chain(fraction);
    let zeros = significant.clone().take_while(|&&b| b == b'0').count();
    let total = whole.len() + fraction.len();
    let is_zero = zeros == total;
    let limit = i64::try_from(MAX_INTEGER_DIGITS).unwrap_or(i64::MAX);
    let point = i64::try_from(whole.len())
        .ok()
        .and_then(|whole| whole.checked_add(exponent))
        .ok_or(too_long())?;
    let scale = i64::try_from(total)
        .ok()
        .and_then(|total| total.checked_sub(point))
        .ok_or(too_long())?
        .max(0);
    let scale = usize::try_from(scale).map_err(|_| too_long())?;
    let leading = i64::try_from(zeros).map_err(|_| too_long())?;
    if scale > MAX_FRACTION_DIGITS || (!is_zero && point - leading > limit) {
        return Err(too_long());
    }
    if negative && !is_zero {
        out.push(b'-');
    }
    if is_zero {
        out.push(b'0');
        if scale > 0 {
            out.push(b'.');
            out.resize(out.len() + scale, b'0');
        }
        return Ok(());
    }
    let integer_digits = usize::try_from((point - leading).max(0)).map_err(|_| too_long())?;
    let mut digits = significant.skip(zeros).copied();
    if integer_digits == 0 {
        out.push(b'0');
    }
    for _ in 0..integer_digits {
        out.push(digits.next().unwrap_or(b'0'));
    }
    if scale > 0 {
        out.push(b'.');
        let padding = usize::try_from((leading - point).max(0)).map_err(|_| too_long())?;
        out.resize(out.len() + padding, b'0');
        out.extend(digits);
    }
    Ok(())
}

fn split(text: &[u8]) -> Result<Parts<'_>, TypeError> {
    let (negative, signed, rest) = match text {
        [b'-', rest @ ..] => (true, true, rest),
        [b'+', rest @ ..] => (false, true, rest),
        rest => (false, false, rest),
    };
    let count = |bytes: &[u8]| bytes.iter().take_while(|b| b.is_ascii_digit()).count();
    let (whole, tail) = rest.split_at(count(rest));
    let (fraction, tail) = match tail {
        [b'.', tail @ ..] => tail.split_at(count(tail)),
        tail => (&tail[..0], tail),
    };
    if whole.is_empty() && fraction.is_empty() {
        return if !signed && rest.eq_ignore_ascii_case(b"nan") {
            Ok(Parts::Nan)
        } else if rest.eq_ignore_ascii_case(b"infinity") || rest.eq_ignore_ascii_case(b"inf") {
            Ok(Parts::Infinity { negative })
        } else {
            Err(TypeError::invalid(NAME, "not a number"))
        };
    }
    let exponent = match tail {
        [] => 0,
        [b'e' | b'E', exponent @ ..] => match super::integer::parse_i64(exponent) {
            Ok(exponent) => exponent,
            Err(TypeError::OutOfRange { .. }) => return Err(too_long()),
            Err(_) => return Err(TypeError::invalid(NAME, "wrong exponent")),
        },
        _ => return Err(TypeError::invalid(NAME, "not a number")),
    };
    Ok(Parts::Finite {
        negative,
        whole,
        fraction,
        exponent,
    })
}

#[cold]
fn too_long() -> TypeError {
    TypeError::range(NAME, "more digits than a numeric may have")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(text: &str) -> String {
        Numeric::parse(text.as_bytes()).unwrap().to_string()
    }

    #[test]
    fn plain_forms() {
        for (text, expected) in [
            ("123.45", "123.45"),
            ("+1", "1"),
            ("-0", "0"),
            ("-0.00", "0.00"),
            ("007.50", "7.50"),
            (".5", "0.5"),
            ("5.", "5"),
            ("1e3", "1000"),
            ("1.5E+3", "1500"),
            ("-1.25e-3", "-0.00125"),
            ("123.456e1", "1234.56"),
            ("0.001e2", "0.1"),
            ("0e5", "0"),
            ("0e-3", "0.000"),
            ("100e-2", "1.00"),
            ("nan", "NaN"),
            ("-inf", "-Infinity"),
            ("Infinity", "Infinity"),
        ] {
            assert_eq!(plain(text), expected, "{text}");
            assert!(validate(text.as_bytes()).is_ok());
        }
    }

    #[test]
    fn a_thousand_digits_stay_exact() {
        let digits = "1234567890".repeat(100);
        let text = format!("-{digits}.{digits}");
        assert_eq!(plain(&text), text);
    }

    #[test]
    fn what_is_not_a_numeral_or_too_long() {
        for text in [
            "", "-", ".", "e5", "1e", "1e+", "1 ", "1,5", "--1", "-nan", "0x10", "1.2.3",
        ] {
            let error = Numeric::parse(text.as_bytes()).unwrap_err();
            assert!(matches!(error, TypeError::Invalid { .. }), "{text}");
            assert!(validate(text.as_bytes()).is_err(), "{text}");
        }
        for text in [
            "1e131072",
            "1e999999999999",
            "1e-16384",
            "1e99999999999999999999",
            "1e9223372036854775807",
            "1e-9223372036854775808",
        ] {
            assert!(
                Numeric::parse(text.as_bytes())
                    .unwrap_err()
                    .is_out_of_range(),
                "{text}"
            );
        }
        assert_eq!(plain("1e131071").len(), 131_072);
    }
}
