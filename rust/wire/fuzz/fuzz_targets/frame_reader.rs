//! A byte stream in pieces: the first byte is the size of a piece, the second says which parts to believe in.
#![no_main]

use bytes::BytesMut;
use libfuzzer_sys::fuzz_target;
use sbwp::frame::{FrameReader, PartialQuery, HEADER_LEN};

const LIMIT: u32 = 2_000;

fuzz_target!(|data: &[u8]| {
    let [size, join, stream @ ..] = data else {
        return;
    };
    let mut reader = FrameReader::new(LIMIT);
    let mut parts = PartialQuery::default();
    let mut whole = BytesMut::new();
    let mut taken = 0;
    for piece in stream.chunks(usize::from(*size) + 1) {
        reader.push(piece);
        loop {
            let frame = match reader.next_frame() {
                Ok(Some(frame)) => frame,
                Ok(None) => break,
                Err(_) => return,
            };
            assert!(frame.header.length <= LIMIT);
            assert_eq!(frame.payload.len(), frame.header.length as usize);
            frame.header.write(&mut whole);
            whole.extend_from_slice(&frame.payload);
            taken += HEADER_LEN + frame.payload.len();
            if join & 1 == 1 {
                match parts.accept(frame) {
                    Ok(Some(frame)) => {
                        assert_eq!(frame.payload.len(), frame.header.length as usize)
                    }
                    Ok(None) => assert!(parts.is_open()),
                    Err(_) => return,
                }
            }
        }
        assert!(reader.missing() > 0);
    }
    // The frames are the stream, byte for byte.
    assert_eq!(whole, stream[..taken]);
    assert_eq!(reader.buffered(), stream.len() - taken);
});
