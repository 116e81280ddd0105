//! The messages of the result family, in both directions.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| sbwp_fuzz::check_family(sbwp_fuzz::RESULT, data));
