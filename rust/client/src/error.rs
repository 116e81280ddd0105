//! Every way an operation of this crate can fail, and which PEP 249 class each failure belongs to.
//!
//! Must not know: sockets, sessions, Python. Other modules build these values; nobody parses their text.

mod database;
mod display;
mod sqlstate;

use std::borrow::Cow;
use std::error::Error as StdError;
use std::io;
use std::sync::Arc;

pub use database::{DatabaseError, Position};
pub use sqlstate::{ErrorKind, RetryScope};

/// A source error of any origin, kept for the chain.
pub type Source = Box<dyn StdError + Send + Sync + 'static>;

/// The result of nearly every operation of this crate.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// One failure of the client or of the server it talks to.
#[derive(Debug)]
#[non_exhaustive]
pub enum Error {
    /// The server answered ERROR.
    Database(Box<DatabaseError>),
    /// The connection could not be made: name resolution, refused port, time limit, TLS (08001).
    Connect {
        /// Where to: `host:port` or a socket path.
        address: String,
        source: Box<Error>,
    },
    /// None of several hosts could be connected to (08001).
    Hosts(Vec<HostFailure>),
    /// The host is not what `target_session_attrs` asks for (08001).
    Unsuitable(Cow<'static, str>),
    /// An established connection failed while reading or writing (08006).
    Io(io::Error),
    /// The TLS handshake or record layer failed (08001).
    Tls {
        message: String,
        source: Option<Source>,
    },
    /// A connection parameter is missing, malformed or contradicts another.
    Config(String),
    /// The server broke the protocol; the connection is unusable (08P01).
    Protocol {
        message: String,
        source: Option<Source>,
    },
    /// The connection was lost after a COMMIT was sent and before its answer came (08007).
    OutcomeUnknown { source: Box<Error> },
    /// Any other failure, where the connection has ended with it.
    Ended { source: Box<Error> },
    /// The connection had already been closed (08003).
    Closed,
    /// A time limit passed (57014).
    Timeout { what: Cow<'static, str> },
    /// The operation was cancelled (57014).
    Cancelled,
    /// The login failed or could not be attempted (28000).
    Auth(String),
    /// Who was to give a secret for the login has failed (28000).
    Provider {
        /// The connection parameter.
        what: &'static str,
        source: Source,
    },
    /// A value cannot be represented or converted (class 22).
    Data {
        sqlstate: &'static str,
        message: String,
        source: Option<Source>,
    },
    /// The server, or this client, does not offer what was asked for (0A000).
    NotSupported(String),
    /// The API was used in a way it does not allow.
    Interface(String),
    /// The statement is wrong in a way that is visible before sending it (42601).
    Programming(String),
    /// The parameters do not fit the placeholders of the statement (07001).
    Parameters(String),
    /// A statement of a pipeline failed, and this one takes no effect for it.
    PipelineAborted,
    /// An error that more than one caller is told of.
    Shared(Arc<Error>),
    /// A bug of this crate, reported instead of a panic (XX000).
    Internal(String),
}

/// What one of several hosts failed with.
#[derive(Debug)]
pub struct HostFailure {
    /// `host:port` or a socket path.
    pub address: String,
    pub error: Error,
}

impl Error {
    /// The failure of all hosts that were tried: of one host its own.
    pub(crate) fn of_hosts(mut failures: Vec<HostFailure>) -> Self {
        if failures.len() > 1 {
            return Self::Hosts(failures);
        }
        failures.pop().map_or_else(
            || Self::Config("no host to connect to".into()),
            |failure| failure.error,
        )
    }

    /// Whether trying again later may succeed: the server was not reached, or said that it cannot serve now.
    pub(crate) fn is_temporary(&self) -> bool {
        match self {
            Self::Connect { source, .. } => source.is_fleeting(),
            Self::Hosts(failures) => failures.iter().any(|failure| failure.error.is_temporary()),
            Self::Io(_)
            | Self::Timeout { .. }
            | Self::Closed
            | Self::Provider { .. }
            | Self::Unsuitable(_) => true,
            other => other.sqlstate().is_some_and(|state| {
                state.starts_with("53") || state.starts_with("57P") || state.starts_with("08")
            }),
        }
    }

    /// False for a certificate or a choice of the peer that will be the same next time; a handshake that was cut off or
    /// garbled on its way is like any other lost connection.
    fn is_fleeting(&self) -> bool {
        use rustls::Error as Refusal;
        let Self::Tls { source, .. } = self else {
            return true;
        };
        let Some(source) = source else { return false };
        match source.downcast_ref::<Refusal>() {
            Some(Refusal::DecryptError | Refusal::InvalidMessage(_)) => true,
            Some(_) => false,
            None => source.is::<io::Error>(),
        }
    }

    /// A conversion failure without a more precise SQLSTATE (22000).
    pub fn data(message: impl Into<String>) -> Self {
        Self::data_with("22000", message, None)
    }

    /// A conversion failure with its SQLSTATE of class 22 and what caused it.
    pub fn data_with(
        sqlstate: &'static str,
        message: impl Into<String>,
        source: Option<Source>,
    ) -> Self {
        Self::Data {
            sqlstate,
            message: message.into(),
            source,
        }
    }

    /// A violation of the protocol by the server.
    pub fn protocol(message: impl Into<String>) -> Self {
        Self::Protocol {
            message: message.into(),
            source: None,
        }
    }

    /// A violation of the protocol, found by a decoder: its own text becomes the message.
    pub fn protocol_from(source: impl StdError + Send + Sync + 'static) -> Self {
        Self::Protocol {
            message: source.to_string(),
            source: Some(Box::new(source)),
        }
    }

    /// A TLS failure.
    pub fn tls(message: impl Into<String>) -> Self {
        Self::Tls {
            message: message.into(),
            source: None,
        }
    }

    /// A TLS failure with its cause.
    pub fn tls_from(
        message: impl Into<String>,
        source: impl StdError + Send + Sync + 'static,
    ) -> Self {
        Self::Tls {
            message: message.into(),
            source: Some(Box::new(source)),
        }
    }

    /// Says where the connection attempt that failed was going.
    ///
    /// A refusal by the server or of the login is not a failure to connect, and stays what it is.
    #[must_use]
    pub fn connecting_to(self, address: impl Into<String>) -> Self {
        match self {
            Self::Io(_) | Self::Tls { .. } | Self::Timeout { .. } | Self::Unsuitable(_) => {
                Self::Connect {
                    address: address.into(),
                    source: Box::new(self),
                }
            }
            other => other,
        }
    }

    /// A connection whose server has fallen silent.
    pub fn silent(what: impl Into<String>) -> Self {
        Self::Io(io::Error::new(io::ErrorKind::TimedOut, what.into()))
    }

    /// A time limit that passed; `what` was being done.
    pub fn timeout(what: impl Into<Cow<'static, str>>) -> Self {
        Self::Timeout { what: what.into() }
    }

    /// The SQLSTATE: the server's, or the one drivers use for this local failure. None for misuse of the API and
    /// for configuration mistakes, which SQL knows nothing of.
    #[must_use]
    pub fn sqlstate(&self) -> Option<&str> {
        Some(match self {
            Self::Database(error) => return error.sqlstate(),
            Self::Shared(error) => return error.sqlstate(),
            Self::Hosts(failures) => return sqlstate_of_hosts(failures),
            Self::Connect { .. } | Self::Tls { .. } | Self::Unsuitable(_) => "08001",
            Self::Ended { source } => return source.sqlstate(),
            Self::Io(_) => "08006",
            Self::Protocol { .. } => "08P01",
            Self::OutcomeUnknown { .. } => "08007",
            Self::Closed => "08003",
            Self::Timeout { .. } | Self::Cancelled => "57014",
            Self::Auth(_) | Self::Provider { .. } => "28000",
            Self::Data { sqlstate, .. } => sqlstate,
            Self::NotSupported(_) => "0A000",
            Self::Programming(_) => "42601",
            Self::Parameters(_) => "07001",
            Self::Internal(_) => "XX000",
            Self::Config(_) | Self::Interface(_) | Self::PipelineAborted => return None,
        })
    }

    /// The PEP 249 class of this failure.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::Database(error) => error.kind(),
            Self::Ended { source } => source.kind(),
            Self::Shared(error) => error.kind(),
            Self::Config(_) | Self::Interface(_) | Self::Closed => ErrorKind::InterfaceError,
            Self::Programming(_) | Self::Parameters(_) => ErrorKind::ProgrammingError,
            Self::Data { .. } => ErrorKind::DataError,
            Self::NotSupported(_) => ErrorKind::NotSupportedError,
            Self::Internal(_) => ErrorKind::InternalError,
            // Where no host could do what is asked for, that is what the user must know.
            Self::Hosts(_) if self.sqlstate() == Some("0A000") => ErrorKind::NotSupportedError,
            Self::Connect { .. }
            | Self::Hosts(_)
            | Self::Unsuitable(_)
            | Self::Io(_)
            | Self::OutcomeUnknown { .. }
            | Self::Tls { .. }
            | Self::Protocol { .. }
            | Self::Timeout { .. }
            | Self::Cancelled
            | Self::PipelineAborted
            | Self::Auth(_)
            | Self::Provider { .. } => ErrorKind::OperationalError,
        }
    }

    /// Whether the connection is gone after this failure.
    #[must_use]
    pub fn is_disconnect(&self) -> bool {
        match self {
            Self::Database(error) => error.is_disconnect(),
            Self::Shared(error) => error.is_disconnect(),
            Self::Connect { .. }
            | Self::Hosts(_)
            | Self::Unsuitable(_)
            | Self::Io(_)
            | Self::OutcomeUnknown { .. }
            | Self::Ended { .. }
            | Self::Tls { .. }
            | Self::Protocol { .. }
            | Self::Closed => true,
            _ => false,
        }
    }

    /// Whether the same work, repeated in a fresh transaction, may succeed (serialization failure, deadlock).
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        self.retry_scope() == RetryScope::Transaction
    }

    /// What has to be redone for a retry to make sense. Nothing is ever replayed by this crate itself.
    #[must_use]
    pub fn retry_scope(&self) -> RetryScope {
        // What may have been committed must not be done again blindly.
        if matches!(self, Self::OutcomeUnknown { .. }) {
            return RetryScope::None;
        }
        if self.is_disconnect() {
            return RetryScope::Connection;
        }
        self.sqlstate()
            .map_or(RetryScope::None, RetryScope::of_sqlstate)
    }

    /// The failure of a connection while a COMMIT was unanswered.
    #[must_use]
    pub fn during_commit(self) -> Self {
        match self {
            Self::OutcomeUnknown { .. } => self,
            other => Self::OutcomeUnknown {
                source: Box::new(other),
            },
        }
    }

    /// The failure of a call that has ended the connection.
    #[must_use]
    pub fn ending_connection(self) -> Self {
        if self.is_disconnect() {
            return self;
        }
        Self::Ended {
            source: Box::new(self),
        }
    }

    /// The server's report, if this failure is one.
    #[must_use]
    pub fn as_database(&self) -> Option<&DatabaseError> {
        match self {
            Self::Database(error) => Some(error),
            Self::Ended { source } => source.as_database(),
            _ => None,
        }
    }
}

/// Several hosts that could not do what is asked for are one that cannot.
fn sqlstate_of_hosts(failures: &[HostFailure]) -> Option<&'static str> {
    let unsupported = |failure: &HostFailure| matches!(failure.error, Error::NotSupported(_));
    Some(if failures.iter().all(unsupported) {
        "0A000"
    } else {
        "08001"
    })
}

impl From<io::Error> for Error {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

impl From<DatabaseError> for Error {
    fn from(error: DatabaseError) -> Self {
        Self::Database(Box::new(error))
    }
}

impl From<rustls::Error> for Error {
    fn from(error: rustls::Error) -> Self {
        match crate::tls::explain(&error) {
            Some(meaning) => Self::tls_from(format!("{meaning} ({error})"), error),
            None => Self::tls_from(error.to_string(), error),
        }
    }
}

#[cfg(test)]
mod tests;
