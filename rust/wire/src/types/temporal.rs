//! date, time, timetz, timestamp and timestamptz: days and microseconds since 2000-01-01.
//!
//! Years 1 to 9999, exact to the microsecond; what lies outside (infinity and years BC too) is
//! `OutOfRange`. Further fraction digits are cut off. Intervals are in `interval`.

use super::calendar::{
    days_from_civil, days_in_month, push_padded, split_time, split_timestamp, MAX_DAY, MAX_MICROS,
    MICROS_PER_DAY, MIN_DAY, MIN_MICROS,
};
use super::zone::{format_zone, parse_zone, MAX_OFFSET};
use super::{fixed, text, TypeError};

/// A time of day with its offset.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct TimeTz {
    /// Microseconds since local midnight, 0 to 24:00 inclusive.
    pub micros: i64,
    /// Seconds **west** of UTC, as on the wire; less than a day away from 0.
    pub west: i32,
}

#[inline]
pub(crate) fn two_digits([tens, ones]: [u8; 2]) -> Option<u32> {
    let (tens, ones) = (tens.wrapping_sub(b'0'), ones.wrapping_sub(b'0'));
    (tens <= 9 && ones <= 9).then(|| u32::from(tens) * 10 + u32::from(ones))
}

/// Reads `YYYY-MM-DD` into days since 2000-01-01.
#[inline]
pub fn parse_date(text: &[u8]) -> Result<i32, TypeError> {
    match text {
        [y1, y2, y3, y4, b'-', m1, m2, b'-', d1, d2] => {
            civil("date", [*y1, *y2, *y3, *y4], [*m1, *m2], [*d1, *d2])
        }
        _ => Err(not_a_date("date", text)),
    }
}

#[inline]
fn civil(
    name: &'static str,
    year: [u8; 4],
    month: [u8; 2],
    day: [u8; 2],
) -> Result<i32, TypeError> {
    let [y1, y2, y3, y4] = year;
    let number = |pair| two_digits(pair).ok_or(TypeError::invalid(name, "not a date"));
    let year = number([y1, y2])? * 100 + number([y3, y4])?;
    let (month, day) = (number(month)?, number(day)?);
    let Ok(year @ 1..) = i32::try_from(year) else {
        return Err(TypeError::range(name, "year 0 does not exist"));
    };
    if day == 0 || day > days_in_month(year, month) {
        return Err(TypeError::invalid(name, "no such day"));
    }
    Ok(days_from_civil(year, month, day))
}

/// Tells dates that are beyond the range from text that is no date at all.
#[cold]
fn not_a_date(name: &'static str, text: &[u8]) -> TypeError {
    let unsigned = text.strip_prefix(b"-").unwrap_or(text);
    let plain = unsigned.strip_prefix(b"+").unwrap_or(unsigned);
    if plain.eq_ignore_ascii_case(b"infinity") || plain.eq_ignore_ascii_case(b"inf") {
        return TypeError::range(name, "infinity");
    }
    if text.len() > 3 && text[text.len() - 3..].eq_ignore_ascii_case(b" BC") {
        return TypeError::range(name, "a year before 1");
    }
    let year = plain.iter().take_while(|b| b.is_ascii_digit()).count();
    if year >= 4 && plain.get(year) == Some(&b'-') {
        if unsigned.len() < text.len() {
            return TypeError::range(name, "a year before 1");
        }
        if year > 4 {
            return TypeError::range(name, "a year after 9999");
        }
    }
    TypeError::invalid(name, "not a date")
}

/// Reads `HH:MM[:SS[.fraction]]` from the front: microseconds since midnight, and what follows.
#[inline]
fn take_time<'a>(name: &'static str, text: &'a [u8]) -> Result<(i64, &'a [u8]), TypeError> {
    let error = || TypeError::invalid(name, "not a time");
    let [h1, h2, b':', m1, m2, rest @ ..] = text else {
        return Err(error());
    };
    let hour = two_digits([*h1, *h2]).ok_or_else(error)?;
    let minute = two_digits([*m1, *m2]).ok_or_else(error)?;
    let (second, mut rest) = match rest {
        [b':', s1, s2, rest @ ..] => (two_digits([*s1, *s2]).ok_or_else(error)?, rest),
        rest => (0, rest),
    };
    let mut micros = 0;
    if let [b'.', fraction @ ..] = rest {
        let mut weight = 100_000;
        let mut digits = fraction;
        while let [digit @ b'0'..=b'9', tail @ ..] = digits {
            micros += i64::from(digit - b'0') * weight;
            weight /= 10;
            digits = tail;
        }
        if digits.len() == fraction.len() {
            return Err(error());
        }
        rest = digits;
    }
    let total = i64::from(hour * 3600 + minute * 60 + second) * 1_000_000 + micros;
    if minute > 59 || second > 59 || total > MICROS_PER_DAY {
        return Err(TypeError::range(name, "no such time of day"));
    }
    Ok((total, rest))
}

/// Reads `HH:MM[:SS[.fraction]]` into microseconds since midnight; `24:00:00` is the day's end.
#[inline]
pub fn parse_time(text: &[u8]) -> Result<i64, TypeError> {
    match take_time("time", text)? {
        (micros, []) => Ok(micros),
        _ => Err(TypeError::invalid("time", "not a time")),
    }
}

/// Reads a time and its offset; no offset is UTC.
#[inline]
pub fn parse_timetz(text: &[u8]) -> Result<TimeTz, TypeError> {
    let (micros, zone) = take_time("timetz", text)?;
    let east = parse_zone("timetz", zone)?.unwrap_or(0);
    Ok(TimeTz {
        micros,
        west: -east,
    })
}

/// Reads date, time and zone: local microseconds since 2000-01-01, and the offset east of UTC.
#[inline]
fn take_timestamp(name: &'static str, text: &[u8]) -> Result<(i64, Option<i32>), TypeError> {
    let (days, rest) = match text {
        [y1, y2, y3, y4, b'-', m1, m2, b'-', d1, d2, rest @ ..] => (
            civil(name, [*y1, *y2, *y3, *y4], [*m1, *m2], [*d1, *d2])?,
            rest,
        ),
        _ => return Err(not_a_date(name, text)),
    };
    let (micros, zone) = match rest {
        [] => (0, rest),
        [b' ' | b'T' | b't', time @ ..] => match take_time(name, time) {
            Ok(time) => time,
            // "2024-02-29 BC"
            Err(error) if rest.eq_ignore_ascii_case(b" BC") => {
                return Err(before_christ(name, error))
            }
            Err(error) => return Err(error),
        },
        _ => return Err(TypeError::invalid(name, "not a timestamp")),
    };
    let zone = parse_zone(name, zone).map_err(|error| match text {
        [.., b' ', b'B' | b'b', b'C' | b'c'] => before_christ(name, error),
        _ => error,
    })?;
    Ok((i64::from(days) * MICROS_PER_DAY + micros, zone))
}

#[cold]
fn before_christ(name: &'static str, _: TypeError) -> TypeError {
    TypeError::range(name, "a year before 1")
}

/// Reads `YYYY-MM-DD HH:MM:SS[.fraction]`, with a blank or `T`, into microseconds since 2000-01-01.
///
/// A zone is an error: dropping it silently would move the instant.
#[inline]
pub fn parse_timestamp(text: &[u8]) -> Result<i64, TypeError> {
    match take_timestamp("timestamp", text)? {
        (micros, None) => check_micros("timestamp", micros),
        (_, Some(_)) => Err(TypeError::invalid("timestamp", "has a time zone")),
    }
}

/// As [`parse_timestamp`], with a zone; the result is UTC. Text without a zone is taken as UTC.
#[inline]
pub fn parse_timestamptz(text: &[u8]) -> Result<i64, TypeError> {
    let (micros, zone) = take_timestamp("timestamptz", text)?;
    check_micros(
        "timestamptz",
        micros - i64::from(zone.unwrap_or(0)) * 1_000_000,
    )
}

#[inline]
fn check_micros(name: &'static str, micros: i64) -> Result<i64, TypeError> {
    if (MIN_MICROS..=MAX_MICROS).contains(&micros) {
        Ok(micros)
    } else {
        Err(TypeError::range(name, "outside the years 1 to 9999"))
    }
}

#[inline]
fn check_day(days: i32) -> Result<i32, TypeError> {
    if (MIN_DAY..=MAX_DAY).contains(&days) {
        Ok(days)
    } else {
        Err(TypeError::range("date", "outside the years 1 to 9999"))
    }
}

#[inline]
fn check_time(name: &'static str, micros: i64) -> Result<i64, TypeError> {
    if (0..=MICROS_PER_DAY).contains(&micros) {
        Ok(micros)
    } else {
        Err(TypeError::range(name, "no such time of day"))
    }
}

/// Appends `YYYY-MM-DD`.
///
/// # Errors
/// `OutOfRange` outside the years 1 to 9999; so for all functions below.
pub fn format_date(days: i32, out: &mut Vec<u8>) -> Result<(), TypeError> {
    let (year, month, day) = super::calendar::civil_from_days(check_day(days)?);
    push_padded(year.unsigned_abs(), 4, out);
    out.push(b'-');
    push_padded(month, 2, out);
    out.push(b'-');
    push_padded(day, 2, out);
    Ok(())
}

/// Appends `HH:MM:SS`, and the fraction if there is one, without trailing zeros.
pub fn format_time(micros: i64, out: &mut Vec<u8>) -> Result<(), TypeError> {
    let (hour, minute, second, micro) = split_time(check_time("time", micros)?);
    push_time(hour, minute, second, micro, out);
    Ok(())
}

pub(crate) fn push_time(hour: u32, minute: u32, second: u32, micro: u32, out: &mut Vec<u8>) {
    push_padded(hour, 2, out);
    out.push(b':');
    push_padded(minute, 2, out);
    out.push(b':');
    push_padded(second, 2, out);
    if micro != 0 {
        out.push(b'.');
        push_padded(micro, 6, out);
        while out.last() == Some(&b'0') {
            out.pop();
        }
    }
}

/// Appends the time and its offset as `±HH:MM[:SS]`.
pub fn format_timetz(time: TimeTz, out: &mut Vec<u8>) -> Result<(), TypeError> {
    check_offset(time.west)?;
    format_time(check_time("timetz", time.micros)?, out)?;
    format_zone(-time.west, out);
    Ok(())
}

fn check_offset(west: i32) -> Result<i32, TypeError> {
    if west > -MAX_OFFSET && west < MAX_OFFSET {
        Ok(west)
    } else {
        Err(TypeError::range("timetz", "offset of a day or more"))
    }
}

/// Appends `YYYY-MM-DD HH:MM:SS[.fraction]`.
pub fn format_timestamp(micros: i64, out: &mut Vec<u8>) -> Result<(), TypeError> {
    let at = split_timestamp(check_micros("timestamp", micros)?);
    push_padded(at.year.unsigned_abs(), 4, out);
    out.push(b'-');
    push_padded(at.month, 2, out);
    out.push(b'-');
    push_padded(at.day, 2, out);
    out.push(b' ');
    push_time(at.hour, at.minute, at.second, at.micro, out);
    Ok(())
}

/// As [`format_timestamp`], with the offset `+00:00`.
pub fn format_timestamptz(micros: i64, out: &mut Vec<u8>) -> Result<(), TypeError> {
    format_timestamp(micros, out)?;
    out.extend_from_slice(b"+00:00");
    Ok(())
}

/// A binary value of `N` bytes, or the length-prefixed ISO text that servers accept in its place.
#[inline]
fn binary_or_text<const N: usize, T>(
    name: &'static str,
    bytes: &[u8],
    binary: impl FnOnce([u8; N]) -> Result<T, TypeError>,
    parse: impl FnOnce(&[u8]) -> Result<T, TypeError>,
) -> Result<T, TypeError> {
    match fixed(name, bytes) {
        Ok(bytes) => binary(bytes),
        Err(length) => match text::decode_lp(name, bytes) {
            Ok(body) => parse(body),
            Err(_) => Err(length),
        },
    }
}

#[inline]
pub fn decode_date(bytes: &[u8]) -> Result<i32, TypeError> {
    binary_or_text(
        "date",
        bytes,
        |b| check_day(i32::from_le_bytes(b)),
        parse_date,
    )
}

#[inline]
pub fn decode_time(bytes: &[u8]) -> Result<i64, TypeError> {
    binary_or_text(
        "time",
        bytes,
        |b| check_time("time", i64::from_le_bytes(b)),
        parse_time,
    )
}

#[inline]
pub fn decode_timetz(bytes: &[u8]) -> Result<TimeTz, TypeError> {
    let [a, b, c, d, e, f, g, h, w, x, y, z] = fixed("timetz", bytes)?;
    Ok(TimeTz {
        micros: check_time("timetz", i64::from_le_bytes([a, b, c, d, e, f, g, h]))?,
        west: check_offset(i32::from_le_bytes([w, x, y, z]))?,
    })
}

#[inline]
pub fn decode_timestamp(bytes: &[u8]) -> Result<i64, TypeError> {
    let binary = |b| check_micros("timestamp", i64::from_le_bytes(b));
    binary_or_text("timestamp", bytes, binary, parse_timestamp)
}

#[inline]
pub fn decode_timestamptz(bytes: &[u8]) -> Result<i64, TypeError> {
    let binary = |b| check_micros("timestamptz", i64::from_le_bytes(b));
    binary_or_text("timestamptz", bytes, binary, parse_timestamptz)
}

pub fn encode_date(days: i32, out: &mut Vec<u8>) -> Result<(), TypeError> {
    out.extend_from_slice(&check_day(days)?.to_le_bytes());
    Ok(())
}

pub fn encode_time(micros: i64, out: &mut Vec<u8>) -> Result<(), TypeError> {
    out.extend_from_slice(&check_time("time", micros)?.to_le_bytes());
    Ok(())
}

pub fn encode_timetz(time: TimeTz, out: &mut Vec<u8>) -> Result<(), TypeError> {
    let (micros, west) = (check_time("timetz", time.micros)?, check_offset(time.west)?);
    out.extend_from_slice(&micros.to_le_bytes());
    out.extend_from_slice(&west.to_le_bytes());
    Ok(())
}

/// Appends a timestamp or a timestamptz: both are microseconds since 2000-01-01.
pub fn encode_timestamp(micros: i64, out: &mut Vec<u8>) -> Result<(), TypeError> {
    out.extend_from_slice(&check_micros("timestamp", micros)?.to_le_bytes());
    Ok(())
}
