//! The opening of a session with the engine: start-up packet, authentication, key, first readiness.

use std::io;

use fallible_iterator::FallibleIterator;
use postgres_protocol::authentication::md5_hash;
use postgres_protocol::authentication::sasl::{ChannelBinding, ScramSha256, SCRAM_SHA_256};
use postgres_protocol::message::backend::Message;
use postgres_protocol::message::frontend;

use super::{Backend, BackendError, Event, Report};

fn unexpected(what: &str) -> BackendError {
    BackendError::Io(io::Error::new(io::ErrorKind::InvalidData, what))
}

impl Backend {
    pub(super) async fn login(&mut self, settings: &[(&str, &str)]) -> Result<(), BackendError> {
        let target = std::sync::Arc::clone(&self.target);
        let fixed = [
            ("user", target.user.as_str()),
            ("database", target.database.as_str()),
            ("client_encoding", "UTF8"),
        ];
        frontend::startup_message(
            fixed.into_iter().chain(settings.iter().copied()),
            &mut self.out,
        )?;
        self.authenticate().await?;
        loop {
            match self.message().await? {
                Message::BackendKeyData(key) => {
                    self.process_id = key.process_id();
                    self.secret_key = key.secret_key();
                }
                Message::ParameterStatus(_) | Message::NoticeResponse(_) => {}
                Message::ReadyForQuery(_) => return Ok(()),
                _ => return Err(unexpected("an unexpected message during start-up")),
            }
        }
    }

    async fn message(&mut self) -> Result<Message, BackendError> {
        match self.converse().await? {
            Event::Message(Message::ErrorResponse(body)) => {
                Err(BackendError::Refused(Report::read(body.fields())?))
            }
            Event::Message(message) => Ok(message),
            Event::Row => Err(unexpected("a row during start-up")),
        }
    }

    async fn authenticate(&mut self) -> Result<(), BackendError> {
        let target = std::sync::Arc::clone(&self.target);
        let password = target.password.as_deref().unwrap_or_default();
        loop {
            match self.message().await? {
                Message::AuthenticationOk => return Ok(()),
                Message::AuthenticationCleartextPassword => {
                    frontend::password_message(password.as_bytes(), &mut self.out)?;
                }
                Message::AuthenticationMd5Password(body) => {
                    let hash = md5_hash(target.user.as_bytes(), password.as_bytes(), body.salt());
                    frontend::password_message(hash.as_bytes(), &mut self.out)?;
                }
                Message::AuthenticationSasl(body) => {
                    let mut offered = false;
                    let mut mechanisms = body.mechanisms();
                    while let Some(mechanism) = mechanisms.next()? {
                        offered |= mechanism == SCRAM_SHA_256;
                    }
                    if !offered {
                        return Err(BackendError::Authentication("SASL without SCRAM-SHA-256"));
                    }
                    self.scram(password).await?;
                }
                Message::AuthenticationGss | Message::AuthenticationSspi => {
                    return Err(BackendError::Authentication("GSSAPI or SSPI"));
                }
                Message::AuthenticationKerberosV5 | Message::AuthenticationScmCredential => {
                    return Err(BackendError::Authentication("Kerberos or SCM"));
                }
                _ => return Err(unexpected("an unexpected message during authentication")),
            }
        }
    }

    async fn scram(&mut self, password: &str) -> Result<(), BackendError> {
        let mut scram = ScramSha256::new(password.as_bytes(), ChannelBinding::unsupported());
        frontend::sasl_initial_response(SCRAM_SHA_256, scram.message(), &mut self.out)?;
        match self.message().await? {
            Message::AuthenticationSaslContinue(body) => scram.update(body.data())?,
            _ => return Err(unexpected("an unexpected message during SCRAM")),
        }
        frontend::sasl_response(scram.message(), &mut self.out)?;
        match self.message().await? {
            Message::AuthenticationSaslFinal(body) => scram.finish(body.data())?,
            _ => return Err(unexpected("an unexpected message during SCRAM")),
        }
        Ok(())
    }
}
