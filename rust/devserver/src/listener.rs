//! Accepts clients on TCP, with or without TLS, and on a Unix-domain socket.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

use crate::client::{Client, Transport};
use crate::lobby;
use crate::server::Server;

/// A client that has not finished its TLS handshake by then is dropped.
const HANDSHAKE: Duration = Duration::from_secs(30);
/// After a failure to accept (too many open files, say) there is a pause.
const PAUSE: Duration = Duration::from_millis(50);

/// Serves clients on a TCP port until the task is dropped.
pub async fn serve_tcp(server: Arc<Server>, listener: TcpListener, tls: Option<TlsAcceptor>) {
    loop {
        let stream = match listener.accept().await {
            Ok((stream, _)) => stream,
            Err(_) => {
                tokio::time::sleep(PAUSE).await;
                continue;
            }
        };
        let server = Arc::clone(&server);
        let tls = tls.clone();
        tokio::spawn(async move {
            if stream.set_nodelay(true).is_err() {
                return;
            }
            match tls {
                None => serve_one(server, Box::new(stream)).await,
                Some(acceptor) => {
                    let handshake = tokio::time::timeout(HANDSHAKE, acceptor.accept(stream));
                    if let Ok(Ok(stream)) = handshake.await {
                        serve_one(server, Box::new(stream)).await;
                    }
                }
            }
        });
    }
}

/// Serves clients on a Unix-domain socket until the task is dropped.
#[cfg(unix)]
pub async fn serve_unix(server: Arc<Server>, listener: tokio::net::UnixListener) {
    loop {
        match listener.accept().await {
            Ok((stream, _)) => {
                let server = Arc::clone(&server);
                tokio::spawn(async move { serve_one(server, Box::new(stream)).await });
            }
            Err(_) => tokio::time::sleep(PAUSE).await,
        }
    }
}

async fn serve_one(server: Arc<Server>, transport: Box<dyn Transport>) {
    // How a client's session ended concerns that client, who has been told.
    let _end = lobby::serve(server, Client::new(transport)).await;
}

/// Opens the port; 0 lets the system choose.
pub async fn bind(host: &str, port: u16) -> io::Result<TcpListener> {
    TcpListener::bind((host, port)).await
}
