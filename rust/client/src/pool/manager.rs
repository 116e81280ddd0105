//! What deadpool asks of a pool: a connection where none is unused, and whether an unused one is still good.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{ready, Context, Poll};
use std::time::{Duration, Instant};

use deadpool::managed::{self, Metrics, RecycleError, RecycleResult};
use tokio::sync::oneshot;

use super::error::PoolError;
use super::member::Member;
use super::statistics::count;
use super::stock::{Stock, LOST};
use crate::connection::Connection;
use crate::error::Error;
use crate::runtime;

/// A connection that does not answer a PING for so long is lost.
const PING_LIMIT: Duration = Duration::from_secs(5);

#[derive(Clone)]
pub(super) struct Manager {
    pub(super) stock: Arc<Stock>,
}

impl managed::Manager for Manager {
    type Type = Member;
    type Error = PoolError;

    async fn create(&self) -> Result<Member, PoolError> {
        loop {
            match self.stock.ask()? {
                Err(receiver) => {
                    let queued = Queued {
                        receiver,
                        stock: &self.stock,
                    };
                    return queued.await;
                }
                // It may have been ready for long.
                Ok(member) => match self.examine(&member).await {
                    Ok(()) => return Ok(member),
                    Err(_) => continue,
                },
            }
        }
    }

    async fn recycle(&self, member: &mut Member, _: &Metrics) -> RecycleResult<PoolError> {
        self.examine(member).await.map_err(RecycleError::message)
    }
}

impl Manager {
    /// Whether a connection may be lent, or why not.
    pub(super) async fn examine(&self, member: &Member) -> Result<(), &'static str> {
        let reason = match self.stock.objection(member) {
            Some(reason) => reason,
            None => match self.doubt(member).await {
                None => return Ok(()),
                Some(reason) => reason,
            },
        };
        if member.connection.is_closed() {
            count(&self.stock.counters.connections_lost);
        }
        member.condemn(reason);
        Err(reason)
    }

    /// Asks a connection that may be lent for a sign of life, where that is due or something has come unasked. Gives what
    /// is found to be wrong with it.
    async fn doubt(&self, member: &Member) -> Option<&'static str> {
        let unused = Instant::now().saturating_duration_since(member.idle_since);
        if unused < self.stock.settings.ping_after && !member.connection.has_farewell() {
            // What was there to read may have been news of the server's.
            return self.stock.objection(member);
        }
        member.condemn("its check was abandoned");
        let answer = ping(&member.connection).await;
        // Its answer may have come with news.
        match self.stock.objection(member) {
            None if answer.is_ok() => {
                member.pardon();
                None
            }
            None => Some(LOST),
            reason => reason,
        }
    }
}

/// Asks for a sign of life; on the runtime, so that the limit holds whatever way the caller waits.
pub(super) async fn ping(connection: &Arc<Connection>) -> Result<(), Error> {
    let pinged = connection.clone();
    let task = runtime::shared()?.spawn(async move {
        let answer = tokio::time::timeout(PING_LIMIT, pinged.ping()).await;
        pinged.leave_reactor();
        answer.unwrap_or_else(|_| Err(Error::timeout("PING")))
    });
    let task = AbortOnDrop(task);
    let outcome = task.await;
    if outcome.is_err() {
        connection.close_now();
    }
    outcome
}

struct AbortOnDrop(tokio::task::JoinHandle<Result<(), Error>>);

impl Future for AbortOnDrop {
    type Output = Result<(), Error>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let joined = ready!(Pin::new(&mut self.0).poll(context));
        Poll::Ready(
            joined.unwrap_or_else(|error| {
                Err(Error::Internal(format!("the PING task failed: {error}")))
            }),
        )
    }
}

impl Drop for AbortOnDrop {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// A caller in the queue for a new connection. One that is dropped gives back what it has been given meanwhile.
struct Queued<'a> {
    receiver: oneshot::Receiver<Result<Member, PoolError>>,
    stock: &'a Arc<Stock>,
}

impl Future for Queued<'_> {
    type Output = Result<Member, PoolError>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let received = ready!(Pin::new(&mut self.receiver).poll(context));
        Poll::Ready(received.unwrap_or_else(|_| Err(self.stock.closed())))
    }
}

impl Drop for Queued<'_> {
    fn drop(&mut self) {
        self.receiver.close();
        match self.receiver.try_recv() {
            Ok(Ok(member)) => self.stock.deliver(member),
            Ok(Err(_)) | Err(oneshot::error::TryRecvError::Closed) => {}
            Err(oneshot::error::TryRecvError::Empty) => {}
        }
        self.stock.forget_gone_waiters();
    }
}
