//! SUBSCRIBE, UNSUBSCRIBE and the statements that mean the same; passing on what arrives.

use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use sbwp::message::{
    feature, kind, reason, subscription, Notification, RowChange, Subscribe, Unsubscribe,
};

use super::{refusal, End, Session};
use crate::backend::Report;
use crate::client::Request;
use crate::hub::{table_channel, Notice, LONGEST_CHANNEL, TABLE_PREFIX};
use crate::server::Profile;

impl Session {
    pub(super) async fn subscribe(&mut self, request: &Request) -> Result<(), End> {
        if !self.agreement.has(feature::NOTIFICATIONS) {
            return self.not_negotiated("NOTIFICATIONS");
        }
        let done = match Subscribe::decode(&request.payload) {
            Ok(subscribe) => self.subscribe_to(&subscribe).await,
            Err(error) => Err(refusal(
                "08P01",
                "SBWP.SUBSCRIBE.INVALID_PAYLOAD",
                &error.to_string(),
            )),
        };
        if let Err(report) = done {
            return self.failed(&report);
        }
        self.complete("SUBSCRIBE", 0)?;
        if self.server.profile == Profile::Beta {
            self.subscription_active()?;
        }
        self.ready(reason::COMMAND_COMPLETE)
    }

    /// The one message of the beta server, which says no more than that it has read the request.
    fn subscription_active(&mut self) -> Result<(), End> {
        let state = Notification::State {
            scope: "session".to_owned(),
            event: "subscription_active".to_owned(),
            value: 0,
        };
        Ok(self
            .client
            .send(kind::NOTIFICATION, |out| state.encode(out))?)
    }

    async fn subscribe_to(&mut self, subscribe: &Subscribe) -> Result<(), Report> {
        if !subscribe.filter.is_empty() {
            return Err(Report::error("0A000", "subscriptions have no filters"));
        }
        match subscribe.kind {
            subscription::CHANNEL | subscription::EVENT => self.listen(&subscribe.channel).await,
            subscription::TABLE => {
                check_name(&table_channel(&subscribe.channel))?;
                let inbox = self.inbox.get_or_insert_with(|| self.server.hub.inbox());
                let hub = &self.server.hub;
                hub.subscribe_to_table(inbox, &subscribe.channel).await
            }
            _ => {
                let message = "only channels, events and tables can be subscribed to";
                Err(Report::error("0A000", message))
            }
        }
    }

    pub(super) async fn listen(&mut self, channel: &str) -> Result<(), Report> {
        check_name(channel)?;
        let inbox = self.inbox.get_or_insert_with(|| self.server.hub.inbox());
        self.server.hub.subscribe(inbox, channel).await
    }

    pub(super) async fn unlisten(&mut self, channel: Option<&str>) -> Result<(), Report> {
        match &self.inbox {
            Some(inbox) => self.server.hub.unsubscribe(inbox, channel).await,
            None => Ok(()),
        }
    }

    /// Ends the subscription to a channel or a table of that name.
    async fn leave(&mut self, name: &str) -> Result<(), Report> {
        self.unlisten(Some(name)).await?;
        self.unlisten(Some(&table_channel(name))).await
    }

    pub(super) async fn unsubscribe(&mut self, request: &Request) -> Result<(), End> {
        if !self.agreement.has(feature::NOTIFICATIONS) {
            return self.not_negotiated("NOTIFICATIONS");
        }
        let done = match Unsubscribe::decode(&request.payload) {
            Ok(unsubscribe) if unsubscribe.channel.is_empty() => self.unlisten(None).await,
            Ok(unsubscribe) => self.leave(&unsubscribe.channel).await,
            Err(error) => Err(refusal(
                "08P01",
                "SBWP.UNSUBSCRIBE.INVALID_PAYLOAD",
                &error.to_string(),
            )),
        };
        match done {
            Ok(()) => {
                self.complete("UNSUBSCRIBE", 0)?;
                self.ready(reason::COMMAND_COMPLETE)
            }
            Err(report) => self.failed(&report),
        }
    }

    /// Passes on the notifications that have arrived.
    pub(super) fn deliver(&mut self) -> Result<(), End> {
        while let Some(notice) = self
            .inbox
            .as_mut()
            .and_then(|inbox| inbox.receiver.try_recv().ok())
        {
            self.pass_on(&notice)?;
        }
        match self.inbox.as_ref().map_or(0, crate::hub::Inbox::lost) {
            0 => Ok(()),
            lost => {
                let mut report = Report::error(
                    "01000",
                    format!("{lost} notifications were lost, for none was read"),
                );
                "WARNING".clone_into(&mut report.severity);
                self.notice(&report)
            }
        }
    }

    fn pass_on(&mut self, notice: &Notice) -> Result<(), End> {
        let table = notice.channel.strip_prefix(TABLE_PREFIX);
        let changed = table.and_then(|table| Some((table, row_change(&notice.payload)?)));
        let (channel, data, change) = match changed {
            Some((table, (change, row))) => (table, row, Some(change)),
            None => (notice.channel.as_str(), notice.payload.clone(), None),
        };
        let notification = Notification::Message {
            process_id: notice.process_id as u32,
            channel: channel.to_owned(),
            data,
            change,
        };
        Ok(self
            .client
            .send(kind::NOTIFICATION, |out| notification.encode(out))?)
    }

    /// Ready when a notification arrives while nothing is asked.
    pub(super) fn poll_notice(&mut self, cx: &mut Context<'_>) -> Poll<Arc<Notice>> {
        match &mut self.inbox {
            None => Poll::Pending,
            Some(inbox) => match inbox.receiver.poll_recv(cx) {
                Poll::Ready(Some(notice)) => Poll::Ready(notice),
                // The inbox keeps a sender of its own, so that it never closes.
                Poll::Ready(None) | Poll::Pending => Poll::Pending,
            },
        }
    }

    pub(super) fn deliver_one(&mut self, notice: &Notice) -> Result<(), End> {
        self.pass_on(notice)?;
        self.deliver()
    }
}

fn check_name(channel: &str) -> Result<(), Report> {
    if channel.is_empty() {
        return Err(Report::error("42602", "a channel needs a name"));
    }
    if channel.len() > LONGEST_CHANNEL {
        return Err(Report::error(
            "42622",
            "the name of the channel is too long",
        ));
    }
    Ok(())
}

/// A message of the trigger `sys_fn.row_changed`: what happened to which row, and the row.
fn row_change(message: &Bytes) -> Option<(RowChange, Bytes)> {
    let text = std::str::from_utf8(message).ok()?;
    let mut parts = text.splitn(4, '|');
    let kind = parts.next()?.bytes().next()?;
    let row_id = parts.next()?.parse().ok();
    let row = parts.nth(1)?;
    let change = RowChange { kind, row_id };
    Some((change, message.slice_ref(row.as_bytes())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_of_the_trigger() {
        let read = |text: &'static str| row_change(&Bytes::from_static(text.as_bytes()));
        let (change, row) = read("U|42|0.5|{\"a\": \"x|y\"}").unwrap();
        assert_eq!((change.kind, change.row_id), (b'U', Some(42)));
        assert_eq!(row, "{\"a\": \"x|y\"}");
        assert_eq!(read("D||0.5|{}").unwrap().0.row_id, None);
        assert_eq!(read("I|-3|0.5|{}").unwrap().0.row_id, None);
        for other in ["", "hello", "I|1|x"] {
            assert!(read(other).is_none(), "{other}");
        }
    }
}
