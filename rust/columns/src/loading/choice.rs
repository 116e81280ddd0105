//! Which cells a column has, by its type and its target: the one place that says what goes where.

use arrow_array::cast::AsArray;
use arrow_array::types::*;
use arrow_array::{Array, ArrayRef, ArrowPrimitiveType, RunArray};
use arrow_schema::{DataType, IntervalUnit, TimeUnit};
use sbwp::types::{info, oid, Shape};

use super::misfit::Refused;
use super::{bytes, documents, lists, moments, numbers, ranges, spans, Cells, Target};

type Chosen = Result<Box<dyn Cells>, Refused>;

/// The cells of an array on its way into `target`.
///
/// # Errors
/// A type that does not go there.
pub(super) fn cells(array: &ArrayRef, target: &Target) -> Chosen {
    let shape = info(target.oid).map_or(Shape::Scalar, |info| info.shape);
    let data_type = array.data_type();
    match data_type {
        DataType::Null => Ok(Box::new(Nothing)),
        DataType::Dictionary(..) => Categories::of(array, target),
        DataType::RunEndEncoded(..) => Categories::of_runs(array, target),
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => bytes::texts(array, target),
        DataType::List(_)
        | DataType::LargeList(_)
        | DataType::ListView(_)
        | DataType::LargeListView(_)
        | DataType::FixedSizeList(..)
        | DataType::Struct(_)
        | DataType::Map(..)
            if matches!(target.oid, oid::JSON | oid::JSONB) =>
        {
            documents::documents(array, target)
        }
        DataType::List(_)
        | DataType::LargeList(_)
        | DataType::ListView(_)
        | DataType::LargeListView(_)
        | DataType::FixedSizeList(..) => lists::lists(array, target),
        DataType::Struct(fields) if shape == Shape::Range && ranges::bound(fields).is_some() => {
            ranges::ranges(array, target)
        }
        _ => scalar(array, target),
    }
}

fn scalar(array: &ArrayRef, target: &Target) -> Chosen {
    macro_rules! whole {
        ($arrow:ty) => {
            numbers::integers(array.as_primitive::<$arrow>().clone(), target)
        };
    }
    macro_rules! decimal {
        ($arrow:ty) => {
            numbers::decimals(array.as_primitive::<$arrow>().clone(), target)
        };
    }
    macro_rules! moment {
        ($make:path, $arrow:ty, $nanos:expr) => {
            $make(
                wide(array.as_primitive::<$arrow>()),
                $nanos,
                array.data_type(),
                target,
            )
        };
    }
    use TimeUnit::{Microsecond, Millisecond, Nanosecond, Second};
    match array.data_type() {
        DataType::Boolean => numbers::truths(array.as_boolean().clone(), target),
        DataType::Int8 => whole!(Int8Type),
        DataType::Int16 => whole!(Int16Type),
        DataType::Int32 => whole!(Int32Type),
        DataType::Int64 => whole!(Int64Type),
        DataType::UInt8 => whole!(UInt8Type),
        DataType::UInt16 => whole!(UInt16Type),
        DataType::UInt32 => whole!(UInt32Type),
        DataType::UInt64 => whole!(UInt64Type),
        DataType::Float16 => numbers::floats(array.as_primitive::<Float16Type>().clone(), target),
        DataType::Float32 => numbers::floats(array.as_primitive::<Float32Type>().clone(), target),
        DataType::Float64 => numbers::floats(array.as_primitive::<Float64Type>().clone(), target),
        DataType::Decimal32(..) => decimal!(Decimal32Type),
        DataType::Decimal64(..) => decimal!(Decimal64Type),
        DataType::Decimal128(..) => decimal!(Decimal128Type),
        DataType::Decimal256(..) => decimal!(Decimal256Type),
        DataType::Binary
        | DataType::LargeBinary
        | DataType::BinaryView
        | DataType::FixedSizeBinary(_) => bytes::binaries(array, target),
        DataType::Date32 => moment!(moments::dates, Date32Type, moments::DAY),
        DataType::Date64 => moment!(moments::dates, Date64Type, 1_000_000),
        DataType::Timestamp(Second, _) => {
            moment!(moments::timestamps, TimestampSecondType, 1_000_000_000)
        }
        DataType::Timestamp(Millisecond, _) => {
            moment!(moments::timestamps, TimestampMillisecondType, 1_000_000)
        }
        DataType::Timestamp(Microsecond, _) => {
            moment!(moments::timestamps, TimestampMicrosecondType, 1_000)
        }
        DataType::Timestamp(Nanosecond, _) => {
            moment!(moments::timestamps, TimestampNanosecondType, 1)
        }
        DataType::Time32(Second) => moment!(moments::times, Time32SecondType, 1_000_000_000),
        DataType::Time32(_) => moment!(moments::times, Time32MillisecondType, 1_000_000),
        DataType::Time64(Microsecond) => moment!(moments::times, Time64MicrosecondType, 1_000),
        DataType::Time64(_) => moment!(moments::times, Time64NanosecondType, 1),
        DataType::Duration(Second) => moment!(spans::durations, DurationSecondType, 1_000_000_000),
        DataType::Duration(Millisecond) => {
            moment!(spans::durations, DurationMillisecondType, 1_000_000)
        }
        DataType::Duration(Microsecond) => {
            moment!(spans::durations, DurationMicrosecondType, 1_000)
        }
        DataType::Duration(Nanosecond) => moment!(spans::durations, DurationNanosecondType, 1),
        DataType::Interval(IntervalUnit::YearMonth) => spans::months(
            array.as_primitive::<IntervalYearMonthType>().clone(),
            target,
        ),
        DataType::Interval(IntervalUnit::DayTime) => {
            spans::days(array.as_primitive::<IntervalDayTimeType>().clone(), target)
        }
        DataType::Interval(IntervalUnit::MonthDayNano) => spans::all(
            array.as_primitive::<IntervalMonthDayNanoType>().clone(),
            target,
        ),
        other => Err(Refused::types(other, target.oid, "")),
    }
}

/// The numbers of a column of moments, in 64 bits.
pub(super) fn wide<T: ArrowPrimitiveType>(array: &arrow_array::PrimitiveArray<T>) -> Vec<i64>
where
    T::Native: Into<i64>,
{
    array.values().iter().map(|value| (*value).into()).collect()
}

/// A column of NULLs; none of its cells is ever asked for.
struct Nothing;

impl Cells for Nothing {
    fn text(&self, _: usize, _: &mut Vec<u8>) -> Result<(), Refused> {
        Ok(())
    }
}

/// Categories, and runs of equal values: the cells are those of the values that the keys point to.
struct Categories {
    keys: Vec<usize>,
    values: Box<dyn Cells>,
}

impl Categories {
    fn of(array: &ArrayRef, target: &Target) -> Chosen {
        let dictionary = array.as_any_dictionary();
        // Without values there is not one key that is not NULL.
        let keys = match dictionary.values().is_empty() {
            true => Vec::new(),
            false => dictionary.normalized_keys(),
        };
        Ok(Box::new(Categories {
            keys,
            values: cells(dictionary.values(), target)?,
        }))
    }

    fn of_runs(array: &ArrayRef, target: &Target) -> Chosen {
        macro_rules! runs {
            ($($ends:ty),*) => {
                $(if let Some(runs) = array.as_any().downcast_ref::<RunArray<$ends>>() {
                    return Ok(Box::new(Categories {
                        keys: (0..runs.len()).map(|row| runs.get_physical_index(row)).collect(),
                        values: cells(runs.values(), target)?,
                    }));
                })*
            };
        }
        runs!(Int16Type, Int32Type, Int64Type);
        Err(Refused::types(array.data_type(), target.oid, ""))
    }

    fn key(&self, row: usize) -> Result<usize, Refused> {
        let key = self.keys.get(row).copied();
        key.ok_or_else(|| Refused::representation("the category has no value"))
    }
}

impl Cells for Categories {
    fn text(&self, row: usize, out: &mut Vec<u8>) -> Result<(), Refused> {
        self.values.text(self.key(row)?, out)
    }

    fn value<'a>(
        &'a self,
        row: usize,
        out: &'a mut Vec<u8>,
    ) -> Result<sbwp::message::copy_packet::CopyValue<'a>, Refused> {
        self.values.value(self.key(row)?, out)
    }
}
