//! The manager's preamble: frames and messages read what they wrote, and survive any bytes.

#![allow(clippy::unwrap_used, clippy::panic)] // a panic is the failure report

use bytes::{BufMut, Bytes, BytesMut};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use sbwp::manager::{
    read_frame, AuthChallenge, AuthContinue, AuthResponse, AuthStart, ConnectResponse, DbConnect,
    DbInfo, Failure, Hello, ManagerError, ManagerFrame, ManagerReply, ManagerRequest,
    StatusResponse, HEADER_LEN, MAX_PAYLOAD, TOKEN,
};
use sbwp::message::EncodeError;

fn bytes() -> impl Strategy<Value = Bytes> {
    vec(any::<u8>(), 0..24).prop_map(Bytes::from)
}

fn text() -> impl Strategy<Value = String> {
    "(?s).{0,9}"
}

/// Text for a field of fixed size, which a NUL would end.
fn padded() -> impl Strategy<Value = String> {
    "[^\0]{0,8}"
}

fn request() -> impl Strategy<Value = ManagerRequest> {
    prop_oneof![
        any::<u16>().prop_map(|flags| ManagerRequest::Hello(Hello::new(flags))),
        (text(), any::<u8>(), bytes()).prop_map(|(username, method, initial)| {
            ManagerRequest::AuthStart(AuthStart {
                username,
                method,
                initial,
            })
        }),
        bytes().prop_map(|token| ManagerRequest::AuthContinue(AuthContinue { token })),
        text().prop_map(|database| ManagerRequest::DbConnect(DbConnect::Short { database })),
        (
            text(),
            text(),
            text(),
            prop_oneof![Just(0), 16..=32_usize],
            any::<u8>()
        )
            .prop_map(|(database, profile, intent, length, byte)| {
                ManagerRequest::DbConnect(DbConnect::Extended {
                    database,
                    profile,
                    intent,
                    nonce: vec![byte; length].into(),
                })
            }),
        text().prop_map(|database| ManagerRequest::DbInfo(DbInfo { database })),
        Just(ManagerRequest::DbList),
        Just(ManagerRequest::Disconnect),
        bytes().prop_map(|payload| ManagerRequest::Opaque {
            kind: 0x60,
            payload
        }),
    ]
}

fn reply() -> impl Strategy<Value = ManagerReply> {
    let failure = || {
        (text(), bytes()).prop_map(|(message, diagnostic)| Failure {
            message,
            diagnostic,
        })
    };
    prop_oneof![
        (any::<u8>(), vec((text(), text()), 0..4)).prop_map(|(request_kind, entries)| {
            ManagerReply::StatusResponse(StatusResponse {
                request_kind,
                entries,
            })
        }),
        (any::<[u8; 16]>(), padded())
            .prop_map(|(id, username)| ManagerReply::AuthChallenge(AuthChallenge { id, username })),
        (any::<u8>(), padded(), option::of(bytes())).prop_map(|(status, error, diagnostic)| {
            ManagerReply::AuthResponse(AuthResponse {
                status,
                error,
                diagnostic,
            })
        }),
        (
            any::<[u8; 3]>(),
            any::<[u8; 16]>(),
            padded(),
            padded(),
            option::of(failure())
        )
            .prop_map(|(small, id, product, product_version, error)| {
                ManagerReply::ConnectResponse(ConnectResponse {
                    failure: small[0],
                    version: u16::from(small[1]),
                    server_flags: u16::from(small[2]),
                    id,
                    product,
                    product_version,
                    error,
                })
            }),
        failure().prop_map(ManagerReply::ProtocolError),
        bytes().prop_map(|payload| ManagerReply::Unknown {
            kind: 0x42,
            payload
        }),
    ]
}

fn one_frame(bytes: &[u8]) -> ManagerFrame {
    let mut buffer = BytesMut::from(bytes);
    let frame = read_frame(&mut buffer).unwrap().unwrap();
    assert!(buffer.is_empty());
    frame
}

proptest! {
    #[test]
    fn requests_read_what_they_wrote(request in request()) {
        let mut out = BytesMut::new();
        request.write_frame(&mut out).unwrap();
        let frame = one_frame(&out);
        prop_assert_eq!(ManagerRequest::decode(frame.kind, &frame.payload), Ok(request));
    }

    #[test]
    fn replies_read_what_they_wrote(reply in reply()) {
        let mut out = BytesMut::new();
        reply.write_frame(&mut out).unwrap();
        let frame = one_frame(&out);
        prop_assert_eq!(ManagerReply::decode(frame.kind, &frame.payload), Ok(reply));
    }

    #[test]
    fn any_bytes_are_read_or_refused(kind in any::<u8>(), payload in vec(any::<u8>(), 0..300)) {
        if let Ok(request) = ManagerRequest::decode(kind, &payload) {
            let mut out = BytesMut::new();
            prop_assert_eq!(request.encode(&mut out), Ok(()));
            prop_assert_eq!(ManagerRequest::decode(kind, &out), Ok(request));
        }
        if let Ok(reply) = ManagerReply::decode(kind, &payload) {
            let mut out = BytesMut::new();
            // Damaged text is read with longer replacement characters, which may not fit its field again.
            if reply.encode(&mut out).is_ok() {
                prop_assert_eq!(ManagerReply::decode(kind, &out), Ok(reply));
            }
        }
    }

    #[test]
    fn frames_wait_for_their_bytes(payload in bytes(), cut in any::<prop::sample::Index>()) {
        let mut out = BytesMut::new();
        let request = ManagerRequest::AuthContinue(AuthContinue { token: payload });
        request.write_frame(&mut out).unwrap();
        let mut buffer = BytesMut::from(&out[..cut.index(out.len())]);
        let before = buffer.clone();
        prop_assert_eq!(read_frame(&mut buffer), Ok(None));
        prop_assert_eq!(buffer, before);
    }
}

#[test]
fn a_wrong_header_is_an_error() {
    let header = |magic: &[u8; 4], version: u16, length: u32| {
        let mut out = BytesMut::from(&magic[..]);
        out.put_u16_le(version);
        out.put_u16_le(0x65);
        out.put_u32_le(length);
        out
    };
    assert_eq!(read_frame(&mut header(b"SBDB", 0x0101, 1)), Ok(None));
    assert_eq!(
        read_frame(&mut header(b"SBWP", 0x0101, 0)),
        Err(ManagerError::Magic(*b"SBWP"))
    );
    assert_eq!(
        read_frame(&mut header(b"SBDB", 0x0100, 0)),
        Err(ManagerError::Version(0x0100))
    );
    let length = MAX_PAYLOAD + 1;
    let too_large = Err(ManagerError::TooLarge(u64::from(length)));
    assert_eq!(read_frame(&mut header(b"SBDB", 0x0101, length)), too_large);
}

#[test]
fn what_the_preamble_cannot_carry_is_refused() {
    let mut out = BytesMut::from(&b"before"[..]);
    let long = ManagerRequest::DbInfo(DbInfo {
        database: "d".repeat(4097),
    });
    let length = |result| {
        matches!(
            result,
            Err(ManagerError::Encode(EncodeError::Length { .. }))
        )
    };
    assert!(length(long.write_frame(&mut out)));
    assert_eq!(out, b"before"[..]);
    let name = ManagerReply::AuthChallenge(AuthChallenge {
        id: [0; 16],
        username: "u".repeat(65),
    });
    assert!(length(name.write_frame(&mut out)));
    let token = ManagerRequest::AuthStart(AuthStart {
        username: "u".into(),
        method: TOKEN,
        initial: vec![0; MAX_PAYLOAD as usize].into(),
    });
    assert!(matches!(
        token.write_frame(&mut out),
        Err(ManagerError::TooLarge(_))
    ));
    assert_eq!(out, b"before"[..]);

    let database = ManagerRequest::DbInfo(DbInfo {
        database: "d".repeat(4096),
    });
    database.write_frame(&mut out).unwrap();
    assert_eq!(out.len(), 6 + HEADER_LEN + 4 + 4096);
    // A nonce has 16 to 32 bytes, or none.
    assert!(ManagerRequest::decode(0x69, b"MCP1\0\0\0\0\0\0\0\0\0\0\0\0\x01\0x").is_err());
}

#[test]
fn replies_have_the_lengths_of_the_specification() {
    let mut out = BytesMut::new();
    ManagerReply::AuthResponse(AuthResponse::default())
        .encode(&mut out)
        .unwrap();
    assert_eq!(out.len(), 261);
    let mut out = BytesMut::new();
    ManagerReply::ConnectResponse(ConnectResponse::default())
        .encode(&mut out)
        .unwrap();
    assert_eq!(out.len(), 117);
}
