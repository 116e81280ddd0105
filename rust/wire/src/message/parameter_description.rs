//! PARAMETER_DESCRIPTION: the parameters of a prepared statement, in the P1 and the legacy layout.

use super::error::{DecodeError, Reason};
use super::layout::{codec, Layout};
use super::reader::Reader;
use super::row_description::{
    is_p1, metadata, nullability, nullability_to_wire, swap_format, swap_format_to_wire, type_name,
    LAYOUT_VERSION, P1_FLAGS,
};
use super::writer::Writer;
use super::{Generation, Uuid};
use crate::type_ref::TypeRef;
use crate::types::{self, Oid};

/// A P1 parameter with an absent name.
const P1_PARAMETER_LEN: u64 = 172 + 5;

/// One parameter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParameterInfo {
    /// The type, resolved from the type name or the type reference; 0 for unknown.
    pub oid: Oid,
    /// 0 in, 1 out, 2 inout, 3 return, 4 variadic (P1).
    pub direction: u8,
    /// 0 scalar, 1 lob, 2 structured, 3 cursor, 4 rowset, 5 stream (P1).
    pub class: u8,
    /// `None`: not known (P1).
    pub nullable: Option<bool>,
    /// 0 text, 1 binary (P1, where the byte is the other way round).
    pub format: u16,
    /// Parameter flags (P1).
    pub flags: u64,
    /// Bits of [`metadata`] other than that of the type name (P1).
    pub metadata: u64,
    /// Canonical type reference (P1).
    pub type_ref: TypeRef,
    /// State of the default (P1).
    pub default_state: u8,
    /// Name (P1).
    pub name: Option<String>,
    /// Type name (P1): follows the name if the metadata bitmap says so, as in a column.
    pub type_name: Option<String>,
}

impl Default for ParameterInfo {
    fn default() -> Self {
        Self {
            oid: 0,
            direction: 0,
            class: 0,
            nullable: None,
            format: 1,
            flags: 0b110,
            metadata: metadata::TYPE_REF,
            type_ref: TypeRef::UNKNOWN,
            default_state: 0,
            name: None,
            type_name: None,
        }
    }
}

impl ParameterInfo {
    /// An in-parameter of a type, with its type reference, and with the type name where it is needed to tell
    /// the OID.
    pub fn new(oid: Oid) -> Self {
        let type_ref = types::type_ref_of(oid);
        let exact = types::oid_of(&type_ref, None) == oid;
        Self {
            oid,
            type_ref,
            type_name: if exact { None } else { type_name(oid) },
            ..Self::default()
        }
    }

    fn read(r: &mut Reader<'_>) -> Result<Self, DecodeError> {
        r.u32("ordinal")?;
        let direction = r.u8("direction")?;
        let class = r.u8("class")?;
        let nullable = nullability(r.u8("nullability")?);
        let format = swap_format(r.u8("value_format")?);
        let flags = r.u64("flags")?;
        let bitmap = r.u64("metadata_bitmap")?;
        let type_ref = r.type_ref("type_ref")?;
        let default_state = r.u8_pad3("default_state")?;
        let name = r.ntext("name")?;
        let type_name = match bitmap & metadata::TYPE_NAME {
            0 => None,
            _ => r.ntext("type_name")?,
        };
        Ok(Self {
            oid: types::oid_of(&type_ref, type_name.as_deref()),
            direction,
            class,
            nullable,
            format,
            flags,
            metadata: bitmap & !metadata::TYPE_NAME,
            type_ref,
            default_state,
            name,
            type_name,
        })
    }

    fn write(&self, w: &mut Writer<'_>, index: usize) {
        let named = if self.type_name.is_some() {
            metadata::TYPE_NAME
        } else {
            0
        };
        w.count32("ordinal", index + 1);
        w.u8("direction", &self.direction);
        w.u8("class", &self.class);
        w.u8("nullability", &nullability_to_wire(self.nullable));
        w.u8("value_format", &swap_format_to_wire(self.format));
        w.u64("flags", &self.flags);
        w.u64(
            "metadata_bitmap",
            &(self.metadata & !metadata::TYPE_NAME | named),
        );
        w.type_ref("type_ref", &self.type_ref);
        w.u8_pad3("default_state", &self.default_state);
        w.ntext("name", &self.name);
        if self.type_name.is_some() {
            w.ntext("type_name", &self.type_name);
        }
    }
}

/// PARAMETER_DESCRIPTION.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParameterDescription {
    /// The layout; the legacy one carries the OIDs alone.
    pub generation: Generation,
    /// 0: of a statement (P1).
    pub kind: u8,
    /// The parameters; ordinals follow their order.
    pub parameters: Vec<ParameterInfo>,
    /// Statement UUID, zero (P1).
    pub statement_id: Uuid,
    /// Signature UUID, zero (P1).
    pub signature_id: Uuid,
    /// Hash, zero (P1).
    pub hash: [u8; 32],
}

impl ParameterDescription {
    /// A P1 description of a statement's parameters.
    pub fn new(parameters: Vec<ParameterInfo>) -> Self {
        Self {
            generation: Generation::P1,
            kind: 0,
            parameters,
            statement_id: [0; 16],
            signature_id: [0; 16],
            hash: [0; 32],
        }
    }
}

impl Layout for ParameterDescription {
    fn read(r: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let mut this = Self::new(Vec::new());
        if is_p1(r.ahead()) {
            r.u16("layout_version")?;
            this.kind = r.u8("describe_kind")?;
            r.u8("flags")?;
            this.statement_id = r.uuid("statement_uuid")?;
            this.signature_id = r.uuid("signature_uuid")?;
            this.hash = r.hash("hash")?;
            let count = r.u32("count")?;
            let count = r.fits("count", u64::from(count), P1_PARAMETER_LEN)?;
            this.parameters = (0..count)
                .map(|_| ParameterInfo::read(r))
                .collect::<Result<_, _>>()?;
            return Ok(this);
        }
        this.generation = Generation::Legacy;
        let count = r.u16("count")?;
        let reserved = r.u16("reserved")?;
        if reserved != 0 {
            return Err(r.error_at("reserved", 2, Reason::Invalid(i64::from(reserved))));
        }
        let count = r.fits("count", u64::from(count), 4)?;
        this.parameters = (0..count)
            .map(|_| {
                let oid = r.u32("oid")?;
                Ok(ParameterInfo {
                    oid,
                    type_ref: types::type_ref_of(oid),
                    ..ParameterInfo::default()
                })
            })
            .collect::<Result<_, _>>()?;
        Ok(this)
    }

    fn write(&self, w: &mut Writer<'_>) {
        match self.generation {
            Generation::P1 => {
                w.u16("layout_version", &LAYOUT_VERSION);
                w.raw(&[self.kind, P1_FLAGS]);
                w.uuid("statement_uuid", &self.statement_id);
                w.uuid("signature_uuid", &self.signature_id);
                w.hash("hash", &self.hash);
                w.count32("parameters", self.parameters.len());
                for (index, parameter) in self.parameters.iter().enumerate() {
                    parameter.write(w, index);
                }
            }
            Generation::Legacy => {
                w.count16("parameters", self.parameters.len());
                w.zeros(2);
                for parameter in &self.parameters {
                    w.u32("oid", &parameter.oid);
                }
            }
        }
    }
}

codec!(open ParameterDescription = "PARAMETER_DESCRIPTION");
