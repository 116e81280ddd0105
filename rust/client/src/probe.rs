//! What a server asks for before anybody has signed in: it is started up with, and left at its AUTH_REQUEST. Nothing
//! secret is sent.

use sbwp::message::{kind, method, ServerMessage, Startup, StartupParameter};

use crate::config::{keys, AuthMethod, Config, Endpoint};
use crate::connect::{open, secure};
use crate::error::{DatabaseError, Error, HostFailure};
use crate::manager;
use crate::profile::Profile;
use crate::request::Request;
use crate::session::Session;
use crate::startup::{method_name, CLIENT_FEATURES};
use crate::transport::Transport;

/// How clients sign in at one host.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct AuthSurface {
    /// The host that answered, `host:port` or a socket path.
    pub address: String,
    /// Whether it is a manager in front of the database.
    pub is_manager: bool,
    /// The code of AUTH_REQUEST.
    pub code: u8,
    /// The method's name, such as `scram_sha_256`.
    pub method: String,
    /// Whether this client can answer it.
    pub is_supported: bool,
    /// Whether `auth_required_methods` and `auth_forbidden_methods` let it.
    pub is_permitted: bool,
    /// The TLS version, `None` without TLS.
    pub tls_version: Option<&'static str>,
    /// What a manager says of itself.
    pub details: Vec<(String, String)>,
}

/// Asks the first host that answers, in the order of the configuration; `connect_timeout` bounds each attempt.
///
/// Runs on the Tokio runtime.
///
/// # Errors
/// Those of connecting; and the server's own where it refuses to start up.
pub async fn probe(config: &Config) -> Result<AuthSurface, Error> {
    let mut failures = Vec::new();
    for endpoint in &config.endpoints {
        let address = endpoint.to_string();
        let asked = ask(config, endpoint);
        let outcome = match config.connect_timeout {
            None => asked.await,
            Some(limit) => match tokio::time::timeout(limit, asked).await {
                Ok(outcome) => outcome,
                Err(_) => Err(Error::timeout(format!(
                    "connecting (connect_timeout {limit:?})"
                ))),
            },
        };
        match outcome.map_err(|error| error.connecting_to(address.clone())) {
            Ok(surface) => return Ok(surface),
            Err(error @ Error::Connect { .. }) => failures.push(HostFailure { address, error }),
            Err(error) => return Err(error),
        }
    }
    Err(Error::of_hosts(failures))
}

async fn ask(config: &Config, endpoint: &Endpoint) -> Result<AuthSurface, Error> {
    let mut transport = Transport::plain(open(config, endpoint).await?);
    if let Some(options) = &config.manager {
        let details = manager::greet(&mut transport, options).await?;
        // A manager has one method, and the database behind it none of its own.
        return Ok(surface(
            config,
            endpoint,
            method::TOKEN,
            (None, Some(details)),
        ));
    }
    secure(&mut transport, config, endpoint).await?;
    let mut session = Session::new(transport, config.max_message_size);
    let parameters = config.startup_parameters();
    let startup = Startup {
        features: CLIENT_FEATURES,
        parameters: parameters
            .into_iter()
            .filter(|(key, _)| !keys::find(key).is_some_and(|key| key.kind.is_secret()))
            .map(|(key, value)| StartupParameter::text(key, value))
            .collect(),
        ..Startup::default()
    };
    let mut request = Request::new();
    request.frame(kind::STARTUP, |out| startup.encode(out))?;
    session.submit(request)?;
    loop {
        match session.next_message().await? {
            ServerMessage::AuthRequest(request) => {
                let tls = session.tls_version();
                return Ok(surface(config, endpoint, request.method, (tls, None)));
            }
            ServerMessage::AuthOk(_) => return Err(Profile::native_stub_worker()),
            ServerMessage::Error(diagnostic) => {
                return Err(DatabaseError::from_fields(diagnostic.fields).into())
            }
            other => session.event(other),
        }
    }
}

type Found = (Option<&'static str>, Option<Vec<(String, String)>>);

fn surface(
    config: &Config,
    endpoint: &Endpoint,
    code: u8,
    (tls_version, manager): Found,
) -> AuthSurface {
    let known = AuthMethod::of_code(code);
    let name = match (code, known) {
        (method::OK, _) => "none".to_owned(),
        (_, Some(known)) => known.name().to_owned(),
        _ => method_name(code).to_ascii_lowercase(),
    };
    AuthSurface {
        address: endpoint.to_string(),
        is_manager: manager.is_some(),
        code,
        method: name,
        is_supported: matches!(
            code,
            method::OK
                | method::PASSWORD
                | method::SCRAM_SHA_256
                | method::SCRAM_SHA_512
                | method::TOKEN
        ),
        is_permitted: known.is_none_or(|known| config.auth.permits(known)),
        tls_version,
        details: manager.unwrap_or_default(),
    }
}
