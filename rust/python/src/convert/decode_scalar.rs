//! Wire → Python: numbers, text, bytes, documents, addresses, shapes.

use std::net::IpAddr;

use pyo3::prelude::*;
use pyo3::types::{PyBool, PyBytes, PyFloat, PyInt, PyString};
use sbwp::types::network::{self, Inet};
use sbwp::types::text::{decode_lp, utf8};
use sbwp::types::{
    boolean, bytea, float, geometry, integer, money, numeric, uuid as wire_uuid, TypeError,
};

use super::classes;
use super::decode::{text_or_bytes, Decoded};
use super::decoder::of_text;
use super::json;

/// Text, in the format of its own; bytes that are no text stay bytes.
#[inline]
pub fn text<'py>(py: Python<'py>, bytes: &[u8]) -> Decoded<'py> {
    Ok(text_or_bytes(py, bytes)?)
}

pub fn raw_bytes<'py>(py: Python<'py>, bytes: &[u8]) -> Decoded<'py> {
    Ok(PyBytes::new(py, bytes).into_any())
}

/// The text of type `OID` inside a length prefix.
pub fn prefixed<'py, const OID: u32>(py: Python<'py>, bytes: &[u8]) -> Decoded<'py> {
    of_text(OID)(py, decode_lp("text", bytes)?)
}

#[inline]
fn boolean<'py>(py: Python<'py>, value: bool) -> Decoded<'py> {
    Ok(PyBool::new(py, value).to_owned().into_any())
}

pub fn bool_text<'py>(py: Python<'py>, bytes: &[u8]) -> Decoded<'py> {
    boolean(py, boolean::parse_bool(bytes)?)
}

pub fn bool_binary<'py>(py: Python<'py>, bytes: &[u8]) -> Decoded<'py> {
    boolean(py, boolean::decode_bool(bytes)?)
}

#[inline]
fn int<'py>(py: Python<'py>, value: i64) -> Decoded<'py> {
    Ok(PyInt::new(py, value).into_any())
}

/// An integer of any number of digits, whatever the type says.
pub fn int_text<'py>(py: Python<'py>, bytes: &[u8]) -> Decoded<'py> {
    match integer::parse_i64(bytes) {
        Ok(value) => int(py, value),
        Err(TypeError::OutOfRange { .. }) => large_int(py, bytes),
        Err(error) => Err(error.into()),
    }
}

#[cold]
fn large_int<'py>(py: Python<'py>, bytes: &[u8]) -> Decoded<'py> {
    let digits = PyString::from_bytes(py, bytes)?;
    Ok(py.get_type::<PyInt>().call1((digits,))?)
}

pub fn int2_binary<'py>(py: Python<'py>, bytes: &[u8]) -> Decoded<'py> {
    int(py, integer::decode_i16(bytes)?.into())
}

pub fn int4_binary<'py>(py: Python<'py>, bytes: &[u8]) -> Decoded<'py> {
    int(py, integer::decode_i32(bytes)?.into())
}

pub fn int8_binary<'py>(py: Python<'py>, bytes: &[u8]) -> Decoded<'py> {
    int(py, integer::decode_i64(bytes)?)
}

pub fn oid_binary<'py>(py: Python<'py>, bytes: &[u8]) -> Decoded<'py> {
    int(py, integer::decode_u32(bytes)?.into())
}

pub fn float_text<'py>(py: Python<'py>, bytes: &[u8]) -> Decoded<'py> {
    Ok(PyFloat::new(py, float::parse_f64(bytes)?).into_any())
}

pub fn float4_binary<'py>(py: Python<'py>, bytes: &[u8]) -> Decoded<'py> {
    Ok(PyFloat::new(py, float::decode_f32(bytes)?.into()).into_any())
}

pub fn float8_binary<'py>(py: Python<'py>, bytes: &[u8]) -> Decoded<'py> {
    Ok(PyFloat::new(py, float::decode_f64(bytes)?).into_any())
}

#[inline]
fn decimal<'py>(py: Python<'py>, numeral: &str) -> Decoded<'py> {
    Ok(classes::make_decimal(py, numeral)?)
}

pub fn numeric_text<'py>(py: Python<'py>, bytes: &[u8]) -> Decoded<'py> {
    decimal(py, numeric::validate(bytes)?)
}

fn money<'py>(py: Python<'py>, hundredths: i64) -> Decoded<'py> {
    let mut out = Vec::new();
    money::format_money(hundredths, &mut out);
    decimal(py, utf8("money", &out)?)
}

pub fn money_text<'py>(py: Python<'py>, bytes: &[u8]) -> Decoded<'py> {
    money(py, money::parse_money(bytes)?)
}

pub fn money_binary<'py>(py: Python<'py>, bytes: &[u8]) -> Decoded<'py> {
    money(py, money::decode_money(bytes)?)
}

pub fn bytea_text<'py>(py: Python<'py>, bytes: &[u8]) -> Decoded<'py> {
    if let Some(hex) = bytes.strip_prefix(b"\\x") {
        // Straight into the object, by far the most common form.
        let mut result = Ok(());
        let object = PyBytes::new_with(py, hex.len() / 2, |out| {
            result = bytea::decode_hex_into(hex, out);
            Ok(())
        })?;
        result?;
        return Ok(object.into_any());
    }
    let mut out = Vec::new();
    bytea::parse_bytea(bytes, &mut out)?;
    raw_bytes(py, &out)
}

pub fn bytea_binary<'py>(py: Python<'py>, bytes: &[u8]) -> Decoded<'py> {
    raw_bytes(py, decode_lp("bytea", bytes)?)
}

pub fn uuid_text<'py>(py: Python<'py>, bytes: &[u8]) -> Decoded<'py> {
    Ok(classes::make_uuid(py, wire_uuid::parse_uuid(bytes)?)?)
}

pub fn uuid_binary<'py>(py: Python<'py>, bytes: &[u8]) -> Decoded<'py> {
    Ok(classes::make_uuid(py, wire_uuid::decode_uuid(bytes)?)?)
}

pub fn json_text<'py>(py: Python<'py>, bytes: &[u8]) -> Decoded<'py> {
    Ok(json::loads(py, bytes)?)
}

/// An address; with a shorter prefix, the interface that has it.
pub fn inet_text<'py>(py: Python<'py>, bytes: &[u8]) -> Decoded<'py> {
    let inet = network::parse_inet(bytes)?;
    if !inet.is_host() {
        let class = match inet.addr() {
            IpAddr::V4(_) => classes::ipv4_interface(py)?,
            IpAddr::V6(_) => classes::ipv6_interface(py)?,
        };
        return with_prefix(class, &inet);
    }
    Ok(match inet.addr() {
        IpAddr::V4(address) => classes::ipv4_address(py)?.call1((u32::from(address),))?,
        IpAddr::V6(address) => classes::ipv6_address(py)?.call1((u128::from(address),))?,
    })
}

pub fn cidr_text<'py>(py: Python<'py>, bytes: &[u8]) -> Decoded<'py> {
    let network = network::parse_cidr(bytes)?;
    let class = match network.addr() {
        IpAddr::V4(_) => classes::ipv4_network(py)?,
        IpAddr::V6(_) => classes::ipv6_network(py)?,
    };
    with_prefix(class, &network)
}

fn with_prefix<'py>(class: &Bound<'py, PyAny>, inet: &Inet) -> Decoded<'py> {
    let mut out = Vec::new();
    network::format_cidr(inet, &mut out);
    Ok(class.call1((utf8("inet", &out)?,))?)
}

/// WKT, hexadecimal WKB or the point family's own notation, as a `Geometry`.
pub fn geometry_text<'py>(py: Python<'py>, bytes: &[u8]) -> Decoded<'py> {
    let mut wkb = Vec::new();
    geometry::encode_wkb(&geometry::parse_geometry(bytes)?, &mut wkb)?;
    Ok(classes::geometry(py)?.call1((PyBytes::new(py, &wkb),))?)
}

pub fn geometry_binary<'py>(py: Python<'py>, bytes: &[u8]) -> Decoded<'py> {
    let wkb = decode_lp("geometry", bytes)?;
    geometry::decode_wkb(wkb)?;
    Ok(classes::geometry(py)?.call1((PyBytes::new(py, wkb),))?)
}
