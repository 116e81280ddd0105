//! Columns of values of one width: numbers, moments, bits, UUIDs.

use std::marker::PhantomData;
use std::sync::Arc;

use arrow_array::types::ArrowPrimitiveType;
use arrow_array::{ArrayRef, BooleanArray, FixedSizeBinaryArray, PrimitiveArray};
use arrow_buffer::{
    BooleanBufferBuilder, Buffer, IntervalMonthDayNano, NullBufferBuilder, ScalarBuffer,
};
use arrow_schema::DataType;
use sbwp::types::calendar::{days_from_civil, MICROS_PER_DAY};
use sbwp::types::interval::{self, Interval};
use sbwp::types::text::decode_lp;
use sbwp::types::{boolean, temporal, uuid, Format, TypeError};

use super::{unmade, Builder, Cell};
use crate::error::Fault;

/// 2000-01-01, from where SBWP counts, in days since 1970-01-01, from where Arrow does.
const EPOCH_DAYS: i32 = -days_from_civil(1970, 1, 1);
const EPOCH_MICROS: i64 = EPOCH_DAYS as i64 * MICROS_PER_DAY;

struct Fixed<T: ArrowPrimitiveType, R> {
    values: Vec<T::Native>,
    nulls: NullBufferBuilder,
    data_type: DataType,
    read: R,
    of: PhantomData<fn() -> T>,
}

/// A column of primitive values, each read by `read`.
pub(super) fn fixed<T: ArrowPrimitiveType>(
    data_type: &DataType,
    rows: usize,
    read: impl Fn(&[u8]) -> Result<T::Native, TypeError> + Send + 'static,
) -> Box<dyn Builder> {
    Box::new(Fixed::<T, _> {
        values: Vec::with_capacity(rows),
        nulls: NullBufferBuilder::new(rows),
        data_type: data_type.clone(),
        read,
        of: PhantomData,
    })
}

impl<T, R> Builder for Fixed<T, R>
where
    T: ArrowPrimitiveType,
    R: Fn(&[u8]) -> Result<T::Native, TypeError> + Send,
{
    fn append(&mut self, cells: &[Cell<'_>]) -> Result<(), Fault> {
        self.values.reserve(cells.len());
        let mut valid = 0;
        for (at, cell) in cells.iter().enumerate() {
            match cell {
                Some(bytes) => {
                    let value = (self.read)(bytes).map_err(|error| Fault {
                        at,
                        reason: error.into(),
                    })?;
                    self.values.push(value);
                    valid += 1;
                }
                None => {
                    self.nulls.append_n_non_nulls(std::mem::take(&mut valid));
                    self.nulls.append_null();
                    self.values.push(T::Native::default());
                }
            }
        }
        self.nulls.append_n_non_nulls(valid);
        Ok(())
    }

    fn finish(&mut self) -> Result<ArrayRef, Fault> {
        let values = ScalarBuffer::from(std::mem::take(&mut self.values));
        let array = PrimitiveArray::<T>::try_new(values, self.nulls.finish())
            .map_err(|error| unmade(&error))?;
        Ok(Arc::new(array.with_data_type(self.data_type.clone())))
    }
}

/// The text inside a binary value that is text with a length.
pub(super) fn prefixed(bytes: &[u8]) -> Result<&[u8], TypeError> {
    decode_lp("text", bytes)
}

/// The text that a value is.
#[inline]
pub(super) fn bare(bytes: &[u8]) -> Result<&[u8], TypeError> {
    Ok(bytes)
}

pub(super) fn date_text(bytes: &[u8]) -> Result<i32, TypeError> {
    Ok(temporal::parse_date(bytes)? + EPOCH_DAYS)
}

pub(super) fn date_binary(bytes: &[u8]) -> Result<i32, TypeError> {
    Ok(temporal::decode_date(bytes)? + EPOCH_DAYS)
}

fn time(micros: i64) -> Result<i64, TypeError> {
    if micros < MICROS_PER_DAY {
        return Ok(micros);
    }
    Err(TypeError::OutOfRange {
        type_name: "time",
        reason: "24:00:00 is no time of day in Arrow",
    })
}

pub(super) fn time_text(bytes: &[u8]) -> Result<i64, TypeError> {
    time(temporal::parse_time(bytes)?)
}

pub(super) fn time_binary(bytes: &[u8]) -> Result<i64, TypeError> {
    time(temporal::decode_time(bytes)?)
}

pub(super) fn timestamp_text(bytes: &[u8]) -> Result<i64, TypeError> {
    Ok(temporal::parse_timestamp(bytes)? + EPOCH_MICROS)
}

pub(super) fn timestamp_binary(bytes: &[u8]) -> Result<i64, TypeError> {
    Ok(temporal::decode_timestamp(bytes)? + EPOCH_MICROS)
}

pub(super) fn timestamptz_text(bytes: &[u8]) -> Result<i64, TypeError> {
    Ok(temporal::parse_timestamptz(bytes)? + EPOCH_MICROS)
}

pub(super) fn timestamptz_binary(bytes: &[u8]) -> Result<i64, TypeError> {
    Ok(temporal::decode_timestamptz(bytes)? + EPOCH_MICROS)
}

fn interval(value: Interval) -> Result<IntervalMonthDayNano, TypeError> {
    let nanos = value.micros.checked_mul(1000);
    let nanos = nanos.ok_or(TypeError::OutOfRange {
        type_name: "interval",
        reason: "more than 64 bits of nanoseconds",
    })?;
    Ok(IntervalMonthDayNano::new(value.months, value.days, nanos))
}

pub(super) fn interval_text(bytes: &[u8]) -> Result<IntervalMonthDayNano, TypeError> {
    interval(interval::parse_interval(bytes)?)
}

pub(super) fn interval_binary(bytes: &[u8]) -> Result<IntervalMonthDayNano, TypeError> {
    interval(interval::decode_interval(bytes)?)
}

/// Truth values, one bit each.
pub(super) struct Bool {
    values: BooleanBufferBuilder,
    nulls: NullBufferBuilder,
    read: fn(&[u8]) -> Result<bool, TypeError>,
}

impl Bool {
    pub(super) fn new(format: Format, rows: usize) -> Self {
        Bool {
            values: BooleanBufferBuilder::new(rows),
            nulls: NullBufferBuilder::new(rows),
            read: match format {
                Format::Text => boolean::parse_bool,
                Format::Binary => boolean::decode_bool,
            },
        }
    }
}

impl Builder for Bool {
    fn append(&mut self, cells: &[Cell<'_>]) -> Result<(), Fault> {
        for (at, cell) in cells.iter().enumerate() {
            let value = match cell {
                // What PostgreSQL writes, without a call.
                Some(b"t") => true,
                Some(b"f") => false,
                Some(bytes) => (self.read)(bytes).map_err(|error| Fault {
                    at,
                    reason: error.into(),
                })?,
                None => false,
            };
            self.values.append(value);
            self.nulls.append(cell.is_some());
        }
        Ok(())
    }

    fn finish(&mut self) -> Result<ArrayRef, Fault> {
        let array = BooleanArray::new(self.values.finish(), self.nulls.finish());
        Ok(Arc::new(array))
    }
}

pub(super) struct Uuid {
    values: Vec<u8>,
    nulls: NullBufferBuilder,
    read: fn(&[u8]) -> Result<[u8; 16], TypeError>,
}

impl Uuid {
    pub(super) fn new(format: Format, rows: usize) -> Self {
        Uuid {
            values: Vec::with_capacity(rows.saturating_mul(16)),
            nulls: NullBufferBuilder::new(rows),
            read: match format {
                Format::Text => uuid::parse_uuid,
                Format::Binary => uuid::decode_uuid,
            },
        }
    }
}

impl Builder for Uuid {
    fn append(&mut self, cells: &[Cell<'_>]) -> Result<(), Fault> {
        for (at, cell) in cells.iter().enumerate() {
            let value = match cell {
                Some(bytes) => (self.read)(bytes).map_err(|error| Fault {
                    at,
                    reason: error.into(),
                })?,
                None => [0; 16],
            };
            self.values.extend_from_slice(&value);
            self.nulls.append(cell.is_some());
        }
        Ok(())
    }

    fn finish(&mut self) -> Result<ArrayRef, Fault> {
        let values = Buffer::from(std::mem::take(&mut self.values));
        let array = FixedSizeBinaryArray::try_new(16, values, self.nulls.finish());
        Ok(Arc::new(array.map_err(|error| unmade(&error))?))
    }
}
