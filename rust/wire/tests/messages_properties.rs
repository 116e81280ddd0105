//! Every message, random: reads what it wrote, survives being cut anywhere, and whatever bytes a peer sends are
//! read or refused, never more.

mod arbitrary;

use bytes::BytesMut;
use proptest::collection::vec;
use proptest::prelude::*;
use sbwp::message::{
    kind, ClientMessage, DataRow, DecodeError, Generation, ServerMessage, TxnStatus,
};

/// Encodes; the strategies make nothing that the wire cannot carry.
macro_rules! encoded {
    ($message:expr) => {{
        let mut out = BytesMut::new();
        prop_assert_eq!($message.encode(&mut out), Ok(()));
        out
    }};
}

/// An error says what and where.
fn check_error(error: &DecodeError, kind_read: u8, payload: &[u8]) -> Result<(), TestCaseError> {
    prop_assert_eq!(Some(error.message), kind::name(kind_read), "{}", error);
    prop_assert!(!error.field.is_empty());
    prop_assert!(error.offset <= payload.len(), "{}", error);
    Ok(())
}

/// Decodes in both directions: an error says what and where, a message reads what it writes.
fn read_or_refused(code: u8, payload: &[u8]) -> Result<(), TestCaseError> {
    match ClientMessage::decode(code, payload) {
        Ok(message) => {
            let again = encoded!(message);
            prop_assert_eq!(ClientMessage::decode(code, &again), Ok(message));
        }
        Err(error) => check_error(&error, code, payload)?,
    }
    match ServerMessage::decode(code, payload) {
        Ok(message) => {
            let again = encoded!(message);
            prop_assert_eq!(ServerMessage::decode(code, &again), Ok(message));
        }
        Err(error) => check_error(&error, code, payload)?,
    }
    Ok(())
}

/// Client messages whose beginning can be a message too, as their documentation says.
fn client_has_shorter_form(cut: &ClientMessage) -> bool {
    match cut {
        // The payload is the content.
        ClientMessage::AuthResponse(_)
        | ClientMessage::Reauth(_)
        | ClientMessage::Ping(_)
        | ClientMessage::CopyData(_)
        | ClientMessage::Extension(_)
        | ClientMessage::Opaque { .. }
        | ClientMessage::Unknown { .. } => true,
        // Parts may be left out.
        ClientMessage::Query(_)
        | ClientMessage::ResetSession(_)
        | ClientMessage::TxnRollback(_)
        | ClientMessage::Cancel(_) => true,
        ClientMessage::Execute(execute) => execute.flags == 0,
        ClientMessage::Bind(bind) => bind.result_formats.is_empty(),
        ClientMessage::TxnBegin(begin) => *begin == Default::default(),
        ClientMessage::CopyFail(fail) => fail.reason.is_empty(),
        ClientMessage::Heartbeat(heartbeat) => heartbeat.monotonic_us.is_none(),
        // P1 is told from the legacy form by its length.
        ClientMessage::Startup(startup) => startup.generation == Generation::Legacy,
        _ => false,
    }
}

/// The same for server messages.
fn server_has_shorter_form(cut: &ServerMessage) -> bool {
    match cut {
        ServerMessage::AuthRequest(_)
        | ServerMessage::Pong(_)
        | ServerMessage::CopyData(_)
        | ServerMessage::Extension(_)
        | ServerMessage::Opaque { .. }
        | ServerMessage::Unknown { .. } => true,
        // The final zero, or fields, may be missing.
        ServerMessage::Error(_) | ServerMessage::Notice(_) => true,
        ServerMessage::Notification(_) => true,
        // Told from P1 by its length of 20 bytes.
        ServerMessage::Ready(ready) => ready.generation == Generation::Legacy,
        ServerMessage::TxnStatus(status) => matches!(status, TxnStatus::Session { .. }),
        ServerMessage::Heartbeat(heartbeat) => heartbeat.monotonic_us.is_none(),
        _ => false,
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1024))]

    #[test]
    fn client_messages_read_what_they_wrote(message in arbitrary::client::message()) {
        let payload = encoded!(message);
        prop_assert_eq!(ClientMessage::decode(message.kind(), &payload), Ok(message));
    }

    #[test]
    fn server_messages_read_what_they_wrote(message in arbitrary::server::message()) {
        let payload = encoded!(message);
        prop_assert_eq!(ServerMessage::decode(message.kind(), &payload), Ok(message));
    }

    #[test]
    fn a_cut_client_message_is_an_error_or_a_shorter_form(message in arbitrary::client::message()) {
        let payload = encoded!(message);
        for length in 0..payload.len() {
            match ClientMessage::decode(message.kind(), &payload[..length]) {
                Ok(cut) => prop_assert!(client_has_shorter_form(&cut), "{:?} cut to {} is {:?}", message, length, cut),
                Err(error) => check_error(&error, message.kind(), &payload[..length])?,
            }
        }
    }

    #[test]
    fn a_cut_server_message_is_an_error_or_a_shorter_form(message in arbitrary::server::message()) {
        let payload = encoded!(message);
        for length in 0..payload.len() {
            match ServerMessage::decode(message.kind(), &payload[..length]) {
                Ok(cut) => prop_assert!(server_has_shorter_form(&cut), "{:?} cut to {} is {:?}", message, length, cut),
                Err(error) => check_error(&error, message.kind(), &payload[..length])?,
            }
        }
    }

    #[test]
    fn any_bytes_are_read_or_refused(code in any::<u8>(), payload in vec(any::<u8>(), 0..300)) {
        read_or_refused(code, &payload)?;
    }

    #[test]
    fn a_damaged_message_is_read_or_refused(
        sent in arbitrary::client::message(),
        answered in arbitrary::server::message(),
        damage in vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
    ) {
        for (code, payload) in [(sent.kind(), encoded!(sent)), (answered.kind(), encoded!(answered))] {
            let mut payload = payload.to_vec();
            for (at, byte) in damage.iter().filter(|_| !payload.is_empty()).collect::<Vec<_>>() {
                let at = at.index(payload.len());
                payload[at] = *byte;
            }
            read_or_refused(code, &payload)?;
        }
    }

    #[test]
    fn a_row_gives_as_many_values_as_it_says(payload in vec(any::<u8>(), 0..120)) {
        if let Ok(row) = DataRow::parse(&payload) {
            let values: Vec<_> = row.iter().collect();
            match values.iter().position(Result::is_err) {
                // After an error there is nothing more.
                Some(broken) => prop_assert_eq!(broken + 1, values.len()),
                None => prop_assert_eq!(values.len(), row.len()),
            }
        }
    }
}
