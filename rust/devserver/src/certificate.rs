//! The server's TLS identity: a certificate authority and a certificate made on the spot, or files given by the user.
//!
//! Some of the certificates are wrong on purpose, because clients have to be tested against wrong ones.

use std::path::Path;
use std::sync::Arc;

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DistinguishedName, DnType, IsCa, KeyPair,
    KeyUsagePurpose,
};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::ServerConfig;
use time::{Duration, OffsetDateTime};

/// What kind of certificate to show to clients.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Flavour {
    /// Valid for localhost, 127.0.0.1 and ::1, signed by the authority in the CA file.
    Good,
    /// As `good`, but it has expired.
    Expired,
    /// As `good`, but for another host.
    WrongHost,
    /// Signed by an authority that is not the one in the CA file.
    Untrusted,
}

#[derive(Debug, thiserror::Error)]
pub enum CertificateError {
    #[error("a certificate could not be made: {0}")]
    Generate(#[from] rcgen::Error),
    #[error("the TLS configuration was refused: {0}")]
    Tls(#[from] rustls::Error),
    #[error("{path}: {source}")]
    Read {
        path: String,
        source: rustls::pki_types::pem::Error,
    },
}

/// A TLS configuration and the authority a client has to trust for it, in PEM.
pub struct Identity {
    pub config: Arc<ServerConfig>,
    pub authority_pem: Option<String>,
}

fn authority() -> Result<CertifiedIssuer<'static, KeyPair>, CertificateError> {
    let mut params = CertificateParams::new(Vec::<String>::new())?;
    let mut name = DistinguishedName::new();
    name.push(DnType::CommonName, "ScratchBird development authority");
    params.distinguished_name = name;
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    params.not_before = OffsetDateTime::now_utc() - Duration::days(365);
    params.not_after = OffsetDateTime::now_utc() + Duration::days(365);
    Ok(CertifiedIssuer::self_signed(params, KeyPair::generate()?)?)
}

/// Makes an authority and a certificate signed by it.
pub fn generate(flavour: Flavour) -> Result<Identity, CertificateError> {
    let issuer = authority()?;
    let names: &[&str] = match flavour {
        Flavour::WrongHost => &["elsewhere.invalid"],
        _ => &["localhost", "127.0.0.1", "::1"],
    };
    let mut params =
        CertificateParams::new(names.iter().map(|&n| n.to_owned()).collect::<Vec<_>>())?;
    let mut name = DistinguishedName::new();
    name.push(DnType::CommonName, "ScratchBird development server");
    params.distinguished_name = name;
    params.not_before = OffsetDateTime::now_utc() - Duration::days(30);
    params.not_after = match flavour {
        Flavour::Expired => OffsetDateTime::now_utc() - Duration::days(1),
        _ => OffsetDateTime::now_utc() + Duration::days(300),
    };
    params.extended_key_usages = vec![rcgen::ExtendedKeyUsagePurpose::ServerAuth];
    let key = KeyPair::generate()?;
    let certificate = params.signed_by(&key, &issuer)?;
    let shown = match flavour {
        Flavour::Untrusted => authority()?.pem(),
        _ => issuer.pem(),
    };
    let private = PrivateKeyDer::try_from(key.serialize_der())
        .map_err(|reason| rustls::Error::General(reason.to_owned()))?;
    Ok(Identity {
        config: configure(vec![certificate.der().clone()], private)?,
        authority_pem: Some(shown),
    })
}

/// Reads a certificate chain and its key from PEM files.
pub fn load(certificate: &Path, key: &Path) -> Result<Identity, CertificateError> {
    let read_error = |path: &Path| {
        let path = path.display().to_string();
        move |source| CertificateError::Read { path, source }
    };
    let chain = CertificateDer::pem_file_iter(certificate)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .map_err(read_error(certificate))?;
    let private = PrivateKeyDer::from_pem_file(key).map_err(read_error(key))?;
    Ok(Identity {
        config: configure(chain, private)?,
        authority_pem: None,
    })
}

fn configure(
    chain: Vec<CertificateDer<'static>>,
    key: PrivateKeyDer<'static>,
) -> Result<Arc<ServerConfig>, CertificateError> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&rustls::version::TLS13])?
        .with_no_client_auth()
        .with_single_cert(chain, key)?;
    Ok(Arc::new(config))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_flavour_can_be_made() {
        for flavour in [
            Flavour::Good,
            Flavour::Expired,
            Flavour::WrongHost,
            Flavour::Untrusted,
        ] {
            let identity = generate(flavour).unwrap();
            assert!(identity
                .authority_pem
                .unwrap()
                .contains("BEGIN CERTIFICATE"));
        }
    }
}
