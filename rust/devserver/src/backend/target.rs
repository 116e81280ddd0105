//! Where the PostgreSQL engine is: a `postgresql://` URL turned into an address and credentials.
//! Knows nothing of sockets or protocols.

use std::fmt;
use std::path::PathBuf;

use percent_encoding::percent_decode_str;

/// The address of the engine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Address {
    /// A Unix-domain socket file.
    Unix(PathBuf),
    /// A host and a port.
    Tcp(String, u16),
}

/// Everything needed to open a session with the engine.
#[derive(Clone, PartialEq, Eq)]
pub struct Target {
    pub address: Address,
    pub user: String,
    pub password: Option<String>,
    pub database: String,
}

impl fmt::Debug for Target {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Target")
            .field("address", &self.address)
            .field("user", &self.user)
            .field("database", &self.database)
            .finish_non_exhaustive()
    }
}

/// Why a backend URL was not understood.
#[derive(Debug, thiserror::Error)]
pub enum TargetError {
    #[error("the backend must be a URL that starts with postgresql:// or postgres://")]
    Scheme,
    #[error("the backend URL has a port that is not a number from 1 to 65535: {0}")]
    Port(String),
    #[error("the backend URL has text that is not UTF-8 after percent-decoding")]
    Encoding(#[from] std::str::Utf8Error),
}

fn decode(text: &str) -> Result<String, TargetError> {
    Ok(percent_decode_str(text).decode_utf8()?.into_owned())
}

fn port(text: &str) -> Result<u16, TargetError> {
    match text.parse::<u16>() {
        Ok(port) if port != 0 => Ok(port),
        _ => Err(TargetError::Port(text.to_owned())),
    }
}

impl Target {
    /// Parses `postgresql://user:password@host:port/database?host=/socket/dir&port=…`.
    ///
    /// A host that begins with `/` is the directory of a Unix-domain socket.
    pub fn parse(url: &str) -> Result<Self, TargetError> {
        let rest = url
            .strip_prefix("postgresql://")
            .or_else(|| url.strip_prefix("postgres://"))
            .ok_or(TargetError::Scheme)?;
        let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
        let (authority, database) = rest.split_once('/').unwrap_or((rest, ""));
        let (credentials, place) = match authority.rsplit_once('@') {
            Some((credentials, place)) => (credentials, place),
            None => ("", authority),
        };
        let (user, password) = match credentials.split_once(':') {
            Some((user, password)) => (user, Some(decode(password)?)),
            None => (credentials, None),
        };
        let mut user = decode(user)?;
        let mut password = password.filter(|text| !text.is_empty());
        let mut database = decode(database)?;
        let (mut host, mut port_number) = split_place(place)?;
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
            let value = decode(value)?;
            match key {
                "host" => host = value,
                "port" => port_number = port(&value)?,
                "user" => user = value,
                "password" => password = Some(value),
                "dbname" => database = value,
                _ => {}
            }
        }
        if user.is_empty() {
            user.push_str("postgres");
        }
        if database.is_empty() {
            database.clone_from(&user);
        }
        let address = if host.starts_with('/') {
            Address::Unix(PathBuf::from(host).join(format!(".s.PGSQL.{port_number}")))
        } else if host.is_empty() {
            Address::Tcp("127.0.0.1".to_owned(), port_number)
        } else {
            Address::Tcp(host, port_number)
        };
        Ok(Self {
            address,
            user,
            password,
            database,
        })
    }
}

fn split_place(place: &str) -> Result<(String, u16), TargetError> {
    const DEFAULT_PORT: u16 = 5432;
    if let Some(rest) = place.strip_prefix('[') {
        let (host, rest) = rest.split_once(']').unwrap_or((rest, ""));
        let number = rest.strip_prefix(':').map_or(Ok(DEFAULT_PORT), port)?;
        return Ok((host.to_owned(), number));
    }
    match place.rsplit_once(':') {
        Some((host, "")) => Ok((decode(host)?, DEFAULT_PORT)),
        Some((host, number)) => Ok((decode(host)?, port(number)?)),
        None => Ok((decode(place)?, DEFAULT_PORT)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_socket_directory_in_the_query() {
        let target = Target::parse("postgresql://postgres:@/postgres?host=/tmp/pg%20data").unwrap();
        assert_eq!(
            target.address,
            Address::Unix(PathBuf::from("/tmp/pg data/.s.PGSQL.5432"))
        );
        assert_eq!(target.user, "postgres");
        assert_eq!(target.password, None);
        assert_eq!(target.database, "postgres");
    }

    #[test]
    fn a_socket_directory_as_the_host() {
        let target = Target::parse("postgres://u@%2Frun%2Fpg:6000/d").unwrap();
        assert_eq!(
            target.address,
            Address::Unix(PathBuf::from("/run/pg/.s.PGSQL.6000"))
        );
        assert_eq!(target.database, "d");
    }

    #[test]
    fn host_port_and_password() {
        let target = Target::parse("postgresql://a:p%40ss@db.example:6543/shop").unwrap();
        assert_eq!(target.address, Address::Tcp("db.example".to_owned(), 6543));
        assert_eq!(target.password.as_deref(), Some("p@ss"));
        let target = Target::parse("postgresql://a@[::1]:7000").unwrap();
        assert_eq!(target.address, Address::Tcp("::1".to_owned(), 7000));
        assert_eq!(target.database, "a");
    }

    #[test]
    fn nonsense_is_refused() {
        assert!(matches!(
            Target::parse("mysql://x"),
            Err(TargetError::Scheme)
        ));
        assert!(matches!(
            Target::parse("postgresql://x:y@h:99999/d"),
            Err(TargetError::Port(_))
        ));
    }

    #[test]
    fn the_password_is_not_shown() {
        let target = Target::parse("postgresql://a:secret@h/d").unwrap();
        assert!(!format!("{target:?}").contains("secret"));
    }
}
