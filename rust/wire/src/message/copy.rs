//! COPY: the control messages. What COPY_DATA carries is in [`super::copy_packet`].

use bytes::Bytes;

use super::error::DecodeError;
use super::layout::{codec, layout, Layout};
use super::reader::Reader;
use super::writer::Writer;

/// Formats of COPY data.
pub mod copy_format {
    /// Lines of `column=value;column=value`.
    pub const TEXT: u8 = 0;
    /// Binary packets.
    pub const BINARY: u8 = 1;
}

layout! { open "COPY_IN_RESPONSE"
    /// The server waits for COPY_DATA.
    pub struct CopyInResponse {
        /// One of [`copy_format`].
        format: u8 = u8,
        /// Advice how many bytes to have under way.
        window_bytes: u32 = u32,
    }
}

layout! { open "COPY_BOTH_RESPONSE"
    /// COPY in both directions; never sent by today's server.
    pub struct CopyBothResponse {
        /// One of [`copy_format`].
        format: u8 = u8,
        /// Advice how many bytes to have under way.
        window_bytes: u32 = u32,
    }
}

/// The server will send COPY_DATA; never sent by today's.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CopyOutResponse {
    /// One of [`copy_format`].
    pub format: u8,
    /// Formats of the columns.
    pub columns: Vec<u32>,
}

impl Layout for CopyOutResponse {
    fn read(r: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let format = r.u8("format")?;
        let count = r.u16("count")?;
        let count = r.fits("count", u64::from(count), 4)?;
        let columns = (0..count)
            .map(|_| r.u32("formats"))
            .collect::<Result<_, _>>()?;
        Ok(Self { format, columns })
    }

    fn write(&self, w: &mut Writer<'_>) {
        w.u8("format", &self.format);
        w.count16("columns", self.columns.len());
        for format in &self.columns {
            w.u32("formats", format);
        }
    }
}

codec!(open CopyOutResponse = "COPY_OUT_RESPONSE");

layout! { strict "COPY_DATA"
    /// Whole rows or one whole packet.
    pub struct CopyData {
        /// The data, without any wrapper.
        data: Bytes = rest,
    }
}

/// The client gives up. The server reads none of it, so an empty payload means no reason given.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CopyFail {
    /// Why.
    pub reason: String,
}

impl Layout for CopyFail {
    fn read(r: &mut Reader<'_>) -> Result<Self, DecodeError> {
        if r.is_empty() {
            return Ok(Self::default());
        }
        let reason = r.label("reason")?;
        Ok(Self { reason })
    }

    fn write(&self, w: &mut Writer<'_>) {
        w.label("reason", &self.reason);
    }
}

codec!(strict CopyFail = "COPY_FAIL");
