//! How far a token reaches, given the bytes from its first one to the end of the statement.
//!
//! Must not know: what stands before the token. Every function gives a length of at least 1 and at most what is there.

use super::lexer::{Kind, Marker};

pub(super) fn starts_word(byte: u8) -> bool {
    byte.is_ascii_alphabetic() || byte == b'_' || byte >= 0x80
}

/// Whether the byte can be part of an identifier.
pub(super) fn in_word(byte: u8) -> bool {
    in_name(byte) || byte == b'$'
}

pub(super) fn in_name(byte: u8) -> bool {
    starts_word(byte) || byte.is_ascii_digit()
}

pub(super) fn run(bytes: &[u8], belongs: impl Fn(u8) -> bool) -> usize {
    bytes
        .iter()
        .position(|byte| !belongs(*byte))
        .unwrap_or(bytes.len())
}

pub(super) fn line(bytes: &[u8]) -> usize {
    memchr::memchr2(b'\n', b'\r', bytes).unwrap_or(bytes.len())
}

/// `/* … */` ends at the first `*/`; `/*+ … */` nests.
pub(super) fn block_comment(bytes: &[u8]) -> (Kind, usize) {
    let nests = bytes.get(2) == Some(&b'+');
    let mut depth = 1;
    let mut at = 2;
    while depth > 0 {
        let Some(found) = memchr::memchr2(b'*', b'/', bytes.get(at..).unwrap_or(&[])) else {
            at = bytes.len();
            break;
        };
        at += found;
        match bytes.get(at..at + 2) {
            Some(b"*/") => {
                depth -= 1;
                at += 2;
            }
            Some(b"/*") if nests => {
                depth += 1;
                at += 2;
            }
            _ => at += 1,
        }
    }
    let body = bytes.get(2..).unwrap_or(&[]);
    let first_end = memchr::memmem::find(body, b"*/").map_or(bytes.len(), |end| end + 4);
    let kind = if at > first_end {
        Kind::OwnComment
    } else {
        Kind::Comment
    };
    (kind, at)
}

/// A region whose quote is escaped by doubling it.
pub(super) fn quoted(bytes: &[u8], quote: u8) -> usize {
    let mut at = 1;
    while let Some(found) = memchr::memchr(quote, bytes.get(at..).unwrap_or(&[])) {
        at += found + 1;
        if bytes.get(at) != Some(&quote) {
            return at;
        }
        at += 1;
    }
    bytes.len()
}

/// `$1`, or a text between `$$` or `$tag$`; the tag does not begin with a digit.
pub(super) fn dollar(bytes: &[u8]) -> (Kind, usize) {
    let digits = run(&bytes[1..], |b| b.is_ascii_digit());
    if digits > 0 {
        let text = std::str::from_utf8(&bytes[1..=digits]).unwrap_or("");
        let number = text.parse().unwrap_or(u32::MAX);
        return (Kind::Marker(Marker::Numbered(number)), 1 + digits);
    }
    let tag = run(&bytes[1..], in_name);
    if bytes.get(1 + tag) != Some(&b'$') {
        return (Kind::Symbol(b'$'), 1);
    }
    let (delimiter, body) = bytes.split_at(tag + 2);
    let end =
        memchr::memmem::find(body, delimiter).map_or(bytes.len(), |end| 2 * delimiter.len() + end);
    (Kind::DollarText, end)
}

/// `%s`, `%(name)s`, `%%`, or the operator. A letter after the `s` makes it a remainder: `a%size`.
pub(super) fn percent(bytes: &[u8]) -> (Kind, usize) {
    let ends = |at: usize| !bytes.get(at).is_some_and(|byte| in_word(*byte));
    match bytes.get(1) {
        Some(b'%') => return (Kind::PercentPercent, 2),
        Some(b's') if ends(2) => return (Kind::Marker(Marker::Format), 2),
        Some(b'(') => {
            if let Some(close) = memchr::memchr(b')', bytes) {
                if close > 2 && bytes.get(close + 1) == Some(&b's') && ends(close + 2) {
                    return (Kind::Marker(Marker::PyFormat), close + 2);
                }
            }
        }
        Some(b'=') => return (Kind::Operator, 2),
        _ => {}
    }
    (Kind::Symbol(b'%'), 1)
}

/// `?`, unless it is part of `?|`, `?&` or `??`. `?||` and `?&&` are a placeholder and another operator.
pub(super) fn question(bytes: &[u8]) -> (Kind, usize) {
    match (bytes.get(1), bytes.get(2)) {
        (Some(b'?'), _) => (Kind::QuestionOperator, 2),
        (Some(first @ (b'|' | b'&')), second) if second != Some(first) => {
            (Kind::QuestionOperator, 2)
        }
        _ => (Kind::Marker(Marker::Question), 1),
    }
}

/// A number as a word of digits, letters and `_`, with a dot where a digit follows: `1..2` is two numbers.
pub(super) fn number(bytes: &[u8]) -> usize {
    let mut at = run(bytes, in_name);
    if bytes.get(at) == Some(&b'.') && bytes.get(at + 1).is_some_and(u8::is_ascii_digit) {
        at += 1 + run(&bytes[at + 1..], in_name);
    }
    at
}
