//! READY: the end of an answer, and the state of the session.

use super::error::DecodeError;
use super::layout::{codec, Layout};
use super::reader::Reader;
use super::writer::Writer;
use super::{Generation, Uuid};

/// Transaction states of READY.
pub mod state {
    /// Idle.
    pub const IDLE: u8 = b'I';
    /// In a transaction; what the server always sends.
    pub const TRANSACTION: u8 = b'T';
    /// No transaction.
    pub const NONE: u8 = b'R';
    /// In a failed transaction.
    pub const FAILED: u8 = b'E';
    /// Idle, second form.
    pub const ATTACHED: u8 = b'A';
}

/// Reasons of READY; advisory only.
pub mod reason {
    /// Start-up is complete.
    pub const STARTUP: u8 = 1;
    /// A command is complete.
    pub const COMMAND_COMPLETE: u8 = 2;
    /// The session has recovered from an error.
    pub const ERROR_RECOVERED: u8 = 3;
    /// RESET_SESSION is complete.
    pub const RESET_COMPLETE: u8 = 4;
    /// REAUTH is complete.
    pub const REAUTH_COMPLETE: u8 = 5;
    /// The outcome of a CANCEL.
    pub const CANCEL_OUTCOME: u8 = 6;
    /// An option has changed.
    pub const STATE_CHANGE: u8 = 7;
}

/// Bytes of the P1 form.
const P1_LEN: usize = 76;

/// READY. It is P1 if it has 76 bytes or more and a state letter at its place, else it must have the 20 bytes of
/// the legacy form: `transaction`, `visibility` and whether there is a transaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ready {
    /// The form.
    pub generation: Generation,
    /// Session UUID.
    pub session: Uuid,
    /// Attachment id, the same value.
    pub attachment: Uuid,
    /// Current transaction id.
    pub transaction: u64,
    /// One of [`state`]; the legacy form gives TRANSACTION or NONE.
    pub state: u8,
    /// One of [`reason`].
    pub reason: u8,
    /// Selected protocol version.
    pub version: u16,
    /// Negotiated features.
    pub features: u64,
    /// Legacy form only: the transaction up to which the snapshot sees.
    pub visibility: u64,
}

impl Ready {
    /// A P1 READY.
    pub fn new(session: Uuid, transaction: u64, state: u8, reason: u8, features: u64) -> Self {
        Self {
            generation: Generation::P1,
            session,
            attachment: session,
            transaction,
            state,
            reason,
            version: super::startup::VERSION_1_1,
            features,
            visibility: 0,
        }
    }

    /// Whether the session is inside a transaction, failed or not.
    pub fn in_transaction(&self) -> bool {
        matches!(self.state, state::TRANSACTION | state::FAILED)
    }
}

impl Layout for Ready {
    fn read(r: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let ahead = r.ahead();
        let p1 = ahead.len() >= P1_LEN
            && matches!(
                ahead.get(56),
                Some(
                    &(state::IDLE
                        | state::TRANSACTION
                        | state::NONE
                        | state::FAILED
                        | state::ATTACHED)
                )
            );
        if p1 {
            let session = r.uuid("session_uuid")?;
            let attachment = r.uuid("attachment_id")?;
            r.skip("reserved", 16)?;
            let ready = Self {
                generation: Generation::P1,
                session,
                attachment,
                transaction: r.u64("txn_id")?,
                state: r.u8("state")?,
                reason: r.u8("reason")?,
                version: r.u16("version")?,
                features: r.u64("features")?,
                visibility: 0,
            };
            // What a later server appends is skipped.
            r.take_rest();
            return Ok(ready);
        }
        let status = r.u8_pad3("status")?;
        Ok(Self {
            generation: Generation::Legacy,
            session: [0; 16],
            attachment: [0; 16],
            transaction: r.u64("txn_id")?,
            state: if status == 0 {
                state::NONE
            } else {
                state::TRANSACTION
            },
            reason: 0,
            version: 0,
            features: 0,
            visibility: r.u64("visibility")?,
        })
    }

    fn write(&self, w: &mut Writer<'_>) {
        match self.generation {
            Generation::P1 => {
                w.uuid("session_uuid", &self.session);
                w.uuid("attachment_id", &self.attachment);
                w.zeros(16);
                w.u64("txn_id", &self.transaction);
                w.u8("state", &self.state);
                w.u8("reason", &self.reason);
                w.u16("version", &self.version);
                w.u64("features", &self.features);
                w.zeros(8);
            }
            Generation::Legacy => {
                w.u8_pad3("status", &u8::from(self.in_transaction()));
                w.u64("txn_id", &self.transaction);
                w.u64("visibility", &self.visibility);
            }
        }
    }
}

codec!(strict Ready = "READY");
