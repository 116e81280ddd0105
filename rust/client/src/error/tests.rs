//! The local failures: their SQLSTATE, class and text.

use super::*;

#[test]
fn stays_small_enough_to_return_by_value() {
    assert!(
        std::mem::size_of::<Error>() <= 64,
        "{}",
        std::mem::size_of::<Error>()
    );
}

#[test]
fn local_failures_have_the_sqlstate_and_class_of_drivers() {
    let io = || io::Error::from(io::ErrorKind::ConnectionRefused);
    let cases = [
        (
            Error::Io(io()),
            Some("08006"),
            ErrorKind::OperationalError,
            true,
        ),
        (
            Error::Io(io()).connecting_to("h:1"),
            Some("08001"),
            ErrorKind::OperationalError,
            true,
        ),
        (
            Error::tls("x"),
            Some("08001"),
            ErrorKind::OperationalError,
            true,
        ),
        (
            Error::Config("x".into()),
            None,
            ErrorKind::InterfaceError,
            false,
        ),
        (
            Error::protocol("x"),
            Some("08P01"),
            ErrorKind::OperationalError,
            true,
        ),
        (
            Error::Closed,
            Some("08003"),
            ErrorKind::InterfaceError,
            true,
        ),
        (
            Error::timeout("x"),
            Some("57014"),
            ErrorKind::OperationalError,
            false,
        ),
        (
            Error::Cancelled,
            Some("57014"),
            ErrorKind::OperationalError,
            false,
        ),
        (
            Error::Auth("x".into()),
            Some("28000"),
            ErrorKind::OperationalError,
            false,
        ),
        (Error::data("x"), Some("22000"), ErrorKind::DataError, false),
        (
            Error::NotSupported("x".into()),
            Some("0A000"),
            ErrorKind::NotSupportedError,
            false,
        ),
        (
            Error::Interface("x".into()),
            None,
            ErrorKind::InterfaceError,
            false,
        ),
        (
            Error::Programming("x".into()),
            Some("42601"),
            ErrorKind::ProgrammingError,
            false,
        ),
        (
            Error::Parameters("x".into()),
            Some("07001"),
            ErrorKind::ProgrammingError,
            false,
        ),
        (
            Error::Internal("x".into()),
            Some("XX000"),
            ErrorKind::InternalError,
            false,
        ),
    ];
    for (error, sqlstate, kind, disconnect) in cases {
        assert_eq!(error.sqlstate(), sqlstate, "{error:?}");
        assert_eq!(error.kind(), kind, "{error:?}");
        assert_eq!(error.is_disconnect(), disconnect, "{error:?}");
        assert!(!error.is_retryable());
        if let Some(sqlstate) = sqlstate {
            assert!(
                error.to_string().starts_with(&format!("[{sqlstate}] ")),
                "{error}"
            );
        }
    }
}

#[test]
fn a_failed_connect_names_the_address_once_and_keeps_its_cause() {
    let error = Error::Io(io::Error::from(io::ErrorKind::ConnectionRefused))
        .connecting_to("db.example:3092");
    assert_eq!(
        error.to_string(),
        "[08001] could not connect to db.example:3092: the connection failed: connection refused"
    );
    let source = error
        .source()
        .and_then(StdError::source)
        .map(ToString::to_string);
    assert_eq!(source.as_deref(), Some("connection refused"));
}

#[test]
fn a_refused_login_is_not_a_failure_to_connect() {
    let error = Error::Auth("no credentials".into()).connecting_to("h:1");
    assert_eq!(error.sqlstate(), Some("28000"));
    let error =
        Error::from(DatabaseError::new("28000", "Authentication failed.")).connecting_to("h:1");
    assert!(error.as_database().is_some());
}
