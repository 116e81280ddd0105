//! A server that follows a script, and a connection that has logged in to it.

#![allow(dead_code, clippy::unwrap_used, clippy::panic)] // A panic is how a test fails.

use std::future::Future;

use bytes::BytesMut;
use sbwp::frame::{write_frame, Header, HEADER_LEN, MAX_PAYLOAD};
use sbwp::message::{
    kind, method, state, AuthOk, AuthRequest, ColumnDescription, CommandComplete, DataRowBuilder,
    Diagnostic, Ready, RowDescription, ServerInfo, ServerMessage,
};
use scratchbird::{Config, Connection, Request};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// One side of a scripted conversation.
pub struct Server(pub TcpStream);

impl Server {
    /// Reads one frame and returns its kind and payload.
    pub async fn receive(&mut self) -> (u8, Vec<u8>) {
        let mut head = [0; HEADER_LEN];
        self.0.read_exact(&mut head).await.unwrap();
        let header = Header::parse(&head, MAX_PAYLOAD).unwrap().unwrap();
        let mut payload = vec![0; header.length as usize];
        self.0.read_exact(&mut payload).await.unwrap();
        (header.kind, payload)
    }

    pub async fn expect(&mut self, wanted: &[u8]) {
        for kind in wanted {
            assert_eq!(self.receive().await.0, *kind);
        }
    }

    pub async fn send(&mut self, messages: &[ServerMessage]) {
        let mut out = BytesMut::new();
        for message in messages {
            write_frame(&mut out, Header::new(message.kind()), |out| {
                message.encode(out)
            })
            .unwrap();
        }
        self.0.write_all(&out).await.unwrap();
    }

    pub async fn log_in(&mut self) {
        self.expect(&[kind::STARTUP]).await;
        self.send(&[password_request()]).await;
        assert_eq!(
            self.receive().await,
            (kind::AUTH_RESPONSE, b"secret".to_vec())
        );
        self.send(&[auth_ok(), server_info(), ready()]).await;
    }
}

pub fn password_request() -> ServerMessage {
    ServerMessage::AuthRequest(AuthRequest {
        method: method::PASSWORD,
        data: Default::default(),
    })
}

pub fn auth_ok() -> ServerMessage {
    ServerMessage::AuthOk(AuthOk {
        session: [7; 16],
        info: Default::default(),
    })
}

pub fn server_info() -> ServerMessage {
    ServerMessage::ServerInfo(ServerInfo {
        session: [7; 16],
        zero: [0; 16],
        zero_2: [0; 16],
        product: "scripted".into(),
        version: "1".into(),
        dialect: "sbsql".into(),
        profile_generation: 1,
        features: 0,
        one: 1,
    })
}

pub fn ready() -> ServerMessage {
    ServerMessage::Ready(Ready::new([7; 16], 42, state::TRANSACTION, 2, 0))
}

pub fn complete(tag: &str, rows: u64) -> ServerMessage {
    ServerMessage::CommandComplete(CommandComplete::new(tag, rows))
}

pub fn failure(sqlstate: &str) -> ServerMessage {
    ServerMessage::Error(Diagnostic::new("ERROR", sqlstate, "no", ""))
}

pub fn one_column() -> ServerMessage {
    ServerMessage::RowDescription(RowDescription::new(vec![ColumnDescription::new(
        "c", 25, 0,
    )]))
}

pub fn row(value: &str) -> ServerMessage {
    let mut out = BytesMut::new();
    let mut row = DataRowBuilder::new(&mut out, 1);
    row.value(value.as_bytes());
    row.finish().unwrap();
    ServerMessage::decode(kind::DATA_ROW, &out).unwrap()
}

pub fn config(port: u16) -> Config {
    let dsn = format!(
        "scratchbird://alice:secret@127.0.0.1:{port}/demo?sslmode=disable&connect_timeout=5"
    );
    Config::from_parts(Some(&dsn), std::iter::empty(), |_| None).unwrap()
}

pub fn query(sql: &str) -> Request {
    let mut request = Request::new();
    request.query(sql, 0).unwrap();
    request
}

/// Runs a script against a connection that logged in.
pub async fn conversation<S, C, T>(
    script: impl FnOnce(Server) -> S,
    client: impl FnOnce(Connection) -> C,
) -> T
where
    S: Future<Output = ()> + Send + 'static,
    C: Future<Output = T>,
{
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let accepted = async move {
        let mut server = Server(listener.accept().await.unwrap().0);
        server.log_in().await;
        server
    };
    let (server, connection) = tokio::join!(accepted, async {
        Connection::connect(&config(port)).await.unwrap()
    });
    let script = tokio::spawn(script(server));
    let result = client(connection).await;
    script.await.unwrap();
    result
}
