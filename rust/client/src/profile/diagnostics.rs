//! The SQLSTATEs behind the beta's diagnostic codes: it reports nearly every failure of SQL as 42000 and puts the cause
//! into a dotted code.
//!
//! Must not know: message texts. Codes are compared by their parts, as the server composes them.

use crate::error::DatabaseError;

/// What a code must look like.
enum Code {
    Is(&'static str),
    Begins(&'static str),
    /// Begins and ends so.
    Frames(&'static str, &'static str),
}

use Code::{Begins, Frames, Is};

const CODES: &[(Code, &str)] = &[
    (Begins("SB-BULK-CONSTRAINT-UNIQUE-"), "23505"),
    (Is("CLI.CONSTRAINT_PRIMARY_KEY_VIOLATION"), "23505"),
    (
        Is("SBSQL.NAME_RESOLUTION.NOT_FOUND_OR_NOT_VISIBLE"),
        "42704",
    ),
    (Is("CATALOG.OBJECT.DUPLICATE_NAME"), "42710"),
    (Begins("SBSQL.PARSER."), "42601"),
    (Begins("SBSQL.LEXER."), "42601"),
    (Frames("SBSQL.", "_UNSUPPORTED"), "0A000"),
    (Frames("SBSQL.", ".UNSUPPORTED_SHAPE"), "0A000"),
    (Is("SB_ENGINE_API_UNSUPPORTED_PROFILE"), "0A000"),
    (Is("SBLR.DIVIDE_BY_ZERO"), "22012"),
    (Is("SB_DIAG_FUNCTION_INVALID_INPUT"), "22023"),
    (Is("SBSQL.ENCODING.INVALID_UTF8"), "22021"),
    (Is("SBSQL.RESOURCE.STATEMENT_TOO_LARGE"), "54000"),
];

/// Second parts of a detail, after `;`, that say more than the code before them.
const CAUSES: &[(&str, &str)] = &[("not_null_validation_refused", "23502")];

/// The SQLSTATE used for everything.
const GENERAL: &str = "42000";

pub(super) fn refine(mut error: DatabaseError) -> DatabaseError {
    if error.sqlstate != GENERAL {
        return error;
    }
    if let Some(precise) = sqlstate(&error) {
        error.reported_sqlstate = Some(std::mem::replace(&mut error.sqlstate, precise.to_owned()));
    }
    error
}

fn sqlstate(error: &DatabaseError) -> Option<&'static str> {
    let detail = error.detail.as_deref().unwrap_or("");
    let causes = detail.split([';', ':']).skip(1);
    let cause = causes
        .flat_map(|part| {
            CAUSES
                .iter()
                .filter(move |(cause, _)| *cause == part.trim())
        })
        .next();
    if let Some((_, sqlstate)) = cause {
        return Some(sqlstate);
    }
    let code = error.diagnostic_code()?;
    let matches = |pattern: &Code| match pattern {
        Is(whole) => code == *whole,
        Begins(start) => code.starts_with(start),
        Frames(start, end) => code.starts_with(start) && code.ends_with(end),
    };
    CODES
        .iter()
        .find(|(pattern, _)| matches(pattern))
        .map(|(_, sqlstate)| *sqlstate)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::ErrorKind;
    use crate::profile::Profile;

    fn refined(sqlstate: &str, detail: &str) -> DatabaseError {
        let mut error =
            DatabaseError::new(sqlstate, "The engine rejected the admitted SBLR envelope.");
        error.detail = Some(detail.to_owned());
        Profile::beta().refine(error)
    }

    #[test]
    fn codes_seen_from_the_server_get_their_class() {
        let cases = [
            ("SB-BULK-CONSTRAINT-UNIQUE-PERSISTED-CONFLICT", "23505", ErrorKind::IntegrityError),
            (
                "SB-BULK-CONSTRAINT-UNIQUE-DUPLICATE-BATCH;bulk_unique_proof_duplicate_in_batch:constraint=x",
                "23505",
                ErrorKind::IntegrityError,
            ),
            (
                "SB_ENGINE_API_INVALID_REQUEST;dml.direct_physical_bulk_append:not_null_validation_refused",
                "23502",
                ErrorKind::IntegrityError,
            ),
            ("SBSQL.NAME_RESOLUTION.NOT_FOUND_OR_NOT_VISIBLE", "42704", ErrorKind::ProgrammingError),
            ("SBSQL.PARSER.STATEMENT_FAMILY_UNKNOWN", "42601", ErrorKind::ProgrammingError),
            ("SBSQL.QUERY.ROW_FAMILY_UNSUPPORTED", "0A000", ErrorKind::NotSupportedError),
            ("SBLR.DIVIDE_BY_ZERO", "22012", ErrorKind::DataError),
        ];
        for (detail, sqlstate, kind) in cases {
            let error = refined("42000", detail);
            assert_eq!(
                (error.sqlstate.as_str(), error.kind()),
                (sqlstate, kind),
                "{detail}"
            );
            assert_eq!(error.reported_sqlstate.as_deref(), Some("42000"));
        }
    }

    #[test]
    fn everything_else_stays_as_it_was_reported() {
        for (sqlstate, detail) in [
            ("42000", "SB_ENGINE_API_INVALID_REQUEST"),
            ("42000", "no code at all"),
            ("28000", "SBSQL.PARSER.EMPTY_STATEMENT"),
        ] {
            let error = refined(sqlstate, detail);
            assert_eq!(
                (error.sqlstate.as_str(), error.reported_sqlstate),
                (sqlstate, None)
            );
        }
        let mut error = DatabaseError::new("42000", "x");
        error.detail = Some("SBLR.DIVIDE_BY_ZERO".into());
        assert_eq!(Profile::standard().refine(error).sqlstate, "42000");
    }
}
