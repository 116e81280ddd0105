//! SCRAM-SHA-256 and SCRAM-SHA-512 (RFC 5802, RFC 7677) as SBWP 3.1.4 runs them: no channel binding.
//!
//! Knows nothing of frames or randomness. This file holds what both sides share: the mechanism, its key
//! derivation and the attribute syntax; the exchanges are in `client` and `server`.

mod client;
mod server;

pub use client::ClientExchange;
pub use server::{ServerExchange, ServerVerifier};

use base64::engine::general_purpose::STANDARD as BASE64;
use base64::Engine as _;
use hmac::{Hmac, Mac as _};
use sha2::{Digest as _, Sha256, Sha512};

/// The longest salt accepted, in bytes, on either side.
pub(crate) const MAX_SALT: usize = 1024;
/// The longest message accepted, in bytes: far above anything a user name and two nonces need.
pub(crate) const MAX_MESSAGE: usize = 16 * 1024;

/// The hash a SCRAM exchange runs on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Mechanism {
    Sha256,
    Sha512,
}

impl Mechanism {
    /// The SASL name of the mechanism.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Mechanism::Sha256 => "SCRAM-SHA-256",
            Mechanism::Sha512 => "SCRAM-SHA-512",
        }
    }

    /// The method code of AUTH_REQUEST (SBWP 3.1.2).
    #[must_use]
    pub fn method(self) -> u8 {
        match self {
            Mechanism::Sha256 => 3,
            Mechanism::Sha512 => 4,
        }
    }

    /// The mechanism of an AUTH_REQUEST method code, if the code is a SCRAM one.
    #[must_use]
    pub fn from_method(method: u8) -> Option<Self> {
        match method {
            3 => Some(Mechanism::Sha256),
            4 => Some(Mechanism::Sha512),
            _ => None,
        }
    }

    /// Bytes in a key or signature of this mechanism.
    #[must_use]
    pub fn key_len(self) -> usize {
        match self {
            Mechanism::Sha256 => 32,
            Mechanism::Sha512 => 64,
        }
    }

    pub(crate) fn hash(self, data: &[u8]) -> Vec<u8> {
        match self {
            Mechanism::Sha256 => Sha256::digest(data).to_vec(),
            Mechanism::Sha512 => Sha512::digest(data).to_vec(),
        }
    }

    pub(crate) fn hmac(self, key: &[u8], data: &[u8]) -> Vec<u8> {
        // `new_from_slice` of an HMAC takes keys of any length, so the error arm has nothing to report;
        // a key that could not be set up yields a value no signature equals.
        match self {
            Mechanism::Sha256 => Hmac::<Sha256>::new_from_slice(key)
                .map(|mac| mac.chain_update(data).finalize().into_bytes().to_vec()),
            Mechanism::Sha512 => Hmac::<Sha512>::new_from_slice(key)
                .map(|mac| mac.chain_update(data).finalize().into_bytes().to_vec()),
        }
        .unwrap_or_default()
    }

    /// `Hi` of RFC 5802: PBKDF2 with one block.
    pub(crate) fn salted_password(self, password: &[u8], salt: &[u8], iterations: u32) -> Vec<u8> {
        let mut out = vec![0; self.key_len()];
        match self {
            Mechanism::Sha256 => {
                pbkdf2::pbkdf2_hmac::<Sha256>(password, salt, iterations, &mut out);
            }
            Mechanism::Sha512 => {
                pbkdf2::pbkdf2_hmac::<Sha512>(password, salt, iterations, &mut out);
            }
        }
        out
    }
}

/// The iteration counts a client is willing to compute. Below is too weak to send a proof for; above
/// lets a server burn the client's time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IterationBounds {
    pub min: u32,
    pub max: u32,
}

impl Default for IterationBounds {
    fn default() -> Self {
        IterationBounds {
            min: 4096,
            max: 10_000_000,
        }
    }
}

/// Why a SCRAM exchange ended.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ScramError {
    #[error("SCRAM {message} is malformed: {reason}")]
    Malformed {
        message: &'static str,
        reason: &'static str,
    },
    #[error("SCRAM step taken out of order: {0}")]
    OutOfOrder(&'static str),
    #[error("SCRAM nonce must be printable ASCII without a comma, and not empty")]
    BadNonce,
    #[error("the server's SCRAM nonce does not extend the client's")]
    NonceMismatch,
    #[error("SCRAM iteration count {got} is outside {min}..={max}")]
    Iterations { got: u32, min: u32, max: u32 },
    #[error("the server refused the SCRAM exchange: {0}")]
    Refused(String),
    #[error("the server did not prove that it knows the password (no SCRAM signature)")]
    MissingSignature,
    #[error("the server's SCRAM signature is wrong: it does not know the password")]
    WrongSignature,
    #[error("channel binding was asked for and is not available")]
    ChannelBinding,
    #[error("the SCRAM proof is wrong")]
    WrongProof,
}

/// Whether `nonce` has only characters RFC 5802 allows (printable ASCII without the comma).
pub(crate) fn nonce_is_valid(nonce: &str) -> bool {
    !nonce.is_empty()
        && nonce
            .bytes()
            .all(|b| (0x21..=0x7e).contains(&b) && b != b',')
}

/// The value of attribute `name` at the start of `text`, and what follows the comma after it.
pub(crate) fn attribute(text: &str, name: char) -> Option<(&str, &str)> {
    let rest = text.strip_prefix(name)?.strip_prefix('=')?;
    Some(rest.split_once(',').unwrap_or((rest, "")))
}

pub(crate) fn base64_encode(data: &[u8]) -> String {
    BASE64.encode(data)
}

pub(crate) fn base64_decode(text: &str) -> Option<Vec<u8>> {
    BASE64.decode(text).ok()
}

pub(crate) fn utf8<'a>(message: &'static str, bytes: &'a [u8]) -> Result<&'a str, ScramError> {
    if bytes.len() > MAX_MESSAGE {
        return Err(ScramError::Malformed {
            message,
            reason: "too long",
        });
    }
    std::str::from_utf8(bytes).map_err(|_| ScramError::Malformed {
        message,
        reason: "not UTF-8",
    })
}

/// `a XOR b` over the shorter of the two; callers pass keys of one mechanism.
pub(crate) fn xor(a: &[u8], b: &[u8]) -> Vec<u8> {
    a.iter().zip(b).map(|(x, y)| x ^ y).collect()
}
