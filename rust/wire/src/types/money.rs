//! money: hundredths of the currency unit as i64.

use super::{fixed, TypeError};

const NAME: &str = "money";

/// Reads a decimal amount into hundredths: `-1234.5`, also `$1,234.50`, `-$3`, `($3.00)`.
///
/// Further digits round half away from zero.
pub fn parse_money(text: &[u8]) -> Result<i64, TypeError> {
    let not_an_amount = || TypeError::invalid(NAME, "not an amount");
    let (mut negative, rest) = match text {
        [b'(', rest @ .., b')'] => (true, rest),
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        rest => (false, rest),
    };
    let rest = rest.strip_prefix(b"$").unwrap_or(rest);
    let rest = match rest {
        [b'-', rest @ ..] if !negative => {
            negative = true;
            rest
        }
        rest => rest,
    };
    let mut bytes = rest.iter();
    let mut cents: i128 = 0;
    let mut any = false;
    let mut places = None;
    for &byte in &mut bytes {
        match byte {
            b'0'..=b'9' => {
                any = true;
                let digit = i128::from(byte - b'0');
                match places {
                    None => cents = cents * 10 + digit * 100,
                    Some(0) => cents += digit * 10,
                    Some(1) => cents += digit,
                    Some(2) => cents += i128::from(digit >= 5),
                    Some(_) => {}
                }
                places = places.map(|p: u32| p.saturating_add(1));
                if cents > i128::from(i64::MAX) + 1 {
                    return Err(TypeError::range(NAME, "beyond 64 bits of hundredths"));
                }
            }
            b',' if any && places.is_none() => {}
            b'.' if places.is_none() => places = Some(0),
            _ => return Err(not_an_amount()),
        }
    }
    if !any {
        return Err(not_an_amount());
    }
    i64::try_from(if negative { -cents } else { cents })
        .map_err(|_| TypeError::range(NAME, "beyond 64 bits of hundredths"))
}

/// Appends the amount with two decimals.
pub fn format_money(hundredths: i64, out: &mut Vec<u8>) {
    if hundredths < 0 {
        out.push(b'-');
    }
    let magnitude = hundredths.unsigned_abs();
    out.extend_from_slice(itoa::Buffer::new().format(magnitude / 100).as_bytes());
    out.push(b'.');
    super::calendar::push_padded(u32::try_from(magnitude % 100).unwrap_or(0), 2, out);
}

pub fn decode_money(bytes: &[u8]) -> Result<i64, TypeError> {
    fixed(NAME, bytes).map(i64::from_le_bytes)
}

pub fn encode_money(hundredths: i64, out: &mut Vec<u8>) {
    out.extend_from_slice(&hundredths.to_le_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts() {
        for (text, cents) in [
            ("123.45", 12345),
            ("-0.01", -1),
            ("1", 100),
            ("1.5", 150),
            ("$1,234.50", 123_450),
            ("-$3", -300),
            ("$-3", -300),
            ("($3.00)", -300),
            ("0.005", 1),
            ("0.00499", 0),
            ("-0.005", -1),
            ("92233720368547758.07", i64::MAX),
            ("-92233720368547758.08", i64::MIN),
        ] {
            assert_eq!(parse_money(text.as_bytes()), Ok(cents), "{text}");
        }
        assert!(parse_money(b"92233720368547758.08")
            .unwrap_err()
            .is_out_of_range());
        assert!(parse_money("9".repeat(60).as_bytes())
            .unwrap_err()
            .is_out_of_range());
        for text in ["", "$", "-", ".", "1.2.3", "1.2,3", ",1", "1x", "(1", "--1"] {
            assert!(parse_money(text.as_bytes()).is_err(), "{text}");
        }
    }
}
