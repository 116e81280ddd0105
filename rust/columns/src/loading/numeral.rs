//! Numerals on their way into columns that declare how many digits they have, and into integers.

use sbwp::types::numeric::write_plain;

use super::misfit::Refused;
use super::Target;

/// How many digits a numeric has before and after its point, where it declares them.
#[derive(Debug, Clone, Copy)]
pub(super) struct Digits {
    whole: usize,
    fraction: usize,
}

impl Digits {
    pub fn of(target: &Target) -> Option<Self> {
        let precision = usize::try_from(target.precision?).ok()?;
        let fraction = usize::try_from(target.scale.unwrap_or(0)).ok()?;
        Some(Digits {
            whole: precision.checked_sub(fraction)?,
            fraction,
        })
    }

    /// Refuses a plain numeral that would be rounded or does not fit.
    pub fn check(self, text: &[u8]) -> Result<(), Refused> {
        let (whole, fraction) = parts(text);
        let fraction = fraction.len() - trailing(fraction);
        if whole.len() <= self.whole && fraction <= self.fraction {
            return Ok(());
        }
        Err(Refused::range(format!(
            "{} does not fit a numeric of {} digits before and {} after the point; nothing is rounded",
            String::from_utf8_lossy(text),
            self.whole,
            self.fraction
        )))
    }
}

/// The digits before the point, without leading zeros, and those after it.
fn parts(text: &[u8]) -> (&[u8], &[u8]) {
    let digits = text.strip_prefix(b"-").unwrap_or(text);
    let (whole, fraction) = match digits.iter().position(|byte| *byte == b'.') {
        Some(at) => (
            digits.get(..at).unwrap_or_default(),
            digits.get(at + 1..).unwrap_or_default(),
        ),
        None => (digits, &[][..]),
    };
    let zeros = whole.iter().take_while(|digit| **digit == b'0').count();
    (whole.get(zeros..).unwrap_or_default(), fraction)
}

fn trailing(digits: &[u8]) -> usize {
    let zeros = digits.iter().rev().take_while(|digit| **digit == b'0');
    zeros.count()
}

/// A plain numeral as an integer, if it is one.
pub(super) fn integer(text: &[u8]) -> Option<i128> {
    let (whole, fraction) = parts(text);
    if trailing(fraction) != fraction.len() || whole.len() > 38 {
        return None;
    }
    let magnitude = whole.iter().fold(0i128, |value, digit| {
        value
            .wrapping_mul(10)
            .wrapping_add(i128::from(digit.wrapping_sub(b'0')))
    });
    Some(if text.starts_with(b"-") {
        -magnitude
    } else {
        magnitude
    })
}

/// Whether two numerals are the same number.
pub(super) fn same(one: &[u8], other: &[u8]) -> bool {
    let plain = |text: &[u8]| {
        let mut out = Vec::new();
        write_plain(text, &mut out).ok().map(|()| out)
    };
    match (plain(one), plain(other)) {
        (Some(one), Some(other)) => {
            let ((a, b), (c, d)) = (parts(&one), parts(&other));
            let cut = |digits: &[u8]| digits.len() - trailing(digits);
            let is_zero = a.is_empty() && cut(b) == 0;
            a == c
                && b.get(..cut(b)) == d.get(..cut(d))
                && (is_zero || one.starts_with(b"-") == other.starts_with(b"-"))
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_are_counted_without_zeros_that_mean_nothing() {
        let digits = Digits {
            whole: 3,
            fraction: 2,
        };
        for text in ["0", "-999.99", "000123.4500", "0.10"] {
            digits.check(text.as_bytes()).unwrap();
        }
        for text in ["1000", "0.001", "-1.999"] {
            digits.check(text.as_bytes()).unwrap_err();
        }
    }

    #[test]
    fn integers_and_equal_numbers_are_found() {
        assert_eq!(integer(b"-12.000"), Some(-12));
        assert_eq!(integer(b"12.5"), None);
        assert!(same(b"0.10", b"1e-1"));
        assert!(same(b"-0.0", b"0"));
        assert!(!same(b"0.1", b"0.1000000001"));
        assert!(!same(b"-1", b"1"));
    }
}
