//! The command line.

use std::path::PathBuf;

use clap::Parser;
use sbwp::message::feature;

use crate::certificate::Flavour;
use crate::server::Profile;
use crate::users::{Method, MAX_SECRET};

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Switch {
    On,
    Off,
}

/// A feature that not every server has, and that clients do without.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Feature {
    ArrayBind,
    BinaryCopy,
    Savepoints,
}

impl Feature {
    /// Its bit of the feature masks.
    pub fn bit(self) -> u64 {
        match self {
            Self::ArrayBind => feature::ARRAY_BIND,
            Self::BinaryCopy => feature::BINARY_COPY,
            Self::Savepoints => feature::SAVEPOINTS,
        }
    }
}

/// An SBWP 1.1 server for development and tests, on a PostgreSQL of your own. Not for production.
#[derive(Debug, Parser)]
#[command(name = "scratchbird-devserver", version)]
pub struct Options {
    /// The PostgreSQL to serve from: postgresql://user:password@host:port/database?host=/socket/dir
    #[arg(long, env = "SCRATCHBIRD_DEVSERVER_BACKEND")]
    pub backend: String,
    /// Make the database of the backend's URL if it does not exist.
    #[arg(long)]
    pub create_database: bool,
    /// How many seconds to wait for the PostgreSQL to accept sessions.
    #[arg(long, default_value_t = 0)]
    pub wait_for_backend: u64,
    /// The address to listen on.
    #[arg(long, default_value = "127.0.0.1")]
    pub host: String,
    /// The port to listen on; 0 takes a free one.
    #[arg(long, default_value_t = 3092)]
    pub port: u16,
    /// Also listen on a Unix-domain socket at this path, without TLS.
    #[arg(long)]
    pub socket: Option<PathBuf>,
    /// A user; repeat it together with --password for more.
    #[arg(long = "user", default_value = "scratchbird")]
    pub users: Vec<String>,
    /// The password (or token) of the user at the same place.
    #[arg(
        long = "password",
        default_value = "scratchbird",
        hide_default_value = true
    )]
    pub passwords: Vec<String>,
    /// How clients prove who they are.
    #[arg(long, value_enum, default_value_t = Method::ScramSha256)]
    pub auth: Method,
    /// The name of the one database.
    #[arg(long, default_value = "default")]
    pub database: String,
    /// Which server to behave as.
    #[arg(long, value_enum, default_value_t = Profile::Standard)]
    pub profile: Profile,
    /// Refuse to write, as a copy of another server does.
    #[arg(long)]
    pub read_only: bool,
    /// A feature of the protocol to leave out, to test clients against servers without it; repeat it for more.
    #[arg(long, value_enum)]
    pub without: Vec<Feature>,
    /// Whether clients speak TLS 1.3 from the first byte.
    #[arg(long, value_enum, default_value_t = Switch::On)]
    pub tls: Switch,
    /// The certificate to make when none is given; the wrong ones are for testing clients.
    #[arg(long, value_enum, default_value_t = Flavour::Good)]
    pub certificate: Flavour,
    /// A PEM file with a certificate chain, instead of one made on the spot.
    #[arg(long, requires = "key")]
    pub cert: Option<PathBuf>,
    /// The PEM file with the key of --cert.
    #[arg(long, requires = "cert")]
    pub key: Option<PathBuf>,
    /// Where to write the authority that signed the made certificate.
    #[arg(long, default_value = "scratchbird-devserver-ca.pem")]
    pub ca_file: PathBuf,
    /// Exit when standard input ends, as it does when the parent process dies.
    #[arg(long)]
    pub exit_on_stdin_eof: bool,
}

/// What is wrong with a command line beyond its syntax.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum OptionsError {
    #[error("{users} users and {passwords} passwords were given; each user needs one password")]
    Uneven { users: usize, passwords: usize },
    #[error("the password of {0} is longer than {MAX_SECRET} bytes")]
    LongPassword(String),
}

impl Options {
    /// The features that the server has.
    pub fn features(&self) -> u64 {
        let left_out = self.without.iter().map(|feature| feature.bit());
        left_out.fold(feature::SERVER_MASK, |mask, bit| mask & !bit)
    }

    /// Users and their passwords.
    pub fn credentials(&self) -> Result<Vec<(String, String)>, OptionsError> {
        if self.users.len() != self.passwords.len() {
            return Err(OptionsError::Uneven {
                users: self.users.len(),
                passwords: self.passwords.len(),
            });
        }
        let pairs = self
            .users
            .iter()
            .cloned()
            .zip(self.passwords.iter().cloned());
        pairs
            .map(|(user, password)| match password.len() {
                0..=MAX_SECRET => Ok((user, password)),
                _ => Err(OptionsError::LongPassword(user)),
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn defaults_and_pairs() {
        let options = Options::parse_from(["x", "--backend", "postgresql://"]);
        let expected = vec![("scratchbird".to_owned(), "scratchbird".to_owned())];
        assert_eq!(options.credentials(), Ok(expected));
        let options = Options::parse_from([
            "x",
            "--backend",
            "b",
            "--user",
            "a",
            "--user",
            "b",
            "--password",
            "c",
        ]);
        assert_eq!(
            options.credentials(),
            Err(OptionsError::Uneven {
                users: 2,
                passwords: 1
            })
        );
    }
}
