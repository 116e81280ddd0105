//! What lies between two syncs of a pipeline: it holds together, or is undone together.

use std::sync::Arc;

use super::Pipeline;
use crate::connection::Connection;
use crate::error::Error;
use crate::sql::ParsedQuery;

const SAVEPOINT: &str = "SAVEPOINT scratchbird_pipeline";
const ROLLBACK_TO: &str = "ROLLBACK TO SAVEPOINT scratchbird_pipeline";
const RELEASE: &str = "RELEASE SAVEPOINT scratchbird_pipeline";

/// The first failure since the last sync, and the statement.
#[derive(Debug, Clone)]
pub struct Failed {
    /// Why.
    pub error: Arc<Error>,
    /// What; `None` where it was none of the statements.
    pub query: Option<Arc<ParsedQuery>>,
    /// Which of many executions, from 0.
    pub row: Option<u64>,
}

/// How the work since the last sync is undone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Undo {
    /// It is a transaction: sync commits it.
    Transaction,
    Savepoint,
    /// This server cannot.
    Nothing,
}

/// What happened since the last sync.
#[derive(Debug, Default)]
pub(super) struct Segment {
    pub(super) undo: Option<Undo>,
    pub(super) failed: Option<Failed>,
}

impl Segment {
    /// Whether statements run for nothing: all is undone.
    pub(super) fn is_aborted(&self) -> bool {
        self.failed.is_some() && self.undo != Some(Undo::Nothing)
    }

    pub(super) fn has_begun(&self) -> bool {
        self.undo.is_some() || self.failed.is_some()
    }

    pub(super) fn fail(
        &mut self,
        error: Arc<Error>,
        query: Option<Arc<ParsedQuery>>,
        row: Option<u64>,
    ) {
        self.failed
            .get_or_insert_with(|| Failed { error, query, row });
    }
}

/// Begins what can be undone together.
pub(super) async fn begin(connection: &Connection, autocommit: bool) -> Result<Undo, Error> {
    if autocommit {
        return Ok(Undo::Transaction);
    }
    if !connection.profile().savepoints_undo_bulk_inserts() {
        return Ok(Undo::Nothing);
    }
    connection.control(SAVEPOINT, false).await?;
    Ok(Undo::Savepoint)
}

async fn undo_savepoint(connection: &Connection) -> Result<(), Error> {
    connection.control(ROLLBACK_TO, false).await?;
    connection.control(RELEASE, false).await
}

impl Pipeline {
    /// Sends what is queued and ends the work since the last sync: it holds if all of it succeeded, and is undone
    /// otherwise.
    ///
    /// # Errors
    /// The first failure since the last sync.
    pub async fn sync(&self, connection: &Connection) -> Result<(), Failed> {
        self.flush(connection).await;
        let _turn = self.turn.lock().await;
        let (undo, failed) = {
            let queue = self.queue.lock();
            (queue.segment.undo, queue.segment.failed.clone())
        };
        // Given up in the middle, nobody could say what holds: then nothing may.
        let mut ending = Ending {
            pipeline: self,
            connection,
            is_over: false,
        };
        let ended = match (undo, &failed) {
            _ if connection.is_closed() => Ok(()),
            (None | Some(Undo::Nothing), _) => Ok(()),
            (Some(Undo::Transaction), None) => connection.commit().await,
            (Some(Undo::Transaction), Some(_)) => connection.rollback().await,
            (Some(Undo::Savepoint), None) => connection.control(RELEASE, false).await,
            (Some(Undo::Savepoint), Some(_)) => undo_savepoint(connection).await,
        };
        ending.is_over = ended.is_ok() || (failed.is_none() && undo == Some(Undo::Transaction));
        drop(ending);
        if let Some(failed) = failed {
            return Err(failed);
        }
        ended.map_err(|error| Failed {
            error: Arc::new(error),
            query: None,
            row: None,
        })
    }
}

/// The end of a segment.
struct Ending<'a> {
    pipeline: &'a Pipeline,
    connection: &'a Connection,
    is_over: bool,
}

impl Drop for Ending<'_> {
    fn drop(&mut self) {
        if !self.is_over {
            self.connection.end_now();
        }
        self.pipeline.queue.lock().segment = Segment::default();
    }
}
