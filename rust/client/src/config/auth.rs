//! What the user says about logging in: credentials, and which login methods are acceptable.
//!
//! Must not know: how any method works.

use base64::engine::general_purpose::STANDARD;
use base64::Engine as _;

use super::settings::Settings;
use super::value::Secret;
use crate::error::Error;

/// A login method, by the code of AUTH_REQUEST.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum AuthMethod {
    Password,
    Md5,
    ScramSha256,
    ScramSha512,
    Token,
    Peer,
    Reattach,
}

const METHODS: &[(AuthMethod, u8, &str, &[&str])] = &[
    (AuthMethod::Password, 1, "password_compat", &["password"]),
    (AuthMethod::Md5, 2, "md5_legacy", &["md5"]),
    (AuthMethod::ScramSha256, 3, "scram_sha_256", &[]),
    (AuthMethod::ScramSha512, 4, "scram_sha_512", &[]),
    (AuthMethod::Token, 5, "authkey_token", &["token"]),
    (AuthMethod::Peer, 6, "peer_uid", &["peer"]),
    (AuthMethod::Reattach, 7, "reattach", &[]),
];

/// What every method id begins with.
const PREFIX: &str = "scratchbird.auth.";

impl AuthMethod {
    /// The method of an AUTH_REQUEST code, if it has one of the names known here.
    #[must_use]
    pub fn of_code(code: u8) -> Option<Self> {
        METHODS.iter().find(|row| row.1 == code).map(|row| row.0)
    }

    /// The id without its prefix, such as `scram_sha_256`.
    #[must_use]
    pub fn name(self) -> &'static str {
        METHODS
            .iter()
            .find(|row| row.0 == self)
            .map_or("unknown", |row| row.2)
    }

    /// The full id, such as `scratchbird.auth.scram_sha_256`.
    #[must_use]
    pub fn id(self) -> String {
        format!("{PREFIX}{}", self.name())
    }

    fn parse(text: &str) -> Option<Self> {
        let name = text.trim().to_ascii_lowercase().replace('-', "_");
        let name = name.strip_prefix(PREFIX).unwrap_or(&name);
        METHODS
            .iter()
            .find(|row| row.2 == name || row.3.contains(&name))
            .map(|row| row.0)
    }
}

/// Credentials other than the password, and the limits on login methods.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct AuthOptions {
    pub token: Option<Secret>,
    pub method_id: Option<String>,
    pub method_payload: Option<Secret>,
    pub payload_json: Option<Secret>,
    pub payload_b64: Option<Secret>,
    pub provider_profile: Option<String>,
    /// Empty: any method may be used.
    pub required_methods: Vec<AuthMethod>,
    pub forbidden_methods: Vec<AuthMethod>,
    pub workload_identity_token: Option<Secret>,
    pub proxy_principal_assertion: Option<Secret>,
}

impl AuthOptions {
    pub(super) fn from_settings(settings: &Settings) -> Result<Self, Error> {
        let method_id = settings.text("auth_method_id");
        if method_id
            .as_deref()
            .is_some_and(|id| !id.starts_with(PREFIX))
        {
            return Err(Error::Config(format!(
                "auth_method_id: must begin with {PREFIX:?}"
            )));
        }
        if settings.flag("auth_require_channel_binding")? {
            return Err(Error::NotSupported(
                "auth_require_channel_binding: the protocol has no channel binding".to_owned(),
            ));
        }
        let options = Self {
            token: settings.secret("auth_token"),
            method_id,
            method_payload: settings.secret("auth_method_payload"),
            payload_json: settings.secret("auth_payload_json"),
            payload_b64: settings.secret("auth_payload_b64"),
            provider_profile: settings.text("auth_provider_profile"),
            required_methods: methods(settings, "auth_required_methods")?,
            forbidden_methods: methods(settings, "auth_forbidden_methods")?,
            workload_identity_token: settings.secret("workload_identity_token"),
            proxy_principal_assertion: settings.secret("proxy_principal_assertion"),
        };
        options.token_credential()?;
        Ok(options)
    }

    /// Whether the user lets the driver take part in this method.
    #[must_use]
    pub fn permits(&self, method: AuthMethod) -> bool {
        let required = self.required_methods.is_empty() || self.required_methods.contains(&method);
        required && !self.forbidden_methods.contains(&method)
    }

    /// The bytes to answer the method TOKEN with: the first credential that is configured, None if none is.
    pub fn token_credential(&self) -> Result<Option<Vec<u8>>, Error> {
        let bytes = |secret: &Secret| secret.expose().as_bytes().to_vec();
        if let Some(secret) = self.token.as_ref().or(self.method_payload.as_ref()) {
            return Ok(Some(bytes(secret)));
        }
        if let Some(secret) = &self.payload_b64 {
            // The decoder's own error would show a byte of the secret.
            let decoded = STANDARD.decode(secret.expose().trim());
            return decoded
                .map(Some)
                .map_err(|_| Error::Config("auth_payload_b64: not valid base64".to_owned()));
        }
        let rest = [
            &self.payload_json,
            &self.workload_identity_token,
            &self.proxy_principal_assertion,
        ];
        Ok(rest.into_iter().flatten().next().map(bytes))
    }

    /// The STARTUP parameters of these options.
    pub(super) fn startup_parameters(&self) -> Vec<(&'static str, String)> {
        let ids = |methods: &[AuthMethod]| {
            let ids: Vec<String> = methods.iter().map(|m| m.id()).collect();
            (!ids.is_empty()).then(|| ids.join(","))
        };
        let exposed = |secret: &Option<Secret>| secret.as_ref().map(|s| s.expose().to_owned());
        let all = [
            ("auth_method_id", self.method_id.clone()),
            ("auth_method_payload", exposed(&self.method_payload)),
            ("auth_payload_json", exposed(&self.payload_json)),
            ("auth_payload_b64", exposed(&self.payload_b64)),
            ("auth_provider_profile", self.provider_profile.clone()),
            ("auth_required_methods", ids(&self.required_methods)),
            ("auth_forbidden_methods", ids(&self.forbidden_methods)),
            (
                "workload_identity_token",
                exposed(&self.workload_identity_token),
            ),
            (
                "proxy_principal_assertion",
                exposed(&self.proxy_principal_assertion),
            ),
        ];
        all.into_iter()
            .filter_map(|(key, value)| Some((key, value?)))
            .collect()
    }
}

fn methods(settings: &Settings, name: &str) -> Result<Vec<AuthMethod>, Error> {
    let Some(list) = settings.given(name) else {
        return Ok(Vec::new());
    };
    let parse = |item: &str| {
        AuthMethod::parse(item).ok_or_else(|| {
            let known: Vec<&str> = METHODS.iter().map(|row| row.2).collect();
            Error::Config(format!(
                "{name}: {item:?} is not one of: {}",
                known.join(", ")
            ))
        })
    };
    let items = list
        .split(',')
        .map(str::trim)
        .filter(|item| !item.is_empty());
    items.map(parse).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options(pairs: &[(&str, &str)]) -> Result<AuthOptions, Error> {
        let mut settings = Settings::default();
        settings.overlay(pairs.iter().map(|(k, v)| (*k, (*v).to_owned())))?;
        AuthOptions::from_settings(&settings)
    }

    #[test]
    fn method_lists_limit_what_the_driver_takes_part_in() {
        let open = options(&[]).unwrap();
        assert!(open.permits(AuthMethod::Password));
        let strict = options(&[(
            "require_auth",
            "scram-sha-256, scratchbird.auth.scram_sha_512",
        )])
        .unwrap();
        assert!(strict.permits(AuthMethod::ScramSha256) && strict.permits(AuthMethod::ScramSha512));
        assert!(!strict.permits(AuthMethod::Password));
        let forbidding = options(&[("auth_forbidden_methods", "password")]).unwrap();
        assert!(!forbidding.permits(AuthMethod::Password) && forbidding.permits(AuthMethod::Token));
        assert!(options(&[("auth_required_methods", "kerberos")]).is_err());
        assert!(strict.startup_parameters().contains(&(
            "auth_required_methods",
            "scratchbird.auth.scram_sha_256,scratchbird.auth.scram_sha_512".to_owned()
        )));
    }

    #[test]
    fn the_token_is_the_first_configured_credential() {
        let credential =
            |pairs: &[(&str, &str)]| options(pairs).unwrap().token_credential().unwrap();
        assert_eq!(credential(&[]), None);
        assert_eq!(credential(&[("proxy_assertion", "p")]), Some(b"p".to_vec()));
        assert_eq!(
            credential(&[("auth_payload_b64", "aGk="), ("auth_payload_json", "{}")]),
            Some(b"hi".to_vec())
        );
        assert_eq!(
            credential(&[("token", "t"), ("auth_payload_b64", "aGk=")]),
            Some(b"t".to_vec())
        );
    }

    #[test]
    fn what_cannot_be_honoured_is_refused() {
        let refused = options(&[("auth_require_channel_binding", "true")]).unwrap_err();
        assert_eq!(refused.sqlstate(), Some("0A000"));
        assert!(options(&[("auth_method_id", "ldap")]).is_err());
        let bad = options(&[("auth_payload_b64", "s3cr*t")])
            .unwrap_err()
            .to_string();
        assert!(!bad.contains("s3cr"), "{bad}");
    }

    #[test]
    fn codes_are_those_of_auth_request() {
        assert_eq!(AuthMethod::of_code(1), Some(AuthMethod::Password));
        assert_eq!(AuthMethod::of_code(5), Some(AuthMethod::Token));
        assert_eq!(AuthMethod::of_code(0), None);
        assert_eq!(
            AuthMethod::ScramSha512.id(),
            "scratchbird.auth.scram_sha_512"
        );
    }
}
