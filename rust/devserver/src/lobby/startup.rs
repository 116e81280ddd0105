//! STARTUP: what a client asks for, and what of it is granted.

use std::collections::HashMap;

use sbwp::message::{connect_flag, feature, Generation, Startup, VERSION_1_0, VERSION_1_1};

use super::Lobby;
use crate::backend::Report;
use crate::client::Request;
use crate::session::{refusal, End};

/// A start-up that was accepted; who the user is remains to be proved.
pub(super) struct Opening {
    pub generation: Generation,
    pub version: u16,
    pub features: u64,
    pub user: String,
    pub database: String,
    pub parameters: HashMap<String, String>,
}

/// Every key a start-up may carry.
const KEYS: &[&str] = &[
    "application_name",
    "auth_forbidden_methods",
    "auth_method_id",
    "auth_method_payload",
    "auth_payload_b64",
    "auth_payload_json",
    "auth_provider_profile",
    "auth_required_methods",
    "auth_require_channel_binding",
    "calendar",
    "charset",
    "client_encoding",
    "client_flags",
    "database",
    "decimal_locale",
    "default_catalog",
    "default_schema",
    "keepalive_interval_ms",
    "keepalive_timeout_ms",
    "language",
    "proxy_principal_assertion",
    "role",
    "statement_timeout_ms",
    "time_zone",
    "timezone",
    "traceparent",
    "tracestate",
    "user",
    "workload_identity_token",
];

/// From this redaction class on a value is dropped unread.
const DROPPED: u8 = 3;

fn invalid(sentence: &str) -> Report {
    refusal("08P01", "NATIVE_WIRE.CONNECT_INVALID_PAYLOAD", sentence)
}

fn negotiate(startup: &Startup, served: u64) -> Result<(u16, u64), Report> {
    if startup.generation == Generation::Legacy {
        return Ok((VERSION_1_1, 0));
    }
    let conflict = connect_flag::DORMANT_REATTACH | connect_flag::MULTIPLEX;
    if startup.connect_flags & !connect_flag::KNOWN != 0
        || startup.connect_flags & conflict == conflict
    {
        return Err(invalid("connect flags are reserved or in conflict"));
    }
    let required = startup.required_features;
    if required & !startup.features != 0 {
        return Err(invalid("a required feature is not among the client's"));
    }
    if required & !feature::KNOWN != 0 {
        let sentence = "a required feature is unknown";
        return Err(refusal("08P01", "SBWP.FEATURE.UNKNOWN_REQUIRED", sentence));
    }
    let version = startup.max_version.min(VERSION_1_1);
    let mut offered = served;
    if version == VERSION_1_0 {
        offered &= !feature::SINCE_1_1;
    }
    if required & !offered != 0 {
        let sentence = "a required feature is not served";
        return Err(refusal(
            "0A000",
            "SBWP.FEATURE.REQUIRED_UNSUPPORTED",
            sentence,
        ));
    }
    for extension in &startup.extensions {
        if extension.flags & 1 != 0 {
            let sentence = "a required extension is unknown";
            return Err(refusal(
                "08P01",
                "SBWP.EXTENSION.UNKNOWN_REQUIRED",
                sentence,
            ));
        }
        if extension.flags > 2 {
            let sentence = "an extension has unknown flags";
            return Err(refusal(
                "08P01",
                "SBWP.EXTENSION.REQUIRED_UNSUPPORTED",
                sentence,
            ));
        }
    }
    Ok((version, startup.features & offered))
}

fn parameters(startup: &Startup) -> Result<HashMap<String, String>, Report> {
    let mut parameters = HashMap::new();
    for parameter in &startup.parameters {
        if !KEYS.contains(&parameter.key.as_str()) {
            let sentence = format!("start-up parameter {:?} is unknown", parameter.key);
            return Err(refusal(
                "08P01",
                "NATIVE_WIRE.CONNECT_UNKNOWN_KEY",
                &sentence,
            ));
        }
        if parameter.redaction < DROPPED {
            let value = parameter.as_text().unwrap_or_default();
            parameters.insert(parameter.key.clone(), value.to_owned());
        }
    }
    Ok(parameters)
}

impl Lobby {
    pub(super) fn startup(&mut self, request: &Request) -> Result<Opening, End> {
        match read(&request.payload, self.server.features) {
            Ok(opening) => Ok(opening),
            Err(report) => {
                self.fatal(&report)?;
                Err(End::Refused)
            }
        }
    }
}

fn read(payload: &[u8], served: u64) -> Result<Opening, Report> {
    // The range of versions is looked at first: another version may have another layout.
    if let Some((least, most)) = Startup::versions_of(payload) {
        if least > most || least > VERSION_1_1 || most < VERSION_1_0 {
            let sentence = "the client and the server have no version in common";
            return Err(refusal("08P01", "SBWP.VERSION.NO_COMMON_VERSION", sentence));
        }
    }
    let startup = Startup::decode(payload).map_err(|error| invalid(&error.to_string()))?;
    let parameters = parameters(&startup)?;
    let (version, features) = negotiate(&startup, served)?;
    let value = |key: &str| parameters.get(key).cloned().unwrap_or_default();
    Ok(Opening {
        generation: startup.generation,
        version,
        features,
        user: value("user"),
        database: value("database"),
        parameters,
    })
}
