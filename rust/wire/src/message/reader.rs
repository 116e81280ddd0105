//! A bounds-checked cursor over one payload. Every read names its field, so that a short or malformed
//! payload says where it broke. Method names are those of the layouts in the message modules.

use bytes::Bytes;

use super::error::{DecodeError, Reason};
use super::Uuid;
use crate::type_ref::TypeRef;

/// State byte of a nullable text that is present.
pub(crate) const NTEXT_PRESENT: u8 = 3;

/// The longest text a manager's message may carry, in bytes.
pub(crate) const SHORT_TEXT_MAX: u32 = 4096;

/// The cursor.
#[derive(Debug, Clone)]
pub(crate) struct Reader<'a> {
    message: &'static str,
    payload: &'a [u8],
    rest: &'a [u8],
}

macro_rules! integers {
    ($($name:ident),*) => {$(
        #[inline]
        pub(crate) fn $name(&mut self, field: &'static str) -> Result<$name, DecodeError> {
            self.array(field).map($name::from_le_bytes)
        }
    )*};
}

impl<'a> Reader<'a> {
    pub(crate) fn new(message: &'static str, payload: &'a [u8]) -> Self {
        Self {
            message,
            payload,
            rest: payload,
        }
    }

    integers!(u8, u16, u32, u64, i16, i32, i64);

    /// Where the next read begins.
    pub(crate) fn offset(&self) -> usize {
        self.payload.len() - self.rest.len()
    }

    pub(crate) fn remaining(&self) -> usize {
        self.rest.len()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    /// The bytes ahead, without consuming them.
    pub(crate) fn ahead(&self) -> &'a [u8] {
        self.rest
    }

    /// Everything that is left.
    pub(crate) fn take_rest(&mut self) -> &'a [u8] {
        std::mem::take(&mut self.rest)
    }

    #[cold]
    pub(crate) fn error(&self, field: &'static str, reason: Reason) -> DecodeError {
        self.error_at(field, self.offset(), reason)
    }

    #[cold]
    pub(crate) fn error_at(
        &self,
        field: &'static str,
        offset: usize,
        reason: Reason,
    ) -> DecodeError {
        DecodeError {
            message: self.message,
            field,
            offset,
            reason,
        }
    }

    #[cold]
    fn truncated(&self, field: &'static str, needed: u64) -> DecodeError {
        let available = self.rest.len();
        self.error(field, Reason::Truncated { needed, available })
    }

    /// The payload must end here.
    pub(crate) fn finish(&self) -> Result<(), DecodeError> {
        match self.rest.len() {
            0 => Ok(()),
            n => Err(self.error("end of message", Reason::Trailing(n))),
        }
    }

    #[inline]
    pub(crate) fn array<const N: usize>(
        &mut self,
        field: &'static str,
    ) -> Result<[u8; N], DecodeError> {
        match self.rest.split_first_chunk::<N>() {
            Some((head, rest)) => {
                self.rest = rest;
                Ok(*head)
            }
            None => Err(self.truncated(field, N as u64)),
        }
    }

    #[inline]
    pub(crate) fn take(
        &mut self,
        field: &'static str,
        length: u64,
    ) -> Result<&'a [u8], DecodeError> {
        let split = usize::try_from(length)
            .ok()
            .and_then(|length| self.rest.split_at_checked(length));
        match split {
            Some((head, rest)) => {
                self.rest = rest;
                Ok(head)
            }
            None => Err(self.truncated(field, length)),
        }
    }

    pub(crate) fn skip(&mut self, field: &'static str, length: u64) -> Result<(), DecodeError> {
        self.take(field, length).map(|_| ())
    }

    pub(crate) fn uuid(&mut self, field: &'static str) -> Result<Uuid, DecodeError> {
        self.array(field)
    }

    pub(crate) fn hash(&mut self, field: &'static str) -> Result<[u8; 32], DecodeError> {
        self.array(field)
    }

    /// One byte and three reserved ones.
    pub(crate) fn u8_pad3(&mut self, field: &'static str) -> Result<u8, DecodeError> {
        self.array::<4>(field).map(|[value, ..]| value)
    }

    /// Two bytes and two reserved ones.
    pub(crate) fn u16_pad2(&mut self, field: &'static str) -> Result<u16, DecodeError> {
        self.array::<4>(field)
            .map(|[low, high, ..]| u16::from_le_bytes([low, high]))
    }

    pub(crate) fn bool(&mut self, field: &'static str) -> Result<bool, DecodeError> {
        self.u8(field).map(|value| value != 0)
    }

    /// A count of items that take at least `least` bytes each.
    pub(crate) fn fits(
        &self,
        field: &'static str,
        count: u64,
        least: u64,
    ) -> Result<usize, DecodeError> {
        let available = self.rest.len();
        match usize::try_from(count) {
            Ok(n) if count.saturating_mul(least) <= available as u64 => Ok(n),
            _ => Err(self.error(field, Reason::Count { count, available })),
        }
    }

    pub(crate) fn utf8(
        &self,
        field: &'static str,
        offset: usize,
        bytes: &'a [u8],
    ) -> Result<&'a str, DecodeError> {
        std::str::from_utf8(bytes).map_err(|_| self.error_at(field, offset, Reason::Utf8))
    }

    pub(crate) fn bytes32_ref(&mut self, field: &'static str) -> Result<&'a [u8], DecodeError> {
        let length = self.u32(field)?;
        self.take(field, u64::from(length))
    }

    pub(crate) fn lpstr_ref(&mut self, field: &'static str) -> Result<&'a str, DecodeError> {
        let offset = self.offset();
        let bytes = self.bytes32_ref(field)?;
        self.utf8(field, offset, bytes)
    }

    /// `u32 length` + UTF-8.
    pub(crate) fn lpstr(&mut self, field: &'static str) -> Result<String, DecodeError> {
        self.lpstr_ref(field).map(str::to_owned)
    }

    /// `u32 length` + text a peer renders for people; damaged UTF-8 does not lose the message.
    pub(crate) fn label(&mut self, field: &'static str) -> Result<String, DecodeError> {
        self.bytes32_ref(field)
            .map(|bytes| String::from_utf8_lossy(bytes).into_owned())
    }

    /// A manager's `u32 length` + UTF-8, which has a limit.
    pub(crate) fn short_lpstr(&mut self, field: &'static str) -> Result<String, DecodeError> {
        let length = self.clone().u32(field)?;
        if length > SHORT_TEXT_MAX {
            return Err(self.error(field, Reason::Invalid(i64::from(length))));
        }
        self.lpstr(field)
    }

    /// Text in a field of fixed size, ended by a NUL or the field.
    pub(crate) fn padded<const N: usize>(
        &mut self,
        field: &'static str,
    ) -> Result<String, DecodeError> {
        let bytes = self.array::<N>(field)?;
        let text = bytes.split(|byte| *byte == 0).next().unwrap_or_default();
        Ok(String::from_utf8_lossy(text).into_owned())
    }

    /// `u16 length` + text.
    pub(crate) fn str16(&mut self, field: &'static str) -> Result<String, DecodeError> {
        let offset = self.offset();
        let length = self.u16(field)?;
        let bytes = self.take(field, u64::from(length))?;
        self.utf8(field, offset, bytes).map(str::to_owned)
    }

    /// Bytes up to a NUL, which is consumed and not returned.
    pub(crate) fn until_nul(&mut self, field: &'static str) -> Result<&'a [u8], DecodeError> {
        match memchr::memchr(0, self.rest) {
            Some(end) => {
                let (text, rest) = self.rest.split_at(end);
                self.rest = rest.get(1..).unwrap_or_default();
                Ok(text)
            }
            None => Err(self.error(field, Reason::Unterminated)),
        }
    }

    /// Text up to a NUL.
    pub(crate) fn cstr(&mut self, field: &'static str) -> Result<String, DecodeError> {
        let offset = self.offset();
        let bytes = self.until_nul(field)?;
        self.utf8(field, offset, bytes).map(str::to_owned)
    }

    /// Nullable text; `None` also when it is hidden or unknown by policy.
    pub(crate) fn ntext(&mut self, field: &'static str) -> Result<Option<String>, DecodeError> {
        let state = self.u8(field)?;
        if state > NTEXT_PRESENT {
            return Err(self.error(field, Reason::Invalid(i64::from(state))));
        }
        let text = self.label(field)?;
        Ok((state == NTEXT_PRESENT).then_some(text))
    }

    /// `u32 length` + bytes.
    pub(crate) fn bytes32(&mut self, field: &'static str) -> Result<Bytes, DecodeError> {
        self.bytes32_ref(field).map(Bytes::copy_from_slice)
    }

    /// `u64 length` + bytes.
    pub(crate) fn bytes64(&mut self, field: &'static str) -> Result<Bytes, DecodeError> {
        let length = self.u64(field)?;
        self.take(field, length).map(Bytes::copy_from_slice)
    }

    /// `i32 length` + bytes; −1 is NULL.
    pub(crate) fn value(&mut self, field: &'static str) -> Result<Option<Bytes>, DecodeError> {
        let length = self.i32(field)?;
        match u64::try_from(length) {
            Ok(length) => self
                .take(field, length)
                .map(|v| Some(Bytes::copy_from_slice(v))),
            Err(_) if length == -1 => Ok(None),
            Err(_) => Err(self.error(field, Reason::Invalid(i64::from(length)))),
        }
    }

    /// The rest of the payload.
    pub(crate) fn rest(&mut self, _field: &'static str) -> Result<Bytes, DecodeError> {
        Ok(Bytes::copy_from_slice(self.take_rest()))
    }

    pub(crate) fn type_ref(&mut self, _field: &'static str) -> Result<TypeRef, DecodeError> {
        TypeRef::read(self)
    }
}
