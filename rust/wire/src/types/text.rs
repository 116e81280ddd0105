//! Text, and the length prefix that most binary values carry inside themselves.
//!
//! "lp" in SBWP 5.1: a u32 length and that many bytes, inside a value whose length is already known.

use super::TypeError;

/// The body of a length-prefixed value. The prefix must cover the value exactly.
#[inline]
pub fn decode_lp<'a>(type_name: &'static str, bytes: &'a [u8]) -> Result<&'a [u8], TypeError> {
    let Some((prefix, body)) = bytes.split_first_chunk::<4>() else {
        return Err(TypeError::invalid(type_name, "no room for the length"));
    };
    if usize::try_from(u32::from_le_bytes(*prefix)) != Ok(body.len()) {
        return Err(TypeError::invalid(
            type_name,
            "the length inside the value differs from the value's",
        ));
    }
    Ok(body)
}

/// Appends `body` with its length before it.
#[inline]
pub fn encode_lp(type_name: &'static str, body: &[u8], out: &mut Vec<u8>) -> Result<(), TypeError> {
    let length = u32::try_from(body.len()).map_err(|_| too_long(type_name))?;
    out.reserve(body.len() + 4);
    out.extend_from_slice(&length.to_le_bytes());
    out.extend_from_slice(body);
    Ok(())
}

/// Appends what `body` writes, with its length before it; restores `out` if `body` fails.
pub fn encode_lp_with(
    type_name: &'static str,
    out: &mut Vec<u8>,
    body: impl FnOnce(&mut Vec<u8>) -> Result<(), TypeError>,
) -> Result<(), TypeError> {
    let start = out.len();
    out.extend_from_slice(&[0; 4]);
    let result = body(out).and_then(|()| {
        let length = u32::try_from(out.len() - start - 4).map_err(|_| too_long(type_name))?;
        if let Some(prefix) = out.get_mut(start..start + 4) {
            prefix.copy_from_slice(&length.to_le_bytes());
        }
        Ok(())
    });
    if result.is_err() {
        out.truncate(start);
    }
    result
}

/// The bytes as text.
#[inline]
pub fn utf8<'a>(type_name: &'static str, bytes: &'a [u8]) -> Result<&'a str, TypeError> {
    std::str::from_utf8(bytes).map_err(|_| TypeError::Utf8 { type_name })
}

pub(crate) fn too_long(type_name: &'static str) -> TypeError {
    TypeError::range(type_name, "longer than 4 GiB")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_prefix_must_cover_the_value() {
        assert_eq!(decode_lp("text", b"\x02\0\0\0hi"), Ok(&b"hi"[..]));
        assert_eq!(decode_lp("text", b"\0\0\0\0"), Ok(&b""[..]));
        for wrong in [&b""[..], b"\x02\0\0", b"\x03\0\0\0hi", b"\x01\0\0\0hi"] {
            assert!(decode_lp("text", wrong).is_err());
        }
        assert!(decode_lp("text", b"\xff\xff\xff\xffhi").is_err());
    }

    #[test]
    fn a_failing_body_leaves_no_trace() {
        let mut out = b"before".to_vec();
        let result = encode_lp_with("text", &mut out, |out| {
            out.push(1);
            Err(TypeError::invalid("text", "refused"))
        });
        assert!(result.is_err());
        assert_eq!(out, b"before");
    }
}
