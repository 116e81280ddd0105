//! What a connection makes of the defects of its server: looks for them, puts right what it can, and keeps what its user
//! is to be told.

use super::Connection;
use crate::error::Error;
use crate::profile::Defects;
use crate::request::Parameters;
use crate::rows::ResultSet;
use crate::sql::ParsedQuery;

impl Connection {
    /// Looks at a statement before it is sent for the first time.
    ///
    /// # Errors
    /// `NotSupported` and `Parameters` where this server would carry it out wrongly without saying so.
    pub fn check_statement(&self, query: &ParsedQuery) -> Result<(), Error> {
        self.met(self.profile.check_statement(query)?)
    }

    /// Looks at the values of a statement.
    ///
    /// # Errors
    /// `NotSupported` with `server_defects=error`, for a value that this server would return damaged.
    pub(crate) fn inspect(&self, parameters: &Parameters) -> Result<(), Error> {
        if !self.profile.inspects_parameters() {
            return Ok(());
        }
        for (oid, value) in parameters.iter() {
            if let Some(value) = value {
                self.met(self.profile.check_parameter(oid, value))?;
            }
        }
        Ok(())
    }

    /// [`Connection::inspect`] for one value.
    pub fn inspect_value(&self, oid: u32, text: &[u8]) -> Result<(), Error> {
        if !self.profile.inspects_parameters() {
            return Ok(());
        }
        self.met(self.profile.check_parameter(oid, text))
    }

    /// Puts results right that this server sends otherwise than the protocol says, and takes note of what it has
    /// probably got wrong.
    ///
    /// # Errors
    /// `NotSupported` with `server_defects=error`; the statement has been carried out.
    pub fn settle(&self, query: &ParsedQuery, results: &mut [ResultSet]) -> Result<(), Error> {
        self.profile.adapt_results(query, results);
        self.met(self.profile.doubt(query, results))
    }

    pub(super) fn met(&self, defects: Defects) -> Result<(), Error> {
        self.told.met(self.profile.server_defects(), defects)
    }

    /// Takes the defects that the user is still to be told of.
    pub fn take_defects(&self) -> Defects {
        self.told.take()
    }
}
