//! The type of the database that a column of Arrow has by itself: for parameters, and for tables that are to be made.

use arrow_schema::{DataType, Field};
use sbwp::types::{info, oid, Oid, TYPES};

use super::ranges;

/// The type that holds every value of the column.
#[must_use]
pub fn natural(field: &Field) -> Oid {
    match field
        .metadata()
        .get("ARROW:extension:name")
        .map(String::as_str)
    {
        Some("arrow.uuid") => oid::UUID,
        Some("arrow.json") => oid::JSONB,
        _ => of(field.data_type()),
    }
}

fn of(data_type: &DataType) -> Oid {
    match data_type {
        DataType::Boolean => oid::BOOL,
        DataType::Int8 | DataType::Int16 | DataType::UInt8 => oid::INT2,
        DataType::Int32 | DataType::UInt16 => oid::INT4,
        DataType::Int64 | DataType::UInt32 => oid::INT8,
        DataType::UInt64 => oid::NUMERIC,
        DataType::Float16 | DataType::Float32 => oid::FLOAT4,
        DataType::Float64 => oid::FLOAT8,
        DataType::Decimal32(..)
        | DataType::Decimal64(..)
        | DataType::Decimal128(..)
        | DataType::Decimal256(..) => oid::NUMERIC,
        DataType::Binary
        | DataType::LargeBinary
        | DataType::BinaryView
        | DataType::FixedSizeBinary(_) => oid::BYTEA,
        DataType::Date32 | DataType::Date64 => oid::DATE,
        DataType::Time32(_) | DataType::Time64(_) => oid::TIME,
        DataType::Timestamp(_, None) => oid::TIMESTAMP,
        DataType::Timestamp(_, Some(_)) => oid::TIMESTAMPTZ,
        DataType::Duration(_) | DataType::Interval(_) => oid::INTERVAL,
        DataType::Dictionary(_, values) => of(values),
        DataType::RunEndEncoded(_, values) => natural(values),
        DataType::FixedSizeList(item, _) if item.data_type().is_floating() => oid::VECTOR,
        DataType::List(item)
        | DataType::LargeList(item)
        | DataType::ListView(item)
        | DataType::LargeListView(item)
        | DataType::FixedSizeList(item, _) => array_of(item),
        DataType::Struct(fields) => match ranges::bound(fields) {
            Some(bound) => range_of(of(bound)),
            None => oid::JSONB,
        },
        DataType::Map(..) => oid::JSONB,
        _ => oid::TEXT,
    }
}

fn array_of(item: &Field) -> Oid {
    let element = natural(item);
    match info(element) {
        // Arrays of any depth have one type.
        Some(found) if found.element != 0 && found.array == 0 => element,
        Some(found) if found.array != 0 => found.array,
        _ => oid::JSONB,
    }
}

fn range_of(bound: Oid) -> Oid {
    let is_range = |info: &&sbwp::types::TypeInfo| {
        info.shape == sbwp::types::Shape::Range && info.element == bound
    };
    TYPES
        .iter()
        .find(is_range)
        .map_or(oid::JSONB, |info| info.oid)
}
