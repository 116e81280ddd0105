#![forbid(unsafe_code)]
//! SBWP 1.1, the native wire protocol of ScratchBird: bytes only, no I/O, no clock, no Tokio.
