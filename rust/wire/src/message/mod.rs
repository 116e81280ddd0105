//! Every message of the protocol, in both directions: [`ClientMessage`] and [`ServerMessage`] with one struct a
//! message, and encoders and views without allocation for the messages a driver moves by the million.
//!
//! A payload has no state: what a message means at some point of a session is not known here.

pub mod kind;

mod array_bind;
mod auth;
mod bind;
mod cancel;
mod client;
mod copy;
pub mod copy_packet;
mod data_row;
mod diagnostic;
mod draft;
mod error;
mod extended;
pub(crate) mod layout;
mod notification;
mod parameter_description;
mod query;
pub(crate) mod reader;
mod ready;
mod row_description;
mod sblr;
mod server;
mod session;
mod startup;
mod transaction;
mod txn_status;
pub(crate) mod writer;

pub use array_bind::{cell_encoding, encode_array_bind, ArrayBind, ArrayCell, ArraySlot};
pub use auth::{method, stage, AuthContinue, AuthOk, AuthRequest, AuthResponse, Reauth};
pub use bind::{Bind, BindEncoder};
pub use cancel::{Cancel, CancelAck, Cancelled};
pub use client::ClientMessage;
pub use copy::{
    copy_format, CopyBothResponse, CopyData, CopyFail, CopyInResponse, CopyOutResponse,
};
pub use data_row::{DataRow, DataRowBuilder, Row, Values};
pub use diagnostic::{field, Diagnostic};
pub use draft::{
    AttachCreate, ClusterAuthOk, Extension, FederatedResult, FunctionResult, StreamControl,
    StreamData, StreamEnd, StreamReady,
};
pub use error::{DecodeError, EncodeError, Reason};
pub use extended::{
    encode_close, encode_execute, encode_parse, execute_flag, target, Close, Describe, Execute,
    Parse,
};
pub use notification::{subscription, EventData, Notification, RowChange, Subscribe, Unsubscribe};
pub use parameter_description::{ParameterDescription, ParameterInfo};
pub use query::{
    encode_query, query_flag, CommandComplete, Query, QueryPlan, QueryProgress, ScriptMetadata,
};
pub use ready::{reason, state, Ready};
pub use row_description::{
    metadata, result_kind, ColumnDescription, ColumnSource, ColumnTexts, RowDescription,
};
pub use sblr::{SblrCompiled, SblrExecute};
pub use server::ServerMessage;
pub use session::{
    Heartbeat, NegotiateVersion, ParameterEntry, ParameterStatus, Ping, Pong, ResetSession,
    ServerInfo, SetOption, TraceContext,
};
pub use startup::{
    connect_flag, feature, value_type, Startup, StartupExtension, StartupParameter, MAX_EXTENSIONS,
    MAX_PARAMETERS, VERSION_1_0, VERSION_1_1,
};
pub use transaction::{
    begin_flag, contract_flag, isolation, Idempotency, Savepoint, TxnBegin, TxnCommit, TxnRollback,
};
pub use txn_status::{finality, finality_flag, TxnFinality, TxnStatus, TxnStatusQuery};

/// A UUID as it travels: 16 bytes in textual order.
pub type Uuid = [u8; 16];

/// Which of the two payload layouts a message has, where there are two. STARTUP decides it for a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Generation {
    /// The current layout.
    #[default]
    P1,
    /// The older, compact layout.
    Legacy,
}

/// Makes the enum of one direction: messages with content, messages without, and codes whose content no
/// source defines, which are kept as they are. The module `kind` in scope has the codes.
macro_rules! messages {
    (
        $(#[$meta:meta])* pub enum $name:ident;
        content { $( $variant:ident($content:ty) = $code:ident $(where $guard:path)?, )* }
        empty { $( $empty:ident = $empty_code:ident, )* }
        opaque { $( $opaque:ident, )* }
    ) => {
        $(#[$meta])*
        #[derive(Debug, Clone, PartialEq, Eq)]
        pub enum $name {
            $(
                #[doc = concat!(stringify!($code), ".")]
                $variant($content),
            )*
            $(
                #[doc = concat!(stringify!($empty_code), ", without content.")]
                $empty,
            )*
            /// A message whose content no source defines.
            Opaque {
                /// Its code.
                kind: u8,
                /// Its payload.
                payload: bytes::Bytes,
            },
            /// A code that is no message in this direction.
            Unknown {
                /// The code.
                kind: u8,
                /// Its payload.
                payload: bytes::Bytes,
            },
        }

        impl $name {
            /// The codes whose content no source defines.
            const OPAQUE: &'static [u8] = &[$( kind::$opaque, )*];

            /// The message code.
            pub fn kind(&self) -> u8 {
                match self {
                    $( Self::$variant(_) => kind::$code, )*
                    $( Self::$empty => kind::$empty_code, )*
                    Self::Opaque { kind, .. } | Self::Unknown { kind, .. } => *kind,
                }
            }

            /// Appends the payload to `out`.
            ///
            /// # Errors
            /// What the wire cannot carry; `out` is then to be thrown away or cut back.
            pub fn encode(&self, out: &mut bytes::BytesMut) -> Result<(), $crate::message::EncodeError> {
                match self {
                    $( Self::$variant(content) => content.encode_as(stringify!($code), out), )*
                    $( Self::$empty => Ok(()), )*
                    Self::Opaque { payload, .. } | Self::Unknown { payload, .. } => {
                        out.extend_from_slice(payload);
                        Ok(())
                    }
                }
            }

            /// Reads the payload of a message. The content of a message without content is skipped.
            ///
            /// # Errors
            /// A payload that does not have the layout of its message.
            pub fn decode(kind: u8, payload: &[u8]) -> Result<Self, $crate::message::DecodeError> {
                Ok(match kind {
                    $(
                        kind::$code $(if $guard(payload))? => {
                            Self::$variant(<$content>::decode_as(stringify!($code), payload)?)
                        }
                    )*
                    $( kind::$empty_code => Self::$empty, )*
                    _ if Self::OPAQUE.contains(&kind) => Self::Opaque {
                        kind,
                        payload: bytes::Bytes::copy_from_slice(payload),
                    },
                    _ => Self::Unknown {
                        kind,
                        payload: bytes::Bytes::copy_from_slice(payload),
                    },
                })
            }
        }
    };
}

pub(crate) use messages;
