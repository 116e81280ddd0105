//! Login mechanisms: bytes in, bytes out.
