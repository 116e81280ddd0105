//! Columns of structs, maps and lists into JSON.

use arrow_array::cast::AsArray;
use arrow_array::{Array, ArrayRef, BooleanArray};
use arrow_buffer::NullBuffer;
use arrow_schema::DataType;
use sbwp::message::copy_packet::CopyType;
use sbwp::types::oid;

use super::lists::{taken_apart, Extents};
use super::misfit::Refused;
use super::{choice, Cells, Target};

/// Deeper types are refused.
const DEPTH: usize = 32;

pub(super) fn documents(array: &ArrayRef, target: &Target) -> Result<Box<dyn Cells>, Refused> {
    Ok(Box::new(Document(node(array, target, DEPTH)?.0)))
}

struct Document(Node);

enum Node {
    /// Its text is JSON as it is.
    Bare(Box<dyn Cells>),
    /// Its text goes in quotes.
    Quoted(Box<dyn Cells>),
    Truth(BooleanArray),
    List(Extents, Box<Child>),
    Struct(Vec<(String, Child)>),
    Map(arrow_buffer::OffsetBuffer<i32>, Box<Child>, Box<Child>),
    Nothing,
}

struct Child(Node, Option<NullBuffer>);

fn node(array: &ArrayRef, target: &Target, depth: usize) -> Result<Child, Refused> {
    let refused = || Refused::types(array.data_type(), target.oid, "");
    let deeper = depth.checked_sub(1).ok_or_else(refused)?;
    let as_type = |oid| {
        let inner = Target {
            oid,
            kind: CopyType::Text,
            precision: None,
            scale: None,
            length: None,
            name: target.name.clone(),
        };
        choice::cells(array, &inner)
    };
    let found = match array.data_type() {
        DataType::Null => Node::Nothing,
        DataType::Boolean => Node::Truth(array.as_boolean().clone()),
        other if other.is_numeric() => Node::Bare(as_type(oid::NUMERIC)?),
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View | DataType::Dictionary(..) => {
            Node::Quoted(as_type(oid::TEXT)?)
        }
        DataType::Date32 | DataType::Date64 => Node::Quoted(as_type(oid::DATE)?),
        DataType::Timestamp(_, None) => Node::Quoted(as_type(oid::TIMESTAMP)?),
        DataType::Timestamp(_, Some(_)) => Node::Quoted(as_type(oid::TIMESTAMPTZ)?),
        DataType::Time32(_) | DataType::Time64(_) => Node::Quoted(as_type(oid::TIME)?),
        DataType::Struct(fields) => {
            let columns = array.as_struct().columns().iter();
            let pairs = fields
                .iter()
                .zip(columns)
                .map(|(field, column)| Ok((field.name().clone(), node(column, target, deeper)?)));
            Node::Struct(pairs.collect::<Result<_, Refused>>()?)
        }
        DataType::Map(..) => {
            let map = array.as_map();
            if !matches!(map.key_type(), DataType::Utf8 | DataType::LargeUtf8) {
                return Err(refused());
            }
            Node::Map(
                map.offsets().clone(),
                Box::new(node(map.keys(), target, deeper)?),
                Box::new(node(map.values(), target, deeper)?),
            )
        }
        _ => {
            let (extents, values) = taken_apart(array).ok_or_else(refused)?;
            Node::List(extents, Box::new(node(&values, target, deeper)?))
        }
    };
    Ok(Child(found, array.logical_nulls()))
}

impl Child {
    fn write(&self, row: usize, out: &mut Vec<u8>) -> Result<(), Refused> {
        if self.1.as_ref().is_some_and(|nulls| nulls.is_null(row)) {
            out.extend_from_slice(b"null");
            return Ok(());
        }
        self.0.write(row, out)
    }
}

impl Node {
    fn write(&self, row: usize, out: &mut Vec<u8>) -> Result<(), Refused> {
        match self {
            Node::Nothing => out.extend_from_slice(b"null"),
            Node::Truth(array) => {
                out.extend_from_slice(if array.value(row) { b"true" } else { b"false" });
            }
            Node::Bare(cells) => {
                let start = out.len();
                cells.text(row, out)?;
                let text = out.get(start..).unwrap_or_default();
                if !text.iter().all(|b| matches!(b, b'0'..=b'9' | b'-' | b'.')) {
                    let text = String::from_utf8_lossy(text).into_owned();
                    return Err(Refused::representation(format!("{text} is not in JSON")));
                }
            }
            Node::Quoted(cells) => {
                let mut text = Vec::new();
                cells.text(row, &mut text)?;
                quote(&text, out);
            }
            Node::List(extents, child) => {
                out.push(b'[');
                for (index, at) in extents.of(row).enumerate() {
                    if index > 0 {
                        out.push(b',');
                    }
                    child.write(at, out)?;
                }
                out.push(b']');
            }
            Node::Struct(children) => {
                out.push(b'{');
                for (index, (name, child)) in children.iter().enumerate() {
                    if index > 0 {
                        out.push(b',');
                    }
                    quote(name.as_bytes(), out);
                    out.push(b':');
                    child.write(row, out)?;
                }
                out.push(b'}');
            }
            Node::Map(offsets, keys, values) => {
                out.push(b'{');
                let extent = Extents::Narrow(offsets.clone()).of(row);
                for (index, at) in extent.enumerate() {
                    if index > 0 {
                        out.push(b',');
                    }
                    keys.write(at, out)?;
                    out.push(b':');
                    values.write(at, out)?;
                }
                out.push(b'}');
            }
        }
        Ok(())
    }
}

/// Appends a text as JSON writes it.
fn quote(text: &[u8], out: &mut Vec<u8>) {
    out.push(b'"');
    for &byte in text {
        match byte {
            b'"' | b'\\' => out.extend_from_slice(&[b'\\', byte]),
            b'\n' => out.extend_from_slice(b"\\n"),
            0..=0x1f => out.extend_from_slice(format!("\\u{byte:04x}").as_bytes()),
            _ => out.push(byte),
        }
    }
    out.push(b'"');
}

impl Cells for Document {
    fn text(&self, row: usize, out: &mut Vec<u8>) -> Result<(), Refused> {
        self.0.write(row, out)
    }
}
