//! From a configuration and one host to a session: name resolution, socket, TLS, login, first settings.

use std::future::poll_fn;
use std::io;

use crate::config::{Config, Endpoint};
use crate::error::Error;
use crate::hosts;
use crate::manager;
use crate::request::Request;
use crate::session::Session;
use crate::startup;
use crate::tls;
use crate::transport::{Stream, Transport};

/// Connects to one host and logs in.
pub(crate) async fn attempt(config: &Config, endpoint: &Endpoint) -> Result<Session, Error> {
    let mut transport = Transport::plain(open(config, endpoint).await?);
    if let Some(options) = &config.manager {
        manager::pass(&mut transport, options, config).await?;
    }
    secure(&mut transport, config, endpoint).await?;
    let mut session = Session::new(transport, config.max_message_size);
    session.endpoint = Some(endpoint.clone());
    startup::login(&mut session, config, endpoint).await?;
    session.set_socket_timeout(config.socket_timeout);
    settle(&mut session, config).await?;
    session.transport.leave_reactor();
    Ok(session)
}

/// TLS, where it is wanted.
pub(crate) async fn secure(
    transport: &mut Transport,
    config: &Config,
    endpoint: &Endpoint,
) -> Result<(), Error> {
    if let Endpoint::Tcp { host, .. } = endpoint {
        if let Some(tls_config) = tls::client_config(&config.tls)? {
            transport
                .start_tls(tls_config, tls::server_name(host)?)
                .map_err(|error| Error::tls_from("TLS could not be started", error))?;
        }
    }
    poll_fn(|context| transport.poll_handshake(context))
        .await
        .map_err(handshake_error)
}

/// SET SCHEMA or SET SEARCH_PATH where a schema is configured (SBWP 4.2).
async fn settle(session: &mut Session, config: &Config) -> Result<(), Error> {
    if let Some(schema) = &config.schema {
        session.profile().check_schema(schema)?;
    }
    if let Some(statement) = schema_statement(config) {
        let mut request = Request::new();
        request.query(&statement, 0)?;
        session.run(request).await?.finish()?;
    }
    Ok(())
}

/// A failed handshake, whose cause rustls knows, or the socket's own failure.
fn handshake_error(error: io::Error) -> Error {
    let error = match error.downcast::<rustls::Error>() {
        Ok(error) => return error.into(),
        Err(error) => error,
    };
    match error.kind() {
        io::ErrorKind::UnexpectedEof | io::ErrorKind::ConnectionReset => Error::tls_from(
            "the server ended the connection during the handshake; it may not speak TLS 1.3 (sslmode=disable connects \
             without TLS)",
            error,
        ),
        _ => Error::Io(error),
    }
}

/// `public` is the server's default schema, whose full path is `users.public`.
pub(crate) fn schema_statement(config: &Config) -> Option<String> {
    let quoted = |name: &str| {
        let path = if name == "public" {
            "users.public"
        } else {
            name
        };
        path.split('.')
            .map(|part| format!("\"{}\"", part.replace('"', "\"\"")))
            .collect::<Vec<_>>()
            .join(".")
    };
    let schema = config.schema.as_deref()?.trim();
    if schema.is_empty() || schema == "public" {
        return None;
    }
    let names: Vec<String> = schema.split(',').map(|name| quoted(name.trim())).collect();
    Some(match names.as_slice() {
        [one] => format!("SET SCHEMA {one}"),
        several => format!("SET SEARCH_PATH TO {}", several.join(", ")),
    })
}

/// Opens the socket.
pub(crate) async fn open(config: &Config, endpoint: &Endpoint) -> Result<Stream, Error> {
    match endpoint {
        Endpoint::Tcp { host, port } => {
            let mut last = io::Error::new(
                io::ErrorKind::NotFound,
                format!("the name {host} has no address"),
            );
            let found = tokio::net::lookup_host((host.as_str(), *port)).await?;
            let mut addresses: Vec<_> = found.collect();
            if config.balance_load {
                hosts::shuffle(&mut addresses);
            }
            for address in addresses {
                match tokio::net::TcpStream::connect(address).await {
                    Ok(socket) => {
                        socket.set_nodelay(true)?;
                        let socket = socket.into_std()?;
                        keep_alive(config, &socket)?;
                        return Ok(Stream::tcp(socket)?);
                    }
                    Err(error) => last = error,
                }
            }
            Err(last.into())
        }
        #[cfg(unix)]
        Endpoint::Unix { path } => {
            let socket = tokio::net::UnixStream::connect(path).await?;
            Ok(Stream::unix(socket.into_std()?)?)
        }
        #[cfg(not(unix))]
        Endpoint::Unix { .. } => Err(Error::NotSupported(
            "this platform has no Unix-domain sockets".into(),
        )),
    }
}

fn keep_alive(config: &Config, socket: &std::net::TcpStream) -> io::Result<()> {
    let socket = socket2::SockRef::from(socket);
    if let Some(keepalive) = &config.keepalive {
        let mut settings = socket2::TcpKeepalive::new();
        if let Some(idle) = keepalive.idle {
            settings = settings.with_time(idle);
        }
        if let Some(interval) = keepalive.interval {
            settings = settings.with_interval(interval);
        }
        #[cfg(not(windows))]
        if let Some(count) = keepalive.count {
            settings = settings.with_retries(count);
        }
        socket.set_tcp_keepalive(&settings)?;
    }
    #[cfg(target_os = "linux")]
    socket.set_tcp_user_timeout(config.tcp_user_timeout)?;
    Ok(())
}
