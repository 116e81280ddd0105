//! Random server messages.

use bytes::Bytes;
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use sbwp::message::*;

use super::description::{parameter_description, row_description};
use super::{bytes, id, name, plain, record, text, value, values};

fn ready() -> impl Strategy<Value = Ready> {
    let letter = prop_oneof![
        Just(state::IDLE),
        Just(state::TRANSACTION),
        Just(state::NONE),
        Just(state::FAILED),
        Just(state::ATTACHED),
    ];
    let p1 = record!(Ready {
        generation: Just(Generation::P1),
        session: id(),
        attachment: id(),
        transaction: any::<u64>(),
        state: letter,
        reason: any::<u8>(),
        version: any::<u16>(),
        features: any::<u64>(),
        visibility: Just(0),
    });
    let legacy = record!(Ready {
        generation: Just(Generation::Legacy),
        session: Just([0; 16]),
        attachment: Just([0; 16]),
        transaction: any::<u64>(),
        state: prop_oneof![Just(state::TRANSACTION), Just(state::NONE)],
        reason: Just(0),
        version: Just(0),
        features: Just(0),
        visibility: any::<u64>(),
    });
    prop_oneof![p1, legacy]
}

fn diagnostic() -> impl Strategy<Value = Diagnostic> {
    record!(Diagnostic {
        fields: vec((1..=255_u8, plain()), 0..6),
    })
}

fn parameter_status() -> impl Strategy<Value = ParameterStatus> {
    let entry = record!(ParameterEntry {
        key: text(),
        value_type: any::<u8>(),
        redaction: any::<u8>(),
        defaulted: any::<u8>(),
        value: text(),
    });
    let pair = (name(), "[a-z]{0,9}").prop_map(|(key, value)| ParameterStatus {
        generation: Generation::Legacy,
        entries: vec![ParameterEntry::new(key, value)],
    });
    prop_oneof![vec(entry, 0..6).prop_map(ParameterStatus::new), pair]
}

fn notification() -> impl Strategy<Value = Notification> {
    let change = record!(RowChange {
        kind: any::<u8>(),
        row_id: option::of(any::<u64>()),
    });
    prop_oneof![
        (any::<u32>(), text(), bytes(), option::of(change)).prop_map(
            |(process_id, channel, data, change)| {
                Notification::Message {
                    process_id,
                    channel,
                    data,
                    change,
                }
            }
        ),
        // A scope of four letters or more cannot be taken for the length of a channel.
        ("[a-z]{4,9}", text(), any::<u32>()).prop_map(|(scope, event, value)| {
            Notification::State {
                scope,
                event,
                value,
            }
        }),
    ]
}

fn txn_status() -> impl Strategy<Value = TxnStatus> {
    let finality = record!(TxnFinality {
        state: any::<u8>(),
        flags: any::<u16>(),
        key: id(),
        token: id(),
        fingerprint: any::<u64>(),
        original_transaction: any::<u64>(),
        replacement_transaction: any::<u64>(),
        code: text(),
        detail: text(),
    });
    let session = (2..=255_u8, any::<u8>(), any::<u8>(), any::<u64>(), bytes()).prop_map(
        |(status, isolation, access, transaction, rest)| TxnStatus::Session {
            status,
            isolation,
            access,
            transaction,
            rest,
        },
    );
    prop_oneof![finality.prop_map(TxnStatus::Finality), session]
}

fn results() -> impl Strategy<Value = ServerMessage> {
    prop_oneof![
        row_description().prop_map(ServerMessage::RowDescription),
        record!(Row { values: values() }).prop_map(ServerMessage::DataRow),
        record!(CommandComplete {
            command_type: any::<u8>(),
            rows: any::<u64>(),
            last_id: any::<u64>(),
            tag: plain(),
        })
        .prop_map(ServerMessage::CommandComplete),
        parameter_description().prop_map(ServerMessage::ParameterDescription),
        diagnostic().prop_map(ServerMessage::Error),
        diagnostic().prop_map(ServerMessage::Notice),
        record!(QueryPlan {
            format: any::<u32>(),
            planning_time_us: any::<u64>(),
            estimated_rows: any::<u64>(),
            estimated_cost: any::<u64>(),
            plan: bytes(),
        })
        .prop_map(ServerMessage::QueryPlan),
        record!(QueryProgress {
            rows: any::<u64>(),
            bytes: any::<u64>(),
        })
        .prop_map(ServerMessage::QueryProgress),
        Just(ServerMessage::EmptyQuery),
        Just(ServerMessage::ParseComplete),
        Just(ServerMessage::BindComplete),
        Just(ServerMessage::CloseComplete),
        Just(ServerMessage::PortalSuspended),
        Just(ServerMessage::NoData),
    ]
}

fn session() -> impl Strategy<Value = ServerMessage> {
    prop_oneof![
        record!(AuthRequest {
            method: any::<u8>(),
            data: bytes(),
        })
        .prop_map(ServerMessage::AuthRequest),
        record!(AuthContinue {
            method: any::<u8>(),
            stage: any::<u8>(),
            reserved: any::<u16>(),
            data: bytes(),
        })
        .prop_map(ServerMessage::AuthContinue),
        record!(AuthOk {
            session: id(),
            info: bytes(),
        })
        .prop_map(ServerMessage::AuthOk),
        ready().prop_map(ServerMessage::Ready),
        parameter_status().prop_map(ServerMessage::ParameterStatus),
        record!(ServerInfo {
            session: id(),
            zero: id(),
            zero_2: id(),
            product: text(),
            version: text(),
            dialect: text(),
            profile_generation: any::<u64>(),
            features: any::<u64>(),
            one: any::<u64>(),
        })
        .prop_map(ServerMessage::ServerInfo),
        record!(NegotiateVersion {
            major: any::<u8>(),
            minor: any::<u8>(),
            reserved: any::<u16>(),
            features: any::<u64>(),
            max_message_size: any::<u32>(),
            reserved_2: any::<u32>(),
        })
        .prop_map(ServerMessage::NegotiateVersion),
        txn_status().prop_map(ServerMessage::TxnStatus),
        notification().prop_map(ServerMessage::Notification),
        record!(Pong { data: bytes() }).prop_map(ServerMessage::Pong),
        record!(CancelAck {
            request: id(),
            accepted: any::<u8>(),
        })
        .prop_map(ServerMessage::CancelAck),
        record!(Cancelled {
            request: id(),
            outcome: text(),
            sqlstate: text(),
            diagnostic: text(),
            transaction_effect: text(),
            retryability: text(),
        })
        .prop_map(ServerMessage::Cancelled),
    ]
}

fn copy_and_streams() -> impl Strategy<Value = ServerMessage> {
    prop_oneof![
        record!(CopyInResponse {
            format: any::<u8>(),
            window_bytes: any::<u32>(),
        })
        .prop_map(ServerMessage::CopyInResponse),
        record!(CopyBothResponse {
            format: any::<u8>(),
            window_bytes: any::<u32>(),
        })
        .prop_map(ServerMessage::CopyBothResponse),
        record!(CopyOutResponse {
            format: any::<u8>(),
            columns: vec(any::<u32>(), 0..9),
        })
        .prop_map(ServerMessage::CopyOutResponse),
        record!(CopyData { data: bytes() }).prop_map(ServerMessage::CopyData),
        Just(ServerMessage::CopyDone),
        record!(SblrCompiled {
            hash: any::<u64>(),
            version: any::<u32>(),
            envelope: bytes(),
        })
        .prop_map(ServerMessage::SblrCompiled),
        record!(StreamReady {
            stream: any::<u64>(),
            total_rows: any::<u64>(),
            estimated_bytes: any::<u64>(),
        })
        .prop_map(ServerMessage::StreamReady),
        record!(StreamData {
            stream: any::<u64>(),
            rows: any::<u32>(),
            data: bytes(),
        })
        .prop_map(ServerMessage::StreamData),
        record!(StreamEnd {
            stream: any::<u64>(),
            total_rows: any::<u64>(),
            total_bytes: any::<u64>(),
        })
        .prop_map(ServerMessage::StreamEnd),
    ]
}

fn others() -> impl Strategy<Value = ServerMessage> {
    let opaque = prop_oneof![
        Just(kind::STATE_NOTIFICATION),
        Just(kind::LOB_CLOSE),
        Just(kind::CURSOR_STATUS),
        Just(kind::FAILOVER_HINT),
        kind::MULTI_RESULT_BEGIN..=kind::LOB_CHUNK,
    ];
    let unknown = prop_oneof![
        Just(0),
        Just(kind::QUERY),
        Just(0x63),
        Just(0x64),
        0x82..=0xff_u8
    ];
    let wrapped = |kind: BoxedStrategy<u8>, make: fn(u8, Bytes) -> ServerMessage| {
        (kind, bytes()).prop_map(move |(kind, payload)| make(kind, payload))
    };
    prop_oneof![
        record!(FunctionResult {
            oid: any::<u32>(),
            format: any::<u8>(),
            value: value(),
        })
        .prop_map(ServerMessage::FunctionResult),
        record!(ClusterAuthOk {
            key_id: id(),
            permissions: text(),
        })
        .prop_map(ServerMessage::ClusterAuthOk),
        record!(FederatedResult {
            query_id: any::<u32>(),
            source_id: id(),
            status: any::<u8>(),
            rows: any::<u64>(),
            time_us: any::<u64>(),
        })
        .prop_map(ServerMessage::FederatedResult),
        record!(Heartbeat {
            monotonic_us: option::of(any::<u64>()),
        })
        .prop_map(ServerMessage::Heartbeat),
        record!(Extension {
            id: any::<u32>(),
            version: any::<u16>(),
            data: bytes(),
        })
        .prop_map(ServerMessage::Extension),
        wrapped(opaque.boxed(), |kind, payload| ServerMessage::Opaque {
            kind,
            payload
        }),
        wrapped(unknown.boxed(), |kind, payload| ServerMessage::Unknown {
            kind,
            payload
        }),
    ]
}

/// Every message a server can send.
pub fn message() -> impl Strategy<Value = ServerMessage> {
    prop_oneof![
        14 => results(),
        12 => session(),
        9 => copy_and_streams(),
        7 => others(),
    ]
}
