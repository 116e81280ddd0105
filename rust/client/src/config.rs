//! What a connection needs to know before it exists, put together from environment, DSN and keyword arguments.
//!
//! Must not know: how anything in it is carried out. Of files, only the service file is read here, which is a part of
//! the configuration; the others are only named.

mod auth;
pub(crate) mod endpoint;
pub mod keys;
mod options;
mod settings;
mod value;
mod watching;

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use percent_encoding::{utf8_percent_encode, AsciiSet, NON_ALPHANUMERIC};

pub use auth::{AuthMethod, AuthOptions};
pub use endpoint::{Endpoint, DEFAULT_PORT};
pub use keys::{Key, Variable, KEYS};
pub use options::{Keepalive, ManagerOptions, SslMode, TargetSession, TlsOptions};
pub use value::{Kind, Secret};
pub use watching::WatchOptions;

use crate::credentials::Providers;
use crate::error::Error;
use crate::{dsn, env, service};
use settings::Settings;

/// Which server to expect.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ServerProfile {
    /// Decide by what the server says of itself.
    Auto,
    Standard,
    Beta,
}

/// What becomes of a statement or a value that a server with known defects gets wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ServerDefects {
    /// It is refused, where that can be known before it is sent; else the error comes afterwards.
    Error,
    /// The user is told once a connection and kind.
    Warn,
    Ignore,
}

/// The file with passwords.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct PassFile {
    pub path: PathBuf,
    /// Whether the user named it, so that it has to exist.
    pub explicit: bool,
}

/// A complete, checked configuration.
#[derive(Clone)]
#[non_exhaustive]
pub struct Config {
    /// Where to connect, in the order of trying; never empty.
    pub endpoints: Vec<Endpoint>,
    /// Which of them is wanted.
    pub target_session: TargetSession,
    /// Whether the hosts are tried in an order that chance decides.
    pub balance_load: bool,
    /// How often all hosts are tried again, and the pause before the first time.
    pub connect_retries: u32,
    pub connect_backoff: Duration,
    pub user: String,
    pub password: Option<Secret>,
    /// Where to look for the password if none is given.
    pub passfile: Option<PassFile>,
    /// Secrets that are asked for at every login, in place of those given.
    pub providers: Providers,
    pub database: Option<String>,
    pub role: Option<String>,
    pub schema: Option<String>,
    pub application_name: Option<String>,
    pub timezone: Option<String>,
    pub language: Option<String>,
    pub auth: AuthOptions,
    pub tls: TlsOptions,
    /// None waits for ever; the same holds for the other time limits.
    pub connect_timeout: Option<Duration>,
    pub socket_timeout: Option<Duration>,
    pub statement_timeout: Option<Duration>,
    /// None sends no probes.
    pub keepalive: Option<Keepalive>,
    pub tcp_user_timeout: Option<Duration>,
    /// In bytes, for messages sent and received.
    pub max_message_size: u32,
    pub autocommit: bool,
    /// Rows to ask for at a time; 0 leaves it to the driver.
    pub fetch_size: u32,
    /// Statements that the server keeps prepared; 0 for none.
    pub statement_cache_size: usize,
    /// Executions of a statement before it is kept.
    pub prepare_threshold: u32,
    pub binary_transfer: bool,
    pub server_profile: ServerProfile,
    pub server_defects: ServerDefects,
    /// What is logged and told of what the connection does.
    pub watch: WatchOptions,
    /// Present when the connection goes through a manager.
    pub manager: Option<ManagerOptions>,
    pub client_flags: u32,
    pub metadata_expand_schema_parents: bool,
    /// What was given, secrets as stars, for `to_dsn_redacted`.
    given: Vec<(&'static str, String)>,
}

impl Config {
    /// Puts a configuration together. Keyword arguments win over the DSN, both over the service file, and all of them
    /// over the environment; an empty value stands for the default.
    ///
    /// # Errors
    /// `Config` for an unknown parameter, a malformed value, or values that contradict each other; `NotSupported`
    /// for what the protocol does not offer.
    pub fn from_parts(
        dsn: Option<&str>,
        keywords: impl Iterator<Item = (String, String)>,
        env: impl Fn(&str) -> Option<String>,
    ) -> Result<Self, Error> {
        Self::from_parts_asking(dsn, keywords, env, Providers::default())
    }

    /// As [`Config::from_parts`], with secrets that are asked for. These count as keyword arguments.
    ///
    /// # Errors
    /// As `from_parts`; and `Config` where a keyword argument gives what a provider gives.
    pub fn from_parts_asking(
        dsn: Option<&str>,
        keywords: impl Iterator<Item = (String, String)>,
        env: impl Fn(&str) -> Option<String>,
        providers: Providers,
    ) -> Result<Self, Error> {
        let own = |(key, value): (&str, String)| (key.to_owned(), value);
        let environment: Vec<_> = env::settings(&env)?.into_iter().map(own).collect();
        let dsn = dsn.map(dsn::parse).transpose()?.unwrap_or_default();
        let keywords: Vec<_> = keywords.collect();
        let mut settings = Settings::default();
        for layer in [&environment, &dsn, &keywords] {
            settings.overlay(split_hosts(layer.clone())?)?;
        }
        let service = settings.given("service").map(|name| {
            let path = settings.given("servicefile").map(PathBuf::from);
            (
                name.to_owned(),
                path.or_else(|| in_home(&env, SERVICE_FILE)),
            )
        });
        if let Some((name, path)) = service {
            let path = path.ok_or_else(|| {
                Error::Config(
                    "servicefile: missing; service needs it where there is no home directory"
                        .to_owned(),
                )
            })?;
            let found = service::load(&path, &name)?;
            let of_service = |error: Error| match error {
                Error::Config(what) => Error::Config(format!("service [{name}]: {what}")),
                other => other,
            };
            settings = Settings::default();
            settings.overlay(split_hosts(environment)?)?;
            settings
                .overlay(split_hosts(found).map_err(of_service)?)
                .map_err(of_service)?;
            settings.overlay(split_hosts(dsn)?)?;
            settings.overlay(split_hosts(keywords.clone())?)?;
        }
        for name in providers.names() {
            let twice = keywords
                .iter()
                .any(|(key, _)| keys::find(key).is_some_and(|key| key.name == name));
            if twice {
                return Err(Error::Config(format!(
                    "{name}: given both as a value and as a callable"
                )));
            }
            settings.forget(name);
        }
        let home = in_home(&env, PASS_FILE);
        Self::from_settings(&settings, providers, home)
    }

    fn from_settings(
        settings: &Settings,
        providers: Providers,
        home_passfile: Option<PathBuf>,
    ) -> Result<Self, Error> {
        refuse_what_no_server_offers(settings)?;
        let endpoints = endpoints(settings)?;
        let user = settings.text("user").ok_or_else(|| {
            Error::Config("user: missing; give the name to log in with".to_owned())
        })?;
        // An empty password is a password, even if no server accepts it: it is given, so it is sent.
        let password = settings
            .has("password")
            .then(|| settings.secret("password"));
        let password = password.map(|given| given.unwrap_or_else(|| Secret::new("")));
        let database = settings.text("database");
        let tls = TlsOptions::from_settings(settings)?;
        let asked = providers.manager_token.is_some();
        let manager =
            ManagerOptions::from_settings(settings, &user, database.as_deref(), tls.mode, asked)?;
        let explicit = settings.given("passfile").map(PathBuf::from);
        let passfile = match explicit {
            Some(path) => Some(PassFile {
                path,
                explicit: true,
            }),
            None => home_passfile.map(|path| PassFile {
                path,
                explicit: false,
            }),
        };
        let mut given = settings.redacted();
        given.extend(
            providers
                .names()
                .into_iter()
                .map(|name| (name, "***".to_owned())),
        );
        Ok(Self {
            endpoints,
            target_session: TargetSession::from_settings(settings)?,
            balance_load: settings.choice("load_balance_hosts")? == "random",
            connect_retries: settings.integer("connect_retries")?,
            connect_backoff: settings.seconds("connect_backoff")?.unwrap_or_default(),
            password,
            role: settings.text("role"),
            schema: settings.text("schema"),
            application_name: settings.text("application_name"),
            timezone: settings.text("timezone"),
            language: settings.text("language"),
            auth: AuthOptions::from_settings(settings)?,
            tls,
            connect_timeout: settings.seconds("connect_timeout")?,
            socket_timeout: settings.seconds("socket_timeout")?,
            statement_timeout: settings.seconds("statement_timeout")?,
            keepalive: Keepalive::from_settings(settings)?,
            tcp_user_timeout: settings.seconds("tcp_user_timeout")?,
            max_message_size: settings.integer("max_message_size")?,
            autocommit: settings.flag("autocommit")?,
            fetch_size: settings.integer("fetch_size")?,
            statement_cache_size: settings.integer("statement_cache_size")?,
            prepare_threshold: settings.integer("prepare_threshold")?,
            binary_transfer: settings.flag("binary_transfer")?,
            server_profile: match settings.choice("server_profile")? {
                "standard" => ServerProfile::Standard,
                "beta" => ServerProfile::Beta,
                _ => ServerProfile::Auto,
            },
            server_defects: match settings.choice("server_defects")? {
                "error" => ServerDefects::Error,
                "ignore" => ServerDefects::Ignore,
                _ => ServerDefects::Warn,
            },
            watch: WatchOptions::from_settings(settings)?,
            manager,
            client_flags: settings.integer("client_flags")?,
            metadata_expand_schema_parents: settings.flag("metadata_expand_schema_parents")?,
            given,
            passfile,
            providers,
            user,
            database,
        })
    }

    /// The parameters of STARTUP: keys of the protocol's closed list only.
    #[must_use]
    pub fn startup_parameters(&self) -> Vec<(&'static str, String)> {
        let mut parameters = vec![("user", self.user.clone())];
        let optional = [
            ("database", &self.database),
            ("role", &self.role),
            ("application_name", &self.application_name),
            ("default_schema", &self.schema),
            ("timezone", &self.timezone),
            ("language", &self.language),
        ];
        let given = optional
            .into_iter()
            .filter_map(|(key, value)| Some((key, value.clone()?)));
        parameters.extend(given);
        parameters.push(("client_encoding", "UTF8".to_owned()));
        parameters.push(("client_flags", self.client_flags.to_string()));
        if let Some(limit) = self.statement_timeout {
            parameters.push(("statement_timeout_ms", limit.as_millis().to_string()));
        }
        parameters.extend(self.auth.startup_parameters());
        parameters
    }

    /// The configuration as a URI without its secrets, for logs and messages.
    #[must_use]
    pub fn to_dsn_redacted(&self) -> String {
        let mut uri = format!("scratchbird://{}", encode(&self.user));
        if self.password.is_some() || self.providers.password.is_some() {
            uri.push_str(":***");
        }
        let hosts = self.endpoints.iter().map(|endpoint| match endpoint {
            Endpoint::Tcp { .. } => endpoint.to_string(),
            Endpoint::Unix { .. } => encode(&endpoint.to_string()),
        });
        uri.push('@');
        uri.push_str(&hosts.collect::<Vec<_>>().join(","));
        uri.push('/');
        uri.push_str(&encode(self.database.as_deref().unwrap_or("")));
        let elsewhere = [
            "host",
            "port",
            "database",
            "user",
            "password",
            "ipc_path",
            "transport_mode",
        ];
        let rest = self
            .given
            .iter()
            .filter(|(key, _)| !elsewhere.contains(key));
        for (at, (key, value)) in rest.enumerate() {
            uri.push(if at == 0 { '?' } else { '&' });
            uri.push_str(key);
            uri.push('=');
            uri.push_str(&encode(value));
        }
        uri
    }
}

impl fmt::Debug for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Config")
            .field(&self.to_dsn_redacted())
            .finish()
    }
}

/// What stands for itself in every part of a URI; `*` keeps the stars of a secret readable.
const PLAIN: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~')
    .remove(b'*');

fn encode(text: &str) -> String {
    utf8_percent_encode(text, PLAIN).to_string()
}

/// The default names of the pass file and the service file, in the home directory.
const PASS_FILE: &str = ".sbpass";
const SERVICE_FILE: &str = ".sb_service.conf";

fn in_home(env: impl Fn(&str) -> Option<String>, name: &str) -> Option<PathBuf> {
    let variable = if cfg!(windows) { "APPDATA" } else { "HOME" };
    let home = env(variable).filter(|home| !home.is_empty())?;
    Some(PathBuf::from(home).join(name))
}

/// Moves the ports of `host=h1:p1,h2:p2` of one layer into its `port`.
fn split_hosts(layer: Vec<(String, String)>) -> Result<Vec<(String, String)>, Error> {
    let is = |spelling: &str, name: &str| keys::find(spelling).is_some_and(|key| key.name == name);
    let mut split = Vec::with_capacity(layer.len() + 1);
    let mut ports = None;
    for (key, value) in layer {
        if is(&key, "host") && !value.is_empty() {
            let list = endpoint::split_hosts(&value)?;
            ports = list.ports;
            split.push((key, list.hosts));
        } else {
            split.push((key, value));
        }
    }
    if let Some(ports) = ports {
        let given = split
            .iter()
            .find(|(key, value)| is(key, "port") && *value != ports);
        if given.is_some_and(|(_, value)| !value.is_empty()) {
            return Err(Error::Config(
                "host and port both give a port, to different values".to_owned(),
            ));
        }
        split.retain(|(key, _)| !is(key, "port"));
        split.push(("port".to_owned(), ports));
    }
    Ok(split)
}

fn refuse_what_no_server_offers(settings: &Settings) -> Result<(), Error> {
    let refused = |text: &str| Err(Error::NotSupported(text.to_owned()));
    if settings.choice("compression")? != "off" {
        return refused("compression: no server of this protocol negotiates it; leave it off");
    }
    if settings.given("dormant_id").is_some() || settings.given("dormant_reattach_token").is_some()
    {
        return refused("dormant_id: no server re-attaches dormant sessions");
    }
    settings.choice("client_encoding")?;
    settings.choice("ipc_method")?;
    settings.choice("protocol")?;
    Ok(())
}

fn endpoints(settings: &Settings) -> Result<Vec<Endpoint>, Error> {
    let path = settings.given("ipc_path");
    let local = settings.choice("transport_mode")? == "local_ipc";
    let text = |name| settings.text(name).unwrap_or_default();
    match path {
        Some(_) if settings.given("transport_mode").is_some() && !local => Err(Error::Config(
            "ipc_path: contradicts transport_mode=inet_listener".to_owned(),
        )),
        Some(path) => Ok(vec![Endpoint::Unix { path: path.into() }]),
        None => {
            let endpoints = endpoint::endpoints(&text("host"), &text("port"))?;
            if local && endpoints.iter().any(Endpoint::takes_tls) {
                return Err(Error::Config(
                    "ipc_path: missing; transport_mode=local_ipc needs it".to_owned(),
                ));
            }
            Ok(endpoints)
        }
    }
}
