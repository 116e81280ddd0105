//! Appends the fields of one message to a buffer; the mirror of the reader, method for method. What the
//! wire cannot carry is remembered and reported at the end, so that layouts stay a list of fields.

use bytes::{BufMut, Bytes, BytesMut};

use super::error::EncodeError;
use super::reader::{NTEXT_PRESENT, SHORT_TEXT_MAX};
use super::Uuid;
use crate::type_ref::TypeRef;

/// The writer.
#[derive(Debug)]
pub(crate) struct Writer<'a> {
    message: &'static str,
    out: &'a mut BytesMut,
    error: Option<EncodeError>,
}

macro_rules! integers {
    ($($name:ident),*) => {$(
        #[inline]
        pub(crate) fn $name(&mut self, _field: &'static str, value: &$name) {
            self.out.put_slice(&value.to_le_bytes());
        }
    )*};
}

impl<'a> Writer<'a> {
    pub(crate) fn new(message: &'static str, out: &'a mut BytesMut) -> Self {
        Self {
            message,
            out,
            error: None,
        }
    }

    integers!(u8, u16, u32, u64, i16, i32, i64);

    pub(crate) fn finish(self) -> Result<(), EncodeError> {
        self.error.map_or(Ok(()), Err)
    }

    pub(crate) fn out(&mut self) -> &mut BytesMut {
        self.out
    }

    #[cold]
    fn too_long(&mut self, field: &'static str) {
        let message = self.message;
        self.fail(EncodeError::Length { message, field });
    }

    #[cold]
    pub(crate) fn fail(&mut self, error: EncodeError) {
        self.error.get_or_insert(error);
    }

    pub(crate) fn raw(&mut self, bytes: &[u8]) {
        self.out.put_slice(bytes);
    }

    pub(crate) fn zeros(&mut self, count: usize) {
        self.out.put_bytes(0, count);
    }

    pub(crate) fn uuid(&mut self, _field: &'static str, value: &Uuid) {
        self.raw(value);
    }

    pub(crate) fn hash(&mut self, _field: &'static str, value: &[u8; 32]) {
        self.raw(value);
    }

    pub(crate) fn u8_pad3(&mut self, _field: &'static str, value: &u8) {
        self.raw(&[*value, 0, 0, 0]);
    }

    pub(crate) fn u16_pad2(&mut self, field: &'static str, value: &u16) {
        self.u16(field, value);
        self.zeros(2);
    }

    pub(crate) fn bool(&mut self, _field: &'static str, value: &bool) {
        self.raw(&[u8::from(*value)]);
    }

    /// Writes a count as u16.
    pub(crate) fn count16(&mut self, field: &'static str, count: usize) {
        let value = u16::try_from(count)
            .unwrap_or_else(|_| self.too_many(field, count, usize::from(u16::MAX)));
        self.u16(field, &value);
    }

    /// Writes a count as u32.
    pub(crate) fn count32(&mut self, field: &'static str, count: usize) {
        let value =
            u32::try_from(count).unwrap_or_else(|_| self.too_many(field, count, u32::MAX as usize));
        self.u32(field, &value);
    }

    #[cold]
    fn too_many<T: Default>(&mut self, field: &'static str, count: usize, max: usize) -> T {
        let message = self.message;
        self.fail(EncodeError::Count {
            message,
            field,
            count,
            max,
        });
        T::default()
    }

    #[inline]
    pub(crate) fn bytes32_ref(&mut self, field: &'static str, bytes: &[u8]) {
        match u32::try_from(bytes.len()) {
            Ok(length) => {
                self.u32(field, &length);
                self.raw(bytes);
            }
            Err(_) => self.too_long(field),
        }
    }

    #[inline]
    pub(crate) fn lpstr(&mut self, field: &'static str, text: &str) {
        self.bytes32_ref(field, text.as_bytes());
    }

    pub(crate) fn label(&mut self, field: &'static str, text: &str) {
        self.lpstr(field, text);
    }

    pub(crate) fn short_lpstr(&mut self, field: &'static str, text: &str) {
        if text.len() > SHORT_TEXT_MAX as usize {
            self.too_long(field);
        }
        self.lpstr(field, text);
    }

    pub(crate) fn padded<const N: usize>(&mut self, field: &'static str, text: &str) {
        if text.len() > N {
            return self.too_long(field);
        }
        self.raw(text.as_bytes());
        self.zeros(N - text.len());
    }

    pub(crate) fn str16(&mut self, field: &'static str, text: &str) {
        match u16::try_from(text.len()) {
            Ok(length) => {
                self.u16(field, &length);
                self.raw(text.as_bytes());
            }
            Err(_) => self.too_long(field),
        }
    }

    #[inline]
    pub(crate) fn cstr(&mut self, field: &'static str, text: &str) {
        if memchr::memchr(0, text.as_bytes()).is_some() {
            let message = self.message;
            self.fail(EncodeError::Nul { message, field });
        }
        self.raw(text.as_bytes());
        self.raw(&[0]);
    }

    pub(crate) fn ntext(&mut self, field: &'static str, text: &Option<String>) {
        self.raw(&[if text.is_some() { NTEXT_PRESENT } else { 0 }]);
        self.lpstr(field, text.as_deref().unwrap_or_default());
    }

    pub(crate) fn bytes32(&mut self, field: &'static str, bytes: &Bytes) {
        self.bytes32_ref(field, bytes);
    }

    pub(crate) fn bytes64(&mut self, field: &'static str, bytes: &Bytes) {
        self.u64(field, &(bytes.len() as u64));
        self.raw(bytes);
    }

    pub(crate) fn value(&mut self, field: &'static str, value: &Option<Bytes>) {
        match value {
            None => self.i32(field, &-1),
            Some(value) => match i32::try_from(value.len()) {
                Ok(length) => {
                    self.i32(field, &length);
                    self.raw(value);
                }
                Err(_) => self.too_long(field),
            },
        }
    }

    pub(crate) fn rest(&mut self, _field: &'static str, bytes: &Bytes) {
        self.raw(bytes);
    }

    pub(crate) fn type_ref(&mut self, _field: &'static str, value: &TypeRef) {
        value.write(self);
    }
}
