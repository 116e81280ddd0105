//! Columns of durations and intervals.

use arrow_array::types::{IntervalDayTimeType, IntervalMonthDayNanoType, IntervalYearMonthType};
use arrow_array::{Array, ArrowPrimitiveType, PrimitiveArray};
use arrow_schema::DataType;
use sbwp::types::interval::{format_interval, Interval};
use sbwp::types::oid;

use super::misfit::Refused;
use super::moments::micros;
use super::{Cells, Target};

struct Spans<A> {
    array: A,
    read: fn(&A, usize) -> Result<Interval, Refused>,
}

impl<A: Send> Cells for Spans<A> {
    fn text(&self, row: usize, out: &mut Vec<u8>) -> Result<(), Refused> {
        format_interval(&(self.read)(&self.array, row)?, out);
        Ok(())
    }
}

fn checked(data_type: &DataType, target: &Target) -> Result<(), Refused> {
    match target.oid {
        oid::INTERVAL => Ok(()),
        other => Err(Refused::types(data_type, other, "")),
    }
}

/// Durations: microseconds alone, however many days they make.
pub(super) fn durations(
    values: Vec<i64>,
    nanos: i64,
    data_type: &DataType,
    target: &Target,
) -> Result<Box<dyn Cells>, Refused> {
    checked(data_type, target)?;
    Ok(Box::new(Spans {
        array: (values, nanos),
        read: |(values, nanos), row| {
            Ok(Interval {
                micros: micros(values.get(row).copied().unwrap_or_default(), *nanos)?,
                ..Interval::default()
            })
        },
    }))
}

fn intervals<T: ArrowPrimitiveType>(
    array: PrimitiveArray<T>,
    target: &Target,
    read: fn(&PrimitiveArray<T>, usize) -> Result<Interval, Refused>,
) -> Result<Box<dyn Cells>, Refused> {
    checked(array.data_type(), target)?;
    Ok(Box::new(Spans { array, read }))
}

/// Intervals of months.
pub(super) fn months(
    array: PrimitiveArray<IntervalYearMonthType>,
    target: &Target,
) -> Result<Box<dyn Cells>, Refused> {
    intervals(array, target, |array, row| {
        Ok(Interval {
            months: array.value(row),
            ..Interval::default()
        })
    })
}

/// Intervals of days and milliseconds.
pub(super) fn days(
    array: PrimitiveArray<IntervalDayTimeType>,
    target: &Target,
) -> Result<Box<dyn Cells>, Refused> {
    intervals(array, target, |array, row| {
        let value = array.value(row);
        Ok(Interval {
            days: value.days,
            micros: i64::from(value.milliseconds) * 1000,
            ..Interval::default()
        })
    })
}

/// Intervals of everything.
pub(super) fn all(
    array: PrimitiveArray<IntervalMonthDayNanoType>,
    target: &Target,
) -> Result<Box<dyn Cells>, Refused> {
    intervals(array, target, |array, row| {
        let value = array.value(row);
        Ok(Interval {
            months: value.months,
            days: value.days,
            micros: micros(value.nanoseconds, 1)?,
        })
    })
}
