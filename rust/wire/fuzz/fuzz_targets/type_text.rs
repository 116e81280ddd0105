//! Text, documents and types nobody knows, in both formats.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sbwp_fuzz::types;

fuzz_target!(|data: &[u8]| types::check_family(types::TEXT, data));
