//! A certificate for the loopback interface, and a TLS stream whose record layer is driven by the thread of the connection.

use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::sync::Arc;

use bytes::{Buf, BytesMut};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair, KeyUsagePurpose};
use rustls::pki_types::PrivateKeyDer;
use rustls::{ServerConfig, ServerConnection};

use crate::Failure;

/// Answers are written in pieces of this size while more are made.
const PIECE: usize = 256 * 1024;

/// A configuration, and the authority to trust for it in PEM.
pub fn generate() -> Result<(Arc<ServerConfig>, String), Failure> {
    let mut params = CertificateParams::new(Vec::<String>::new())?;
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
    let issuer = CertifiedIssuer::self_signed(params, KeyPair::generate()?)?;
    let names = ["localhost".to_owned(), "127.0.0.1".to_owned()];
    let key = KeyPair::generate()?;
    let certificate = CertificateParams::new(names)?.signed_by(&key, &issuer)?;
    let private = PrivateKeyDer::try_from(key.serialize_der())?;
    let config =
        ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_protocol_versions(&[&rustls::version::TLS13])?
            .with_no_client_auth()
            .with_single_cert(vec![certificate.der().clone()], private)?;
    Ok((Arc::new(config), issuer.pem()))
}

/// Bytes in, bytes out. What is put into `out` leaves when [`Stream::fill`] waits for more, or when it has become large.
pub struct Stream {
    socket: TcpStream,
    tls: ServerConnection,
    pub input: BytesMut,
    pub out: BytesMut,
}

impl Stream {
    pub fn new(socket: TcpStream, config: Arc<ServerConfig>) -> Result<Self, Failure> {
        let mut tls = ServerConnection::new(config)?;
        tls.set_buffer_limit(None);
        Ok(Stream {
            socket,
            tls,
            input: BytesMut::with_capacity(PIECE),
            out: BytesMut::with_capacity(PIECE),
        })
    }

    /// Sends what is waiting, then reads until `input` has grown; false at the end of the stream.
    pub fn fill(&mut self) -> io::Result<bool> {
        self.flush()?;
        loop {
            if self.tls.read_tls(&mut self.socket)? == 0 {
                return Ok(false);
            }
            let state = self.tls.process_new_packets().map_err(io::Error::other)?;
            if self.tls.wants_write() {
                self.tls.write_tls(&mut self.socket)?;
            }
            let arrived = state.plaintext_bytes_to_read();
            if arrived > 0 {
                let at = self.input.len();
                self.input.resize(at + arrived, 0);
                self.tls.reader().read_exact(&mut self.input[at..])?;
                return Ok(true);
            }
            if state.peer_has_closed() {
                return Ok(false);
            }
        }
    }

    /// Sends what is waiting once there is much of it.
    pub fn relieve(&mut self) -> io::Result<()> {
        if self.out.len() >= PIECE {
            self.flush()?;
        }
        Ok(())
    }

    pub fn flush(&mut self) -> io::Result<()> {
        while !self.out.is_empty() {
            let piece = self.out.len().min(PIECE);
            self.tls.writer().write_all(&self.out[..piece])?;
            self.out.advance(piece);
            while self.tls.wants_write() {
                self.tls.write_tls(&mut self.socket)?;
            }
        }
        Ok(())
    }
}
