//! Random client messages.

use bytes::Bytes;
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use sbwp::message::*;

use super::{bytes, id, name, plain, record, text, type_ref, value, values};

/// A version that a P1 STARTUP can carry: its high byte tells it from the legacy form.
fn version() -> impl Strategy<Value = u16> {
    0x0000..0x0300_u16
}

fn startup_p1() -> impl Strategy<Value = Startup> {
    let parameter = record!(StartupParameter {
        key: text(),
        value_type: any::<u8>(),
        redaction: any::<u8>(),
        value: bytes(),
    });
    let extension = record!(StartupExtension {
        name: text(),
        major: any::<u16>(),
        min_minor: any::<u16>(),
        max_minor: any::<u16>(),
        flags: any::<u32>(),
    });
    record!(Startup {
        generation: Just(Generation::P1),
        min_version: version(),
        max_version: version(),
        connect_flags: any::<u32>(),
        features: any::<u64>(),
        required_features: any::<u64>(),
        optional_features: any::<u64>(),
        client_instance: id(),
        database_id: id(),
        reattach_id: id(),
        parameters: vec(parameter, 0..6),
        extensions: vec(extension, 0..3),
    })
}

/// Short enough not to be taken for P1.
fn startup_legacy() -> impl Strategy<Value = Startup> {
    let parameter =
        (name(), "[a-z]{0,9}").prop_map(|(key, value)| StartupParameter::text(key, value));
    (any::<u16>(), any::<u64>(), vec(parameter, 0..4)).prop_map(
        |(version, features, parameters)| Startup {
            generation: Generation::Legacy,
            min_version: version,
            max_version: version,
            features,
            parameters,
            ..Startup::default()
        },
    )
}

fn query() -> impl Strategy<Value = Query> {
    let script = record!(ScriptMetadata {
        flags: any::<u16>(),
        declared_size: any::<u64>(),
        expected_statements: any::<u32>(),
        block_size_hint: any::<u32>(),
    });
    record!(Query {
        flags: any::<u32>(),
        max_rows: any::<u32>(),
        timeout_ms: any::<u32>(),
        sql: plain(),
        script: option::of(script),
    })
}

fn bind() -> impl Strategy<Value = Bind> {
    record!(Bind {
        portal: text(),
        statement: text(),
        formats: vec(any::<u16>(), 0..4),
        values: values(),
        result_formats: vec(any::<u16>(), 0..4),
    })
}

fn array_bind() -> impl Strategy<Value = ArrayBind> {
    let slot = || {
        record!(ArraySlot {
            direction: any::<u8>(),
            bind_flags: any::<u8>(),
            name_state: any::<u8>(),
            value_format: any::<u8>(),
            type_ref: type_ref(),
            requested_size: any::<i64>(),
            name: option::of(text()),
        })
    };
    let cell = || {
        record!(ArrayCell {
            slot: any::<u32>(),
            state: any::<u8>(),
            encoding: any::<u8>(),
            flags: any::<u16>(),
            data: bytes(),
        })
    };
    (0..4_usize, 0..4_usize).prop_flat_map(move |(slots, rows)| {
        record!(ArrayBind {
            flags: any::<u32>(),
            statement_id: id(),
            portal_id: id(),
            hash: any::<[u8; 32]>(),
            redaction_id: id(),
            slots: vec(slot(), slots),
            rows: vec(vec(cell(), slots), rows),
        })
    })
}

fn txn_begin() -> impl Strategy<Value = TxnBegin> {
    record!(TxnBegin {
        flags: any::<u16>().prop_map(|flags| flags & !begin_flag::READ_COMMITTED_MODE),
        conflict_action: any::<u8>(),
        autocommit_mode: any::<u8>(),
        isolation: any::<u8>(),
        access: any::<u8>(),
        deferrable: any::<u8>(),
        wait: any::<u8>(),
        timeout_ms: any::<u32>(),
        read_committed_mode: option::of(any::<u8>()),
    })
}

fn txn_commit() -> impl Strategy<Value = TxnCommit> {
    let idempotency = record!(Idempotency {
        contract_flags: any::<u16>(),
        key: id(),
        fingerprint: any::<u64>(),
        expected_transaction: any::<u64>(),
    });
    record!(TxnCommit {
        flags: any::<u8>(),
        idempotency: option::of(idempotency),
    })
}

fn cancel() -> impl Strategy<Value = Cancel> {
    prop_oneof![
        (any::<u32>(), any::<u32>()).prop_map(|(kind, target)| Cancel::Sequence { kind, target }),
        (id(), id()).prop_map(|(request, target)| Cancel::Request { request, target }),
    ]
}

fn savepoint() -> impl Strategy<Value = Savepoint> {
    record!(Savepoint { name: text() })
}

fn extended() -> impl Strategy<Value = ClientMessage> {
    prop_oneof![
        record!(Parse {
            statement: text(),
            sql: text(),
            oids: vec(any::<u32>(), 0..9),
        })
        .prop_map(ClientMessage::Parse),
        bind().prop_map(ClientMessage::Bind),
        array_bind().prop_map(ClientMessage::ArrayBind),
        record!(Describe {
            target: any::<u8>(),
            name: text(),
        })
        .prop_map(ClientMessage::Describe),
        record!(Execute {
            portal: text(),
            max_rows: any::<u32>(),
            flags: any::<u32>(),
        })
        .prop_map(ClientMessage::Execute),
        record!(Close {
            target: any::<u8>(),
            name: text(),
        })
        .prop_map(ClientMessage::Close),
        Just(ClientMessage::Sync),
        Just(ClientMessage::Flush),
    ]
}

fn transactions() -> impl Strategy<Value = ClientMessage> {
    prop_oneof![
        txn_begin().prop_map(ClientMessage::TxnBegin),
        txn_commit().prop_map(ClientMessage::TxnCommit),
        any::<u8>().prop_map(|flags| ClientMessage::TxnRollback(TxnRollback { flags })),
        savepoint().prop_map(ClientMessage::TxnSavepoint),
        savepoint().prop_map(ClientMessage::TxnRelease),
        savepoint().prop_map(ClientMessage::TxnRollbackTo),
        record!(TxnStatusQuery {
            flags: any::<u16>(),
            key: id(),
            token: id(),
            expected_transaction: any::<u64>(),
        })
        .prop_map(ClientMessage::TxnStatus),
    ]
}

fn session() -> impl Strategy<Value = ClientMessage> {
    prop_oneof![
        prop_oneof![startup_p1(), startup_legacy()].prop_map(ClientMessage::Startup),
        record!(AuthResponse {
            credential: bytes()
        })
        .prop_map(ClientMessage::AuthResponse),
        record!(Reauth {
            credential: bytes()
        })
        .prop_map(ClientMessage::Reauth),
        record!(Ping { data: bytes() }).prop_map(ClientMessage::Ping),
        record!(SetOption {
            name: text(),
            value: text(),
        })
        .prop_map(ClientMessage::SetOption),
        record!(ResetSession {
            request: id(),
            roll_back: any::<bool>(),
            drop_prepared: any::<bool>(),
            clear_trace: any::<bool>(),
        })
        .prop_map(ClientMessage::ResetSession),
        record!(TraceContext {
            id: id(),
            traceparent: text(),
            tracestate: text(),
            flags: any::<u16>(),
        })
        .prop_map(ClientMessage::TraceContext),
        record!(Heartbeat {
            monotonic_us: option::of(any::<u64>()),
        })
        .prop_map(ClientMessage::Heartbeat),
        Just(ClientMessage::Terminate),
    ]
}

fn others() -> impl Strategy<Value = ClientMessage> {
    let opaque = prop_oneof![
        Just(kind::FEDERATED_QUERY),
        Just(kind::CLUSTER_AUTH),
        Just(kind::ATTACH_DETACH),
        Just(kind::ATTACH_LIST),
        Just(kind::LOB_CLOSE),
    ];
    let unknown = prop_oneof![
        Just(0),
        Just(kind::READY),
        Just(kind::DATA_ROW),
        0x82..=0xff_u8
    ];
    let wrapped = |kind: BoxedStrategy<u8>, make: fn(u8, Bytes) -> ClientMessage| {
        (kind, bytes()).prop_map(move |(kind, payload)| make(kind, payload))
    };
    prop_oneof![
        record!(CopyData { data: bytes() }).prop_map(ClientMessage::CopyData),
        record!(CopyFail { reason: text() }).prop_map(ClientMessage::CopyFail),
        Just(ClientMessage::CopyDone),
        record!(SblrExecute {
            hash: any::<u64>(),
            envelope: bytes(),
            values: vec(value(), 0..4),
        })
        .prop_map(ClientMessage::SblrExecute),
        record!(Subscribe {
            kind: any::<u8>(),
            channel: text(),
            filter: text(),
        })
        .prop_map(ClientMessage::Subscribe),
        record!(Unsubscribe { channel: text() }).prop_map(ClientMessage::Unsubscribe),
        record!(StreamControl {
            control: any::<u8>(),
            window: any::<u32>(),
            timeout_ms: any::<u32>(),
        })
        .prop_map(ClientMessage::StreamControl),
        record!(AttachCreate {
            mode: text(),
            database: text(),
        })
        .prop_map(ClientMessage::AttachCreate),
        cancel().prop_map(ClientMessage::Cancel),
        record!(Extension {
            id: any::<u32>(),
            version: any::<u16>(),
            data: bytes(),
        })
        .prop_map(ClientMessage::Extension),
        wrapped(opaque.boxed(), |kind, payload| ClientMessage::Opaque {
            kind,
            payload
        }),
        wrapped(unknown.boxed(), |kind, payload| ClientMessage::Unknown {
            kind,
            payload
        }),
    ]
}

/// Every message a client can send.
pub fn message() -> impl Strategy<Value = ClientMessage> {
    prop_oneof![
        2 => query().prop_map(ClientMessage::Query),
        8 => extended(),
        7 => transactions(),
        9 => session(),
        12 => others(),
    ]
}
