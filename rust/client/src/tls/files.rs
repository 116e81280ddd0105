//! Certificates and keys from PEM files and from the platform's store.
//!
//! Must not know: what they are used for. Every error names the parameter and the file.

use std::fs::File;
use std::io::Read as _;
use std::path::Path;
use std::sync::OnceLock;
use std::time::SystemTime;

use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, TrustAnchor};
use rustls::RootCertStore;

use crate::error::Error;

/// More than any certificate bundle needs; a limit so that a device file is not read for ever.
const MAX_FILE: u64 = 16 * 1024 * 1024;

/// What tells a changed file from an unchanged one.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Stamp {
    length: u64,
    modified: Option<SystemTime>,
}

pub(super) fn stamp(path: &Path) -> Option<Stamp> {
    let metadata = std::fs::metadata(path).ok()?;
    Some(Stamp {
        length: metadata.len(),
        modified: metadata.modified().ok(),
    })
}

/// The certificates of a PEM file: at least one.
pub(super) fn certificates(
    parameter: &str,
    path: &Path,
) -> Result<Vec<CertificateDer<'static>>, Error> {
    let text = read(parameter, path)?;
    let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&text).collect();
    match found {
        Ok(found) if found.is_empty() => Err(bad(parameter, path, "contains no PEM certificate")),
        Ok(found) => Ok(found),
        Err(error) => Err(bad(parameter, path, &format!("is not valid PEM: {error}"))),
    }
}

/// The first private key of a PEM file.
pub(super) fn private_key(parameter: &str, path: &Path) -> Result<PrivateKeyDer<'static>, Error> {
    let text = read(parameter, path)?;
    let has = |marker: &str| memchr::memmem::find(&text, marker.as_bytes()).is_some();
    if has("BEGIN ENCRYPTED PRIVATE KEY") || has("Proc-Type: 4,ENCRYPTED") {
        let advice = "is encrypted, which is not supported; decrypt it with: openssl pkey -in KEY -out DECRYPTED_KEY";
        return Err(bad(parameter, path, advice));
    }
    PrivateKeyDer::from_pem_slice(&text).map_err(|error| match error {
        rustls::pki_types::pem::Error::NoItemsFound => {
            bad(parameter, path, "contains no PEM private key")
        }
        other => bad(parameter, path, &format!("is not valid PEM: {other}")),
    })
}

fn read(parameter: &str, path: &Path) -> Result<Vec<u8>, Error> {
    let mut text = Vec::new();
    let count = File::open(path).and_then(|file| file.take(MAX_FILE + 1).read_to_end(&mut text));
    match count {
        Ok(count) if count as u64 > MAX_FILE => {
            Err(bad(parameter, path, "is too large for a PEM file"))
        }
        Ok(_) => Ok(text),
        Err(error) => Err(bad(parameter, path, &format!("cannot be read: {error}"))),
    }
}

fn bad(parameter: &str, path: &Path, what: &str) -> Error {
    Error::Config(format!("{parameter}: {} {what}", path.display()))
}

/// The authorities the platform trusts, read once a process: that takes 10 to 100 ms.
pub(super) fn platform_roots() -> &'static [TrustAnchor<'static>] {
    static ROOTS: OnceLock<Vec<TrustAnchor<'static>>> = OnceLock::new();
    ROOTS.get_or_init(|| {
        let mut store = RootCertStore::empty();
        // Stores hold a few certificates that nobody can use; they must not keep the others from being used.
        store.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        store.roots
    })
}
