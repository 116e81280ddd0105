//! Arithmetic of the proleptic Gregorian calendar around the protocol's epoch, 2000-01-01.
//!
//! Pure numbers: no text, no zones. Years run from 1 to 9999.

/// Microseconds of a day.
pub const MICROS_PER_DAY: i64 = 86_400_000_000;
/// 0001-01-01 in days since 2000-01-01.
pub const MIN_DAY: i32 = days_from_civil(1, 1, 1);
/// 9999-12-31 in days since 2000-01-01.
pub const MAX_DAY: i32 = days_from_civil(9999, 12, 31);
/// 0001-01-01 00:00:00 in microseconds since 2000-01-01.
pub const MIN_MICROS: i64 = MIN_DAY as i64 * MICROS_PER_DAY;
/// 9999-12-31 23:59:59.999999 in microseconds since 2000-01-01.
pub const MAX_MICROS: i64 = (MAX_DAY as i64 + 1) * MICROS_PER_DAY - 1;

/// Days from 0000-03-01 to 2000-01-01.
const EPOCH_SHIFT: i32 = 730_425;
const DAYS_PER_400_YEARS: i32 = 146_097;

/// Days since 2000-01-01 of a date. The month must be 1 to 12; the day is not checked against it.
#[inline]
#[must_use]
pub const fn days_from_civil(year: i32, month: u32, day: u32) -> i32 {
    // Years start in March here, so that the leap day is the last of its year.
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    #[allow(clippy::cast_possible_wrap)]
    let (month, day) = (month as i32, day as i32);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * DAYS_PER_400_YEARS + day_of_era - EPOCH_SHIFT
}

/// Year, month and day of a number of days since 2000-01-01.
///
/// Meaningful for `MIN_DAY..=MAX_DAY`; other numbers give some date without overflowing.
#[inline]
#[must_use]
pub const fn civil_from_days(days: i32) -> (i32, u32, u32) {
    let days = days as i64 + EPOCH_SHIFT as i64;
    let era = days.div_euclid(DAYS_PER_400_YEARS as i64);
    let day_of_era = days.rem_euclid(DAYS_PER_400_YEARS as i64);
    let year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 {
        shifted_month + 3
    } else {
        shifted_month - 9
    };
    let year = year_of_era + era * 400 + (month <= 2) as i64;
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    (year as i32, month as u32, day as u32)
}

#[inline]
#[must_use]
pub const fn is_leap_year(year: i32) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

/// Days in a month; 0 for a month that does not exist.
#[inline]
#[must_use]
pub const fn days_in_month(year: i32, month: u32) -> u32 {
    match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 if is_leap_year(year) => 29,
        2 => 28,
        _ => 0,
    }
}

/// Hour, minute, second and microsecond of microseconds since midnight (0 to one day, inclusive).
#[inline]
#[must_use]
pub const fn split_time(micros: i64) -> (u32, u32, u32, u32) {
    let seconds = micros.div_euclid(1_000_000);
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    (
        (seconds / 3600) as u32,
        (seconds / 60 % 60) as u32,
        (seconds % 60) as u32,
        micros.rem_euclid(1_000_000) as u32,
    )
}

/// A timestamp taken apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Civil {
    pub year: i32,
    pub month: u32,
    pub day: u32,
    pub hour: u32,
    pub minute: u32,
    pub second: u32,
    pub micro: u32,
}

/// Takes microseconds since 2000-01-01 apart.
#[inline]
#[must_use]
pub const fn split_timestamp(micros: i64) -> Civil {
    let days = micros.div_euclid(MICROS_PER_DAY);
    #[allow(clippy::cast_possible_truncation)]
    let (year, month, day) = civil_from_days(days as i32);
    let (hour, minute, second, micro) = split_time(micros.rem_euclid(MICROS_PER_DAY));
    Civil {
        year,
        month,
        day,
        hour,
        minute,
        second,
        micro,
    }
}

/// Appends a number with leading zeros to at least `width` digits.
#[inline]
pub(crate) fn push_padded(number: u32, width: usize, out: &mut Vec<u8>) {
    let mut buffer = itoa::Buffer::new();
    let digits = buffer.format(number).as_bytes();
    for _ in digits.len()..width {
        out.push(b'0');
    }
    out.extend_from_slice(digits);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_day_of_ten_millennia_goes_there_and_back() {
        let (mut year, mut month, mut day) = (1, 1, 1);
        for days in MIN_DAY..=MAX_DAY {
            assert_eq!(civil_from_days(days), (year, month, day));
            assert_eq!(days_from_civil(year, month, day), days);
            day += 1;
            if day > days_in_month(year, month) {
                day = 1;
                month += 1;
                if month > 12 {
                    month = 1;
                    year += 1;
                }
            }
        }
        assert_eq!((year, month, day), (10_000, 1, 1));
    }

    #[test]
    fn anchors_and_extremes() {
        assert_eq!(days_from_civil(2000, 1, 1), 0);
        assert_eq!(days_from_civil(2024, 2, 29), 8825);
        assert_eq!(days_from_civil(1970, 1, 1), -10_957);
        let _ = civil_from_days(i32::MIN);
        let _ = civil_from_days(i32::MAX);
        let _ = split_timestamp(i64::MIN);
        let _ = split_timestamp(i64::MAX);
        let last = split_timestamp(MAX_MICROS);
        assert_eq!(
            (last.year, last.hour, last.second, last.micro),
            (9999, 23, 59, 999_999)
        );
    }
}
