//! Who may log in and how: names, passwords, tokens. Comparing takes the same time whatever is wrong.

use std::collections::HashMap;

use sbwp::auth::scram::{Mechanism, ScramError, ServerVerifier};
use subtle::ConstantTimeEq;

/// How clients prove who they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Method {
    Password,
    #[value(name = "scram-sha-256")]
    ScramSha256,
    #[value(name = "scram-sha-512")]
    ScramSha512,
    Token,
}

const ITERATIONS: u32 = 4096;

/// The users of a server. The secret of a user is the password, or the token where tokens are asked for.
pub struct Users {
    method: Method,
    secrets: HashMap<String, String>,
    verifiers: HashMap<String, ServerVerifier>,
    pepper: [u8; 32],
}

#[derive(Debug, thiserror::Error)]
pub enum UsersError {
    #[error("no randomness: {0}")]
    Random(getrandom::Error),
    #[error("a verifier could not be made: {0}")]
    Scram(#[from] ScramError),
}

impl From<getrandom::Error> for UsersError {
    fn from(error: getrandom::Error) -> Self {
        Self::Random(error)
    }
}

impl Users {
    pub fn new(method: Method, users: &[(String, String)]) -> Result<Self, UsersError> {
        let mut pepper = [0_u8; 32];
        getrandom::fill(&mut pepper)?;
        let mut verifiers = HashMap::new();
        if let Some(mechanism) = mechanism(method) {
            for (user, password) in users {
                let mut salt = [0_u8; 16];
                getrandom::fill(&mut salt)?;
                let verifier =
                    ServerVerifier::from_password(mechanism, password, &salt, ITERATIONS)?;
                verifiers.insert(user.clone(), verifier);
            }
        }
        Ok(Self {
            method,
            secrets: users.iter().cloned().collect(),
            verifiers,
            pepper,
        })
    }

    pub fn method(&self) -> Method {
        self.method
    }

    /// Whether `secret` is the password or token of `user`.
    pub fn verify(&self, user: &str, secret: &[u8]) -> bool {
        let known = self.secrets.get(user);
        let expected = known.map_or("", String::as_str);
        same(expected.as_bytes(), secret) && known.is_some() && !secret.is_empty()
    }

    /// The verifier for a SCRAM exchange; one that nothing satisfies for an unknown user.
    pub fn verifier(&self, user: &str) -> Result<ServerVerifier, ScramError> {
        match self.verifiers.get(user) {
            Some(verifier) => Ok(verifier.clone()),
            None => {
                let mechanism = mechanism(self.method).unwrap_or(Mechanism::Sha256);
                ServerVerifier::of_unknown_user(mechanism, user, &self.pepper, ITERATIONS)
            }
        }
    }
}

pub fn mechanism(method: Method) -> Option<Mechanism> {
    match method {
        Method::ScramSha256 => Some(Mechanism::Sha256),
        Method::ScramSha512 => Some(Mechanism::Sha512),
        Method::Password | Method::Token => None,
    }
}

/// The longest secret a user may have.
pub const MAX_SECRET: usize = 1024;

/// Secrets are compared in buffers of one size, so that not even their length shows in the time it takes.
fn same(expected: &[u8], given: &[u8]) -> bool {
    let padded = |text: &[u8]| {
        let mut buffer = [0_u8; MAX_SECRET];
        for (to, from) in buffer.iter_mut().zip(text) {
            *to = *from;
        }
        buffer
    };
    let length = (expected.len() as u64).ct_eq(&(given.len() as u64));
    bool::from(length & padded(expected).ct_eq(&padded(given)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn users(method: Method) -> Users {
        Users::new(
            method,
            &[
                ("alice".to_owned(), "sesame".to_owned()),
                ("bob".to_owned(), String::new()),
            ],
        )
        .unwrap()
    }

    #[test]
    fn passwords() {
        let users = users(Method::Password);
        assert!(users.verify("alice", b"sesame"));
        for (user, secret) in [
            ("alice", "sesame "),
            ("alice", ""),
            ("bob", ""),
            ("carol", "sesame"),
            ("carol", ""),
            ("alice", "sesame\0"),
        ] {
            assert!(!users.verify(user, secret.as_bytes()), "{user} {secret:?}");
        }
        assert!(!users.verify("alice", &[b'x'; 5000]));
    }

    #[test]
    fn an_unknown_user_has_a_verifier_that_stays_the_same() {
        let users = users(Method::ScramSha512);
        let first = users.verifier("mallory").unwrap();
        let second = users.verifier("mallory").unwrap();
        assert_eq!(first.salt(), second.salt());
        assert_eq!(first.mechanism(), Mechanism::Sha512);
    }
}
