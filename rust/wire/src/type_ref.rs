//! The 144-byte canonical type reference of the P1 descriptions: which type a column or parameter has.
//!
//! Pure layout. Which OID a reference means is [`crate::types`]' business.

use crate::message::reader::Reader;
use crate::message::writer::Writer;
use crate::message::DecodeError;

/// Bytes of a type reference.
pub const TYPE_REF_LEN: usize = 144;

/// Bits of [`TypeRef::flags`].
pub mod flags {
    /// The type was inferred.
    pub const INFERRED: u16 = 1 << 0;
    /// A type of an extension.
    pub const EXTENSION: u16 = 1 << 1;
    /// Only a rendered name is known.
    pub const RENDERED_NAME: u16 = 1 << 2;
    /// A domain.
    pub const DOMAIN: u16 = 1 << 3;
    /// Unsigned.
    pub const UNSIGNED: u16 = 1 << 4;
    /// Exact numeric.
    pub const EXACT: u16 = 1 << 5;
    /// Approximate numeric.
    pub const APPROXIMATE: u16 = 1 << 6;
    /// Holds other values.
    pub const CONTAINER: u16 = 1 << 7;
    /// A large object.
    pub const LOB: u16 = 1 << 8;
}

/// Bits of [`TypeRef::modifiers`]: which of the other fields are meaningful.
pub mod modifier {
    /// `precision` is given.
    pub const PRECISION: u64 = 1 << 0;
    /// `scale` is given.
    pub const SCALE: u64 = 1 << 1;
    /// `datetime_precision` is given.
    pub const DATETIME_PRECISION: u64 = 1 << 2;
    /// `length_chars` is given.
    pub const LENGTH_CHARS: u64 = 1 << 3;
    /// `length_bytes` is given.
    pub const LENGTH_BYTES: u64 = 1 << 4;
    /// `charset_id` is given.
    pub const CHARSET: u64 = 1 << 5;
    /// `collation_id` is given.
    pub const COLLATION: u64 = 1 << 6;
    /// `domain_id` is given.
    pub const DOMAIN: u64 = 1 << 7;
    /// `element_id` is given.
    pub const ELEMENT: u64 = 1 << 8;
    /// `array_rank` is given.
    pub const ARRAY_RANK: u64 = 1 << 9;
    /// `timezone_policy` is given.
    pub const TIME_ZONE: u64 = 1 << 10;
    /// `calendar_policy` is given.
    pub const CALENDAR: u64 = 1 << 11;
    /// `numeric_locale_policy` is given.
    pub const NUMERIC_LOCALE: u64 = 1 << 12;
    /// The type belongs to a backend profile.
    pub const BACKEND_PROFILE: u64 = 1 << 13;
    /// The descriptor is withheld by policy.
    pub const REDACTED: u64 = 1 << 14;
}

/// A canonical type reference. All zero means "unknown".
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct TypeRef {
    /// Type family, 1 (boolean) to 30 (extension).
    pub family: u16,
    /// Code inside the family.
    pub code: u16,
    /// 1 for a concrete type, 0 for "unknown".
    pub version: u16,
    /// Bits of [`flags`].
    pub flags: u16,
    /// Descriptor UUID.
    pub descriptor_id: [u8; 16],
    /// Domain UUID.
    pub domain_id: [u8; 16],
    /// Descriptor UUID of the element type.
    pub element_id: [u8; 16],
    /// Version of the descriptor.
    pub descriptor_version: u32,
    /// Number of array dimensions.
    pub array_rank: u32,
    /// Bits of [`modifier`].
    pub modifiers: u64,
    /// Total digits.
    pub precision: i64,
    /// Digits after the point.
    pub scale: i32,
    /// Digits of the fractional second.
    pub datetime_precision: i32,
    /// Length limit in characters.
    pub length_chars: i64,
    /// Length limit in bytes.
    pub length_bytes: i64,
    /// Character set UUID.
    pub charset_id: [u8; 16],
    /// Collation UUID.
    pub collation_id: [u8; 16],
    /// 0: without time zone.
    pub timezone_policy: u16,
    /// Calendar.
    pub calendar_policy: u16,
    /// Numeric locale.
    pub numeric_locale_policy: u16,
    /// Must be zero on the wire.
    pub reserved: u16,
}

impl TypeRef {
    /// The reference the server itself sends for a concrete type: family, code and two version numbers.
    pub const fn concrete(family: u16, code: u16) -> Self {
        let mut this = Self::UNKNOWN;
        this.family = family;
        this.code = code;
        this.version = 1;
        this.descriptor_version = 1;
        this
    }

    /// The all-zero reference.
    pub const UNKNOWN: Self = Self {
        family: 0,
        code: 0,
        version: 0,
        flags: 0,
        descriptor_id: [0; 16],
        domain_id: [0; 16],
        element_id: [0; 16],
        descriptor_version: 0,
        array_rank: 0,
        modifiers: 0,
        precision: 0,
        scale: 0,
        datetime_precision: 0,
        length_chars: 0,
        length_bytes: 0,
        charset_id: [0; 16],
        collation_id: [0; 16],
        timezone_policy: 0,
        calendar_policy: 0,
        numeric_locale_policy: 0,
        reserved: 0,
    };

    /// Whether a modifier bit is set.
    pub const fn has(&self, bit: u64) -> bool {
        self.modifiers & bit != 0
    }

    /// Total digits, if given.
    pub fn precision(&self) -> Option<i64> {
        self.has(modifier::PRECISION).then_some(self.precision)
    }

    /// Digits after the point, if given.
    pub fn scale(&self) -> Option<i32> {
        self.has(modifier::SCALE).then_some(self.scale)
    }

    /// The length limit, if given: in characters, else in bytes.
    pub fn length(&self) -> Option<i64> {
        if self.has(modifier::LENGTH_CHARS) {
            Some(self.length_chars)
        } else {
            self.has(modifier::LENGTH_BYTES)
                .then_some(self.length_bytes)
        }
    }

    /// This reference with those of the three limits that it lacks and that are given.
    #[must_use]
    pub fn with_limits(
        mut self,
        precision: Option<i64>,
        scale: Option<i32>,
        length: Option<i64>,
    ) -> Self {
        if let (None, Some(precision)) = (self.precision(), precision) {
            self.modifiers |= modifier::PRECISION;
            self.precision = precision;
        }
        if let (None, Some(scale)) = (self.scale(), scale) {
            self.modifiers |= modifier::SCALE;
            self.scale = scale;
        }
        if let (None, Some(length)) = (self.length(), length) {
            self.modifiers |= modifier::LENGTH_CHARS;
            self.length_chars = length;
        }
        self
    }

    pub(crate) fn read(r: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(Self {
            family: r.u16("type_ref.family")?,
            code: r.u16("type_ref.code")?,
            version: r.u16("type_ref.version")?,
            flags: r.u16("type_ref.flags")?,
            descriptor_id: r.uuid("type_ref.descriptor_id")?,
            domain_id: r.uuid("type_ref.domain_id")?,
            element_id: r.uuid("type_ref.element_id")?,
            descriptor_version: r.u32("type_ref.descriptor_version")?,
            array_rank: r.u32("type_ref.array_rank")?,
            modifiers: r.u64("type_ref.modifiers")?,
            precision: r.i64("type_ref.precision")?,
            scale: r.i32("type_ref.scale")?,
            datetime_precision: r.i32("type_ref.datetime_precision")?,
            length_chars: r.i64("type_ref.length_chars")?,
            length_bytes: r.i64("type_ref.length_bytes")?,
            charset_id: r.uuid("type_ref.charset_id")?,
            collation_id: r.uuid("type_ref.collation_id")?,
            timezone_policy: r.u16("type_ref.timezone_policy")?,
            calendar_policy: r.u16("type_ref.calendar_policy")?,
            numeric_locale_policy: r.u16("type_ref.numeric_locale_policy")?,
            reserved: r.u16("type_ref.reserved")?,
        })
    }

    pub(crate) fn write(&self, w: &mut Writer<'_>) {
        w.u16("type_ref.family", &self.family);
        w.u16("type_ref.code", &self.code);
        w.u16("type_ref.version", &self.version);
        w.u16("type_ref.flags", &self.flags);
        w.uuid("type_ref.descriptor_id", &self.descriptor_id);
        w.uuid("type_ref.domain_id", &self.domain_id);
        w.uuid("type_ref.element_id", &self.element_id);
        w.u32("type_ref.descriptor_version", &self.descriptor_version);
        w.u32("type_ref.array_rank", &self.array_rank);
        w.u64("type_ref.modifiers", &self.modifiers);
        w.i64("type_ref.precision", &self.precision);
        w.i32("type_ref.scale", &self.scale);
        w.i32("type_ref.datetime_precision", &self.datetime_precision);
        w.i64("type_ref.length_chars", &self.length_chars);
        w.i64("type_ref.length_bytes", &self.length_bytes);
        w.uuid("type_ref.charset_id", &self.charset_id);
        w.uuid("type_ref.collation_id", &self.collation_id);
        w.u16("type_ref.timezone_policy", &self.timezone_policy);
        w.u16("type_ref.calendar_policy", &self.calendar_policy);
        w.u16(
            "type_ref.numeric_locale_policy",
            &self.numeric_locale_policy,
        );
        w.u16("type_ref.reserved", &self.reserved);
    }
}
