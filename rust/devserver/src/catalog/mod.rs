//! What the translation relies on inside the database: domains, functions and the `sys.*` views, as SQL text.
//! Knows nothing of connections; whoever owns one runs this text.

/// Idempotent SQL to run once per database, as its owner, before the first session. A script of several statements.
pub fn bootstrap_sql() -> &'static str {
    BOOTSTRAP
}

/// SQL to run at the start of every backend session.
pub const SESSION_SQL: &str = "SET search_path TO public; SET standard_conforming_strings TO on; \
SET bytea_output TO 'hex'; SET datestyle TO 'ISO, YMD'; SET intervalstyle TO 'iso_8601'; SET extra_float_digits TO 1; \
SET timezone TO 'UTC'; SET hnsw.iterative_scan TO 'strict_order'";

const BOOTSTRAP: &str = concat!(
    include_str!("types.sql"),
    include_str!("functions.sql"),
    include_str!("ddl.sql"),
    include_str!("session.sql"),
    include_str!("views.sql"),
    include_str!("language.sql"),
    include_str!("spatial.sql"),
);
