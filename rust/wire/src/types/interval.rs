//! interval: months, days and microseconds, which do not convert into each other.
//!
//! Text in is ISO 8601 (`P1Y2M3DT4H`), PostgreSQL's (`1 year 2 mons 04:05:06`, `… ago`) or SQL's (`1-2 3 4:05:06`);
//! text out is PostgreSQL's.

mod iso;
mod words;

use super::calendar::split_time;
use super::temporal::push_time;
use super::{fixed, TypeError};

pub(crate) const NAME: &str = "interval";
const MICROS_PER_DAY: i128 = super::calendar::MICROS_PER_DAY as i128;

/// A span of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Interval {
    pub months: i32,
    pub days: i32,
    pub micros: i64,
}

/// Reads any of the text forms.
pub fn parse_interval(text: &[u8]) -> Result<Interval, TypeError> {
    match text {
        [b'P' | b'p', rest @ ..] => iso::parse(rest, 1),
        [b'-', b'P' | b'p', rest @ ..] => iso::parse(rest, -1),
        _ => words::parse(text),
    }
}

/// What an interval's numbers count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unit {
    /// So many months.
    Months(i128),
    /// So many days.
    Days(i128),
    /// So many microseconds.
    Micros(i128),
}

/// A signed decimal in billionths, as intervals write them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Quantity(pub i128);

pub(crate) const BILLION: i128 = 1_000_000_000;

/// Reads a sign, digits and a fraction from the front.
pub(crate) fn take_quantity(text: &[u8]) -> Result<(Quantity, &[u8]), TypeError> {
    let (negative, rest) = match text {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        rest => (false, rest),
    };
    let count = |bytes: &[u8]| bytes.iter().take_while(|b| b.is_ascii_digit()).count();
    let (whole, rest) = rest.split_at(count(rest));
    // 20 digits of any unit overflow every field.
    if whole.len() > 20 {
        return Err(TypeError::range(NAME, "too many digits"));
    }
    let mut value: i128 = 0;
    for digit in whole {
        value = value * 10 + i128::from(digit - b'0');
    }
    value *= BILLION;
    let mut digits = whole.len();
    let rest = match rest {
        [b'.' | b',', tail @ ..] => {
            let (fraction, tail) = tail.split_at(count(tail));
            let mut weight = BILLION / 10;
            for digit in fraction {
                value += i128::from(digit - b'0') * weight;
                weight /= 10;
            }
            digits += fraction.len();
            tail
        }
        rest => rest,
    };
    if digits == 0 {
        return Err(TypeError::invalid(NAME, "a number is missing"));
    }
    Ok((Quantity(if negative { -value } else { value }), rest))
}

/// The sum of an interval's parts while it is read.
#[derive(Debug, Default)]
pub(crate) struct Sum {
    months: i128,
    days: i128,
    micros: i128,
}

impl Sum {
    /// Adds a quantity of a unit; a fraction goes on to the smaller units (a month of 30 days, a day of
    /// 24 hours), and below a microsecond is cut off.
    pub(crate) fn add(&mut self, Quantity(billionths): Quantity, unit: Unit) {
        // Whole numbers of an ordinary size, by division of 64 bits: that of 128 is slow.
        const SMALL: i64 = 1_000_000_000;
        if let Some(small) = i64::try_from(billionths).ok().filter(|n| n % SMALL == 0) {
            let whole = i128::from(small / SMALL);
            match unit {
                Unit::Months(per) => self.months += whole * per,
                Unit::Days(per) => self.days += whole * per,
                Unit::Micros(per) => self.micros += whole * per,
            }
            return;
        }
        // At most 20 digits before the point: no product here reaches the limits of i128.
        match unit {
            Unit::Months(per) => {
                let total = billionths * per;
                self.months += total / BILLION;
                let days = total % BILLION * 30;
                self.days += days / BILLION;
                self.micros += days % BILLION * MICROS_PER_DAY / BILLION;
            }
            Unit::Days(per) => {
                let total = billionths * per;
                self.days += total / BILLION;
                self.micros += total % BILLION * MICROS_PER_DAY / BILLION;
            }
            Unit::Micros(per) => {
                self.micros += billionths / BILLION * per + billionths % BILLION * per / BILLION
            }
        }
    }

    pub(crate) fn finish(self, sign: i128) -> Result<Interval, TypeError> {
        let error = |_| TypeError::range(NAME, "a field is too large");
        Ok(Interval {
            months: i32::try_from(self.months * sign).map_err(error)?,
            days: i32::try_from(self.days * sign).map_err(error)?,
            micros: i64::try_from(self.micros * sign).map_err(error)?,
        })
    }
}

/// Appends PostgreSQL's text: `1 year 2 mons 3 days 04:05:06.789`; each part has its own sign.
pub fn format_interval(interval: &Interval, out: &mut Vec<u8>) {
    let start = out.len();
    let mut negative_before = false;
    let mut part = |number: i32, singular: &[u8], plural: &[u8], out: &mut Vec<u8>| {
        if number == 0 {
            return;
        }
        if out.len() > start {
            out.push(b' ');
        }
        // Readers of the SQL standard's form let a sign run on: say plus after a minus.
        if negative_before && number > 0 {
            out.push(b'+');
        }
        negative_before = number < 0;
        super::integer::format_i32(number, out);
        out.push(b' ');
        out.extend_from_slice(if number == 1 { singular } else { plural });
    };
    part(interval.months / 12, b"year", b"years", out);
    part(interval.months % 12, b"mon", b"mons", out);
    part(interval.days, b"day", b"days", out);
    if interval.micros == 0 && out.len() > start {
        return;
    }
    if out.len() > start {
        out.push(b' ');
    }
    if interval.micros < 0 {
        out.push(b'-');
    } else if negative_before {
        out.push(b'+');
    }
    // i64 microseconds are up to ten digits of hours: take whole hours apart from the rest.
    let magnitude = interval.micros.unsigned_abs();
    let hours = u32::try_from(magnitude / 3_600_000_000).unwrap_or(u32::MAX);
    let rest = i64::try_from(magnitude % 3_600_000_000).unwrap_or(0);
    let (_, minute, second, micro) = split_time(rest);
    push_time(hours, minute, second, micro, out);
}

pub fn decode_interval(bytes: &[u8]) -> Result<Interval, TypeError> {
    let [a, b, c, d, e, f, g, h, rest @ ..] = fixed::<16>(NAME, bytes)?;
    Ok(Interval {
        months: i32::from_le_bytes([a, b, c, d]),
        days: i32::from_le_bytes([e, f, g, h]),
        micros: i64::from_le_bytes(rest),
    })
}

pub fn encode_interval(interval: &Interval, out: &mut Vec<u8>) {
    out.extend_from_slice(&interval.months.to_le_bytes());
    out.extend_from_slice(&interval.days.to_le_bytes());
    out.extend_from_slice(&interval.micros.to_le_bytes());
}
