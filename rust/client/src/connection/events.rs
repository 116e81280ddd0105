//! Notifications: subscribing, and waiting for one while others use the connection.

use std::future::poll_fn;
use std::pin::pin;
use std::task::{ready, Context, Poll, Waker};
use std::time::Instant;

use sbwp::message::feature;

use super::Connection;
use crate::error::{DatabaseError, Error};
use crate::mailbox::{Notification, Waiter};
use crate::request::Request;
use crate::transport::{wait, Held};

/// How often an idle connection is read before somebody else has to.
const LOOKS: usize = 1000;

/// What a look at the connection brought.
enum Seen {
    Notification,
    TimeIsUp,
    /// The rest of a request that was given up has to be read first, or the answers of a pipeline.
    Leftovers,
}

impl Connection {
    /// Subscribes to a channel, a table, a query or an event channel (SBWP 3.6). `kind` is one of
    /// [`sbwp::message::subscription`].
    pub async fn subscribe(
        &self,
        kind: u8,
        name: &str,
        filter: &str,
        until: Option<Instant>,
    ) -> Result<(), Error> {
        self.offers_notifications()?;
        let mut request = Request::new();
        request.subscribe(kind, name, filter)?;
        self.run_until(request, until).await?;
        let mut subscriptions = self.subscriptions.lock();
        if !subscriptions.iter().any(|known| known == name) {
            subscriptions.push(name.to_owned());
        }
        Ok(())
    }

    /// Ends a subscription.
    pub async fn unsubscribe(&self, name: &str, until: Option<Instant>) -> Result<(), Error> {
        self.offers_notifications()?;
        let mut request = Request::new();
        request.unsubscribe(name)?;
        self.run_until(request, until).await?;
        self.subscriptions.lock().retain(|known| known != name);
        Ok(())
    }

    /// Ends all subscriptions that [`Connection::subscribe`] made.
    pub(crate) async fn unsubscribe_all(&self) -> Result<(), Error> {
        loop {
            let Some(name) = self.subscriptions.lock().last().cloned() else {
                return Ok(());
            };
            self.unsubscribe(&name, None).await?;
        }
    }

    /// True while there are subscriptions that [`Connection::subscribe`] made.
    pub fn has_subscriptions(&self) -> bool {
        !self.subscriptions.lock().is_empty()
    }

    /// Fails where this server delivers no notifications.
    pub fn offers_notifications(&self) -> Result<(), Error> {
        self.profile.check_notifications()?;
        if self.info.lock().features & feature::NOTIFICATIONS == 0 {
            return Err(Error::NotSupported(
                "this server offers no notifications to its clients (NOTIFICATIONS)".into(),
            ));
        }
        Ok(())
    }

    /// The oldest notification that has come and was not taken yet, and whether the handlers have been told of it.
    pub fn take_notification(&self) -> Option<(Notification, bool)> {
        self.report_lost();
        self.session.mailbox().take()
    }

    /// The notifications that the handlers are told now; `keep` where others take them too.
    pub fn untold_notifications(&self, keep: bool) -> Vec<Notification> {
        self.report_lost();
        self.session.mailbox().tell(keep)
    }

    /// True where handlers have something to be told: of notifications, of notices.
    pub fn has_untold(&self, notifications: bool, notices: bool) -> bool {
        (notifications && self.session.mailbox().has(true))
            || (notices && self.notices.lock().has_untold())
    }

    /// The notices that the handlers are told now. They stay for [`Connection::take_notices`].
    pub fn untold_notices(&self) -> Vec<DatabaseError> {
        self.notices.lock().tell()
    }

    fn report_lost(&self) {
        let lost = self.session.mailbox().take_lost();
        if lost > 0 {
            let mut notice = DatabaseError::new(
                "01000",
                format!("{lost} notifications were dropped, for they were not taken in time"),
            );
            notice.severity = "WARNING".to_owned();
            self.keep_notices([notice]);
        }
    }

    /// Reads what has arrived that no request asked for; notifications and notices are kept. True where something else is
    /// left, or the end: most likely the server's farewell.
    pub(crate) fn has_farewell(&self) -> bool {
        let Ok(mut session) = self.session.try_lock() else {
            return false;
        };
        if !session.has_input() {
            return false;
        }
        if !session.is_idle() {
            return true;
        }
        let mut context = Context::from_waker(Waker::noop());
        for _ in 0..LOOKS {
            // On nobody's behalf, so that the socket is not registered anywhere.
            let seen = {
                let unasked = pin!(poll_fn(|context| session.poll_unasked(context)));
                wait::poll_external(unasked, &mut context)
            };
            self.publish(&mut session);
            match seen {
                Ok(Ok(())) => {}
                Ok(Err(_)) => return true,
                Err(_) => return session.has_input(),
            }
        }
        true
    }

    /// How far the running statement is, where the server has said so since the last call: rows and bytes.
    pub fn take_progress(&self) -> Option<(u64, u64)> {
        self.progress.take()
    }

    /// Forgets the notifications that were not taken.
    pub fn clear_notifications(&self) {
        self.session.mailbox().clear();
    }

    /// Has everybody who waits for a notification look whether they still may.
    pub fn wake_waiters(&self) {
        self.session.mailbox().wake();
    }

    /// Waits until there is a notification (true), `until` at most (false). Other requests can be sent meanwhile.
    ///
    /// `untold` waits for one that the handlers have not been told. `usable` says whether the caller may still use the connection.
    ///
    /// # Errors
    /// The connection was lost or closed.
    pub async fn wait_for_notification(
        &self,
        until: Option<Instant>,
        untold: bool,
        usable: impl Fn() -> Result<(), Error>,
    ) -> Result<bool, Error> {
        let mut deadline = until.map(wait::Deadline::at);
        loop {
            let waiter = self.session.mailbox().waiter();
            // The socket must not be closed, and its number not be given to another, while it is waited for.
            let mut held = None;
            let seen = poll_fn(|context| {
                let look = self.look(context, &waiter, &mut held, untold, &usable);
                match (look, &mut deadline) {
                    (Poll::Pending, Some(deadline)) => {
                        deadline.poll(context).map(|()| Ok(Seen::TimeIsUp))
                    }
                    (look, _) => look,
                }
            })
            .await?;
            match seen {
                Seen::Notification => return Ok(true),
                Seen::TimeIsUp => return Ok(false),
                Seen::Leftovers => {
                    let recovery = async {
                        let mut session = self.session.lock_held().await;
                        let outcome = session.recover().await;
                        self.publish(&mut session);
                        outcome
                    };
                    match wait::within(until, recovery).await {
                        Some(outcome) => outcome?,
                        None => return Ok(false),
                    }
                }
            }
        }
    }

    fn look(
        &self,
        context: &mut Context<'_>,
        waiter: &Waiter<'_>,
        held: &mut Option<Held>,
        untold: bool,
        usable: &impl Fn() -> Result<(), Error>,
    ) -> Poll<Result<Seen, Error>> {
        waiter.watch(context.waker());
        wait::note_waker();
        let has_come = || self.session.mailbox().has(untold);
        if has_come() {
            return Poll::Ready(Ok(Seen::Notification));
        }
        usable()?;
        // Whoever has the session reads notifications too, and tells when it is done.
        let Some(mut session) = self.session.glance() else {
            return Poll::Pending;
        };
        if session.is_abandoned() || session.is_piping() {
            return Poll::Ready(Ok(Seen::Leftovers));
        }
        if !session.is_idle() {
            return Poll::Pending;
        }
        loop {
            let outcome = session.poll_unasked(context);
            self.publish(&mut session);
            *held = session.transport.hold();
            ready!(outcome)?;
            if has_come() {
                return Poll::Ready(Ok(Seen::Notification));
            }
        }
    }
}
