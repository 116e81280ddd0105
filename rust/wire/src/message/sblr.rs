//! Compiled statements: SBLR_COMPILED and SBLR_EXECUTE.

use bytes::Bytes;

use super::error::DecodeError;
use super::layout::{codec, layout, Layout};
use super::reader::Reader;
use super::writer::Writer;

layout! { open "SBLR_COMPILED"
    /// The answer to a QUERY that asks for compilation only.
    pub struct SblrCompiled {
        /// Statement hash.
        hash: u64 = u64,
        /// 3.
        version: u32 = u32,
        /// The compiled statement.
        envelope: Bytes = bytes32,
    }
}

/// Runs a compiled statement.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SblrExecute {
    /// Ignored by the server.
    pub hash: u64,
    /// The compiled statement.
    pub envelope: Bytes,
    /// Values, `None` for NULL; the server takes none.
    pub values: Vec<Option<Bytes>>,
}

impl Layout for SblrExecute {
    fn read(r: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let hash = r.u64("hash")?;
        let length = r.u32("length")?;
        let count = r.u16_pad2("parameter_count")?;
        let envelope = Bytes::copy_from_slice(r.take("envelope", u64::from(length))?);
        let count = r.fits("parameter_count", u64::from(count), 4)?;
        let values = (0..count)
            .map(|_| r.value("value"))
            .collect::<Result<_, _>>()?;
        Ok(Self {
            hash,
            envelope,
            values,
        })
    }

    fn write(&self, w: &mut Writer<'_>) {
        w.u64("hash", &self.hash);
        w.count32("envelope", self.envelope.len());
        w.count16("values", self.values.len());
        w.zeros(2);
        w.raw(&self.envelope);
        for value in &self.values {
            w.value("value", value);
        }
    }
}

codec!(strict SblrExecute = "SBLR_EXECUTE");
