//! The receive buffer: whole frames out of arbitrary pieces, rows set aside without copying them.

use sbwp::frame::{FrameError, Header, HEADER_LEN};

use crate::rows::RowBatch;

const FIRST_CHUNK: usize = 32 * 1024;
const LARGEST_CHUNK: usize = 512 * 1024;
/// A batch smaller than this is copied out, so that a small result does not hold a whole chunk.
const COPY_BELOW: usize = 8 * 1024;

/// Bytes received and not yet consumed, and the rows among them.
#[derive(Debug)]
pub(crate) struct Inbound {
    chunk: Vec<u8>,
    consumed: usize,
    rows: Vec<(u32, u32)>,
    first_row: usize,
    chunk_size: usize,
    max_payload: u32,
}

impl Inbound {
    pub(crate) fn new(max_payload: u32) -> Self {
        Inbound {
            chunk: Vec::with_capacity(FIRST_CHUNK),
            consumed: 0,
            rows: Vec::new(),
            first_row: 0,
            chunk_size: FIRST_CHUNK,
            max_payload,
        }
    }

    /// The next frame's header, if the whole frame is here; [`Inbound::payload`] gives its content.
    #[inline]
    pub(crate) fn frame(&self) -> Result<Option<Header>, FrameError> {
        let rest = self.chunk.get(self.consumed..).unwrap_or_default();
        match Header::parse(rest, self.max_payload)? {
            Some(header) if rest.len() - HEADER_LEN >= header.length as usize => Ok(Some(header)),
            _ => Ok(None),
        }
    }

    /// The payload of the frame that [`Inbound::frame`] found.
    #[inline]
    pub(crate) fn payload(&self, header: &Header) -> &[u8] {
        let start = self.consumed + HEADER_LEN;
        self.chunk
            .get(start..start + header.length as usize)
            .unwrap_or_default()
    }

    /// Steps over that frame.
    #[inline]
    pub(crate) fn consume(&mut self, header: &Header) {
        self.consumed += HEADER_LEN + header.length as usize;
        if self.rows.is_empty() && self.consumed == self.chunk.len() {
            self.chunk.clear();
            self.consumed = 0;
        }
    }

    /// Keeps that frame, a DATA_ROW, for the next batch.
    #[inline]
    pub(crate) fn keep_row(&mut self, header: &Header) {
        if self.rows.is_empty() {
            self.first_row = self.consumed;
        }
        let start = self.consumed + HEADER_LEN;
        self.rows.push((start as u32, header.length));
        self.consumed = start + header.length as usize;
    }

    /// How many bytes of kept rows there are.
    pub(crate) fn kept(&self) -> usize {
        if self.rows.is_empty() {
            0
        } else {
            self.consumed - self.first_row
        }
    }

    /// The kept rows as a batch.
    pub(crate) fn take_batch(&mut self) -> Option<RowBatch> {
        if self.rows.is_empty() {
            return None;
        }
        let mut rows = std::mem::take(&mut self.rows);
        if self.consumed - self.first_row < COPY_BELOW {
            let data = self.chunk[self.first_row..self.consumed].to_vec();
            let shift = self.first_row as u32;
            for row in &mut rows {
                row.0 -= shift;
            }
            if self.consumed == self.chunk.len() {
                self.chunk.clear();
                self.consumed = 0;
            }
            return Some(RowBatch::new(data, rows));
        }
        self.chunk_size = (self.chunk_size * 2).min(LARGEST_CHUNK);
        let rest = &self.chunk[self.consumed..];
        let mut next = Vec::with_capacity(self.chunk_size.max(rest.len() + FIRST_CHUNK));
        next.extend_from_slice(rest);
        let data = std::mem::replace(&mut self.chunk, next);
        self.consumed = 0;
        Some(RowBatch::new(data, rows))
    }

    /// Makes room for more bytes and returns the buffer to append them to.
    ///
    /// May only be called with no rows kept, or with [`Inbound::has_room`] true: kept rows name places in the buffer.
    pub(crate) fn space(&mut self) -> &mut Vec<u8> {
        if self.rows.is_empty() {
            if self.consumed > 0 {
                self.chunk.drain(..self.consumed);
                self.consumed = 0;
            }
            // A frame longer than the chunk grows it by what has really arrived, never by what a header promises.
            if self.chunk.capacity() - self.chunk.len() < FIRST_CHUNK / 4 {
                let more = self.chunk.len().max(FIRST_CHUNK);
                self.chunk.reserve(more);
            }
        }
        &mut self.chunk
    }

    /// True while there is room without moving kept rows.
    pub(crate) fn has_room(&self) -> bool {
        self.chunk.capacity() - self.chunk.len() >= FIRST_CHUNK / 4
    }

    /// True when a frame has begun and not ended: the peer may not close now.
    pub(crate) fn is_mid_frame(&self) -> bool {
        self.consumed < self.chunk.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::{BufMut, BytesMut};
    use proptest::prelude::*;
    use sbwp::frame::{write_frame, MAX_PAYLOAD};
    use sbwp::message::kind;

    fn frames(rows: &[Vec<u8>]) -> Vec<u8> {
        let mut out = BytesMut::new();
        for row in rows {
            write_frame(&mut out, Header::new(kind::DATA_ROW), |out| {
                out.put_slice(row)
            })
            .unwrap();
        }
        out.to_vec()
    }

    /// Feeds `stream` in pieces and returns the payloads of all rows, as the session would collect them.
    fn collect(stream: &[u8], pieces: &[usize]) -> Vec<Vec<u8>> {
        let mut inbound = Inbound::new(MAX_PAYLOAD);
        let mut batches = Vec::new();
        let mut at = 0;
        let mut turn = 0;
        while at < stream.len() {
            if !inbound.has_room() {
                batches.extend(inbound.take_batch());
            }
            let space = inbound.space();
            let room = space.capacity() - space.len();
            let count = pieces[turn % pieces.len()].min(room).min(stream.len() - at);
            turn += 1;
            space.extend_from_slice(&stream[at..at + count]);
            at += count;
            while let Some(header) = inbound.frame().unwrap() {
                inbound.keep_row(&header);
            }
        }
        batches.extend(inbound.take_batch());
        assert!(!inbound.is_mid_frame());
        batches
            .iter()
            .flat_map(|batch| (0..batch.len()).map(|row| batch.payload(row).unwrap().to_vec()))
            .collect()
    }

    proptest! {
        #[test]
        fn rows_arrive_whole_however_the_stream_is_cut(
            rows in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..3000), 1..120),
            pieces in prop::collection::vec(1usize..70_000, 1..12),
        ) {
            prop_assert_eq!(collect(&frames(&rows), &pieces), rows);
        }
    }

    #[test]
    fn a_row_larger_than_any_chunk_arrives() {
        let rows = vec![vec![1; 10], vec![7; 3 * LARGEST_CHUNK], vec![2; 10]];
        assert_eq!(collect(&frames(&rows), &[50_000]), rows);
    }

    #[test]
    fn a_promised_length_reserves_nothing() {
        let mut inbound = Inbound::new(MAX_PAYLOAD);
        let mut header = Header::new(kind::DATA_ROW);
        header.length = MAX_PAYLOAD;
        let mut out = BytesMut::new();
        header.write(&mut out);
        inbound.space().extend_from_slice(&out);
        assert!(inbound.frame().unwrap().is_none());
        assert!(inbound.is_mid_frame());
        assert!(inbound.space().capacity() < 1024 * 1024);
    }

    #[test]
    fn a_length_above_the_limit_is_refused_at_once() {
        let mut inbound = Inbound::new(1024);
        let mut header = Header::new(kind::DATA_ROW);
        header.length = u32::MAX;
        let mut out = BytesMut::new();
        header.write(&mut out);
        inbound.space().extend_from_slice(&out);
        assert!(inbound.frame().is_err());
    }
}
