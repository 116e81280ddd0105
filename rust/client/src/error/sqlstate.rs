//! From SQLSTATE to the PEP 249 exception class, and to what a retry would have to redo.
//!
//! Must not know: any server, message text or connection; a code goes in, a class comes out.

use std::fmt;

/// The exception classes of PEP 249.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ErrorKind {
    Warning,
    InterfaceError,
    DatabaseError,
    DataError,
    OperationalError,
    IntegrityError,
    InternalError,
    ProgrammingError,
    NotSupportedError,
}

/// Whole codes that do not follow their class.
const BY_CODE: &[(&str, ErrorKind)] = &[
    // Wrong number of parameters: raised by this crate as a mistake in the call.
    ("07001", ErrorKind::ProgrammingError),
];

/// Classes: the first two characters.
const BY_CLASS: &[(&str, ErrorKind)] = &[
    ("01", ErrorKind::Warning),
    ("02", ErrorKind::DatabaseError),
    ("08", ErrorKind::OperationalError),
    ("0A", ErrorKind::NotSupportedError),
    ("22", ErrorKind::DataError),
    ("23", ErrorKind::IntegrityError),
    ("28", ErrorKind::OperationalError),
    ("40", ErrorKind::DatabaseError),
    ("42", ErrorKind::ProgrammingError),
    ("53", ErrorKind::OperationalError),
    ("54", ErrorKind::OperationalError),
    ("57", ErrorKind::OperationalError),
    ("58", ErrorKind::InternalError),
    ("XX", ErrorKind::InternalError),
];

impl ErrorKind {
    /// The class of a SQLSTATE: by the whole code first, then by its class. `DatabaseError` for everything else,
    /// also for texts that are not five characters long.
    #[must_use]
    pub fn of_sqlstate(sqlstate: &str) -> Self {
        if sqlstate.len() != 5 {
            return Self::DatabaseError;
        }
        let by_code = BY_CODE.iter().find(|(code, _)| *code == sqlstate);
        by_code
            .or_else(|| {
                BY_CLASS
                    .iter()
                    .find(|(class, _)| sqlstate.starts_with(class))
            })
            .map_or(Self::DatabaseError, |(_, kind)| *kind)
    }

    /// The name of the exception class.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Warning => "Warning",
            Self::InterfaceError => "InterfaceError",
            Self::DatabaseError => "DatabaseError",
            Self::DataError => "DataError",
            Self::OperationalError => "OperationalError",
            Self::IntegrityError => "IntegrityError",
            Self::InternalError => "InternalError",
            Self::ProgrammingError => "ProgrammingError",
            Self::NotSupportedError => "NotSupportedError",
        }
    }
}

impl fmt::Display for ErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// What must be redone before the same statement can succeed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RetryScope {
    /// Repeating does not help.
    None,
    /// The whole transaction, from its beginning.
    Transaction,
    /// A new connection is needed.
    Connection,
}

impl RetryScope {
    /// The scope that follows from a SQLSTATE alone.
    #[must_use]
    pub fn of_sqlstate(sqlstate: &str) -> Self {
        match sqlstate {
            "40001" | "40P01" => Self::Transaction,
            // Commit finality unknown: repeating could do the work twice.
            "08007" => Self::None,
            code if code.len() == 5 && code.starts_with("08") => Self::Connection,
            _ => Self::None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_map_to_the_classes_of_pep_249() {
        use ErrorKind as K;
        let cases: &[(K, &[&str])] = &[
            (K::Warning, &["01000", "01004"]),
            (
                K::OperationalError,
                &[
                    "08001", "08003", "08004", "08006", "08P01", "28000", "28P01", "53P00",
                    "53100", "53200", "53300", "54000", "57014", "57P01", "57P03",
                ],
            ),
            (K::NotSupportedError, &["0A000"]),
            (
                K::DataError,
                &[
                    "22001", "22003", "22007", "22012", "22023", "22P02", "22P03",
                ],
            ),
            (
                K::IntegrityError,
                &["23000", "23502", "23503", "23505", "23514"],
            ),
            (
                K::ProgrammingError,
                &[
                    "42501", "42601", "42703", "42704", "42710", "42883", "42P01", "42P07",
                    "42000", "07001",
                ],
            ),
            (K::InternalError, &["58000", "XX000"]),
            (
                K::DatabaseError,
                &[
                    "02000", "40001", "40P01", "25000", "34000", "", "42", "420000", "ééé",
                ],
            ),
        ];
        for (kind, codes) in cases {
            for code in *codes {
                assert_eq!(K::of_sqlstate(code), *kind, "{code}");
            }
        }
    }

    #[test]
    fn only_a_transaction_conflict_or_a_lost_connection_is_worth_a_retry() {
        assert_eq!(RetryScope::of_sqlstate("40001"), RetryScope::Transaction);
        assert_eq!(RetryScope::of_sqlstate("40P01"), RetryScope::Transaction);
        assert_eq!(RetryScope::of_sqlstate("08006"), RetryScope::Connection);
        assert_eq!(RetryScope::of_sqlstate("08007"), RetryScope::None);
        assert_eq!(RetryScope::of_sqlstate("23505"), RetryScope::None);
    }
}
