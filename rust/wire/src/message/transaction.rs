//! Transactions: TXN_BEGIN, TXN_COMMIT, TXN_ROLLBACK and the savepoint messages. TXN_STATUS has its own file.

use super::error::{DecodeError, Reason};
use super::layout::{codec, layout, Layout};
use super::reader::Reader;
use super::writer::Writer;

/// Bits of [`TxnBegin::flags`]: which fields are given.
pub mod begin_flag {
    /// `isolation`.
    pub const ISOLATION: u16 = 0x0001;
    /// `access`.
    pub const ACCESS: u16 = 0x0002;
    /// `deferrable`.
    pub const DEFERRABLE: u16 = 0x0004;
    /// `wait`.
    pub const WAIT: u16 = 0x0008;
    /// `timeout_ms`.
    pub const TIMEOUT: u16 = 0x0010;
    /// `autocommit_mode`.
    pub const AUTOCOMMIT: u16 = 0x0020;
    /// `read_committed_mode`, and the four bytes that carry it.
    pub const READ_COMMITTED_MODE: u16 = 0x0100;
}

/// Values of [`TxnBegin::isolation`].
pub mod isolation {
    /// READ UNCOMMITTED, an alias of READ COMMITTED.
    pub const READ_UNCOMMITTED: u8 = 0;
    /// READ COMMITTED.
    pub const READ_COMMITTED: u8 = 1;
    /// REPEATABLE READ, SNAPSHOT in the engine.
    pub const REPEATABLE_READ: u8 = 2;
    /// SERIALIZABLE, SNAPSHOT TABLE STABILITY in the engine.
    pub const SERIALIZABLE: u8 = 3;
}

/// TXN_BEGIN; the server reads none of it, so an empty payload means nothing given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct TxnBegin {
    /// Bits of [`begin_flag`] other than READ_COMMITTED_MODE, which follows from the field.
    pub flags: u16,
    /// 0 default, 1 commit, 2 rollback, 3 error, 4 keep.
    pub conflict_action: u8,
    /// 0 unchanged, 1 on, 2 off.
    pub autocommit_mode: u8,
    /// One of [`isolation`].
    pub isolation: u8,
    /// 0 read-write, 1 read-only.
    pub access: u8,
    /// Deferrable.
    pub deferrable: u8,
    /// 0 no wait, 1 wait.
    pub wait: u8,
    /// Lock time-out in milliseconds.
    pub timeout_ms: u32,
    /// 0 default, 1 read consistency, 2 record version, 3 no record version.
    pub read_committed_mode: Option<u8>,
}

impl Layout for TxnBegin {
    fn read(r: &mut Reader<'_>) -> Result<Self, DecodeError> {
        if r.is_empty() {
            return Ok(Self::default());
        }
        let flags = r.u16("flags")?;
        Ok(Self {
            flags: flags & !begin_flag::READ_COMMITTED_MODE,
            conflict_action: r.u8("conflict_action")?,
            autocommit_mode: r.u8("autocommit_mode")?,
            isolation: r.u8("isolation")?,
            access: r.u8("access")?,
            deferrable: r.u8("deferrable")?,
            wait: r.u8("wait")?,
            timeout_ms: r.u32("timeout_ms")?,
            read_committed_mode: match flags & begin_flag::READ_COMMITTED_MODE {
                0 => None,
                _ => Some(r.u8_pad3("read_committed_mode")?),
            },
        })
    }

    fn write(&self, w: &mut Writer<'_>) {
        let flags = self.flags & !begin_flag::READ_COMMITTED_MODE;
        let extended = match self.read_committed_mode {
            Some(_) => begin_flag::READ_COMMITTED_MODE,
            None => 0,
        };
        w.u16("flags", &(flags | extended));
        w.raw(&[
            self.conflict_action,
            self.autocommit_mode,
            self.isolation,
            self.access,
            self.deferrable,
            self.wait,
        ]);
        w.u32("timeout_ms", &self.timeout_ms);
        if let Some(mode) = &self.read_committed_mode {
            w.u8_pad3("read_committed_mode", mode);
        }
    }
}

codec!(strict TxnBegin = "TXN_BEGIN");

/// Bits of [`Idempotency::contract_flags`].
pub mod contract_flag {
    /// There is a key.
    pub const KEY: u16 = 1;
    /// The caller knows the retry boundary.
    pub const ACKNOWLEDGED: u16 = 2;
    /// The transaction had side effects.
    pub const SIDE_EFFECTS: u16 = 4;
}

/// What makes a TXN_COMMIT repeatable.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Idempotency {
    /// Bits of [`contract_flag`].
    pub contract_flags: u16,
    /// The key.
    pub key: [u8; 16],
    /// Defined by the caller, 0 for none.
    pub fingerprint: u64,
    /// Transaction id, 0 for any.
    pub expected_transaction: u64,
}

/// TXN_COMMIT, in the short form of exactly four bytes, or the long form with idempotency.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct TxnCommit {
    /// Ignored by the server.
    pub flags: u8,
    /// Present in the long form.
    pub idempotency: Option<Idempotency>,
}

const SHORT_COMMIT: usize = 4;
const IDEMPOTENCY_VERSION: u8 = 1;

impl Layout for TxnCommit {
    fn read(r: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let short = r.remaining() == SHORT_COMMIT;
        let flags = r.u8("flags")?;
        if short {
            let padding = r.array::<3>("reserved")?;
            if padding != [0; 3] {
                return Err(r.error_at("reserved", 1, Reason::Invalid(i64::from(padding[0]))));
            }
            return Ok(Self {
                flags,
                idempotency: None,
            });
        }
        let version = r.u8("version")?;
        if version != IDEMPOTENCY_VERSION {
            return Err(r.error_at("version", 1, Reason::Invalid(i64::from(version))));
        }
        Ok(Self {
            flags,
            idempotency: Some(Idempotency {
                contract_flags: r.u16("contract_flags")?,
                key: r.uuid("key")?,
                fingerprint: r.u64("fingerprint")?,
                expected_transaction: r.u64("expected_txn_id")?,
            }),
        })
    }

    fn write(&self, w: &mut Writer<'_>) {
        match &self.idempotency {
            None => w.u8_pad3("flags", &self.flags),
            Some(idempotency) => {
                w.raw(&[self.flags, IDEMPOTENCY_VERSION]);
                w.u16("contract_flags", &idempotency.contract_flags);
                w.uuid("key", &idempotency.key);
                w.u64("fingerprint", &idempotency.fingerprint);
                w.u64("expected_txn_id", &idempotency.expected_transaction);
            }
        }
    }
}

codec!(open TxnCommit = "TXN_COMMIT");

/// TXN_ROLLBACK. The server reads none of it, so a short payload means no flags.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct TxnRollback {
    /// Ignored by the server.
    pub flags: u8,
}

impl Layout for TxnRollback {
    fn read(r: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let flags = r.take_rest().first().copied().unwrap_or(0);
        Ok(Self { flags })
    }

    fn write(&self, w: &mut Writer<'_>) {
        w.u8_pad3("flags", &self.flags);
    }
}

codec!(strict TxnRollback = "TXN_ROLLBACK");

layout! { strict "TXN_SAVEPOINT"
    /// The content of TXN_SAVEPOINT, TXN_RELEASE and TXN_ROLLBACK_TO.
    pub struct Savepoint {
        /// A letter or underscore, then letters, digits and underscores.
        name: String = lpstr,
    }
}

impl Savepoint {
    /// Whether the name is one the server takes.
    pub fn is_valid(&self) -> bool {
        let mut bytes = self.name.bytes();
        let first = bytes
            .next()
            .is_some_and(|b| b.is_ascii_alphabetic() || b == b'_');
        first && bytes.all(|b| b.is_ascii_alphanumeric() || b == b'_')
    }
}
