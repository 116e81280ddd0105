//! What an error says, and what caused it.

use std::error::Error as StdError;
use std::fmt;

use super::Error;

impl Error {
    fn write_message(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Database(error) => fmt::Display::fmt(error, f),
            Self::Connect { address, source } => {
                write!(f, "could not connect to {address}: ")?;
                source.write_message(f)
            }
            Self::Hosts(failures) => {
                write!(f, "could not connect to any of {} hosts", failures.len())?;
                for (at, failure) in failures.iter().enumerate() {
                    f.write_str(if at == 0 { ": " } else { "; " })?;
                    match &failure.error {
                        Self::Connect { source, .. } => {
                            write!(f, "{}: ", failure.address)?;
                            source.write_message(f)?;
                        }
                        error => write!(f, "{}: {error}", failure.address)?,
                    }
                }
                Ok(())
            }
            Self::Unsuitable(what) => f.write_str(what),
            Self::Io(error) => write!(f, "the connection failed: {error}"),
            Self::Tls { message, .. } => write!(f, "TLS: {message}"),
            Self::Protocol { message, .. } => write!(f, "the server broke the protocol: {message}"),
            Self::OutcomeUnknown { source } => {
                f.write_str(
                    "the connection was lost before the server answered the commit: whether the work was committed is \
                     unknown; look for it before doing it again: ",
                )?;
                source.write_message(f)
            }
            Self::Ended { source } => {
                source.write_message(f)?;
                f.write_str(" (the connection is closed)")
            }
            Self::Closed => f.write_str("the connection is closed"),
            Self::Provider { what, .. } => write!(f, "the callable given as {what} failed"),
            Self::Timeout { what } => write!(f, "timed out: {what}"),
            Self::Cancelled => f.write_str("the operation was cancelled"),
            Self::PipelineAborted => f.write_str(
                "a statement before this one in the pipeline failed: this one has no effect",
            ),
            Self::Shared(error) => error.write_message(f),
            Self::Config(message)
            | Self::Auth(message)
            | Self::Data { message, .. }
            | Self::NotSupported(message)
            | Self::Interface(message)
            | Self::Programming(message)
            | Self::Parameters(message)
            | Self::Internal(message) => f.write_str(message),
        }
    }
}

impl fmt::Display for Error {
    /// `[SQLSTATE] message`, for a server's report followed by its DETAIL and HINT lines.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !matches!(self, Self::Database(_)) {
            if let Some(sqlstate) = self.sqlstate() {
                write!(f, "[{sqlstate}] ")?;
            }
        }
        self.write_message(f)
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        match self {
            Self::Database(error) => Some(error.as_ref()),
            Self::Shared(error) => error.source(),
            Self::Connect { source, .. }
            | Self::OutcomeUnknown { source }
            | Self::Ended { source } => Some(source.as_ref()),
            Self::Io(error) => Some(error),
            Self::Provider { source, .. } => Some(source.as_ref()),
            Self::Tls { source, .. }
            | Self::Protocol { source, .. }
            | Self::Data { source, .. } => {
                source.as_deref().map(|s| s as &(dyn StdError + 'static))
            }
            _ => None,
        }
    }
}
