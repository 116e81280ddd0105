//! Frames: headers, limits, writing in place, reading from pieces, a QUERY in parts.

#![allow(clippy::unwrap_used, clippy::panic)] // a panic is the failure report

use bytes::{BufMut, Bytes, BytesMut};
use proptest::collection::vec;
use proptest::prelude::*;
use sbwp::frame::{
    begin_frame, flags, try_write_frame, write_frame, write_query_in_parts, Frame, FrameError,
    FrameReader, Header, PartialError, PartialQuery, HEADER_LEN, MAX_PAYLOAD,
};
use sbwp::message::{encode_query, kind, EncodeError};

fn header() -> impl Strategy<Value = Header> {
    (
        any::<u8>(),
        any::<u8>(),
        any::<u32>(),
        any::<[u8; 16]>(),
        any::<u64>(),
    )
        .prop_map(|(kind, flags, sequence, attachment, transaction)| Header {
            kind,
            flags,
            length: 0,
            sequence,
            attachment,
            transaction,
        })
}

fn frame(kind: u8, flags: u8, payload: &'static [u8]) -> Frame {
    let mut header = Header::new(kind);
    header.flags = flags;
    header.length = payload.len() as u32;
    Frame {
        header,
        payload: Bytes::from_static(payload),
    }
}

#[test]
fn the_example_ping_of_the_specification() {
    let mut header = Header::new(kind::PING);
    header.sequence = 5;
    header.attachment = [
        0x01, 0x9a, 0x1b, 0x2c, 0x3d, 0x4e, 0x7f, 0x60, 0xa1, 0xb2, 0xc3, 0xd4, 0xe5, 0xf6, 0x07,
        0x18,
    ];
    header.transaction = 42;
    let mut out = BytesMut::new();
    write_frame(&mut out, header, |_| ()).unwrap();
    let expected = [
        0x53, 0x42, 0x57, 0x50, 0x01, 0x01, 0x1b, 0x00, 0x00, 0x00, 0x00, 0x00, 0x05, 0x00, 0x00,
        0x00, 0x01, 0x9a, 0x1b, 0x2c, 0x3d, 0x4e, 0x7f, 0x60, 0xa1, 0xb2, 0xc3, 0xd4, 0xe5, 0xf6,
        0x07, 0x18, 0x2a, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
    ];
    assert_eq!(out[..], expected);
    assert_eq!(Header::parse(&out, MAX_PAYLOAD), Ok(Some(header)));
}

#[test]
fn a_broken_header_is_an_error_as_soon_as_it_shows() {
    for length in 0..=4 {
        assert_eq!(Header::parse(&b"SBWP"[..length], MAX_PAYLOAD), Ok(None));
    }
    assert_eq!(
        Header::parse(b"H", MAX_PAYLOAD),
        Err(FrameError::Magic(b"H".to_vec()))
    );
    assert_eq!(
        Header::parse(b"SBX", MAX_PAYLOAD),
        Err(FrameError::Magic(b"SBX".to_vec()))
    );
    let version = |major, minor| Err(FrameError::Version { major, minor });
    assert_eq!(Header::parse(b"SBWP\x02", MAX_PAYLOAD), version(2, 0));
    assert_eq!(Header::parse(b"SBWP\x01\x00", MAX_PAYLOAD), version(1, 0));
    assert_eq!(Header::parse(b"SBWP\x01\x01", MAX_PAYLOAD), Ok(None));
    // What an HTTP or TLS peer sends.
    assert!(Header::parse(b"HTTP/1.1 400 Bad Request\r\n", MAX_PAYLOAD).is_err());
    assert!(Header::parse(&[0x16, 3, 1], MAX_PAYLOAD).is_err());
}

#[test]
fn a_length_above_the_limit_is_refused_before_the_payload() {
    let mut out = BytesMut::new();
    let mut header = Header::new(kind::QUERY);
    header.length = u32::MAX;
    header.write(&mut out);
    let mut reader = FrameReader::default();
    reader.push(&out);
    let (length, max) = (u64::from(u32::MAX), MAX_PAYLOAD);
    assert_eq!(
        reader.next_frame(),
        Err(FrameError::TooLarge { length, max })
    );

    let mut out = BytesMut::new();
    write_frame(&mut out, Header::new(kind::PING), |out| {
        out.put_slice(b"12345")
    })
    .unwrap();
    let refused = Header::parse(&out, 4);
    assert_eq!(refused, Err(FrameError::TooLarge { length: 5, max: 4 }));
    assert!(Header::parse(&out, 5).unwrap().is_some());
}

#[test]
fn a_frame_that_cannot_be_written_leaves_nothing_behind() {
    let mut out = BytesMut::from(&b"before"[..]);
    let header = Header::new(kind::QUERY);
    let nul = write_frame(&mut out, header, |out| {
        encode_query(out, 0, 0, 0, "SELECT '\0'")
    });
    assert!(matches!(
        nul,
        Err(FrameError::Encode(EncodeError::Nul { .. }))
    ));
    assert_eq!(out, b"before"[..]);

    let too_large = write_frame(&mut out, header, |out| {
        out.put_bytes(0, MAX_PAYLOAD as usize + 1)
    });
    assert!(matches!(too_large, Err(FrameError::TooLarge { .. })));
    assert_eq!(out, b"before"[..]);

    #[derive(Debug, PartialEq)]
    enum Mine {
        Frame,
        Value,
    }
    impl From<FrameError> for Mine {
        fn from(_: FrameError) -> Self {
            Mine::Frame
        }
    }
    let mine = try_write_frame(&mut out, header, |out| {
        out.put_slice(b"half");
        Err(Mine::Value)
    });
    assert_eq!(mine, Err(Mine::Value));
    assert_eq!(out, b"before"[..]);

    let open = begin_frame(&mut out, header);
    out.put_slice(b"abc");
    open.finish(&mut out).unwrap();
    let header = Header::parse(&out[6..], MAX_PAYLOAD).unwrap().unwrap();
    assert_eq!(header.length, 3);
    assert_eq!(out.len(), 6 + HEADER_LEN + 3);
}

#[test]
fn the_largest_payload_is_allowed() {
    let mut out = BytesMut::new();
    write_frame(&mut out, Header::new(kind::COPY_DATA), |out| {
        out.put_bytes(7, MAX_PAYLOAD as usize)
    })
    .unwrap();
    let mut reader = FrameReader::default();
    reader.push(&out);
    assert_eq!(
        reader.next_frame().unwrap().unwrap().payload.len(),
        MAX_PAYLOAD as usize
    );
}

#[test]
fn the_reader_says_what_it_needs() {
    let mut reader = FrameReader::default();
    assert_eq!((reader.missing(), reader.buffered()), (HEADER_LEN, 0));
    let mut out = BytesMut::new();
    write_frame(&mut out, Header::new(kind::PING), |out| {
        out.put_slice(b"12345")
    })
    .unwrap();
    reader.push(&out[..HEADER_LEN + 1]);
    assert_eq!(reader.next_frame(), Ok(None));
    assert_eq!((reader.missing(), reader.buffered()), (4, HEADER_LEN + 1));
    reader
        .buffer_mut()
        .extend_from_slice(&out[HEADER_LEN + 1..]);
    assert_eq!(reader.next_frame().unwrap().unwrap().payload, b"12345"[..]);
    assert_eq!(reader.buffered(), 0);
}

#[test]
fn parts_of_a_query_come_together_and_nothing_else_does() {
    let mut parts = PartialQuery::default();
    let ping = frame(kind::PING, 0, b"x");
    assert_eq!(parts.accept(ping.clone()), Ok(Some(ping.clone())));

    assert_eq!(
        parts.accept(frame(kind::QUERY, flags::PARTIAL, b"ab")),
        Ok(None)
    );
    assert!(parts.is_open());
    // A part without either flag is one more part.
    assert_eq!(parts.accept(frame(kind::QUERY, 0, b"cd")), Ok(None));
    let whole = parts
        .accept(frame(kind::QUERY, flags::FINAL, b"ef"))
        .unwrap()
        .unwrap();
    assert_eq!(
        (whole.header.length, &whole.payload[..]),
        (6, &b"abcdef"[..])
    );
    assert!(!parts.is_open());

    let last_only = parts
        .accept(frame(kind::QUERY, flags::FINAL, b"all"))
        .unwrap()
        .unwrap();
    assert_eq!(last_only.payload, b"all"[..]);

    let wrong = parts.accept(frame(kind::PARSE, flags::PARTIAL, b""));
    assert_eq!(wrong, Err(PartialError::InvalidMessage(kind::PARSE)));
    assert_eq!(
        parts.accept(frame(kind::QUERY, flags::PARTIAL, b"ab")),
        Ok(None)
    );
    assert_eq!(
        parts.accept(ping),
        Err(PartialError::InvalidMessage(kind::PING))
    );

    let mut parts = PartialQuery::new(5);
    assert_eq!(
        parts.accept(frame(kind::QUERY, flags::PARTIAL, b"abc")),
        Ok(None)
    );
    let over = parts.accept(frame(kind::QUERY, flags::FINAL, b"def"));
    assert_eq!(over, Err(PartialError::TooLarge(5)));

    let mut parts = PartialQuery::default();
    let half = Bytes::from(vec![b' '; MAX_PAYLOAD as usize / 2 + 1]);
    let mut large = frame(kind::QUERY, flags::PARTIAL, b"");
    large.payload = half;
    assert_eq!(parts.accept(large.clone()), Ok(None));
    assert_eq!(
        parts.accept(large),
        Err(PartialError::TooLarge(MAX_PAYLOAD))
    );
}

proptest! {
    #[test]
    fn frames_read_back_from_pieces_of_any_size(
        frames in vec((header(), vec(any::<u8>(), 0..200)), 1..8),
        pieces in vec(1..90_usize, 1..20),
    ) {
        let mut stream = BytesMut::new();
        for (header, payload) in &frames {
            write_frame(&mut stream, *header, |out| out.put_slice(payload)).unwrap();
        }
        let mut reader = FrameReader::default();
        let mut read = Vec::new();
        let mut sizes = pieces.iter().cycle();
        let mut rest = &stream[..];
        while !rest.is_empty() {
            let (piece, after) = rest.split_at(rest.len().min(*sizes.next().unwrap()));
            reader.push(piece);
            rest = after;
            while let Some(frame) = reader.next_frame().unwrap() {
                read.push(frame);
            }
        }
        prop_assert_eq!(read.len(), frames.len());
        for (frame, (header, payload)) in read.iter().zip(&frames) {
            let expected = Header { length: payload.len() as u32, ..*header };
            prop_assert_eq!(frame.header, expected);
            prop_assert_eq!(&frame.payload[..], &payload[..]);
        }
    }

    #[test]
    fn a_query_in_parts_is_one_query(
        header in header(),
        payload in vec(any::<u8>(), 0..100),
        part in 0..40_usize,
    ) {
        let header = Header { kind: kind::QUERY, flags: 0, ..header };
        let mut stream = BytesMut::new();
        let frames = write_query_in_parts(&mut stream, header, &payload, part).unwrap();
        prop_assert_eq!(frames as usize, payload.len().div_ceil(part.max(1)).max(1));
        let mut reader = FrameReader::default();
        reader.push(&stream);
        let mut parts = PartialQuery::default();
        let mut whole = Vec::new();
        let mut sequence = header.sequence;
        while let Some(frame) = reader.next_frame().unwrap() {
            prop_assert_eq!(frame.header.sequence, sequence);
            sequence = sequence.wrapping_add(1);
            whole.extend(parts.accept(frame).unwrap());
        }
        prop_assert_eq!(whole.len(), 1);
        prop_assert_eq!(&whole[0].payload[..], &payload[..]);
    }

    #[test]
    fn any_bytes_are_frames_or_an_error(bytes in vec(any::<u8>(), 0..200), magic in any::<bool>()) {
        let mut stream = bytes;
        if magic && stream.len() > 6 {
            stream[..6].copy_from_slice(b"SBWP\x01\x01");
        }
        let mut reader = FrameReader::new(64);
        reader.push(&stream);
        while let Ok(Some(frame)) = reader.next_frame() {
            prop_assert_eq!(frame.payload.len(), frame.header.length as usize);
            prop_assert!(frame.payload.len() <= 64);
        }
    }
}
