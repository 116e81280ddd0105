//! Builders: each takes the cells of one column, block by block, and gives one array.

mod bytes;
mod decimal;
mod fixed;
mod list;
mod range;
mod vector;

use arrow_array::types::{
    Date32Type, Float32Type, Float64Type, Int16Type, Int32Type, Int64Type,
    IntervalMonthDayNanoType, Time64MicrosecondType, TimestampMicrosecondType, UInt32Type,
};
use arrow_array::ArrayRef;
use arrow_schema::DataType;
use sbwp::types::{float, info, integer, money, oid, Format, Oid, Shape};

use crate::error::{Fault, Reason};
use crate::plan::{is_geometry, Planned};

/// A value, or NULL.
pub type Cell<'a> = Option<&'a [u8]>;

pub(crate) trait Builder: Send {
    /// Appends the cells of a block of rows.
    fn append(&mut self, cells: &[Cell<'_>]) -> Result<(), Fault>;
    /// The array of all cells; a fault names one of them all.
    fn finish(&mut self) -> Result<ArrayRef, Fault>;
}

/// The builder of a column, with room for `rows` values.
pub(crate) fn builder(column: &Planned, rows: usize) -> Box<dyn Builder> {
    if column.raw {
        return Box::new(bytes::Raw::new(rows));
    }
    of(
        column.oid,
        column.format,
        &column.data_type,
        column.depth,
        rows,
    )
}

/// The builder of a type, in the Arrow type that the plan has chosen for it.
fn of(
    oid: Oid,
    format: Format,
    data_type: &DataType,
    depth: usize,
    rows: usize,
) -> Box<dyn Builder> {
    match (info(oid).map(|info| (info.shape, info.element)), data_type) {
        (Some((Shape::Array, element)), DataType::List(_)) => {
            let mut leaf = data_type;
            while let DataType::List(field) = leaf {
                leaf = field.data_type();
            }
            let child = of(element, Format::Text, leaf, 1, 0);
            Box::new(list::List::new(data_type, depth, child, format, rows))
        }
        (Some((Shape::Range, bound)), DataType::Struct(fields)) => {
            let Some(bound_type) = fields.first().map(|field| field.data_type()) else {
                return text(oid, format, rows);
            };
            let [lower, upper] = [(); 2].map(|()| of(bound, format, bound_type, 1, rows));
            Box::new(range::Range::new(fields.clone(), lower, upper, format))
        }
        _ => scalar(oid, format, data_type, rows),
    }
}

/// `$reader` by the format: text, binary.
macro_rules! by_format {
    ($format:expr, $rows:expr, $data_type:expr, $arrow:ty, $text:expr, $binary:expr) => {
        match $format {
            Format::Text => fixed::fixed::<$arrow>($data_type, $rows, $text),
            Format::Binary => fixed::fixed::<$arrow>($data_type, $rows, $binary),
        }
    };
}

fn scalar(oid: Oid, format: Format, data_type: &DataType, rows: usize) -> Box<dyn Builder> {
    let text_inside = fixed::prefixed;
    match (oid, data_type) {
        (_, DataType::Utf8) => text(oid, format, rows),
        (oid::BOOL, _) => Box::new(fixed::Bool::new(format, rows)),
        (oid::INT2, t) => {
            by_format!(
                format,
                rows,
                t,
                Int16Type,
                integer::parse_i16,
                integer::decode_i16
            )
        }
        (oid::INT4, t) => {
            by_format!(
                format,
                rows,
                t,
                Int32Type,
                integer::parse_i32,
                integer::decode_i32
            )
        }
        (oid::INT8, t) => {
            by_format!(
                format,
                rows,
                t,
                Int64Type,
                integer::parse_i64,
                integer::decode_i64
            )
        }
        (oid::OID | oid::XID | oid::CID, t) => {
            by_format!(
                format,
                rows,
                t,
                UInt32Type,
                integer::parse_u32,
                integer::decode_u32
            )
        }
        (oid::FLOAT4, t) => {
            by_format!(
                format,
                rows,
                t,
                Float32Type,
                float::parse_f32,
                float::decode_f32
            )
        }
        (oid::FLOAT8, t) => {
            by_format!(
                format,
                rows,
                t,
                Float64Type,
                float::parse_f64,
                float::decode_f64
            )
        }
        (oid::DATE, t) => by_format!(
            format,
            rows,
            t,
            Date32Type,
            fixed::date_text,
            fixed::date_binary
        ),
        (oid::TIME, t) => by_format!(
            format,
            rows,
            t,
            Time64MicrosecondType,
            fixed::time_text,
            fixed::time_binary
        ),
        (oid::TIMESTAMP, t) => by_format!(
            format,
            rows,
            t,
            TimestampMicrosecondType,
            fixed::timestamp_text,
            fixed::timestamp_binary
        ),
        (oid::TIMESTAMPTZ, t) => by_format!(
            format,
            rows,
            t,
            TimestampMicrosecondType,
            fixed::timestamptz_text,
            fixed::timestamptz_binary
        ),
        (oid::INTERVAL, t) => by_format!(
            format,
            rows,
            t,
            IntervalMonthDayNanoType,
            fixed::interval_text,
            fixed::interval_binary
        ),
        (oid::MONEY, t) => {
            let (text, binary) = (money::parse_money, money::decode_money);
            match format {
                Format::Text => decimal::hundredths(t, rows, text),
                Format::Binary => decimal::hundredths(t, rows, binary),
            }
        }
        (_, DataType::Decimal128(..) | DataType::Decimal256(..)) => match format {
            Format::Text => decimal::decimal(data_type, rows, fixed::bare),
            Format::Binary => decimal::decimal(data_type, rows, text_inside),
        },
        (oid::UUID, _) => Box::new(fixed::Uuid::new(format, rows)),
        (oid::VECTOR, _) => match format {
            Format::Text => vector::vector(data_type, rows, fixed::bare),
            Format::Binary => vector::vector(data_type, rows, text_inside),
        },
        (oid::BYTEA, _) => match format {
            Format::Text => bytes::binary(rows, bytes::bytea_text),
            Format::Binary => bytes::binary(rows, bytes::lp),
        },
        (oid, _) if is_geometry(oid) => match format {
            Format::Text => bytes::binary(rows, bytes::geometry_text),
            Format::Binary => bytes::binary(rows, bytes::geometry_binary),
        },
        (_, DataType::Binary) => bytes::binary(rows, bytes::plain),
        _ => text(oid, format, rows),
    }
}

/// Everything that Arrow has no type for: its text.
fn text(oid: Oid, format: Format, rows: usize) -> Box<dyn Builder> {
    match (format, oid) {
        // Of these there is more than one notation; a column has one.
        (_, oid::TIMETZ | oid::INTERVAL) | (Format::Binary, oid::RECORD) => {
            bytes::text(rows, move |cell: &[u8], out: &mut Vec<u8>| {
                bytes::rendered(oid, format, cell, out)
            })
        }
        (Format::Text, _) => bytes::text(rows, bytes::plain),
        (Format::Binary, _) => bytes::text(rows, bytes::lp),
    }
}

/// An array that could not be made.
#[cold]
fn unmade(error: &arrow_schema::ArrowError) -> Fault {
    Fault {
        at: 0,
        reason: Reason::Batch(error.to_string()),
    }
}
