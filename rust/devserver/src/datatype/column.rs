//! A result column: what the engine says of it, how SBWP describes it, and in which form its values travel.

use postgres_protocol::message::backend::Field;
use sbwp::message::ColumnDescription;
use sbwp::type_ref::modifier;
use sbwp::types::oid;

use super::registry::Described;

/// What the engine says of a column.
#[derive(Clone, Debug)]
pub struct Column {
    pub name: String,
    pub engine_type: u32,
    pub modifier: i32,
    pub size: i16,
}

impl Column {
    pub fn read(field: &Field<'_>) -> Self {
        Self {
            name: field.name().to_owned(),
            engine_type: field.type_oid(),
            modifier: field.type_modifier(),
            size: field.type_size(),
        }
    }
}

/// How a value gets from the engine's bytes to the client's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layout {
    /// Text as it is.
    Text,
    /// The engine's text behind its own length.
    Counted,
    /// The engine's bytes behind their own length.
    CountedBytes,
    /// The same bytes on both sides.
    Same,
    Swap2,
    Swap4,
    Swap8,
    /// Hexadecimal text behind `\x` there, without it here.
    HexText,
    /// Text with a currency sign there, decimal text here.
    MoneyText,
    /// Microseconds and zone, each turned round.
    TimeZoned,
    /// Microseconds, days, months there; months, days, microseconds here.
    Interval,
}

impl Layout {
    /// The layout of a type when the client asks for binary values.
    pub fn binary(oid: u32) -> Self {
        match oid {
            oid::BOOL | oid::UUID => Self::Same,
            oid::INT2 => Self::Swap2,
            oid::INT4 | oid::FLOAT4 | oid::DATE => Self::Swap4,
            oid::INT8
            | oid::FLOAT8
            | oid::MONEY
            | oid::TIME
            | oid::TIMESTAMP
            | oid::TIMESTAMPTZ => Self::Swap8,
            oid::TIMETZ => Self::TimeZoned,
            oid::INTERVAL => Self::Interval,
            oid::BYTEA | oid::POINT => Self::CountedBytes,
            oid::TEXT
            | oid::VARCHAR
            | oid::BPCHAR
            | oid::JSON
            | oid::JSONB
            | oid::XML
            | oid::NUMERIC
            | oid::INET
            | oid::CIDR
            | oid::MACADDR
            | oid::MACADDR8
            | oid::VECTOR => Self::Counted,
            // Arrays, ranges, composites and the like: text is exact for them too.
            _ => Self::Text,
        }
    }

    /// The layout of a type when the client asks for text.
    pub fn text(oid: u32) -> Self {
        match oid {
            // The engine's own text has a currency sign.
            oid::MONEY => Self::MoneyText,
            oid::POINT => Self::HexText,
            _ => Self::Text,
        }
    }

    /// The format to ask the engine for: 0 text, 1 binary.
    pub fn engine_format(self) -> i16 {
        match self {
            Self::Text | Self::Counted | Self::HexText | Self::MoneyText => 0,
            _ => 1,
        }
    }

    /// The format the client is told: 0 text, 1 binary.
    pub fn format(self) -> u16 {
        u16::from(!matches!(
            self,
            Self::Text | Self::HexText | Self::MoneyText
        ))
    }
}

/// Describes a column as SBWP does: the exact type by number and name, and the limits its declaration gives.
pub fn describe(column: &Column, described: &Described, layout: Layout) -> ColumnDescription {
    let mut description =
        ColumnDescription::new(column.name.clone(), described.oid, layout.format());
    // What a query's column may hold is not known, and the engine does not say.
    description.nullable = None;
    description.type_size = column.size;
    description.type_modifier = column.modifier;
    if description.type_name.is_none() {
        description.type_name = match &described.name {
            Some(name) => Some(name.clone()),
            None => sbwp::types::info(described.oid).map(|info| info.name.to_owned()),
        };
    }
    limits(&mut description, column.modifier);
    description
}

/// The declared precision, scale and length, which the engine packs into one number.
fn limits(description: &mut ColumnDescription, packed: i32) {
    if packed < 0 {
        return;
    }
    match description.oid {
        oid::NUMERIC if packed >= 4 => {
            let packed = packed - 4;
            description.precision = Some(i64::from((packed >> 16) & 0xffff));
            description.scale = Some(((packed & 0x7ff) ^ 1024) - 1024);
        }
        oid::VARCHAR | oid::BPCHAR if packed >= 4 => {
            description.length = Some(i64::from(packed - 4))
        }
        oid::BIT | oid::VARBIT | oid::VECTOR => description.length = Some(i64::from(packed)),
        oid::TIME | oid::TIMETZ | oid::TIMESTAMP | oid::TIMESTAMPTZ => {
            description.type_ref.modifiers |= modifier::DATETIME_PRECISION;
            description.type_ref.datetime_precision = packed;
        }
        oid::INTERVAL if packed & 0xffff != 0xffff => {
            description.type_ref.modifiers |= modifier::DATETIME_PRECISION;
            description.type_ref.datetime_precision = packed & 0xffff;
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn described(oid: u32, modifier: i32) -> ColumnDescription {
        let column = Column {
            name: "c".to_owned(),
            engine_type: oid,
            modifier,
            size: -1,
        };
        describe(&column, &Described { oid, name: None }, Layout::Text)
    }

    #[test]
    fn declared_limits() {
        let numeric = described(oid::NUMERIC, ((10 << 16) | 2) + 4);
        assert_eq!((numeric.precision, numeric.scale), (Some(10), Some(2)));
        let negative = described(oid::NUMERIC, ((3 << 16) | (-2 & 0x7ff)) + 4);
        assert_eq!((negative.precision, negative.scale), (Some(3), Some(-2)));
        assert_eq!(described(oid::VARCHAR, 24).length, Some(20));
        assert_eq!(described(oid::VECTOR, 768).length, Some(768));
        assert_eq!(described(oid::TIMESTAMP, 3).type_ref.datetime_precision, 3);
        let free = described(oid::NUMERIC, -1);
        assert_eq!((free.precision, free.scale), (None, None));
    }
}
