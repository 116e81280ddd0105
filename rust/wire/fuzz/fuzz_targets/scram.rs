//! Both sides of a SCRAM exchange, each message in turn from the peer.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sbwp::auth::scram::{
    ClientExchange, IterationBounds, Mechanism, ServerExchange, ServerVerifier,
};

const NONCE: &str = "0123456789abcdef";

fuzz_target!(|data: &[u8]| {
    let (mechanism, message) = match data.split_first() {
        Some((pick, message)) if pick % 2 == 0 => (Mechanism::Sha256, message),
        Some((_, message)) => (Mechanism::Sha512, message),
        None => return,
    };
    // Few iterations: the derivation is not what is looked for.
    let bounds = IterationBounds { min: 1, max: 2 };
    let client = || {
        ClientExchange::new(mechanism, "user", "pencil", NONCE)
            .expect("the nonce is fine")
            .with_bounds(bounds)
    };
    let _ = client().respond(message);
    let mut client = client();
    client
        .respond(b"r=0123456789abcdefX,s=c2FsdA==,i=1")
        .expect("a right challenge");
    assert!(
        client.verify(message).is_err(),
        "nobody knows the signature"
    );

    let mut server = ServerExchange::new(mechanism, NONCE).expect("the nonce is fine");
    let _ = server.client_first(message);
    let mut server = ServerExchange::new(mechanism, NONCE).expect("the nonce is fine");
    server
        .client_first(b"n,,n=user,r=abc")
        .expect("a right message");
    let verifier =
        ServerVerifier::from_password(mechanism, "pencil", b"salt", 1).expect("a right salt");
    server.challenge(verifier).expect("in order");
    assert!(server.finish(message).is_err(), "nobody knows the password");
});
