//! bit and varbit: strings of bits, `0101` in text and length-prefixed text in binary.

use super::TypeError;

const NAME: &str = "bit";

/// A string of bits, most significant bit of each byte first; unused bits of the last byte are zero.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct BitString {
    bytes: Vec<u8>,
    len: usize,
}

impl BitString {
    /// Bits in the string.
    #[must_use]
    pub fn len(&self) -> usize {
        self.len
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The packed bits.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Appends one bit.
    pub fn push(&mut self, bit: bool) {
        if self.len.is_multiple_of(8) {
            self.bytes.push(0);
        }
        if let Some(last) = self.bytes.last_mut() {
            *last |= u8::from(bit) << (7 - self.len % 8);
        }
        self.len += 1;
    }

    pub fn iter(&self) -> impl Iterator<Item = bool> + '_ {
        let bits = self
            .bytes
            .iter()
            .flat_map(|&b| (0..8).map(move |i| b & (0x80 >> i) != 0));
        bits.take(self.len)
    }
}

impl FromIterator<bool> for BitString {
    fn from_iter<I: IntoIterator<Item = bool>>(bits: I) -> Self {
        let mut string = BitString::default();
        bits.into_iter().for_each(|bit| string.push(bit));
        string
    }
}

/// Reads `0101`, `B'0101'` or `X'1f'`.
pub fn parse_bits(text: &[u8]) -> Result<BitString, TypeError> {
    let wrong = || TypeError::invalid(NAME, "not a bit string");
    let mut bits = BitString::default();
    match text {
        [b'x' | b'X', b'\'', hex @ .., b'\''] => {
            for &digit in hex {
                let value = super::bytea::hex_digit(digit).ok_or_else(wrong)?;
                (0..4).for_each(|i| bits.push(value & (8 >> i) != 0));
            }
        }
        [b'b' | b'B', b'\'', digits @ .., b'\''] | digits => {
            for &digit in digits {
                match digit {
                    b'0' | b'1' => bits.push(digit == b'1'),
                    _ => return Err(wrong()),
                }
            }
        }
    }
    Ok(bits)
}

/// Appends one digit for each bit.
pub fn format_bits(bits: &BitString, out: &mut Vec<u8>) {
    out.extend(bits.iter().map(|bit| b'0' + u8::from(bit)));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms() {
        let mut out = Vec::new();
        format_bits(&parse_bits(b"X'1f'").unwrap(), &mut out);
        assert_eq!(out, b"00011111");
        assert_eq!(parse_bits(b"B'101'").unwrap(), parse_bits(b"101").unwrap());
        assert_eq!(parse_bits(b"101").unwrap().as_bytes(), [0b1010_0000]);
        assert!(parse_bits(b"").unwrap().is_empty());
        for text in [&b"2"[..], b"B'1", b"X'g'", b"'"] {
            assert!(parse_bits(text).is_err());
        }
    }
}
