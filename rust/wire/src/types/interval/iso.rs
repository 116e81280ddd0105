//! ISO 8601 durations: `P1Y2M3W4DT5H6M7.8S`, with a sign and a fraction on any part, as PostgreSQL reads them.

use super::{take_quantity, Interval, Quantity, Sum, Unit, NAME};
use crate::types::TypeError;

/// Reads what follows the `P`.
pub(super) fn parse(text: &[u8], sign: i128) -> Result<Interval, TypeError> {
    let mut sum = Sum::default();
    let mut rest = text;
    let mut time = false;
    let mut parts = 0;
    loop {
        if let [b'T' | b't', tail @ ..] = rest {
            if time || tail.is_empty() {
                return Err(TypeError::invalid(NAME, "misplaced T"));
            }
            time = true;
            rest = tail;
        }
        if rest.is_empty() {
            break;
        }
        let (quantity, tail): (Quantity, _) = take_quantity(rest)?;
        let Some((designator, tail)) = tail.split_first() else {
            return Err(TypeError::invalid(NAME, "a number without a unit"));
        };
        let unit = match (designator.to_ascii_uppercase(), time) {
            (b'Y', false) => Unit::Months(12),
            (b'M', false) => Unit::Months(1),
            (b'W', false) => Unit::Days(7),
            (b'D', false) => Unit::Days(1),
            (b'H', true) => Unit::Micros(3_600_000_000),
            (b'M', true) => Unit::Micros(60_000_000),
            (b'S', true) => Unit::Micros(1_000_000),
            _ => return Err(TypeError::invalid(NAME, "unknown ISO 8601 unit")),
        };
        sum.add(quantity, unit);
        parts += 1;
        rest = tail;
    }
    if parts == 0 {
        return Err(TypeError::invalid(NAME, "empty ISO 8601 duration"));
    }
    sum.finish(sign)
}

#[cfg(test)]
mod tests {
    use crate::types::interval::{parse_interval, Interval};

    #[test]
    fn durations() {
        let interval = |months, days, micros| {
            Ok(Interval {
                months,
                days,
                micros,
            })
        };
        for (text, expected) in [
            ("P1Y2M3DT4H5M6.789S", interval(14, 3, 14_706_789_000)),
            ("P0D", interval(0, 0, 0)),
            ("PT0S", interval(0, 0, 0)),
            ("P-1Y2M", interval(-10, 0, 0)),
            ("-P1DT1S", interval(0, -1, -1_000_000)),
            ("P2W", interval(0, 14, 0)),
            ("P0.5Y", interval(6, 0, 0)),
            ("P0.5M", interval(0, 15, 0)),
            ("P1.5D", interval(0, 1, 43_200_000_000)),
            ("PT-0.000001S", interval(0, 0, -1)),
            ("PT1,5S", interval(0, 0, 1_500_000)),
            ("pt0.0000019s", interval(0, 0, 1)),
        ] {
            assert_eq!(parse_interval(text.as_bytes()), expected, "{text}");
        }
        for text in [
            "P", "PT", "P1", "P1DT", "P1H", "PT1D", "PTT1S", "P1Y ", "P.D", "-P",
        ] {
            assert!(parse_interval(text.as_bytes()).is_err(), "{text}");
        }
        for text in [
            "P999999999Y",
            "P123456789012345678901D",
            "PT9999999999999999999S",
        ] {
            assert!(
                parse_interval(text.as_bytes())
                    .unwrap_err()
                    .is_out_of_range(),
                "{text}"
            );
        }
    }
}
