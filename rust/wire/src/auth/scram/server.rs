//! The server's half of a SCRAM exchange, and the verifier it keeps instead of a password.
//!
//! Knows nothing of frames, of where verifiers are stored or of who may log in: the caller looks up the
//! user that `client_first` names and hands in a verifier, a made-up one for an unknown user.

use subtle::ConstantTimeEq as _;

use super::{attribute, base64_decode, base64_encode, nonce_is_valid, utf8, xor};
use super::{Mechanism, ScramError, MAX_SALT};
use crate::auth::saslprep::saslprep;

const CLIENT_FIRST: &str = "client-first message";
const CLIENT_FINAL: &str = "client-final message";

/// What a server stores of a password: enough to check a proof, not enough to log in with.
#[derive(Clone)]
pub struct ServerVerifier {
    mechanism: Mechanism,
    salt: Vec<u8>,
    iterations: u32,
    stored_key: Vec<u8>,
    server_key: Vec<u8>,
    /// False for the made-up verifier of an unknown user: no proof is accepted.
    real: bool,
}

impl std::fmt::Debug for ServerVerifier {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // The keys stay out of logs.
        f.debug_struct("ServerVerifier")
            .field("mechanism", &self.mechanism)
            .field("iterations", &self.iterations)
            .finish_non_exhaustive()
    }
}

impl ServerVerifier {
    /// Derives the verifier of `password`. Runs PBKDF2: do it when the password is set, not at login.
    ///
    /// # Errors
    /// `Malformed` if the salt is empty or absurdly long, or the iteration count is 0.
    pub fn from_password(
        mechanism: Mechanism,
        password: &str,
        salt: &[u8],
        iterations: u32,
    ) -> Result<Self, ScramError> {
        check_cost(salt, iterations)?;
        let salted = mechanism.salted_password(saslprep(password).as_bytes(), salt, iterations);
        let client_key = mechanism.hmac(&salted, b"Client Key");
        Ok(ServerVerifier {
            mechanism,
            salt: salt.to_vec(),
            iterations,
            stored_key: mechanism.hash(&client_key),
            server_key: mechanism.hmac(&salted, b"Server Key"),
            real: true,
        })
    }

    /// A verifier read back from where it was stored.
    ///
    /// # Errors
    /// `Malformed` if a part has an impossible length.
    pub fn from_parts(
        mechanism: Mechanism,
        salt: &[u8],
        iterations: u32,
        stored_key: &[u8],
        server_key: &[u8],
    ) -> Result<Self, ScramError> {
        check_cost(salt, iterations)?;
        if stored_key.len() != mechanism.key_len() || server_key.len() != mechanism.key_len() {
            return Err(ScramError::Malformed {
                message: "verifier",
                reason: "a key has the wrong length",
            });
        }
        Ok(ServerVerifier {
            mechanism,
            salt: salt.to_vec(),
            iterations,
            stored_key: stored_key.to_vec(),
            server_key: server_key.to_vec(),
            real: true,
        })
    }

    /// The verifier of a user that does not exist: it looks and costs like a real one and always fails,
    /// so that nobody learns from the answer which users exist. The salt depends on `secret` and the
    /// user name, because a salt that changed with every attempt would give the secret away.
    ///
    /// # Errors
    /// `Malformed` if the iteration count is 0.
    pub fn of_unknown_user(
        mechanism: Mechanism,
        user: &str,
        secret: &[u8],
        iterations: u32,
    ) -> Result<Self, ScramError> {
        let mut salt = mechanism.hmac(secret, user.as_bytes());
        salt.truncate(16);
        check_cost(&salt, iterations)?;
        Ok(ServerVerifier {
            mechanism,
            stored_key: mechanism.hmac(secret, &salt),
            server_key: mechanism.hmac(&salt, secret),
            salt,
            iterations,
            real: false,
        })
    }

    #[must_use]
    pub fn mechanism(&self) -> Mechanism {
        self.mechanism
    }

    #[must_use]
    pub fn salt(&self) -> &[u8] {
        &self.salt
    }

    #[must_use]
    pub fn iterations(&self) -> u32 {
        self.iterations
    }

    #[must_use]
    pub fn stored_key(&self) -> &[u8] {
        &self.stored_key
    }

    #[must_use]
    pub fn server_key(&self) -> &[u8] {
        &self.server_key
    }
}

fn check_cost(salt: &[u8], iterations: u32) -> Result<(), ScramError> {
    let reason = if salt.is_empty() || salt.len() > MAX_SALT {
        "salt has an impossible length"
    } else if iterations == 0 {
        "iteration count is 0"
    } else {
        return Ok(());
    };
    Err(ScramError::Malformed {
        message: "verifier",
        reason,
    })
}

enum State {
    Waiting,
    Named {
        gs2_header: String,
        first_bare: String,
        client_nonce: String,
    },
    Challenged {
        gs2_header: String,
        nonce: String,
        auth_message: String,
        verifier: ServerVerifier,
    },
    Done,
}

/// One login attempt seen from the server: `client_first`, `challenge`, `finish`.
pub struct ServerExchange {
    mechanism: Mechanism,
    nonce: String,
    state: State,
}

impl std::fmt::Debug for ServerExchange {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ServerExchange")
            .field("mechanism", &self.mechanism)
            .finish_non_exhaustive()
    }
}

impl ServerExchange {
    /// Starts an exchange. `nonce` is fresh random text of the caller's.
    ///
    /// # Errors
    /// `BadNonce` if the nonce is empty or has characters SCRAM does not allow.
    pub fn new(mechanism: Mechanism, nonce: &str) -> Result<Self, ScramError> {
        if !nonce_is_valid(nonce) {
            return Err(ScramError::BadNonce);
        }
        Ok(ServerExchange {
            mechanism,
            nonce: nonce.to_owned(),
            state: State::Waiting,
        })
    }

    /// Reads the client-first message and returns the user name in it.
    ///
    /// # Errors
    /// If the message is malformed, or asks for channel binding or another identity.
    pub fn client_first(&mut self, message: &[u8]) -> Result<String, ScramError> {
        if !matches!(self.state, State::Waiting) {
            return Err(ScramError::OutOfOrder("a second client-first message"));
        }
        self.state = State::Done;
        let malformed = |reason| ScramError::Malformed {
            message: CLIENT_FIRST,
            reason,
        };
        let text = utf8(CLIENT_FIRST, message)?;
        let (flag, rest) = text.split_once(',').ok_or(malformed("no GS2 header"))?;
        match flag {
            // "y": the client could bind a channel and saw that the server cannot, which is the case.
            "n" | "y" => {}
            _ if flag.starts_with("p=") => return Err(ScramError::ChannelBinding),
            _ => return Err(malformed("unknown GS2 flag")),
        }
        let (identity, first_bare) = rest.split_once(',').ok_or(malformed("no GS2 header"))?;
        let gs2_header = format!("{flag},{identity},");
        if first_bare.starts_with("m=") {
            return Err(malformed("a mandatory extension is not supported"));
        }
        let (escaped, rest) = attribute(first_bare, 'n').ok_or(malformed("no user name"))?;
        let user = unescape(escaped).ok_or(malformed("wrong escape in the user name"))?;
        if !identity.is_empty() && identity.strip_prefix("a=") != Some(escaped) {
            return Err(malformed("another authorization identity is not supported"));
        }
        let (client_nonce, _) = attribute(rest, 'r').ok_or(malformed("no nonce"))?;
        if !nonce_is_valid(client_nonce) {
            return Err(ScramError::BadNonce);
        }
        self.state = State::Named {
            gs2_header,
            first_bare: first_bare.to_owned(),
            client_nonce: client_nonce.to_owned(),
        };
        Ok(user)
    }

    /// The server-first message for the user's verifier.
    ///
    /// # Errors
    /// `OutOfOrder` before `client_first`, or if the verifier is of another mechanism.
    pub fn challenge(&mut self, verifier: ServerVerifier) -> Result<Vec<u8>, ScramError> {
        let State::Named {
            gs2_header,
            first_bare,
            client_nonce,
        } = std::mem::replace(&mut self.state, State::Done)
        else {
            return Err(ScramError::OutOfOrder("a challenge before client-first"));
        };
        if verifier.mechanism != self.mechanism {
            return Err(ScramError::OutOfOrder("a verifier of another mechanism"));
        }
        let nonce = format!("{client_nonce}{}", self.nonce);
        let server_first = format!(
            "r={nonce},s={},i={}",
            base64_encode(&verifier.salt),
            verifier.iterations
        );
        self.state = State::Challenged {
            gs2_header,
            nonce,
            auth_message: format!("{first_bare},{server_first}"),
            verifier,
        };
        Ok(server_first.into_bytes())
    }

    /// Checks the client-final message and returns the server-final one (`v=…`).
    ///
    /// # Errors
    /// `WrongProof` if the client does not know the password or the user is unknown; otherwise the
    /// message is malformed or belongs to another exchange.
    pub fn finish(&mut self, client_final: &[u8]) -> Result<Vec<u8>, ScramError> {
        let State::Challenged {
            gs2_header,
            nonce,
            auth_message,
            verifier,
        } = std::mem::replace(&mut self.state, State::Done)
        else {
            return Err(ScramError::OutOfOrder("client-final before the challenge"));
        };
        let malformed = |reason| ScramError::Malformed {
            message: CLIENT_FINAL,
            reason,
        };
        let text = utf8(CLIENT_FINAL, client_final)?;
        let (binding, rest) = attribute(text, 'c').ok_or(malformed("no channel binding"))?;
        let binding = base64_decode(binding).ok_or(malformed("binding is not base64"))?;
        if binding != gs2_header.as_bytes() {
            return Err(ScramError::ChannelBinding);
        }
        let (got_nonce, _) = attribute(rest, 'r').ok_or(malformed("no nonce"))?;
        if !bool::from(got_nonce.as_bytes().ct_eq(nonce.as_bytes())) {
            return Err(ScramError::NonceMismatch);
        }
        // The proof is the last attribute; the signature covers everything before its comma.
        let (without_proof, proof) = text.rsplit_once(",p=").ok_or(malformed("no proof"))?;
        let proof = base64_decode(proof).ok_or(malformed("proof is not base64"))?;
        if proof.len() != self.mechanism.key_len() {
            return Err(malformed("proof has the wrong length"));
        }
        let mechanism = self.mechanism;
        let auth_message = format!("{auth_message},{without_proof}");
        let client_signature = mechanism.hmac(&verifier.stored_key, auth_message.as_bytes());
        let client_key = xor(&proof, &client_signature);
        let proven = mechanism.hash(&client_key).ct_eq(&verifier.stored_key);
        let signature = mechanism.hmac(&verifier.server_key, auth_message.as_bytes());
        if !bool::from(proven & subtle::Choice::from(u8::from(verifier.real))) {
            return Err(ScramError::WrongProof);
        }
        Ok(format!("v={}", base64_encode(&signature)).into_bytes())
    }
}

/// A user name with `=2C` and `=3D` undone; None if another `=` stands in it.
fn unescape(escaped: &str) -> Option<String> {
    let mut out = String::with_capacity(escaped.len());
    let mut parts = escaped.split('=');
    out.push_str(parts.next()?);
    for part in parts {
        if let Some(rest) = part.strip_prefix("2C") {
            out.push(',');
            out.push_str(rest);
        } else {
            out.push('=');
            out.push_str(part.strip_prefix("3D")?);
        }
    }
    Some(out)
}
