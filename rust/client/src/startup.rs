//! STARTUP and the login: PASSWORD, SCRAM-SHA-256, SCRAM-SHA-512 and TOKEN (SBWP 3.1, 4.2).

use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use base64::Engine;
use bytes::BytesMut;
use sbwp::auth::scram::{ClientExchange, Mechanism};
use sbwp::message::{
    feature, kind, method, stage, EncodeError, ServerMessage, Startup, StartupParameter,
};

use crate::config::{AuthMethod, Config, Endpoint, Secret};
use crate::credentials;
use crate::error::{DatabaseError, Error};
use crate::profile::Profile;
use crate::request::Request;
use crate::session::{ServerInfo, Session};
use crate::trace;

/// The features this client uses (SBWP C.1).
pub(crate) const CLIENT_FEATURES: u64 = feature::STREAMING
    | feature::SBLR
    | feature::NOTIFICATIONS
    | feature::BATCH
    | feature::PIPELINE
    | feature::BINARY_COPY
    | feature::SAVEPOINTS
    | feature::ARRAY_BIND
    | feature::BULK_REJECTS
    | feature::SESSION_RESET
    | feature::FAILOVER_HINTS
    | feature::TRACE_CONTEXT;

/// Takes a fresh session to its first READY.
pub(crate) async fn login(
    session: &mut Session,
    config: &Config,
    endpoint: &Endpoint,
) -> Result<(), Error> {
    let trace = trace::current();
    let told = trace.iter().flat_map(|trace| trace.startup_parameters());
    let startup = Startup {
        features: CLIENT_FEATURES,
        parameters: config
            .startup_parameters()
            .into_iter()
            .chain(told)
            .map(|(key, value)| StartupParameter::text(key, value))
            .collect(),
        ..Startup::default()
    };
    send(session, kind::STARTUP, |out| startup.encode(out))?;
    let mut scram: Option<ClientExchange> = None;
    let mut sent: Option<Secret> = None;
    let mut asked = false;
    let mut authenticated = false;
    loop {
        match session.next_message().await? {
            ServerMessage::AuthRequest(request) => {
                asked = true;
                permitted(config, request.method)?;
                let answer = match request.method {
                    method::OK => continue,
                    method::PASSWORD => {
                        let password = credentials::password(config, endpoint).await?;
                        let password = sent.insert(password).expose();
                        Profile::check_password(config.server_profile, password)?;
                        password.as_bytes().to_vec()
                    }
                    method::SCRAM_SHA_256 | method::SCRAM_SHA_512 => {
                        let password = credentials::password(config, endpoint).await?;
                        let password = sent.insert(password).expose();
                        let exchange = begin(request.method, &config.user, password)?;
                        scram.insert(exchange).first_message().to_vec()
                    }
                    method::TOKEN => credentials::token(config).await?,
                    other => {
                        return Err(Error::NotSupported(format!(
                            "the server asks for authentication method {} ({other}), which this client does not offer",
                            method_name(other)
                        )))
                    }
                };
                respond(session, &answer)?;
            }
            ServerMessage::AuthContinue(challenge) => {
                let exchange = scram
                    .as_mut()
                    .ok_or_else(|| Error::protocol("AUTH_CONTINUE without a SCRAM exchange"))?;
                match challenge.stage {
                    stage::CHALLENGE => {
                        let answer = exchange
                            .respond(&challenge.data)
                            .map_err(|error| Error::Auth(error.to_string()))?;
                        respond(session, &answer)?;
                    }
                    stage::SUCCESS => exchange
                        .verify(&challenge.data)
                        .map_err(|error| Error::Auth(error.to_string()))?,
                    stage::ERROR => {
                        return Err(Error::Auth(format!(
                            "the server refused the SCRAM exchange: {}",
                            String::from_utf8_lossy(&challenge.data)
                        )))
                    }
                    other => {
                        return Err(Error::protocol(format!("AUTH_CONTINUE with stage {other}")))
                    }
                }
            }
            ServerMessage::AuthOk(ok) => {
                if !asked {
                    return Err(Profile::native_stub_worker());
                }
                if let Some(exchange) = scram.as_mut().filter(|exchange| !exchange.is_verified()) {
                    exchange
                        .verify(&ok.info)
                        .map_err(|error| Error::Auth(error.to_string()))?;
                }
                session.attachment = ok.session;
                authenticated = true;
            }
            ServerMessage::ServerInfo(info) => {
                session.server = ServerInfo {
                    product: info.product,
                    version: info.version,
                    dialect: info.dialect,
                };
            }
            ServerMessage::Ready(ready) => {
                if !authenticated {
                    return Err(Error::protocol("READY before AUTH_OK"));
                }
                session.features = ready.features;
                session.trace.knows(trace);
                session.ready(&ready);
                session.profile = Profile::choose(config, &session.server)?;
                return Ok(());
            }
            ServerMessage::Error(diagnostic) => {
                let report = DatabaseError::from_fields(diagnostic.fields);
                let sent = sent.as_ref().map(Secret::expose);
                return Err(Profile::explain_refused_login(report, sent).into());
            }
            other => session.event(other),
        }
    }
}

fn send(
    session: &mut Session,
    kind: u8,
    payload: impl FnOnce(&mut BytesMut) -> Result<(), EncodeError>,
) -> Result<(), Error> {
    let mut request = Request::new();
    request.frame(kind, payload)?;
    session.submit(request)
}

fn respond(session: &mut Session, answer: &[u8]) -> Result<(), Error> {
    send(session, kind::AUTH_RESPONSE, |out| {
        out.extend_from_slice(answer);
        Ok(())
    })
}

fn begin(method: u8, user: &str, password: &str) -> Result<ClientExchange, Error> {
    let mechanism = match method {
        method::SCRAM_SHA_512 => Mechanism::Sha512,
        _ => Mechanism::Sha256,
    };
    let mut random = [0u8; 18];
    getrandom::fill(&mut random)
        .map_err(|error| Error::Internal(format!("no randomness for the SCRAM nonce: {error}")))?;
    let nonce = URL_SAFE_NO_PAD.encode(random);
    ClientExchange::new(mechanism, user, password, &nonce)
        .map_err(|error| Error::Auth(error.to_string()))
}

/// Refuses a method that the user excludes, before any credential is sent.
fn permitted(config: &Config, code: u8) -> Result<(), Error> {
    match AuthMethod::of_code(code) {
        Some(method) if !config.auth.permits(method) => Err(Error::Auth(format!(
            "the server asks for authentication method {}, which auth_required_methods or auth_forbidden_methods excludes",
            method.name()
        ))),
        _ => Ok(()),
    }
}

/// The name of a method, also of one that this client does not offer.
pub(crate) fn method_name(method: u8) -> &'static str {
    match method {
        2 => "MD5",
        6 => "PEER",
        7 => "REATTACH",
        8 => "CERTIFICATE",
        9 => "GSSAPI",
        10 => "SSPI",
        11 => "LDAP",
        12 => "SAML",
        13 => "OIDC",
        14 => "MFA_TOTP",
        15 => "CLUSTER_PKI",
        _ => "unknown",
    }
}
