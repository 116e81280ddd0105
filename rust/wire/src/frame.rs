//! The 40-byte frame header, its flags and limits, and cutting a byte stream into frames.
//!
//! Knows nothing of what a payload means; see [`crate::message`] for that.

mod partial;
mod reader;
mod writer;

pub use partial::{write_query_in_parts, PartialError, PartialQuery};
pub use reader::{Frame, FrameReader};
pub use writer::{begin_frame, try_write_frame, write_frame, OpenFrame, PayloadOutcome};

use bytes::{BufMut, BytesMut};

use crate::message::EncodeError;

/// Bytes of every frame header.
pub const HEADER_LEN: usize = 40;
/// The largest payload the protocol allows, and the default limit of a reader: 64 MiB.
pub const MAX_PAYLOAD: u32 = 64 * 1024 * 1024;
/// The first four bytes of every frame.
pub const MAGIC: [u8; 4] = *b"SBWP";
/// The version in every header; the version negotiated by STARTUP does not change it.
pub const VERSION: (u8, u8) = (1, 1);

/// Header flag bits.
pub mod flags {
    /// The payload is compressed; can never be negotiated.
    pub const COMPRESSED: u8 = 0x01;
    /// A part of a QUERY, more parts follow.
    pub const PARTIAL: u8 = 0x02;
    /// The last part of a QUERY sent in parts.
    pub const FINAL: u8 = 0x04;
    /// Without effect; set on CANCEL.
    pub const URGENT: u8 = 0x08;
    /// Known to some clients only; fatal at the server.
    pub const ENCRYPTED: u8 = 0x10;
    /// Known to some clients only; fatal at the server.
    pub const CHECKSUM: u8 = 0x20;
    /// Every bit a server refuses as reserved.
    pub const RESERVED: u8 = 0xF0;
}

/// Why a byte stream is not a sequence of frames, or a frame cannot be written. Reading errors are fatal
/// to the connection: nothing after them can be found.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FrameError {
    /// The bytes do not begin with `SBWP`.
    #[error("bad frame magic {0:02x?}")]
    Magic(Vec<u8>),
    /// The header version is not 1.1.
    #[error("unsupported frame version {major}.{minor}")]
    Version {
        /// Major version on the wire.
        major: u8,
        /// Minor version on the wire, 0 while it has not been read.
        minor: u8,
    },
    /// The payload is longer than the limit.
    #[error("frame payload of {length} bytes exceeds the limit of {max}")]
    TooLarge {
        /// Announced or written payload length in bytes.
        length: u64,
        /// The limit in force.
        max: u32,
    },
    /// The payload has no representation on the wire.
    #[error(transparent)]
    Encode(#[from] EncodeError),
}

/// A frame header.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Header {
    /// Message type, a constant of [`crate::message::kind`].
    pub kind: u8,
    /// Bits of [`flags`].
    pub flags: u8,
    /// Payload length in bytes.
    pub length: u32,
    /// The sender's own frame counter; never a means to correlate.
    pub sequence: u32,
    /// Attachment id, zero before authentication.
    pub attachment: [u8; 16],
    /// Transaction id; a client sends 0.
    pub transaction: u64,
}

impl Header {
    /// A header of `kind` with everything else zero.
    pub const fn new(kind: u8) -> Self {
        Self {
            kind,
            flags: 0,
            length: 0,
            sequence: 0,
            attachment: [0; 16],
            transaction: 0,
        }
    }

    /// Reads a header from the start of `buf`: `None` while there are fewer than 40 bytes.
    ///
    /// # Errors
    /// A wrong magic or version as soon as its bytes are there, a payload length above `max_payload`.
    #[inline]
    pub fn parse(buf: &[u8], max_payload: u32) -> Result<Option<Self>, FrameError> {
        let Some(head) = buf.first_chunk::<HEADER_LEN>() else {
            check_prefix(buf)?;
            return Ok(None);
        };
        if head[..6] != [b'S', b'B', b'W', b'P', VERSION.0, VERSION.1] {
            check_prefix(buf)?;
        }
        let header = Self {
            kind: head[6],
            flags: head[7],
            length: u32::from_le_bytes([head[8], head[9], head[10], head[11]]),
            sequence: u32::from_le_bytes([head[12], head[13], head[14], head[15]]),
            attachment: array(head, 16),
            transaction: u64::from_le_bytes(array(head, 32)),
        };
        if header.length > max_payload {
            return Err(FrameError::TooLarge {
                length: u64::from(header.length),
                max: max_payload,
            });
        }
        Ok(Some(header))
    }

    /// Appends the 40 header bytes to `out`.
    #[inline]
    pub fn write(&self, out: &mut BytesMut) {
        let mut head = [0u8; HEADER_LEN];
        head[..4].copy_from_slice(&MAGIC);
        head[4] = VERSION.0;
        head[5] = VERSION.1;
        head[6] = self.kind;
        head[7] = self.flags;
        head[8..12].copy_from_slice(&self.length.to_le_bytes());
        head[12..16].copy_from_slice(&self.sequence.to_le_bytes());
        head[16..32].copy_from_slice(&self.attachment);
        head[32..].copy_from_slice(&self.transaction.to_le_bytes());
        out.put_slice(&head);
    }
}

/// `N` bytes at a constant position; the compiler sees that they are inside the header.
#[inline]
fn array<const N: usize>(head: &[u8; HEADER_LEN], at: usize) -> [u8; N] {
    let mut bytes = [0; N];
    bytes.copy_from_slice(&head[at..at + N]);
    bytes
}

/// Checks as much of magic and version as there is.
#[cold]
fn check_prefix(buf: &[u8]) -> Result<(), FrameError> {
    let seen = buf.len().min(MAGIC.len());
    if buf[..seen] != MAGIC[..seen] {
        return Err(FrameError::Magic(buf[..seen].to_vec()));
    }
    match (buf.get(4).copied(), buf.get(5).copied()) {
        (Some(major), minor) if major != VERSION.0 || minor.is_some_and(|m| m != VERSION.1) => {
            Err(FrameError::Version {
                major,
                minor: minor.unwrap_or(0),
            })
        }
        _ => Ok(()),
    }
}
