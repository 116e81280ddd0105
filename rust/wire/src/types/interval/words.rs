//! PostgreSQL's interval text (`@ 1 year 2 mons -3 days 04:05:06.7 ago`) and SQL's (`1-2 3 4:05:06`).
//!
//! Both are blank-separated fields; a field with a dash inside is years-months, one with a colon a time, a
//! number before a word counts that word, and a number alone is days before a time, seconds otherwise.

use super::{take_quantity, Interval, Quantity, Sum, Unit, BILLION, NAME};
use crate::types::TypeError;

fn invalid(reason: &'static str) -> TypeError {
    TypeError::invalid(NAME, reason)
}

pub(super) fn parse(text: &[u8]) -> Result<Interval, TypeError> {
    let mut sum = Sum::default();
    let mut fields = text
        .split(|b| b.is_ascii_whitespace())
        .map(|field| field.strip_suffix(b",").unwrap_or(field))
        .filter(|field| !field.is_empty())
        .peekable();
    fields.next_if_eq(&&b"@"[..]);
    let mut sign = 1;
    let mut count = 0;
    while let Some(field) = fields.next() {
        count += 1;
        if sign == -1 {
            return Err(invalid("text after `ago`"));
        }
        if field.eq_ignore_ascii_case(b"ago") && count > 1 {
            sign = -1;
            continue;
        }
        if field.contains(&b':') {
            add_time(&mut sum, field)?;
            continue;
        }
        let (quantity, rest) = take_quantity(field)?;
        let unit = match rest {
            [b'-', months @ ..] => {
                add_years_months(&mut sum, field, quantity, months)?;
                continue;
            }
            // The unit is the next field, or the number stands alone.
            [] => match fields.peek() {
                Some(next)
                    if next.first().is_some_and(u8::is_ascii_alphabetic)
                        && !next.eq_ignore_ascii_case(b"ago") =>
                {
                    let unit = unit(next)?;
                    fields.next();
                    unit
                }
                Some(next) if next.contains(&b':') => Unit::Days(1),
                _ => Unit::Micros(1_000_000),
            },
            word => unit(word)?,
        };
        sum.add(quantity, unit);
    }
    if count == 0 {
        return Err(invalid("empty"));
    }
    sum.finish(sign)
}

/// `years-months`; the sign before it holds for both.
fn add_years_months(
    sum: &mut Sum,
    field: &[u8],
    years: Quantity,
    months: &[u8],
) -> Result<(), TypeError> {
    let wrong = || invalid("not years-months");
    if !months.first().is_some_and(u8::is_ascii_digit) {
        return Err(wrong());
    }
    let (Quantity(months), rest) = take_quantity(months)?;
    let fraction = years.0 % BILLION != 0 || months % BILLION != 0;
    if !rest.is_empty() || fraction || months >= 12 * BILLION {
        return Err(wrong());
    }
    let months = if field.starts_with(b"-") {
        -months
    } else {
        months
    };
    sum.add(years, Unit::Months(12));
    sum.add(Quantity(months), Unit::Months(1));
    Ok(())
}

/// `[±]hours:minutes[:seconds[.fraction]]`; the sign holds for all.
fn add_time(sum: &mut Sum, field: &[u8]) -> Result<(), TypeError> {
    let wrong = || invalid("not a time");
    let (negative, unsigned) = match field {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        rest => (false, rest),
    };
    let mut parts = unsigned.split(|&b| b == b':');
    let mut next = |limit: i128, unit: Unit, whole: bool| -> Result<bool, TypeError> {
        let Some(part) = parts.next() else {
            return Ok(false);
        };
        if !part.first().is_some_and(u8::is_ascii_digit) {
            return Err(wrong());
        }
        let (Quantity(amount), rest) = take_quantity(part)?;
        if !rest.is_empty() || amount >= limit * BILLION || (whole && amount % BILLION != 0) {
            return Err(wrong());
        }
        sum.add(Quantity(if negative { -amount } else { amount }), unit);
        Ok(true)
    };
    let hours = next(i128::from(u64::MAX), Unit::Micros(3_600_000_000), true)?;
    let minutes = next(60, Unit::Micros(60_000_000), true)?;
    next(60, Unit::Micros(1_000_000), false)?;
    if !hours || !minutes || parts.next().is_some() {
        return Err(wrong());
    }
    Ok(())
}

fn unit(word: &[u8]) -> Result<Unit, TypeError> {
    const UNITS: [(Unit, &[&str]); 11] = [
        (Unit::Micros(1), &["microsecond", "us", "usec"]),
        (Unit::Micros(1_000), &["millisecond", "ms", "msec"]),
        (Unit::Micros(1_000_000), &["second", "sec", "s"]),
        (Unit::Micros(60_000_000), &["minute", "min", "m"]),
        (Unit::Micros(3_600_000_000), &["hour", "hr", "h"]),
        (Unit::Days(1), &["day", "d"]),
        (Unit::Days(7), &["week", "w"]),
        (Unit::Months(1), &["month", "mon"]),
        (Unit::Months(12), &["year", "yr", "y"]),
        (Unit::Months(120), &["decade", "dec"]),
        (Unit::Months(1200), &["century", "centurie", "cent", "c"]),
    ];
    let matches = |name: &&str| {
        let singular = match word {
            [stem @ .., b's' | b'S'] if !stem.is_empty() => stem,
            word => word,
        };
        word.eq_ignore_ascii_case(name.as_bytes()) || singular.eq_ignore_ascii_case(name.as_bytes())
    };
    if word.len() >= 7
        && b"millennium millennia mil"
            .split(|&b| b == b' ')
            .any(|n| word.eq_ignore_ascii_case(n))
    {
        return Ok(Unit::Months(12_000));
    }
    UNITS
        .iter()
        .find(|(_, names)| names.iter().any(&matches))
        .map(|(unit, _)| *unit)
        .ok_or(invalid("unknown unit"))
}

#[cfg(test)]
mod tests {
    use crate::types::interval::{format_interval, parse_interval, Interval};

    #[test]
    fn postgresql_and_sql_forms() {
        let interval = |months, days, micros| {
            Ok(Interval {
                months,
                days,
                micros,
            })
        };
        for (text, expected) in [
            (
                "1 year 2 mons 3 days 04:05:06.789",
                interval(14, 3, 14_706_789_000),
            ),
            (
                "@ 1 year 2 mons 3 days 4 hours 5 mins 6.789 secs",
                interval(14, 3, 14_706_789_000),
            ),
            ("@ 1 day 2 hours ago", interval(0, -1, -7_200_000_000)),
            (
                "-1 years -2 mons +3 days -04:05:06",
                interval(-14, 3, -14_706_000_000),
            ),
            ("00:00:00", interval(0, 0, 0)),
            ("-00:00:00.000001", interval(0, 0, -1)),
            ("1-2", interval(14, 0, 0)),
            ("-1-2", interval(-14, 0, 0)),
            ("1-2 3 4:05:06", interval(14, 3, 14_706_000_000)),
            ("+1-2 -3 +4:05:06", interval(14, -3, 14_706_000_000)),
            ("3 4:05", interval(0, 3, 14_700_000_000)),
            ("1 day, 0:00:01", interval(0, 1, 1_000_000)),
            ("90", interval(0, 0, 90_000_000)),
            ("1.5 hours", interval(0, 0, 5_400_000_000)),
            ("2h30m", Err(())),
            ("5ms", interval(0, 0, 5_000)),
            ("1 century 1 decade", interval(1320, 0, 0)),
            ("1 millennium", interval(12_000, 0, 0)),
            ("2 centuries", interval(2400, 0, 0)),
            ("1000000:00:00", interval(0, 0, 3_600_000_000_000_000)),
            ("1.5 months", interval(1, 15, 0)),
        ] {
            assert_eq!(
                parse_interval(text.as_bytes()).map_err(|_| ()),
                expected,
                "{text}"
            );
        }
        for text in [
            "",
            " ",
            "@",
            "ago",
            "1 fortnight",
            "day",
            "1 day ago 2 days",
            "1:2:3:4",
            "1:60:00",
            "1:00:60",
            "1.5-2",
            "1-12",
            "1-",
            "1--2",
            "::",
            "1:",
            "1:-2:3",
            "--1 day",
            "1 day x",
        ] {
            assert!(parse_interval(text.as_bytes()).is_err(), "{text:?}");
        }
        assert!(parse_interval(b"99999999999 days")
            .unwrap_err()
            .is_out_of_range());
        assert!(parse_interval(b"9999999999999999999:00:00")
            .unwrap_err()
            .is_out_of_range());
    }

    #[test]
    fn extremes_go_there_and_back() {
        for months in [i32::MIN, -13, 0, 1, i32::MAX] {
            for days in [i32::MIN, -1, 0, 1, i32::MAX] {
                for micros in [i64::MIN, -1, 0, 1, 3_600_000_000, i64::MAX] {
                    let interval = Interval {
                        months,
                        days,
                        micros,
                    };
                    let mut out = Vec::new();
                    format_interval(&interval, &mut out);
                    assert_eq!(
                        parse_interval(&out),
                        Ok(interval),
                        "{}",
                        String::from_utf8_lossy(&out)
                    );
                }
            }
        }
    }
}
