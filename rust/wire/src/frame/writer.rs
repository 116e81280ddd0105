//! Writing a frame in place: header first, payload straight behind it, then the length patched in.

use bytes::BytesMut;

use super::{FrameError, Header, HEADER_LEN, MAX_PAYLOAD};
use crate::message::EncodeError;

/// What a payload closure may return: nothing, or an encoding result.
pub trait PayloadOutcome {
    /// The same as a result.
    ///
    /// # Errors
    /// The encoding error, if the closure gave one.
    fn outcome(self) -> Result<(), EncodeError>;
}

impl PayloadOutcome for () {
    fn outcome(self) -> Result<(), EncodeError> {
        Ok(())
    }
}

impl PayloadOutcome for Result<(), EncodeError> {
    fn outcome(self) -> Result<(), EncodeError> {
        self
    }
}

/// A frame whose header is in the buffer and whose payload is being appended.
#[derive(Debug)]
#[must_use = "an open frame has no length yet: finish or abandon it"]
pub struct OpenFrame {
    start: usize,
}

/// Appends the header and leaves the frame open for its payload.
#[inline]
pub fn begin_frame(out: &mut BytesMut, header: Header) -> OpenFrame {
    let start = out.len();
    header.write(out);
    OpenFrame { start }
}

impl OpenFrame {
    /// Patches the payload length into the header.
    ///
    /// # Errors
    /// [`FrameError::TooLarge`] above [`MAX_PAYLOAD`]; the frame is then taken out of `out` again.
    #[inline]
    pub fn finish(self, out: &mut BytesMut) -> Result<(), FrameError> {
        let length = out.len().saturating_sub(self.start + HEADER_LEN);
        match u32::try_from(length) {
            Ok(length) if length <= MAX_PAYLOAD => {
                if let Some(field) = out.get_mut(self.start + 8..self.start + 12) {
                    field.copy_from_slice(&length.to_le_bytes());
                }
                Ok(())
            }
            _ => {
                self.abandon(out);
                Err(FrameError::TooLarge {
                    length: length as u64,
                    max: MAX_PAYLOAD,
                })
            }
        }
    }

    /// Takes the frame out of `out` again.
    pub fn abandon(self, out: &mut BytesMut) {
        out.truncate(self.start);
    }
}

/// Appends one frame to `out`; the length of `header` is filled in.
///
/// # Errors
/// A payload above [`MAX_PAYLOAD`] or an encoding error of the closure; `out` is then as before.
#[inline]
pub fn write_frame<R: PayloadOutcome>(
    out: &mut BytesMut,
    header: Header,
    payload: impl FnOnce(&mut BytesMut) -> R,
) -> Result<(), FrameError> {
    try_write_frame(out, header, |out| {
        payload(out).outcome().map_err(FrameError::from)
    })
}

/// [`write_frame`] for a payload that can fail in its own way.
///
/// # Errors
/// A payload above [`MAX_PAYLOAD`], or the error of the closure; `out` is then as before.
#[inline]
pub fn try_write_frame<E: From<FrameError>>(
    out: &mut BytesMut,
    header: Header,
    payload: impl FnOnce(&mut BytesMut) -> Result<(), E>,
) -> Result<(), E> {
    let frame = begin_frame(out, header);
    match payload(out) {
        Ok(()) => Ok(frame.finish(out)?),
        Err(error) => {
            frame.abandon(out);
            Err(error)
        }
    }
}
