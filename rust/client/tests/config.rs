//! The configuration as a user meets it: precedence, every form, every mistake, and no secret in any output.

#![allow(clippy::panic, clippy::unwrap_used)]

use std::time::Duration;

use scratchbird::config::{Config, Endpoint, ServerDefects, ServerProfile, SslMode, KEYS};
use scratchbird::Error;

fn build(dsn: &str, keywords: &[(&str, &str)], env: &[(&str, &str)]) -> Result<Config, Error> {
    let keywords = keywords
        .iter()
        .map(|(k, v)| ((*k).to_owned(), (*v).to_owned()));
    let env = |name: &str| {
        let found = env.iter().find(|(n, _)| *n == name);
        found.map(|(_, value)| (*value).to_owned())
    };
    Config::from_parts((!dsn.is_empty()).then_some(dsn), keywords, env)
}

fn config(dsn: &str) -> Config {
    build(dsn, &[], &[]).unwrap_or_else(|e| panic!("{dsn}: {e}"))
}

fn refused(dsn: &str) -> Error {
    build(dsn, &[], &[])
        .err()
        .unwrap_or_else(|| panic!("{dsn} was accepted"))
}

fn addresses(config: &Config) -> Vec<String> {
    config.endpoints.iter().map(Endpoint::to_string).collect()
}

#[test]
fn defaults() {
    let config = config("user=alice");
    assert_eq!(addresses(&config), ["localhost:3092"]);
    assert_eq!(config.user, "alice");
    assert_eq!(
        (config.password.is_none(), config.database.is_none()),
        (true, true)
    );
    assert_eq!(config.tls.mode, SslMode::Require);
    assert_eq!(config.connect_timeout, Some(Duration::from_secs(30)));
    assert_eq!(
        (config.socket_timeout, config.statement_timeout),
        (None, None)
    );
    assert_eq!(config.max_message_size, 64 * 1024 * 1024);
    assert_eq!((config.autocommit, config.binary_transfer), (false, true));
    assert_eq!(config.server_profile, ServerProfile::Auto);
    assert_eq!(config.server_defects, ServerDefects::Warn);
    assert_eq!(config.client_flags, 256);
    let keepalive = config.keepalive.unwrap();
    assert_eq!(
        (keepalive.idle, keepalive.count),
        (Some(Duration::from_secs(60)), Some(6))
    );
    assert!(config.manager.is_none());
}

#[test]
fn keywords_win_over_the_dsn_and_both_over_the_environment() {
    let env = [
        ("SCRATCHBIRD_USER", "env"),
        ("SCRATCHBIRD_ROLE", "env"),
        ("SCRATCHBIRD_DB", "env"),
        ("SCRATCHBIRD_READ_TIMEOUT_MS", "1500"),
    ];
    let config = build("sb://dsn@h/dsn", &[("dbname", "keyword")], &env).unwrap();
    assert_eq!(config.user, "dsn");
    assert_eq!(config.database.as_deref(), Some("keyword"));
    assert_eq!(config.role.as_deref(), Some("env"));
    assert_eq!(config.socket_timeout, Some(Duration::from_millis(1500)));
}

#[test]
fn hosts_and_ports_combine_across_layers() {
    assert_eq!(addresses(&config("sb://u@h1:1,h2:2/d")), ["h1:1", "h2:2"]);
    assert_eq!(
        addresses(&config("user=u host=h1:1,h2")),
        ["h1:1", "h2:3092"]
    );
    assert_eq!(
        addresses(&config("user=u host=h1,h2 port=7")),
        ["h1:7", "h2:7"]
    );
    let port_over_uri = build("sb://u@h1:1/d", &[("port", "9")], &[]).unwrap();
    assert_eq!(addresses(&port_over_uri), ["h1:9"]);
    let host_over_uri = build("sb://u@h1:1/d", &[("host", "h2")], &[]).unwrap();
    assert_eq!(addresses(&host_over_uri), ["h2:1"]);
    let port_from_env = build("sb://u@h1/d", &[], &[("SCRATCHBIRD_PORT", "3050")]).unwrap();
    assert_eq!(addresses(&port_from_env), ["h1:3050"]);
    assert_eq!(
        refused("host=h:1 port=2 user=u").to_string(),
        "host and port both give a port, to different values"
    );
}

#[test]
fn unix_sockets() {
    for dsn in [
        "user=u host=/run/sb.sock",
        "user=u ipc_path=/run/sb.sock",
        "user=u transport_mode=local socket_path=/run/sb.sock",
        "sb://u@%2Frun%2Fsb.sock/d",
        "sb://u@/d?ipc_path=/run/sb.sock",
    ] {
        let config = config(dsn);
        assert_eq!(addresses(&config), ["/run/sb.sock"], "{dsn}");
        assert!(!config.endpoints[0].takes_tls());
    }
    assert!(refused("user=u transport_mode=ipc")
        .to_string()
        .starts_with("ipc_path: missing"));
    assert!(refused("user=u transport=tcp ipc_path=/x")
        .to_string()
        .contains("contradicts"));
}

#[test]
fn every_alias_of_the_protocol_reaches_its_parameter() {
    let spellings = [
        "server=h data_source=h", "port=1", "dbname=d initial_catalog=d", "username=u user_id=u uid=u", "pwd=p",
        "current_schema=s currentSchema=s currentschema=s search_path=s searchpath=s", "applicationname=a", "ssl=require",
        "connecttimeout=1 timeout=1", "sockettimeout=1", "binarytransfer=1", "fetchsize=1 default_fetch_size=1",
        "frontdoormode=direct frontDoorMode=direct connection_mode=direct ingress_mode=direct",
        "transportmode=inet_listener transport=inet_listener", "ipcpath=/a socket_path=/a pipe_name=/a", "ipcmethod=unix",
        "parser=native dialect=native", "mcp_auth_token=t", "mcp_username=u", "mcp_database=d",
        "mcp_connection_profile=SBsql", "mcp_client_intent=SBsql", "mcp_client_flags=0", "mcp_auth_fast_path=true",
        "connect_client_flags=256", "authtoken=t bearer_token=t bearertoken=t token=t",
        "authmethodid=scratchbird.auth.scram_sha_256", "authmethodpayload=x", "authpayloadjson={}", "authpayloadb64=aGk=",
        "authproviderprofile=p", "authrequiredmethods=token", "authforbiddenmethods=token",
        "authrequirechannelbinding=false", "workloadidentitytoken=t", "proxyprincipalassertion=t proxy_assertion=t",
        "metadataexpandschemaparents=1 metadataExpandSchemaParents=1 expand_schema_parents=1 expandschemaparents=1 \
         dbeaver_expand_schema_parents=1 dbeaverexpandschemaparents=1",
    ];
    for text in spellings
        .iter()
        .flat_map(|line| line.split_whitespace())
        .filter(|t| t.contains('='))
    {
        let (key, value) = text.split_once('=').unwrap();
        let mut keywords = vec![(key, value)];
        if !["user", "username", "user_id", "uid"].contains(&key) {
            keywords.push(("user", "x"));
        }
        build("", &keywords, &[]).unwrap_or_else(|e| panic!("{text}: {e}"));
    }
}

#[test]
fn words_and_their_aliases() {
    let mode = |word: &str| config(&format!("user=u sslmode='{word}'")).tls.mode;
    for word in ["disable", "off", "false", "0", "no"] {
        assert_eq!(mode(word), SslMode::Disable, "{word}");
    }
    for word in [
        "require", "", "on", "true", "1", "yes", "allow", "prefer", "REQUIRE",
    ] {
        assert_eq!(mode(word), SslMode::Require, "{word}");
    }
    for word in ["verify-ca", "verifyca", "verify_ca"] {
        assert_eq!(mode(word), SslMode::VerifyCa, "{word}");
    }
    for word in ["verify-full", "verifyfull"] {
        assert_eq!(mode(word), SslMode::VerifyFull, "{word}");
    }
    assert!(refused("user=u sslmode=strict")
        .to_string()
        .contains("verify-full"));
}

#[test]
fn what_the_protocol_does_not_offer_is_refused() {
    for dsn in [
        "user=u compression=zstd",
        "user=u compression=on",
        "user=u dormant_id=x dormant_reattach_token=y",
        "user=u auth_require_channel_binding=yes",
    ] {
        assert_eq!(refused(dsn).sqlstate(), Some("0A000"), "{dsn}");
    }
    assert_eq!(config("user=u compression=none").user, "u");
}

#[test]
fn wrong_values_are_named() {
    let cases = [
        ("", "user: missing"),
        ("host=h", "user: missing"),
        ("user=u port=0", "port: not a number from 1 to 65535"),
        ("user=u port=70000", "port: not a number"),
        (
            "user=u autocommit=maybe",
            "autocommit: \"maybe\" is neither true nor false",
        ),
        (
            "user=u connect_timeout=-1",
            "connect_timeout: \"-1\" is not a number of seconds",
        ),
        (
            "user=u max_message_size=67108865",
            "max_message_size: \"67108865\" is not an integer from 65536 to 67108864",
        ),
        (
            "user=u client_encoding=latin1",
            "client_encoding: \"latin1\" is not one of: UTF8",
        ),
        (
            "user=u protocol=postgresql",
            "protocol: \"postgresql\" is not one of: native",
        ),
        ("user=u sslcert=/c", "sslkey: missing"),
        ("user=u sslkey=/k", "sslcert: missing"),
        (
            "user=u auth_method_id=kerberos",
            "auth_method_id: must begin with",
        ),
        (
            "user=u conect_timeout=3",
            "unknown connection parameter \"conect_timeout\" (did you mean \"connect_timeout\"?)",
        ),
        (
            "user=u manager_client_flags=70000",
            "manager_client_flags: ",
        ),
    ];
    for (dsn, expected) in cases {
        let message = refused(dsn).to_string();
        assert!(message.starts_with(expected), "{dsn}: {message}");
    }
}

#[test]
fn a_manager_needs_its_token_and_a_decision_about_tls() {
    let base = "user=u database=d front_door_mode=manager-proxy";
    assert!(refused(base)
        .to_string()
        .starts_with("manager_auth_token: missing"));
    assert!(refused(&format!("{base} manager_auth_token=t"))
        .to_string()
        .contains("sslmode=disable"));
    let plain = config(&format!("{base} manager_auth_token=t sslmode=disable"))
        .manager
        .unwrap();
    assert_eq!(
        (plain.username.as_str(), plain.database.as_str()),
        ("u", "d")
    );
    assert_eq!(
        (
            plain.connection_profile.as_str(),
            plain.client_intent.as_str()
        ),
        ("SBsql", "SBsql")
    );
    assert!(plain.fast_path && !plain.tls_after_preamble);
    let later = config(&format!(
        "{base} manager_auth_token=t manager_tls_after_preamble=1 mcp_username=m"
    ));
    assert_eq!(later.manager.unwrap().username, "m");
}

#[test]
fn startup_sends_only_keys_that_servers_know() {
    const KNOWN: &str = "application_name auth_forbidden_methods auth_method_id auth_method_payload auth_payload_b64 \
        auth_payload_json auth_provider_profile auth_required_methods auth_require_channel_binding calendar charset \
        client_encoding client_flags database decimal_locale default_catalog default_schema keepalive_interval_ms \
        keepalive_timeout_ms language proxy_principal_assertion role statement_timeout_ms time_zone timezone traceparent \
        tracestate user workload_identity_token";
    let config = config(
        "user=u password=p database=d role=r schema=s application_name=a timezone=UTC language=en statement_timeout=2.5 \
         auth_method_id=scratchbird.auth.authkey_token auth_method_payload=x auth_payload_json={} auth_payload_b64=aGk= \
         auth_provider_profile=p auth_required_methods=token auth_forbidden_methods=password workload_identity_token=w \
         proxy_principal_assertion=a",
    );
    let parameters = config.startup_parameters();
    let known: Vec<&str> = KNOWN.split_whitespace().collect();
    for (key, _) in &parameters {
        assert!(known.contains(key), "{key}");
    }
    let value = |key: &str| {
        parameters
            .iter()
            .find(|(k, _)| *k == key)
            .map(|(_, v)| v.as_str())
    };
    assert_eq!(value("user"), Some("u"));
    assert_eq!(value("default_schema"), Some("s"));
    assert_eq!(value("statement_timeout_ms"), Some("2500"));
    assert_eq!(value("client_flags"), Some("256"));
    assert_eq!(
        value("auth_required_methods"),
        Some("scratchbird.auth.authkey_token")
    );
    assert_eq!(parameters.len(), 19);
}

#[test]
fn no_secret_in_any_output() {
    let secrets: Vec<&str> = KEYS
        .iter()
        .filter(|k| k.kind.is_secret())
        .map(|k| k.name)
        .collect();
    assert!(secrets.len() >= 9, "{secrets:?}");
    let sendable = secrets.iter().filter(|name| !name.starts_with("dormant"));
    let mut keywords: Vec<(&str, &str)> = sendable.map(|name| (*name, "aHVudGVyMg==")).collect();
    keywords.push(("role", "reader of all"));
    let config = build("sb://alice:x@h1,[::1]:5/d", &keywords, &[]).unwrap();
    let shown = format!(
        "{config:?} {config:#?} {} {:?} {:?}",
        config.to_dsn_redacted(),
        config.auth,
        config.tls
    );
    assert!(!shown.contains("aHVudGVyMg"), "{shown}");
    assert!(
        shown.contains("scratchbird://alice:***@h1:3092,[::1]:5/d?"),
        "{shown}"
    );
    assert!(shown.contains("role=reader%20of%20all"), "{shown}");
}

#[test]
fn a_redacted_dsn_reads_back() {
    let original = config("user='a b' password=p host=h1,/x port=5 database='d/1' sslmode=verify-full application_name='ü&='");
    let again = config(&original.to_dsn_redacted());
    assert_eq!(
        (again.user, again.database),
        (original.user, original.database)
    );
    assert_eq!(again.application_name.as_deref(), Some("ü&="));
    assert_eq!(again.tls.mode, SslMode::VerifyFull);
}
