//! Offsets from UTC in date and time text: `Z`, `±HH[:MM[:SS]]`, a `[Region/City]` name after or instead.
//!
//! There is no time-zone database here: a name alone means something only if it is UTC's.

use super::calendar::push_padded;
use super::TypeError;

/// Seconds an offset may be away from UTC (exclusive): a day, as in ISO 8601 and in most languages.
pub const MAX_OFFSET: i32 = 86_400;

/// Reads the zone at the end of a time: seconds east of UTC, or None if there is no zone.
#[inline]
pub fn parse_zone(type_name: &'static str, text: &[u8]) -> Result<Option<i32>, TypeError> {
    match text {
        [] => Ok(None),
        [b'Z' | b'z'] => Ok(Some(0)),
        [sign @ (b'+' | b'-'), h1, h2] => {
            offset(type_name, *sign, [*h1, *h2], [b'0'; 2], [b'0'; 2])
        }
        [sign @ (b'+' | b'-'), h1, h2, b':', m1, m2] => {
            offset(type_name, *sign, [*h1, *h2], [*m1, *m2], [b'0'; 2])
        }
        _ => rare(type_name, text),
    }
    .map_err(|_: TypeError| TypeError::invalid(type_name, "not a time zone"))
}

#[cold]
fn rare(type_name: &'static str, text: &[u8]) -> Result<Option<i32>, TypeError> {
    let error = || TypeError::invalid(type_name, "not a time zone");
    match text {
        [b' ', rest @ ..] if !rest.is_empty() && !rest.starts_with(b" ") => {
            parse_zone(type_name, rest)
        }
        [rest @ .., b']'] => {
            let open = memchr::memchr(b'[', rest).ok_or_else(error)?;
            let (before, name) = rest.split_at(open);
            match parse_zone(type_name, before)? {
                Some(offset) => Ok(Some(offset)),
                None if is_utc(name.get(1..).unwrap_or_default()) => Ok(Some(0)),
                None => Err(error()),
            }
        }
        [sign @ (b'+' | b'-'), h1, h2, m1, m2] => {
            offset(type_name, *sign, [*h1, *h2], [*m1, *m2], [b'0'; 2])
        }
        [sign @ (b'+' | b'-'), h1, h2, b':', m1, m2, b':', s1, s2] => {
            offset(type_name, *sign, [*h1, *h2], [*m1, *m2], [*s1, *s2])
        }
        name if is_utc(name) => Ok(Some(0)),
        _ => Err(error()),
    }
}

fn is_utc(name: &[u8]) -> bool {
    let names: [&[u8]; 6] = [b"UTC", b"GMT", b"Etc/UTC", b"Etc/GMT", b"Z", b"UCT"];
    names.iter().any(|known| name.eq_ignore_ascii_case(known))
}

#[inline]
fn offset(
    type_name: &'static str,
    sign: u8,
    hours: [u8; 2],
    minutes: [u8; 2],
    seconds: [u8; 2],
) -> Result<Option<i32>, TypeError> {
    let error = || TypeError::invalid(type_name, "not a time zone");
    let number = |pair: [u8; 2]| super::temporal::two_digits(pair).ok_or_else(error);
    let (hours, minutes, seconds) = (number(hours)?, number(minutes)?, number(seconds)?);
    if hours > 23 || minutes > 59 || seconds > 59 {
        return Err(error());
    }
    let magnitude = i32::try_from(hours * 3600 + minutes * 60 + seconds).map_err(|_| error())?;
    Ok(Some(if sign == b'-' { -magnitude } else { magnitude }))
}

/// Appends `±HH:MM`, with `:SS` if there are seconds. `east` must be less than a day away from 0.
pub fn format_zone(east: i32, out: &mut Vec<u8>) {
    out.push(if east < 0 { b'-' } else { b'+' });
    let magnitude = east.unsigned_abs();
    push_padded(magnitude / 3600, 2, out);
    out.push(b':');
    push_padded(magnitude / 60 % 60, 2, out);
    if !magnitude.is_multiple_of(60) {
        out.push(b':');
        push_padded(magnitude % 60, 2, out);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zones() {
        let zone = |text: &str| parse_zone("time", text.as_bytes());
        assert_eq!(zone(""), Ok(None));
        for (text, east) in [
            ("Z", 0),
            ("z", 0),
            ("+02", 7200),
            ("-02:30", -9000),
            ("+0530", 19_800),
            ("-00:01:15", -75),
            (" +02:00", 7200),
            (" UTC", 0),
            ("[UTC]", 0),
            ("Z[Europe/Berlin]", 0),
            ("+01:00[Europe/Berlin]", 3600),
            ("-23:59:59", -86_399),
        ] {
            assert_eq!(zone(text), Ok(Some(east)), "{text}");
        }
        for text in [
            "+24",
            "+1",
            "+01:60",
            "+0a",
            "[Europe/Berlin]",
            "CET",
            " ",
            "  Z",
            "]",
            "[]",
            "+",
        ] {
            assert!(zone(text).is_err(), "{text}");
        }
        let many = [b"[]".repeat(100_000), b" ".to_vec()].concat();
        assert!(parse_zone("time", &many).is_err());
        assert!(parse_zone("time", &b"]".repeat(100_000)).is_err());
    }
}
