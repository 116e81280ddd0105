//! No secret of a configuration shows in `Debug`, in a redacted DSN or in an error.

#![allow(clippy::unwrap_used)] // A panic is how a test fails.

use std::sync::Arc;

use scratchbird::config::{Kind, Secret, KEYS};
use scratchbird::credentials::{Asked, Provider, Providers};
use scratchbird::Config;

const HIDDEN: &str = "5ecret";

/// A value of a parameter: secret ones end with `HIDDEN` and their name.
fn secrets() -> Vec<(String, String)> {
    let secret = KEYS
        .iter()
        .filter(|key| key.kind.is_secret() && !key.name.starts_with("dormant"));
    secret
        .map(|key| {
            let value = match key.name {
                // "5ecret" inside of what decodes.
                "auth_payload_b64" => format!("{HIDDEN}AA"),
                name => format!("{HIDDEN}-{name}"),
            };
            (key.name.to_owned(), value)
        })
        .collect()
}

#[test]
fn a_configuration_hides_every_secret() {
    let mut keywords = secrets();
    assert!(keywords.len() > 6);
    for (key, value) in [
        ("user", "alice"),
        ("front_door_mode", "manager_proxy"),
        ("sslmode", "disable"),
    ] {
        keywords.push((key.to_owned(), value.to_owned()));
    }
    let config = Config::from_parts(None, keywords.clone().into_iter(), |_| None).unwrap();
    let shown = [
        format!("{config:?}"),
        format!("{config:#?}"),
        config.to_dsn_redacted(),
        format!("{:?}", config.auth),
        format!("{:?}", config.manager),
        format!("{:?}", config.tls),
        format!("{:?}", config.password),
    ];
    for text in &shown {
        assert!(!text.contains(HIDDEN), "{text}");
    }
    assert!(
        shown[2].contains(":***@") && shown[2].contains("auth_token=***"),
        "{}",
        shown[2]
    );
    // A mistake anywhere repeats none of them.
    keywords.push(("sslmoed".to_owned(), "x".to_owned()));
    let error = Config::from_parts(None, keywords.into_iter(), |_| None).unwrap_err();
    assert!(!format!("{error} {error:?}").contains(HIDDEN), "{error:?}");
}

struct Fixed(&'static str);

impl Provider for Fixed {
    fn ask(&self) -> Asked {
        let secret = Secret::new(self.0);
        Box::pin(async move { Ok(secret) })
    }
}

#[test]
fn providers_show_what_they_are_for_and_nothing_else() {
    let mut providers = Providers::default();
    *providers.slot("auth_token").unwrap() = Some(Arc::new(Fixed(HIDDEN)));
    *providers.slot("password").unwrap() = Some(Arc::new(Fixed(HIDDEN)));
    assert!(providers.slot("database").is_none());
    assert_eq!(
        format!("{providers:?}"),
        r#"Providers(["password", "auth_token"])"#
    );
    let keywords = [("user".to_owned(), "alice".to_owned())];
    let config =
        Config::from_parts_asking(None, keywords.into_iter(), |_| None, providers).unwrap();
    assert_eq!(
        config.to_dsn_redacted(),
        "scratchbird://alice:***@localhost:3092/?auth_token=***"
    );
}

#[test]
fn every_key_that_holds_a_secret_is_one() {
    for key in KEYS {
        let sounds_secret = ["password", "token", "payload", "assertion"]
            .iter()
            .any(|word| key.name.contains(word));
        assert_eq!(
            matches!(key.kind, Kind::Secret),
            sounds_secret,
            "{}",
            key.name
        );
    }
}

#[test]
fn the_messages_of_a_login_hide_their_secrets() {
    use sbwp::manager::{AuthContinue, AuthStart};
    use sbwp::message::{AuthResponse, ClientMessage, Reauth, Startup, StartupParameter};

    let secret = || bytes::Bytes::from(HIDDEN);
    let startup = Startup {
        parameters: vec![StartupParameter::text("workload_identity_token", HIDDEN)],
        ..Startup::default()
    };
    let start = AuthStart {
        username: "alice".to_owned(),
        method: 4,
        initial: secret(),
    };
    let shown = [
        format!("{:?}", ClientMessage::Startup(startup)),
        format!(
            "{:?}",
            ClientMessage::AuthResponse(AuthResponse {
                credential: secret()
            })
        ),
        format!(
            "{:?}",
            Reauth {
                credential: secret()
            }
        ),
        format!("{start:?}"),
        format!("{:?}", AuthContinue { token: secret() }),
    ];
    for text in shown {
        assert!(text.contains("***"), "{text}");
        assert!(!text.contains(HIDDEN), "{text}");
    }
}
