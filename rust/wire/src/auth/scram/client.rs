//! The client's half of a SCRAM exchange: prove the password, and insist that the server proves it too.
//!
//! Knows nothing of frames; the three messages go out and come in as bytes.

use subtle::ConstantTimeEq as _;

use super::{attribute, base64_decode, base64_encode, nonce_is_valid, utf8, xor};
use super::{IterationBounds, Mechanism, ScramError, MAX_SALT};
use crate::auth::saslprep::saslprep;

const GS2_HEADER: &str = "n,,";
/// Base64 of `GS2_HEADER`.
const CHANNEL_BINDING: &str = "c=biws";
const SERVER_FIRST: &str = "server-first message";
const SERVER_FINAL: &str = "server-final message";

enum State {
    /// The client-first message is out.
    Started {
        first_bare: String,
        password: Vec<u8>,
    },
    /// The client-final message is out; the signature the server must answer with is known.
    Proved {
        server_signature: Vec<u8>,
    },
    Verified,
    Failed,
}

/// One login attempt. `first_message`, then `respond`, then `verify`; only `Ok(())` of `verify` means
/// that the server knows the password.
pub struct ClientExchange {
    mechanism: Mechanism,
    bounds: IterationBounds,
    nonce: String,
    first_message: String,
    state: State,
}

impl std::fmt::Debug for ClientExchange {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // The password and the keys stay out of logs.
        f.debug_struct("ClientExchange")
            .field("mechanism", &self.mechanism)
            .finish_non_exhaustive()
    }
}

impl ClientExchange {
    /// Starts an exchange. `nonce` is fresh random text of the caller's (SBWP: 24 URL-safe base64
    /// characters).
    ///
    /// # Errors
    /// `BadNonce` if the nonce is empty or has characters SCRAM does not allow.
    pub fn new(
        mechanism: Mechanism,
        user: &str,
        password: &str,
        nonce: &str,
    ) -> Result<Self, ScramError> {
        if !nonce_is_valid(nonce) {
            return Err(ScramError::BadNonce);
        }
        let user = saslprep(user).replace('=', "=3D").replace(',', "=2C");
        let first_bare = format!("n={user},r={nonce}");
        Ok(ClientExchange {
            mechanism,
            bounds: IterationBounds::default(),
            nonce: nonce.to_owned(),
            first_message: format!("{GS2_HEADER}{first_bare}"),
            state: State::Started {
                first_bare,
                password: saslprep(password).as_bytes().to_vec(),
            },
        })
    }

    /// The same exchange with other limits on the server's iteration count.
    #[must_use]
    pub fn with_bounds(mut self, bounds: IterationBounds) -> Self {
        self.bounds = bounds;
        self
    }

    #[must_use]
    pub fn mechanism(&self) -> Mechanism {
        self.mechanism
    }

    /// The client-first message.
    #[must_use]
    pub fn first_message(&self) -> &[u8] {
        self.first_message.as_bytes()
    }

    /// Answers the server-first message with the client-final one.
    ///
    /// This computes PBKDF2, which takes milliseconds to seconds: call it where blocking is allowed.
    ///
    /// # Errors
    /// If the message is malformed, its nonce does not extend ours, or its iteration count is outside
    /// the bounds. The exchange is over then.
    pub fn respond(&mut self, server_first: &[u8]) -> Result<Vec<u8>, ScramError> {
        let State::Started {
            first_bare,
            password,
        } = std::mem::replace(&mut self.state, State::Failed)
        else {
            return Err(ScramError::OutOfOrder("a second server-first message"));
        };
        let text = utf8(SERVER_FIRST, server_first)?;
        let malformed = |reason| ScramError::Malformed {
            message: SERVER_FIRST,
            reason,
        };
        if let Some((error, _)) = attribute(text, 'e') {
            return Err(ScramError::Refused(error.to_owned()));
        }
        if text.starts_with("m=") {
            return Err(malformed("a mandatory extension is not supported"));
        }
        let (nonce, rest) = attribute(text, 'r').ok_or(malformed("no nonce"))?;
        if !nonce_is_valid(nonce) {
            return Err(ScramError::BadNonce);
        }
        // A server that adds nothing of its own could replay an old exchange.
        if nonce.len() <= self.nonce.len() || !nonce.starts_with(&self.nonce) {
            return Err(ScramError::NonceMismatch);
        }
        let (salt, rest) = attribute(rest, 's').ok_or(malformed("no salt"))?;
        let salt = base64_decode(salt).ok_or(malformed("salt is not base64"))?;
        if salt.is_empty() || salt.len() > MAX_SALT {
            return Err(malformed("salt has an impossible length"));
        }
        let (iterations, _) = attribute(rest, 'i').ok_or(malformed("no iteration count"))?;
        if iterations.is_empty() || !iterations.bytes().all(|b| b.is_ascii_digit()) {
            return Err(malformed("iteration count is not a number"));
        }
        let iterations = iterations.parse().unwrap_or(u32::MAX);
        let IterationBounds { min, max } = self.bounds;
        if !(min.max(1)..=max).contains(&iterations) {
            return Err(ScramError::Iterations {
                got: iterations,
                min,
                max,
            });
        }

        let mechanism = self.mechanism;
        let salted = mechanism.salted_password(&password, &salt, iterations);
        let client_key = mechanism.hmac(&salted, b"Client Key");
        let stored_key = mechanism.hash(&client_key);
        let without_proof = format!("{CHANNEL_BINDING},r={nonce}");
        let auth_message = format!("{first_bare},{text},{without_proof}");
        let client_signature = mechanism.hmac(&stored_key, auth_message.as_bytes());
        let proof = base64_encode(&xor(&client_key, &client_signature));
        let server_key = mechanism.hmac(&salted, b"Server Key");
        self.state = State::Proved {
            server_signature: mechanism.hmac(&server_key, auth_message.as_bytes()),
        };
        Ok(format!("{without_proof},p={proof}").into_bytes())
    }

    /// Checks the server-final message (`v=…`), wherever it travelled (AUTH_OK's info in SBWP).
    ///
    /// # Errors
    /// `MissingSignature` if there is none, `WrongSignature` if it is not the server's, `Refused` if the
    /// server sent `e=…`. In each case the login must be given up: the peer is not proven.
    pub fn verify(&mut self, server_final: &[u8]) -> Result<(), ScramError> {
        let State::Proved { server_signature } = std::mem::replace(&mut self.state, State::Failed)
        else {
            return Err(ScramError::OutOfOrder("a server-final message too early"));
        };
        if server_final.is_empty() {
            return Err(ScramError::MissingSignature);
        }
        let text = utf8(SERVER_FINAL, server_final)?;
        if let Some((error, _)) = attribute(text, 'e') {
            return Err(ScramError::Refused(error.to_owned()));
        }
        let (signature, _) = attribute(text, 'v').ok_or(ScramError::MissingSignature)?;
        let signature = base64_decode(signature).ok_or(ScramError::Malformed {
            message: SERVER_FINAL,
            reason: "signature is not base64",
        })?;
        if !bool::from(signature.ct_eq(&server_signature)) || signature.is_empty() {
            return Err(ScramError::WrongSignature);
        }
        self.state = State::Verified;
        Ok(())
    }

    /// Whether the server has proven that it knows the password.
    #[must_use]
    pub fn is_verified(&self) -> bool {
        matches!(self.state, State::Verified)
    }
}
