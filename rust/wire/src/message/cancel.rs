//! CANCEL and its answers.

use super::error::DecodeError;
use super::layout::{codec, layout, Layout};
use super::reader::Reader;
use super::writer::Writer;
use super::Uuid;

/// CANCEL: 16 bytes and more are the UUID form, whose target may be missing; fewer are the sequence form. An
/// empty payload is the current request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cancel {
    /// The form clients send.
    Sequence {
        /// 0 the current request, 1 the one of `target`.
        kind: u32,
        /// Sequence number of a request.
        target: u32,
    },
    /// The form the server reads.
    Request {
        /// This request.
        request: Uuid,
        /// The request to cancel.
        target: Uuid,
    },
}

impl Default for Cancel {
    fn default() -> Self {
        Self::Sequence { kind: 0, target: 0 }
    }
}

impl Layout for Cancel {
    fn read(r: &mut Reader<'_>) -> Result<Self, DecodeError> {
        if r.is_empty() {
            return Ok(Self::default());
        }
        if r.remaining() < 16 {
            return Ok(Self::Sequence {
                kind: r.u32("cancel_type")?,
                target: r.u32("target_sequence")?,
            });
        }
        let request = r.uuid("request_uuid")?;
        let target = match r.is_empty() {
            true => [0; 16],
            false => r.uuid("target_uuid")?,
        };
        Ok(Self::Request { request, target })
    }

    fn write(&self, w: &mut Writer<'_>) {
        match self {
            Self::Sequence { kind, target } => {
                w.u32("cancel_type", kind);
                w.u32("target_sequence", target);
            }
            Self::Request { request, target } => {
                w.uuid("request_uuid", request);
                w.uuid("target_uuid", target);
            }
        }
    }
}

codec!(open Cancel = "CANCEL");

layout! { open "CANCEL_ACK"
    /// The server has read a CANCEL.
    pub struct CancelAck {
        /// The request UUID.
        request: Uuid = uuid,
        /// 1.
        accepted: u8 = u8,
    }
}

layout! { open "CANCELLED"
    /// What became of a CANCEL.
    pub struct Cancelled {
        /// The request UUID.
        request: Uuid = uuid,
        /// Outcome.
        outcome: String = lpstr,
        /// SQLSTATE.
        sqlstate: String = lpstr,
        /// Diagnostic code.
        diagnostic: String = lpstr,
        /// Effect on the transaction.
        transaction_effect: String = lpstr,
        /// Whether to retry.
        retryability: String = lpstr,
    }
}
