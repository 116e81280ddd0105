//! Columns of decimals: the digits of each value, shifted to the scale of the column. Never rounded.

use std::sync::Arc;

use arrow_array::types::{Decimal128Type, Decimal256Type, DecimalType};
use arrow_array::{ArrayRef, PrimitiveArray};
use arrow_buffer::{i256, NullBufferBuilder, ScalarBuffer};
use arrow_schema::DataType;
use sbwp::types::numeric::write_plain;
use sbwp::types::TypeError;

use super::{fixed, unmade, Builder, Cell};
use crate::error::{Fault, Reason};

/// Digits that an i128 holds whatever they are.
const SAFE: usize = 38;

/// A column of hundredths.
pub(super) fn hundredths(
    data_type: &DataType,
    rows: usize,
    read: impl Fn(&[u8]) -> Result<i64, TypeError> + Send + 'static,
) -> Box<dyn Builder> {
    fixed::fixed::<Decimal128Type>(data_type, rows, move |bytes| read(bytes).map(i128::from))
}

/// A column of numerals in text, which `inside` finds in a value.
pub(super) fn decimal(
    data_type: &DataType,
    rows: usize,
    inside: impl Fn(&[u8]) -> Result<&[u8], TypeError> + Send + 'static,
) -> Box<dyn Builder> {
    match *data_type {
        DataType::Decimal256(precision, scale) => {
            Decimal::<Decimal256Type, _>::boxed(data_type, precision, scale, rows, inside, wide)
        }
        DataType::Decimal128(precision, scale) => {
            Decimal::<Decimal128Type, _>::boxed(data_type, precision, scale, rows, inside, narrow)
        }
        _ => super::bytes::text(rows, move |cell: &[u8], out: &mut Vec<u8>| {
            out.extend_from_slice(inside(cell)?);
            Ok(())
        }),
    }
}

struct Decimal<T: DecimalType, I> {
    values: Vec<T::Native>,
    nulls: NullBufferBuilder,
    data_type: DataType,
    precision: usize,
    scale: usize,
    inside: I,
    combine: fn(&[u8], &[u8], usize) -> T::Native,
}

impl<T, I> Decimal<T, I>
where
    T: DecimalType + 'static,
    I: Fn(&[u8]) -> Result<&[u8], TypeError> + Send + 'static,
{
    fn boxed(
        data_type: &DataType,
        precision: u8,
        scale: i8,
        rows: usize,
        inside: I,
        combine: fn(&[u8], &[u8], usize) -> T::Native,
    ) -> Box<dyn Builder> {
        Box::new(Decimal::<T, I> {
            values: Vec::with_capacity(rows),
            nulls: NullBufferBuilder::new(rows),
            data_type: data_type.clone(),
            precision: precision.into(),
            scale: scale.unsigned_abs().into(),
            inside,
            combine,
        })
    }

    fn read(&self, cell: &[u8]) -> Result<T::Native, Reason> {
        let text = (self.inside)(cell)?;
        match Numeral::plain(text) {
            Some(numeral) => self.scaled(&numeral),
            None => self.other(text),
        }
    }

    /// Exponents and all other ways to write a number.
    #[cold]
    fn other(&self, text: &[u8]) -> Result<T::Native, Reason> {
        let mut written = Vec::new();
        write_plain(text, &mut written)?;
        match Numeral::plain(&written) {
            Some(numeral) => self.scaled(&numeral),
            None => Err(Reason::Unfit(format!(
                "{} is no decimal: cast the column to float8 or to text",
                String::from_utf8_lossy(&written)
            ))),
        }
    }

    #[inline]
    fn scaled(&self, numeral: &Numeral<'_>) -> Result<T::Native, Reason> {
        let fraction = match numeral.fraction.split_at_checked(self.scale) {
            Some((kept, rest)) if rest.iter().all(|digit| *digit == b'0') => kept,
            Some(_) => return Err(self.unfit(numeral)),
            None => numeral.fraction,
        };
        let missing = self.scale - fraction.len();
        let mut whole = numeral.whole;
        if whole.len() + self.scale > self.precision {
            let zeros = whole.iter().take_while(|digit| **digit == b'0').count();
            whole = whole.get(zeros..).unwrap_or_default();
            if whole.len() + self.scale > self.precision {
                return Err(self.unfit(numeral));
            }
        }
        let value = (self.combine)(whole, fraction, missing);
        Ok(if numeral.negative {
            negate::<T>(value)
        } else {
            value
        })
    }

    #[cold]
    fn unfit(&self, numeral: &Numeral<'_>) -> Reason {
        Reason::Unfit(format!(
            "a numeric of {} digits before and {} after the point does not fit {}",
            numeral.whole.len(),
            numeral.fraction.len(),
            self.data_type
        ))
    }
}

#[inline]
fn negate<T: DecimalType>(value: T::Native) -> T::Native {
    use arrow_array::ArrowNativeTypeOp;
    value.neg_wrapping()
}

impl<T, I> Builder for Decimal<T, I>
where
    T: DecimalType + 'static,
    I: Fn(&[u8]) -> Result<&[u8], TypeError> + Send + 'static,
{
    fn append(&mut self, cells: &[Cell<'_>]) -> Result<(), Fault> {
        self.values.reserve(cells.len());
        for (at, cell) in cells.iter().enumerate() {
            let value = match cell {
                Some(bytes) => self.read(bytes).map_err(|reason| Fault { at, reason })?,
                None => T::Native::default(),
            };
            self.values.push(value);
            self.nulls.append(cell.is_some());
        }
        Ok(())
    }

    fn finish(&mut self) -> Result<ArrayRef, Fault> {
        let values = ScalarBuffer::from(std::mem::take(&mut self.values));
        let array = PrimitiveArray::<T>::try_new(values, self.nulls.finish());
        let array = array.map_err(|error| unmade(&error))?;
        Ok(Arc::new(array.with_data_type(self.data_type.clone())))
    }
}

/// A numeral in plain form, taken apart.
struct Numeral<'a> {
    negative: bool,
    whole: &'a [u8],
    fraction: &'a [u8],
}

impl<'a> Numeral<'a> {
    /// None for anything but a sign, digits and a point.
    #[inline]
    fn plain(text: &'a [u8]) -> Option<Self> {
        let (negative, digits) = match text {
            [b'-', digits @ ..] => (true, digits),
            digits => (false, digits),
        };
        let whole = digits.iter().take_while(|b| b.is_ascii_digit()).count();
        let (whole, rest) = digits.split_at_checked(whole)?;
        let fraction = match rest {
            [] => rest,
            [b'.', fraction @ ..] if fraction.iter().all(u8::is_ascii_digit) => fraction,
            _ => return None,
        };
        (!whole.is_empty()).then_some(Numeral {
            negative,
            whole,
            fraction,
        })
    }
}

/// Digits as a number; at most [`SAFE`] of them.
#[inline]
fn number(digits: impl Iterator<Item = u8> + Clone, count: usize) -> i128 {
    // 64 bits are several times faster than 128.
    if count <= 18 {
        return i128::from(digits.fold(0i64, |value, digit| {
            value.wrapping_mul(10).wrapping_add(i64::from(digit - b'0'))
        }));
    }
    digits.fold(0i128, |value, digit| {
        value
            .wrapping_mul(10)
            .wrapping_add(i128::from(digit - b'0'))
    })
}

/// The digits followed by `missing` zeros; the precision has been checked.
#[inline]
fn narrow(whole: &[u8], fraction: &[u8], missing: usize) -> i128 {
    let zeros = std::iter::repeat_n(b'0', missing);
    let digits = whole.iter().chain(fraction).copied().chain(zeros);
    number(digits, whole.len() + fraction.len() + missing)
}

fn wide(whole: &[u8], fraction: &[u8], missing: usize) -> i256 {
    let zeros = std::iter::repeat_n(b'0', missing);
    let digits = whole.iter().chain(fraction).copied().chain(zeros);
    let total = whole.len() + fraction.len() + missing;
    let high = total.saturating_sub(SAFE);
    let low = total - high;
    let shift = i256::from_i128(10i128.pow(u32::try_from(low).unwrap_or(0).min(38)));
    let upper = i256::from_i128(number(digits.clone().take(high), high));
    let lower = i256::from_i128(number(digits.skip(high), low));
    upper.wrapping_mul(shift).wrapping_add(lower)
}
