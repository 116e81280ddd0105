//! The plan of a result: the Arrow type of each column, decided once from the description and, where that leaves
//! something open, from the data.

use std::collections::HashMap;
use std::sync::Arc;

use arrow_schema::{
    DataType, Field, Fields, IntervalUnit, Schema, SchemaRef, TimeUnit, DECIMAL128_MAX_PRECISION,
    DECIMAL256_MAX_PRECISION,
};
use sbwp::types::{info, oid, Format, Oid, Shape};

use crate::error::Error;
use crate::survey::{survey, Findings};

/// What tells the truth about a column that a server describes by guessing.
pub trait Doubts: Send + Sync {
    /// Whether the cell is NULL although the row does not mark it so.
    fn is_null(&self, cell: &[u8]) -> bool;
    /// The type that the text of a cell is of.
    fn oid_of(&self, cell: &[u8]) -> Oid;
}

/// One column of a result, as it is described.
#[derive(Clone)]
pub struct Column {
    pub name: String,
    pub oid: Oid,
    pub format: Format,
    /// Digits in all and after the point, where the type declares them.
    pub precision: Option<i64>,
    pub scale: Option<i32>,
    /// Length limit; of a vector its dimensions.
    pub length: Option<i64>,
    /// None where the description can be trusted.
    pub doubts: Option<Arc<dyn Doubts>>,
    /// Keep the cells as they came, as bytes, for a caller that reads them by itself.
    pub raw: bool,
    /// Only what every reader of Arrow knows: text in the place of intervals and of decimals beyond 128 bits.
    pub plain: bool,
}

/// How much of a result the rows of a survey are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Extent {
    /// All of it: numerics without a declared scale get one that holds every value.
    Whole,
    /// Its beginning: such numerics stay text.
    Start,
}

/// The Arrow types of a result's columns.
#[derive(Clone)]
pub struct Plan {
    pub(crate) columns: Arc<[Planned]>,
    schema: SchemaRef,
}

pub(crate) struct Planned {
    pub name: String,
    pub oid: Oid,
    pub format: Format,
    pub raw: bool,
    pub doubts: Option<Arc<dyn Doubts>>,
    pub data_type: DataType,
    /// How deep arrays nest.
    pub depth: usize,
}

impl Plan {
    /// Plans the columns; `rows` are payloads of DATA_ROW, looked at only where the description leaves something open.
    ///
    /// # Errors
    /// Rows that cannot be read.
    pub fn new<'a>(
        columns: &[Column],
        rows: impl Iterator<Item = &'a [u8]>,
        first_row: u64,
        extent: Extent,
    ) -> Result<Self, Error> {
        let found = survey(columns, rows, first_row, extent)?;
        let planned: Vec<_> = columns.iter().zip(found).map(plan).collect();
        let fields: Vec<_> = planned.iter().map(Planned::field).collect();
        Ok(Plan {
            columns: planned.into(),
            schema: Arc::new(Schema::new(fields)),
        })
    }

    /// The fields of the batches.
    #[must_use]
    pub fn schema(&self) -> &SchemaRef {
        &self.schema
    }
}

fn plan((column, found): (&Column, Findings)) -> Planned {
    let (oid, depth) = (found.oid, found.depth);
    let data_type = if column.raw {
        DataType::LargeBinary
    } else {
        type_of(column, &found)
    };
    Planned {
        name: column.name.clone(),
        oid,
        format: column.format,
        raw: column.raw,
        doubts: column.doubts.clone(),
        data_type,
        depth,
    }
}

impl Planned {
    fn field(&self) -> Field {
        let extension = match self.oid {
            _ if self.raw => None,
            oid::UUID => Some("arrow.uuid"),
            oid::JSON | oid::JSONB => Some("arrow.json"),
            oid if is_geometry(oid) => Some("geoarrow.wkb"),
            _ => None,
        };
        let field = Field::new(&self.name, self.data_type.clone(), true);
        match extension {
            None => field,
            Some(name) => field.with_metadata(HashMap::from([
                ("ARROW:extension:name".to_owned(), name.to_owned()),
                ("ARROW:extension:metadata".to_owned(), String::new()),
            ])),
        }
    }
}

fn type_of(column: &Column, found: &Findings) -> DataType {
    let Some(info) = info(found.oid) else {
        // A type that nobody knows: its text, or its bytes.
        return match column.format {
            Format::Text => DataType::Utf8,
            Format::Binary => DataType::Binary,
        };
    };
    match info.shape {
        Shape::Array => {
            let declared = declared_decimal(column);
            let mut element = scalar(info.element, declared, column.plain);
            for _ in 0..found.depth.max(1) {
                element = DataType::List(Arc::new(Field::new_list_field(element, true)));
            }
            element
        }
        Shape::Range => DataType::Struct(range_fields(scalar(info.element, None, column.plain))),
        Shape::Composite => DataType::Utf8,
        Shape::Scalar => match found.oid {
            oid::UNKNOWN if column.format == Format::Binary => DataType::Binary,
            oid::NUMERIC | oid::DECIMAL128 => {
                let decimal = declared_decimal(column).or(found.decimal);
                scalar(found.oid, decimal, column.plain)
            }
            oid::INT128 => scalar(found.oid, found.decimal, column.plain),
            oid::VECTOR => match found.dimension {
                Some(dimension) => DataType::FixedSizeList(vector_item(), dimension),
                None => DataType::List(vector_item()),
            },
            oid => scalar(oid, None, column.plain),
        },
    }
}

/// The precision and scale that the type of a column declares, if Arrow has them.
pub(crate) fn declared_decimal(column: &Column) -> Option<(u8, i8)> {
    let precision = u8::try_from(column.precision?).ok()?;
    let scale = i8::try_from(column.scale.unwrap_or(0)).ok()?;
    let fits = (1..=DECIMAL256_MAX_PRECISION).contains(&precision);
    let scaled = scale >= 0 && scale.unsigned_abs() <= precision;
    (fits && scaled).then_some((precision, scale))
}

fn scalar(oid: Oid, decimal: Option<(u8, i8)>, plain: bool) -> DataType {
    let is_known = |precision| !plain || precision <= DECIMAL128_MAX_PRECISION;
    let decimal = decimal.filter(|(precision, _)| is_known(*precision));
    match oid {
        oid::INTERVAL if plain => DataType::Utf8,
        oid::INT128 if plain && decimal.is_none() => DataType::Utf8,
        oid::BOOL => DataType::Boolean,
        oid::INT2 => DataType::Int16,
        oid::INT4 => DataType::Int32,
        oid::INT8 => DataType::Int64,
        oid::OID | oid::XID | oid::CID => DataType::UInt32,
        oid::FLOAT4 => DataType::Float32,
        oid::FLOAT8 => DataType::Float64,
        oid::NUMERIC | oid::DECIMAL128 => match decimal {
            Some((precision, scale)) => decimal_type(precision, scale),
            None => DataType::Utf8,
        },
        // 39 digits are more than 128 bits of Arrow's are said to hold.
        oid::INT128 => match decimal {
            Some((precision, scale)) => decimal_type(precision, scale),
            None => DataType::Decimal256(39, 0),
        },
        oid::MONEY => DataType::Decimal128(19, 2),
        oid::BYTEA => DataType::Binary,
        oid::UUID => DataType::FixedSizeBinary(16),
        oid::DATE => DataType::Date32,
        oid::TIME => DataType::Time64(TimeUnit::Microsecond),
        oid::TIMESTAMP => DataType::Timestamp(TimeUnit::Microsecond, None),
        oid::TIMESTAMPTZ => DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())),
        oid::INTERVAL => DataType::Interval(IntervalUnit::MonthDayNano),
        oid::VECTOR => DataType::List(vector_item()),
        oid if is_geometry(oid) => DataType::Binary,
        _ => DataType::Utf8,
    }
}

fn decimal_type(precision: u8, scale: i8) -> DataType {
    if precision <= DECIMAL128_MAX_PRECISION {
        DataType::Decimal128(precision, scale)
    } else {
        DataType::Decimal256(precision, scale)
    }
}

/// The fields of a range; a bound that is not there is NULL.
fn range_fields(bound: DataType) -> Fields {
    Fields::from(vec![
        Field::new("lower", bound.clone(), true),
        Field::new("upper", bound, true),
        Field::new("lower_inclusive", DataType::Boolean, true),
        Field::new("upper_inclusive", DataType::Boolean, true),
        Field::new("empty", DataType::Boolean, true),
    ])
}

pub(crate) fn vector_item() -> Arc<Field> {
    Arc::new(Field::new_list_field(DataType::Float32, true))
}

/// The types whose values are shapes.
pub(crate) fn is_geometry(oid: Oid) -> bool {
    matches!(
        oid,
        oid::POINT | oid::LSEG | oid::PATH | oid::BOX | oid::POLYGON | oid::LINE | oid::CIRCLE
    )
}
