//! What the targets share; types are in `types`. Here is what is of messages: the families, how bytes become a message, and what must hold for it.

pub mod types;

use bytes::BytesMut;
use sbwp::message::{kind, ClientMessage, DecodeError, ServerMessage};

/// Who sends a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sender {
    Client,
    Server,
}

use Sender::{Client, Server};

/// A message of a family: who sends it, and its code.
pub type Member = (Sender, u8);

pub const LOGIN: &[Member] = &[
    (Client, kind::STARTUP),
    (Client, kind::AUTH_RESPONSE),
    (Client, kind::REAUTH),
    (Server, kind::AUTH_REQUEST),
    (Server, kind::AUTH_OK),
    (Server, kind::AUTH_CONTINUE),
    (Server, kind::NEGOTIATE_VERSION),
    (Server, kind::SERVER_INFO),
];
pub const QUERY: &[Member] = &[
    (Client, kind::QUERY),
    (Server, kind::COMMAND_COMPLETE),
    (Server, kind::EMPTY_QUERY),
    (Server, kind::ERROR),
    (Server, kind::NOTICE),
    (Server, kind::QUERY_PLAN),
    (Server, kind::QUERY_PROGRESS),
];
pub const EXTENDED: &[Member] = &[
    (Client, kind::PARSE),
    (Client, kind::BIND),
    (Client, kind::DESCRIBE),
    (Client, kind::EXECUTE),
    (Client, kind::CLOSE),
    (Client, kind::SBLR_EXECUTE),
    (Server, kind::PARAMETER_DESCRIPTION),
    (Server, kind::SBLR_COMPILED),
];
pub const RESULT: &[Member] = &[(Server, kind::ROW_DESCRIPTION), (Server, kind::DATA_ROW)];
pub const SESSION: &[Member] = &[
    (Client, kind::PING),
    (Client, kind::SET_OPTION),
    (Client, kind::RESET_SESSION),
    (Client, kind::TRACE_CONTEXT),
    (Client, kind::HEARTBEAT),
    (Server, kind::READY),
    (Server, kind::PARAMETER_STATUS),
    (Server, kind::PONG),
];
pub const TRANSACTION: &[Member] = &[
    (Client, kind::TXN_BEGIN),
    (Client, kind::TXN_COMMIT),
    (Client, kind::TXN_ROLLBACK),
    (Client, kind::TXN_SAVEPOINT),
    (Client, kind::TXN_STATUS),
    (Server, kind::TXN_STATUS),
];
pub const COPY: &[Member] = &[
    (Client, kind::COPY_DATA),
    (Client, kind::COPY_FAIL),
    (Server, kind::COPY_IN_RESPONSE),
    (Server, kind::COPY_OUT_RESPONSE),
    (Server, kind::COPY_BOTH_RESPONSE),
];
pub const NOTIFICATION: &[Member] = &[
    (Client, kind::SUBSCRIBE),
    (Client, kind::UNSUBSCRIBE),
    (Client, kind::CANCEL),
    (Server, kind::NOTIFICATION),
    (Server, kind::CANCEL_ACK),
    (Server, kind::CANCELLED),
];
pub const DRAFT: &[Member] = &[
    (Client, kind::STREAM_CONTROL),
    (Client, kind::ATTACH_CREATE),
    (Client, kind::EXTENSION),
    (Server, kind::FUNCTION_RESULT),
    (Server, kind::STREAM_READY),
    (Server, kind::STREAM_DATA),
    (Server, kind::STREAM_END),
    (Server, kind::CLUSTER_AUTH_OK),
    (Server, kind::FEDERATED_RESULT),
];

/// Every family with the name of its target.
pub const FAMILIES: &[(&str, &[Member])] = &[
    ("message_login", LOGIN),
    ("message_query", QUERY),
    ("message_extended", EXTENDED),
    ("message_result", RESULT),
    ("message_session", SESSION),
    ("message_transaction", TRANSACTION),
    ("message_copy", COPY),
    ("message_notification", NOTIFICATION),
    ("message_draft", DRAFT),
];

/// The first byte picks the member, the rest is the payload.
pub fn check_family(family: &[Member], data: &[u8]) {
    let Some((pick, payload)) = data.split_first() else {
        return;
    };
    let (from, code) = family[usize::from(*pick) % family.len()];
    check(from, code, payload);
}

/// A payload is read, and then reads what it writes; or it is refused by an error that says what and where.
pub fn check(from: Sender, code: u8, payload: &[u8]) {
    match from {
        Client => match ClientMessage::decode(code, payload) {
            Ok(message) => {
                assert_eq!(message.kind(), code);
                let mut out = BytesMut::new();
                message
                    .encode(&mut out)
                    .expect("what was read can be written");
                assert_eq!(ClientMessage::decode(code, &out), Ok(message));
            }
            Err(error) => check_error(&error, payload),
        },
        Server => match ServerMessage::decode(code, payload) {
            Ok(message) => {
                assert_eq!(message.kind(), code);
                let mut out = BytesMut::new();
                message
                    .encode(&mut out)
                    .expect("what was read can be written");
                assert_eq!(ServerMessage::decode(code, &out), Ok(message));
            }
            Err(error) => check_error(&error, payload),
        },
    }
}

fn check_error(error: &DecodeError, payload: &[u8]) {
    assert!(error.offset <= payload.len(), "{error}");
    assert!(!error.to_string().is_empty());
}
