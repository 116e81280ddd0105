//! The login itself: AUTH_REQUEST, the client's proof, and the refusal that tells nothing about why.

use sbwp::auth::scram::ServerExchange;
use sbwp::message::{kind, method, stage, AuthContinue, AuthRequest};

use super::startup::Opening;
use super::Lobby;
use crate::backend::Report;
use crate::client::Request;
use crate::session::{refusal, Agreement, End};
use crate::users::Method;

fn authentication_failed() -> Report {
    refusal(
        "28000",
        "Authentication failed.",
        "SECURITY.AUTHENTICATION.FAILED",
    )
}

fn method_code(method: Method) -> u8 {
    match method {
        Method::Password => method::PASSWORD,
        Method::ScramSha256 => method::SCRAM_SHA_256,
        Method::ScramSha512 => method::SCRAM_SHA_512,
        Method::Token => method::TOKEN,
    }
}

fn random<const N: usize>() -> Result<[u8; N], Report> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes)
        .map_err(|error| Report::error("XX000", format!("no randomness: {error}")))?;
    Ok(bytes)
}

impl Lobby {
    /// Has the client prove who it is; what is left to send is the last word of the exchange.
    pub(super) async fn login(&mut self, opening: Opening) -> Result<Agreement, End> {
        let method = self.server.users.method();
        let request = AuthRequest {
            method: method_code(method),
            ..AuthRequest::default()
        };
        self.client
            .send(kind::AUTH_REQUEST, |out| request.encode(out))?;
        let proved = match method {
            Method::Password | Method::Token => {
                let secret = self.proof().await?;
                match self.server.users.verify(&opening.user, &secret.payload) {
                    true => Some(Vec::new()),
                    false => None,
                }
            }
            Method::ScramSha256 | Method::ScramSha512 => self.scram(&opening.user, method).await?,
        };
        let Some(last_word) = proved else {
            self.fatal(&authentication_failed())?;
            return Err(End::Refused);
        };
        if !opening.database.is_empty() && opening.database != self.server.database {
            let sentence = format!("this server serves the database {:?}", self.server.database);
            self.fatal(&refusal(
                "28000",
                "PARSER_SERVER_IPC.AUTH_DATABASE_MISMATCH",
                &sentence,
            ))?;
            return Err(End::Refused);
        }
        let mut agreement = Agreement::from(opening);
        agreement.last_word = last_word;
        agreement.session = match random::<16>() {
            Ok(mut id) => {
                // A random UUID, version 4.
                id[6] = (id[6] & 0x0f) | 0x40;
                id[8] = (id[8] & 0x3f) | 0x80;
                id
            }
            Err(report) => {
                self.fatal(&report)?;
                return Err(End::Refused);
            }
        };
        Ok(agreement)
    }

    async fn proof(&mut self) -> Result<Request, End> {
        loop {
            let request = self.next().await?;
            match request.header.kind {
                kind::AUTH_RESPONSE => return Ok(request),
                kind::PING => self.pong(&request)?,
                kind::TERMINATE => return Err(End::Terminated),
                _ => self.fatal(&refusal(
                    "08P01",
                    "expected AUTH_RESPONSE after AUTH_REQUEST",
                    "",
                ))?,
            }
        }
    }

    /// The SCRAM exchange; the server's signature if the client's proof holds.
    async fn scram(&mut self, user: &str, method: Method) -> Result<Option<Vec<u8>>, End> {
        let Some(mechanism) = crate::users::mechanism(method) else {
            return Ok(None);
        };
        let nonce = match random::<18>() {
            Ok(bytes) => base64::Engine::encode(&base64::engine::general_purpose::STANDARD, bytes),
            Err(report) => {
                self.fatal(&report)?;
                return Ok(None);
            }
        };
        let Ok(mut exchange) = ServerExchange::new(mechanism, &nonce) else {
            return Ok(None);
        };
        let first = self.proof().await?;
        let Ok(named) = exchange.client_first(&first.payload) else {
            return Ok(None);
        };
        // The user of the exchange is the one of the start-up; a client may leave it out here.
        let user = if named.is_empty() { user } else { &named };
        let challenge = match self.server.users.verifier(user) {
            Ok(verifier) => exchange.challenge(verifier),
            Err(error) => Err(error),
        };
        let Ok(challenge) = challenge else {
            return Ok(None);
        };
        let message = AuthContinue {
            method: method_code(method),
            stage: stage::CHALLENGE,
            reserved: 0,
            data: challenge.into(),
        };
        self.client
            .send(kind::AUTH_CONTINUE, |out| message.encode(out))?;
        let last = self.proof().await?;
        Ok(exchange.finish(&last.payload).ok())
    }
}
