//! The Python classes and functions that conversion needs, each looked up once.
//!
//! Modules are imported when a value first needs them. NumPy never is: it is used where the program has it.

use pyo3::intern;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyDict, PyType};

use crate::audited;

/// A function that returns a class or another callable of a module, remembered.
macro_rules! cached {
    ($($name:ident = $module:literal . $attribute:literal;)*) => {$(
        #[inline]
        pub fn $name(py: Python<'_>) -> PyResult<&Bound<'_, PyAny>> {
            static CACHED: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
            CACHED.import(py, $module, $attribute)
        }
    )*};
}

cached! {
    decimal = "decimal"."Decimal";
    uuid = "uuid"."UUID";
    json_loads = "json"."loads";
    enum_class = "enum"."Enum";
    array_class = "array"."array";
    ipv4_address = "ipaddress"."IPv4Address";
    ipv6_address = "ipaddress"."IPv6Address";
    ipv4_network = "ipaddress"."IPv4Network";
    ipv6_network = "ipaddress"."IPv6Network";
    ipv4_interface = "ipaddress"."IPv4Interface";
    ipv6_interface = "ipaddress"."IPv6Interface";
    tuple_row = "scratchbird.rows"."tuple_row";
    composite = "scratchbird.types"."Composite";
    geometry = "scratchbird.types"."Geometry";
    interval = "scratchbird.types"."Interval";
    json = "scratchbird.types"."Json";
    jsonb = "scratchbird.types"."Jsonb";
    range = "scratchbird.types"."Range";
    var = "scratchbird.callable"."Var";
    vector = "scratchbird.types"."Vector";
    xml = "scratchbird.types"."Xml";
}

/// NumPy, if the program has imported it.
#[inline]
pub fn numpy(py: Python<'_>) -> PyResult<Option<Bound<'_, PyAny>>> {
    static MODULES: PyOnceLock<Py<PyDict>> = PyOnceLock::new();
    let modules = MODULES.import(py, "sys", "modules")?;
    modules.get_item(pyo3::intern!(py, "numpy"))
}

/// The class of NumPy's arrays, if the program has imported NumPy.
#[inline]
pub fn ndarray(py: Python<'_>) -> PyResult<Option<&Bound<'_, PyAny>>> {
    static CLASS: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    if let Some(class) = CLASS.get(py) {
        return Ok(Some(class.bind(py)));
    }
    let Some(numpy) = numpy(py)? else {
        return Ok(None);
    };
    let class = numpy.getattr(intern!(py, "ndarray"))?.unbind();
    Ok(Some(CLASS.get_or_init(py, || class).bind(py)))
}

/// What it takes to make a `UUID` without its slow constructor.
pub struct UuidParts {
    class: Py<PyType>,
    unknown: Py<PyAny>,
}

impl UuidParts {
    /// None where the class is not made of the two slots that this module fills.
    fn find(py: Python<'_>) -> PyResult<Option<Self>> {
        let class = uuid(py)?.cast::<PyType>()?;
        let slots = class.getattr("__slots__")?;
        if !slots.contains("int")? || !slots.contains("is_safe")? {
            return Ok(None);
        }
        let safety = py.import("uuid")?.getattr("SafeUUID")?;
        Ok(Some(UuidParts {
            class: class.clone().unbind(),
            unknown: safety.getattr("unknown")?.unbind(),
        }))
    }
}

fn uuid_parts(py: Python<'_>) -> Option<&UuidParts> {
    static PARTS: PyOnceLock<Option<UuidParts>> = PyOnceLock::new();
    PARTS
        .get_or_init(py, || UuidParts::find(py).ok().flatten())
        .as_ref()
}

/// Whether this is a `UUID` or `Decimal`, and not of a subclass: an object of the collector's that holds nothing.
#[inline]
pub fn is_plain(object: &Bound<'_, PyAny>) -> bool {
    let py = object.py();
    let class = object.get_type_ptr().cast();
    uuid_parts(py).is_some_and(|parts| parts.class.as_ptr() == class)
        || decimal(py).is_ok_and(|decimal| decimal.as_ptr() == class)
}

/// A `Decimal` of its numeral.
#[inline]
pub fn make_decimal<'py>(py: Python<'py>, numeral: &str) -> PyResult<Bound<'py, PyAny>> {
    let object = decimal(py)?.call1((numeral,))?;
    // From Python 3.13 on the collector knows Decimals, which hold nothing.
    audited::settle_plain(&object);
    Ok(object)
}

/// A `UUID` of its number, as unpickling makes one: the slots are set directly, which is many times as
/// fast as parsing a text. Classes that are not made of these slots go through the constructor.
pub fn make_uuid(py: Python<'_>, bytes: [u8; 16]) -> PyResult<Bound<'_, PyAny>> {
    let number = u128::from_be_bytes(bytes);
    match uuid_parts(py) {
        Some(parts) => {
            let object = audited::instance_of(parts.class.bind(py))?;
            let number = number.into_pyobject(py)?.into_any();
            audited::set_attribute(&object, intern!(py, "int"), &number)?;
            audited::set_attribute(&object, intern!(py, "is_safe"), parts.unknown.bind(py))?;
            // It holds an integer and a constant, and nothing can be set on it.
            audited::settle_plain(&object);
            Ok(object)
        }
        None => {
            let keywords = PyDict::new(py);
            keywords.set_item("int", number)?;
            uuid(py)?.call((), Some(&keywords))
        }
    }
}
