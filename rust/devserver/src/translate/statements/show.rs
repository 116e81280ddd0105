//! SHOW and DESCRIBE: fixed phrases, each a query on what the catalogue's bootstrap made.

use super::Reader;
use crate::translate::names::quote_literal;
use crate::translate::refusal::{Refusal, Result};
use crate::translate::statement::{Kind, Statement};

/// Phrases and their queries; the longer of two that begin alike stands first.
const PHRASES: &[(&[&str], &str)] = &[
    (&["VERSION"], "SELECT * FROM sys_fn.show_version()"),
    (&["DATABASE"], "SELECT * FROM sys_fn.show_database()"),
    (&["SYSTEM"], "SELECT * FROM sys_fn.show_system()"),
    (&["SESSIONS"], "SELECT * FROM sys_fn.show_sessions()"),
    (&["TRANSACTION", "ISOLATION", "LEVEL"], "SELECT sys_fn.current_isolation_level() AS transaction_isolation"),
    (&["ISOLATION", "LEVEL"], "SELECT sys_fn.current_isolation_level() AS transaction_isolation"),
    (&["TRANSACTIONS"], "SELECT * FROM sys_fn.show_transactions()"),
    (&["TRANSACTION"], "SELECT * FROM sys_fn.show_transaction()"),
    (&["PREPARED", "TRANSACTIONS"], "SELECT gid AS transaction_name, prepared AS prepared_at, owner::text AS owner_name FROM pg_prepared_xacts WHERE database = pg_catalog.current_database() ORDER BY prepared, gid"),
    (&["LOCKS"], "SELECT * FROM sys_fn.show_locks()"),
    (&["STATEMENTS"], "SELECT * FROM sys_fn.show_statements()"),
    (&["ROLES"], "SELECT role_name FROM \"sys.information\".enabled_roles ORDER BY role_name"),
    (&["SEARCH", "PATH"], "SELECT sys_fn.search_path() AS search_path"),
    (&["SEARCH_PATH"], "SELECT sys_fn.search_path() AS search_path"),
    (&["SCHEMA", "PATH"], "SELECT sys_fn.current_schema() AS schema_path"),
    (&["SCHEMAS"], "SELECT schema_path, schema_name FROM \"sys.catalog_readable\".schemas ORDER BY schema_path"),
    (&["TABLES"], "SELECT schema_path, relation_name AS table_name, relation_kind FROM \"sys.catalog_readable\".relations WHERE relation_kind = 'table' ORDER BY schema_path, relation_name"),
    (&["VIEWS"], "SELECT schema_path, relation_name AS view_name, relation_kind FROM \"sys.catalog_readable\".relations WHERE relation_kind LIKE '%view' ORDER BY schema_path, relation_name"),
    (&["SEQUENCES"], "SELECT sequence_schema, sequence_name, data_type FROM \"sys.information\".sequences ORDER BY sequence_schema, sequence_name"),
    (&["INDEXES"], "SELECT index_name, relation_path, index_family FROM \"sys.catalog_readable\".indexes ORDER BY index_path"),
    (&["EVENT", "SUBSCRIPTIONS"], "SELECT channel AS channel_name FROM pg_listening_channels() AS channel"),
    (&["EVENT", "CHANNELS"], "SELECT channel_name FROM sys_fn.event_channel ORDER BY channel_name"),
    (&["CONTEXT"], "SELECT * FROM sys_fn.show_context()"),
    (&["DIALECT"], "SELECT 'sbsql' AS dialect"),
    (&["CAPABILITIES"], "SELECT element_kind, element_name, support_state FROM \"sys.parser\".language_elements ORDER BY element_kind, element_name"),
    (&["TIME", "ZONE"], "SELECT current_setting('timezone') AS timezone"),
    (&["SERVER", "VERSION"], "SELECT sys_fn.server_version() AS server_version"),
];

/// Phrases of the language about things a development server does not have: an empty answer.
const EMPTY: &[(&[&str], &str)] = &[
    (&["SAVEPOINTS"], "savepoint_name"),
    (&["JOBS"], "job_name"),
    (&["CACHE"], "cache_name"),
    (&["METRICS"], "metric_name"),
    (&["GROUPS"], "group_name"),
    (&["POLICIES"], "policy_name"),
    (&["MASKS"], "mask_name"),
    (&["RLS"], "policy_name"),
    (&["PERFORMANCE"], "surface_name"),
    (&["PLAN"], "plan_line"),
];

/// Settings that may be shown by name.
const SETTINGS: &[&str] = &[
    "application_name",
    "client_encoding",
    "lock_timeout",
    "statement_timeout",
    "timezone",
    "transaction_isolation",
    "transaction_read_only",
];

pub(super) fn show(reader: &mut Reader<'_>) -> Result<Statement> {
    reader.need("SHOW")?;
    let answer = |sql: String| Ok(Statement::new(Kind::Show, sql));
    if reader.take("CREATE") {
        if reader
            .take_one_of(&["TABLE", "VIEW", "SEQUENCE", "INDEX"])
            .is_none()
        {
            return reader.expected("TABLE, VIEW, SEQUENCE or INDEX");
        }
        let name = reader.object_sql()?;
        return answer(format!(
            "SELECT * FROM sys_fn.show_create({})",
            quote_literal(&name)
        ));
    }
    if reader.take("COLUMNS") {
        if reader.take_one_of(&["FROM", "IN", "OF"]).is_none() {
            return reader.expected("FROM");
        }
        return described(reader);
    }
    for (words, sql) in PHRASES {
        if reader.take_all(words) {
            return answer((*sql).to_owned());
        }
    }
    for (words, column) in EMPTY {
        if reader.take_all(words) {
            return answer(format!("SELECT CAST(NULL AS text) AS {column} WHERE false"));
        }
    }
    let name = reader.ident()?.value.to_ascii_lowercase();
    if SETTINGS.contains(&name.as_str()) {
        return answer(format!(
            "SELECT current_setting({}) AS {name}",
            quote_literal(&name)
        ));
    }
    Err(Refusal::rejected(
        "SBLR.FAMILY_RECONCILIATION_REQUIRED",
        format!("SHOW {} is not known", name.to_ascii_uppercase()),
    ))
}

pub(super) fn describe(reader: &mut Reader<'_>) -> Result<Statement> {
    reader.parser.advance_token();
    reader.take_one_of(&["TABLE", "VIEW"]);
    described(reader)
}

fn described(reader: &mut Reader<'_>) -> Result<Statement> {
    let name = reader.object_sql()?;
    Ok(Statement::new(
        Kind::Show,
        format!("SELECT * FROM sys_fn.describe({})", quote_literal(&name)),
    ))
}
