//! inet, cidr, macaddr and macaddr8, as values of the standard library with canonical text.

use std::net::IpAddr;

use super::bytea::hex_digit;
use super::{text, TypeError};

/// An address with the length of its network prefix (all bits for a plain host).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Inet {
    addr: IpAddr,
    prefix: u8,
}

impl Inet {
    /// None if the prefix is longer than the address.
    #[must_use]
    pub fn new(addr: IpAddr, prefix: u8) -> Option<Self> {
        (prefix <= address_bits(addr)).then_some(Inet { addr, prefix })
    }

    #[must_use]
    pub fn host(addr: IpAddr) -> Self {
        Inet {
            addr,
            prefix: address_bits(addr),
        }
    }

    #[must_use]
    pub fn addr(&self) -> IpAddr {
        self.addr
    }

    #[must_use]
    pub fn prefix(&self) -> u8 {
        self.prefix
    }

    /// Whether the prefix covers the whole address.
    #[must_use]
    pub fn is_host(&self) -> bool {
        self.prefix == address_bits(self.addr)
    }

    /// Whether no bit right of the prefix is set.
    #[must_use]
    pub fn is_network(&self) -> bool {
        match self.addr {
            IpAddr::V4(a) => {
                u32::from(a)
                    .checked_shl(u32::from(self.prefix))
                    .unwrap_or(0)
                    == 0
            }
            IpAddr::V6(a) => {
                u128::from(a)
                    .checked_shl(u32::from(self.prefix))
                    .unwrap_or(0)
                    == 0
            }
        }
    }
}

fn address_bits(addr: IpAddr) -> u8 {
    if addr.is_ipv4() {
        32
    } else {
        128
    }
}

/// Reads `address` or `address/prefix`.
pub fn parse_inet(bytes: &[u8]) -> Result<Inet, TypeError> {
    parse("inet", bytes)
}

/// Reads `network/prefix`; a host bit that is set is an error.
pub fn parse_cidr(bytes: &[u8]) -> Result<Inet, TypeError> {
    let inet = parse("cidr", bytes)?;
    if !inet.is_network() {
        return Err(TypeError::invalid("cidr", "host bits are set"));
    }
    Ok(inet)
}

fn parse(name: &'static str, bytes: &[u8]) -> Result<Inet, TypeError> {
    let text = text::utf8(name, bytes)?;
    let (addr, prefix) = match text.split_once('/') {
        Some((addr, prefix)) => (addr, Some(prefix)),
        None => (text, None),
    };
    let addr: IpAddr = addr
        .parse()
        .map_err(|_| TypeError::invalid(name, "not an IP address"))?;
    match prefix {
        None => Some(Inet::host(addr)),
        Some(prefix) if prefix.bytes().all(|b| b.is_ascii_digit()) => prefix
            .parse()
            .ok()
            .and_then(|prefix| Inet::new(addr, prefix)),
        Some(_) => None,
    }
    .ok_or(TypeError::invalid(name, "not a prefix length"))
}

/// Appends the address, and the prefix unless it covers the address.
pub fn format_inet(inet: &Inet, out: &mut Vec<u8>) {
    if inet.is_host() {
        out.extend_from_slice(inet.addr.to_string().as_bytes());
    } else {
        format_cidr(inet, out);
    }
}

/// Appends the address and the prefix.
pub fn format_cidr(inet: &Inet, out: &mut Vec<u8>) {
    out.extend_from_slice(format!("{}/{}", inet.addr, inet.prefix).as_bytes());
}

/// Reads six bytes in any of the usual groupings (`:`, `-`, `.`, none).
pub fn parse_macaddr(text: &[u8]) -> Result<[u8; 6], TypeError> {
    let (bytes, length) = mac_bytes("macaddr", text)?;
    match (bytes, length) {
        ([a, b, c, d, e, f, ..], 6) => Ok([a, b, c, d, e, f]),
        _ => Err(TypeError::invalid("macaddr", "not six bytes")),
    }
}

/// Reads eight bytes, or six that `ff:fe` is put into the middle of (EUI-48 in EUI-64).
pub fn parse_macaddr8(text: &[u8]) -> Result<[u8; 8], TypeError> {
    let (bytes, length) = mac_bytes("macaddr8", text)?;
    match (bytes, length) {
        (bytes, 8) => Ok(bytes),
        ([a, b, c, d, e, f, ..], 6) => Ok([a, b, c, 0xff, 0xfe, d, e, f]),
        _ => Err(TypeError::invalid("macaddr8", "not eight bytes")),
    }
}

/// Pairs of hex digits with at most one kind of separator, never at the ends or inside a pair.
fn mac_bytes(name: &'static str, text: &[u8]) -> Result<([u8; 8], usize), TypeError> {
    let wrong = || TypeError::invalid(name, "not a hardware address");
    let mut out = [0; 8];
    let mut length = 0;
    let mut separator = None;
    let mut rest = text;
    loop {
        let [high, low, tail @ ..] = rest else {
            return Err(wrong());
        };
        let (Some(high), Some(low)) = (hex_digit(*high), hex_digit(*low)) else {
            return Err(wrong());
        };
        *out.get_mut(length).ok_or_else(wrong)? = high << 4 | low;
        length += 1;
        rest = match tail {
            [] => return Ok((out, length)),
            [byte @ (b':' | b'-' | b'.'), tail @ ..]
                if *separator.get_or_insert(*byte) == *byte =>
            {
                tail
            }
            tail => tail,
        };
    }
}

/// Appends the bytes in hexadecimal with colons between them.
pub fn format_mac(bytes: &[u8], out: &mut Vec<u8>) {
    for (i, byte) in bytes.iter().enumerate() {
        if i > 0 {
            out.push(b':');
        }
        super::bytea::encode_hex(std::slice::from_ref(byte), out);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn inet(text: &str) -> String {
        let mut out = Vec::new();
        format_inet(&parse_inet(text.as_bytes()).unwrap(), &mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn addresses() {
        assert_eq!(inet("10.0.0.1"), "10.0.0.1");
        assert_eq!(inet("10.0.0.1/32"), "10.0.0.1");
        assert_eq!(inet("10.0.0.1/8"), "10.0.0.1/8");
        assert_eq!(inet("2001:DB8:0:0::1/64"), "2001:db8::1/64");
        assert_eq!(inet("::ffff:1.2.3.4"), "::ffff:1.2.3.4");
        for wrong in [
            "",
            "10.0.0",
            "10.0.0.1/33",
            "10.0.0.1/",
            "10.0.0.1/+8",
            "::1/129",
            "x",
            "1.2.3.4/8/8",
        ] {
            assert!(parse_inet(wrong.as_bytes()).is_err(), "{wrong}");
        }
    }

    #[test]
    fn networks_have_no_host_bits() {
        assert!(parse_cidr(b"10.0.0.0/8").is_ok());
        assert!(parse_cidr(b"0.0.0.0/0").is_ok());
        assert!(parse_cidr(b"::/0").is_ok());
        assert!(parse_cidr(b"10.0.0.1").is_ok());
        assert!(parse_cidr(b"10.0.0.1/8").is_err());
    }

    #[test]
    fn hardware_addresses() {
        let mac = [0x08, 0x00, 0x2b, 0x01, 0x02, 0x03];
        for text in [
            "08:00:2b:01:02:03",
            "08-00-2B-01-02-03",
            "08002b:010203",
            "0800.2b01.0203",
            "08002b010203",
        ] {
            assert_eq!(parse_macaddr(text.as_bytes()), Ok(mac), "{text}");
        }
        assert_eq!(
            parse_macaddr8(b"08:00:2b:01:02:03"),
            Ok([0x08, 0x00, 0x2b, 0xff, 0xfe, 0x01, 0x02, 0x03])
        );
        for wrong in [
            "",
            "08:00:2b:01:02",
            "08:00-2b:01:02:03",
            ":08002b010203",
            "08002b010203:",
            "0:8002b010203",
            "08:00:2b:01:02:03:04:05:06",
        ] {
            assert!(parse_macaddr(wrong.as_bytes()).is_err(), "{wrong}");
            assert!(parse_macaddr8(wrong.as_bytes()).is_err(), "{wrong}");
        }
    }
}
