//! The messages of the copy family, in both directions.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| sbwp_fuzz::check_family(sbwp_fuzz::COPY, data));
