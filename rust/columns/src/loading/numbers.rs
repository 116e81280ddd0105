//! Columns of numbers and truth values. A number goes into every type that holds it exactly; of floats that is the
//! nearest one of the column's own precision.

use arrow_array::types::{DecimalType, Float16Type, Float32Type, Float64Type};
use arrow_array::{Array, ArrowPrimitiveType, BooleanArray, PrimitiveArray};
use sbwp::message::copy_packet::{CopyType, CopyValue};
use sbwp::types::{boolean, float, numeric, oid, Oid};

use super::misfit::{name, Refused};
use super::numeral::{self, Digits};
use super::{Cells, Target};

/// What a number goes into.
#[derive(Debug, Clone, Copy)]
enum Into_ {
    /// An integer from the first to the second.
    Integer(i128, i128),
    Single,
    Double,
    /// Any numeral, perhaps of so many digits.
    Numeral(Option<Digits>),
}

fn accepts(target: &Target) -> Option<Into_> {
    let within = |low: i64, high: i64| Into_::Integer(low.into(), high.into());
    Some(match target.oid {
        oid::INT2 => within(i16::MIN.into(), i16::MAX.into()),
        oid::INT4 => within(i32::MIN.into(), i32::MAX.into()),
        oid::INT8 => within(i64::MIN, i64::MAX),
        oid::OID | oid::XID | oid::CID => within(0, u32::MAX.into()),
        oid::INT128 => Into_::Integer(i128::MIN, i128::MAX),
        oid::FLOAT4 => Into_::Single,
        oid::FLOAT8 => Into_::Double,
        oid::NUMERIC | oid::DECIMAL128 => Into_::Numeral(Digits::of(target)),
        oid::MONEY => Into_::Numeral(Digits::of(&Target {
            precision: Some(19),
            scale: Some(2),
            ..target.clone()
        })),
        _ => return None,
    })
}

/// Where a number goes, and in which form.
#[derive(Debug, Clone, Copy)]
struct Place {
    into: Into_,
    kind: CopyType,
    oid: Oid,
}

impl Place {
    fn of(array: &dyn Array, target: &Target) -> Result<Self, Refused> {
        let into = accepts(target);
        Ok(Place {
            into: into.ok_or_else(|| Refused::types(array.data_type(), target.oid, ""))?,
            kind: target.kind,
            oid: target.oid,
        })
    }

    #[cold]
    fn outside(&self, number: impl std::fmt::Display) -> Refused {
        Refused::range(format!("{number} is not a value of {}", name(self.oid)))
    }

    /// An integer that has been found to fit.
    #[inline]
    fn whole<'a>(&self, value: i128, out: &'a mut Vec<u8>) -> Result<CopyValue<'a>, Refused> {
        Ok(match self.kind {
            CopyType::Int64 => CopyValue::Int64(self.narrow(value)?),
            CopyType::Int32 => CopyValue::Int32(self.narrow(value)?),
            CopyType::UInt64 => CopyValue::UInt64(self.narrow(value)?),
            _ => {
                out.clear();
                write(value, out);
                text(out)?
            }
        })
    }

    fn narrow<T: TryFrom<i128>>(&self, value: i128) -> Result<T, Refused> {
        T::try_from(value).map_err(|_| self.outside(value))
    }
}

fn write(number: impl std::fmt::Display, out: &mut Vec<u8>) {
    use std::io::Write;
    // Writing to a vector cannot fail.
    let _ = write!(out, "{number}");
}

fn text(out: &[u8]) -> Result<CopyValue<'_>, Refused> {
    match std::str::from_utf8(out) {
        Ok(text) => Ok(CopyValue::Text(text)),
        Err(_) => Err(Refused::representation("the text is not UTF-8")),
    }
}

struct Integers<T: ArrowPrimitiveType> {
    array: PrimitiveArray<T>,
    place: Place,
}

pub(super) fn integers<T>(
    array: PrimitiveArray<T>,
    target: &Target,
) -> Result<Box<dyn Cells>, Refused>
where
    T: ArrowPrimitiveType,
    T::Native: Into<i128>,
{
    let place = Place::of(&array, target)?;
    Ok(Box::new(Integers { array, place }))
}

impl<T> Integers<T>
where
    T: ArrowPrimitiveType,
    T::Native: Into<i128>,
{
    /// The number, if its target holds it.
    #[inline]
    fn checked(&self, row: usize) -> Result<i128, Refused> {
        let value: i128 = self.array.value(row).into();
        let exact = match self.place.into {
            Into_::Integer(low, high) => (low..=high).contains(&value),
            Into_::Single => value.unsigned_abs() <= 1 << 24,
            Into_::Double => value.unsigned_abs() <= 1 << 53,
            Into_::Numeral(None) => true,
            Into_::Numeral(Some(digits)) => {
                let mut out = Vec::new();
                write(value, &mut out);
                digits.check(&out)?;
                true
            }
        };
        if exact {
            Ok(value)
        } else {
            Err(self.place.outside(value))
        }
    }
}

impl<T> Cells for Integers<T>
where
    T: ArrowPrimitiveType,
    T::Native: Into<i128>,
{
    fn text(&self, row: usize, out: &mut Vec<u8>) -> Result<(), Refused> {
        write(self.checked(row)?, out);
        Ok(())
    }

    fn value<'a>(&'a self, row: usize, out: &'a mut Vec<u8>) -> Result<CopyValue<'a>, Refused> {
        let value = self.checked(row)?;
        match self.place.kind {
            // Exact: there are no more than 53 bits.
            #[allow(clippy::cast_precision_loss)]
            CopyType::Real64 => Ok(CopyValue::Real64(value as f64)),
            _ => self.place.whole(value, out),
        }
    }
}

/// Floats of any width.
pub(super) trait Real: ArrowPrimitiveType {
    fn wide(value: Self::Native) -> f64;
    /// The shortest text that reads back the same.
    fn write(value: Self::Native, out: &mut Vec<u8>);
}

impl Real for Float16Type {
    fn wide(value: Self::Native) -> f64 {
        value.to_f64()
    }
    fn write(value: Self::Native, out: &mut Vec<u8>) {
        // Its own shortest text could be shorter; this one is exact.
        float::format_f32(value.to_f32(), out);
    }
}

impl Real for Float32Type {
    fn wide(value: Self::Native) -> f64 {
        value.into()
    }
    fn write(value: Self::Native, out: &mut Vec<u8>) {
        float::format_f32(value, out);
    }
}

impl Real for Float64Type {
    fn wide(value: Self::Native) -> f64 {
        value
    }
    fn write(value: Self::Native, out: &mut Vec<u8>) {
        float::format_f64(value, out);
    }
}

struct Floats<T: ArrowPrimitiveType> {
    array: PrimitiveArray<T>,
    place: Place,
}

pub(super) fn floats<T: Real>(
    array: PrimitiveArray<T>,
    target: &Target,
) -> Result<Box<dyn Cells>, Refused> {
    let place = Place::of(&array, target)?;
    Ok(Box::new(Floats { array, place }))
}

impl<T: Real> Floats<T> {
    /// A whole number, if it is one that the target holds.
    fn whole(&self, value: f64, low: i128, high: i128) -> Result<i128, Refused> {
        // Below 2¹²⁷ an `f64` that is whole is exactly an `i128`.
        if value.fract() != 0.0 || !value.is_finite() || value.abs() >= 1.7e38 {
            return Err(self.place.outside(value));
        }
        #[allow(clippy::cast_possible_truncation)]
        let whole = value as i128;
        match (low..=high).contains(&whole) {
            true => Ok(whole),
            false => Err(self.place.outside(value)),
        }
    }

    fn single(&self, value: f64) -> Result<f64, Refused> {
        #[allow(clippy::cast_possible_truncation)]
        let narrow = value as f32;
        let vanished = narrow == 0.0 && value != 0.0;
        match narrow.is_infinite() != value.is_infinite() || vanished {
            true => Err(self.place.outside(value)),
            false => Ok(value),
        }
    }
}

impl<T: Real> Cells for Floats<T> {
    fn text(&self, row: usize, out: &mut Vec<u8>) -> Result<(), Refused> {
        let value = self.array.value(row);
        match self.place.into {
            Into_::Integer(low, high) => write(self.whole(T::wide(value), low, high)?, out),
            Into_::Single => {
                self.single(T::wide(value))?;
                T::write(value, out);
            }
            // The exact value, not the shortest text of the narrower type.
            Into_::Double => float::format_f64(T::wide(value), out),
            Into_::Numeral(digits) => {
                let mut own = Vec::new();
                T::write(value, &mut own);
                let start = out.len();
                numeric::write_plain(&own, out)?;
                if let Some(digits) = digits {
                    if !T::wide(value).is_nan() {
                        digits.check(out.get(start..).unwrap_or_default())?;
                    }
                }
            }
        }
        Ok(())
    }

    fn value<'a>(&'a self, row: usize, out: &'a mut Vec<u8>) -> Result<CopyValue<'a>, Refused> {
        let wide = T::wide(self.array.value(row));
        match (self.place.kind, self.place.into) {
            (CopyType::Real64, Into_::Single) => self.single(wide).map(CopyValue::Real64),
            (CopyType::Real64, _) => Ok(CopyValue::Real64(wide)),
            (CopyType::Text, _) => {
                out.clear();
                self.text(row, out)?;
                text(out)
            }
            (_, Into_::Integer(low, high)) => {
                let whole = self.whole(wide, low, high)?;
                self.place.whole(whole, out)
            }
            _ => Err(self.place.outside(wide)),
        }
    }
}

struct Decimals<T: ArrowPrimitiveType> {
    array: PrimitiveArray<T>,
    place: Place,
}

pub(super) fn decimals<T: DecimalType>(
    array: PrimitiveArray<T>,
    target: &Target,
) -> Result<Box<dyn Cells>, Refused> {
    let place = Place::of(&array, target)?;
    Ok(Box::new(Decimals { array, place }))
}

impl<T: DecimalType> Decimals<T> {
    fn numeral(&self, row: usize) -> String {
        self.array.value_as_string(row)
    }

    fn double(&self, numeral: &str) -> Result<f64, Refused> {
        let value = float::parse_f64(numeral.as_bytes())?;
        let mut back = Vec::new();
        match self.place.into {
            #[allow(clippy::cast_possible_truncation)]
            Into_::Single => float::format_f32(value as f32, &mut back),
            _ => float::format_f64(value, &mut back),
        }
        match numeral::same(numeral.as_bytes(), &back) {
            true => Ok(value),
            false => Err(self.place.outside(numeral)),
        }
    }

    fn whole(&self, numeral: &str, low: i128, high: i128) -> Result<i128, Refused> {
        match numeral::integer(numeral.as_bytes()) {
            Some(whole) if (low..=high).contains(&whole) => Ok(whole),
            _ => Err(self.place.outside(numeral)),
        }
    }
}

impl<T: DecimalType> Cells for Decimals<T> {
    fn text(&self, row: usize, out: &mut Vec<u8>) -> Result<(), Refused> {
        let numeral = self.numeral(row);
        match self.place.into {
            Into_::Integer(low, high) => write(self.whole(&numeral, low, high)?, out),
            Into_::Single | Into_::Double => {
                self.double(&numeral)?;
                out.extend_from_slice(numeral.as_bytes());
            }
            Into_::Numeral(digits) => {
                if let Some(digits) = digits {
                    digits.check(numeral.as_bytes())?;
                }
                out.extend_from_slice(numeral.as_bytes());
            }
        }
        Ok(())
    }

    fn value<'a>(&'a self, row: usize, out: &'a mut Vec<u8>) -> Result<CopyValue<'a>, Refused> {
        match (self.place.kind, self.place.into) {
            (CopyType::Text, _) => {
                out.clear();
                self.text(row, out)?;
                text(out)
            }
            (CopyType::Real64, _) => self.double(&self.numeral(row)).map(CopyValue::Real64),
            (_, Into_::Integer(low, high)) => {
                let whole = self.whole(&self.numeral(row), low, high)?;
                self.place.whole(whole, out)
            }
            _ => Err(self.place.outside(self.numeral(row))),
        }
    }
}

struct Truths {
    array: BooleanArray,
    direct: bool,
}

pub(super) fn truths(array: BooleanArray, target: &Target) -> Result<Box<dyn Cells>, Refused> {
    if target.oid != oid::BOOL {
        return Err(Refused::types(array.data_type(), target.oid, ""));
    }
    let direct = target.kind == CopyType::Boolean;
    Ok(Box::new(Truths { array, direct }))
}

impl Cells for Truths {
    fn text(&self, row: usize, out: &mut Vec<u8>) -> Result<(), Refused> {
        boolean::format_bool(self.array.value(row), out);
        Ok(())
    }

    fn value<'a>(&'a self, row: usize, out: &'a mut Vec<u8>) -> Result<CopyValue<'a>, Refused> {
        if self.direct {
            return Ok(CopyValue::Boolean(self.array.value(row)));
        }
        out.clear();
        self.text(row, out)?;
        text(out)
    }
}
