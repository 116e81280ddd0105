//! Literals PostgreSQL has no token for: typed literals, binary strings, number suffixes, bare UUIDs.
//! They become a placeholder token that carries the PostgreSQL text. Works on the scanner's position only.

use sqlparser::tokenizer::Token;

use super::lexer::Scanner;
use super::names::quote_literal;
use super::refusal::{Refusal, Result};

/// A token whose text goes into the PostgreSQL statement as it stands.
pub(crate) fn verbatim(sql: impl Into<String>) -> Token {
    Token::Placeholder(sql.into())
}

/// The literal that `word` begins, when a quote follows it; the scanner stands just after the word.
pub(crate) fn prefixed(scanner: &mut Scanner<'_>, word: &str) -> Result<Option<Token>> {
    let mut blanks = 0;
    while matches!(scanner.peek(blanks), b' ' | b'\t') {
        blanks += 1;
    }
    if scanner.peek(blanks) != b'\'' {
        return Ok(None);
    }
    let upper = word.to_ascii_uppercase();
    // One-letter prefixes touch their quote; the others may stand apart on the same line.
    let known = match upper.as_str() {
        "N" | "E" | "X" | "B" => blanks == 0,
        "BINARY" | "DATE" | "TIME" | "TIMETZ" | "TIMESTAMP" | "TIMESTAMPTZ" | "INTERVAL"
        | "UUID" | "JSON" | "JSONB" | "DOCUMENT" | "VECTOR" | "HALFVEC" | "REGEX" | "RANGE"
        | "GRAPH" | "PATH" | "XML" => true,
        _ => false,
    };
    if !known {
        return Ok(None);
    }
    let start = scanner.at - word.len();
    scanner.at += blanks;
    let text = scanner.quoted(
        b'\'',
        "SBSQL.LEXER.STRING_UNCLOSED",
        "string literal is not closed",
    )?;
    if upper == "INTERVAL" {
        if let Some(qualifier) = qualifier(scanner) {
            return Ok(Some(verbatim(format!(
                "INTERVAL {} {qualifier}",
                quote_literal(&text)
            ))));
        }
    }
    typed(&upper, &text)
        .map(Some)
        .map_err(|refusal| refusal.at(start))
}

/// The fields behind an interval's text: `DAY`, `HOUR TO SECOND`.
fn qualifier(scanner: &mut Scanner<'_>) -> Option<String> {
    let first = field(scanner)?;
    let back = scanner.at;
    if next_word(scanner).is_some_and(|w| w == "TO") {
        if let Some(last) = field(scanner) {
            return Some(format!("{first} TO {last}"));
        }
    }
    scanner.at = back;
    Some(first)
}

fn field(scanner: &mut Scanner<'_>) -> Option<String> {
    let back = scanner.at;
    let found = next_word(scanner).filter(|w| {
        matches!(
            w.as_str(),
            "YEAR" | "MONTH" | "DAY" | "HOUR" | "MINUTE" | "SECOND"
        )
    });
    if found.is_none() {
        scanner.at = back;
    }
    found
}

/// The word after blanks, in upper case; the scanner moves past it.
fn next_word(scanner: &mut Scanner<'_>) -> Option<String> {
    while scanner.peek(0).is_ascii_whitespace() {
        scanner.at += 1;
    }
    let start = scanner.at;
    while scanner.peek(0).is_ascii_alphanumeric() || scanner.peek(0) == b'_' {
        scanner.at += 1;
    }
    let word = scanner.sql.get(start..scanner.at)?;
    (!word.is_empty()).then(|| word.to_ascii_uppercase())
}

fn typed(prefix: &str, text: &str) -> Result<Token> {
    let cast = |to: &str| verbatim(format!("CAST({} AS {to})", quote_literal(text)));
    Ok(match prefix {
        "N" | "E" => Token::SingleQuotedString(text.to_owned()),
        "X" | "BINARY" => {
            let digits: String = text.chars().filter(|c| !c.is_ascii_whitespace()).collect();
            if !digits.len().is_multiple_of(2) || !digits.bytes().all(|b| b.is_ascii_hexdigit()) {
                return Err(malformed(
                    "BINARY",
                    "a binary literal is an even number of hexadecimal digits",
                ));
            }
            verbatim(format!("CAST('\\x{digits}' AS bytea)"))
        }
        "B" => {
            if !text.bytes().all(|b| matches!(b, b'0' | b'1')) {
                return Err(malformed("BIT", "a bit literal holds only 0 and 1"));
            }
            verbatim(format!("B'{text}'"))
        }
        "UUID" => {
            if !is_uuid(text) {
                return Err(malformed("UUID", "a UUID literal has the form 8-4-4-4-12"));
            }
            cast("uuid")
        }
        "DATE" => cast("date"),
        "TIME" => cast("time"),
        "TIMETZ" => cast("timetz"),
        "TIMESTAMP" => cast("timestamp"),
        "TIMESTAMPTZ" => cast("timestamptz"),
        "INTERVAL" => cast("interval"),
        "JSON" => cast("json"),
        "JSONB" | "DOCUMENT" => cast("jsonb"),
        "VECTOR" => cast("vector"),
        "HALFVEC" => cast("halfvec"),
        "XML" => cast("xml"),
        // The context gives these their type: a pattern argument, a range column.
        "REGEX" | "RANGE" => Token::SingleQuotedString(text.to_owned()),
        other => {
            return Err(Refusal::unsupported(format!(
                "{other} literals are not served"
            )));
        }
    })
}

fn malformed(kind: &str, message: &str) -> Refusal {
    Refusal::rejected(&format!("SBSQL.LEXER.{kind}_MALFORMED"), message)
}

fn is_uuid(text: &str) -> bool {
    text.len() == 36
        && text.bytes().enumerate().all(|(i, b)| match i {
            8 | 13 | 18 | 23 => b == b'-',
            _ => b.is_ascii_hexdigit(),
        })
}

/// A canonical UUID without quotes; only one that begins with a digit gets here.
pub(crate) fn bare_uuid(scanner: &mut Scanner<'_>) -> Option<Token> {
    let text = scanner.sql.get(scanner.at..scanner.at + 36)?;
    let after = scanner.peek(36);
    if !is_uuid(text) || after.is_ascii_alphanumeric() || after == b'_' {
        return None;
    }
    scanner.at += 36;
    Some(verbatim(format!("CAST('{text}' AS uuid)")))
}

/// A number with separators, radix prefix, fraction, exponent and type suffix.
pub(crate) fn number(scanner: &mut Scanner<'_>) -> Result<Token> {
    let start = scanner.at;
    if scanner.peek(0) == b'0' {
        let radix = match scanner.peek(1) {
            b'x' | b'X' => 16,
            b'o' | b'O' => 8,
            b'b' | b'B' => 2,
            _ => 10,
        };
        if radix != 10 {
            scanner.at += 2;
            return radix_number(scanner, radix, start);
        }
    }
    let mut digits = String::new();
    take_digits(scanner, &mut digits);
    let mut whole = true;
    if scanner.peek(0) == b'.' && scanner.peek(1).is_ascii_digit() {
        whole = false;
        digits.push('.');
        scanner.at += 1;
        take_digits(scanner, &mut digits);
    }
    if matches!(scanner.peek(0), b'e' | b'E') {
        let sign = usize::from(matches!(scanner.peek(1), b'+' | b'-'));
        if scanner.peek(1 + sign).is_ascii_digit() {
            whole = false;
            digits.push('e');
            if sign == 1 {
                digits.push(char::from(scanner.peek(1)));
            }
            scanner.at += 1 + sign;
            take_digits(scanner, &mut digits);
        }
    }
    suffixed(scanner, digits, whole, start)
}

fn take_digits(scanner: &mut Scanner<'_>, digits: &mut String) {
    loop {
        match scanner.peek(0) {
            byte if byte.is_ascii_digit() => digits.push(char::from(byte)),
            b'_' if scanner.peek(1).is_ascii_digit() => {}
            _ => return,
        }
        scanner.at += 1;
    }
}

fn radix_number(scanner: &mut Scanner<'_>, radix: u32, start: usize) -> Result<Token> {
    let mut value: u128 = 0;
    let mut seen = false;
    loop {
        let byte = scanner.peek(0);
        if byte == b'_' && seen {
            scanner.at += 1;
            continue;
        }
        let Some(digit) = char::from(byte).to_digit(radix) else {
            break;
        };
        value = value
            .checked_mul(u128::from(radix))
            .and_then(|v| v.checked_add(u128::from(digit)))
            .ok_or_else(|| malformed("NUMBER", "a number does not fit 128 bits").at(start))?;
        seen = true;
        scanner.at += 1;
    }
    if !seen {
        return Err(malformed("NUMBER", "a number has no digits after its radix prefix").at(start));
    }
    suffixed(scanner, value.to_string(), true, start)
}

fn suffixed(scanner: &mut Scanner<'_>, digits: String, whole: bool, start: usize) -> Result<Token> {
    let mut length = 0;
    while scanner.peek(length).is_ascii_alphanumeric() || scanner.peek(length) == b'_' {
        length += 1;
    }
    if length == 0 {
        return Ok(Token::Number(digits, false));
    }
    let suffix = scanner
        .sql
        .get(scanner.at..scanner.at + length)
        .unwrap_or("")
        .to_ascii_uppercase();
    let to = match suffix.as_str() {
        "U" | "UINT" | "U64" if whole => "sys.uint64",
        "U8" if whole => "sys.uint8",
        "U16" if whole => "sys.uint16",
        "U32" if whole => "sys.uint32",
        "I8" if whole => "sys.int8",
        "I16" if whole => "smallint",
        "I32" if whole => "integer",
        "I64" if whole => "bigint",
        "I128" | "INT128" if whole => "sys.int128",
        "U128" | "UINT128" if whole => "sys.uint128",
        "R128" | "REAL128" => "numeric",
        "D" | "DEC" | "DECIMAL" => "numeric",
        "F" | "FLOAT" | "DOUBLE" => "double precision",
        _ => return Err(malformed("NUMBER", "unknown letters follow a number").at(start)),
    };
    scanner.at += length;
    Ok(verbatim(format!("CAST({digits} AS {to})")))
}
