//! Any code in any direction: direction, code, payload.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sbwp_fuzz::{check, Sender};

fuzz_target!(|data: &[u8]| {
    if let [from, code, payload @ ..] = data {
        let from = if from & 1 == 0 {
            Sender::Client
        } else {
            Sender::Server
        };
        check(from, *code, payload);
    }
});
