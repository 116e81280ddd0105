//! One column of a ROW_DESCRIPTION, in the P1 and the legacy layout.

use crate::message::error::DecodeError;
use crate::message::reader::Reader;
use crate::message::writer::Writer;
use crate::message::Uuid;
use crate::type_ref::TypeRef;
use crate::types::{self, Oid};

/// A P1 column without its texts, and with an absent label.
pub(super) const P1_COLUMN_LEN: u64 = 216 + 5;
/// A legacy column without its name.
pub(super) const LEGACY_COLUMN_LEN: u64 = 24;

/// Bits of the metadata bitmap. Those of a text say that the text follows.
pub mod metadata {
    /// The display label; always there.
    pub const LABEL: u64 = 1 << 0;
    /// Column name.
    pub const COLUMN_NAME: u64 = 1 << 1;
    /// Base catalog.
    pub const BASE_CATALOG: u64 = 1 << 2;
    /// Base schema.
    pub const BASE_SCHEMA: u64 = 1 << 3;
    /// Base table.
    pub const BASE_TABLE: u64 = 1 << 4;
    /// Base column.
    pub const BASE_COLUMN: u64 = 1 << 5;
    /// Type name.
    pub const TYPE_NAME: u64 = 1 << 6;
    /// Driver type name.
    pub const DRIVER_TYPE_NAME: u64 = 1 << 7;
    /// Domain name.
    pub const DOMAIN_NAME: u64 = 1 << 9;
    /// The type reference; always there.
    pub const TYPE_REF: u64 = 1 << 10;
    /// Remarks.
    pub const REMARKS: u64 = 1 << 35;
    /// Every bit that announces a text behind the label.
    pub const TEXTS: u64 = COLUMN_NAME
        | BASE_CATALOG
        | BASE_SCHEMA
        | BASE_TABLE
        | BASE_COLUMN
        | TYPE_NAME
        | DRIVER_TYPE_NAME
        | DOMAIN_NAME
        | REMARKS;
}

/// Where a column comes from (P1).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ColumnSource {
    /// Three source UUIDs: table, column, generator.
    pub ids: [Uuid; 3],
    /// Ordinal of the parameter it stands for.
    pub parameter_ordinal: u32,
    /// Direction of that parameter.
    pub parameter_direction: u8,
    /// Kind of generated value.
    pub generated_kind: u8,
}

/// The texts that may follow a column's label (P1); `None` also if hidden or unknown by policy.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ColumnTexts {
    /// Column name, where it differs from the label.
    pub column_name: Option<String>,
    /// Catalog of the base table.
    pub base_catalog: Option<String>,
    /// Schema of the base table.
    pub base_schema: Option<String>,
    /// Base table.
    pub base_table: Option<String>,
    /// Column of the base table.
    pub base_column: Option<String>,
    /// Domain.
    pub domain_name: Option<String>,
    /// Name a driver gives the type.
    pub driver_type_name: Option<String>,
    /// Remarks.
    pub remarks: Option<String>,
}

/// One column of a result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ColumnDescription {
    /// The display label.
    pub name: String,
    /// The type, resolved from the type name or the type reference. Not on the wire in P1: set `type_ref`
    /// and `type_name` too, as [`ColumnDescription::new`] does.
    pub oid: Oid,
    /// 0 text, 1 binary, 2 driver native, 3 structured. (The P1 byte has 0 and 1 the other way round.)
    pub format: u16,
    /// `None`: not known.
    pub nullable: Option<bool>,
    /// Type name (P1), which pins the OID where family and code are shared by several types.
    pub type_name: Option<String>,
    /// Total digits; on encoding it goes into the type reference, as do the next two.
    pub precision: Option<i64>,
    /// Digits after the point.
    pub scale: Option<i32>,
    /// Length limit in characters or bytes.
    pub length: Option<i64>,
    /// Canonical type reference (P1).
    pub type_ref: TypeRef,
    /// 0 projected, 1 base, 2 expression, 3 generated key, 4 out parameter, 5 return value, 6 system (P1).
    pub class: u8,
    /// Updatability (P1).
    pub updatability: u8,
    /// Bits of [`metadata`] other than those of the texts (P1).
    pub metadata: u64,
    /// Origin (P1).
    pub source: ColumnSource,
    /// Further texts (P1).
    pub texts: ColumnTexts,
    /// OID of the table (legacy).
    pub table_oid: u32,
    /// Size of the type in bytes, −1 if it varies (legacy).
    pub type_size: i16,
    /// Type modifier, −1 for none (legacy).
    pub type_modifier: i32,
}

impl Default for ColumnDescription {
    fn default() -> Self {
        Self {
            name: String::new(),
            oid: 0,
            format: 0,
            nullable: Some(true),
            type_name: None,
            precision: None,
            scale: None,
            length: None,
            type_ref: TypeRef::UNKNOWN,
            class: 0,
            updatability: 0,
            metadata: metadata::LABEL | metadata::TYPE_REF,
            source: ColumnSource::default(),
            texts: ColumnTexts::default(),
            table_oid: 0,
            type_size: -1,
            type_modifier: -1,
        }
    }
}

impl ColumnDescription {
    /// A nullable column of a type in a format (0 text, 1 binary), with its type reference, and with the type
    /// name where it is needed to tell the OID.
    pub fn new(name: impl Into<String>, oid: Oid, format: u16) -> Self {
        let type_ref = types::type_ref_of(oid);
        let exact = types::oid_of(&type_ref, None) == oid;
        Self {
            name: name.into(),
            oid,
            format,
            type_name: if exact { None } else { type_name(oid) },
            type_ref,
            ..Self::default()
        }
    }

    /// The bits of the metadata bitmap and the texts they announce, in wire order.
    fn optional_texts(&self) -> [(u64, &Option<String>); 9] {
        let texts = &self.texts;
        [
            (metadata::COLUMN_NAME, &texts.column_name),
            (metadata::BASE_CATALOG, &texts.base_catalog),
            (metadata::BASE_SCHEMA, &texts.base_schema),
            (metadata::BASE_TABLE, &texts.base_table),
            (metadata::BASE_COLUMN, &texts.base_column),
            (metadata::TYPE_NAME, &self.type_name),
            (metadata::DOMAIN_NAME, &texts.domain_name),
            (metadata::DRIVER_TYPE_NAME, &texts.driver_type_name),
            (metadata::REMARKS, &texts.remarks),
        ]
    }

    pub(super) fn read_p1(r: &mut Reader<'_>) -> Result<Self, DecodeError> {
        r.u32("ordinal")?;
        let class = r.u8("column_class")?;
        let format = swap_format(r.u8("value_format")?);
        let nullable = nullability(r.u8("nullability")?);
        let updatability = r.u8("updatability")?;
        let bitmap = r.u64("metadata_bitmap")?;
        let type_ref = r.type_ref("type_ref")?;
        let source = ColumnSource {
            ids: [
                r.uuid("source_table_uuid")?,
                r.uuid("source_column_uuid")?,
                r.uuid("source_generated_uuid")?,
            ],
            parameter_ordinal: r.u32("source_parameter_ordinal")?,
            parameter_direction: r.u8("parameter_direction")?,
            generated_kind: r.u8("generated_kind")?,
        };
        r.skip("reserved", 2)?;
        let name = r.ntext("label")?.unwrap_or_default();
        let mut text = |bit: u64, field| match bitmap & bit {
            0 => Ok(None),
            _ => r.ntext(field),
        };
        let column_name = text(metadata::COLUMN_NAME, "column_name")?;
        let base_catalog = text(metadata::BASE_CATALOG, "base_catalog")?;
        let base_schema = text(metadata::BASE_SCHEMA, "base_schema")?;
        let base_table = text(metadata::BASE_TABLE, "base_table")?;
        let base_column = text(metadata::BASE_COLUMN, "base_column")?;
        let type_name = text(metadata::TYPE_NAME, "type_name")?;
        let domain_name = text(metadata::DOMAIN_NAME, "domain_name")?;
        let driver_type_name = text(metadata::DRIVER_TYPE_NAME, "driver_type_name")?;
        let remarks = text(metadata::REMARKS, "remarks")?;
        Ok(Self {
            name,
            oid: types::oid_of(&type_ref, type_name.as_deref()),
            format,
            nullable,
            type_name,
            precision: type_ref.precision(),
            scale: type_ref.scale(),
            length: type_ref.length(),
            type_ref,
            class,
            updatability,
            metadata: bitmap & !metadata::TEXTS,
            source,
            texts: ColumnTexts {
                column_name,
                base_catalog,
                base_schema,
                base_table,
                base_column,
                domain_name,
                driver_type_name,
                remarks,
            },
            ..Self::default()
        })
    }

    pub(super) fn write_p1(&self, w: &mut Writer<'_>, index: usize) {
        let texts = self.optional_texts();
        let present = texts.iter().filter(|(_, text)| text.is_some());
        let bitmap = present.fold(self.metadata & !metadata::TEXTS, |bits, (bit, _)| {
            bits | bit
        });
        w.count32("ordinal", index + 1);
        w.u8("column_class", &self.class);
        w.u8("value_format", &swap_format_to_wire(self.format));
        w.u8("nullability", &nullability_to_wire(self.nullable));
        w.u8("updatability", &self.updatability);
        w.u64("metadata_bitmap", &bitmap);
        let type_ref = self
            .type_ref
            .with_limits(self.precision, self.scale, self.length);
        w.type_ref("type_ref", &type_ref);
        for id in &self.source.ids {
            w.uuid("source_uuid", id);
        }
        w.u32("source_parameter_ordinal", &self.source.parameter_ordinal);
        w.u8("parameter_direction", &self.source.parameter_direction);
        w.u8("generated_kind", &self.source.generated_kind);
        w.zeros(2);
        w.raw(&[3]);
        w.lpstr("label", &self.name);
        for (_, text) in texts.iter().filter(|(_, text)| text.is_some()) {
            w.ntext("text", text);
        }
    }

    pub(super) fn read_legacy(r: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let name = r.label("name")?;
        let table_oid = r.u32("table_oid")?;
        r.u16("column_index")?;
        let oid = r.u32("type_oid")?;
        let column = Self {
            name,
            oid,
            table_oid,
            type_size: r.i16("type_size")?,
            type_modifier: r.i32("type_modifier")?,
            format: u16::from(r.u8("format")?),
            nullable: Some(r.bool("nullable")?),
            type_ref: types::type_ref_of(oid),
            ..Self::default()
        };
        r.skip("reserved", 2)?;
        Ok(column)
    }

    pub(super) fn write_legacy(&self, w: &mut Writer<'_>, index: usize) {
        w.label("name", &self.name);
        w.u32("table_oid", &self.table_oid);
        w.count16("column_index", index);
        w.u32("type_oid", &self.oid);
        w.i16("type_size", &self.type_size);
        w.i32("type_modifier", &self.type_modifier);
        w.u8("format", &(self.format.min(255) as u8));
        w.bool("nullable", &self.nullable.unwrap_or(true));
        w.zeros(2);
    }
}

/// The name of a type, if it is known.
pub(crate) fn type_name(oid: Oid) -> Option<String> {
    types::info(oid).map(|info| info.name.to_owned())
}

/// The P1 value format byte to the format used everywhere else, where 0 is text and 1 is binary.
pub(crate) fn swap_format(wire: u8) -> u16 {
    match wire {
        0 => 1,
        1 => 0,
        other => u16::from(other),
    }
}

/// The inverse of [`swap_format`].
pub(crate) fn swap_format_to_wire(format: u16) -> u8 {
    match format {
        0 => 1,
        1 => 0,
        other => other.min(255) as u8,
    }
}

pub(crate) fn nullability(wire: u8) -> Option<bool> {
    match wire {
        0 => Some(false),
        1 => Some(true),
        _ => None,
    }
}

pub(crate) fn nullability_to_wire(nullable: Option<bool>) -> u8 {
    nullable.map_or(2, u8::from)
}
