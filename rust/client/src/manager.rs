//! The preamble of a connection through a manager (SBWP 1.3): plain text, before TLS and before STARTUP.

use std::future::poll_fn;

use bytes::{Bytes, BytesMut};
use sbwp::manager::{
    read_frame, AuthContinue, AuthStart, DbConnect, Hello, ManagerReply, ManagerRequest,
};

use crate::config::{Config, ManagerOptions};
use crate::credentials;
use crate::error::{DatabaseError, Error};
use crate::transport::Transport;

/// The manager's only authentication method.
const TOKEN: u8 = 4;
const NONCE_LENGTH: usize = 16;
const READ_SIZE: usize = 4096;

/// The manager's code for a listener that does not accept connections.
const BACKEND_UNAVAILABLE: &str = "MANAGER.BACKEND_UNAVAILABLE";

/// Asks a manager what it says of itself, and sends nothing else.
pub(crate) async fn greet(
    transport: &mut Transport,
    options: &ManagerOptions,
) -> Result<Vec<(String, String)>, Error> {
    hello(transport, options, &mut BytesMut::new()).await
}

async fn hello(
    transport: &mut Transport,
    options: &ManagerOptions,
    received: &mut BytesMut,
) -> Result<Vec<(String, String)>, Error> {
    let hello = ManagerRequest::Hello(Hello::new(options.client_flags));
    match ask(transport, hello, received).await? {
        ManagerReply::StatusResponse(status) => Ok(status.entries),
        other => Err(unexpected("HELLO", &other)),
    }
}

async fn ask(
    transport: &mut Transport,
    request: ManagerRequest,
    received: &mut BytesMut,
) -> Result<ManagerReply, Error> {
    let mut out = BytesMut::new();
    request
        .write_frame(&mut out)
        .map_err(|error| Error::Config(format!("the manager's preamble: {error}")))?;
    transport.queue(&mut out)?;
    poll_fn(|context| transport.poll_flush(context)).await?;
    answer(transport, received).await
}

/// Takes a plain connection to the point where the manager relays it to the database's listener.
pub(crate) async fn pass(
    transport: &mut Transport,
    options: &ManagerOptions,
    config: &Config,
) -> Result<(), Error> {
    let mut received = BytesMut::new();
    hello(transport, options, &mut received).await?;
    let mut ask = async |request: ManagerRequest| ask(transport, request, &mut received).await;
    let token = credentials::manager_token(config, options.token.as_ref()).await?;
    let token = Bytes::copy_from_slice(token.expose().as_bytes());
    let start = AuthStart {
        username: options.username.clone(),
        method: TOKEN,
        initial: if options.fast_path {
            token.clone()
        } else {
            Bytes::new()
        },
    };
    let mut reply = ask(ManagerRequest::AuthStart(start)).await?;
    if matches!(reply, ManagerReply::AuthChallenge(_)) {
        reply = ask(ManagerRequest::AuthContinue(AuthContinue { token })).await?;
    }
    match reply {
        ManagerReply::AuthResponse(response) if response.status == 0 => {}
        ManagerReply::AuthResponse(response) => {
            return Err(Error::Auth(format!(
                "the manager refused the token: {}",
                response.error
            )))
        }
        other => return Err(unexpected("AUTH", &other)),
    }
    let mut nonce = [0; NONCE_LENGTH];
    getrandom::fill(&mut nonce)
        .map_err(|error| Error::Internal(format!("no randomness for the nonce: {error}")))?;
    let connect = DbConnect::Extended {
        database: options.database.clone(),
        profile: options.connection_profile.clone(),
        intent: options.client_intent.clone(),
        nonce: Bytes::copy_from_slice(&nonce),
    };
    match ask(ManagerRequest::DbConnect(connect)).await? {
        ManagerReply::ConnectResponse(response) if response.failure == 0 => {}
        ManagerReply::ConnectResponse(response) => {
            let reason = response
                .error
                .map(|error| error.message)
                .unwrap_or_default();
            let what = format!("the manager did not hand the connection over: {reason}");
            return Err(if reason == BACKEND_UNAVAILABLE {
                // Another host may have what this one has not now.
                DatabaseError::new("08004", what).into()
            } else {
                Error::Auth(what)
            });
        }
        other => return Err(unexpected("DB_CONNECT", &other)),
    }
    if received.is_empty() {
        Ok(())
    } else {
        Err(Error::protocol(
            "the manager sent something after its hand-over",
        ))
    }
}

async fn answer(transport: &mut Transport, received: &mut BytesMut) -> Result<ManagerReply, Error> {
    loop {
        if let Some(frame) = read_frame(received).map_err(Error::protocol_from)? {
            let reply =
                ManagerReply::decode(frame.kind, &frame.payload).map_err(Error::protocol_from)?;
            return match reply {
                ManagerReply::ProtocolError(error) => Err(Error::protocol(format!(
                    "the manager refuses the preamble: {}",
                    error.message
                ))),
                reply => Ok(reply),
            };
        }
        let mut piece = Vec::with_capacity(READ_SIZE);
        if poll_fn(|context| transport.poll_fill(context, &mut piece)).await? == 0 {
            return Err(Error::Io(std::io::Error::new(
                std::io::ErrorKind::UnexpectedEof,
                "the manager closed the connection",
            )));
        }
        received.extend_from_slice(&piece);
    }
}

fn unexpected(request: &str, reply: &ManagerReply) -> Error {
    Error::protocol(format!(
        "the manager answered {request} with message 0x{:02X}",
        reply.kind()
    ))
}
