//! Where the secrets of a login come from: the configuration, a provider that is asked anew at every login, or the pass
//! file.
//!
//! Must not know: what a provider does to find its answer.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use crate::config::{Config, Endpoint, Secret};
use crate::error::Error;
use crate::passfile;

/// A question that is on its way. Dropping it gives it up.
pub type Asked = Pin<Box<dyn Future<Output = Result<Secret, Error>> + Send>>;

/// Gives a secret to whoever logs in, such as a token that an identity provider issued a moment ago.
pub trait Provider: Send + Sync {
    /// Asks for the secret.
    fn ask(&self) -> Asked;
}

/// The secrets that are asked for.
#[derive(Clone, Default)]
#[non_exhaustive]
pub struct Providers {
    pub password: Option<Arc<dyn Provider>>,
    pub token: Option<Arc<dyn Provider>>,
    pub manager_token: Option<Arc<dyn Provider>>,
}

impl Providers {
    /// Where the provider of a connection parameter is kept; None for a parameter that cannot have one.
    pub fn slot(&mut self, name: &str) -> Option<&mut Option<Arc<dyn Provider>>> {
        match name {
            "password" => Some(&mut self.password),
            "auth_token" => Some(&mut self.token),
            "manager_auth_token" => Some(&mut self.manager_token),
            _ => None,
        }
    }

    /// The parameters that are asked for.
    pub(crate) fn names(&self) -> Vec<&'static str> {
        let all = [
            ("password", &self.password),
            ("auth_token", &self.token),
            ("manager_auth_token", &self.manager_token),
        ];
        let given = all.into_iter().filter(|(_, provider)| provider.is_some());
        given.map(|(name, _)| name).collect()
    }
}

impl fmt::Debug for Providers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Providers").field(&self.names()).finish()
    }
}

/// The password for a login at `endpoint`.
pub(crate) async fn password(config: &Config, endpoint: &Endpoint) -> Result<Secret, Error> {
    if let Some(provider) = &config.providers.password {
        return provider.ask().await;
    }
    if let Some(password) = &config.password {
        return Ok(password.clone());
    }
    let found = from_passfile(config, endpoint).await?;
    found.ok_or_else(|| Error::Auth("the server asks for a password and none was given".into()))
}

async fn from_passfile(config: &Config, endpoint: &Endpoint) -> Result<Option<Secret>, Error> {
    let Some(file) = config.passfile.clone() else {
        return Ok(None);
    };
    let (endpoint, user) = (endpoint.clone(), config.user.clone());
    let database = config.database.clone().unwrap_or_default();
    // A home directory may be far away.
    let task = tokio::task::spawn_blocking(move || {
        let login = passfile::Login {
            endpoint: &endpoint,
            database: &database,
            user: &user,
        };
        passfile::look_up(&file.path, file.explicit, &login)
    });
    task.await.map_err(|error| {
        Error::Internal(format!("the task that reads the pass file failed: {error}"))
    })?
}

/// The bytes to answer the method TOKEN with.
pub(crate) async fn token(config: &Config) -> Result<Vec<u8>, Error> {
    if let Some(provider) = &config.providers.token {
        let token = provider.ask().await?;
        return Ok(token.expose().as_bytes().to_vec());
    }
    config.auth.token_credential()?.ok_or_else(|| {
        Error::Auth(
            "the server asks for a token and none was given (token, auth_token and its like)"
                .into(),
        )
    })
}

/// The token for the manager.
pub(crate) async fn manager_token(
    config: &Config,
    given: Option<&Secret>,
) -> Result<Secret, Error> {
    if let Some(provider) = &config.providers.manager_token {
        return provider.ask().await;
    }
    // The configuration has been checked for it.
    given
        .cloned()
        .ok_or_else(|| Error::Auth("the manager asks for a token and none was given".into()))
}
