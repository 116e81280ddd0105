//! Cuts bytes that arrive in arbitrary pieces into frames.

use bytes::{Buf, Bytes, BytesMut};

use super::{FrameError, Header, HEADER_LEN, MAX_PAYLOAD};

/// One frame as read: its header and its payload.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frame {
    /// The header; `length` is the length of `payload`.
    pub header: Header,
    /// The payload, a view into the reader's buffer.
    pub payload: Bytes,
}

/// Collects bytes and gives whole frames.
#[derive(Debug)]
pub struct FrameReader {
    buffer: BytesMut,
    max_payload: u32,
    /// The header of the frame whose payload is not complete yet.
    pending: Option<Header>,
}

impl Default for FrameReader {
    fn default() -> Self {
        Self::new(MAX_PAYLOAD)
    }
}

impl FrameReader {
    /// A reader that refuses payloads above `max_payload` bytes.
    pub fn new(max_payload: u32) -> Self {
        Self {
            buffer: BytesMut::new(),
            max_payload,
            pending: None,
        }
    }

    /// Appends bytes as they came from the peer.
    pub fn push(&mut self, bytes: &[u8]) {
        self.buffer.extend_from_slice(bytes);
    }

    /// The buffer itself, to read a socket straight into it. Append only.
    pub fn buffer_mut(&mut self) -> &mut BytesMut {
        &mut self.buffer
    }

    /// Bytes received that belong to no complete frame yet.
    pub fn buffered(&self) -> usize {
        self.buffer.len()
            + if self.pending.is_some() {
                HEADER_LEN
            } else {
                0
            }
    }

    /// How many bytes must still come before [`FrameReader::next_frame`] can answer; never 0.
    pub fn missing(&self) -> usize {
        let needed = self
            .pending
            .map_or(HEADER_LEN, |header| header.length as usize);
        needed.saturating_sub(self.buffer.len()).max(1)
    }

    /// The next whole frame, `None` until more bytes come.
    ///
    /// # Errors
    /// As [`Header::parse`]; the reader is of no use afterwards.
    pub fn next_frame(&mut self) -> Result<Option<Frame>, FrameError> {
        let header = match self.pending {
            Some(header) => header,
            None => match Header::parse(&self.buffer, self.max_payload)? {
                Some(header) => {
                    self.buffer.advance(HEADER_LEN);
                    self.pending = Some(header);
                    header
                }
                None => return Ok(None),
            },
        };
        let length = header.length as usize;
        if self.buffer.len() < length {
            return Ok(None);
        }
        self.pending = None;
        Ok(Some(Frame {
            header,
            payload: self.buffer.split_to(length).freeze(),
        }))
    }
}
