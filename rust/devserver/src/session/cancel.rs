//! CANCEL, answered in its turn; what it does, it did when it was read.

use sbwp::message::{kind, reason, Cancel, CancelAck, Cancelled, Uuid};

use super::{End, Session};
use crate::client::Request;

/// The identity of a request that has none of its own.
const NAMELESS: Uuid = [
    0x29, 0x2d, 0x65, 0x77, 0xf8, 0x2d, 0x79, 0x68, 0xa9, 0x2d, 0x65, 0x77, 0xf8, 0x2d, 0x89, 0x68,
];

impl Session {
    pub(super) fn cancel(&mut self, request: &Request) -> Result<(), End> {
        let struck = self
            .client
            .cancels
            .answer()
            .is_some_and(|cancel| cancel.took_effect);
        let request = match Cancel::decode(&request.payload) {
            Ok(Cancel::Request { request, .. }) if request != [0; 16] => request,
            _ => NAMELESS,
        };
        let ack = CancelAck {
            request,
            accepted: 1,
        };
        self.client.send(kind::CANCEL_ACK, |out| ack.encode(out))?;
        let words = match struck {
            true => [
                "user_statement_cancelled",
                "57014",
                "EXECUTION.QUERY_CANCELLED",
                "statement_aborted_transaction_state_reported_by_engine",
                "application_decision",
            ],
            false => [
                "cancel_target_not_found",
                "57014",
                "EXECUTION.CANCEL_TARGET_NOT_FOUND",
                "no_known_state_change",
                "no",
            ],
        };
        let [outcome, sqlstate, diagnostic, transaction_effect, retryability] =
            words.map(str::to_owned);
        let cancelled = Cancelled {
            request,
            outcome,
            sqlstate,
            diagnostic,
            transaction_effect,
            retryability,
        };
        self.client
            .send(kind::CANCELLED, |out| cancelled.encode(out))?;
        self.ready(reason::CANCEL_OUTCOME)
    }
}
