//! The manager's preamble: frames off a stream, and every message in them.
#![no_main]

use bytes::BytesMut;
use libfuzzer_sys::fuzz_target;
use sbwp::manager::{read_frame, ManagerReply, ManagerRequest};

fuzz_target!(|data: &[u8]| {
    let mut buffer = BytesMut::from(data);
    while let Ok(Some(frame)) = read_frame(&mut buffer) {
        assert!(frame.payload.len() <= data.len());
    }
    let Some((kind, payload)) = data.split_first() else {
        return;
    };
    if let Ok(request) = ManagerRequest::decode(*kind, payload) {
        let mut out = BytesMut::new();
        request
            .encode(&mut out)
            .expect("what was read can be written");
        assert_eq!(ManagerRequest::decode(*kind, &out), Ok(request));
    }
    if let Ok(reply) = ManagerReply::decode(*kind, payload) {
        let mut out = BytesMut::new();
        // Damaged text is read with longer replacement characters, which may not fit its field again.
        if reply.encode(&mut out).is_ok() {
            assert_eq!(ManagerReply::decode(*kind, &out), Ok(reply));
        }
    }
});
