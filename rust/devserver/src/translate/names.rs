//! Names: SBsql's tree of schemas mapped to PostgreSQL schemas, and quoting.
//!
//! A name without quotes is folded to lower case, as PostgreSQL does it; a quoted one is taken as it is. A schema path
//! `a.b.c` is the PostgreSQL schema called `a.b.c`; the path `users.public` is the schema `public`, and `public` alone,
//! which is no SBsql schema but what client libraries mean by it, is accepted for it. Knows nothing of statements.

use sqlparser::ast::{Ident, ObjectName, ObjectNamePart};

use super::refusal::{Refusal, Result};

/// PostgreSQL truncates longer names silently, which would make two names one.
const MAX_NAME_BYTES: usize = 63;

/// Words PostgreSQL reserves where SBsql lets them be a name.
const RESERVED_THERE: &[&str] = &[
    "analyse",
    "analyze",
    "asc",
    "asymmetric",
    "authorization",
    "binary",
    "both",
    "check",
    "collation",
    "column",
    "concurrently",
    "constraint",
    "deferrable",
    "desc",
    "do",
    "end",
    "foreign",
    "freeze",
    "grant",
    "group",
    "initially",
    "isnull",
    "leading",
    "notnull",
    "offset",
    "only",
    "order",
    "placing",
    "primary",
    "references",
    "returning",
    "symmetric",
    "table",
    "tablesample",
    "to",
    "trailing",
    "unique",
    "using",
    "variadic",
    "verbose",
    "when",
    "window",
];

/// Words PostgreSQL reserves that a definition may still use as a column's name.
const RESERVED_FOR_COLUMNS: &[&str] = &[
    "all",
    "and",
    "any",
    "array",
    "as",
    "case",
    "cast",
    "collate",
    "create",
    "cross",
    "current_catalog",
    "current_date",
    "current_role",
    "current_schema",
    "current_time",
    "current_timestamp",
    "current_user",
    "default",
    "distinct",
    "else",
    "except",
    "false",
    "fetch",
    "for",
    "from",
    "full",
    "having",
    "ilike",
    "in",
    "inner",
    "intersect",
    "into",
    "is",
    "join",
    "lateral",
    "left",
    "like",
    "limit",
    "localtime",
    "localtimestamp",
    "natural",
    "not",
    "null",
    "on",
    "or",
    "outer",
    "overlaps",
    "right",
    "select",
    "session_user",
    "similar",
    "some",
    "system_user",
    "then",
    "true",
    "union",
    "user",
    "where",
    "with",
];

/// A string literal for PostgreSQL with standard_conforming_strings on.
pub(crate) fn quote_literal(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('\'');
    for c in text.chars() {
        if c == '\'' {
            out.push('\'');
        }
        out.push(c);
    }
    out.push('\'');
    out
}

/// An identifier in double quotes.
pub(crate) fn quote_always(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// An identifier, quoted where PostgreSQL would not read it back as it is.
pub(crate) fn quote_ident(name: &str) -> String {
    let plain = name.bytes().enumerate().all(|(i, b)| {
        b.is_ascii_lowercase() || b == b'_' || (i > 0 && (b.is_ascii_digit() || b == b'$'))
    }) && !name.is_empty();
    if plain && !RESERVED_THERE.contains(&name) && !RESERVED_FOR_COLUMNS.contains(&name) {
        name.to_owned()
    } else {
        quote_always(name)
    }
}

/// The name an identifier stands for.
pub(crate) fn fold(ident: &Ident) -> String {
    match ident.quote_style {
        Some(_) => ident.value.clone(),
        None => ident.value.to_ascii_lowercase(),
    }
}

/// The PostgreSQL text of an identifier in a position that takes nothing but a name.
pub(crate) fn name_sql(ident: &Ident) -> String {
    quote_ident(&fold(ident))
}

/// Makes an identifier print as PostgreSQL text, whatever its position. Applied twice it changes nothing more.
pub(crate) fn settle(ident: &mut Ident) {
    let reserved = |word: &str| RESERVED_THERE.iter().any(|r| r.eq_ignore_ascii_case(word));
    match ident.quote_style {
        Some(_) => {
            ident.value = quote_always(&ident.value);
            ident.quote_style = None;
        }
        None if reserved(&ident.value) => {
            ident.value = quote_always(&ident.value.to_ascii_lowercase())
        }
        None => {}
    }
}

/// The name of the PostgreSQL schema behind a path of folded names.
pub(crate) fn schema_of_path(path: &[String]) -> Result<String> {
    let words: Vec<&str> = path.iter().map(String::as_str).collect();
    let schema = match words.as_slice() {
        ["public"] | ["users", "public"] => "public".to_owned(),
        ["information_schema" | "pg_catalog" | "pg_toast", ..] => {
            return Err(Refusal::rejected(
                "SBSQL.NAME_RESOLUTION.NOT_FOUND_OR_NOT_VISIBLE",
                "object name could not be resolved or is not visible",
            ))
        }
        ["sys", "information_schema"] => "sys.information".to_owned(),
        _ => words.join("."),
    };
    if schema.len() > MAX_NAME_BYTES {
        return Err(Refusal::unsupported(format!(
            "a schema path longer than {MAX_NAME_BYTES} bytes is not served: {schema}"
        )));
    }
    Ok(schema)
}

/// Maps the schema path of a (possibly qualified) object name, keeping the object's own name.
pub(crate) fn map_object(name: &mut ObjectName) -> Result<()> {
    let (Some(last), true) = (name.0.last().cloned(), name.0.len() > 1) else {
        return Ok(());
    };
    let mut path = Vec::with_capacity(name.0.len());
    for part in name.0.iter().take(name.0.len() - 1) {
        match part {
            ObjectNamePart::Identifier(ident) => path.push(fold(ident)),
            ObjectNamePart::Function(_) => {
                return Err(Refusal::syntax("a name part may not be a function"))
            }
        }
    }
    let schema = schema_of_path(&path)?;
    name.0 = vec![
        ObjectNamePart::Identifier(Ident::with_quote('"', schema)),
        last,
    ];
    Ok(())
}

/// The folded parts of a name.
pub(crate) fn parts(name: &ObjectName) -> Result<Vec<String>> {
    name.0
        .iter()
        .map(|part| match part {
            ObjectNamePart::Identifier(ident) => Ok(fold(ident)),
            ObjectNamePart::Function(_) => {
                Err(Refusal::syntax("a name part may not be a function"))
            }
        })
        .collect()
}

/// The PostgreSQL text of an object name, its path mapped.
pub(crate) fn object_sql(name: &ObjectName) -> Result<String> {
    let mut parts = parts(name)?;
    let Some(last) = parts.pop() else {
        return Err(Refusal::syntax("a name is missing"));
    };
    if parts.is_empty() {
        return Ok(quote_ident(&last));
    }
    Ok(format!(
        "{}.{}",
        quote_ident(&schema_of_path(&parts)?),
        quote_ident(&last)
    ))
}
