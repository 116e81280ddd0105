//! A client that has not logged in yet: start-up, authentication, and what may be asked before.

mod login;
mod startup;

use std::sync::Arc;

use sbwp::message::{kind, reason, state, Generation, Ready};

use crate::backend::Report;
use crate::client::{Client, ClientError, Request};
use crate::server::Server;
use crate::session::{diagnostic, refusal, Agreement, End, Session};
use startup::Opening;

/// Serves one client from its first byte to its last.
pub async fn serve(server: Arc<Server>, client: Client) -> End {
    let mut lobby = Lobby { server, client };
    let mut first = None;
    loop {
        let agreement = match lobby.admit(first.take()).await {
            Ok(agreement) => agreement,
            Err(end) => return lobby.leave(end).await,
        };
        let session = Session::open(Arc::clone(&lobby.server), agreement, lobby.client).await;
        let (client, end) = match session {
            Ok(session) => session.serve_welcomed().await,
            Err((client, report)) => {
                lobby.client = client;
                let end = match lobby.fatal(&report) {
                    Ok(()) => End::Refused,
                    Err(end) => end,
                };
                return lobby.leave(end).await;
            }
        };
        lobby.client = client;
        match end {
            End::Restart(request) => first = Some(*request),
            end => return lobby.leave(end).await,
        }
    }
}

pub(crate) struct Lobby {
    server: Arc<Server>,
    client: Client,
}

impl Lobby {
    /// Says what remains to be said and closes the connection.
    async fn leave(&mut self, end: End) -> End {
        let silent = matches!(end, End::Client(_));
        if !silent {
            // The client may be gone already, which is what is about to happen anyway.
            let _closed = self.client.close().await;
        }
        end
    }

    /// Waits until the client has logged in.
    async fn admit(&mut self, mut first: Option<Request>) -> Result<Agreement, End> {
        self.client.set_attachment([0; 16]);
        self.client.set_transaction(0);
        loop {
            let request = match first.take() {
                Some(request) => request,
                None => self.next().await?,
            };
            match request.header.kind {
                kind::STARTUP => {
                    let opening = self.startup(&request)?;
                    return self.login(opening).await;
                }
                kind::PING => self.pong(&request)?,
                kind::TERMINATE => return Err(End::Terminated),
                kind::QUERY => {
                    self.error(&not_authenticated())?;
                    self.legacy_ready()?;
                }
                kind::CANCEL => {
                    self.error(&refusal("28000", "SECURITY.CANCEL_NOT_AUTHORIZED", ""))?
                }
                kind::RESET_SESSION | kind::REAUTH => {
                    self.error(&refusal("28000", "NATIVE_WIRE.REAUTH_REQUIRED", ""))?;
                }
                kind::PARSE
                | kind::BIND
                | kind::DESCRIBE
                | kind::EXECUTE
                | kind::CLOSE
                | kind::SYNC
                | kind::SET_OPTION => self.error(&not_authenticated())?,
                _ => self.fatal(&refusal("08P01", "NATIVE_WIRE.PROTOCOL_FATAL", ""))?,
            }
        }
    }

    async fn next(&mut self) -> Result<Request, End> {
        if let Some(request) = self.client.take()? {
            return Ok(request);
        }
        self.client.flush().await?;
        Ok(std::future::poll_fn(|cx| self.client.poll_request(cx)).await?)
    }

    fn pong(&mut self, request: &Request) -> Result<(), End> {
        Ok(self
            .client
            .send(kind::PONG, |out| out.extend_from_slice(&request.payload))?)
    }

    fn error(&mut self, report: &Report) -> Result<(), End> {
        let diagnostic = diagnostic(report, "ERROR");
        Ok(self
            .client
            .send(kind::ERROR, |out| diagnostic.encode(out))?)
    }

    fn fatal(&mut self, report: &Report) -> Result<(), End> {
        self.error(report)?;
        Err(End::Refused)
    }

    /// Before start-up has said which generation is spoken, it is the older one.
    fn legacy_ready(&mut self) -> Result<(), End> {
        let mut ready = Ready::new([0; 16], 0, state::NONE, reason::ERROR_RECOVERED, 0);
        ready.generation = Generation::Legacy;
        Ok(self.client.send(kind::READY, |out| ready.encode(out))?)
    }
}

fn not_authenticated() -> Report {
    refusal("28000", "SECURITY.AUTHENTICATION.REQUIRED", "log in first")
}

impl From<Opening> for Agreement {
    fn from(opening: Opening) -> Self {
        Self {
            session: [0; 16],
            generation: opening.generation,
            version: opening.version,
            features: opening.features,
            user: opening.user,
            last_word: Vec::new(),
            parameters: opening.parameters,
        }
    }
}

impl From<ClientError> for Report {
    fn from(error: ClientError) -> Self {
        Self::error("08006", error.to_string())
    }
}
