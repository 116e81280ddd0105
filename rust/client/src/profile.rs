//! The one place that knows how particular servers differ from the protocol as it is specified.
//!
//! A profile is chosen once, at login, from what the server says of itself or from `server_profile`. Everything else asks
//! it by decision ("does EXECUTE need a COMMIT?") and never by server. A profile gives up convenience before correctness:
//! where a server would lose or change data without saying so, the decision is another road, or an error.
//!
//! Three things can become of a defect: it is avoided, and nobody notices; or the statement is refused with
//! `NotSupported`; or, where what is stored is right and only the user can tell whether the rest matters, it is a
//! [`Defect`], which `server_defects` makes a warning, an error or nothing.
//!
//! Must not know: sockets, messages or Python.

mod calls;
mod catalogue;
mod cells;
mod defects;
mod diagnostics;
mod results;
mod statements;
mod transactions;

pub use catalogue::CatalogueRules;
pub use cells::NullTexts;
pub(crate) use defects::Told;
pub use defects::{Defect, Defects};

use crate::config::{Config, ServerDefects, ServerProfile};
use crate::error::{DatabaseError, Error};
use crate::session::ServerInfo;
use crate::sql::{CopyFormat, CopyStatement};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Server {
    Standard,
    Beta,
}

/// The decisions for one server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Profile {
    server: Server,
    server_defects: ServerDefects,
}

impl Profile {
    /// A server that follows the protocol.
    #[must_use]
    pub const fn standard() -> Self {
        Self {
            server: Server::Standard,
            server_defects: ServerDefects::Warn,
        }
    }

    /// The beta server.
    #[must_use]
    pub const fn beta() -> Self {
        Self {
            server: Server::Beta,
            server_defects: ServerDefects::Warn,
        }
    }

    /// The profile of a server by what SERVER_INFO says.
    ///
    /// The beta calls itself `ScratchBird native SBWP P1`, `public-alpha`, `sbsql`. An alpha or beta version of that
    /// product is taken for one with its defects; every other server is expected to follow the protocol.
    #[must_use]
    pub fn detect(product: &str, version: &str, dialect: &str) -> Self {
        let words = || version.split(|c: char| !c.is_ascii_alphanumeric());
        let unfinished = words().any(|word| word.starts_with("alpha") || word.starts_with("beta"));
        let is_beta =
            product.starts_with("ScratchBird native SBWP") && dialect == "sbsql" && unfinished;
        if is_beta {
            Self::beta()
        } else {
            Self::standard()
        }
    }

    /// The profile for a session: the configured one, or the detected one.
    ///
    /// # Errors
    /// None today; a server that no profile can make usable will be refused here.
    pub fn choose(config: &Config, server: &ServerInfo) -> Result<Self, Error> {
        let profile = match config.server_profile {
            ServerProfile::Auto => Self::detect(&server.product, &server.version, &server.dialect),
            ServerProfile::Standard => Self::standard(),
            ServerProfile::Beta => Self::beta(),
        };
        Ok(Self {
            server_defects: config.server_defects,
            ..profile
        })
    }

    /// The name by which `server_profile` chooses this profile.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self.server {
            Server::Standard => "standard",
            Server::Beta => "beta",
        }
    }

    /// What becomes of the defects that are met.
    pub(crate) fn server_defects(&self) -> ServerDefects {
        self.server_defects
    }

    /// Whether this server is never a standby, and never refuses to write.
    #[must_use]
    pub fn stands_alone(&self) -> bool {
        self.is_beta()
    }

    fn is_beta(&self) -> bool {
        self.server == Server::Beta
    }

    // ---- Login ------------------------------------------------------------------------------------------------------

    /// Refuses a password that the configured server cannot take, before it is sent.
    ///
    /// # Errors
    /// `Auth`, for `server_profile=beta` and a password with `;` or `scheme=`.
    pub fn check_password(choice: ServerProfile, password: &str) -> Result<(), Error> {
        match password_remark(password) {
            Some(remark) if choice == ServerProfile::Beta => Err(Error::Auth(remark.to_owned())),
            _ => Ok(()),
        }
    }

    /// Adds a hint to a refused login that this password probably explains.
    #[must_use]
    pub fn explain_refused_login(
        mut error: DatabaseError,
        password: Option<&str>,
    ) -> DatabaseError {
        if error.sqlstate.starts_with("28") && error.hint.is_none() {
            error.hint = password.and_then(password_remark).map(str::to_owned);
        }
        error
    }

    /// The error for a server that accepts anybody: a stub of the product that executes no SQL.
    #[must_use]
    pub fn native_stub_worker() -> Error {
        Error::NotSupported(
            "the server asked nobody to log in and executes no SQL: it is ScratchBird's native stub worker; connect to \
             the SBsql listener instead (a stock installation has it on port 3050)"
                .to_owned(),
        )
    }

    /// Checks that the server can look up unqualified names in `schema`.
    ///
    /// # Errors
    /// `NotSupported` where the server cannot change it, and would look in the wrong place.
    pub fn check_schema(&self, schema: &str) -> Result<(), Error> {
        let default =
            schema.eq_ignore_ascii_case("users.public") || schema.eq_ignore_ascii_case("public");
        if self.is_beta() && !default {
            return Err(Error::NotSupported(format!(
                "schema: this server looks up unqualified names in users.public only, not in {schema:?}; write qualified \
                 names"
            )));
        }
        Ok(())
    }

    /// Whether the server can look up unqualified names in another schema.
    #[must_use]
    pub fn changes_schema(&self) -> bool {
        !self.is_beta()
    }

    // ---- Requests ---------------------------------------------------------------------------------------------------

    /// The transaction id for the header of a request. Zero passes everywhere, and a wrong one makes the beta carry out
    /// the request and answer twice; so it is always zero.
    #[must_use]
    pub fn header_transaction_id(&self) -> u64 {
        0
    }

    /// Whether every BIND needs a portal name of its own, because a failed BIND leaves the old unnamed portal in place
    /// and EXECUTE would run the one before again.
    #[must_use]
    pub fn needs_fresh_portals(&self) -> bool {
        self.is_beta()
    }

    /// Whether a statement that the server keeps under a name saves it work. Where preparing means keeping the text, names
    /// gain nothing, and another prepared INSERT makes it ambiguous which one an array BIND is for.
    #[must_use]
    pub fn keeps_statements(&self) -> bool {
        !self.is_beta()
    }

    /// Whether an EXECUTE with the autocommit flag commits only if a COMMIT follows. `special_insert` is
    /// [`crate::sql::ParsedQuery::is_special_insert_shape`].
    #[must_use]
    pub fn execute_needs_commit(&self, special_insert: bool) -> bool {
        self.is_beta() && special_insert
    }

    /// The same for array BIND.
    #[must_use]
    pub fn array_bind_needs_commit(&self) -> bool {
        self.is_beta()
    }

    /// Whether a request after an error is skipped up to the next SYNC. Where not, several errors can come before READY.
    #[must_use]
    pub fn skips_to_sync(&self) -> bool {
        !self.is_beta()
    }

    /// Whether parameters must be sent as text: binary floats lose digits and binary temporal values become garbage.
    #[must_use]
    pub fn needs_text_parameters(&self) -> bool {
        self.is_beta()
    }

    /// Whether CANCEL can interrupt a statement. Where not, only closing the connection ends the waiting.
    #[must_use]
    pub fn cancel_interrupts(&self) -> bool {
        !self.is_beta()
    }

    /// The longest statement, in bytes, that is not a literal INSERT.
    #[must_use]
    pub fn max_statement_bytes(&self) -> Option<usize> {
        self.is_beta().then_some(1024 * 1024)
    }

    /// Rows of one array BIND beyond which it becomes slow out of proportion.
    #[must_use]
    pub fn max_array_bind_rows(&self) -> usize {
        match self.server {
            Server::Standard => 10_000,
            Server::Beta => 1_000,
        }
    }

    /// Whether the rows of an INSERT go as literals where the server has no array BIND: one execution for each row would
    /// store them too, at a thousandth of the speed, and several rows of parameters lose all but the first.
    #[must_use]
    pub fn inserts_literals(&self) -> bool {
        self.is_beta()
    }

    /// Whether a COPY in autocommit commits only if a COMMIT follows.
    #[must_use]
    pub fn copy_needs_commit(&self) -> bool {
        self.is_beta()
    }

    /// Whether the types of columns in a COPY packet are lost on the way back: then everything goes as text.
    #[must_use]
    pub fn copies_text_only(&self) -> bool {
        self.is_beta()
    }

    /// Refuses a COPY that this server would carry out without its data.
    ///
    /// # Errors
    /// `NotSupported` for COPY out.
    pub fn check_copy(&self, copy: &CopyStatement) -> Result<(), Error> {
        if self.is_beta() && !copy.is_in {
            return Err(Error::NotSupported(
                "COPY ... TO STDOUT: this server answers without data; read the rows with a SELECT"
                    .to_owned(),
            ));
        }
        Ok(())
    }

    /// Whether CSV and JSON lines have to be made rows before they are sent, because the server has no reader for them.
    #[must_use]
    pub fn converts_copy(&self, copy: &CopyStatement) -> bool {
        self.is_beta()
            && copy.is_in
            && matches!(copy.format, CopyFormat::Csv | CopyFormat::JsonLines)
    }

    /// Whether a query for no rows says what columns a table has.
    #[must_use]
    pub fn describes_tables(&self) -> bool {
        !self.is_beta()
    }

    /// Whether the server ranks rows by a distance: in ORDER BY, and in SEARCH of a vector collection. Where not, it
    /// refuses the one and answers the other with the description of a plan.
    #[must_use]
    pub fn ranks_by_distance(&self) -> bool {
        !self.is_beta()
    }

    /// Refuses what needs notifications.
    ///
    /// # Errors
    /// `NotSupported` where LISTEN and NOTIFY fail, and SUBSCRIBE is confirmed but nothing is ever delivered.
    pub fn check_notifications(&self) -> Result<(), Error> {
        if !self.is_beta() {
            return Ok(());
        }
        Err(Error::NotSupported(
            "this server delivers no notifications: it refuses LISTEN and NOTIFY, and a subscription is confirmed but \
             brings nothing"
                .to_owned(),
        ))
    }

    // ---- Results ----------------------------------------------------------------------------------------------------

    /// Whether the column types of a result are guesses from its first row, which other rows need not fit.
    #[must_use]
    pub fn guesses_types(&self) -> bool {
        self.is_beta()
    }

    /// Puts the SQLSTATE that the diagnostic code stands for in the place of a general one, so that the error gets the
    /// class that applications handle.
    #[must_use]
    pub fn refine(&self, error: DatabaseError) -> DatabaseError {
        match self.server {
            Server::Standard => error,
            Server::Beta => diagnostics::refine(error),
        }
    }
}

/// What is wrong with a password, for servers that take `;` and `scheme=` in it for structured evidence.
fn password_remark(password: &str) -> Option<&'static str> {
    (password.contains(';') || password.contains("scheme="))
        .then_some("a password that contains ';' or 'scheme=' cannot be used with ScratchBird's beta server; change it")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_beta_is_recognised_by_what_it_says() {
        let beta = Profile::detect("ScratchBird native SBWP P1", "public-alpha", "sbsql");
        assert_eq!(beta, Profile::beta());
        assert_eq!(
            Profile::detect("ScratchBird native SBWP P1", "1.0.0-beta2", "sbsql"),
            Profile::beta()
        );
        for (product, version, dialect) in [
            ("ScratchBird native SBWP P1", "1.0.0", "sbsql"),
            ("scratchbird-devserver", "0.1.0-alpha", "sbsql"),
            ("ScratchBird native SBWP P1", "public-alpha", "other"),
            ("", "", ""),
        ] {
            assert_eq!(
                Profile::detect(product, version, dialect),
                Profile::standard(),
                "{product} {version}"
            );
        }
    }

    #[test]
    fn the_configuration_wins_over_what_the_server_says() {
        let server = ServerInfo {
            product: "ScratchBird native SBWP P1".into(),
            version: "public-alpha".into(),
            dialect: "sbsql".into(),
        };
        let choose = |dsn: &str| {
            let config = Config::from_parts(Some(dsn), std::iter::empty(), |_| None).unwrap();
            Profile::choose(&config, &server).unwrap()
        };
        assert_eq!(choose("user=u").name(), "beta");
        assert_eq!(choose("user=u server_profile=standard").name(), "standard");
        let refusing = choose("user=u server_profile=beta server_defects=error");
        assert_eq!(refusing.server_defects, ServerDefects::Error);
    }

    #[test]
    fn passwords_that_the_beta_cannot_take() {
        for password in ["a;b", "xscheme=y"] {
            let refused = Profile::check_password(ServerProfile::Beta, password).unwrap_err();
            assert_eq!(refused.sqlstate(), Some("28000"));
            assert!(!refused.to_string().contains(password));
            Profile::check_password(ServerProfile::Auto, password).unwrap();
            let failed = DatabaseError::new("28000", "Authentication failed.");
            let explained = Profile::explain_refused_login(failed, Some(password));
            assert!(explained
                .hint
                .is_some_and(|hint| hint.contains("cannot be used")));
        }
        Profile::check_password(ServerProfile::Beta, "fine").unwrap();
        let plain = Profile::explain_refused_login(DatabaseError::new("28000", "x"), Some("fine"));
        assert_eq!(plain.hint, None);
    }

    #[test]
    fn the_standard_profile_guards_against_nothing() {
        let standard = Profile::standard();
        assert!(!standard.execute_needs_commit(true) && !standard.array_bind_needs_commit());
        assert!(!standard.guesses_types());
        assert!(
            standard.skips_to_sync()
                && standard.cancel_interrupts()
                && !standard.needs_fresh_portals()
        );
        assert!(standard.savepoints_undo_bulk_inserts() && !standard.needs_text_parameters());
        assert_eq!(
            (
                standard.max_statement_bytes(),
                standard.header_transaction_id()
            ),
            (None, 0)
        );
        standard.check_transaction(true, true).unwrap();
        standard.check_schema("anything").unwrap();
    }

    #[test]
    fn the_beta_profile_promises_nothing_that_does_not_hold() {
        let beta = Profile::beta();
        assert!(beta.execute_needs_commit(true) && !beta.execute_needs_commit(false));
        assert!(
            beta.array_bind_needs_commit()
                && beta.needs_fresh_portals()
                && beta.needs_text_parameters()
        );
        assert!(beta.guesses_types() && !beta.savepoints_undo_bulk_inserts());
        assert!(!beta.skips_to_sync() && !beta.cancel_interrupts());
        assert_eq!(
            (beta.max_statement_bytes(), beta.header_transaction_id()),
            (Some(1 << 20), 0)
        );
        for (level, read_only) in [(true, false), (false, true), (true, true)] {
            assert_eq!(
                beta.check_transaction(level, read_only)
                    .unwrap_err()
                    .sqlstate(),
                Some("0A000")
            );
        }
        assert_eq!(
            beta.check_notifications().unwrap_err().sqlstate(),
            Some("0A000")
        );
        beta.check_transaction(false, false).unwrap();
        beta.check_schema("users.public").unwrap();
        assert!(beta.check_schema("sales").is_err());
    }
}
