//! Python → wire: dates, times and intervals, from the objects' own fields.

use pyo3::prelude::*;
use pyo3::types::{
    PyDate, PyDateAccess, PyDateTime, PyDelta, PyDeltaAccess, PyTime, PyTimeAccess, PyTzInfo,
    PyTzInfoAccess,
};
use sbwp::types::calendar::{days_from_civil, MICROS_PER_DAY};
use sbwp::types::interval::{format_interval, Interval};
use sbwp::types::temporal::{
    format_date, format_time, format_timestamp, format_timestamptz, format_timetz, TimeTz,
};
use sbwp::types::{oid, TypeError};

use super::refusal::{Encoded, Refusal};

fn days(date: &impl PyDateAccess) -> i32 {
    days_from_civil(
        date.get_year(),
        date.get_month().into(),
        date.get_day().into(),
    )
}

fn micros(time: &impl PyTimeAccess) -> i64 {
    let seconds = (i64::from(time.get_hour()) * 60 + i64::from(time.get_minute())) * 60
        + i64::from(time.get_second());
    seconds * 1_000_000 + i64::from(time.get_microsecond())
}

pub fn encode_date(date: &Bound<'_, PyDate>, out: &mut Vec<u8>) -> Encoded {
    format_date(days(date), out)?;
    Ok(Some(oid::DATE))
}

/// Aware as timestamptz in UTC, naive as timestamp.
pub fn encode_datetime(moment: &Bound<'_, PyDateTime>, out: &mut Vec<u8>) -> Encoded {
    let local = i64::from(days(moment)) * MICROS_PER_DAY + micros(moment);
    match offset(moment.as_any(), moment.get_tzinfo())? {
        None => {
            format_timestamp(local, out)?;
            Ok(Some(oid::TIMESTAMP))
        }
        Some(offset) => {
            format_timestamptz(local - offset, out)?;
            Ok(Some(oid::TIMESTAMPTZ))
        }
    }
}

/// Aware as timetz with its offset, naive as time.
pub fn encode_time(time: &Bound<'_, PyTime>, out: &mut Vec<u8>) -> Encoded {
    let zone = time.get_tzinfo();
    let zoned = zone.is_some();
    match offset(time.as_any(), zone)? {
        None if zoned => Err(TypeError::OutOfRange {
            type_name: "timetz",
            reason: "the offset of this time zone depends on the date, which a time does not have",
        }
        .into()),
        None => {
            format_time(micros(time), out)?;
            Ok(Some(oid::TIME))
        }
        Some(offset) if offset % 1_000_000 != 0 => Err(TypeError::OutOfRange {
            type_name: "timetz",
            reason: "the offset is not of whole seconds",
        }
        .into()),
        Some(offset) => {
            let west = i32::try_from(-offset / 1_000_000).unwrap_or(i32::MAX);
            format_timetz(
                TimeTz {
                    micros: micros(time),
                    west,
                },
                out,
            )?;
            Ok(Some(oid::TIMETZ))
        }
    }
}

/// Microseconds east of UTC; None where there is no zone or it does not say.
fn offset(
    moment: &Bound<'_, PyAny>,
    zone: Option<Bound<'_, PyTzInfo>>,
) -> Result<Option<i64>, Refusal> {
    let py = moment.py();
    let Some(zone) = zone else {
        return Ok(None);
    };
    if zone.is(PyTzInfo::utc(py)?.as_any()) {
        return Ok(Some(0));
    }
    let offset = moment.call_method0(pyo3::intern!(py, "utcoffset"))?;
    if offset.is_none() {
        return Ok(None);
    }
    let offset = offset.cast::<PyDelta>().map_err(PyErr::from)?;
    Ok(Some(
        delta_micros(offset) + i64::from(offset.get_days()) * MICROS_PER_DAY,
    ))
}

fn delta_micros(delta: &Bound<'_, PyDelta>) -> i64 {
    i64::from(delta.get_seconds()) * 1_000_000 + i64::from(delta.get_microseconds())
}

pub fn encode_delta(delta: &Bound<'_, PyDelta>, out: &mut Vec<u8>) -> Encoded {
    let interval = Interval {
        months: 0,
        days: delta.get_days(),
        micros: delta_micros(delta),
    };
    format_interval(&interval, out);
    Ok(Some(oid::INTERVAL))
}
