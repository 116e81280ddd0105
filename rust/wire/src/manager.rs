//! The preamble a client speaks with a manager before SBWP: frames of 12-byte headers, and their messages.
//!
//! After a successful CONNECT_RESPONSE the manager only copies bytes, and the connection speaks SBWP. Nothing
//! here knows that protocol; the two share only the way layouts are written down.

mod message;

pub use message::{
    AuthChallenge, AuthContinue, AuthResponse, AuthStart, ConnectResponse, DbConnect, DbInfo,
    Failure, Hello, ManagerReply, ManagerRequest, ProtocolError, StatusResponse, TOKEN,
};

use bytes::{Buf, BufMut, Bytes, BytesMut};

use crate::message::EncodeError;

/// Bytes of every header.
pub const HEADER_LEN: usize = 12;
/// The largest payload, 16 MiB.
pub const MAX_PAYLOAD: u32 = 16 * 1024 * 1024;
/// The first four bytes of every frame.
pub const MAGIC: [u8; 4] = *b"SBDB";
/// The version in every header.
pub const VERSION: u16 = 0x0101;

/// Message codes.
pub mod kind {
    /// Manager to client.
    pub const CONNECT_RESPONSE: u8 = 0x02;
    /// Client to manager, empty; answered by STATUS_RESPONSE.
    pub const DISCONNECT: u8 = 0x03;
    /// Manager to client.
    pub const AUTH_RESPONSE: u8 = 0x11;
    /// Manager to client.
    pub const AUTH_CHALLENGE: u8 = 0x12;
    /// Client to manager, administration.
    pub const ADMIN: u8 = 0x60;
    /// Manager to client.
    pub const STATUS_RESPONSE: u8 = 0x64;
    /// Client to manager.
    pub const HELLO: u8 = 0x65;
    /// Client to manager.
    pub const AUTH_START: u8 = 0x66;
    /// Client to manager.
    pub const AUTH_CONTINUE: u8 = 0x67;
    /// Client to manager, empty; answered by STATUS_RESPONSE.
    pub const DB_LIST: u8 = 0x68;
    /// Client to manager.
    pub const DB_CONNECT: u8 = 0x69;
    /// Client to manager; answered by STATUS_RESPONSE.
    pub const DB_INFO: u8 = 0x6A;
    /// Client to manager, administration.
    pub const ADMIN_2: u8 = 0x6B;
    /// Manager to client, then it closes.
    pub const PROTOCOL_ERROR: u8 = 0xFF;
}

/// Why bytes are no manager frame, or a message is none.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ManagerError {
    /// The bytes do not begin with `SBDB`.
    #[error("bad manager frame magic {0:02x?}")]
    Magic([u8; 4]),
    /// The header version is not 1.1.
    #[error("unsupported manager frame version 0x{0:04x}")]
    Version(u16),
    /// The payload is above [`MAX_PAYLOAD`].
    #[error("manager frame payload of {0} bytes exceeds {MAX_PAYLOAD}")]
    TooLarge(u64),
    /// The message has no representation on the wire.
    #[error(transparent)]
    Encode(#[from] EncodeError),
}

/// One frame.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ManagerFrame {
    /// A code of [`kind`].
    pub kind: u8,
    /// 0.
    pub flags: u8,
    /// The payload.
    pub payload: Bytes,
}

/// Takes one whole frame off the front of `buffer`; `None` until more bytes come.
///
/// # Errors
/// A wrong magic, version or length; the connection is then of no use.
pub fn read_frame(buffer: &mut BytesMut) -> Result<Option<ManagerFrame>, ManagerError> {
    let Some(&[m0, m1, m2, m3, v0, v1, kind, flags, l0, l1, l2, l3]) =
        buffer.first_chunk::<HEADER_LEN>()
    else {
        return Ok(None);
    };
    let magic = [m0, m1, m2, m3];
    if magic != MAGIC {
        return Err(ManagerError::Magic(magic));
    }
    let version = u16::from_le_bytes([v0, v1]);
    if version != VERSION {
        return Err(ManagerError::Version(version));
    }
    let length = u32::from_le_bytes([l0, l1, l2, l3]);
    if length > MAX_PAYLOAD {
        return Err(ManagerError::TooLarge(u64::from(length)));
    }
    let length = length as usize;
    if buffer.len() < HEADER_LEN + length {
        return Ok(None);
    }
    buffer.advance(HEADER_LEN);
    let payload = buffer.split_to(length).freeze();
    Ok(Some(ManagerFrame {
        kind,
        flags,
        payload,
    }))
}

/// Appends one frame.
fn write_frame(
    out: &mut BytesMut,
    kind: u8,
    payload: impl FnOnce(&mut BytesMut) -> Result<(), EncodeError>,
) -> Result<(), ManagerError> {
    let start = out.len();
    out.put_slice(&MAGIC);
    out.put_u16_le(VERSION);
    out.put_u8(kind);
    out.put_u8(0);
    out.put_u32_le(0);
    let written = payload(out).map_err(ManagerError::from).and_then(|()| {
        let length = out.len() - start - HEADER_LEN;
        match u32::try_from(length) {
            Ok(length) if length <= MAX_PAYLOAD => Ok(length),
            _ => Err(ManagerError::TooLarge(length as u64)),
        }
    });
    match written {
        Ok(length) => {
            if let Some(field) = out.get_mut(start + 8..start + HEADER_LEN) {
                field.copy_from_slice(&length.to_le_bytes());
            }
            Ok(())
        }
        Err(error) => {
            out.truncate(start);
            Err(error)
        }
    }
}

impl ManagerRequest {
    /// Appends this message as a frame.
    ///
    /// # Errors
    /// What the wire cannot carry; `out` is then as before.
    pub fn write_frame(&self, out: &mut BytesMut) -> Result<(), ManagerError> {
        write_frame(out, self.kind(), |out| self.encode(out))
    }
}

impl ManagerReply {
    /// Appends this message as a frame.
    ///
    /// # Errors
    /// What the wire cannot carry; `out` is then as before.
    pub fn write_frame(&self, out: &mut BytesMut) -> Result<(), ManagerError> {
        write_frame(out, self.kind(), |out| self.encode(out))
    }
}
