//! Random messages that the wire can carry, for the property tests. Where a field follows from others (an OID from
//! a type reference, say) it is made to follow.

pub mod client;
mod description;
pub mod server;

use bytes::Bytes;
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use sbwp::type_ref::TypeRef;

/// A struct from a strategy for each field.
macro_rules! record {
    ($name:ident { $($field:ident: $strategy:expr),+ $(,)? }) => {
        ($($strategy,)+).prop_map(|($($field,)+)| $name { $($field,)+ })
    };
}
pub(crate) use record;

pub type Id = [u8; 16];

pub fn id() -> impl Strategy<Value = Id> {
    prop_oneof![Just([0; 16]), any::<Id>()]
}

/// Any text, NUL included.
pub fn text() -> impl Strategy<Value = String> {
    "(?s).{0,9}"
}

/// Text without NUL.
pub fn plain() -> impl Strategy<Value = String> {
    "[^\0]{0,9}"
}

/// A name in ASCII.
pub fn name() -> impl Strategy<Value = String> {
    "[a-z_.]{1,9}"
}

pub fn bytes() -> impl Strategy<Value = Bytes> {
    vec(any::<u8>(), 0..24).prop_map(Bytes::from)
}

pub fn value() -> impl Strategy<Value = Option<Bytes>> {
    option::of(bytes())
}

pub fn values() -> impl Strategy<Value = Vec<Option<Bytes>>> {
    vec(value(), 0..20)
}

prop_compose! {
    pub fn type_ref()(
        numbers in any::<[u16; 8]>(),
        ids in any::<[Id; 5]>(),
        versions in any::<[u32; 2]>(),
        modifiers in any::<u64>(),
        long in any::<[i64; 3]>(),
        short in any::<[i32; 2]>(),
    ) -> TypeRef {
        TypeRef {
            family: numbers[0] % 32,
            code: numbers[1] % 8,
            version: numbers[2],
            flags: numbers[3],
            descriptor_id: ids[0],
            domain_id: ids[1],
            element_id: ids[2],
            descriptor_version: versions[0],
            array_rank: versions[1],
            modifiers,
            precision: long[0],
            scale: short[0],
            datetime_precision: short[1],
            length_chars: long[1],
            length_bytes: long[2],
            charset_id: ids[3],
            collation_id: ids[4],
            timezone_policy: numbers[4],
            calendar_policy: numbers[5],
            numeric_locale_policy: numbers[6],
            reserved: numbers[7],
        }
    }
}
