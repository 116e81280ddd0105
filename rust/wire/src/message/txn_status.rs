//! TXN_STATUS: asking how a commit ended, and the answer.

use bytes::Bytes;

use super::error::{DecodeError, Reason};
use super::layout::{codec, Layout};
use super::reader::Reader;
use super::writer::Writer;

const VERSION: u8 = 1;

/// States of [`TxnFinality`].
pub mod finality {
    /// Not known.
    pub const UNKNOWN: u8 = 0;
    /// Committed.
    pub const COMMITTED: u8 = 1;
    /// Rolled back.
    pub const ROLLED_BACK: u8 = 2;
    /// Refused.
    pub const REFUSED: u8 = 3;
    /// Final, but what followed the commit failed.
    pub const FOLLOW_UP_FAILED: u8 = 4;
    /// No such transaction.
    pub const NOT_FOUND: u8 = 5;
}

/// Bits of [`TxnFinality::flags`].
pub mod finality_flag {
    /// The engine knows.
    pub const ENGINE_KNOWN: u16 = 1;
    /// A retry is allowed.
    pub const RETRY_ALLOWED: u16 = 2;
    /// A retry is refused.
    pub const RETRY_REFUSED: u16 = 4;
    /// A retry is refused because of side effects.
    pub const SIDE_EFFECT_RETRY_REFUSED: u16 = 8;
    /// The same key can be sent again.
    pub const SAME_KEY_REPLAYABLE: u16 = 16;
    /// What followed the commit failed.
    pub const FOLLOW_UP_FAILURE: u16 = 32;
}

/// TXN_STATUS from the client.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct TxnStatusQuery {
    /// Flags.
    pub flags: u16,
    /// Idempotency key.
    pub key: [u8; 16],
    /// Finality token.
    pub token: [u8; 16],
    /// Transaction id, 0 for any.
    pub expected_transaction: u64,
}

fn read_version(r: &mut Reader<'_>) -> Result<(), DecodeError> {
    let version = r.u8("version")?;
    if version != VERSION {
        return Err(r.error_at("version", 0, Reason::Invalid(i64::from(version))));
    }
    Ok(())
}

impl Layout for TxnStatusQuery {
    fn read(r: &mut Reader<'_>) -> Result<Self, DecodeError> {
        read_version(r)?;
        let reserved = r.u8("reserved")?;
        if reserved != 0 {
            return Err(r.error_at("reserved", 1, Reason::Invalid(i64::from(reserved))));
        }
        Ok(Self {
            flags: r.u16("flags")?,
            key: r.uuid("key")?,
            token: r.uuid("token")?,
            expected_transaction: r.u64("expected_txn_id")?,
        })
    }

    fn write(&self, w: &mut Writer<'_>) {
        w.raw(&[VERSION, 0]);
        w.u16("flags", &self.flags);
        w.uuid("key", &self.key);
        w.uuid("token", &self.token);
        w.u64("expected_txn_id", &self.expected_transaction);
    }
}

codec!(open TxnStatusQuery = "TXN_STATUS");

/// How a transaction ended.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TxnFinality {
    /// One of [`finality`].
    pub state: u8,
    /// Bits of [`finality_flag`].
    pub flags: u16,
    /// Idempotency key.
    pub key: [u8; 16],
    /// Finality token.
    pub token: [u8; 16],
    /// Fingerprint of the request.
    pub fingerprint: u64,
    /// The transaction.
    pub original_transaction: u64,
    /// The transaction that took its place.
    pub replacement_transaction: u64,
    /// Diagnostic code.
    pub code: String,
    /// Detail.
    pub detail: String,
}

/// TXN_STATUS from the server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TxnStatus {
    /// The finality record, the form of the server.
    Finality(TxnFinality),
    /// The state of the session, the form some clients expect. The first byte tells the two apart.
    Session {
        /// `T`, `I` or `E`.
        status: u8,
        /// Isolation level.
        isolation: u8,
        /// Access mode.
        access: u8,
        /// Transaction id.
        transaction: u64,
        /// What follows has no known layout.
        rest: Bytes,
    },
}

impl Layout for TxnStatus {
    fn read(r: &mut Reader<'_>) -> Result<Self, DecodeError> {
        if r.ahead().first() == Some(&VERSION) {
            read_version(r)?;
            let finality = TxnFinality {
                state: r.u8("state")?,
                flags: r.u16("flags")?,
                key: r.uuid("key")?,
                token: r.uuid("token")?,
                fingerprint: r.u64("fingerprint")?,
                original_transaction: r.u64("original_txn_id")?,
                replacement_transaction: r.u64("replacement_txn_id")?,
                code: r.str16("code")?,
                detail: r.str16("detail")?,
            };
            return Ok(Self::Finality(finality));
        }
        let [status, isolation, access, _] = r.array("status")?;
        Ok(Self::Session {
            status,
            isolation,
            access,
            transaction: r.u64("txn_id")?,
            rest: r.rest("rest")?,
        })
    }

    fn write(&self, w: &mut Writer<'_>) {
        match self {
            Self::Finality(finality) => {
                w.raw(&[VERSION, finality.state]);
                w.u16("flags", &finality.flags);
                w.uuid("key", &finality.key);
                w.uuid("token", &finality.token);
                w.u64("fingerprint", &finality.fingerprint);
                w.u64("original_txn_id", &finality.original_transaction);
                w.u64("replacement_txn_id", &finality.replacement_transaction);
                w.str16("code", &finality.code);
                w.str16("detail", &finality.detail);
            }
            Self::Session {
                status,
                isolation,
                access,
                transaction,
                rest,
            } => {
                w.raw(&[*status, *isolation, *access, 0]);
                w.u64("txn_id", transaction);
                w.raw(rest);
            }
        }
    }
}

codec!(open TxnStatus = "TXN_STATUS");
