//! A connection through a manager: the preamble, its refusals, and the hand-over to a server.

#![allow(clippy::unwrap_used, clippy::panic)] // A panic is how a test fails.

use bytes::BytesMut;
use sbwp::manager::{
    read_frame, AuthChallenge, AuthResponse, ConnectResponse, DbConnect, ManagerReply,
    ManagerRequest, StatusResponse,
};
use scratchbird::{Config, Connection, Error};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

struct Manager {
    stream: TcpStream,
    received: BytesMut,
}

impl Manager {
    async fn receive(&mut self) -> ManagerRequest {
        loop {
            if let Some(frame) = read_frame(&mut self.received).unwrap() {
                return ManagerRequest::decode(frame.kind, &frame.payload).unwrap();
            }
            assert_ne!(
                self.stream.read_buf(&mut self.received).await.unwrap(),
                0,
                "the client closed in the middle of the preamble"
            );
        }
    }

    async fn send(&mut self, reply: ManagerReply) {
        let mut out = BytesMut::new();
        reply.write_frame(&mut out).unwrap();
        self.stream.write_all(&out).await.unwrap();
    }
}

/// Connects through a manager that refuses the token `wrong` and hands nothing over; returns what the client makes of it.
async fn connect(options: &str) -> (Vec<ManagerRequest>, Error) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let dsn = format!(
        "scratchbird://alice:x@127.0.0.1:{port}/demo?sslmode=disable&connect_timeout=5\
         &front_door_mode=manager_proxy&{options}"
    );
    let config = Config::from_parts(Some(&dsn), std::iter::empty(), |_| None).unwrap();
    let script = async move {
        let mut manager = Manager {
            stream: listener.accept().await.unwrap().0,
            received: BytesMut::new(),
        };
        let mut seen = vec![manager.receive().await];
        manager
            .send(ManagerReply::StatusResponse(StatusResponse::default()))
            .await;
        let start = manager.receive().await;
        let ManagerRequest::AuthStart(auth) = &start else {
            panic!("expected AUTH_START, got {start:?}");
        };
        let mut token = auth.initial.clone();
        seen.push(start);
        if token.is_empty() {
            manager
                .send(ManagerReply::AuthChallenge(AuthChallenge {
                    id: [1; 16],
                    username: "alice".into(),
                }))
                .await;
            let answer = manager.receive().await;
            let ManagerRequest::AuthContinue(auth) = &answer else {
                panic!("expected AUTH_CONTINUE, got {answer:?}");
            };
            token = auth.token.clone();
            seen.push(answer);
        }
        let refused = token == "wrong";
        manager
            .send(ManagerReply::AuthResponse(AuthResponse {
                status: u8::from(refused),
                error: if refused { "no such token" } else { "" }.into(),
                diagnostic: None,
            }))
            .await;
        if !refused {
            seen.push(manager.receive().await);
            manager
                .send(ManagerReply::ConnectResponse(ConnectResponse {
                    version: 0x0101,
                    ..ConnectResponse::default()
                }))
                .await;
            // From here on the manager would relay: what comes next is STARTUP.
            let mut magic = [0; 4];
            manager.stream.read_exact(&mut magic).await.unwrap();
            assert_eq!(&magic, b"SBWP");
        }
        seen
    };
    let (seen, outcome) = tokio::join!(script, Connection::connect(&config));
    (seen, outcome.unwrap_err())
}

#[tokio::test]
async fn the_fast_path_sends_the_token_at_once() {
    let (seen, error) = connect("manager_auth_token=tok-1").await;
    assert_eq!(seen.len(), 3);
    let ManagerRequest::DbConnect(DbConnect::Extended {
        database, nonce, ..
    }) = &seen[2]
    else {
        panic!("expected DB_CONNECT, got {:?}", seen[2]);
    };
    assert_eq!(database, "demo");
    assert_eq!(nonce.len(), 16);
    // The script ends where the server would answer.
    assert!(error.is_disconnect(), "{error}");
}

#[tokio::test]
async fn the_slow_path_waits_for_the_challenge() {
    let (seen, _) = connect("manager_auth_token=tok-1&manager_auth_fast_path=false").await;
    assert_eq!(seen.len(), 4);
}

#[tokio::test]
async fn a_refused_token_is_an_authentication_error() {
    let (_, error) = connect("manager_auth_token=wrong").await;
    assert_eq!(error.sqlstate(), Some("28000"));
    assert!(error.to_string().contains("no such token"), "{error}");
    assert!(!error.to_string().contains("wrong"), "{error}");
}
