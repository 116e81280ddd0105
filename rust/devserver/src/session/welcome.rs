//! What a client is told once it is in: AUTH_OK, SERVER_INFO, PARAMETER_STATUS, READY.

use sbwp::message::{kind, reason, AuthOk, Generation, ServerInfo};

use super::{End, Session};
use crate::client::Client;
use crate::server::Profile;

/// Start-up parameters that are told back to the client.
const ECHOED: &[&str] = &[
    "client_encoding",
    "charset",
    "timezone",
    "time_zone",
    "application_name",
    "default_schema",
    "default_catalog",
];

impl Session {
    /// Welcomes the client and serves it.
    pub async fn serve_welcomed(mut self) -> (Client, End) {
        match self.welcome() {
            Ok(()) => self.serve().await,
            Err(end) => (self.client, end),
        }
    }

    fn welcome(&mut self) -> Result<(), End> {
        let agreement = self.agreement.clone();
        let ok = AuthOk {
            session: agreement.session,
            info: agreement.last_word.into(),
        };
        self.client.send(kind::AUTH_OK, |out| ok.encode(out))?;
        if agreement.generation == Generation::P1 {
            let (product, version) = match self.server.profile {
                Profile::Standard => ("ScratchBird development server", env!("CARGO_PKG_VERSION")),
                Profile::Beta => ("ScratchBird native SBWP P1", "public-alpha"),
            };
            let info = ServerInfo {
                session: agreement.session,
                product: product.to_owned(),
                version: version.to_owned(),
                dialect: "sbsql".to_owned(),
                profile_generation: 1,
                features: self.server.features,
                one: 1,
                ..ServerInfo::default()
            };
            self.client
                .send(kind::SERVER_INFO, |out| info.encode(out))?;
        }
        let version = self.version();
        let features = agreement.features.to_string();
        let transaction = self.transaction.id.to_string();
        let language = agreement
            .parameters
            .get("language")
            .map_or("en", String::as_str);
        let mut entries = vec![
            ("protocol.selected_version", version.as_str()),
            ("protocol.negotiated_features", features.as_str()),
            ("session.principal_claim", agreement.user.as_str()),
            ("language.tag", language),
            ("language.default_tag", "en"),
            ("current_txn_id", transaction.as_str()),
        ];
        for key in ECHOED {
            if let Some(value) = agreement.parameters.get(*key) {
                entries.push((key, value));
            }
        }
        self.parameter_status(&entries)?;
        self.ready(reason::STARTUP)
    }
}
