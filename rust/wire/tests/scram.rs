//! SCRAM exchanges: the RFC's vectors, both sides against each other, and every way a peer can be wrong.

#![allow(clippy::unwrap_used)] // helpers outside the test functions unwrap too

use proptest::prelude::*;
use sbwp::auth::scram::{
    ClientExchange, IterationBounds, Mechanism, ScramError, ServerExchange, ServerVerifier,
};

const CLIENT_NONCE: &str = "rOprNGfwEbeRWgbNEkqO";
const SERVER_NONCE: &str = "%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0";
const SERVER_FIRST: &str =
    "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096";
/// Base64 W22ZaJ0SNY7soEsUEjb6gQ==
const SALT: [u8; 16] = [
    0x5b, 0x6d, 0x99, 0x68, 0x9d, 0x12, 0x35, 0x8e, 0xec, 0xa0, 0x4b, 0x14, 0x12, 0x36, 0xfa, 0x81,
];

/// The proof and the signature: RFC 7677 section 3 for SHA-256; for SHA-512, which no RFC gives a vector of, the
/// same inputs computed with Python's hashlib.
const VECTORS: [(Mechanism, &str, &str); 2] = [
    (
        Mechanism::Sha256,
        "dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=",
        "6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=",
    ),
    (
        Mechanism::Sha512,
        "gMGXRcevScNtxZ6/8lQYpGtnsNAc3mGcmNomv+xnoOMw+3R2xNJdMNnzMlTN8PPC6wdp6dybEmDYXYTxwnYPJQ==",
        "ZQnYEgWQMFmmsM8aQMF0nDDCy/AgCzkwk8CmMZYcMg0vSVlKDanekLtifDSeVGT4+5ZxXnJq199RVG2rR7N7Zw==",
    ),
];

fn client(mechanism: Mechanism) -> ClientExchange {
    ClientExchange::new(mechanism, "user", "pencil", CLIENT_NONCE).unwrap()
}

fn proved(mechanism: Mechanism) -> ClientExchange {
    let mut client = client(mechanism);
    client.respond(SERVER_FIRST.as_bytes()).unwrap();
    client
}

#[test]
fn the_client_computes_the_vectors() {
    for (mechanism, proof, signature) in VECTORS {
        let mut client = client(mechanism);
        assert_eq!(
            client.first_message(),
            format!("n,,n=user,r={CLIENT_NONCE}").as_bytes()
        );
        let last = client.respond(SERVER_FIRST.as_bytes()).unwrap();
        let expected = format!("c=biws,r={CLIENT_NONCE}{SERVER_NONCE},p={proof}");
        assert_eq!(String::from_utf8(last).unwrap(), expected);
        assert!(!client.is_verified());
        client.verify(format!("v={signature}").as_bytes()).unwrap();
        assert!(client.is_verified());
    }
}

#[test]
fn the_server_computes_the_vectors() {
    for (mechanism, proof, signature) in VECTORS {
        let verifier = ServerVerifier::from_password(mechanism, "pencil", &SALT, 4096).unwrap();
        let mut server = ServerExchange::new(mechanism, SERVER_NONCE).unwrap();
        let first = format!("n,,n=user,r={CLIENT_NONCE}");
        assert_eq!(server.client_first(first.as_bytes()).unwrap(), "user");
        assert_eq!(server.challenge(verifier).unwrap(), SERVER_FIRST.as_bytes());
        let last = format!("c=biws,r={CLIENT_NONCE}{SERVER_NONCE},p={proof}");
        let answer = server.finish(last.as_bytes()).unwrap();
        assert_eq!(answer, format!("v={signature}").as_bytes());
    }
}

#[test]
fn the_client_refuses_an_unproven_server() {
    let signature = VECTORS[0].2;
    let wrong = signature.replace('6', "7");
    let short = &signature[..40];
    for (last, expected) in [
        (String::new(), ScramError::MissingSignature),
        ("x=1".into(), ScramError::MissingSignature),
        (format!(",v={signature}"), ScramError::MissingSignature),
        (format!("v={wrong}"), ScramError::WrongSignature),
        (format!("v={short}"), ScramError::WrongSignature),
        ("v=".into(), ScramError::WrongSignature),
        (
            "e=other-error".into(),
            ScramError::Refused("other-error".into()),
        ),
    ] {
        let mut client = proved(Mechanism::Sha256);
        assert_eq!(client.verify(last.as_bytes()), Err(expected), "{last}");
        assert!(!client.is_verified());
        // A second, right answer cannot mend it.
        let again = client.verify(format!("v={signature}").as_bytes());
        assert!(matches!(again, Err(ScramError::OutOfOrder(_))));
    }
    let mut malformed = proved(Mechanism::Sha256);
    let error = malformed.verify(b"v=***").unwrap_err();
    assert!(matches!(error, ScramError::Malformed { .. }));
}

#[test]
fn the_client_refuses_a_wrong_challenge() {
    let nonce = format!("{CLIENT_NONCE}{SERVER_NONCE}");
    let salt = "W22ZaJ0SNY7soEsUEjb6gQ==";
    let respond = |text: &str| {
        client(Mechanism::Sha256)
            .respond(text.as_bytes())
            .unwrap_err()
    };
    let mismatches = [
        format!("r={CLIENT_NONCE},s={salt},i=4096"),
        format!("r=other{SERVER_NONCE},s={salt},i=4096"),
    ];
    for text in mismatches {
        assert_eq!(respond(&text), ScramError::NonceMismatch);
    }
    for iterations in [
        "0",
        "1",
        "4095",
        "10000001",
        "4294967296",
        "99999999999999999999",
    ] {
        let error = respond(&format!("r={nonce},s={salt},i={iterations}"));
        assert!(
            matches!(error, ScramError::Iterations { .. }),
            "{iterations}: {error}"
        );
    }
    for text in [
        String::new(),
        format!("s={salt},i=4096"),
        format!("m=x,r={nonce},s={salt},i=4096"),
        format!("r={nonce}"),
        format!("r={nonce},s={salt}"),
        format!("r={nonce},s=,i=4096"),
        format!("r={nonce},s=***,i=4096"),
        format!("r={nonce},s={salt},i="),
        format!("r={nonce},s={salt},i=-4096"),
        format!("r={nonce},s={salt},i=4096x"),
        format!("r={nonce},s={},i=4096", "AAAA".repeat(400)),
    ] {
        assert!(
            matches!(respond(&text), ScramError::Malformed { .. }),
            "{text}"
        );
    }
    assert_eq!(respond("e=no"), ScramError::Refused("no".into()));
    let not_utf8 = client(Mechanism::Sha256).respond(b"r=\xff").unwrap_err();
    assert!(matches!(not_utf8, ScramError::Malformed { .. }));
}

#[test]
fn the_iteration_bounds_can_be_moved() {
    let low = SERVER_FIRST.replace("4096", "100");
    let bounds = IterationBounds { min: 1, max: 100 };
    let mut willing = client(Mechanism::Sha256).with_bounds(bounds);
    assert!(willing.respond(low.as_bytes()).is_ok());
    let mut zero = client(Mechanism::Sha256).with_bounds(IterationBounds { min: 0, max: 9 });
    let none = SERVER_FIRST.replace("4096", "0");
    assert!(matches!(
        zero.respond(none.as_bytes()),
        Err(ScramError::Iterations { .. })
    ));
}

#[test]
fn steps_out_of_order_are_refused() {
    let mut early = client(Mechanism::Sha256);
    assert!(matches!(
        early.verify(b"v=AAAA"),
        Err(ScramError::OutOfOrder(_))
    ));
    let mut twice = proved(Mechanism::Sha256);
    let again = twice.respond(SERVER_FIRST.as_bytes());
    assert!(matches!(again, Err(ScramError::OutOfOrder(_))));
    let mut server = ServerExchange::new(Mechanism::Sha256, SERVER_NONCE).unwrap();
    assert!(matches!(
        server.finish(b"c=biws"),
        Err(ScramError::OutOfOrder(_))
    ));
    let verifier = ServerVerifier::from_password(Mechanism::Sha512, "x", &SALT, 1).unwrap();
    let mut server = ServerExchange::new(Mechanism::Sha256, SERVER_NONCE).unwrap();
    server.client_first(b"n,,n=user,r=abc").unwrap();
    assert!(matches!(
        server.challenge(verifier),
        Err(ScramError::OutOfOrder(_))
    ));
}

#[test]
fn nonces_are_checked() {
    for nonce in ["", "a,b", "a b", "\u{e9}", "a\n"] {
        let error = ClientExchange::new(Mechanism::Sha256, "u", "p", nonce).err();
        assert_eq!(error, Some(ScramError::BadNonce), "{nonce:?}");
        let error = ServerExchange::new(Mechanism::Sha256, nonce).err();
        assert_eq!(error, Some(ScramError::BadNonce), "{nonce:?}");
    }
}

#[test]
fn the_server_refuses_wrong_first_messages() {
    for text in [
        "",
        "n",
        "n,",
        "n,,",
        "n,,r=abc",
        "n,,n=user",
        "n,,n=user,r=",
        "x,,n=user,r=abc",
        "n,a=other,n=user,r=abc",
        "n,,m=1,n=user,r=abc",
        "n,,n=a=b,r=abc",
        "n,,n=a=2D,r=abc",
    ] {
        let mut server = ServerExchange::new(Mechanism::Sha256, SERVER_NONCE).unwrap();
        assert!(server.client_first(text.as_bytes()).is_err(), "{text}");
        let again = server.client_first(b"n,,n=user,r=abc");
        assert!(matches!(again, Err(ScramError::OutOfOrder(_))));
    }
    let mut server = ServerExchange::new(Mechanism::Sha256, SERVER_NONCE).unwrap();
    let bound = server.client_first(b"p=tls-unique,,n=user,r=abc");
    assert_eq!(bound, Err(ScramError::ChannelBinding));
    for text in ["y,,n=user,r=abc", "n,a=user,n=user,r=abc"] {
        let mut server = ServerExchange::new(Mechanism::Sha256, SERVER_NONCE).unwrap();
        assert_eq!(server.client_first(text.as_bytes()).unwrap(), "user");
    }
}

/// Runs a whole login with a cheap iteration count.
fn login(
    mechanism: Mechanism,
    user: &str,
    password: &str,
    verifier: impl FnOnce(&str) -> ServerVerifier,
) -> Result<(), ScramError> {
    let bounds = IterationBounds { min: 1, max: 10 };
    let mut client =
        ClientExchange::new(mechanism, user, password, CLIENT_NONCE)?.with_bounds(bounds);
    let mut server = ServerExchange::new(mechanism, SERVER_NONCE)?;
    let name = server.client_first(client.first_message())?;
    let challenge = server.challenge(verifier(&name))?;
    let proof = client.respond(&challenge)?;
    client.verify(&server.finish(&proof)?)
}

#[test]
fn a_login_succeeds_with_the_password_only() {
    for mechanism in [Mechanism::Sha256, Mechanism::Sha512] {
        let verifier = ServerVerifier::from_password(mechanism, "geheim", &SALT, 2).unwrap();
        let stored = ServerVerifier::from_parts(
            mechanism,
            verifier.salt(),
            verifier.iterations(),
            verifier.stored_key(),
            verifier.server_key(),
        )
        .unwrap();
        assert_eq!(login(mechanism, "u", "geheim", |_| stored.clone()), Ok(()));
        let wrong = login(mechanism, "u", "Geheim", |_| stored);
        assert_eq!(wrong, Err(ScramError::WrongProof));
        let unknown = |name: &str| {
            ServerVerifier::of_unknown_user(mechanism, name, b"server secret", 2).unwrap()
        };
        assert_eq!(
            login(mechanism, "u", "geheim", unknown),
            Err(ScramError::WrongProof)
        );
        assert_eq!(unknown("a").salt(), unknown("a").salt());
        assert_ne!(unknown("a").salt(), unknown("b").salt());
        assert_eq!(unknown("a").salt().len(), 16);
    }
}

#[test]
fn passwords_are_prepared_alike_on_both_sides() {
    // A soft hyphen maps to nothing, U+2168 to IX; U+0007 is prohibited and stays as it is.
    for (set, given) in [("I\u{ad}X", "IX"), ("\u{2168}", "IX"), ("a\u{7}", "a\u{7}")] {
        let verifier = ServerVerifier::from_password(Mechanism::Sha256, set, &SALT, 1).unwrap();
        assert_eq!(
            login(Mechanism::Sha256, "u", given, |_| verifier),
            Ok(()),
            "{set:?}"
        );
    }
}

#[test]
fn a_proof_of_another_exchange_is_refused() {
    let verifier =
        || ServerVerifier::from_password(Mechanism::Sha256, "pencil", &SALT, 4096).unwrap();
    let finish = |last: &str| {
        let mut server = ServerExchange::new(Mechanism::Sha256, SERVER_NONCE).unwrap();
        server
            .client_first(format!("n,,n=user,r={CLIENT_NONCE}").as_bytes())
            .unwrap();
        server.challenge(verifier()).unwrap();
        server.finish(last.as_bytes()).unwrap_err()
    };
    let nonce = format!("{CLIENT_NONCE}{SERVER_NONCE}");
    let proof = VECTORS[0].1;
    assert_eq!(
        finish(&format!("c=biws,r=x{nonce},p={proof}")),
        ScramError::NonceMismatch
    );
    assert_eq!(
        finish(&format!("c=eSws,r={nonce},p={proof}")),
        ScramError::ChannelBinding
    );
    assert_eq!(
        finish(&format!("c=biws,r={nonce},x=y,p={proof}")),
        ScramError::WrongProof
    );
    for text in [
        "",
        "c=biws",
        "c=*,r=x,p=y",
        &format!("c=biws,r={nonce}"),
        &format!("c=biws,r={nonce},p=AAAA"),
    ] {
        assert!(
            matches!(finish(text), ScramError::Malformed { .. }),
            "{text}"
        );
    }
}

#[test]
fn verifier_parts_are_checked() {
    let key = [0; 32];
    let parts = |salt: &[u8], i, stored: &[u8]| {
        ServerVerifier::from_parts(Mechanism::Sha256, salt, i, stored, &key).is_ok()
    };
    assert!(parts(&SALT, 1, &key));
    assert!(!parts(&[], 1, &key));
    assert!(!parts(&[0; 2000], 1, &key));
    assert!(!parts(&SALT, 0, &key));
    assert!(!parts(&SALT, 1, &key[..31]));
}

#[test]
fn secrets_do_not_show_in_debug_output() {
    let client = client(Mechanism::Sha256);
    assert!(!format!("{client:?}").contains("pencil"));
    let verifier = ServerVerifier::from_password(Mechanism::Sha256, "pencil", &SALT, 1).unwrap();
    assert!(!format!("{verifier:?}").contains("stored"));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_user_and_password_log_in(user in ".{1,20}", password in ".{1,20}") {
        let verifier = ServerVerifier::from_password(Mechanism::Sha256, &password, &SALT, 1).unwrap();
        let mut seen = String::new();
        let result = login(Mechanism::Sha256, &user, &password, |name| {
            seen = name.to_owned();
            verifier
        });
        prop_assert_eq!(result, Ok(()));
        prop_assert_eq!(seen, sbwp::auth::saslprep::saslprep(&user));
    }

    #[test]
    fn no_bytes_make_either_side_panic(a in any::<Vec<u8>>(), b in "[nyp]?,?,?[a-z=,]{0,30}", c in "[crpvse=,A-Za-z0-9]{0,60}") {
        for bytes in [&a[..], b.as_bytes(), c.as_bytes()] {
            let _ = client(Mechanism::Sha256).with_bounds(IterationBounds { min: 1, max: 5 }).respond(bytes);
            let mut server = ServerExchange::new(Mechanism::Sha256, SERVER_NONCE).unwrap();
            let _ = server.client_first(bytes);
        }
    }
}

/// libpq sends an empty name: the user is the one of the start-up.
#[test]
fn the_server_takes_an_empty_user_name() {
    let mut server = ServerExchange::new(Mechanism::Sha256, SERVER_NONCE).unwrap();
    assert_eq!(server.client_first(b"n,,n=,r=abc").as_deref(), Ok(""));
}
