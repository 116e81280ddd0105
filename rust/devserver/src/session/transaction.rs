//! Transactions: the TXN_* messages and the statements that mean the same.

use postgres_protocol::message::frontend;
use sbwp::message::{begin_flag, isolation, kind, reason, Savepoint, TxnBegin};

use super::{refusal, End, Session};
use crate::backend::{Backend, Report};
use crate::client::Request;

/// A request that may fail as a statement does.
pub(super) type Done = Result<(), Report>;

fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// The options of TXN_BEGIN in words.
fn options(begin: &TxnBegin) -> String {
    let mut words = Vec::new();
    if begin.flags & begin_flag::ISOLATION != 0 {
        words.push(match begin.isolation {
            isolation::REPEATABLE_READ => "ISOLATION LEVEL REPEATABLE READ",
            isolation::SERIALIZABLE => "ISOLATION LEVEL SERIALIZABLE",
            isolation::READ_UNCOMMITTED => "ISOLATION LEVEL READ UNCOMMITTED",
            _ => "ISOLATION LEVEL READ COMMITTED",
        });
    }
    if begin.flags & begin_flag::ACCESS != 0 {
        words.push(if begin.access == 1 {
            "READ ONLY"
        } else {
            "READ WRITE"
        });
    }
    if begin.flags & begin_flag::DEFERRABLE != 0 {
        words.push(if begin.deferrable == 1 {
            "DEFERRABLE"
        } else {
            "NOT DEFERRABLE"
        });
    }
    words.join(", ")
}

impl Session {
    pub(super) fn txn_begin(&mut self, request: &Request) -> Result<(), End> {
        let options = match request.payload.is_empty() {
            true => String::new(),
            false => match TxnBegin::decode(&request.payload) {
                Ok(begin) => options(&begin),
                Err(error) => {
                    return self.failed(&refusal(
                        "08P01",
                        "SBWP.BEGIN.INVALID_PAYLOAD",
                        &error.to_string(),
                    ))
                }
            },
        };
        self.begin_transaction(&options);
        self.complete("BEGIN", 0)?;
        self.ready(reason::COMMAND_COMPLETE)
    }

    /// Adopts the current transaction. Options count if it has done nothing yet.
    pub(super) fn begin_transaction(&mut self, options: &str) {
        if !self.transaction.is_open() && !options.is_empty() {
            self.transaction.set_options(options.to_owned());
        }
    }

    pub(super) async fn txn_rollback(&mut self, request: &Request) -> Result<(), End> {
        if !self.transaction_matches(request)? {
            return Ok(());
        }
        match self.roll_back().await? {
            Ok(()) => {
                self.complete("ROLLBACK", 0)?;
                self.ready(reason::COMMAND_COMPLETE)
            }
            Err(report) => self.failed(&report),
        }
    }

    pub(super) async fn txn_savepoint(&mut self, request: &Request) -> Result<(), End> {
        if !self.agreement.has(sbwp::message::feature::SAVEPOINTS) {
            return self.not_negotiated("SAVEPOINTS");
        }
        if !self.transaction_matches(request)? {
            return Ok(());
        }
        let savepoint = match Savepoint::decode(&request.payload) {
            Ok(savepoint) if savepoint.is_valid() => savepoint,
            _ => {
                let sentence = "a savepoint needs a name of letters, digits and underscores";
                return self.failed(&refusal(
                    "08P01",
                    "SBWP.SAVEPOINT.INVALID_PAYLOAD",
                    sentence,
                ));
            }
        };
        // The statement folds a bare name, and the message means the same savepoint.
        let name = savepoint.name.to_ascii_lowercase();
        let (done, tag) = match request.header.kind {
            kind::TXN_SAVEPOINT => (self.savepoint(&name).await?, "SAVEPOINT"),
            kind::TXN_RELEASE => (self.release(&name).await?, "RELEASE"),
            _ => (self.roll_back_to(&name).await?, "ROLLBACK"),
        };
        match done {
            Ok(()) => {
                self.complete(tag, 0)?;
                self.ready(reason::COMMAND_COMPLETE)
            }
            Err(report) => self.failed(&report),
        }
    }

    /// Commits, and the next transaction begins. If that fails, everything is rolled back.
    pub(super) async fn commit(&mut self) -> Result<Done, End> {
        self.finish("COMMIT").await
    }

    pub(super) async fn roll_back(&mut self) -> Result<Done, End> {
        self.finish("ROLLBACK").await
    }

    async fn finish(&mut self, command: &str) -> Result<Done, End> {
        let mut failure = None;
        if self.transaction.is_open() {
            frontend::query(command, &mut self.backend.out).map_err(End::Engine)?;
            let (report, status) = self.drain().await?;
            failure = report;
            if status != b'I' {
                frontend::query("ROLLBACK", &mut self.backend.out).map_err(End::Engine)?;
                self.drain().await?;
            }
            // What the transaction defined is now defined for all, or for nobody.
            if self.definitions_made {
                self.definitions_made = false;
                self.server.definitions_changed();
            }
        }
        self.next_transaction();
        Ok(failure.map_or(Ok(()), Err))
    }

    pub(super) async fn savepoint(&mut self, name: &str) -> Result<Done, End> {
        let sql = format!("SAVEPOINT {}", quoted(name));
        let done = self.savepoint_command(&sql).await?;
        if done.is_ok() {
            self.transaction.set_savepoint(name);
        }
        Ok(done)
    }

    pub(super) async fn release(&mut self, name: &str) -> Result<Done, End> {
        let Some(at) = self.transaction.find_savepoint(name) else {
            return Ok(Err(no_savepoint(name)));
        };
        let sql = format!("RELEASE SAVEPOINT {}", quoted(name));
        let done = self.savepoint_command(&sql).await?;
        if done.is_ok() {
            self.transaction.drop_savepoints(at);
        }
        Ok(done)
    }

    pub(super) async fn roll_back_to(&mut self, name: &str) -> Result<Done, End> {
        let Some(at) = self.transaction.find_savepoint(name) else {
            return Ok(Err(no_savepoint(name)));
        };
        if self.keeps_bulk_rows() {
            self.transaction.drop_savepoints(at + 1);
            return Ok(Ok(()));
        }
        let sql = format!("ROLLBACK TO SAVEPOINT {}", quoted(name));
        let done = self.savepoint_command(&sql).await?;
        if done.is_ok() {
            self.transaction.drop_savepoints(at + 1);
        }
        Ok(done)
    }

    /// Gives a command about the client's savepoints, which are never inside the server's own.
    async fn savepoint_command(&mut self, sql: &str) -> Result<Done, End> {
        let backend: &mut Backend = &mut self.backend;
        self.transaction.ensure_open(backend).map_err(End::Engine)?;
        self.transaction.unprotect(backend).map_err(End::Engine)?;
        frontend::sync(&mut self.backend.out);
        let (failure, status) = self.drain().await?;
        if let Some(report) = failure {
            self.undo(super::guard::Prefix::default(), status).await?;
            return Ok(Err(report));
        }
        frontend::query(sql, &mut self.backend.out).map_err(End::Engine)?;
        let (failure, status) = self.drain().await?;
        match failure {
            None => Ok(Ok(())),
            Some(report) => {
                self.undo(super::guard::Prefix::default(), status).await?;
                Ok(Err(report))
            }
        }
    }
}

fn no_savepoint(name: &str) -> Report {
    Report::error("3B001", format!("savepoint \"{name}\" does not exist"))
}
