//! Columns of lists: into arrays of any depth, and lists of numbers into vectors.

use arrow_array::cast::AsArray;
use arrow_array::types::{
    Float16Type, Float32Type, Float64Type, Int16Type, Int32Type, Int64Type, Int8Type, UInt16Type,
    UInt32Type, UInt8Type,
};
use arrow_array::{Array, ArrayRef};
use arrow_buffer::NullBuffer;
use arrow_schema::DataType;
use sbwp::message::copy_packet::CopyType;
use sbwp::types::array::write_element;
use sbwp::types::float::{format_f32, format_f64};
use sbwp::types::{info, oid, Shape, MAX_DEPTH};

use super::choice::{self, wide};
use super::misfit::Refused;
use super::{Cells, Target};

/// Where the elements of a row are.
#[derive(Clone)]
pub(super) enum Extents {
    Narrow(arrow_buffer::OffsetBuffer<i32>),
    Wide(arrow_buffer::OffsetBuffer<i64>),
    Fixed(usize),
    /// Where each list begins, and how long it is.
    Views(Vec<(usize, usize)>),
}

impl Extents {
    pub fn of(&self, row: usize) -> std::ops::Range<usize> {
        let at = |offset: Option<usize>| offset.unwrap_or_default();
        match self {
            Extents::Narrow(offsets) => {
                let get = |row| offsets.get(row).and_then(|at| usize::try_from(*at).ok());
                at(get(row))..at(get(row + 1))
            }
            Extents::Wide(offsets) => {
                let get = |row| offsets.get(row).and_then(|at| usize::try_from(*at).ok());
                at(get(row))..at(get(row + 1))
            }
            Extents::Fixed(size) => row * size..(row + 1) * size,
            Extents::Views(views) => {
                let (begin, length) = views.get(row).copied().unwrap_or_default();
                begin..begin.saturating_add(length)
            }
        }
    }
}

/// The extents and the elements of a column of lists.
pub(super) fn taken_apart(array: &ArrayRef) -> Option<(Extents, ArrayRef)> {
    Some(match array.data_type() {
        DataType::List(_) => {
            let list = array.as_list::<i32>();
            (
                Extents::Narrow(list.offsets().clone()),
                list.values().clone(),
            )
        }
        DataType::LargeList(_) => {
            let list = array.as_list::<i64>();
            (Extents::Wide(list.offsets().clone()), list.values().clone())
        }
        DataType::ListView(_) => {
            let list = array.as_list_view::<i32>();
            (views(list.offsets(), list.sizes()), list.values().clone())
        }
        DataType::LargeListView(_) => {
            let list = array.as_list_view::<i64>();
            (views(list.offsets(), list.sizes()), list.values().clone())
        }
        DataType::FixedSizeList(_, size) => {
            let list = array.as_fixed_size_list();
            (
                Extents::Fixed(usize::try_from(*size).ok()?),
                list.values().clone(),
            )
        }
        _ => return None,
    })
}

fn views<T: Copy + TryInto<usize>>(offsets: &[T], sizes: &[T]) -> Extents {
    let place = |number: &T| (*number).try_into().unwrap_or_default();
    let views = offsets.iter().map(place).zip(sizes.iter().map(place));
    Extents::Views(views.collect())
}

pub(super) fn lists(array: &ArrayRef, target: &Target) -> Result<Box<dyn Cells>, Refused> {
    let refused = || Refused::types(array.data_type(), target.oid, "");
    let (extents, values) = taken_apart(array).ok_or_else(refused)?;
    if target.oid == oid::VECTOR {
        return vectors(array, extents, values, target);
    }
    let element = match info(target.oid) {
        Some(info) if info.shape == Shape::Array => info.element,
        _ => return Err(refused()),
    };
    if depth(array.data_type()) > MAX_DEPTH {
        return Err(refused());
    }
    // Arrays of arrays have the type of their elements' array.
    let is_nested = taken_apart(&values).is_some();
    let inner = Target {
        oid: if is_nested { target.oid } else { element },
        kind: CopyType::Text,
        ..target.clone()
    };
    Ok(Box::new(Lists {
        extents,
        nulls: values.logical_nulls(),
        cells: choice::cells(&values, &inner)?,
        is_nested,
    }))
}

fn depth(mut data_type: &DataType) -> usize {
    let mut depth = 0;
    while let DataType::List(item)
    | DataType::LargeList(item)
    | DataType::ListView(item)
    | DataType::LargeListView(item)
    | DataType::FixedSizeList(item, _) = data_type
    {
        depth += 1;
        data_type = item.data_type();
    }
    depth
}

struct Lists {
    extents: Extents,
    cells: Box<dyn Cells>,
    nulls: Option<NullBuffer>,
    is_nested: bool,
}

impl Cells for Lists {
    fn text(&self, row: usize, out: &mut Vec<u8>) -> Result<(), Refused> {
        let mut scratch = Vec::new();
        out.push(b'{');
        for (index, at) in self.extents.of(row).enumerate() {
            if index > 0 {
                out.push(b',');
            }
            if self.nulls.as_ref().is_some_and(|nulls| nulls.is_null(at)) {
                out.extend_from_slice(b"NULL");
            } else if self.is_nested {
                self.cells.text(at, out)?;
            } else {
                scratch.clear();
                self.cells.text(at, &mut scratch)?;
                write_element(&scratch, out);
            }
        }
        out.push(b'}');
        Ok(())
    }
}

struct Vectors {
    extents: Extents,
    numbers: Numbers,
    nulls: Option<NullBuffer>,
    dimension: Option<usize>,
}

enum Numbers {
    Half(arrow_array::Float16Array),
    Single(arrow_array::Float32Array),
    Double(arrow_array::Float64Array),
    Whole(Vec<i64>),
}

fn vectors(
    array: &ArrayRef,
    extents: Extents,
    values: ArrayRef,
    target: &Target,
) -> Result<Box<dyn Cells>, Refused> {
    let dimension = target
        .length
        .and_then(|length| usize::try_from(length).ok());
    if let (Extents::Fixed(given), Some(wanted)) = (&extents, dimension) {
        if *given != wanted {
            return Err(dimensions(*given, wanted));
        }
    }
    let numbers = match values.data_type() {
        DataType::Float16 => Numbers::Half(values.as_primitive::<Float16Type>().clone()),
        DataType::Float32 => Numbers::Single(values.as_primitive::<Float32Type>().clone()),
        DataType::Float64 => Numbers::Double(values.as_primitive::<Float64Type>().clone()),
        DataType::Int8 => Numbers::Whole(wide(values.as_primitive::<Int8Type>())),
        DataType::Int16 => Numbers::Whole(wide(values.as_primitive::<Int16Type>())),
        DataType::Int32 => Numbers::Whole(wide(values.as_primitive::<Int32Type>())),
        DataType::Int64 => Numbers::Whole(wide(values.as_primitive::<Int64Type>())),
        DataType::UInt8 => Numbers::Whole(wide(values.as_primitive::<UInt8Type>())),
        DataType::UInt16 => Numbers::Whole(wide(values.as_primitive::<UInt16Type>())),
        DataType::UInt32 => Numbers::Whole(wide(values.as_primitive::<UInt32Type>())),
        _ => {
            let advice = "vectors are lists of floats, or of integers of up to 64 bits";
            return Err(Refused::types(array.data_type(), target.oid, advice));
        }
    };
    Ok(Box::new(Vectors {
        nulls: values.logical_nulls(),
        extents,
        numbers,
        dimension,
    }))
}

#[cold]
fn dimensions(given: usize, wanted: usize) -> Refused {
    Refused {
        sqlstate: "22000",
        reason: format!("a vector of {given} dimensions, the column takes {wanted}").into(),
    }
}

impl Vectors {
    fn number(&self, at: usize, out: &mut Vec<u8>) -> Result<(), Refused> {
        if self.nulls.as_ref().is_some_and(|nulls| nulls.is_null(at)) {
            return Err(Refused::representation("a vector has no NULL in it"));
        }
        let refused =
            |number: f64| Refused::range(format!("{number} cannot be an element of a vector"));
        let single = match &self.numbers {
            Numbers::Half(array) => array.value(at).to_f32(),
            Numbers::Single(array) => array.value(at),
            Numbers::Whole(numbers) => {
                let number = numbers.get(at).copied().unwrap_or_default();
                out.extend_from_slice(number.to_string().as_bytes());
                return Ok(());
            }
            Numbers::Double(array) => {
                let value = array.value(at);
                #[allow(clippy::cast_possible_truncation)]
                let narrow = value as f32;
                if !narrow.is_finite() {
                    return Err(refused(value));
                }
                format_f64(value, out);
                return Ok(());
            }
        };
        if !single.is_finite() {
            return Err(refused(single.into()));
        }
        format_f32(single, out);
        Ok(())
    }
}

impl Cells for Vectors {
    fn text(&self, row: usize, out: &mut Vec<u8>) -> Result<(), Refused> {
        let extent = self.extents.of(row);
        match self.dimension {
            Some(wanted) if extent.len() != wanted => return Err(dimensions(extent.len(), wanted)),
            _ if extent.is_empty() => {
                return Err(Refused::representation(
                    "a vector has one dimension at least",
                ))
            }
            _ => {}
        }
        out.push(b'[');
        for (index, at) in extent.enumerate() {
            if index > 0 {
                out.push(b',');
            }
            self.number(at, out)?;
        }
        out.push(b']');
        Ok(())
    }
}
