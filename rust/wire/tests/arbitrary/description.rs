//! Random descriptions of columns and parameters. OIDs and limits follow from the type reference and the name.

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use sbwp::message::*;
use sbwp::types;

use super::{id, record, text, type_ref};

fn type_name() -> impl Strategy<Value = Option<String>> {
    let known = prop_oneof![
        Just("timestamptz"),
        Just("int4[]"),
        Just("jsonb"),
        Just("daterange")
    ];
    option::of(prop_oneof![known.prop_map(str::to_owned), text()])
}

/// A column whose OID and limits follow from its type reference and name.
fn column_p1() -> impl Strategy<Value = ColumnDescription> {
    let texts = record!(ColumnTexts {
        column_name: option::of(text()),
        base_catalog: option::of(text()),
        base_schema: option::of(text()),
        base_table: option::of(text()),
        base_column: option::of(text()),
        domain_name: option::of(text()),
        driver_type_name: option::of(text()),
        remarks: option::of(text()),
    });
    let source = record!(ColumnSource {
        ids: any::<[[u8; 16]; 3]>(),
        parameter_ordinal: any::<u32>(),
        parameter_direction: any::<u8>(),
        generated_kind: any::<u8>(),
    });
    (
        text(),
        0..=255_u16,
        option::of(any::<bool>()),
        type_name(),
        type_ref(),
        any::<[u8; 2]>(),
        any::<u64>(),
        source,
        texts,
    )
        .prop_map(
            |(name, format, nullable, type_name, type_ref, bytes, bits, source, texts)| {
                ColumnDescription {
                    name,
                    oid: types::oid_of(&type_ref, type_name.as_deref()),
                    format,
                    nullable,
                    type_name,
                    precision: type_ref.precision(),
                    scale: type_ref.scale(),
                    length: type_ref.length(),
                    type_ref,
                    class: bytes[0],
                    updatability: bytes[1],
                    metadata: bits & !metadata::TEXTS,
                    source,
                    texts,
                    ..ColumnDescription::default()
                }
            },
        )
}

fn column_legacy() -> impl Strategy<Value = ColumnDescription> {
    (
        text(),
        any::<u32>(),
        any::<u32>(),
        any::<i16>(),
        any::<i32>(),
        0..=255_u16,
        any::<bool>(),
    )
        .prop_map(
            |(name, oid, table_oid, type_size, type_modifier, format, nullable)| {
                ColumnDescription {
                    name,
                    oid,
                    format,
                    nullable: Some(nullable),
                    type_ref: types::type_ref_of(oid),
                    table_oid,
                    type_size,
                    type_modifier,
                    ..ColumnDescription::default()
                }
            },
        )
}

pub fn row_description() -> impl Strategy<Value = RowDescription> {
    let p1 = record!(RowDescription {
        generation: Just(Generation::P1),
        kind: any::<u8>(),
        columns: vec(column_p1(), 0..5),
        result_id: id(),
        shape_id: id(),
        hash: any::<[u8; 32]>(),
    });
    let legacy = vec(column_legacy(), 0..5).prop_map(|columns| RowDescription {
        generation: Generation::Legacy,
        ..RowDescription::new(columns)
    });
    prop_oneof![p1, legacy]
}

pub fn parameter_description() -> impl Strategy<Value = ParameterDescription> {
    let parameter = (
        (
            any::<[u8; 3]>(),
            option::of(any::<bool>()),
            0..=255_u16,
            any::<u64>(),
            any::<u64>(),
        ),
        type_ref(),
        option::of(text()),
        type_name(),
    )
        .prop_map(
            |((small, nullable, format, flags, bits), type_ref, name, type_name)| ParameterInfo {
                oid: types::oid_of(&type_ref, type_name.as_deref()),
                direction: small[0],
                class: small[1],
                nullable,
                format,
                flags,
                metadata: bits & !metadata::TYPE_NAME,
                type_ref,
                default_state: small[2],
                name,
                type_name,
            },
        );
    let p1 = record!(ParameterDescription {
        generation: Just(Generation::P1),
        kind: any::<u8>(),
        parameters: vec(parameter, 0..5),
        statement_id: id(),
        signature_id: id(),
        hash: any::<[u8; 32]>(),
    });
    let legacy = vec(any::<u32>(), 0..9).prop_map(|oids| ParameterDescription {
        generation: Generation::Legacy,
        ..ParameterDescription::new(
            oids.into_iter()
                .map(|oid| ParameterInfo {
                    oid,
                    type_ref: types::type_ref_of(oid),
                    ..ParameterInfo::default()
                })
                .collect(),
        )
    });
    prop_oneof![p1, legacy]
}
