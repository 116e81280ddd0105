//! Whether a session is one that `target_session_attrs` asks for, as far as its server tells.
//!
//! The protocol has no message for it. A server may report parameters by the names that PostgreSQL made common; whether a
//! session is read-only can also be asked in SQL.

use crate::config::TargetSession;
use crate::error::Error;
use crate::request::Request;
use crate::session::Session;

const READ_ONLY: &str = "default_transaction_read_only";
const STANDBY: &str = "in_hot_standby";
const QUESTION: &str = "SELECT tx_read_only()";

/// True where the session is what is asked for, false where another is only preferred.
///
/// # Errors
/// `Unsuitable` where it is not what is asked for, `NotSupported` where the server does not tell.
pub(super) async fn check(session: &mut Session, target: TargetSession) -> Result<bool, Error> {
    match target {
        TargetSession::Any => Ok(true),
        TargetSession::PreferStandby => Ok(is_standby(session) == Some(true)),
        TargetSession::ReadWrite => match is_read_only(session).await? {
            true => Err(Error::Unsuitable("the session is read-only".into())),
            false => Ok(true),
        },
        TargetSession::ReadOnly => match is_read_only(session).await? {
            true => Ok(true),
            false => Err(Error::Unsuitable("the session is not read-only".into())),
        },
        TargetSession::Primary | TargetSession::Standby => {
            let standby = is_standby(session).ok_or_else(|| {
                Error::NotSupported(
                    "target_session_attrs: the server does not tell whether it is a primary or a standby"
                        .into(),
                )
            })?;
            match (standby, target) {
                (true, TargetSession::Primary) => {
                    Err(Error::Unsuitable("the server is a standby".into()))
                }
                (false, TargetSession::Standby) => {
                    Err(Error::Unsuitable("the server is not a standby".into()))
                }
                _ => Ok(true),
            }
        }
    }
}

fn is_standby(session: &Session) -> Option<bool> {
    if session.profile.stands_alone() {
        return Some(false);
    }
    reported(session, STANDBY)
}

async fn is_read_only(session: &mut Session) -> Result<bool, Error> {
    if session.profile.stands_alone() {
        return Ok(false);
    }
    match (reported(session, READ_ONLY), reported(session, STANDBY)) {
        (Some(true), _) | (_, Some(true)) => Ok(true),
        (Some(false), _) => Ok(false),
        (None, _) => ask(session).await,
    }
}

fn reported(session: &Session, name: &str) -> Option<bool> {
    let (_, value) = session.parameters().iter().find(|(key, _)| key == name)?;
    truth(value)
}

fn truth(text: &str) -> Option<bool> {
    match text.trim().to_ascii_lowercase().as_str() {
        "on" | "true" | "t" | "1" | "yes" => Some(true),
        "off" | "false" | "f" | "0" | "no" => Some(false),
        _ => None,
    }
}

async fn ask(session: &mut Session) -> Result<bool, Error> {
    let mut request = Request::new();
    request.query(QUESTION, 0)?;
    // The user's first transaction begins with the user's first statement.
    request.rollback()?;
    let results = session.run(request).await?.finish()?;
    let batches = results.iter().flat_map(|result| &result.batches);
    for batch in batches {
        if let Some(row) = batch.row(0) {
            let row = row.map_err(Error::protocol_from)?;
            let value = match row.iter().next() {
                Some(value) => value.map_err(Error::protocol_from)?,
                None => None,
            };
            let answer = value.and_then(|value| match value {
                [1] => Some(true),
                [0] => Some(false),
                text => truth(&String::from_utf8_lossy(text)),
            });
            if let Some(answer) = answer {
                return Ok(answer);
            }
        }
    }
    Err(Error::NotSupported(
        "target_session_attrs: the server does not tell whether the session is read-only".into(),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn truths() {
        assert_eq!(truth("ON"), Some(true));
        assert_eq!(truth(" f "), Some(false));
        assert_eq!(truth("maybe"), None);
    }
}
