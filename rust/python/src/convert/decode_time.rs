//! Wire → Python: dates, times and intervals, by the datetime module's C constructors.

use pyo3::prelude::*;
use pyo3::types::{PyDate, PyDateTime, PyDelta, PyTime, PyTzInfo};
use sbwp::types::calendar::{civil_from_days, split_time, split_timestamp, MICROS_PER_DAY};
use sbwp::types::interval::{self, Interval};
use sbwp::types::temporal::{self, TimeTz};
use sbwp::types::TypeError;

use super::classes;
use super::decode::Decoded;

/// Days a timedelta can hold.
const MAX_DELTA_DAYS: i64 = 999_999_999;

/// A calendar field, which fits a byte by construction.
#[inline]
fn small(field: u32) -> u8 {
    u8::try_from(field).unwrap_or(u8::MAX)
}

#[inline]
fn date<'py>(py: Python<'py>, days: i32) -> Decoded<'py> {
    let (year, month, day) = civil_from_days(days);
    Ok(PyDate::new(py, year, small(month), small(day))?.into_any())
}

pub fn date_text<'py>(py: Python<'py>, bytes: &[u8]) -> Decoded<'py> {
    date(py, temporal::parse_date(bytes)?)
}

pub fn date_binary<'py>(py: Python<'py>, bytes: &[u8]) -> Decoded<'py> {
    date(py, temporal::decode_date(bytes)?)
}

fn time<'py>(
    py: Python<'py>,
    name: &'static str,
    micros: i64,
    zone: Option<&Bound<'py, PyTzInfo>>,
) -> Decoded<'py> {
    if micros >= MICROS_PER_DAY {
        return Err(TypeError::OutOfRange {
            type_name: name,
            reason: "24:00:00 is no time of day in Python",
        }
        .into());
    }
    let (hour, minute, second, micro) = split_time(micros);
    Ok(PyTime::new(py, small(hour), small(minute), small(second), micro, zone)?.into_any())
}

pub fn time_text<'py>(py: Python<'py>, bytes: &[u8]) -> Decoded<'py> {
    time(py, "time", temporal::parse_time(bytes)?, None)
}

pub fn time_binary<'py>(py: Python<'py>, bytes: &[u8]) -> Decoded<'py> {
    time(py, "time", temporal::decode_time(bytes)?, None)
}

fn timetz<'py>(py: Python<'py>, value: TimeTz) -> Decoded<'py> {
    if value.west == 0 {
        return time(py, "timetz", value.micros, Some(&*PyTzInfo::utc(py)?));
    }
    let offset = PyDelta::new(py, 0, -value.west, 0, true)?;
    let zone = PyTzInfo::fixed_offset(py, offset)?;
    time(py, "timetz", value.micros, Some(&zone))
}

pub fn timetz_text<'py>(py: Python<'py>, bytes: &[u8]) -> Decoded<'py> {
    timetz(py, temporal::parse_timetz(bytes)?)
}

pub fn timetz_binary<'py>(py: Python<'py>, bytes: &[u8]) -> Decoded<'py> {
    timetz(py, temporal::decode_timetz(bytes)?)
}

#[inline]
fn timestamp<'py>(
    py: Python<'py>,
    micros: i64,
    zone: Option<&Bound<'py, PyTzInfo>>,
) -> Decoded<'py> {
    let at = split_timestamp(micros);
    Ok(PyDateTime::new(
        py,
        at.year,
        small(at.month),
        small(at.day),
        small(at.hour),
        small(at.minute),
        small(at.second),
        at.micro,
        zone,
    )?
    .into_any())
}

pub fn timestamp_text<'py>(py: Python<'py>, bytes: &[u8]) -> Decoded<'py> {
    timestamp(py, temporal::parse_timestamp(bytes)?, None)
}

pub fn timestamp_binary<'py>(py: Python<'py>, bytes: &[u8]) -> Decoded<'py> {
    timestamp(py, temporal::decode_timestamp(bytes)?, None)
}

pub fn timestamptz_text<'py>(py: Python<'py>, bytes: &[u8]) -> Decoded<'py> {
    let micros = temporal::parse_timestamptz(bytes)?;
    timestamp(py, micros, Some(&*PyTzInfo::utc(py)?))
}

pub fn timestamptz_binary<'py>(py: Python<'py>, bytes: &[u8]) -> Decoded<'py> {
    let micros = temporal::decode_timestamptz(bytes)?;
    timestamp(py, micros, Some(&*PyTzInfo::utc(py)?))
}

/// A timedelta where there are no months and it holds the days, else an `Interval`.
fn interval<'py>(py: Python<'py>, value: Interval) -> Decoded<'py> {
    let days = i64::from(value.days) + value.micros.div_euclid(MICROS_PER_DAY);
    if value.months == 0 && (-MAX_DELTA_DAYS..=MAX_DELTA_DAYS).contains(&days) {
        let rest = value.micros.rem_euclid(MICROS_PER_DAY);
        let part = |number: i64| i32::try_from(number).unwrap_or(i32::MAX);
        let (seconds, micros) = (part(rest / 1_000_000), part(rest % 1_000_000));
        return Ok(PyDelta::new(py, part(days), seconds, micros, false)?.into_any());
    }
    Ok(classes::interval(py)?.call1((value.months, value.days, value.micros))?)
}

pub fn interval_text<'py>(py: Python<'py>, bytes: &[u8]) -> Decoded<'py> {
    interval(py, interval::parse_interval(bytes)?)
}

pub fn interval_binary<'py>(py: Python<'py>, bytes: &[u8]) -> Decoded<'py> {
    interval(py, interval::decode_interval(bytes)?)
}
