//! Geometries: WKB, WKT and the native notation, in both formats.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sbwp_fuzz::types;

fuzz_target!(|data: &[u8]| types::check_family(types::GEOMETRY, data));
