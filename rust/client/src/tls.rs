//! Builds the TLS configuration of a connection: TLS 1.3 only, from byte 0 of the stream, no ALPN.
//!
//! Must not know: sockets or the protocol inside. It reads the files that the configuration names, nothing else.

mod files;
mod validity;
mod verifier;

use std::net::IpAddr;
use std::sync::Arc;

use parking_lot::Mutex;
use rustls::client::Resumption;
use rustls::crypto::ring;
use rustls::pki_types::ServerName;
use rustls::{AlertDescription, CertificateError, ClientConfig, InconsistentKeys, RootCertStore};

use crate::config::{SslMode, TlsOptions};
use crate::error::Error;
use crate::per_process::PerProcess;
use files::Stamp;
use verifier::{Trust, Verifier};

/// How many different TLS configurations are remembered, and how many servers' sessions each of them.
const REMEMBERED_CONFIGS: usize = 16;
const REMEMBERED_SESSIONS: usize = 64;

/// A configuration made earlier, with the state its files had then.
struct Made {
    options: TlsOptions,
    stamps: Vec<Option<Stamp>>,
    config: Arc<ClientConfig>,
}

/// Connections with the same options share one configuration: its files are read once, and later connections resume
/// the TLS sessions of earlier ones.
static MADE: PerProcess<Mutex<Vec<Made>>> = PerProcess::new();

/// The TLS configuration for these options, None for `sslmode=disable`.
///
/// Reads files, and the first time the platform's certificate store, so it may take some milliseconds.
///
/// # Errors
/// `Config`, naming the file, for one that is missing or is not what it should be.
pub fn client_config(options: &TlsOptions) -> Result<Option<Arc<ClientConfig>>, Error> {
    if options.mode == SslMode::Disable {
        return Ok(None);
    }
    let named = [&options.root_cert, &options.cert, &options.key];
    let stamps: Vec<Option<Stamp>> = named
        .into_iter()
        .map(|path| path.as_deref().and_then(files::stamp))
        .collect();
    let fits = |made: &Made| made.options == *options && made.stamps == stamps;
    if let Some(made) = MADE.get().lock().iter().find(|made| fits(made)) {
        return Ok(Some(made.config.clone()));
    }
    let config = Arc::new(build(options)?);
    let mut made = MADE.get().lock();
    made.retain(|made| made.options != *options);
    if made.len() >= REMEMBERED_CONFIGS {
        made.remove(0);
    }
    made.push(Made {
        options: options.clone(),
        stamps,
        config: config.clone(),
    });
    Ok(Some(config))
}

fn build(options: &TlsOptions) -> Result<ClientConfig, Error> {
    let provider = Arc::new(ring::default_provider());
    let verifier = Verifier::new(trust(options)?, provider.signature_verification_algorithms);
    let client = ClientConfig::builder_with_provider(provider.clone())
        .with_protocol_versions(&[&rustls::version::TLS13])
        .map_err(|error| Error::tls_from("TLS 1.3 is not available", error))?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(verifier));
    let mut config = match (&options.cert, &options.key) {
        (Some(cert), Some(key)) => {
            let chain = files::certificates("sslcert", cert)?;
            let private = files::private_key("sslkey", key)?;
            client
                .with_client_auth_cert(chain, private)
                .map_err(|error| match error {
                    rustls::Error::InconsistentKeys(InconsistentKeys::KeyMismatch) => {
                        Error::Config(format!(
                            "sslkey: {} is not the key of the certificate in {}",
                            key.display(),
                            cert.display()
                        ))
                    }
                    other => {
                        Error::Config(format!("sslkey: {} cannot be used: {other}", key.display()))
                    }
                })?
        }
        _ => client.with_no_client_auth(),
    };
    config.resumption = Resumption::in_memory_sessions(REMEMBERED_SESSIONS);
    Ok(config)
}

fn trust(options: &TlsOptions) -> Result<Trust, Error> {
    // A file that is named is read even where it is not needed: a wrong name must not go unnoticed.
    let given = match &options.root_cert {
        Some(path) => files::certificates("sslrootcert", path)?,
        None => Vec::new(),
    };
    let mut roots = RootCertStore::empty();
    for certificate in &given {
        roots.add(certificate.clone()).map_err(|error| {
            let path = options.root_cert.as_deref().unwrap_or("".as_ref());
            Error::Config(format!(
                "sslrootcert: {} holds a bad certificate: {error}",
                path.display()
            ))
        })?;
    }
    if options.mode == SslMode::Require {
        return Ok(Trust::Anyone);
    }
    roots.roots.extend(files::platform_roots().iter().cloned());
    if roots.is_empty() {
        return Err(Error::Config(format!(
            "sslrootcert: missing; the platform has no trusted certificate authorities, and sslmode={} needs some",
            options.mode.name()
        )));
    }
    Ok(Trust::Authorities {
        roots,
        pinned: given,
        check_name: options.mode == SslMode::VerifyFull,
    })
}

/// The name the certificate is asked for: a DNS name, or an IP address (a zone such as `%eth0` is left out).
///
/// # Errors
/// `Config` for a text that is neither.
pub fn server_name(host: &str) -> Result<ServerName<'static>, Error> {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    let without_zone = bare.split_once('%').map_or(bare, |(address, _)| address);
    if let Ok(address) = without_zone.parse::<IpAddr>() {
        return Ok(ServerName::IpAddress(address.into()));
    }
    let name = host.strip_suffix('.').unwrap_or(host);
    ServerName::try_from(name.to_owned()).map_err(|_| {
        Error::Config(format!(
            "host: {host:?} is not a name that a certificate can carry"
        ))
    })
}

/// What a failure of the TLS layer most probably means, for those where the bare text does not say.
#[must_use]
pub(crate) fn explain(error: &rustls::Error) -> Option<&'static str> {
    use rustls::Error as E;
    Some(match error {
        E::InvalidMessage(_) => "the server does not answer in TLS; it may be a plain-text listener (sslmode=disable)",
        E::PeerIncompatible(_) | E::AlertReceived(AlertDescription::ProtocolVersion | AlertDescription::HandshakeFailure) => {
            "the server does not offer TLS 1.3"
        }
        E::InvalidCertificate(error) => match error {
            CertificateError::UnknownIssuer => {
                "the server's certificate comes from an unknown authority (sslrootcert names the file to trust)"
            }
            CertificateError::Expired | CertificateError::ExpiredContext { .. } => "the server's certificate has expired",
            CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
                "the server's certificate is not valid yet"
            }
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
                "the server's certificate is for another host name"
            }
            _ => "the server's certificate is not acceptable",
        },
        _ => return None,
    })
}
