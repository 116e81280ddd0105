//! BIND with one set of values, and an encoder that appends the values in place.

use bytes::{BufMut, Bytes, BytesMut};

use super::data_row::length_prefixed;
use super::error::{DecodeError, EncodeError};
use super::layout::{codec, Layout};
use super::reader::Reader;
use super::writer::Writer;

const MESSAGE: &str = "BIND";

/// BIND. Formats are 0 text, 1 binary; none at all means binary for every value, and the last one stands for
/// all that follow. A missing list of result formats is an empty one.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Bind {
    /// Portal name, may be empty.
    pub portal: String,
    /// Statement name, may be empty.
    pub statement: String,
    /// Formats of the values.
    pub formats: Vec<u16>,
    /// Values, `None` for NULL.
    pub values: Vec<Option<Bytes>>,
    /// Formats wanted for the result.
    pub result_formats: Vec<u16>,
}

impl Bind {
    /// The format of the value at `index`.
    pub fn format(&self, index: usize) -> u16 {
        self.formats
            .get(index)
            .or(self.formats.last())
            .copied()
            .unwrap_or(1)
    }
}

fn read_formats(r: &mut Reader<'_>, field: &'static str) -> Result<Vec<u16>, DecodeError> {
    let count = r.u16(field)?;
    let count = r.fits(field, u64::from(count), 2)?;
    (0..count).map(|_| r.u16(field)).collect()
}

fn write_formats(w: &mut Writer<'_>, field: &'static str, formats: &[u16]) {
    w.count16(field, formats.len());
    for format in formats {
        w.u16(field, format);
    }
}

impl Layout for Bind {
    fn read(r: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let portal = r.lpstr("portal")?;
        let statement = r.lpstr("statement")?;
        let formats = read_formats(r, "formats")?;
        let count = r.u16_pad2("value_count")?;
        let count = r.fits("value_count", u64::from(count), 4)?;
        let values = (0..count)
            .map(|_| r.value("value"))
            .collect::<Result<_, _>>()?;
        let result_formats = match r.is_empty() {
            true => Vec::new(),
            false => read_formats(r, "result_formats")?,
        };
        Ok(Self {
            portal,
            statement,
            formats,
            values,
            result_formats,
        })
    }

    fn write(&self, w: &mut Writer<'_>) {
        w.lpstr("portal", &self.portal);
        w.lpstr("statement", &self.statement);
        write_formats(w, "formats", &self.formats);
        w.count16("values", self.values.len());
        w.zeros(2);
        for value in &self.values {
            w.value("value", value);
        }
        write_formats(w, "result_formats", &self.result_formats);
    }
}

codec!(strict Bind = "BIND");

/// Appends the payload of a BIND straight into a buffer: names and formats first, then value by value, then
/// the result formats.
///
/// ```
/// # use bytes::{BufMut, BytesMut};
/// # use sbwp::message::BindEncoder;
/// let mut out = BytesMut::new();
/// let mut bind = BindEncoder::new(&mut out, "", "s1", &[0]);
/// bind.value(b"42");
/// bind.null();
/// bind.value_with(|out| out.put_slice(b"text"));
/// bind.finish(&[]).unwrap();
/// ```
#[derive(Debug)]
#[must_use = "a BIND is complete only after `finish`"]
pub struct BindEncoder<'a> {
    out: &'a mut BytesMut,
    /// Where the formats begin, if there is one for each value.
    slots: Option<usize>,
    /// Values announced by the format slots.
    announced: Option<usize>,
    /// Where the value count is.
    count_at: usize,
    written: usize,
    error: Option<EncodeError>,
}

impl<'a> BindEncoder<'a> {
    /// Starts a BIND whose formats are known. `&[0]` is text for all values, `&[1]` binary for all.
    #[inline]
    pub fn new(out: &'a mut BytesMut, portal: &str, statement: &str, formats: &[u16]) -> Self {
        let mut w = Writer::new(MESSAGE, out);
        w.lpstr("portal", portal);
        w.lpstr("statement", statement);
        write_formats(&mut w, "formats", formats);
        let error = w.finish().err();
        Self::at_values(out, None, None, error)
    }

    /// Starts a BIND of `values` values, each with its own format, given by [`BindEncoder::value_in`]. Until
    /// then a value is text.
    pub fn with_slots(out: &'a mut BytesMut, portal: &str, statement: &str, values: usize) -> Self {
        let mut w = Writer::new(MESSAGE, out);
        w.lpstr("portal", portal);
        w.lpstr("statement", statement);
        w.count16("formats", values);
        let error = w.finish().err();
        let slots = out.len();
        if error.is_none() {
            out.put_bytes(0, 2 * values);
        }
        Self::at_values(out, Some(slots), Some(values), error)
    }

    fn at_values(
        out: &'a mut BytesMut,
        slots: Option<usize>,
        announced: Option<usize>,
        error: Option<EncodeError>,
    ) -> Self {
        let count_at = out.len();
        out.put_u32_le(0);
        Self {
            out,
            slots,
            announced,
            count_at,
            written: 0,
            error,
        }
    }

    /// Appends `count` values that are encoded already, each with its length.
    #[inline]
    pub fn encoded(&mut self, count: usize, values: &[u8]) {
        self.written += count;
        self.out.put_slice(values);
    }

    /// Appends NULL.
    #[inline]
    pub fn null(&mut self) {
        self.written += 1;
        self.out.put_i32_le(-1);
    }

    /// Appends a value that is already there.
    #[inline]
    pub fn value(&mut self, bytes: &[u8]) {
        self.value_with(|out| out.put_slice(bytes));
    }

    /// Appends a value that `write` puts into the buffer, and gives what `write` gives.
    #[inline]
    pub fn value_with<R>(&mut self, write: impl FnOnce(&mut BytesMut) -> R) -> R {
        self.written += 1;
        let (result, fits) = length_prefixed(self.out, write);
        if !fits {
            let (message, field) = (MESSAGE, "value");
            self.error
                .get_or_insert(EncodeError::Length { message, field });
        }
        result
    }

    /// [`BindEncoder::value_with`] with the format of this value, after [`BindEncoder::with_slots`].
    #[inline]
    pub fn value_in<R>(&mut self, format: u16, write: impl FnOnce(&mut BytesMut) -> R) -> R {
        if let Some(slots) = self.slots {
            let at = slots + 2 * self.written;
            if at < self.count_at {
                if let Some(slot) = self.out.get_mut(at..at + 2) {
                    slot.copy_from_slice(&format.to_le_bytes());
                }
            }
        }
        self.value_with(write)
    }

    /// Patches the value count and appends the result formats.
    ///
    /// # Errors
    /// More than 65 535 values, or another number than [`BindEncoder::with_slots`] announced.
    #[inline]
    pub fn finish(self, result_formats: &[u16]) -> Result<(), EncodeError> {
        if let Some(error) = self.error {
            return Err(error);
        }
        let (message, written) = (MESSAGE, self.written);
        if let Some(announced) = self.announced.filter(|announced| *announced != written) {
            return Err(EncodeError::Values {
                message,
                announced,
                written,
            });
        }
        let Ok(count) = u16::try_from(written) else {
            return Err(EncodeError::Count {
                message,
                field: "values",
                count: written,
                max: usize::from(u16::MAX),
            });
        };
        if let Some(field) = self.out.get_mut(self.count_at..self.count_at + 2) {
            field.copy_from_slice(&count.to_le_bytes());
        }
        let mut w = Writer::new(MESSAGE, self.out);
        write_formats(&mut w, "result_formats", result_formats);
        w.finish()
    }
}
