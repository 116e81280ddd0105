//! Which decoder reads which type: chosen once, then called without looking anything up.

use std::cell::Cell;

use pyo3::prelude::*;
use sbwp::types::text::utf8;
use sbwp::types::{info, oid, Format, Oid, Shape, Value};

use super::adapters::{Adapters, Callable, Loader};
use super::decode::Decoded;
use super::{decode_container as container, decode_scalar as scalar, decode_time as time, vector};

/// The most decoders that one column may have.
const MOST_DECODERS: usize = 4096;

/// Reads one value of one type and format.
pub enum Decoder {
    Leaf(Leaf),
    /// In text form; in binary the same text stands length-prefixed.
    Array {
        element: Box<Decoder>,
        prefixed: bool,
    },
    Range {
        bound: Box<Decoder>,
        format: Format,
    },
    Composite(Format),
    /// A callable of the user's that takes the text.
    Loaded {
        load: Callable,
        oid: Oid,
        format: Format,
    },
    /// A record whose fields' types are known, for a callable of the user's.
    Record {
        fields: Vec<Decoder>,
        make: Callable,
    },
}

pub type Leaf = for<'py> fn(Python<'py>, &[u8]) -> Decoded<'py>;

impl Decoder {
    /// The decoder of a type; of an unknown one, its text or its bytes.
    pub fn of(oid: Oid, format: Format) -> Self {
        Decoder::adapted(oid, None, format, None)
    }

    /// The decoder of a type that the server may have named, by the user's own conversions where there are any. Those
    /// of an element or bound are used in its array or range, too.
    pub fn adapted(
        oid: Oid,
        name: Option<&str>,
        format: Format,
        adapters: Option<&Adapters>,
    ) -> Self {
        let budget = Cell::new(MOST_DECODERS);
        Decoder::nested(oid, name, format, adapters, &budget, sbwp::types::MAX_DEPTH)
    }

    /// As `adapted`, of records at most `depth` deep and with a bounded number of fields in all: what a server says of
    /// its types may say of one that it is made of itself, twice.
    fn nested(
        oid: Oid,
        name: Option<&str>,
        format: Format,
        adapters: Option<&Adapters>,
        budget: &Cell<usize>,
        depth: usize,
    ) -> Self {
        let depth = depth.saturating_sub(1);
        let left = budget.get().saturating_sub(1);
        budget.set(left);
        let load = match adapters.and_then(|adapters| adapters.loader(oid, name)) {
            Some(Loader::Fields(fields, make))
                if depth > 0 && left > 0 && format == Format::Text =>
            {
                let field = |(oid, name): &(Oid, Option<String>)| {
                    Decoder::nested(*oid, name.as_deref(), format, adapters, budget, depth)
                };
                return Decoder::Record {
                    fields: fields.iter().map(field).collect(),
                    make: make.clone(),
                };
            }
            Some(Loader::Text(load)) => Some(load),
            Some(Loader::Fields(..)) => None,
            None if matches!(oid, oid::JSON | oid::JSONB) => {
                adapters.and_then(Adapters::json_loads)
            }
            None => None,
        };
        if let Some(load) = load.cloned() {
            return Decoder::Loaded { load, oid, format };
        }
        let Some(info) = info(oid) else {
            return Decoder::Leaf(unknown(format));
        };
        let element = |format| {
            let name = name.and_then(|name| name.strip_suffix("[]"));
            Box::new(Decoder::nested(
                info.element,
                name,
                format,
                adapters,
                budget,
                depth,
            ))
        };
        match info.shape {
            Shape::Scalar => Decoder::Leaf(leaf(oid, format)),
            Shape::Array => Decoder::Array {
                element: element(Format::Text),
                prefixed: format == Format::Binary,
            },
            Shape::Range => Decoder::Range {
                bound: element(format),
                format,
            },
            Shape::Composite => Decoder::Composite(format),
        }
    }

    /// Whether no callable of the user's is behind it.
    pub fn runs_no_code(&self) -> bool {
        match self {
            Decoder::Leaf(_) | Decoder::Composite(_) => true,
            Decoder::Array { element: inner, .. } | Decoder::Range { bound: inner, .. } => {
                inner.runs_no_code()
            }
            Decoder::Loaded { .. } | Decoder::Record { .. } => false,
        }
    }

    #[inline]
    pub fn decode<'py>(&self, py: Python<'py>, bytes: &[u8]) -> Decoded<'py> {
        self.decode_at(py, bytes, sbwp::types::MAX_DEPTH)
    }

    /// As `decode`, at most `depth` composites deep.
    #[inline]
    pub fn decode_at<'py>(&self, py: Python<'py>, bytes: &[u8], depth: usize) -> Decoded<'py> {
        match self {
            Decoder::Leaf(leaf) => leaf(py, bytes),
            Decoder::Array { element, prefixed } => {
                container::array(py, bytes, *prefixed, element, depth)
            }
            Decoder::Range { bound, format } => container::range(py, bytes, *format, bound, depth),
            Decoder::Composite(format) => container::composite(py, bytes, *format, depth),
            Decoder::Record { fields, make } => container::record(py, bytes, fields, make, depth),
            Decoder::Loaded { load, oid, format } => loaded(py, bytes, load, *oid, *format),
        }
    }
}

/// What the user's callable makes of the text. Its exceptions are the user's own.
fn loaded<'py>(
    py: Python<'py>,
    bytes: &[u8],
    load: &Py<PyAny>,
    oid: Oid,
    format: Format,
) -> Decoded<'py> {
    let mut written = Vec::new();
    let text = match format {
        Format::Text => bytes,
        Format::Binary => {
            Value::decode(oid, format, bytes)?.encode(oid, Format::Text, &mut written)?;
            &written
        }
    };
    let text = utf8("text", text)?;
    load.bind(py)
        .call1((text,))
        .map_err(super::decode::Failure::Loader)
}

fn unknown(format: Format) -> Leaf {
    match format {
        Format::Text => scalar::text,
        Format::Binary => scalar::raw_bytes,
    }
}

fn leaf(oid: Oid, format: Format) -> Leaf {
    match format {
        Format::Text => text_leaf(oid),
        Format::Binary => binary_leaf(oid),
    }
}

fn text_leaf(oid: Oid) -> Leaf {
    match oid {
        oid::BOOL => scalar::bool_text,
        oid::INT2 | oid::INT4 | oid::INT8 | oid::INT128 | oid::OID | oid::XID | oid::CID => {
            scalar::int_text
        }
        oid::FLOAT4 | oid::FLOAT8 => scalar::float_text,
        oid::NUMERIC | oid::DECIMAL128 => scalar::numeric_text,
        oid::MONEY => scalar::money_text,
        oid::BYTEA => scalar::bytea_text,
        oid::UUID => scalar::uuid_text,
        oid::JSON | oid::JSONB => scalar::json_text,
        oid::INET => scalar::inet_text,
        oid::CIDR => scalar::cidr_text,
        oid::DATE => time::date_text,
        oid::TIME => time::time_text,
        oid::TIMETZ => time::timetz_text,
        oid::TIMESTAMP => time::timestamp_text,
        oid::TIMESTAMPTZ => time::timestamptz_text,
        oid::INTERVAL => time::interval_text,
        oid::VECTOR => vector::decode_text,
        oid::POINT | oid::LSEG | oid::PATH | oid::BOX | oid::POLYGON | oid::LINE | oid::CIRCLE => {
            scalar::geometry_text
        }
        _ => scalar::text,
    }
}

fn binary_leaf(oid: Oid) -> Leaf {
    match oid {
        oid::UNKNOWN => scalar::raw_bytes,
        oid::BOOL => scalar::bool_binary,
        oid::INT2 => scalar::int2_binary,
        oid::INT4 => scalar::int4_binary,
        oid::INT8 => scalar::int8_binary,
        oid::OID | oid::XID | oid::CID => scalar::oid_binary,
        oid::FLOAT4 => scalar::float4_binary,
        oid::FLOAT8 => scalar::float8_binary,
        oid::MONEY => scalar::money_binary,
        oid::BYTEA => scalar::bytea_binary,
        oid::UUID => scalar::uuid_binary,
        oid::DATE => time::date_binary,
        oid::TIME => time::time_binary,
        oid::TIMETZ => time::timetz_binary,
        oid::TIMESTAMP => time::timestamp_binary,
        oid::TIMESTAMPTZ => time::timestamptz_binary,
        oid::INTERVAL => time::interval_binary,
        oid::POINT | oid::LSEG | oid::PATH | oid::BOX | oid::POLYGON | oid::LINE | oid::CIRCLE => {
            scalar::geometry_binary
        }
        // All others are their text, length-prefixed.
        oid::INT128 => scalar::prefixed::<{ oid::INT128 }>,
        oid::NUMERIC => scalar::prefixed::<{ oid::NUMERIC }>,
        oid::DECIMAL128 => scalar::prefixed::<{ oid::DECIMAL128 }>,
        oid::JSON => scalar::prefixed::<{ oid::JSON }>,
        oid::JSONB => scalar::prefixed::<{ oid::JSONB }>,
        oid::INET => scalar::prefixed::<{ oid::INET }>,
        oid::CIDR => scalar::prefixed::<{ oid::CIDR }>,
        oid::VECTOR => scalar::prefixed::<{ oid::VECTOR }>,
        _ => scalar::prefixed::<{ oid::TEXT }>,
    }
}

/// The text decoder of a type, for values that are text inside a length prefix.
pub fn of_text(oid: Oid) -> Leaf {
    text_leaf(oid)
}
