//! Authentication exchanges of SBWP 3.1.4 as pure computations on bytes.
//!
//! Knows nothing of frames, sockets or randomness: nonces and salts come from the caller.

pub mod saslprep;
pub mod scram;

pub use scram::{
    ClientExchange, IterationBounds, Mechanism, ScramError, ServerExchange, ServerVerifier,
};
