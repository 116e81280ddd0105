//! The two ways of an `executemany`: by itself, or into the pipeline that is open on its connection.

use std::sync::Arc;

use scratchbird::pipeline::{Entry, Rows};
use scratchbird::{Error, Failed, Many, Parameters, ResultSet, Tally};

use crate::link::Link;

/// What collects the rows.
pub enum Way {
    Alone(Many),
    Piped(Rows),
}

/// How it has ended.
pub enum Done {
    /// It has not begun: there was no row.
    Nothing,
    Results(Vec<ResultSet>, Tally),
    /// The pipeline will have its results.
    Queued(Arc<Entry>),
}

impl Way {
    pub fn is_full(&self) -> bool {
        match self {
            Way::Alone(many) => many.is_full(),
            Way::Piped(rows) => rows.is_full(),
        }
    }

    pub fn next_row(&self) -> u64 {
        match self {
            Way::Alone(many) => many.next_row(),
            Way::Piped(rows) => rows.next_row(),
        }
    }

    pub fn push(&mut self, link: &Link, values: Parameters) -> Result<(), Error> {
        match self {
            Way::Alone(many) => many.push(&link.connection, values),
            Way::Piped(rows) => rows.push(&link.connection, values),
        }
    }

    /// Which row the last error was about.
    pub fn failed(&self) -> Option<Failed> {
        match self {
            Way::Alone(many) => many.failed(),
            Way::Piped(_) => None,
        }
    }

    /// Sends what was taken. What a pipeline has queued comes first.
    pub async fn send(&mut self, link: &Link) -> Result<(), Error> {
        link.connection.usable()?;
        match self {
            Way::Alone(many) => {
                link.before_alone().await?;
                many.send(&link.connection).await
            }
            Way::Piped(rows) => queue(rows, link, false).await,
        }
    }

    pub async fn finish(&mut self, link: &Link) -> Result<Done, Error> {
        link.connection.usable()?;
        match self {
            Way::Alone(many) => {
                link.before_alone().await?;
                let (results, tally) = many.finish(&link.connection).await?;
                Ok(Done::Results(results, tally))
            }
            Way::Piped(rows) => {
                queue(rows, link, true).await?;
                Ok(Done::Queued(rows.entry().clone()))
            }
        }
    }

    /// Undoes what was sent, or has the pipeline do so.
    pub async fn abort(self, link: &Link) {
        match self {
            // The pool has undone it.
            Way::Alone(mut many) if link.connection.is_given_up() => many.leave(&link.connection),
            Way::Alone(mut many) => many.abort(&link.connection).await,
            Way::Piped(rows) => fail(rows, link),
        }
    }

    /// [`Way::abort`] where nobody can wait any more.
    pub fn drop_open(self, link: &Link) {
        match self {
            Way::Alone(mut many) => {
                // A commit would keep a part.
                if many.is_open() {
                    link.connection.end_now();
                }
                many.leave(&link.connection);
            }
            Way::Piped(rows) => fail(rows, link),
        }
    }
}

async fn queue(rows: &mut Rows, link: &Link, is_last: bool) -> Result<(), Error> {
    if rows.queue(&link.connection, &link.pipeline, is_last)? {
        let advanced = link.advance_pipeline().await;
        advanced.map_err(|failed| Error::Shared(failed.error))?;
    }
    Ok(())
}

fn fail(rows: Rows, link: &Link) {
    let error = Error::Interface(
        "an executemany was given up before its last row: the pipeline's work is undone".into(),
    );
    rows.abort(&link.pipeline, error);
}
