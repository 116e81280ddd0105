//! Types: OIDs, their names, and which OID a type reference means.

use crate::type_ref::TypeRef;

/// Identifies a type.
pub type Oid = u32;

/// A type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TypeInfo {
    /// Its OID.
    pub oid: Oid,
    /// Its name.
    pub name: &'static str,
}

/// What is known of an OID.
pub fn info(_oid: Oid) -> Option<&'static TypeInfo> {
    None
}

/// The OID a type reference means; a type name decides where family and code are shared.
pub fn oid_of(type_ref: &TypeRef, _type_name: Option<&str>) -> Oid {
    match (type_ref.family, type_ref.code) {
        (0, _) => 0,
        (1, 1) => 16,
        (2, 3) => 23,
        (2, 4) => 20,
        (4, 1) => 1700,
        (6, 2 | 3) => 701,
        _ => 25,
    }
}

/// The type reference of an OID.
pub fn type_ref_of(oid: Oid) -> TypeRef {
    match oid {
        0 => TypeRef::UNKNOWN,
        16 => TypeRef::concrete(1, 1),
        23 => TypeRef::concrete(2, 3),
        20 => TypeRef::concrete(2, 4),
        1700 => TypeRef::concrete(4, 1),
        701 => TypeRef::concrete(6, 2),
        _ => TypeRef::concrete(8, 1),
    }
}
