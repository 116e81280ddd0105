//! The table of connection parameters in the documentation is the table of the code.
//!
//! `SCRATCHBIRD_WRITE_DOCS=1 cargo test -p scratchbird --test config_documentation` writes it anew.

#![allow(clippy::panic, clippy::unwrap_used)]

use std::fmt::Write as _;
use std::path::Path;

use scratchbird::config::{Key, KEYS};

const BEGIN: &str = "<!-- parameters: begin -->\n";
const END: &str = "<!-- parameters: end -->";

fn row(key: &Key) -> String {
    let list = |items: Vec<&str>| {
        let quoted: Vec<String> = items.iter().map(|item| format!("`{item}`")).collect();
        quoted.join(", ")
    };
    let default = if key.default.is_empty() {
        String::new()
    } else {
        format!("`{}`", key.default)
    };
    format!(
        "| `{}` | {} | {} | {} | {} | {} |\n",
        key.name,
        key.kind.label(),
        default,
        key.meaning.replace('|', "\\|"),
        list(key.aliases.to_vec()),
        list(key.env.iter().map(|variable| variable.name()).collect()),
    )
}

fn table() -> String {
    let mut table =
        String::from("\n| Parameter | Value | Default | Meaning | Also written | Environment |\n");
    table.push_str("| --- | --- | --- | --- | --- | --- |\n");
    for key in KEYS {
        write!(table, "{}", row(key)).unwrap();
    }
    table.push('\n');
    table
}

#[test]
fn every_parameter_is_documented() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/connection.md");
    let text = std::fs::read_to_string(&path).unwrap();
    let (before, rest) = text
        .split_once(BEGIN)
        .unwrap_or_else(|| panic!("{BEGIN} is missing"));
    let (documented, after) = rest
        .split_once(END)
        .unwrap_or_else(|| panic!("{END} is missing"));
    let wanted = table();
    if documented == wanted {
        return;
    }
    if std::env::var_os("SCRATCHBIRD_WRITE_DOCS").is_some() {
        std::fs::write(&path, format!("{before}{BEGIN}{wanted}{END}{after}")).unwrap();
        return;
    }
    let missing: Vec<&str> = KEYS
        .iter()
        .filter(|key| !documented.contains(&row(key)))
        .map(|key| key.name)
        .collect();
    panic!(
        "docs/connection.md is out of date for {missing:?}; run: \
         SCRATCHBIRD_WRITE_DOCS=1 cargo test -p scratchbird --test config_documentation"
    );
}
