//! STARTUP and the SCRAM exchange.

use sbwp::auth::scram::{Mechanism, ServerExchange};
use sbwp::frame::{write_frame, Header};
use sbwp::message::{
    feature, kind, method, stage, AuthContinue, AuthOk, AuthRequest, AuthResponse, ServerInfo,
    Startup,
};

use super::{next_frame, SESSION};
use crate::tls::Stream;
use crate::{Failure, Shared};

/// The negotiated features; `None` where the client has gone.
pub fn login(stream: &mut Stream, shared: &Shared) -> Result<Option<u64>, Failure> {
    let Some((_, payload)) = next_frame(stream)? else {
        return Ok(None);
    };
    let startup = Startup::decode(&payload)?;
    let features = startup.features & feature::SERVER_MASK;
    let request = AuthRequest {
        method: method::SCRAM_SHA_256,
        ..AuthRequest::default()
    };
    let header = Header::new(kind::AUTH_REQUEST);
    write_frame(&mut stream.out, header, |out| request.encode(out))?;
    let mut nonce = [0; 9];
    getrandom::fill(&mut nonce).map_err(|error| error.to_string())?;
    let nonce: String = nonce.iter().map(|byte| format!("{byte:02x}")).collect();
    let mut exchange = ServerExchange::new(Mechanism::Sha256, &nonce)?;
    let Some((_, first)) = next_frame(stream)? else {
        return Ok(None);
    };
    exchange.client_first(&AuthResponse::decode(&first)?.credential)?;
    let challenge = AuthContinue {
        method: method::SCRAM_SHA_256,
        stage: stage::CHALLENGE,
        reserved: 0,
        data: exchange.challenge(shared.verifier.clone())?.into(),
    };
    let header = Header::new(kind::AUTH_CONTINUE);
    write_frame(&mut stream.out, header, |out| challenge.encode(out))?;
    let Some((_, last)) = next_frame(stream)? else {
        return Ok(None);
    };
    let ok = AuthOk {
        session: SESSION,
        info: exchange
            .finish(&AuthResponse::decode(&last)?.credential)?
            .into(),
    };
    let header = Header::new(kind::AUTH_OK);
    write_frame(&mut stream.out, header, |out| ok.encode(out))?;
    let info = ServerInfo {
        session: SESSION,
        product: "scratchbird benchmark server".to_owned(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        dialect: "sbsql".to_owned(),
        profile_generation: 1,
        features: feature::SERVER_MASK,
        one: 1,
        ..ServerInfo::default()
    };
    let header = Header::new(kind::SERVER_INFO);
    write_frame(&mut stream.out, header, |out| info.encode(out))?;
    Ok(Some(features))
}
