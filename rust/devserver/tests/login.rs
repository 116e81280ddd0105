//! Start-up and login against the server: what is agreed, and every refusal the specification lists.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use common::{message, password, server, Client, PASSWORD, USER};
use sbwp::auth::scram::{ClientExchange, Mechanism};
use sbwp::message::{
    feature, kind, AuthResponse, ClientMessage, Diagnostic, Generation, ServerMessage, Startup,
    StartupParameter,
};
use scratchbird_devserver::users::Method;

fn refusal(client: &mut Client) -> Diagnostic {
    let error = match client.receive() {
        ServerMessage::Error(error) => error,
        other => panic!("not an ERROR: {other:?}"),
    };
    assert!(client.try_receive().is_none(), "the connection stays open");
    error
}

#[test]
fn the_greeting() {
    let server = server(Method::Password);
    let mut client = Client::open(&server);
    let startup = client.startup(feature::RECOMMENDED, &[("application_name", "tests")]);
    client.send(&[startup, password(PASSWORD)]);
    assert_eq!(client.receive().kind(), kind::AUTH_REQUEST);
    let greeting = client.until_ready();
    let kinds: Vec<u8> = greeting.iter().map(ServerMessage::kind).collect();
    assert_eq!(
        kinds,
        [
            kind::AUTH_OK,
            kind::SERVER_INFO,
            kind::PARAMETER_STATUS,
            kind::READY
        ]
    );
    let (Some(ServerMessage::AuthOk(ok)), Some(ServerMessage::Ready(ready))) =
        (greeting.first(), greeting.last())
    else {
        panic!("{greeting:?}");
    };
    assert_eq!(ok.session, client.header.attachment);
    assert_eq!(
        (ready.session, ready.state, ready.reason),
        (ok.session, b'T', 1)
    );
    assert_eq!(ready.features, feature::RECOMMENDED & feature::SERVER_MASK);
    assert_eq!(ready.transaction, client.header.transaction);
    let Some(ServerMessage::ParameterStatus(status)) = greeting.get(2) else {
        panic!("{greeting:?}")
    };
    assert_eq!(status.get("application_name"), Some("tests"));
    assert_eq!(status.get("protocol.selected_version"), Some("1.1"));
}

#[test]
fn wrong_credentials_are_refused_alike() {
    let server = server(Method::Password);
    let mut seen = Vec::new();
    for (user, secret) in [(USER, "wrong"), (USER, ""), ("nobody", PASSWORD), ("", "")] {
        let mut client = Client::open(&server);
        let parameters = vec![StartupParameter::text("user", user)];
        client.send(&[
            ClientMessage::Startup(Startup {
                parameters,
                ..Startup::default()
            }),
            password(secret),
        ]);
        assert_eq!(client.receive().kind(), kind::AUTH_REQUEST);
        seen.push(refusal(&mut client));
    }
    assert_eq!(seen[0].sqlstate(), Some("28000"));
    assert_eq!(seen[0].detail(), Some("SECURITY.AUTHENTICATION.FAILED"));
    assert!(seen.iter().all(|error| *error == seen[0]));
}

#[test]
fn another_database_is_refused() {
    let server = server(Method::Password);
    let mut client = Client::open(&server);
    let parameters = vec![
        StartupParameter::text("user", USER),
        StartupParameter::text("database", "other"),
    ];
    client.send(&[
        ClientMessage::Startup(Startup {
            parameters,
            ..Startup::default()
        }),
        password(PASSWORD),
    ]);
    assert_eq!(client.receive().kind(), kind::AUTH_REQUEST);
    let error = refusal(&mut client);
    assert_eq!(
        error.message(),
        Some("PARSER_SERVER_IPC.AUTH_DATABASE_MISMATCH")
    );
}

fn scram(method: Method, mechanism: Mechanism, secret: &str) -> Result<(), Diagnostic> {
    let server = server(method);
    let mut client = Client::open(&server);
    let startup = client.startup(0, &[]);
    client.send(&[startup]);
    let ServerMessage::AuthRequest(request) = client.receive() else {
        panic!("no AUTH_REQUEST")
    };
    assert_eq!(request.method, mechanism.method());
    let mut exchange =
        ClientExchange::new(mechanism, USER, secret, "fixed-nonce-of-24-chars-").unwrap();
    let proof = |data: &[u8]| {
        ClientMessage::AuthResponse(AuthResponse {
            credential: bytes::Bytes::copy_from_slice(data),
        })
    };
    client.send(&[proof(exchange.first_message())]);
    let ServerMessage::AuthContinue(challenge) = client.receive() else {
        panic!("no AUTH_CONTINUE")
    };
    let last = exchange.respond(&challenge.data).unwrap();
    client.send(&[proof(&last)]);
    match client.receive() {
        ServerMessage::AuthOk(ok) => {
            exchange.verify(&ok.info).unwrap();
            Ok(())
        }
        ServerMessage::Error(error) => Err(error),
        other => panic!("{other:?}"),
    }
}

#[test]
fn scram_of_both_strengths() {
    for (method, mechanism) in [
        (Method::ScramSha256, Mechanism::Sha256),
        (Method::ScramSha512, Mechanism::Sha512),
    ] {
        assert_eq!(scram(method, mechanism, PASSWORD), Ok(()));
        let wrong = scram(method, mechanism, "wrong");
        let Err(error) = wrong else {
            panic!("{wrong:?}")
        };
        assert_eq!(error.sqlstate(), Some("28000"));
    }
}

#[test]
fn startups_that_are_refused() {
    let server = server(Method::Password);
    let base = || Startup {
        parameters: vec![StartupParameter::text("user", USER)],
        ..Startup::default()
    };
    let cases = [
        (
            Startup {
                min_version: 0x0200,
                max_version: 0x0200,
                ..base()
            },
            "08P01",
            "SBWP.VERSION.NO_COMMON_VERSION",
        ),
        (
            Startup {
                min_version: 0x0101,
                max_version: 0x0100,
                ..base()
            },
            "08P01",
            "SBWP.VERSION.NO_COMMON_VERSION",
        ),
        (
            Startup {
                connect_flags: 0x11,
                ..base()
            },
            "08P01",
            "NATIVE_WIRE.CONNECT_INVALID_PAYLOAD",
        ),
        (
            Startup {
                required_features: 2,
                ..base()
            },
            "08P01",
            "NATIVE_WIRE.CONNECT_INVALID_PAYLOAD",
        ),
        (
            Startup {
                features: 1 << 30,
                required_features: 1 << 30,
                ..base()
            },
            "08P01",
            "SBWP.FEATURE.UNKNOWN_REQUIRED",
        ),
        (
            Startup {
                features: 1 << 5,
                required_features: 1 << 5,
                ..base()
            },
            "0A000",
            "SBWP.FEATURE.REQUIRED_UNSUPPORTED",
        ),
        (
            Startup {
                parameters: vec![StartupParameter::text("dormant_id", "x")],
                ..base()
            },
            "08P01",
            "NATIVE_WIRE.CONNECT_UNKNOWN_KEY",
        ),
    ];
    for (startup, sqlstate, code) in cases {
        let mut client = Client::open(&server);
        client.send(&[ClientMessage::Startup(startup)]);
        let error = refusal(&mut client);
        assert_eq!(
            (error.sqlstate(), error.message()),
            (Some(sqlstate), Some(code))
        );
    }
    let mut client = Client::open(&server);
    let torn = client.frame(kind::STARTUP, &[1; 90]);
    std::io::Write::write_all(&mut client.stream, &torn).unwrap();
    assert_eq!(refusal(&mut client).sqlstate(), Some("08P01"));
}

#[test]
fn version_1_0_has_no_features_of_1_1() {
    let server = server(Method::Password);
    let mut client = Client::open(&server);
    client.send(&[
        ClientMessage::Startup(Startup {
            min_version: 0x0100,
            max_version: 0x0100,
            features: feature::SERVER_MASK,
            parameters: vec![StartupParameter::text("user", USER)],
            ..Startup::default()
        }),
        password(PASSWORD),
    ]);
    let ready = client.until_ready();
    let Some(ServerMessage::Ready(ready)) = ready.last() else {
        panic!("no READY")
    };
    assert_eq!(
        (ready.version, ready.features),
        (0x0100, feature::SERVER_MASK & 0x1fff)
    );
}

#[test]
fn the_older_generation() {
    let server = server(Method::Password);
    let mut client = Client::open(&server);
    let parameters = vec![StartupParameter::text("user", USER)];
    client.send(&[
        ClientMessage::Startup(Startup {
            generation: Generation::Legacy,
            parameters,
            ..Startup::default()
        }),
        password(PASSWORD),
    ]);
    assert_eq!(client.receive().kind(), kind::AUTH_REQUEST);
    let greeting = client.until_ready();
    let kinds: Vec<u8> = greeting.iter().map(ServerMessage::kind).collect();
    assert_eq!(kinds, [kind::AUTH_OK, kind::READY]);
    let Some(ServerMessage::Ready(ready)) = greeting.last() else {
        panic!("no READY")
    };
    assert_eq!((ready.generation, ready.state), (Generation::Legacy, b'T'));
    let answer = client.query("select 1 as a");
    let Some(ServerMessage::RowDescription(description)) = answer.0.first() else {
        panic!("{answer:?}")
    };
    assert_eq!(description.generation, Generation::Legacy);
    assert_eq!(
        (
            description.columns[0].name.as_str(),
            description.columns[0].oid
        ),
        ("a", 23)
    );
    client.send(&[message(kind::TXN_SAVEPOINT, b"\x02\0\0\0sp")]);
    assert_eq!(
        refusal(&mut client).message(),
        Some("SBWP.FEATURE.NOT_NEGOTIATED")
    );
}

#[test]
fn requests_before_the_login() {
    let server = server(Method::Password);
    let mut client = Client::open(&server);
    client.send(&[message(kind::PING, b"hello")]);
    let ServerMessage::Pong(pong) = client.receive() else {
        panic!("no PONG")
    };
    assert_eq!(&pong.data[..], b"hello");
    let answer = client.query("select 1");
    assert_eq!(answer.errors(), ["28000"]);
    assert_eq!(answer.ready().generation, Generation::Legacy);
    client.send(&[common::execute("", 0, 0)]);
    assert_eq!(client.receive().kind(), kind::ERROR);
    assert!(client.is_silent());
    let mut client = Client::open(&server);
    let startup = client.startup(0, &[]);
    client.send(&[startup]);
    assert_eq!(client.receive().kind(), kind::AUTH_REQUEST);
    client.send(&[message(kind::SYNC, &[])]);
    assert_eq!(
        refusal(&mut client).message(),
        Some("expected AUTH_RESPONSE after AUTH_REQUEST")
    );
}

#[test]
fn a_startup_on_an_open_connection_starts_over() {
    let server = server(Method::Password);
    let mut client = Client::login(&server);
    let before = client.attachment;
    client.query("create table login_restart (a int)");
    let startup = client.startup(0, &[]);
    client.send(&[startup, password(PASSWORD)]);
    assert_eq!(client.receive().kind(), kind::AUTH_REQUEST);
    client.until_ready();
    assert_ne!(client.header.attachment, before);
    // What was not committed went with the first login.
    assert_eq!(
        client.query("select * from login_restart").errors(),
        ["42P01"]
    );
}
