//! Cuts a stream of bytes where rows end: every COPY_DATA holds whole rows, or one whole packet (SBWP 3.4.2).
//!
//! Must not know: sessions. It recognises packets by their first bytes; anything else is lines.

use bytes::BytesMut;
use sbwp::frame::MAX_PAYLOAD;
use sbwp::message::copy_packet::PacketExtent;
use sbwp::message::kind;

use super::BLOCK;
use crate::error::Error;
use crate::request::Request;
use crate::sql::CopyFormat;

/// Bytes on their way into a COPY.
#[derive(Debug)]
pub struct Blocks {
    pending: BytesMut,
    form: Form,
    format: CopyFormat,
}

#[derive(Debug)]
enum Form {
    /// Too few bytes to tell.
    Unknown,
    Packets(PacketExtent),
    Lines(Lines),
}

/// How far lines have been looked at.
#[derive(Debug, Default)]
struct Lines {
    scanned: usize,
    /// Behind the last line that is whole.
    end: usize,
    /// Where a line feed may stand between quotes.
    quotes: bool,
    quoted: bool,
}

impl Lines {
    fn scan(&mut self, pending: &[u8]) {
        let new = pending.get(self.scanned..).unwrap_or_default();
        if !self.quotes {
            if let Some(at) = memchr::memrchr(b'\n', new) {
                self.end = self.scanned + at + 1;
            }
        } else {
            for at in memchr::memchr2_iter(b'"', b'\n', new) {
                match new.get(at) {
                    Some(b'"') => self.quoted = !self.quoted,
                    _ if !self.quoted => self.end = self.scanned + at + 1,
                    _ => {}
                }
            }
        }
        self.scanned = pending.len();
    }

    fn taken(&mut self, length: usize) {
        self.scanned -= length;
        self.end = 0;
    }
}

impl Blocks {
    /// For a statement that names this format.
    pub fn new(format: CopyFormat) -> Self {
        Blocks {
            pending: BytesMut::new(),
            form: Form::Unknown,
            format,
        }
    }

    /// True when nothing waits for its end.
    pub fn is_empty(&self) -> bool {
        self.pending.is_empty()
    }

    /// Takes bytes; whole packets, and lines once there are enough of them, go into `out`.
    ///
    /// # Errors
    /// `Data` (22000) for bytes that begin like a packet and are none, (54000) for a row that fits into no frame.
    pub fn push(&mut self, bytes: &[u8], out: &mut Request) -> Result<(), Error> {
        // A large write is cut on the way, so that no more than a block of it is held twice.
        for piece in bytes.chunks(BLOCK) {
            self.pending.extend_from_slice(piece);
            self.cut(out)?;
        }
        Ok(())
    }

    fn cut(&mut self, out: &mut Request) -> Result<(), Error> {
        loop {
            match &mut self.form {
                Form::Unknown => match self.recognise() {
                    Some(form) => self.form = form,
                    None => return Ok(()),
                },
                Form::Packets(extent) => {
                    let end = extent.advance(&self.pending).map_err(|error| {
                        let message = format!("not a packet that COPY takes: {error}");
                        Error::data_with("22000", message, Some(Box::new(error)))
                    })?;
                    let Some(end) = end else {
                        return self.check_length();
                    };
                    self.send(end, out)?;
                    self.form = Form::Packets(PacketExtent::default());
                    if self.pending.is_empty() {
                        return Ok(());
                    }
                }
                Form::Lines(lines) => {
                    lines.scan(&self.pending);
                    let end = lines.end;
                    if end < BLOCK {
                        return self.check_length();
                    }
                    lines.taken(end);
                    self.send(end, out)?;
                }
            }
        }
    }

    fn recognise(&self) -> Option<Form> {
        if PacketExtent::form(&self.pending).is_some() {
            return Some(Form::Packets(PacketExtent::default()));
        }
        if PacketExtent::may_begin(&self.pending) {
            return None;
        }
        let quotes = match self.format {
            CopyFormat::Csv => true,
            CopyFormat::JsonLines => false,
            CopyFormat::Own | CopyFormat::Binary => !self.names_its_columns()?,
        };
        Some(Form::Lines(Lines {
            quotes,
            ..Lines::default()
        }))
    }

    /// Whether the first line is one of `column=value`, in which quotes mean nothing. None while that cannot be told.
    fn names_its_columns(&self) -> Option<bool> {
        let at = self
            .pending
            .iter()
            .position(|byte| matches!(byte, b'=' | b',' | b'"' | b'\n' | b'{'))?;
        Some(at > 0 && self.pending.get(at) == Some(&b'='))
    }

    fn check_length(&self) -> Result<(), Error> {
        if self.pending.len() > MAX_PAYLOAD as usize {
            return Err(Error::data_with(
                "54000",
                "a row or packet of a COPY is longer than a frame may be (64 MiB)",
                None,
            ));
        }
        Ok(())
    }

    fn send(&mut self, length: usize, out: &mut Request) -> Result<(), Error> {
        let data = self.pending.split_to(length);
        out.frame(kind::COPY_DATA, |payload| {
            payload.extend_from_slice(&data);
            Ok(())
        })
    }

    /// Everything that is left, also a last line without its line feed.
    ///
    /// # Errors
    /// `Data` (22000) in the middle of a packet.
    pub fn finish(&mut self, out: &mut Request) -> Result<(), Error> {
        if self.pending.is_empty() {
            return Ok(());
        }
        if let Form::Packets(_) = self.form {
            return Err(Error::data(
                "the data of a COPY end in the middle of a packet",
            ));
        }
        self.form = Form::Unknown;
        self.send(self.pending.len(), out)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use sbwp::frame::{Header, HEADER_LEN};
    use sbwp::message::copy_packet::{CopyType, CopyValue, RowsetWriter};

    use super::*;

    fn payloads(request: &Request) -> Vec<Vec<u8>> {
        let mut rest: &[u8] = &request.bytes;
        let mut found = Vec::new();
        while let Some(header) = Header::parse(rest, u32::MAX).unwrap() {
            let end = HEADER_LEN + header.length as usize;
            found.push(rest[HEADER_LEN..end].to_vec());
            rest = &rest[end..];
        }
        found
    }

    fn cut(format: CopyFormat, bytes: &[u8], step: usize) -> Result<Vec<Vec<u8>>, Error> {
        let mut blocks = Blocks::new(format);
        let mut request = Request::new();
        for piece in bytes.chunks(step) {
            blocks.push(piece, &mut request)?;
        }
        blocks.finish(&mut request)?;
        assert!(blocks.is_empty());
        Ok(payloads(&request))
    }

    fn packet(rows: usize) -> Vec<u8> {
        let mut out = BytesMut::new();
        let mut writer = RowsetWriter::new(&mut out, [("t", CopyType::Text)]);
        for _ in 0..rows {
            writer.row([CopyValue::Text("SBNR")]);
        }
        writer.finish().unwrap();
        out.to_vec()
    }

    #[test]
    fn each_packet_has_a_frame_of_its_own() {
        let packets = [packet(1), packet(500), packet(2)];
        for step in [1, 17, 100_000] {
            let found = cut(CopyFormat::Own, &packets.concat(), step).unwrap();
            assert_eq!(found, packets);
        }
        let whole = packets.concat();
        let error = cut(CopyFormat::Own, &whole[..whole.len() - 1], 50).unwrap_err();
        assert_eq!(error.sqlstate(), Some("22000"));
        let error = cut(
            CopyFormat::Own,
            b"SBNR\x02\0\0\0 no packet \0\0\0\x01\0\0\0\x63",
            5,
        );
        assert_eq!(error.unwrap_err().sqlstate(), Some("22000"));
    }

    #[test]
    fn a_quoted_line_feed_ends_no_row() {
        let row = format!("1,\"{}\n\"\n", "x".repeat(1000));
        let text = row.repeat(2000);
        for format in [CopyFormat::Csv, CopyFormat::Own] {
            let found = cut(format, text.as_bytes(), 4099).unwrap();
            assert!(found.len() > 4);
            assert!(found
                .iter()
                .all(|block| block.len().is_multiple_of(row.len())));
            assert_eq!(found.concat(), text.as_bytes());
        }
    }

    #[test]
    fn a_lone_quote_in_a_line_of_names_means_nothing() {
        let text = "id=1;t=5\" disk\n".repeat(60_000);
        let found = cut(CopyFormat::Own, text.as_bytes(), 5000).unwrap();
        assert!(found.len() > 2);
        assert!(found.iter().all(|block| block.ends_with(b"\n")));
    }

    proptest! {
        #[test]
        fn nothing_is_lost(text in "[a=,\"\n{S]{0,300}", step in 1usize..40) {
            let found = cut(CopyFormat::Own, text.as_bytes(), step).unwrap();
            prop_assert_eq!(found.concat(), text.as_bytes());
        }
    }
}
