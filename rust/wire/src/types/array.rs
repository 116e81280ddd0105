//! Array literals: `{1,2,NULL}`, nested, quoted, with bounds (`[0:1]={a,b}`).
//!
//! The value, its dimensions, and its text by way of a function that reads or writes one element. The
//! syntax is in `reader`. In binary format the same literal stands length-prefixed.

mod reader;

pub(crate) use reader::take_quoted;
pub use reader::{Reader, Token};

use super::{TypeError, Value, MAX_DEPTH};

const NAME: &str = "array";

/// One dimension: how many elements, and the subscript of the first (1 unless stated).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Dimension {
    pub len: usize,
    pub lower: i32,
}

/// An array of any number of dimensions, its elements in row-major order.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Array {
    dimensions: Vec<Dimension>,
    elements: Vec<Option<Value>>,
}

impl Array {
    /// None if the dimensions do not multiply to the number of elements, one of them is empty, or there
    /// are too many. An empty array has no dimensions.
    #[must_use]
    pub fn new(dimensions: Vec<Dimension>, elements: Vec<Option<Value>>) -> Option<Self> {
        let product = dimensions
            .iter()
            .try_fold(1usize, |n, d| n.checked_mul(d.len))?;
        let empty = dimensions.is_empty() && elements.is_empty();
        let matching = !dimensions.is_empty() && product == elements.len() && product > 0;
        (dimensions.len() <= MAX_DEPTH && (empty || matching)).then_some(Array {
            dimensions,
            elements,
        })
    }

    /// A one-dimensional array.
    #[must_use]
    pub fn from_elements(elements: Vec<Option<Value>>) -> Self {
        let dimensions = match elements.len() {
            0 => Vec::new(),
            len => vec![Dimension { len, lower: 1 }],
        };
        Array {
            dimensions,
            elements,
        }
    }

    #[must_use]
    pub fn dimensions(&self) -> &[Dimension] {
        &self.dimensions
    }

    #[must_use]
    pub fn elements(&self) -> &[Option<Value>] {
        &self.elements
    }
}

/// Appends one element's text to a literal, quoted where it has to be.
pub fn write_element(element: &[u8], out: &mut Vec<u8>) {
    let special = |b: &u8| {
        matches!(b, b'{' | b'}' | b',' | b'"' | b'\\') || b.is_ascii_whitespace() || *b == 0x0b
    };
    if element.is_empty() || element.eq_ignore_ascii_case(b"NULL") || element.iter().any(special) {
        write_quoted(element, out);
    } else {
        out.extend_from_slice(element);
    }
}

/// Appends text in double quotes, with `"` and `\` escaped.
pub(crate) fn write_quoted(text: &[u8], out: &mut Vec<u8>) {
    out.push(b'"');
    for &byte in text {
        if matches!(byte, b'"' | b'\\') {
            out.push(b'\\');
        }
        out.push(byte);
    }
    out.push(b'"');
}

/// Reads a literal into an [`Array`]; `element` reads one element.
pub fn parse_array(
    text: &[u8],
    mut element: impl FnMut(&[u8]) -> Result<Value, TypeError>,
) -> Result<Array, TypeError> {
    let ragged = || TypeError::invalid(NAME, "rows of unequal length");
    let mut reader = Reader::new(text)?;
    let mut elements = Vec::new();
    // Of each open brace, how much it has; of each depth, how much every closed brace had.
    let mut open: Vec<usize> = Vec::new();
    let mut lengths: Vec<Option<usize>> = Vec::new();
    let mut leaf_depth = None;
    for token in &mut reader {
        let value = match token? {
            Token::Open => {
                if leaf_depth.is_some_and(|depth| depth <= open.len()) {
                    return Err(ragged());
                }
                if let Some(count) = open.last_mut() {
                    *count += 1;
                }
                open.push(0);
                if lengths.len() < open.len() {
                    lengths.push(None);
                }
                continue;
            }
            Token::Close => {
                let count = open.pop().ok_or_else(ragged)?;
                let length = lengths.get_mut(open.len()).ok_or_else(ragged)?;
                if *length.get_or_insert(count) != count {
                    return Err(ragged());
                }
                continue;
            }
            Token::Null => None,
            Token::Element(text) => Some(element(&text)?),
        };
        if *leaf_depth.get_or_insert(open.len()) != open.len() || lengths.len() > open.len() {
            return Err(ragged());
        }
        if let Some(count) = open.last_mut() {
            *count += 1;
        }
        elements.push(value);
    }
    if elements.is_empty() {
        return Ok(Array::default());
    }
    let lowers = reader.lowers();
    if !lowers.is_empty() && lowers.len() != lengths.len() {
        return Err(TypeError::invalid(
            NAME,
            "bounds of another number of dimensions",
        ));
    }
    let dimensions = lengths.iter().enumerate().map(|(i, len)| Dimension {
        len: len.unwrap_or(0),
        lower: lowers.get(i).copied().unwrap_or(1),
    });
    Array::new(dimensions.collect(), elements).ok_or_else(ragged)
}

/// Appends a literal; `element` writes one element's text, unquoted.
pub fn format_array(
    array: &Array,
    out: &mut Vec<u8>,
    mut element: impl FnMut(&Value, &mut Vec<u8>) -> Result<(), TypeError>,
) -> Result<(), TypeError> {
    let dimensions = array.dimensions();
    if dimensions.is_empty() {
        out.extend_from_slice(b"{}");
        return Ok(());
    }
    if dimensions.iter().any(|d| d.lower != 1) {
        for d in dimensions {
            let upper = i64::from(d.lower) + i64::try_from(d.len).unwrap_or(i64::MAX / 2) - 1;
            if i32::try_from(upper).is_err() {
                return Err(TypeError::range(NAME, "bounds beyond 32 bits"));
            }
            out.extend_from_slice(format!("[{}:{upper}]", d.lower).as_bytes());
        }
        out.push(b'=');
    }
    let mut scratch = Vec::new();
    for (index, value) in array.elements().iter().enumerate() {
        // How many dimensions begin at this element: all at the first, else those whose rows just ended.
        let starts = rows_at(dimensions, index);
        if index > 0 {
            out.resize(out.len() + starts, b'}');
            out.push(b',');
        }
        let opening = if index == 0 { dimensions.len() } else { starts };
        out.resize(out.len() + opening, b'{');
        match value {
            None => out.extend_from_slice(b"NULL"),
            Some(value) => {
                scratch.clear();
                element(value, &mut scratch)?;
                write_element(&scratch, out);
            }
        }
    }
    out.resize(out.len() + dimensions.len(), b'}');
    Ok(())
}

/// How many rows, of any dimension but the outermost, begin at an element.
fn rows_at(dimensions: &[Dimension], index: usize) -> usize {
    let mut row = 1usize;
    let inner = dimensions.iter().skip(1).rev();
    inner
        .take_while(|d| {
            row = row.saturating_mul(d.len);
            index.is_multiple_of(row.max(1))
        })
        .count()
}
