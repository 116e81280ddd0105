//! Array literals: `{1,2,NULL}`, nested, quoted, with bounds (`[0:1]={a,b}`).
//!
//! A reader that yields tokens without copying, and the writer's quoting. Elements are bytes here; what
//! they mean is the caller's business. In binary format the same literal stands length-prefixed.

use std::borrow::Cow;

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

/// A piece of an array literal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Token<'a> {
    Open,
    Close,
    Null,
    /// An element, unescaped.
    Element(Cow<'a, [u8]>),
}

/// Reads an array literal token by token: braces balanced, commas in place, depth bounded. Whether rows
/// have equal lengths is left to the caller.
#[derive(Debug, Clone)]
pub struct Reader<'a> {
    rest: &'a [u8],
    depth: usize,
    /// A value just ended: only `,` or `}` may follow.
    after_value: bool,
    /// A comma just went by: `}` may not follow.
    after_comma: bool,
    lowers: Vec<i32>,
    failed: bool,
}

impl<'a> Reader<'a> {
    /// Starts on a literal; the bounds before it, if any, are read at once.
    pub fn new(text: &'a [u8]) -> Result<Self, TypeError> {
        let mut reader = Reader {
            rest: text.trim_ascii(),
            depth: 0,
            after_value: false,
            after_comma: false,
            lowers: Vec::new(),
            failed: false,
        };
        if reader.rest.first() == Some(&b'[') {
            reader.take_bounds()?;
        }
        if reader.rest.first() == Some(&b'{') {
            Ok(reader)
        } else {
            Err(TypeError::invalid(NAME, "no opening brace"))
        }
    }

    /// The subscripts the literal states for the first element of each dimension; empty if it states none.
    #[must_use]
    pub fn lowers(&self) -> &[i32] {
        &self.lowers
    }

    fn take_bounds(&mut self) -> Result<(), TypeError> {
        let wrong = || TypeError::invalid(NAME, "wrong bounds");
        while let [b'[', rest @ ..] = self.rest {
            if self.lowers.len() == MAX_DEPTH {
                return Err(TypeError::TooDeep { type_name: NAME });
            }
            let end = memchr::memchr(b']', rest).ok_or_else(wrong)?;
            let (bounds, rest) = rest.split_at(end);
            let (lower, upper) = match memchr::memchr(b':', bounds).map(|at| bounds.split_at(at)) {
                Some((lower, [_, upper @ ..])) => (super::integer::parse_i32(lower)?, upper),
                _ => (1, bounds),
            };
            if super::integer::parse_i32(upper)? < lower {
                return Err(wrong());
            }
            self.lowers.push(lower);
            self.rest = rest.get(1..).unwrap_or_default();
        }
        match self.rest {
            [b'=', rest @ ..] => {
                self.rest = rest;
                Ok(())
            }
            _ => Err(wrong()),
        }
    }

    fn step(&mut self) -> Result<Option<Token<'a>>, TypeError> {
        loop {
            self.rest = self.rest.trim_ascii_start();
            let Some((&byte, tail)) = self.rest.split_first() else {
                return if self.depth == 0 && self.after_value {
                    Ok(None)
                } else {
                    Err(TypeError::invalid(NAME, "not closed"))
                };
            };
            if self.depth == 0 && self.after_value {
                return Err(TypeError::invalid(NAME, "text after the closing brace"));
            }
            match byte {
                b',' if self.after_value => {
                    self.rest = tail;
                    self.after_value = false;
                    self.after_comma = true;
                }
                b'}' if self.depth > 0 && !self.after_comma => {
                    self.rest = tail;
                    self.depth -= 1;
                    self.after_value = true;
                    return Ok(Some(Token::Close));
                }
                _ if self.after_value => {
                    return Err(TypeError::invalid(NAME, "a comma is missing"));
                }
                b',' | b'}' => return Err(TypeError::invalid(NAME, "an element is missing")),
                b'{' => {
                    if self.depth == MAX_DEPTH {
                        return Err(TypeError::TooDeep { type_name: NAME });
                    }
                    self.rest = tail;
                    self.depth += 1;
                    self.after_comma = false;
                    return Ok(Some(Token::Open));
                }
                _ => {
                    let token = if byte == b'"' {
                        Token::Element(self.take_quoted(tail)?)
                    } else {
                        self.take_bare()?
                    };
                    self.after_value = true;
                    self.after_comma = false;
                    return Ok(Some(token));
                }
            }
        }
    }

    fn take_quoted(&mut self, body: &'a [u8]) -> Result<Cow<'a, [u8]>, TypeError> {
        let (value, rest) =
            take_quoted(body, false).ok_or(TypeError::invalid(NAME, "a quote is not closed"))?;
        self.rest = rest;
        Ok(value)
    }

    fn take_bare(&mut self) -> Result<Token<'a>, TypeError> {
        let wrong = || TypeError::invalid(NAME, "a character that needs quotes");
        let mut end = 0;
        let mut escaped = false;
        while let Some(&byte) = self.rest.get(end) {
            match byte {
                b',' | b'}' => break,
                b'{' | b'"' => return Err(wrong()),
                b'\\' => {
                    escaped = true;
                    end += 2;
                }
                _ => end += 1,
            }
        }
        if end > self.rest.len() {
            return Err(wrong());
        }
        let (raw, rest) = self.rest.split_at(end);
        self.rest = rest;
        if escaped {
            // A trailing blank that is escaped belongs to the element.
            let mut text = Vec::with_capacity(raw.len());
            let mut kept = 0;
            let mut bytes = raw.iter();
            while let Some(&byte) = bytes.next() {
                let literal = byte == b'\\';
                let byte = if literal {
                    bytes.next().copied().unwrap_or(byte)
                } else {
                    byte
                };
                text.push(byte);
                if literal || !byte.is_ascii_whitespace() {
                    kept = text.len();
                }
            }
            text.truncate(kept);
            return Ok(Token::Element(Cow::Owned(text)));
        }
        let raw = raw.trim_ascii_end();
        Ok(if raw.eq_ignore_ascii_case(b"NULL") {
            Token::Null
        } else {
            Token::Element(Cow::Borrowed(raw))
        })
    }
}

impl<'a> Iterator for Reader<'a> {
    type Item = Result<Token<'a>, TypeError>;

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        if self.failed {
            return None;
        }
        let step = self.step().transpose();
        self.failed = matches!(step, Some(Err(_)) | None);
        step
    }
}

/// Reads up to the closing quote: the unescaped text and what follows the quote. A backslash takes the
/// next byte as it is; with `doubled`, so does a quote before a quote. None if the quote never closes.
pub(crate) fn take_quoted(body: &[u8], doubled: bool) -> Option<(Cow<'_, [u8]>, &[u8])> {
    let first = memchr::memchr2(b'"', b'\\', body)?;
    let (plain, tail) = body.split_at(first);
    if let [b'"', rest @ ..] = tail {
        if !(doubled && rest.first() == Some(&b'"')) {
            return Some((Cow::Borrowed(plain), rest));
        }
    }
    let mut text = plain.to_vec();
    let mut rest = tail;
    loop {
        match rest {
            [b'\\', byte, tail @ ..] => {
                text.push(*byte);
                rest = tail;
            }
            [b'"', b'"', tail @ ..] if doubled => {
                text.push(b'"');
                rest = tail;
            }
            [b'"', tail @ ..] => return Some((Cow::Owned(text), tail)),
            _ => return None,
        }
        let next = memchr::memchr2(b'"', b'\\', rest)?;
        let (plain, tail) = rest.split_at(next);
        text.extend_from_slice(plain);
        rest = tail;
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
            index % row.max(1) == 0
        })
        .count()
}
