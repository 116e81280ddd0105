//! What other sessions send: notifications, kept until the program takes them, and the wake-up of those who wait for one.
//!
//! Whoever waits for a notification must not hold the session's lock, or no request could be sent meanwhile. It looks at
//! the socket in short moments instead: when the socket has something, when another caller is done with the session, and
//! when another caller has read a notification. The last two are told here.

use std::collections::VecDeque;
use std::sync::atomic::{fence, AtomicUsize, Ordering};
use std::sync::Arc;
use std::task::Waker;

use parking_lot::Mutex;
use sbwp::message::{self, RowChange};
use tokio::sync::{MutexGuard, TryLockError};

use crate::hold::Hold;
use crate::session::Session;

/// Notifications kept for a program that does not take them.
const NOTIFICATIONS_KEPT: usize = 10_000;
/// Bytes of them.
const BYTES_KEPT: usize = 16 * 1024 * 1024;

/// A message another session sent (SBWP 3.6).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notification {
    /// The sender's process id.
    pub process_id: u32,
    /// The channel, or what was subscribed to.
    pub channel: String,
    /// The message.
    pub payload: Vec<u8>,
    /// The row it is about, where it is about one.
    pub change: Option<RowChange>,
}

impl Notification {
    fn size(&self) -> usize {
        self.channel.len() + self.payload.len()
    }
}

/// The notifications of one session.
#[derive(Debug, Default)]
pub(crate) struct Mailbox {
    /// How many wait; looked at after every request.
    waiting: AtomicUsize,
    content: Mutex<Content>,
}

#[derive(Debug, Default)]
struct Content {
    notifications: VecDeque<Notification>,
    /// How many of them the handlers have been told.
    told: usize,
    /// Counts all that have come.
    arrived: u64,
    bytes: usize,
    lost: u64,
    waiters: Vec<(u64, Option<Waker>)>,
    next_waiter: u64,
}

impl Mailbox {
    /// Keeps a notification; the oldest make room for it where there are too many.
    pub(crate) fn put(&self, message: message::Notification) {
        let message::Notification::Message {
            process_id,
            channel,
            data,
            change,
        } = message
        else {
            // The state of a subscription, which its request has told already.
            return;
        };
        let notification = Notification {
            process_id,
            channel,
            payload: data.to_vec(),
            change,
        };
        let mut content = self.content.lock();
        content.bytes += notification.size();
        content.arrived += 1;
        content.notifications.push_back(notification);
        while content.notifications.len() > NOTIFICATIONS_KEPT || content.bytes > BYTES_KEPT {
            let Some(oldest) = content.notifications.pop_front() else {
                break;
            };
            content.bytes -= oldest.size();
            content.told = content.told.saturating_sub(1);
            content.lost += 1;
        }
        drop(content);
        self.wake();
    }

    /// The oldest notification, and whether the handlers have been told of it.
    pub(crate) fn take(&self) -> Option<(Notification, bool)> {
        let mut content = self.content.lock();
        let notification = content.notifications.pop_front()?;
        let told = content.told > 0;
        content.told = content.told.saturating_sub(1);
        content.bytes -= notification.size();
        Some((notification, told))
    }

    /// Those that the handlers have not been told, who are told now. They stay where somebody else takes them.
    pub(crate) fn tell(&self, keep: bool) -> Vec<Notification> {
        let mut content = self.content.lock();
        let told = content.told;
        if keep {
            content.told = content.notifications.len();
            return content.notifications.iter().skip(told).cloned().collect();
        }
        content.told = 0;
        content.bytes = 0;
        content.notifications.drain(..).skip(told).collect()
    }

    /// True where there is a notification that nobody has taken, or that the handlers have not been told.
    pub(crate) fn has(&self, untold: bool) -> bool {
        let content = self.content.lock();
        let told = if untold { content.told } else { 0 };
        content.notifications.len() > told
    }

    /// How many notifications have come since the session began.
    pub(crate) fn arrived(&self) -> u64 {
        self.content.lock().arrived
    }

    /// How many notifications were given up since the last call.
    pub(crate) fn take_lost(&self) -> u64 {
        std::mem::take(&mut self.content.lock().lost)
    }

    /// Forgets all notifications.
    pub(crate) fn clear(&self) {
        let mut content = self.content.lock();
        content.notifications.clear();
        content.told = 0;
        content.bytes = 0;
        content.lost = 0;
    }

    /// Has everybody who waits look again.
    pub(crate) fn wake(&self) {
        // Pairs with the fence in `Waiter::watch`: either the waiter sees what was done before, or it is seen here.
        fence(Ordering::SeqCst);
        if self.waiting.load(Ordering::Relaxed) == 0 {
            return;
        }
        let wakers: Vec<Waker> = self
            .content
            .lock()
            .waiters
            .iter_mut()
            .filter_map(|(_, waker)| waker.take())
            .collect();
        for waker in wakers {
            waker.wake();
        }
    }

    /// A place among those who wait.
    pub(crate) fn waiter(&self) -> Waiter<'_> {
        let mut content = self.content.lock();
        let id = content.next_waiter;
        content.next_waiter += 1;
        content.waiters.push((id, None));
        self.waiting.fetch_add(1, Ordering::Relaxed);
        Waiter { mailbox: self, id }
    }
}

/// Somebody who waits for a notification.
pub(crate) struct Waiter<'a> {
    mailbox: &'a Mailbox,
    id: u64,
}

impl Waiter<'_> {
    /// Says how to wake this waiter; to be called before it looks whether there is something.
    pub(crate) fn watch(&self, waker: &Waker) {
        {
            let mut content = self.mailbox.content.lock();
            let own = content.waiters.iter_mut().find(|(id, _)| *id == self.id);
            if let Some((_, own)) = own {
                *own = Some(waker.clone());
            }
        }
        fence(Ordering::SeqCst);
    }
}

impl Drop for Waiter<'_> {
    fn drop(&mut self) {
        self.mailbox
            .content
            .lock()
            .waiters
            .retain(|(id, _)| *id != self.id);
        self.mailbox.waiting.fetch_sub(1, Ordering::Relaxed);
        // It may have been the one that looked at the socket.
        self.mailbox.wake();
    }
}

/// The fair lock of a session. Those who wait for notifications look again whenever it is released.
#[derive(Debug)]
pub(crate) struct SessionLock {
    session: tokio::sync::Mutex<Session>,
    mailbox: Arc<Mailbox>,
    hold: Hold,
}

impl SessionLock {
    pub(crate) fn new(session: Session) -> Self {
        SessionLock {
            mailbox: session.mailbox.clone(),
            session: tokio::sync::Mutex::new(session),
            hold: Hold::default(),
        }
    }

    pub(crate) fn mailbox(&self) -> &Mailbox {
        &self.mailbox
    }

    /// Who holds the session over several requests.
    pub(crate) fn hold(&self) -> &Hold {
        &self.hold
    }

    pub(crate) async fn lock(&self) -> SessionGuard<'_> {
        self.lock_as(0).await
    }

    /// [`SessionLock::lock`] for the holder of this number; all others wait until it has let go.
    pub(crate) async fn lock_as(&self, holder: u64) -> SessionGuard<'_> {
        loop {
            let session = self.lock_held().await;
            let Some(freed) = self.hold.against(holder) else {
                return session;
            };
            drop(session);
            freed.await;
        }
    }

    /// [`SessionLock::lock`] for what may come between the requests of a holder: nothing that runs in the transaction.
    pub(crate) async fn lock_held(&self) -> SessionGuard<'_> {
        SessionGuard {
            session: self.session.lock().await,
            _released: Released(&self.mailbox),
        }
    }

    pub(crate) fn try_lock(&self) -> Result<SessionGuard<'_>, TryLockError> {
        Ok(SessionGuard {
            session: self.session.try_lock()?,
            _released: Released(&self.mailbox),
        })
    }

    /// The lock for one who waits: its release is no news to the others who wait.
    pub(crate) fn glance(&self) -> Option<MutexGuard<'_, Session>> {
        self.session.try_lock().ok()
    }
}

/// The session, for as long as its lock is held.
#[derive(Debug)]
pub(crate) struct SessionGuard<'a> {
    session: MutexGuard<'a, Session>,
    // Dropped after the guard before it: the lock is free when the others look.
    _released: Released<'a>,
}

impl std::ops::Deref for SessionGuard<'_> {
    type Target = Session;

    fn deref(&self) -> &Session {
        &self.session
    }
}

impl std::ops::DerefMut for SessionGuard<'_> {
    fn deref_mut(&mut self) -> &mut Session {
        &mut self.session
    }
}

#[derive(Debug)]
struct Released<'a>(&'a Mailbox);

impl Drop for Released<'_> {
    fn drop(&mut self) {
        self.0.wake();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicU32;
    use std::task::Wake;

    use bytes::Bytes;

    use super::*;

    fn message(payload: Vec<u8>) -> message::Notification {
        message::Notification::Message {
            process_id: 1,
            channel: "c".to_owned(),
            data: Bytes::from(payload),
            change: None,
        }
    }

    #[derive(Default)]
    struct Count(AtomicU32);

    impl Wake for Count {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }

    #[test]
    fn what_is_too_much_is_given_up_and_counted() {
        let mailbox = Mailbox::default();
        for number in 0..NOTIFICATIONS_KEPT + 3 {
            mailbox.put(message(number.to_string().into_bytes()));
        }
        assert_eq!(mailbox.take_lost(), 3);
        assert_eq!(mailbox.take_lost(), 0);
        assert_eq!(mailbox.take().unwrap().0.payload, b"3");
        mailbox.clear();
        assert!(!mailbox.has(false));
        for _ in 0..17 {
            mailbox.put(message(vec![0; BYTES_KEPT / 16]));
        }
        assert_eq!(mailbox.take_lost(), 2);
    }

    #[test]
    fn handlers_are_told_each_notification_once() {
        let mailbox = Mailbox::default();
        mailbox.put(message(b"1".to_vec()));
        assert_eq!(mailbox.tell(true).len(), 1);
        assert!(mailbox.has(false) && !mailbox.has(true));
        mailbox.put(message(b"2".to_vec()));
        assert!(mailbox.take().unwrap().1);
        assert!(!mailbox.take().unwrap().1);
        mailbox.put(message(b"3".to_vec()));
        assert_eq!(mailbox.tell(false)[0].payload, b"3");
        assert!(!mailbox.has(false));
        assert_eq!(mailbox.arrived(), 3);
    }

    #[test]
    fn everybody_who_waits_is_woken_once() {
        let mailbox = Mailbox::default();
        let count = Arc::new(Count::default());
        let waker = Waker::from(count.clone());
        let first = mailbox.waiter();
        let second = mailbox.waiter();
        first.watch(&waker);
        second.watch(&waker);
        mailbox.put(message(Vec::new()));
        mailbox.wake();
        assert_eq!(count.0.load(Ordering::Relaxed), 2);
        second.watch(&waker);
        drop(first);
        assert_eq!(count.0.load(Ordering::Relaxed), 3);
    }
}
