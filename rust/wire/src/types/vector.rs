//! vector: `[1.0,2.5]`, length-prefixed in binary format.
//!
//! Reads into and writes from plain slices of floats, one pass, because vectors are long and many.

use super::{float, TypeError};

const NAME: &str = "vector";

/// Appends the elements to `out`, rounded to f32. On error `out` is as before.
pub fn parse_vector_f32(text: &[u8], out: &mut Vec<f32>) -> Result<(), TypeError> {
    parse(text, out, float::narrow, float::parse_f32)
}

/// As [`parse_vector_f32`] without losing digits of the text.
pub fn parse_vector_f64(text: &[u8], out: &mut Vec<f64>) -> Result<(), TypeError> {
    parse(text, out, Some, float::parse_f64)
}

#[inline]
fn parse<T>(
    text: &[u8],
    out: &mut Vec<T>,
    narrow: impl Fn(f64) -> Option<T>,
    exact: impl Fn(&[u8]) -> Result<T, TypeError>,
) -> Result<(), TypeError> {
    let [b'[', body @ .., b']'] = text.trim_ascii() else {
        return Err(TypeError::invalid(NAME, "no brackets"));
    };
    if body.trim_ascii().is_empty() {
        return Ok(());
    }
    let start = out.len();
    // A float with its comma takes about ten bytes; at worst two.
    out.reserve(body.len() / 10);
    let mut rest = body;
    loop {
        // One pass over ordinary numerals; what is not, up to its comma, is read again.
        let simple = match float::take_simple(rest) {
            Some((value, tail @ ([] | [b',', ..]))) => narrow(value).map(|value| (value, tail)),
            _ => None,
        };
        let (value, tail) = match simple {
            Some(simple) => simple,
            None => {
                let end = memchr::memchr(b',', rest).unwrap_or(rest.len());
                let (element, tail) = rest.split_at(end);
                match exact(element.trim_ascii()) {
                    Ok(value) => (value, tail),
                    Err(_) => {
                        out.truncate(start);
                        return Err(TypeError::invalid(NAME, "an element is not a number"));
                    }
                }
            }
        };
        out.push(value);
        match tail {
            [_, next @ ..] => rest = next,
            [] => return Ok(()),
        }
    }
}

/// Appends the elements in brackets, each in its shortest exact text.
pub fn format_vector_f32(elements: &[f32], out: &mut Vec<u8>) {
    format(elements, out, |value, out| match value.is_finite() {
        true => append(zmij::Buffer::new().format_finite(value).as_bytes(), out),
        false => float::format_f32(value, out),
    });
}

/// As [`format_vector_f32`] for f64.
pub fn format_vector_f64(elements: &[f64], out: &mut Vec<u8>) {
    format(elements, out, |value, out| match value.is_finite() {
        true => append(zmij::Buffer::new().format_finite(value).as_bytes(), out),
        false => float::format_f64(value, out),
    });
}

/// Appends a numeral. Most have 8 to 16 bytes: two copies of eight bytes each, which overlap, are cheaper than one of a
/// length that is not known beforehand.
#[inline]
fn append(numeral: &[u8], out: &mut Vec<u8>) {
    match (numeral.first_chunk::<8>(), numeral.last_chunk::<8>()) {
        (Some(first), Some(last)) if numeral.len() <= 16 => {
            out.extend_from_slice(first);
            out.truncate(out.len() + numeral.len() - 16);
            out.extend_from_slice(last);
        }
        _ => out.extend_from_slice(numeral),
    }
}

#[inline]
fn format<T: Copy>(elements: &[T], out: &mut Vec<u8>, element: impl Fn(T, &mut Vec<u8>)) {
    out.reserve(elements.len() * 12 + 2);
    out.push(b'[');
    for (i, &value) in elements.iter().enumerate() {
        if i > 0 {
            out.push(b',');
        }
        element(value, out);
    }
    out.push(b']');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts() {
        let parse = |text: &str| {
            let mut out = vec![9.0];
            parse_vector_f32(text.as_bytes(), &mut out)
                .map(|()| out.split_off(1))
                .map_err(|_| out)
        };
        assert_eq!(parse("[1.0,2.5]"), Ok(vec![1.0, 2.5]));
        assert_eq!(parse(" [ -1 , 2e-3 ] "), Ok(vec![-1.0, 0.002]));
        assert_eq!(parse("[]"), Ok(vec![]));
        for wrong in ["", "[", "]", "1", "[1,]", "[,1]", "[1,x]", "[1 2]", "[[1]]"] {
            assert_eq!(parse(wrong), Err(vec![9.0]), "{wrong}");
        }
        let mut out = Vec::new();
        format_vector_f32(&[1.0, 2.5, 0.1], &mut out);
        assert_eq!(out, b"[1.0,2.5,0.1]");
        let mut exact = Vec::new();
        parse_vector_f64(b"[0.1]", &mut exact).unwrap();
        assert_eq!(exact, [0.1]);
    }

    #[test]
    fn numerals_are_read_as_the_standard_library_does() {
        let mut state = 0x9e37_79b9_7f4a_7c15_u64;
        let mut next = || {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            state
        };
        for _ in 0..20_000 {
            let texts: Vec<String> = (0..4)
                .map(|_| {
                    let sign = if next() % 2 == 0 { "-" } else { "" };
                    let whole = next() % [10, 10, 1000][(next() % 3) as usize];
                    let digits = next().to_string();
                    let digits = &digits[..(next() % 18) as usize % digits.len()];
                    let exponent = ["", "", "", "e3", "E-7"][(next() % 5) as usize];
                    format!("{sign}{whole}.{digits}{exponent}")
                })
                .collect();
            let text = format!("[{}]", texts.join(","));
            let mut found = Vec::new();
            parse_vector_f64(text.as_bytes(), &mut found).unwrap();
            let wanted: Vec<f64> = texts.iter().map(|text| text.parse().unwrap()).collect();
            assert_eq!(found, wanted, "{text}");
            let mut found = Vec::new();
            parse_vector_f32(text.as_bytes(), &mut found).unwrap();
            let wanted: Vec<f32> = texts.iter().map(|text| text.parse().unwrap()).collect();
            assert_eq!(found, wanted, "{text}");
        }
        for wrong in [
            "[1.2.3,0.0000000000000000]",
            "[1.-2,0.0000000000000000]",
            "[--1.5,0.0000000000000]",
            "[1.5 5,0.0000000000]",
        ] {
            assert!(
                parse_vector_f32(wrong.as_bytes(), &mut Vec::new()).is_err(),
                "{wrong}"
            );
        }
    }
}
