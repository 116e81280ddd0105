//! Ranges: `[1,10)` in text; flags and bounds in binary (SBWP 5.3).
//!
//! Splits a range into its parts and puts it together again; bounds are bytes here, read and written by
//! the caller as the range's bound type.

use std::borrow::Cow;

use super::array::{take_quoted, write_quoted};
use super::{TypeError, Value};

const NAME: &str = "range";

const EMPTY: u8 = 0x01;
const LOWER_INCLUSIVE: u8 = 0x02;
const UPPER_INCLUSIVE: u8 = 0x04;
const LOWER_INFINITE: u8 = 0x08;
const UPPER_INFINITE: u8 = 0x10;

/// A range's parts. `None` for a bound means none on that side.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parts<B> {
    pub empty: bool,
    pub lower: Option<B>,
    pub upper: Option<B>,
    pub lower_inclusive: bool,
    pub upper_inclusive: bool,
}

impl<B> Parts<B> {
    /// The range without any element.
    #[must_use]
    pub fn empty() -> Self {
        Parts {
            empty: true,
            lower: None,
            upper: None,
            lower_inclusive: false,
            upper_inclusive: false,
        }
    }

    /// The same with its bounds turned into something else.
    pub fn try_map<C, E>(self, mut f: impl FnMut(B) -> Result<C, E>) -> Result<Parts<C>, E> {
        Ok(Parts {
            empty: self.empty,
            lower: self.lower.map(&mut f).transpose()?,
            upper: self.upper.map(&mut f).transpose()?,
            lower_inclusive: self.lower_inclusive,
            upper_inclusive: self.upper_inclusive,
        })
    }
}

/// A range of values. Built through [`Range::new`], so that equal ranges compare equal: nothing is
/// inclusive of a bound that is not there, and an empty range has no bounds.
#[derive(Debug, Clone, PartialEq)]
pub struct Range(Box<Parts<Value>>);

impl Range {
    #[must_use]
    pub fn new(mut parts: Parts<Value>) -> Self {
        if parts.empty {
            return Range::empty();
        }
        parts.lower_inclusive &= parts.lower.is_some();
        parts.upper_inclusive &= parts.upper.is_some();
        Range(Box::new(parts))
    }

    #[must_use]
    pub fn empty() -> Self {
        Range(Box::new(Parts::empty()))
    }

    #[must_use]
    pub fn parts(&self) -> &Parts<Value> {
        &self.0
    }
}

/// Reads `empty` or `[lower,upper)`; bounds come unescaped.
pub fn parse_range(text: &[u8]) -> Result<Parts<Cow<'_, [u8]>>, TypeError> {
    let wrong = || TypeError::invalid(NAME, "not a range");
    let text = text.trim_ascii();
    if text.eq_ignore_ascii_case(b"empty") {
        return Ok(Parts::empty());
    }
    let (lower_inclusive, rest) = match text {
        [b'[', rest @ ..] => (true, rest),
        [b'(', rest @ ..] => (false, rest),
        _ => return Err(wrong()),
    };
    let (lower, rest) = take_bound(rest).ok_or_else(wrong)?;
    let [b',', rest @ ..] = rest else {
        return Err(wrong());
    };
    let (upper, rest) = take_bound(rest).ok_or_else(wrong)?;
    let upper_inclusive = match rest {
        b"]" => true,
        b")" => false,
        _ => return Err(wrong()),
    };
    Ok(Parts {
        empty: false,
        lower_inclusive: lower_inclusive && lower.is_some(),
        upper_inclusive: upper_inclusive && upper.is_some(),
        lower,
        upper,
    })
}

/// A bound's text, pieces in quotes or bare; no text at all is no bound.
#[allow(clippy::type_complexity)]
fn take_bound(text: &[u8]) -> Option<(Option<Cow<'_, [u8]>>, &[u8])> {
    let mut rest = text;
    let mut bound: Option<Cow<'_, [u8]>> = None;
    loop {
        let piece = match rest {
            [b',' | b']' | b')', ..] | [] => return Some((bound, rest)),
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
            [b'[' | b'(', ..] => return None,
            _ => {
                let end = rest
                    .iter()
                    .position(|b| b",[]()\"\\".contains(b))
                    .unwrap_or(rest.len());
                let (piece, tail) = rest.split_at(end);
                rest = tail;
                Cow::Borrowed(piece)
            }
        };
        bound = Some(match bound {
            None => piece,
            Some(before) => Cow::Owned([before, piece].concat()),
        });
    }
}

/// Appends a range's text; `bound` writes one bound's text, unquoted.
pub fn format_range<B>(
    parts: &Parts<B>,
    out: &mut Vec<u8>,
    mut bound: impl FnMut(&B, &mut Vec<u8>) -> Result<(), TypeError>,
) -> Result<(), TypeError> {
    if parts.empty {
        out.extend_from_slice(b"empty");
        return Ok(());
    }
    let mut side = |value: &Option<B>, out: &mut Vec<u8>| {
        let Some(value) = value else {
            return Ok(());
        };
        let mut text = Vec::new();
        bound(value, &mut text)?;
        let special = |b: &u8| b",[]()\"\\".contains(b) || b.is_ascii_whitespace();
        if text.is_empty() || text.iter().any(special) {
            write_quoted(&text, out);
        } else {
            out.extend_from_slice(&text);
        }
        Ok::<_, TypeError>(())
    };
    out.push(if parts.lower_inclusive { b'[' } else { b'(' });
    side(&parts.lower, out)?;
    out.push(b',');
    side(&parts.upper, out)?;
    out.push(if parts.upper_inclusive { b']' } else { b')' });
    Ok(())
}

/// Reads flags and bounds.
pub fn decode_range(bytes: &[u8]) -> Result<Parts<&[u8]>, TypeError> {
    let [flags, 0, 0, 0, rest @ ..] = bytes else {
        return Err(TypeError::invalid(NAME, "wrong binary header"));
    };
    if flags & !(EMPTY | LOWER_INCLUSIVE | UPPER_INCLUSIVE | LOWER_INFINITE | UPPER_INFINITE) != 0 {
        return Err(TypeError::invalid(NAME, "unknown flags"));
    }
    let mut rest = rest;
    let mut parts = Parts::empty();
    if flags & EMPTY == 0 {
        parts.empty = false;
        if flags & LOWER_INFINITE == 0 {
            parts.lower = Some(take_sized(&mut rest)?);
            parts.lower_inclusive = flags & LOWER_INCLUSIVE != 0;
        }
        if flags & UPPER_INFINITE == 0 {
            parts.upper = Some(take_sized(&mut rest)?);
            parts.upper_inclusive = flags & UPPER_INCLUSIVE != 0;
        }
    }
    if rest.is_empty() {
        Ok(parts)
    } else {
        Err(TypeError::invalid(NAME, "bytes after the bounds"))
    }
}

fn take_sized<'a>(rest: &mut &'a [u8]) -> Result<&'a [u8], TypeError> {
    let wrong = || TypeError::invalid(NAME, "a bound is cut off");
    let (length, tail) = rest.split_first_chunk::<4>().ok_or_else(wrong)?;
    let length = usize::try_from(i32::from_le_bytes(*length)).map_err(|_| wrong())?;
    let (bound, tail) = tail.split_at_checked(length).ok_or_else(wrong)?;
    *rest = tail;
    Ok(bound)
}

/// Appends flags and bounds; `bound` writes one bound's binary form.
pub fn encode_range<B>(
    parts: &Parts<B>,
    out: &mut Vec<u8>,
    mut bound: impl FnMut(&B, &mut Vec<u8>) -> Result<(), TypeError>,
) -> Result<(), TypeError> {
    let flag = |condition: bool, flag: u8| if condition { flag } else { 0 };
    if parts.empty {
        out.extend_from_slice(&[EMPTY, 0, 0, 0]);
        return Ok(());
    }
    let flags = flag(
        parts.lower_inclusive && parts.lower.is_some(),
        LOWER_INCLUSIVE,
    ) | flag(
        parts.upper_inclusive && parts.upper.is_some(),
        UPPER_INCLUSIVE,
    ) | flag(parts.lower.is_none(), LOWER_INFINITE)
        | flag(parts.upper.is_none(), UPPER_INFINITE);
    out.extend_from_slice(&[flags, 0, 0, 0]);
    for side in [&parts.lower, &parts.upper].into_iter().flatten() {
        super::text::encode_lp_with(NAME, out, |out| bound(side, out))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(range: &str) -> Option<(Option<String>, Option<String>, bool, bool)> {
        let parts = parse_range(range.as_bytes()).ok()?;
        let string =
            |b: Option<Cow<'_, [u8]>>| b.map(|b| String::from_utf8(b.into_owned()).unwrap());
        Some((
            string(parts.lower),
            string(parts.upper),
            parts.lower_inclusive,
            parts.upper_inclusive,
        ))
    }

    #[test]
    fn texts() {
        let some = |s: &str| Some(s.to_owned());
        assert_eq!(text("[1,10)"), Some((some("1"), some("10"), true, false)));
        assert_eq!(text("(,10]"), Some((None, some("10"), false, true)));
        assert_eq!(text("[,]"), Some((None, None, false, false)));
        assert_eq!(
            text("[\"a,\"\"b\\\\\",x\\)]"),
            Some((some("a,\"b\\"), some("x)"), true, true))
        );
        assert_eq!(text("[\"\",x]"), Some((some(""), some("x"), true, true)));
        assert!(parse_range(b"EMPTY").unwrap().empty);
        for wrong in [
            "", "[", "[1", "[1,", "[1,2", "1,2)", "[1,2)x", "[1,2,3)", "[\"1,2)", "[(1,2)", "[1\\",
        ] {
            assert!(text(wrong).is_none(), "{wrong}");
        }
    }

    #[test]
    fn cut_off_binaries() {
        for wrong in [
            &b""[..],
            b"\x02\0\0",
            b"\x02\0\0\x01",
            b"\x20\0\0\0",
            b"\x02\0\0\0\x04\0\0\0\x01",
            b"\x02\0\0\0\xff\xff\xff\xff",
            b"\x01\0\0\0\0",
            b"\x18\0\0\0\0",
        ] {
            assert!(decode_range(wrong).is_err(), "{wrong:?}");
        }
        assert!(decode_range(b"\x01\0\0\0").unwrap().empty);
        assert!(!decode_range(b"\x18\0\0\0").unwrap().empty);
    }
}
