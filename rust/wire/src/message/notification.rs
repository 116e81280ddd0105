//! SUBSCRIBE, UNSUBSCRIBE and NOTIFICATION.

use bytes::Bytes;

use super::error::DecodeError;
use super::layout::{codec, layout, Layout};
use super::reader::Reader;
use super::writer::Writer;

/// What a SUBSCRIBE names.
pub mod subscription {
    /// A channel.
    pub const CHANNEL: u8 = 0;
    /// A table.
    pub const TABLE: u8 = 1;
    /// A query.
    pub const QUERY: u8 = 2;
    /// An event channel.
    pub const EVENT: u8 = 3;
}

layout! { strict "SUBSCRIBE"
    /// Asks for notifications.
    pub struct Subscribe {
        /// One of [`subscription`].
        kind: u8 = u8_pad3,
        /// Channel, table, query or event.
        channel: String = lpstr,
        /// Filter, may be empty.
        filter: String = lpstr,
    }
}

layout! { strict "UNSUBSCRIBE"
    /// Ends a subscription.
    pub struct Unsubscribe {
        /// What was subscribed.
        channel: String = lpstr,
    }
}

/// Which row a notification is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct RowChange {
    /// `I`, `U` or `D`.
    pub kind: u8,
    /// The row.
    pub row_id: Option<u64>,
}

/// NOTIFICATION. The two forms have no mark: the message form is tried first and must fill the payload.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Notification {
    /// Something was sent to a channel.
    Message {
        /// The sender.
        process_id: u32,
        /// The channel.
        channel: String,
        /// What was sent.
        data: Bytes,
        /// The row it is about, if it is about one.
        change: Option<RowChange>,
    },
    /// The state of the session's subscriptions has changed.
    State {
        /// `session`.
        scope: String,
        /// `subscription_active`.
        event: String,
        /// 0.
        value: u32,
    },
}

impl Notification {
    fn read_message(mut r: Reader<'_>) -> Result<Self, DecodeError> {
        let process_id = r.u32("process_id")?;
        let channel = r.lpstr("channel")?;
        let data = r.bytes32("data")?;
        let change = match r.is_empty() {
            true => None,
            false => Some(RowChange {
                kind: r.u8("change")?,
                row_id: if r.is_empty() {
                    None
                } else {
                    Some(r.u64("row_id")?)
                },
            }),
        };
        r.finish()?;
        Ok(Self::Message {
            process_id,
            channel,
            data,
            change,
        })
    }

    fn read_state(mut r: Reader<'_>) -> Result<Self, DecodeError> {
        let state = Self::State {
            scope: r.lpstr("scope")?,
            event: r.lpstr("event")?,
            value: r.u32("zero")?,
        };
        r.finish()?;
        Ok(state)
    }
}

impl Layout for Notification {
    fn read(r: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let message = Self::read_message(r.clone())
            .or_else(|error| Self::read_state(r.clone()).map_err(|_| error))?;
        r.take_rest();
        Ok(message)
    }

    fn write(&self, w: &mut Writer<'_>) {
        match self {
            Self::Message {
                process_id,
                channel,
                data,
                change,
            } => {
                w.u32("process_id", process_id);
                w.lpstr("channel", channel);
                w.bytes32("data", data);
                if let Some(change) = change {
                    w.u8("change", &change.kind);
                    if let Some(row_id) = &change.row_id {
                        w.u64("row_id", row_id);
                    }
                }
            }
            Self::State {
                scope,
                event,
                value,
            } => {
                w.lpstr("scope", scope);
                w.lpstr("event", event);
                w.u32("zero", value);
            }
        }
    }
}

codec!(strict Notification = "NOTIFICATION");

layout! { strict "NOTIFICATION"
    /// What the design draft puts into the data of a notification from an event channel.
    pub struct EventData {
        /// The event.
        id: [u8; 16] = uuid,
        /// How it is delivered.
        mode: u8 = u8_pad3,
        /// The message.
        message: Bytes = bytes32,
    }
}
