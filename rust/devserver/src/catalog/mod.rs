//! What the translation relies on inside the database: domains, functions and the `sys.*` views, as SQL text.
//! Knows nothing of connections; whoever owns one runs this text.

/// Idempotent SQL to run once per database, as its owner, before the first session. A script of several statements.
pub fn bootstrap_sql() -> &'static str {
    BOOTSTRAP
}

/// What every backend session needs before its first statement; fit for a start-up packet.
///
/// Besides these the session's owner says who is there in `scratchbird.user`, `scratchbird.database` and
/// `scratchbird.session_id`, which CURRENT_USER and its like answer, that it is the beta in `scratchbird.profile`, and
/// may name itself in `scratchbird.server_version`.
pub const SESSION_SETTINGS: &[(&str, &str)] = &[
    ("search_path", "public"),
    ("standard_conforming_strings", "on"),
    // A search for more rows than an index visits at once goes on until it has them.
    ("hnsw.iterative_scan", "strict_order"),
    // All lists of an IVF index, as many as there are: by itself it visits one, and finds what that happens to hold.
    ("ivfflat.probes", "32768"),
];

const BOOTSTRAP: &str = concat!(
    include_str!("types.sql"),
    include_str!("functions.sql"),
    include_str!("ddl.sql"),
    include_str!("changes.sql"),
    include_str!("session.sql"),
    include_str!("expressions.sql"),
    include_str!("views.sql"),
    include_str!("readable.sql"),
    include_str!("language.sql"),
    include_str!("spatial.sql"),
);
