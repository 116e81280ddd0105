//! Notifications: one session with the engine listens for all clients, so that a client inside a transaction hears too.
//!
//! It must not know frames: subscribers get what the engine said and word it themselves.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::Arc;

use bytes::Bytes;
use postgres_protocol::message::backend::Message;
use postgres_protocol::message::frontend;
use tokio::sync::{mpsc, oneshot};

use crate::backend::{Backend, BackendError, Event, Report, Target};

/// How many notifications wait for a client that does not read.
const INBOX: usize = 4096;
const COMMANDS: usize = 64;
/// What the channels of tables begin with.
pub const TABLE_PREFIX: &str = "sys.table.";
/// The longest name of a channel, in bytes: the engine would cut a longer one off.
pub const LONGEST_CHANNEL: usize = 63;

/// One message on a channel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    pub process_id: i32,
    pub channel: String,
    pub payload: Bytes,
}

/// Where one session receives what it subscribed to.
pub struct Inbox {
    id: u64,
    sender: mpsc::Sender<Arc<Notice>>,
    pub receiver: mpsc::Receiver<Arc<Notice>>,
    lost: Arc<AtomicU64>,
}

impl Inbox {
    /// How many messages did not fit since the last call.
    pub fn lost(&self) -> u64 {
        self.lost.swap(0, Ordering::Relaxed)
    }
}

struct Subscriber {
    sender: mpsc::Sender<Arc<Notice>>,
    lost: Arc<AtomicU64>,
}

enum Command {
    Subscribe {
        channel: String,
        /// To be run before.
        first: Option<String>,
        id: u64,
        subscriber: Subscriber,
        done: oneshot::Sender<Result<(), Report>>,
    },
    Unsubscribe {
        /// `None`: every channel.
        channel: Option<String>,
        id: u64,
        done: oneshot::Sender<()>,
    },
}

/// The way to the task that listens.
pub struct Hub {
    commands: mpsc::Sender<Command>,
    ids: AtomicU64,
}

fn gone() -> Report {
    Report::error("57P01", "notifications are not served any longer")
}

impl Hub {
    /// Starts the task. Its session with the engine is opened with the first subscription.
    pub fn start(target: Arc<Target>) -> Self {
        let (commands, receiver) = mpsc::channel(COMMANDS);
        let listener = Listener {
            target,
            commands: receiver,
            channels: HashMap::new(),
        };
        tokio::spawn(listener.run());
        Self {
            commands,
            ids: AtomicU64::new(1),
        }
    }

    pub fn inbox(&self) -> Inbox {
        let (sender, receiver) = mpsc::channel(INBOX);
        Inbox {
            id: self.ids.fetch_add(1, Ordering::Relaxed),
            sender,
            receiver,
            lost: Arc::default(),
        }
    }

    /// Subscribes; what is sent on the channel from now on arrives.
    pub async fn subscribe(&self, inbox: &Inbox, channel: &str) -> Result<(), Report> {
        self.subscribe_after(inbox, channel, None).await
    }

    /// Subscribes to the changes of a table; they come on [`table_channel`].
    pub async fn subscribe_to_table(&self, inbox: &Inbox, table: &str) -> Result<(), Report> {
        let watch = format!("CALL sys_fn.watch_table('{}')", table.replace('\'', "''"));
        self.subscribe_after(inbox, &table_channel(table), Some(watch))
            .await
    }

    async fn subscribe_after(
        &self,
        inbox: &Inbox,
        channel: &str,
        first: Option<String>,
    ) -> Result<(), Report> {
        let (done, answer) = oneshot::channel();
        let command = Command::Subscribe {
            channel: channel.to_owned(),
            first,
            id: inbox.id,
            subscriber: Subscriber {
                sender: inbox.sender.clone(),
                lost: Arc::clone(&inbox.lost),
            },
            done,
        };
        self.commands.send(command).await.map_err(|_| gone())?;
        answer.await.map_err(|_| gone())?
    }

    pub async fn unsubscribe(&self, inbox: &Inbox, channel: Option<&str>) -> Result<(), Report> {
        let (done, answer) = oneshot::channel();
        let command = Command::Unsubscribe {
            channel: channel.map(str::to_owned),
            id: inbox.id,
            done,
        };
        self.commands.send(command).await.map_err(|_| gone())?;
        answer.await.map_err(|_| gone())
    }
}

struct Listener {
    target: Arc<Target>,
    commands: mpsc::Receiver<Command>,
    channels: HashMap<String, HashMap<u64, Subscriber>>,
}

/// The channel on which the changes of a table come.
pub fn table_channel(table: &str) -> String {
    format!("{TABLE_PREFIX}{table}")
}

fn quoted(channel: &str) -> String {
    format!("\"{}\"", channel.replace('"', "\"\""))
}

fn as_report(error: BackendError) -> Report {
    match error {
        BackendError::Refused(report) => report,
        other => Report::error("08006", other.to_string()),
    }
}

impl Listener {
    async fn run(mut self) {
        let mut backend: Option<Backend> = None;
        loop {
            let heard = match &mut backend {
                None => Heard::Command(self.commands.recv().await),
                Some(open) => tokio::select! {
                    command = self.commands.recv() => Heard::Command(command),
                    event = open.converse() => Heard::Engine(event),
                },
            };
            match heard {
                Heard::Command(None) => return,
                Heard::Command(Some(command)) => self.obey(command, &mut backend).await,
                Heard::Engine(Ok(event)) => self.dispatch(event),
                // The next command opens a new session, which listens to everything again.
                Heard::Engine(Err(_)) => backend = None,
            }
        }
    }

    async fn obey(&mut self, command: Command, backend: &mut Option<Backend>) {
        match command {
            Command::Subscribe {
                channel,
                first,
                id,
                subscriber,
                done,
            } => {
                let listening = self.channels.contains_key(&channel) && backend.is_some();
                let mut result = match listening {
                    true => Ok(()),
                    false => self.listen(&channel, backend).await.map_err(as_report),
                };
                if let (Ok(()), Some(sql), Some(open)) = (&result, first, backend.as_mut()) {
                    result = self.command(open, &sql).await.map_err(as_report);
                }
                if result.is_ok() {
                    self.channels
                        .entry(channel)
                        .or_default()
                        .insert(id, subscriber);
                }
                // A session that has ended does not wait for the answer.
                let _unheard = done.send(result);
            }
            Command::Unsubscribe { channel, id, done } => {
                let mut abandoned = Vec::new();
                for (name, subscribers) in &mut self.channels {
                    if channel.as_ref().is_none_or(|wanted| wanted == name) {
                        subscribers.remove(&id);
                    }
                    if subscribers.is_empty() {
                        abandoned.push(name.clone());
                    }
                }
                for name in abandoned {
                    self.channels.remove(&name);
                    let silenced = match backend {
                        Some(open) => {
                            self.command(open, &format!("UNLISTEN {}", quoted(&name)))
                                .await
                        }
                        None => Ok(()),
                    };
                    if silenced.is_err() {
                        *backend = None;
                    }
                }
                let _unheard = done.send(());
            }
        }
    }

    async fn listen(
        &mut self,
        channel: &str,
        backend: &mut Option<Backend>,
    ) -> Result<(), BackendError> {
        let mut open = match backend.take() {
            Some(open) => open,
            None => {
                let settings = [("application_name", "scratchbird notifications")];
                let mut open = Backend::open(Arc::clone(&self.target), &settings).await?;
                let known: Vec<String> = self.channels.keys().cloned().collect();
                for name in known {
                    self.command(&mut open, &format!("LISTEN {}", quoted(&name)))
                        .await?;
                }
                open
            }
        };
        let result = self
            .command(&mut open, &format!("LISTEN {}", quoted(channel)))
            .await;
        if !matches!(result, Err(BackendError::Io(_))) {
            *backend = Some(open);
        }
        result
    }

    /// Runs a command; notifications that arrive meanwhile are passed on.
    async fn command(&mut self, backend: &mut Backend, sql: &str) -> Result<(), BackendError> {
        frontend::query(sql, &mut backend.out)?;
        let mut failure = None;
        loop {
            match backend.converse().await? {
                Event::Message(Message::ReadyForQuery(_)) => break,
                Event::Message(Message::ErrorResponse(body)) => {
                    let report = Report::read(body.fields())?;
                    failure.get_or_insert(report);
                }
                event => self.dispatch(event),
            }
        }
        match failure {
            None => Ok(()),
            Some(report) => Err(BackendError::Refused(report)),
        }
    }

    fn dispatch(&mut self, event: Event) {
        let Event::Message(Message::NotificationResponse(body)) = event else {
            return;
        };
        let (Ok(channel), Ok(payload)) = (body.channel(), body.message()) else {
            return;
        };
        let notice = Arc::new(Notice {
            process_id: body.process_id(),
            channel: channel.to_owned(),
            payload: Bytes::copy_from_slice(payload.as_bytes()),
        });
        if let Some(subscribers) = self.channels.get_mut(channel) {
            subscribers.retain(|_, subscriber| {
                match subscriber.sender.try_send(Arc::clone(&notice)) {
                    Ok(()) => true,
                    Err(mpsc::error::TrySendError::Full(_)) => {
                        subscriber.lost.fetch_add(1, Ordering::Relaxed);
                        true
                    }
                    Err(mpsc::error::TrySendError::Closed(_)) => false,
                }
            });
        }
    }
}

enum Heard {
    Command(Option<Command>),
    Engine(std::io::Result<Event>),
}
