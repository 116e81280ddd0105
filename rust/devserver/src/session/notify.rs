//! SUBSCRIBE, UNSUBSCRIBE and the statements that mean the same; passing on what arrives.

use std::sync::Arc;
use std::task::{Context, Poll};

use sbwp::message::{feature, kind, reason, subscription, Notification, Subscribe, Unsubscribe};

use super::{refusal, End, Session};
use crate::backend::Report;
use crate::client::Request;
use crate::hub::Notice;
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
        if !matches!(subscribe.kind, subscription::CHANNEL | subscription::EVENT) {
            let message = "only channels and events can be subscribed to";
            return Err(Report::error("0A000", message));
        }
        if !subscribe.filter.is_empty() {
            return Err(Report::error("0A000", "subscriptions have no filters"));
        }
        self.listen(&subscribe.channel).await
    }

    pub(super) async fn listen(&mut self, channel: &str) -> Result<(), Report> {
        if channel.is_empty() {
            return Err(Report::error("42602", "a channel needs a name"));
        }
        let inbox = self.inbox.get_or_insert_with(|| self.server.hub.inbox());
        self.server.hub.subscribe(inbox, channel).await
    }

    pub(super) async fn unlisten(&mut self, channel: Option<&str>) -> Result<(), Report> {
        match &self.inbox {
            Some(inbox) => self.server.hub.unsubscribe(inbox, channel).await,
            None => Ok(()),
        }
    }

    pub(super) async fn unsubscribe(&mut self, request: &Request) -> Result<(), End> {
        if !self.agreement.has(feature::NOTIFICATIONS) {
            return self.not_negotiated("NOTIFICATIONS");
        }
        let done = match Unsubscribe::decode(&request.payload) {
            Ok(unsubscribe) if unsubscribe.channel.is_empty() => self.unlisten(None).await,
            Ok(unsubscribe) => self.unlisten(Some(&unsubscribe.channel)).await,
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
        let notification = Notification::Message {
            process_id: notice.process_id as u32,
            channel: notice.channel.clone(),
            data: notice.payload.clone(),
            change: None,
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
