//! Reading an array literal token by token, without copying what needs no unescaping.
//!
//! Syntax only: what elements mean and whether rows have equal lengths is left to the caller.

use std::borrow::Cow;

use super::NAME;
use crate::types::{integer, TypeError, MAX_DEPTH};

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
                Some((lower, [_, upper @ ..])) => (integer::parse_i32(lower)?, upper),
                _ => (1, bounds),
            };
            if integer::parse_i32(upper)? < lower {
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
