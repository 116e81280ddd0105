//! Groups of options that belong together: TLS, keep-alive probes, the manager.
//!
//! Must not know: how TLS, sockets or managers work.

use std::path::PathBuf;
use std::time::Duration;

use super::settings::Settings;
use super::value::Secret;
use crate::error::Error;

/// How much TLS has to prove.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SslMode {
    /// No TLS.
    Disable,
    /// TLS 1.3; the certificate is not checked.
    Require,
    /// The certificate comes from a trusted authority; its name is not checked.
    VerifyCa,
    /// The certificate comes from a trusted authority and names the host.
    VerifyFull,
}

impl SslMode {
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Disable => "disable",
            Self::Require => "require",
            Self::VerifyCa => "verify-ca",
            Self::VerifyFull => "verify-full",
        }
    }
}

/// Which of several hosts is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TargetSession {
    Any,
    ReadWrite,
    ReadOnly,
    Primary,
    Standby,
    /// A standby, or any other host if there is none.
    PreferStandby,
}

impl TargetSession {
    pub(super) fn from_settings(settings: &Settings) -> Result<Self, Error> {
        Ok(match settings.choice("target_session_attrs")? {
            "read-write" => Self::ReadWrite,
            "read-only" => Self::ReadOnly,
            "primary" => Self::Primary,
            "standby" => Self::Standby,
            "prefer-standby" => Self::PreferStandby,
            _ => Self::Any,
        })
    }
}

/// The TLS part of a configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct TlsOptions {
    pub mode: SslMode,
    pub root_cert: Option<PathBuf>,
    pub cert: Option<PathBuf>,
    pub key: Option<PathBuf>,
    pub key_password: Option<Secret>,
}

impl TlsOptions {
    pub(super) fn from_settings(settings: &Settings) -> Result<Self, Error> {
        let path = |name| settings.given(name).map(PathBuf::from);
        let options = Self {
            mode: match settings.choice("sslmode")? {
                "disable" => SslMode::Disable,
                "verify-ca" => SslMode::VerifyCa,
                "verify-full" => SslMode::VerifyFull,
                _ => SslMode::Require,
            },
            root_cert: path("sslrootcert"),
            cert: path("sslcert"),
            key: path("sslkey"),
            key_password: settings.secret("sslpassword"),
        };
        match (&options.cert, &options.key) {
            (Some(_), None) => Err(Error::Config(
                "sslkey: missing; sslcert needs it".to_owned(),
            )),
            (None, Some(_)) => Err(Error::Config(
                "sslcert: missing; sslkey needs it".to_owned(),
            )),
            _ => Ok(options),
        }
    }
}

/// TCP keep-alive probes; None means the default of the system.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Keepalive {
    pub idle: Option<Duration>,
    pub interval: Option<Duration>,
    pub count: Option<u32>,
}

impl Keepalive {
    pub(super) fn from_settings(settings: &Settings) -> Result<Option<Self>, Error> {
        let count: u32 = settings.integer("keepalives_count")?;
        let keepalive = Self {
            idle: settings.seconds("keepalives_idle")?,
            interval: settings.seconds("keepalives_interval")?,
            count: (count > 0).then_some(count),
        };
        Ok(settings.flag("keepalives")?.then_some(keepalive))
    }
}

/// How to pass through a manager.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ManagerOptions {
    /// None where a provider is asked for it.
    pub token: Option<Secret>,
    pub username: String,
    pub database: String,
    pub connection_profile: String,
    pub client_intent: String,
    pub client_flags: u16,
    /// Send the token with AUTH_START instead of waiting for the challenge.
    pub fast_path: bool,
    /// Begin TLS once the preamble is over.
    pub tls_after_preamble: bool,
}

impl ManagerOptions {
    pub(super) fn from_settings(
        settings: &Settings,
        user: &str,
        database: Option<&str>,
        mode: SslMode,
        token_is_asked_for: bool,
    ) -> Result<Option<Self>, Error> {
        // Read even where they are not used, so that a mistake shows.
        let client_flags = settings.integer("manager_client_flags")?;
        let fast_path = settings.flag("manager_auth_fast_path")?;
        let tls_after_preamble = settings.flag("manager_tls_after_preamble")?;
        if settings.choice("front_door_mode")? != "manager_proxy" {
            return Ok(None);
        }
        let token = settings.secret("manager_auth_token");
        if token.is_none() && !token_is_asked_for {
            return Err(Error::Config(
                "manager_auth_token: missing; front_door_mode=manager_proxy needs it".to_owned(),
            ));
        }
        if mode != SslMode::Disable && !tls_after_preamble {
            return Err(Error::Config(
                "front_door_mode=manager_proxy: a manager speaks plain text; choose sslmode=disable, or \
                 manager_tls_after_preamble=true if the listener behind it expects TLS"
                    .to_owned(),
            ));
        }
        let or = |name, fallback: &str| settings.text(name).unwrap_or_else(|| fallback.to_owned());
        Ok(Some(Self {
            token,
            username: or("manager_username", user),
            database: or("manager_database", database.unwrap_or("")),
            connection_profile: or("manager_connection_profile", ""),
            client_intent: or("manager_client_intent", ""),
            client_flags,
            fast_path,
            tls_after_preamble,
        }))
    }
}
