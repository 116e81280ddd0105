//! One QUERY sent in several frames: collecting the parts by their PARTIAL and FINAL flags.

use bytes::{Bytes, BytesMut};

use super::{flags, Frame, MAX_PAYLOAD};
use crate::message::kind;

/// Why a part is refused; each is fatal to the connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PartialError {
    /// The parts together exceed the payload limit (SQLSTATE 54000).
    #[error("the parts of a QUERY exceed {MAX_PAYLOAD} bytes")]
    TooLarge,
    /// Another message inside a partial QUERY, or a part flag on another message (SQLSTATE 08P01).
    #[error("message 0x{0:02x} cannot be part of a partial QUERY")]
    InvalidMessage(u8),
}

/// Collects the parts of one QUERY.
#[derive(Debug, Default)]
pub struct PartialQuery {
    parts: Option<BytesMut>,
}

impl PartialQuery {
    /// Whether parts have come and the final one has not.
    pub fn is_open(&self) -> bool {
        self.parts.is_some()
    }

    /// Passes a frame through: a frame that is no part comes back as it is, a part is kept (`None`), the
    /// final part comes back with the whole payload and its own header, the length adjusted.
    ///
    /// # Errors
    /// A part out of place, or too many bytes; the connection must then be closed.
    pub fn accept(&mut self, frame: Frame) -> Result<Option<Frame>, PartialError> {
        let part = frame.header.flags & (flags::PARTIAL | flags::FINAL) != 0;
        if !part && self.parts.is_none() {
            return Ok(Some(frame));
        }
        if frame.header.kind != kind::QUERY {
            return Err(PartialError::InvalidMessage(frame.header.kind));
        }
        let mut whole = self.parts.take().unwrap_or_default();
        if whole.len() + frame.payload.len() > MAX_PAYLOAD as usize {
            return Err(PartialError::TooLarge);
        }
        whole.extend_from_slice(&frame.payload);
        if frame.header.flags & flags::FINAL == 0 {
            self.parts = Some(whole);
            return Ok(None);
        }
        let payload: Bytes = whole.freeze();
        let mut header = frame.header;
        header.length = payload.len() as u32;
        Ok(Some(Frame { header, payload }))
    }
}
