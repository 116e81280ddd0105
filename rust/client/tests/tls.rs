//! TLS as a server meets it: each `sslmode` against good and bad certificates, in memory, without sockets.

#![allow(clippy::panic, clippy::unwrap_used)]

use std::io::Cursor;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rcgen::{
    date_time_ymd, BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair,
};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ClientConnection, ServerConfig, ServerConnection};
use scratchbird::config::Config;
use scratchbird::tls::{client_config, server_name};
use scratchbird::Error;

type Authority = CertifiedIssuer<'static, KeyPair>;

fn authority(name: &str) -> Authority {
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap()
}

struct Identity {
    chain: Vec<CertificateDer<'static>>,
    key: KeyPair,
}

fn params(names: &[&str], to_year: i32) -> CertificateParams {
    let names: Vec<String> = names.iter().map(|n| (*n).to_owned()).collect();
    let mut params = CertificateParams::new(names).unwrap();
    params.not_before = date_time_ymd(2020, 1, 1);
    params.not_after = date_time_ymd(to_year, 1, 1);
    params
}

fn signed_by(authority: &Authority, names: &[&str], to_year: i32) -> Identity {
    let key = KeyPair::generate().unwrap();
    let certificate = params(names, to_year).signed_by(&key, authority).unwrap();
    let chain = vec![certificate.der().clone()];
    Identity { chain, key }
}

fn self_signed(params: CertificateParams) -> Identity {
    let key = KeyPair::generate().unwrap();
    let chain = vec![params.self_signed(&key).unwrap().der().clone()];
    Identity { chain, key }
}

fn server(identity: &Identity) -> ServerConnection {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let key = PrivateKeyDer::try_from(identity.key.serialize_der()).unwrap();
    let config = ServerConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&rustls::version::TLS13])
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(identity.chain.clone(), key)
        .unwrap();
    ServerConnection::new(Arc::new(config)).unwrap()
}

fn client(options: &str, host: &str) -> Result<ClientConnection, Error> {
    let config = Config::from_parts(
        Some(&format!("user=u {options}")),
        std::iter::empty(),
        |_| None,
    )?;
    let tls = client_config(&config.tls)?.unwrap();
    Ok(ClientConnection::new(tls, server_name(host)?)?)
}

/// Carries bytes between the two until both are done or one fails.
fn shake(client: &mut ClientConnection, server: &mut ServerConnection) -> Result<(), Error> {
    while client.is_handshaking() || server.is_handshaking() {
        let mut wire = Vec::new();
        while client.wants_write() {
            client.write_tls(&mut wire).unwrap();
        }
        server.read_tls(&mut Cursor::new(wire)).unwrap();
        server.process_new_packets()?;
        let mut wire = Vec::new();
        while server.wants_write() {
            server.write_tls(&mut wire).unwrap();
        }
        client.read_tls(&mut Cursor::new(wire)).unwrap();
        client.process_new_packets()?;
    }
    Ok(())
}

fn attempt(options: &str, host: &str, identity: &Identity) -> Result<(), Error> {
    shake(&mut client(options, host)?, &mut server(identity))
}

/// A file in a directory of its own, gone when dropped.
struct Pem(PathBuf);

impl Pem {
    fn new(name: &str, text: &str) -> Self {
        static COUNT: std::sync::atomic::AtomicU32 = std::sync::atomic::AtomicU32::new(0);
        let count = COUNT.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        let directory =
            std::env::temp_dir().join(format!("scratchbird-tls-{}-{count}", std::process::id()));
        std::fs::create_dir_all(&directory).unwrap();
        let path = directory.join(name);
        std::fs::write(&path, text).unwrap();
        Self(path)
    }

    fn option(&self, key: &str) -> String {
        format!("{key}='{}'", self.0.display())
    }
}

impl Drop for Pem {
    fn drop(&mut self) {
        let directory = self.0.parent().unwrap_or(Path::new(""));
        std::fs::remove_dir_all(directory).unwrap();
    }
}

fn pem(certificate: &CertificateDer<'_>) -> String {
    use base64::Engine as _;
    let body = base64::engine::general_purpose::STANDARD.encode(certificate);
    let lines: Vec<&str> = body
        .as_bytes()
        .chunks(64)
        .map(|c| std::str::from_utf8(c).unwrap())
        .collect();
    format!(
        "-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n",
        lines.join("\n")
    )
}

#[test]
fn disable_has_no_tls() {
    let config =
        Config::from_parts(Some("user=u sslmode=disable"), std::iter::empty(), |_| None).unwrap();
    assert!(client_config(&config.tls).unwrap().is_none());
}

#[test]
fn require_accepts_any_certificate() {
    attempt(
        "sslmode=require",
        "db.example",
        &self_signed(params(&["other"], 2040)),
    )
    .unwrap();
    attempt(
        "sslmode=require",
        "127.0.0.1",
        &self_signed(params(&["other"], 2021)),
    )
    .unwrap();
}

#[test]
fn require_still_wants_proof_of_the_key() {
    let honest = self_signed(params(&["db.example"], 2040));
    let thief = Identity {
        chain: honest.chain,
        key: KeyPair::generate().unwrap(),
    };
    let provider = rustls::crypto::ring::default_provider();
    let key = PrivateKeyDer::try_from(thief.key.serialize_der()).unwrap();
    let key = provider.key_provider.load_private_key(key).unwrap();
    #[derive(Debug)]
    struct Shows(Arc<rustls::sign::CertifiedKey>);
    impl rustls::server::ResolvesServerCert for Shows {
        fn resolve(
            &self,
            _: rustls::server::ClientHello<'_>,
        ) -> Option<Arc<rustls::sign::CertifiedKey>> {
            Some(self.0.clone())
        }
    }
    let shown = Shows(Arc::new(rustls::sign::CertifiedKey::new(thief.chain, key)));
    let config = ServerConfig::builder_with_provider(Arc::new(provider))
        .with_protocol_versions(&[&rustls::version::TLS13])
        .unwrap()
        .with_no_client_auth()
        .with_cert_resolver(Arc::new(shown));
    let mut server = ServerConnection::new(Arc::new(config)).unwrap();
    let error = shake(
        &mut client("sslmode=require", "db.example").unwrap(),
        &mut server,
    )
    .unwrap_err();
    assert_eq!(error.sqlstate(), Some("08001"));
    assert!(error.to_string().contains("not acceptable"), "{error}");
}

#[test]
fn verify_ca_checks_the_authority_and_not_the_name() {
    let (ours, theirs) = (authority("ours"), authority("theirs"));
    let root = Pem::new("ca.pem", &ours.pem());
    let options = format!("sslmode=verify-ca {}", root.option("sslrootcert"));
    attempt(
        &options,
        "db.example",
        &signed_by(&ours, &["other.example"], 2040),
    )
    .unwrap();
    let refusal = attempt(
        &options,
        "db.example",
        &signed_by(&theirs, &["db.example"], 2040),
    )
    .unwrap_err();
    assert_eq!(refusal.sqlstate(), Some("08001"));
    assert!(
        refusal.to_string().contains("unknown authority"),
        "{refusal}"
    );
    let expired = attempt(
        &options,
        "db.example",
        &signed_by(&ours, &["db.example"], 2021),
    )
    .unwrap_err();
    assert!(expired.to_string().contains("has expired"), "{expired}");
}

#[test]
fn verify_full_checks_the_name_too() {
    let ours = authority("ours");
    let root = Pem::new("ca.pem", &ours.pem());
    let options = format!("sslmode=verify-full {}", root.option("sslrootcert"));
    let identity = signed_by(
        &ours,
        &["db.example", "*.cluster.example", "127.0.0.1", "::1"],
        2040,
    );
    for host in [
        "db.example",
        "a.cluster.example",
        "127.0.0.1",
        "::1",
        "[::1]",
        "db.example.",
    ] {
        attempt(&options, host, &identity).unwrap_or_else(|e| panic!("{host}: {e}"));
    }
    for host in ["other.example", "127.0.0.2", "fe80::1%eth0"] {
        let refusal = attempt(&options, host, &identity).unwrap_err();
        assert!(
            refusal.to_string().contains("another host name"),
            "{host}: {refusal}"
        );
        assert_eq!(refusal.sqlstate(), Some("08001"));
    }
    let expired = attempt(
        &options,
        "db.example",
        &signed_by(&ours, &["db.example"], 2021),
    )
    .unwrap_err();
    assert!(expired.to_string().contains("has expired"), "{expired}");
}

#[test]
fn a_self_signed_certificate_can_be_trusted_as_it_is() {
    let mut as_openssl_makes_them = params(&["db.example"], 2040);
    as_openssl_makes_them.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    for params in [params(&["db.example"], 2040), as_openssl_makes_them] {
        let identity = self_signed(params);
        let root = Pem::new("server.pem", &pem(&identity.chain[0]));
        let options = format!("sslmode=verify-full {}", root.option("sslrootcert"));
        attempt(&options, "db.example", &identity).unwrap();
        assert!(attempt(&options, "other.example", &identity).is_err());
    }
    let expired = self_signed(params(&["db.example"], 2021));
    let root = Pem::new("server.pem", &pem(&expired.chain[0]));
    let refusal = attempt(
        &format!("sslmode=verify-ca {}", root.option("sslrootcert")),
        "db.example",
        &expired,
    )
    .unwrap_err();
    assert!(refusal.to_string().contains("has expired"), "{refusal}");
}

#[test]
fn peers_without_tls_1_3_are_refused() {
    let answers: [(&[u8], &str); 3] = [
        // The fatal alert protocol_version, as a server that knows 1.2 only sends it.
        (&[21, 3, 3, 0, 2, 2, 70], "does not offer TLS 1.3"),
        // A frame of the protocol itself, in plain text.
        (
            b"SBWP\x01\x01\x40\x00\x00\x00\x00\x00",
            "does not answer in TLS",
        ),
        (
            b"HTTP/1.1 400 Bad Request\r\n\r\n",
            "does not answer in TLS",
        ),
    ];
    for (bytes, expected) in answers {
        let mut client = client("sslmode=require", "db.example").unwrap();
        client.write_tls(&mut Vec::new()).unwrap();
        client.read_tls(&mut Cursor::new(bytes)).unwrap();
        let error = Error::from(client.process_new_packets().unwrap_err());
        assert_eq!(error.sqlstate(), Some("08001"));
        assert!(error.to_string().contains(expected), "{error}");
    }
}

#[test]
fn only_tls_1_3_is_offered_and_no_alpn() {
    let config = Config::from_parts(Some("user=u"), std::iter::empty(), |_| None).unwrap();
    let tls = client_config(&config.tls).unwrap().unwrap();
    assert!(tls.alpn_protocols.is_empty());
    let identity = self_signed(params(&["x"], 2040));
    let (mut client, mut server) = (client("", "x").unwrap(), server(&identity));
    shake(&mut client, &mut server).unwrap();
    assert_eq!(
        client.protocol_version(),
        Some(rustls::ProtocolVersion::TLSv1_3)
    );
}

#[test]
fn equal_options_share_one_configuration_until_a_file_changes() {
    let ours = authority("ours");
    let root = Pem::new("ca.pem", &ours.pem());
    let dsn = format!("user=u sslmode=verify-ca {}", root.option("sslrootcert"));
    let tls = |dsn: &str| {
        let config = Config::from_parts(Some(dsn), std::iter::empty(), |_| None).unwrap();
        client_config(&config.tls).unwrap().unwrap()
    };
    let first = tls(&dsn);
    assert!(Arc::ptr_eq(&first, &tls(&dsn)));
    assert!(!Arc::ptr_eq(&first, &tls("user=u")));
    std::fs::write(
        &root.0,
        authority("another authority, with a longer name").pem(),
    )
    .unwrap();
    assert!(!Arc::ptr_eq(&first, &tls(&dsn)));
}

#[test]
fn client_certificates_and_their_mistakes() {
    let identity = self_signed(params(&["alice"], 2040));
    let cert = Pem::new("client.pem", &pem(&identity.chain[0]));
    let key = Pem::new("client.key", &identity.key.serialize_pem());
    let with = |cert: &str, key: &str| client(&format!("{cert} {key}"), "h").map(drop);
    with(&cert.option("sslcert"), &key.option("sslkey")).unwrap();

    let message = |cert: &str, key: &str| match with(cert, key) {
        Err(Error::Config(message)) => message,
        other => panic!("{other:?}"),
    };
    let other = Pem::new("other.key", &KeyPair::generate().unwrap().serialize_pem());
    let cases = [
        (other, "is not the key of the certificate"),
        (Pem::new("e.key", "-----BEGIN ENCRYPTED PRIVATE KEY-----\nMII=\n-----END ENCRYPTED PRIVATE KEY-----\n"), "is encrypted"),
        (
            Pem::new("o.key", "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00\n\nMII=\n"),
            "is encrypted",
        ),
        (Pem::new("empty.key", ""), "contains no PEM private key"),
        (Pem::new("cut.key", "-----BEGIN PRIVATE KEY-----\nMII=\n"), "is not valid PEM"),
        (Pem::new("bad.key", "-----BEGIN PRIVATE KEY-----\nMIIB\n-----END PRIVATE KEY-----\n"), "cannot be used"),
    ];
    for (file, expected) in cases {
        let text = message(&cert.option("sslcert"), &file.option("sslkey"));
        assert!(
            text.contains(expected) && text.contains(&file.0.display().to_string()),
            "{text}"
        );
    }
    let text = message("sslcert=/nowhere/client.pem", &key.option("sslkey"));
    assert!(
        text.starts_with("sslcert: /nowhere/client.pem cannot be read"),
        "{text}"
    );
    let text = message(&key.option("sslcert"), &key.option("sslkey"));
    assert!(text.contains("contains no PEM certificate"), "{text}");
}

#[test]
fn every_usual_key_encoding_is_read() {
    let key = KeyPair::generate().unwrap();
    let certificate = params(&["alice"], 2040).self_signed(&key).unwrap();
    let cert = Pem::new("client.pem", &pem(certificate.der()));
    let pkcs8 = Pem::new("pkcs8.key", &key.serialize_pem());
    client(
        &format!("{} {}", cert.option("sslcert"), pkcs8.option("sslkey")),
        "h",
    )
    .unwrap();

    // SEC1 is the SEQUENCE { INTEGER 1, … } inside PKCS#8's SEQUENCE { INTEGER 0, … }.
    use base64::Engine as _;
    let whole = key.serialize_der();
    let is_sec1 = |w: &[u8]| w[0] == 0x30 && w[2..] == [2, 1, 1];
    let inner = whole.windows(5).position(is_sec1).unwrap();
    let length = usize::from(whole[inner + 1]) + 2;
    let body = base64::engine::general_purpose::STANDARD.encode(&whole[inner..inner + length]);
    let sec1 = Pem::new(
        "sec1.key",
        &format!("-----BEGIN EC PRIVATE KEY-----\n{body}\n-----END EC PRIVATE KEY-----\n"),
    );
    client(
        &format!("{} {}", cert.option("sslcert"), sec1.option("sslkey")),
        "h",
    )
    .unwrap_or_else(|e| panic!("{e}"));
}

#[test]
fn trusted_certificate_files_are_checked_in_every_mode() {
    let missing = client("sslmode=require sslrootcert=/nowhere/ca.pem", "h").unwrap_err();
    assert!(
        missing
            .to_string()
            .starts_with("sslrootcert: /nowhere/ca.pem cannot be read"),
        "{missing}"
    );
    let text = Pem::new("ca.pem", "no certificate here\n");
    let empty = client(
        &format!("sslmode=verify-ca {}", text.option("sslrootcert")),
        "h",
    )
    .unwrap_err();
    assert!(
        empty.to_string().contains("contains no PEM certificate"),
        "{empty}"
    );
    let broken = Pem::new(
        "ca.pem",
        "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
    );
    let broken = client(
        &format!("sslmode=verify-full {}", broken.option("sslrootcert")),
        "h",
    )
    .unwrap_err();
    assert!(broken.to_string().contains("bad certificate"), "{broken}");
}

#[test]
fn names_that_no_certificate_can_carry() {
    for host in ["", "a b", "höst", "-"] {
        let error = server_name(host).map(|n| format!("{n:?}"));
        assert!(matches!(error, Err(Error::Config(_))), "{host}: {error:?}");
    }
    assert!(server_name("my_host").is_ok());
}
