//! The table of connection parameters: the one place that says which exist, how they may be spelled, what they
//! default to and what they mean. Parsing, error messages and the documentation are all made from it.
//!
//! Must not know: where a value came from (string, keyword argument, environment) or what is done with it.

use std::collections::HashMap;
use std::sync::OnceLock;

use super::value::Kind;
use crate::prepared::MOST_KEPT;

/// One connection parameter.
#[derive(Debug)]
pub struct Key {
    /// The name that the documentation and error messages use.
    pub name: &'static str,
    /// Other accepted spellings. Case, `_`, `-` and blanks never matter in any spelling, so that `connecttimeout`,
    /// `connect-timeout` and `connectTimeout` all mean `connect_timeout` without being listed.
    pub aliases: &'static [&'static str],
    /// Environment variables that give a default; the first one that is set counts.
    pub env: &'static [Variable],
    /// What applies when nothing is given; empty for "nothing".
    pub default: &'static str,
    pub kind: Kind,
    pub meaning: &'static str,
}

/// An environment variable, and the unit its number is written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Variable {
    /// Written as the parameter itself is.
    Plain(&'static str),
    /// A number of milliseconds for a parameter in seconds.
    Milliseconds(&'static str),
}

impl Variable {
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Plain(name) | Self::Milliseconds(name) => name,
        }
    }
}

const fn key(
    name: &'static str,
    aliases: &'static [&'static str],
    env: &'static [Variable],
    default: &'static str,
    kind: Kind,
    meaning: &'static str,
) -> Key {
    Key {
        name,
        aliases,
        env,
        default,
        kind,
        meaning,
    }
}

use Kind::{Choice, File, Flag, Hosts, Integer, Ports, Seconds, Secret, Text};
use Variable::{Milliseconds, Plain};

const U16: Kind = Integer {
    min: 0,
    max: u16::MAX as i64,
};
const U32: Kind = Integer {
    min: 0,
    max: u32::MAX as i64,
};

/// The largest message of the protocol, and the default of `max_message_size`.
pub const MAX_MESSAGE_SIZE: i64 = 64 * 1024 * 1024;

/// Every connection parameter, in the order of the documentation.
#[rustfmt::skip]
pub const KEYS: &[Key] = &[
    key("host", &["server", "data_source"], &[Plain("SCRATCHBIRD_HOST")], "localhost", Hosts,
        "Host name or address. Several, separated by commas, are tried in order; each may carry its own port \
         (`h1:3092,h2:3093`). A value that starts with `/` is the path of a Unix socket."),
    key("port", &[], &[Plain("SCRATCHBIRD_PORT")], "3092", Ports,
        "TCP port, 1 to 65535: one for all hosts, or as many as there are hosts, separated by commas. A stock server \
         installation listens on 3050."),
    key("target_session_attrs", &[], &[Plain("SCRATCHBIRD_TARGET_SESSION_ATTRS")], "any",
        Choice(&[("any", &[]), ("read-write", &[]), ("read-only", &[]), ("primary", &[]), ("standby", &[]), ("prefer-standby", &[])]),
        "Which of several hosts to take: `any`, `read-write`, `read-only`, `primary`, `standby`, or `prefer-standby`."),
    key("load_balance_hosts", &[], &[Plain("SCRATCHBIRD_LOAD_BALANCE_HOSTS")], "disable",
        Choice(&[("disable", &["off", "false", "0", "no"]), ("random", &[])]),
        "`random` tries the hosts in an order that chance decides, `disable` in the order in which they are given."),
    key("connect_retries", &[], &[], "0", Integer { min: 0, max: 1000 },
        "How often all hosts are tried again where none could be reached; pools try again by themselves."),
    key("connect_backoff", &[], &[], "0.25", Seconds,
        "Seconds before hosts are tried again. It doubles each time, up to 10, and is shortened by up to a half by chance."),
    key("database", &["dbname", "db", "initial_catalog"], &[Plain("SCRATCHBIRD_DB")], "", Text,
        "Database name. Without one the server uses the database its listener serves."),
    key("user", &["username", "user_id", "uid"], &[Plain("SCRATCHBIRD_USER")], "", Text,
        "User name. Required."),
    key("password", &["pwd"], &[Plain("SCRATCHBIRD_PASSWORD")], "", Secret,
        "Password, for the methods PASSWORD and SCRAM. As a keyword argument also a callable."),
    key("passfile", &[], &[Plain("SCRATCHBIRD_PASSFILE")], "", File,
        "File with passwords, one line for each login, looked at when a server asks for a password and none was given. \
         Default: `~/.sbpass`, if it exists."),
    key("service", &[], &[Plain("SCRATCHBIRD_SERVICE")], "", Text,
        "Section of the service file to take parameters from. The connection string and keyword arguments win over it."),
    key("servicefile", &[], &[Plain("SCRATCHBIRD_SERVICEFILE")], "", File,
        "File with the services. Default: `~/.sb_service.conf`."),
    key("role", &[], &[Plain("SCRATCHBIRD_ROLE")], "", Text,
        "Role to take on at login."),
    key("schema", &["current_schema", "search_path"], &[Plain("SCRATCHBIRD_SCHEMA")], "", Text,
        "Schema in which unqualified names are looked up."),
    key("application_name", &["app_name"], &[Plain("SCRATCHBIRD_APP_NAME")], "", Text,
        "Name of the program, shown in the server's session views."),
    key("client_encoding", &["charset"], &[], "UTF8", Choice(&[("UTF8", &["utf-8", "unicode"])]),
        "Encoding of text on the wire. Only UTF-8 exists."),
    key("timezone", &[], &[], "", Text,
        "Time zone of the session, such as `Europe/Vienna`."),
    key("language", &[], &[], "", Text,
        "Language of the server's messages, such as `en`."),
    key("sslmode", &["ssl"], &[Plain("SCRATCHBIRD_SSLMODE")], "require",
        Choice(&[
            ("disable", &["off", "false", "0", "no"]),
            ("require", &["on", "true", "1", "yes", "allow", "prefer"]),
            ("verify-ca", &[]),
            ("verify-full", &[]),
        ]),
        "`disable`: no TLS. `require`: TLS 1.3, the certificate is not checked. `verify-ca`: the certificate must come \
         from a trusted authority. `verify-full`: it must also name the host. There is no fallback to plain text."),
    key("sslrootcert", &[], &[Plain("SCRATCHBIRD_SSL_ROOT_CERT")], "", File,
        "PEM file with the certificate authorities to trust, in addition to those of the platform."),
    key("sslcert", &[], &[Plain("SCRATCHBIRD_SSL_CERT")], "", File,
        "PEM file with the client certificate and its chain. Needs `sslkey`."),
    key("sslkey", &[], &[Plain("SCRATCHBIRD_SSL_KEY")], "", File,
        "PEM file with the private key of `sslcert` (PKCS#8, PKCS#1 or SEC1, not encrypted)."),
    key("sslpassword", &[], &[], "", Secret,
        "Password of an encrypted `sslkey`. Encrypted keys are refused with a message that says how to decrypt them."),
    key("connect_timeout", &["timeout", "login_timeout"], &[Milliseconds("SCRATCHBIRD_CONNECT_TIMEOUT_MS")], "30", Seconds,
        "Seconds to wait for a connection to one host, TLS and login together; 0 waits for ever."),
    key("socket_timeout", &["read_timeout"], &[Milliseconds("SCRATCHBIRD_READ_TIMEOUT_MS")], "0", Seconds,
        "Seconds without a byte from the server, while an answer is due, after which the connection is given up; 0 is \
         never."),
    key("statement_timeout", &["query_timeout", "command_timeout"], &[], "0", Seconds,
        "Seconds one statement may take; 0 is no limit."),
    key("keepalives", &["tcp_keepalive"], &[], "true", Flag,
        "Whether TCP keep-alive probes are sent."),
    key("keepalives_idle", &[], &[], "60", Seconds,
        "Seconds of silence before the first probe; 0 is the system's default."),
    key("keepalives_interval", &[], &[], "10", Seconds,
        "Seconds between probes; 0 is the system's default."),
    key("keepalives_count", &[], &[], "6", Integer { min: 0, max: 127 },
        "Probes without an answer after which the connection is lost; 0 is the system's default."),
    key("tcp_user_timeout", &[], &[], "0", Seconds,
        "Seconds that sent data may stay unacknowledged before the connection is lost, where the system offers it; 0 \
         is the system's default."),
    key("max_message_size", &["max_payload"], &[], "67108864", Integer { min: 65_536, max: MAX_MESSAGE_SIZE },
        "Largest message, in bytes, that is sent or accepted; 64 MiB is the protocol's limit."),
    key("autocommit", &[], &[], "false", Flag,
        "Whether every statement is committed at once. Off, as PEP 249 says."),
    key("fetch_size", &["default_fetch_size"], &[], "0", U32,
        "Rows that a server-side cursor asks for at a time (its `itersize`); 0 leaves it to the driver: 1000."),
    key("statement_cache_size", &[], &[], "100", Integer { min: 0, max: MOST_KEPT as i64 },
        "Statements with parameters that the server keeps prepared for this connection, the most recently used ones; 0 \
         keeps none."),
    key("prepare_threshold", &[], &[], "1", U32,
        "Executions of a statement before it is kept prepared; 0 keeps it from its first one."),
    key("binary_transfer", &[], &[Plain("SCRATCHBIRD_BINARY_TRANSFER")], "true", Flag,
        "Whether values may travel in binary form where that is exact."),
    key("compression", &[], &[Plain("SCRATCHBIRD_COMPRESSION")], "off",
        Choice(&[("off", &["none", "false", "0", "no"]), ("zstd", &["on", "true", "1", "yes"])]),
        "Only `off`: no server of this protocol negotiates compression, so that `zstd` is refused."),
    key("server_profile", &["profile"], &[], "auto",
        Choice(&[("auto", &[]), ("standard", &[]), ("beta", &[])]),
        "Which server to expect. `auto` decides by what the server says of itself at login; `standard` follows the \
         protocol; `beta` guards against the known defects of the beta server."),
    key("server_defects", &[], &[], "warn", Choice(&[("error", &[]), ("warn", &[]), ("ignore", &[])]),
        "What becomes of a statement or a value that a server with known defects gets wrong: `error` refuses it with a \
         NotSupportedError, `warn` gives a ServerDefectWarning once a connection and kind, `ignore` does nothing."),
    key("slow_query_ms", &["slow_query_threshold_ms", "log_min_duration"], &[Plain("SCRATCHBIRD_SLOW_QUERY_MS")], "0", U32,
        "Milliseconds from which on a statement is logged as slow, as a warning of the logger `scratchbird.slow` and without \
         values; 0 logs none."),
    key("telemetry", &["opentelemetry", "otel"], &[Plain("SCRATCHBIRD_TELEMETRY")], "false", Flag,
        "Whether OpenTelemetry gets spans and metrics of this connection; needs `opentelemetry-api`."),
    key("telemetry_query_text", &[], &[], "sanitized", Choice(&[("sanitized", &["on", "true", "1", "yes"]), ("off", &["false", "0", "no", "none"])]),
        "Whether spans have the text of statements: `sanitized`, with `?` for every literal, or `off`."),
    key("telemetry_trace_context", &["trace_context"], &[], "true", Flag,
        "Whether the server is told which trace a request is part of, where OpenTelemetry gets spans and the server offers it."),
    key("front_door_mode", &["connection_mode", "ingress_mode"], &[Plain("SCRATCHBIRD_FRONT_DOOR_MODE")], "direct",
        Choice(&[("direct", &[]), ("manager_proxy", &["managed"])]),
        "`direct`: connect to the database listener. `manager_proxy`: connect through the manager."),
    key("transport_mode", &["transport"], &[Plain("SCRATCHBIRD_TRANSPORT_MODE")], "inet_listener",
        Choice(&[("inet_listener", &["inet", "tcp"]), ("local_ipc", &["local", "ipc", "unix"])]),
        "`local_ipc` connects to the Unix socket of `ipc_path`, without TLS. Giving `ipc_path` is enough to choose it."),
    key("ipc_path", &["socket_path", "unix_socket", "pipe_name"], &[Plain("SCRATCHBIRD_IPC_PATH")], "", File,
        "Path of the Unix socket."),
    key("ipc_method", &[], &[Plain("SCRATCHBIRD_IPC_METHOD")], "unix", Choice(&[("unix", &["unix_socket"])]),
        "Kind of local transport; only `unix`."),
    key("protocol", &["parser", "dialect"], &[Plain("SCRATCHBIRD_PROTOCOL"), Plain("SCRATCHBIRD_PARSER")], "native",
        Choice(&[("native", &["sbsql", "sbwp", "scratchbird", "native_v3"])]),
        "Only `native`: this driver speaks no other protocol."),
    key("manager_auth_token", &["mcp_auth_token"], &[Plain("SCRATCHBIRD_MANAGER_AUTH_TOKEN")], "", Secret,
        "Token for the manager, required with `front_door_mode=manager_proxy`. As a keyword argument also a callable."),
    key("manager_username", &["mcp_username"], &[Plain("SCRATCHBIRD_MANAGER_USERNAME")], "", Text,
        "User name for the manager. Default: `user`."),
    key("manager_database", &["mcp_database"], &[Plain("SCRATCHBIRD_MANAGER_DATABASE")], "", Text,
        "Database to ask the manager for. Default: `database`."),
    key("manager_connection_profile", &["mcp_connection_profile"], &[Plain("SCRATCHBIRD_MANAGER_CONNECTION_PROFILE")],
        "SBsql", Text, "Connection profile to ask the manager for."),
    key("manager_client_intent", &["mcp_client_intent"], &[Plain("SCRATCHBIRD_MANAGER_CLIENT_INTENT")], "SBsql", Text,
        "Client intent to tell the manager."),
    key("manager_client_flags", &["mcp_client_flags"], &[Plain("SCRATCHBIRD_MANAGER_CLIENT_FLAGS")], "0", U16,
        "Client flags of the manager's HELLO."),
    key("manager_auth_fast_path", &["mcp_auth_fast_path"], &[Plain("SCRATCHBIRD_MANAGER_AUTH_FAST_PATH")], "true", Flag,
        "Whether the token is sent at once instead of after the manager's challenge."),
    key("manager_tls_after_preamble", &[], &[], "false", Flag,
        "Whether TLS begins after the manager's plain-text preamble. Without it `manager_proxy` needs \
         `sslmode=disable`, because a manager does not speak TLS."),
    key("client_flags", &["connect_client_flags"], &[Plain("SCRATCHBIRD_CONNECT_CLIENT_FLAGS")], "256", U32,
        "Client flags of STARTUP."),
    key("auth_token", &["bearer_token", "token"], &[Plain("SCRATCHBIRD_AUTH_TOKEN")], "", Secret,
        "Token, for the method TOKEN. As a keyword argument also a callable."),
    key("auth_method_id", &[], &[Plain("SCRATCHBIRD_AUTH_METHOD_ID")], "", Text,
        "Login method to ask for, such as `scratchbird.auth.scram_sha_256`."),
    key("auth_method_payload", &[], &[Plain("SCRATCHBIRD_AUTH_METHOD_PAYLOAD")], "", Secret,
        "Credential for the method TOKEN, as text."),
    key("auth_payload_json", &[], &[Plain("SCRATCHBIRD_AUTH_PAYLOAD_JSON")], "", Secret,
        "Credential for the method TOKEN, as JSON."),
    key("auth_payload_b64", &[], &[Plain("SCRATCHBIRD_AUTH_PAYLOAD_B64")], "", Secret,
        "Credential for the method TOKEN, as base64."),
    key("auth_provider_profile", &[], &[Plain("SCRATCHBIRD_AUTH_PROVIDER_PROFILE")], "", Text,
        "Authentication provider to ask the server for."),
    key("auth_required_methods", &["require_auth"], &[Plain("SCRATCHBIRD_AUTH_REQUIRED_METHODS")], "", Text,
        "Login methods to accept, separated by commas: `password`, `scram_sha_256`, `scram_sha_512`, `token`, with or \
         without the prefix `scratchbird.auth.`. A server that asks for another one is refused before any credential \
         is sent."),
    key("auth_forbidden_methods", &[], &[Plain("SCRATCHBIRD_AUTH_FORBIDDEN_METHODS")], "", Text,
        "Login methods never to take part in, in the same form."),
    key("auth_require_channel_binding", &[], &[Plain("SCRATCHBIRD_AUTH_REQUIRE_CHANNEL_BINDING")], "false", Flag,
        "Only `false`: the protocol has no channel binding, so that requiring it is refused."),
    key("workload_identity_token", &[], &[Plain("SCRATCHBIRD_WORKLOAD_IDENTITY_TOKEN")], "", Secret,
        "Workload identity, sent in STARTUP and used for the method TOKEN."),
    key("proxy_principal_assertion", &["proxy_assertion"], &[Plain("SCRATCHBIRD_PROXY_PRINCIPAL_ASSERTION")], "", Secret,
        "Assertion of a proxy about the user, sent in STARTUP and used for the method TOKEN."),
    key("dormant_id", &[], &[], "", Text,
        "Refused: no server accepts the re-attachment of a dormant session."),
    key("dormant_reattach_token", &[], &[], "", Secret,
        "Refused, like `dormant_id`."),
    key("metadata_expand_schema_parents", &["expand_schema_parents", "dbeaver_expand_schema_parents"], &[], "false", Flag,
        "Whether catalogue queries of the adapters also list the parents of dotted schema names."),
];

/// Finds a parameter by any of its spellings.
#[must_use]
pub fn find(spelling: &str) -> Option<&'static Key> {
    static BY_SPELLING: OnceLock<HashMap<String, &'static Key>> = OnceLock::new();
    let table = BY_SPELLING.get_or_init(|| {
        let pairs = KEYS
            .iter()
            .flat_map(|key| spellings(key).map(move |s| (squash(s), key)));
        pairs.collect()
    });
    table.get(&squash(spelling)).copied()
}

/// Finds a parameter by its own name.
pub(super) fn named(name: &str) -> Option<&'static Key> {
    KEYS.iter().find(|key| key.name == name)
}

/// The spelling of a known parameter that comes closest to an unknown one, if any comes close.
#[must_use]
pub fn closest(spelling: &str) -> Option<&'static str> {
    let wanted = &squash(spelling);
    let limit = match wanted.chars().count() {
        0..=2 => 0,
        3..=5 => 1,
        6..=9 => 2,
        _ => 3,
    };
    KEYS.iter()
        .flat_map(|key| {
            spellings(key).map(move |known| (distance(&squash(known), wanted), known, key.name))
        })
        .filter(|(distance, ..)| *distance <= limit)
        .min_by_key(|(distance, known, name)| (*distance, known != name))
        .map(|(_, known, _)| known)
}

fn spellings(key: &Key) -> impl Iterator<Item = &'static str> + '_ {
    std::iter::once(key.name).chain(key.aliases.iter().copied())
}

/// What is left of a spelling when case and separators do not count.
pub(super) fn squash(spelling: &str) -> String {
    spelling
        .chars()
        .filter(|c| !matches!(c, '_' | '-') && !c.is_whitespace())
        .flat_map(char::to_lowercase)
        .collect()
}

/// Edit distance that counts a swap of two neighbours as one edit.
fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let width = b.len() + 1;
    let mut table = vec![0; (a.len() + 1) * width];
    let at = |i: usize, j: usize| i * width + j;
    for i in 0..=a.len() {
        for j in 0..=b.len() {
            table[at(i, j)] = if i == 0 || j == 0 {
                i + j
            } else {
                let changed = usize::from(a[i - 1] != b[j - 1]);
                let mut best = (table[at(i - 1, j)] + 1)
                    .min(table[at(i, j - 1)] + 1)
                    .min(table[at(i - 1, j - 1)] + changed);
                if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                    best = best.min(table[at(i - 2, j - 2)] + 1);
                }
                best
            };
        }
    }
    table[at(a.len(), b.len())]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_spelling_means_two_parameters() {
        let mut seen = HashMap::new();
        for key in KEYS {
            for spelling in spellings(key) {
                let before = seen.insert(squash(spelling), key.name);
                assert_eq!(before, None, "{spelling}");
            }
        }
    }

    #[test]
    fn no_environment_variable_is_used_twice() {
        let mut seen = HashMap::new();
        for (variable, key) in KEYS
            .iter()
            .flat_map(|k| k.env.iter().map(move |v| (v.name(), k.name)))
        {
            assert_eq!(seen.insert(variable, key), None, "{variable}");
            assert!(variable.starts_with("SCRATCHBIRD_"), "{variable}");
        }
    }

    #[test]
    fn every_default_is_a_valid_value_of_its_own_parameter() {
        for key in KEYS.iter().filter(|k| !k.default.is_empty()) {
            assert!(key.kind.check(key.default).is_ok(), "{}", key.name);
        }
    }

    #[test]
    fn case_and_separators_do_not_matter() {
        for spelling in [
            "connect_timeout",
            "connectTimeout",
            "CONNECT-TIMEOUT",
            "Connect Timeout",
        ] {
            assert_eq!(
                find(spelling).map(|k| k.name),
                Some("connect_timeout"),
                "{spelling}"
            );
        }
        assert_eq!(find("Data Source").map(|k| k.name), Some("host"));
        assert_eq!(find("nonsense").map(|k| k.name), None);
    }

    #[test]
    fn a_slip_of_the_pen_is_recognised() {
        assert_eq!(closest("pasword"), Some("password"));
        assert_eq!(closest("conect_timeout"), Some("connect_timeout"));
        assert_eq!(closest("sslmdoe"), Some("sslmode"));
        assert_eq!(closest("prot"), Some("port"));
        assert_eq!(closest("zzzzzzzz"), None);
        assert_eq!(closest(""), None);
    }
}
