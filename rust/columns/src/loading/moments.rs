//! Columns of dates, times and timestamps, counted from 1970 in Arrow and from 2000 in the database.

use arrow_schema::DataType;
use sbwp::types::{oid, temporal, Oid};

use super::misfit::Refused;
use super::{Cells, Target};

/// Nanoseconds of a day.
pub(super) const DAY: i64 = 86_400_000_000_000;
const DAY_MICROS: i64 = DAY / 1000;
/// From 1970-01-01 to 2000-01-01.
const EPOCH_DAYS: i64 = 10_957;
const EPOCH_MICROS: i64 = EPOCH_DAYS * DAY_MICROS;

const NAIVE: &str =
    "timestamps without a zone are no moments: localize them first (pandas: dt.tz_localize)";
const AWARE: &str =
    "the zone would be lost: convert to it and drop it first (pandas: dt.tz_convert(…).dt.tz_localize(None))";

struct Moments {
    values: Vec<i64>,
    /// Nanoseconds that a unit of the values has.
    nanos: i64,
    oid: Oid,
}

/// Dates: into dates, and as midnights into timestamps without a zone.
pub(super) fn dates(
    values: Vec<i64>,
    nanos: i64,
    data_type: &DataType,
    target: &Target,
) -> Result<Box<dyn Cells>, Refused> {
    match target.oid {
        oid::DATE | oid::TIMESTAMP => boxed(values, nanos, target.oid),
        oid::TIMESTAMPTZ => Err(Refused::types(data_type, target.oid, NAIVE)),
        other => Err(Refused::types(data_type, other, "")),
    }
}

/// Timestamps: with a zone into those with one, without into those without, and midnights into dates.
pub(super) fn timestamps(
    values: Vec<i64>,
    nanos: i64,
    data_type: &DataType,
    target: &Target,
) -> Result<Box<dyn Cells>, Refused> {
    let is_aware = matches!(data_type, DataType::Timestamp(_, Some(_)));
    match (target.oid, is_aware) {
        (oid::TIMESTAMPTZ, true) | (oid::TIMESTAMP | oid::DATE, false) => {
            boxed(values, nanos, target.oid)
        }
        (oid::TIMESTAMPTZ, false) => Err(Refused::types(data_type, target.oid, NAIVE)),
        (oid::TIMESTAMP | oid::DATE, true) => Err(Refused::types(data_type, target.oid, AWARE)),
        (other, _) => Err(Refused::types(data_type, other, "")),
    }
}

/// Times of day.
pub(super) fn times(
    values: Vec<i64>,
    nanos: i64,
    data_type: &DataType,
    target: &Target,
) -> Result<Box<dyn Cells>, Refused> {
    match target.oid {
        oid::TIME => boxed(values, nanos, target.oid),
        other => Err(Refused::types(data_type, other, "")),
    }
}

#[allow(clippy::unnecessary_wraps)]
fn boxed(values: Vec<i64>, nanos: i64, oid: Oid) -> Result<Box<dyn Cells>, Refused> {
    Ok(Box::new(Moments { values, nanos, oid }))
}

/// So many units as microseconds; none of them is rounded away.
pub(super) fn micros(value: i64, nanos: i64) -> Result<i64, Refused> {
    if nanos >= 1000 {
        let micros = value.checked_mul(nanos / 1000);
        return micros.ok_or_else(|| Refused::range("the moment is out of range"));
    }
    // The only unit below is the nanosecond.
    if value % 1000 != 0 {
        return Err(Refused::range(
            "the value has nanoseconds, the database microseconds; nothing is rounded (pandas: dt.floor('us'))",
        ));
    }
    Ok(value / 1000)
}

impl Cells for Moments {
    fn text(&self, row: usize, out: &mut Vec<u8>) -> Result<(), Refused> {
        let value = self.values.get(row).copied().unwrap_or_default();
        let outside = || Refused::range("the moment is out of range");
        if self.oid == oid::DATE && self.nanos == DAY {
            let days = value.checked_sub(EPOCH_DAYS).ok_or_else(outside)?;
            let days = i32::try_from(days).map_err(|_| outside())?;
            return Ok(temporal::format_date(days, out)?);
        }
        let micros = micros(value, self.nanos)?;
        if self.oid == oid::TIME {
            return Ok(temporal::format_time(micros, out)?);
        }
        let micros = micros.checked_sub(EPOCH_MICROS).ok_or_else(outside)?;
        match self.oid {
            oid::DATE => {
                if micros % DAY_MICROS != 0 {
                    let reason = "a timestamp within a day does not go into a date";
                    return Err(Refused::representation(reason));
                }
                let days = i32::try_from(micros / DAY_MICROS).map_err(|_| outside())?;
                temporal::format_date(days, out)?;
            }
            oid::TIMESTAMPTZ => temporal::format_timestamptz(micros, out)?,
            _ => temporal::format_timestamp(micros, out)?,
        }
        Ok(())
    }
}
