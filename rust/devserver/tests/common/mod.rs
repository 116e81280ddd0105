//! A server in this process and a client that speaks frames to it, over a plain socket.

#![allow(dead_code, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "../backend/mod.rs"]
mod backend;

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::time::Duration;

use bytes::BytesMut;
use sbwp::frame::{write_frame, FrameReader, Header};
use sbwp::message::{
    encode_execute, encode_parse, encode_query, feature, kind, AuthResponse, Bind, ClientMessage,
    Diagnostic, Ready, ServerMessage, Startup, StartupParameter,
};
use scratchbird_devserver::backend::Target;
use scratchbird_devserver::datatype::Registry;
use scratchbird_devserver::server::{Profile, Server};
use scratchbird_devserver::users::{Method, Users};
use scratchbird_devserver::{listener, preparation};

/// A server that ends with the value.
pub struct TestServer {
    pub port: u16,
    _runtime: tokio::runtime::Runtime,
}

static CREATING: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());

pub const USER: &str = "alice";
pub const PASSWORD: &str = "sesame";

/// Starts a server on the backend of the tests.
pub fn server(method: Method) -> TestServer {
    server_as(method, Profile::Standard)
}

/// The same, of either profile.
pub fn server_as(method: Method, profile: Profile) -> TestServer {
    let url = backend::url();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap();
    let port = runtime.block_on(async {
        let target = Arc::new(Target::parse(&url).unwrap());
        // Two tests at once cannot make the same database.
        let _turn = CREATING.lock().await;
        let patience = Duration::from_secs(30);
        preparation::create_database(&target, patience)
            .await
            .unwrap();
        preparation::prepare(&target).await.unwrap();
        let types = Registry::open(Arc::clone(&target)).await.unwrap();
        let users = Users::new(method, &[(USER.to_owned(), PASSWORD.to_owned())]).unwrap();
        let server = Server::new(target, users, "default".to_owned(), profile, false, types);
        let tcp = listener::bind("127.0.0.1", 0).await.unwrap();
        let port = tcp.local_addr().unwrap().port();
        tokio::spawn(listener::serve_tcp(Arc::new(server), tcp, None));
        port
    });
    TestServer {
        port,
        _runtime: runtime,
    }
}

/// A client of raw frames.
pub struct Client {
    pub stream: TcpStream,
    reader: FrameReader,
    sequence: u32,
    pub attachment: [u8; 16],
    /// The header of the frame read last.
    pub header: Header,
}

impl Client {
    /// A connection that has said nothing yet.
    pub fn open(server: &TestServer) -> Self {
        let stream = TcpStream::connect(("127.0.0.1", server.port)).unwrap();
        stream.set_nodelay(true).unwrap();
        stream
            .set_read_timeout(Some(Duration::from_secs(20)))
            .unwrap();
        Self {
            stream,
            reader: FrameReader::default(),
            sequence: 0,
            attachment: [0; 16],
            header: Header::new(0),
        }
    }

    pub fn login(server: &TestServer) -> Self {
        let mut client = Self::open(server);
        client.send(&[client.startup(feature::SERVER_MASK, &[])]);
        assert_eq!(client.receive().kind(), kind::AUTH_REQUEST);
        client.send(&[password(PASSWORD)]);
        let greeting = client.until_ready();
        assert_eq!(
            greeting.first().map(ServerMessage::kind),
            Some(kind::AUTH_OK)
        );
        client.attachment = client.header.attachment;
        client
    }

    pub fn startup(&self, features: u64, more: &[(&str, &str)]) -> ClientMessage {
        let mut parameters = vec![
            StartupParameter::text("user", USER),
            StartupParameter::text("database", "default"),
        ];
        parameters.extend(
            more.iter()
                .map(|(key, value)| StartupParameter::text(*key, *value)),
        );
        ClientMessage::Startup(Startup {
            features,
            parameters,
            ..Startup::default()
        })
    }

    fn next_header(&mut self, kind: u8) -> Header {
        let header = Header {
            sequence: self.sequence,
            attachment: self.attachment,
            ..Header::new(kind)
        };
        self.sequence += 1;
        header
    }

    pub fn frame(&mut self, kind: u8, payload: &[u8]) -> BytesMut {
        let mut out = BytesMut::new();
        let header = self.next_header(kind);
        write_frame(&mut out, header, |out| out.extend_from_slice(payload)).unwrap();
        out
    }

    /// Sends messages in one write.
    pub fn send(&mut self, messages: &[ClientMessage]) {
        let mut out = BytesMut::new();
        for message in messages {
            let header = self.next_header(message.kind());
            write_frame(&mut out, header, |out| message.encode(out)).unwrap();
        }
        self.stream.write_all(&out).unwrap();
    }

    /// Sends one message whose header names a transaction.
    pub fn send_in(&mut self, transaction: u64, message: &ClientMessage) {
        let mut out = BytesMut::new();
        let header = Header {
            transaction,
            ..self.next_header(message.kind())
        };
        write_frame(&mut out, header, |out| message.encode(out)).unwrap();
        self.stream.write_all(&out).unwrap();
    }

    /// The next message; `None` at the end of the stream.
    pub fn try_receive(&mut self) -> Option<ServerMessage> {
        loop {
            if let Some(frame) = self.reader.next_frame().unwrap() {
                self.header = frame.header;
                return Some(ServerMessage::decode(frame.header.kind, &frame.payload).unwrap());
            }
            let mut chunk = [0; 65536];
            match self.stream.read(&mut chunk) {
                Ok(0) => return None,
                Ok(read) => self.reader.push(&chunk[..read]),
                Err(error) if error.kind() == std::io::ErrorKind::ConnectionReset => return None,
                Err(error) => panic!("nothing came: {error}"),
            }
        }
    }

    pub fn receive(&mut self) -> ServerMessage {
        self.try_receive()
            .expect("the server closed the connection")
    }

    /// Everything up to READY, which is the last.
    pub fn until_ready(&mut self) -> Vec<ServerMessage> {
        let mut messages = Vec::new();
        loop {
            let message = self.receive();
            let done = message.kind() == kind::READY;
            messages.push(message);
            if done {
                return messages;
            }
        }
    }

    /// Whether nothing comes for a while.
    pub fn is_silent(&mut self) -> bool {
        self.stream
            .set_read_timeout(Some(Duration::from_millis(150)))
            .unwrap();
        let read = self.stream.peek(&mut [0]);
        self.stream
            .set_read_timeout(Some(Duration::from_secs(20)))
            .unwrap();
        matches!(read, Err(error) if matches!(error.kind(), std::io::ErrorKind::WouldBlock | std::io::ErrorKind::TimedOut))
    }

    pub fn query(&mut self, sql: &str) -> Answer {
        self.query_with(0, sql)
    }

    pub fn query_with(&mut self, flags: u32, sql: &str) -> Answer {
        self.query_limited(flags, 0, 0, sql)
    }

    pub fn query_limited(
        &mut self,
        flags: u32,
        max_rows: u32,
        timeout_ms: u32,
        sql: &str,
    ) -> Answer {
        let mut payload = BytesMut::new();
        encode_query(&mut payload, flags, max_rows, timeout_ms, sql).unwrap();
        let frame = self.frame(kind::QUERY, &payload);
        self.stream.write_all(&frame).unwrap();
        Answer(self.until_ready())
    }

    /// Runs a statement that must succeed and commits it.
    pub fn must(&mut self, sql: &str) -> Answer {
        let answer = self.query_with(sbwp::message::query_flag::AUTOCOMMIT, sql);
        assert_eq!(answer.errors(), Vec::<String>::new(), "{sql}");
        answer
    }
}

/// The messages of one answer.
#[derive(Debug)]
pub struct Answer(pub Vec<ServerMessage>);

impl Answer {
    pub fn kinds(&self) -> Vec<u8> {
        self.0.iter().map(ServerMessage::kind).collect()
    }

    pub fn error(&self) -> Option<&Diagnostic> {
        self.0.iter().find_map(|message| match message {
            ServerMessage::Error(diagnostic) => Some(diagnostic),
            _ => None,
        })
    }

    pub fn errors(&self) -> Vec<String> {
        self.0
            .iter()
            .filter_map(|message| match message {
                ServerMessage::Error(diagnostic) => {
                    Some(diagnostic.sqlstate().unwrap_or_default().to_owned())
                }
                _ => None,
            })
            .collect()
    }

    /// All values of all rows as text, `NULL` for NULL.
    pub fn rows(&self) -> Vec<Vec<String>> {
        self.0
            .iter()
            .filter_map(|message| match message {
                ServerMessage::DataRow(row) => Some(
                    row.values
                        .iter()
                        .map(|value| match value {
                            Some(bytes) => String::from_utf8_lossy(bytes).into_owned(),
                            None => "NULL".to_owned(),
                        })
                        .collect(),
                ),
                _ => None,
            })
            .collect()
    }

    /// Tags and counts.
    pub fn tags(&self) -> Vec<(String, u64)> {
        self.0
            .iter()
            .filter_map(|message| match message {
                ServerMessage::CommandComplete(complete) => {
                    Some((complete.tag.clone(), complete.rows))
                }
                _ => None,
            })
            .collect()
    }

    pub fn ready(&self) -> &Ready {
        match self.0.last() {
            Some(ServerMessage::Ready(ready)) => ready,
            other => panic!("the answer ends with {other:?}"),
        }
    }
}

pub fn password(text: &str) -> ClientMessage {
    ClientMessage::AuthResponse(AuthResponse {
        credential: bytes::Bytes::copy_from_slice(text.as_bytes()),
    })
}

pub fn message(kind: u8, payload: &[u8]) -> ClientMessage {
    ClientMessage::decode(kind, payload).unwrap()
}

pub fn parse(name: &str, sql: &str, oids: &[u32]) -> ClientMessage {
    let mut payload = BytesMut::new();
    encode_parse(&mut payload, name, sql, oids).unwrap();
    message(kind::PARSE, &payload)
}

pub fn bind(
    portal: &str,
    statement: &str,
    values: &[Option<&str>],
    result_formats: &[u16],
) -> ClientMessage {
    ClientMessage::Bind(Bind {
        portal: portal.to_owned(),
        statement: statement.to_owned(),
        formats: vec![0],
        values: values
            .iter()
            .map(|value| value.map(|text| bytes::Bytes::copy_from_slice(text.as_bytes())))
            .collect(),
        result_formats: result_formats.to_vec(),
    })
}

pub fn execute(portal: &str, max_rows: u32, flags: u32) -> ClientMessage {
    let mut payload = BytesMut::new();
    encode_execute(&mut payload, portal, max_rows, flags).unwrap();
    message(kind::EXECUTE, &payload)
}

pub fn sync() -> ClientMessage {
    message(kind::SYNC, &[])
}
