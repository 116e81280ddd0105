//! Holding the connection over several requests, as an `executemany` in autocommit does.

use std::time::Instant;

use super::Connection;
use crate::error::Error;
use crate::session::timed_out;
use crate::transport::wait;

impl Connection {
    /// A number by which to hold the connection.
    pub(crate) fn holder_number(&self) -> u64 {
        self.session.hold().number()
    }

    /// Who holds the connection: requests of others wait. 0 for nobody.
    pub fn holder(&self) -> u64 {
        self.session.hold().holder()
    }

    /// Holds the connection until [`Connection::let_go`]: requests of others wait, once those before it have ended.
    pub(crate) async fn take_hold(&self, number: u64, until: Option<Instant>) -> Result<(), Error> {
        let Some(session) = wait::within(until, self.session.lock()).await else {
            return Err(timed_out());
        };
        self.session.hold().take(number);
        drop(session);
        Ok(())
    }

    /// Ends the hold of `number`, if it holds.
    pub fn let_go(&self, number: u64) {
        self.session.hold().let_go(number);
    }
}
