//! What a routine body sees: the names of its parameters and results, and what a bare RETURN means.

use sqlparser::ast::ObjectName;

use crate::translate::names::{fold, quote_ident};

/// What a body knows of the routine around it.
pub(super) struct Scope {
    /// The label parameters and results are qualified by.
    pub label: String,
    pub fields: Vec<String>,
    /// Rows are returned one by one.
    pub returns_rows: bool,
    /// A bare RETURN gives back this, in a trigger.
    pub returned: Option<&'static str>,
    pub is_function: bool,
}

impl Scope {
    pub fn routine(name: &ObjectName, fields: Vec<String>, returns_rows: bool) -> Self {
        let label = name
            .0
            .last()
            .and_then(|p| p.as_ident())
            .map(fold)
            .unwrap_or_default();
        Scope {
            label,
            fields,
            returns_rows,
            returned: None,
            is_function: false,
        }
    }

    pub fn function(self) -> Self {
        Scope {
            is_function: true,
            ..self
        }
    }

    pub fn trigger(returned: &'static str) -> Self {
        Scope {
            label: String::new(),
            fields: vec![],
            returns_rows: false,
            returned: Some(returned),
            is_function: false,
        }
    }

    pub fn anonymous() -> Self {
        Scope {
            label: String::new(),
            fields: vec![],
            returns_rows: false,
            returned: None,
            is_function: false,
        }
    }

    /// A variable as PL/pgSQL text.
    pub fn variable(&self, name: &str) -> String {
        let folded = name.to_ascii_lowercase();
        if self.fields.contains(&folded) {
            format!("{}.{}", quote_ident(&self.label), quote_ident(&folded))
        } else {
            format!("sb_locals.{}", quote_ident(&folded))
        }
    }
}
