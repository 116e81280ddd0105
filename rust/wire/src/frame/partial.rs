//! One QUERY in several frames: cutting it into parts, and collecting them by their PARTIAL and FINAL flags.

use bytes::{BufMut, Bytes, BytesMut};

use super::{flags, Frame, FrameError, Header, MAX_PAYLOAD};
use crate::message::kind;

/// Why a part is refused; each is fatal to the connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PartialError {
    /// The parts together exceed the payload limit (SQLSTATE 54000).
    #[error("the parts of a QUERY exceed {0} bytes")]
    TooLarge(u32),
    /// Another message inside a partial QUERY, or a part flag on another message (SQLSTATE 08P01).
    #[error("message 0x{0:02x} cannot be part of a partial QUERY")]
    InvalidMessage(u8),
}

/// Collects the parts of one QUERY.
#[derive(Debug)]
pub struct PartialQuery {
    parts: Option<BytesMut>,
    max_payload: u32,
}

impl Default for PartialQuery {
    fn default() -> Self {
        Self::new(MAX_PAYLOAD)
    }
}

impl PartialQuery {
    /// Refuses parts that together exceed `max_payload` bytes.
    pub fn new(max_payload: u32) -> Self {
        Self {
            parts: None,
            max_payload,
        }
    }

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
        if whole.len() + frame.payload.len() > self.max_payload as usize {
            return Err(PartialError::TooLarge(self.max_payload));
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

/// Appends the payload of a QUERY as frames of at most `part` bytes each, which needs the feature STREAMING. The
/// sequence counts on from that of `header`. Gives the number of frames.
///
/// # Errors
/// A payload above [`MAX_PAYLOAD`], which holds for the parts together.
pub fn write_query_in_parts(
    out: &mut BytesMut,
    header: Header,
    payload: &[u8],
    part: usize,
) -> Result<u32, FrameError> {
    if payload.len() > MAX_PAYLOAD as usize {
        return Err(FrameError::TooLarge {
            length: payload.len() as u64,
            max: MAX_PAYLOAD,
        });
    }
    let mut frames = 0;
    let mut rest = payload;
    loop {
        let (now, later) = rest.split_at(rest.len().min(part.max(1)));
        let flag = if later.is_empty() {
            flags::FINAL
        } else {
            flags::PARTIAL
        };
        let header = Header {
            flags: header.flags | flag,
            length: now.len() as u32,
            sequence: header.sequence.wrapping_add(frames),
            ..header
        };
        header.write(out);
        out.put_slice(now);
        frames += 1;
        rest = later;
        if rest.is_empty() {
            return Ok(frames);
        }
    }
}
