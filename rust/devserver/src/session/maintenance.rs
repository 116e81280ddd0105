//! Upkeep of the session: liveness, options, reset, proof of identity, tracing.

use sbwp::message::{
    feature, kind, reason, Generation, ParameterEntry, ParameterStatus, Reauth, ResetSession,
    SetOption, TraceContext,
};

use super::{refusal, End, Session};
use crate::client::Request;
use crate::server::Profile;

const LONGEST_NAME: usize = 256;
const LONGEST_VALUE: usize = 4096;

impl Session {
    pub(super) fn ping(&mut self, request: &Request) -> Result<(), End> {
        let payload = &request.payload;
        self.client
            .send(kind::PONG, |out| out.extend_from_slice(payload))?;
        self.client.answer_ends();
        Ok(())
    }

    pub(super) fn set_option(&mut self, request: &Request) -> Result<(), End> {
        let option = match SetOption::decode(&request.payload) {
            Ok(option)
                if !option.name.is_empty()
                    && option.name.len() <= LONGEST_NAME
                    && option.value.len() <= LONGEST_VALUE =>
            {
                option
            }
            _ => {
                let sentence =
                    "an option needs a name of 1 to 256 bytes and a value of at most 4096";
                return self.failed(&refusal(
                    "08P01",
                    "SBWP.SET_OPTION.INVALID_PAYLOAD",
                    sentence,
                ));
            }
        };
        self.parameter_status(&[("session.option", "updated"), (&option.name, &option.value)])?;
        if option.value.is_empty() {
            self.options.remove(&option.name);
        } else {
            self.options.insert(option.name, option.value);
        }
        self.ready(reason::STATE_CHANGE)
    }

    pub(super) async fn reset(&mut self, request: &Request) -> Result<(), End> {
        if !self.agreement.has(feature::SESSION_RESET) {
            return self.not_negotiated("SESSION_RESET");
        }
        let reset = match ResetSession::decode(&request.payload) {
            Ok(reset) if reset.roll_back => reset,
            _ => {
                let sentence = "a transaction is open and the request does not say to roll it back";
                let code = "NATIVE_WIRE.RESET_REFUSED_OPEN_TRANSACTION";
                return self.failed(&refusal("25001", code, sentence));
            }
        };
        if let Err(report) = self.roll_back().await? {
            let sentence = report.to_string();
            return self.failed(&refusal("08006", "SESSION.RESET_TIMEOUT", &sentence));
        }
        if reset.drop_prepared {
            self.statements.clear();
        }
        if reset.clear_trace {
            self.options.remove("traceparent");
        }
        let version = self.version();
        self.parameter_status(&[
            ("session.reset", "complete"),
            ("protocol.selected_version", &version),
        ])?;
        self.ready(reason::RESET_COMPLETE)
    }

    /// The version agreed on, in words.
    pub(super) fn version(&self) -> String {
        format!(
            "{}.{}",
            self.agreement.version >> 8,
            self.agreement.version & 0xff
        )
    }

    pub(super) fn reauthenticate(&mut self, request: &Request) -> Result<(), End> {
        if !self.agreement.has(feature::REAUTH) {
            return self.not_negotiated("REAUTH");
        }
        let proved = match Reauth::decode(&request.payload) {
            Ok(reauth) => self
                .server
                .users
                .verify(&self.agreement.user, &reauth.credential),
            Err(_) => false,
        };
        // The beta server takes anything that is not empty.
        let accepted = match self.server.profile {
            Profile::Standard => proved,
            Profile::Beta => !request.payload.is_empty(),
        };
        if !accepted {
            let sentence = "the credential was not accepted";
            return self.failed(&refusal("28000", "SECURITY.REAUTH_TIMEOUT", sentence));
        }
        self.parameter_status(&[("security.generation", "refreshed")])?;
        self.ready(reason::REAUTH_COMPLETE)
    }

    pub(super) fn trace_context(&mut self, request: &Request) -> Result<(), End> {
        if !self.agreement.has(feature::TRACE_CONTEXT) {
            return self.not_negotiated("TRACE_CONTEXT");
        }
        let parent = match TraceContext::decode(&request.payload) {
            Ok(trace) if is_trace_parent(&trace.traceparent) => trace.traceparent,
            _ => {
                let sentence = "the trace context has another shape than the W3C says";
                return self.failed(&refusal(
                    "08P01",
                    "NATIVE_WIRE.TRACE_CONTEXT_INVALID",
                    sentence,
                ));
            }
        };
        let presence = if parent.is_empty() {
            "absent"
        } else {
            "present"
        };
        self.options.insert("traceparent".to_owned(), parent);
        self.parameter_status(&[("traceparent", presence)])?;
        self.ready(reason::STATE_CHANGE)
    }

    pub(super) fn lob_close(&mut self) -> Result<(), End> {
        if !self.agreement.has(feature::LOB_LOCATOR) {
            return self.not_negotiated("LOB_LOCATOR");
        }
        let code = "FEATURE.NOT_IMPLEMENTED_RELEASE_BLOCKING";
        self.failed(&refusal("0A000", code, "large objects are not served"))
    }

    /// Tells the client of parameters; a client of the older generation knows no such message.
    pub(super) fn parameter_status(&mut self, entries: &[(&str, &str)]) -> Result<(), End> {
        if self.agreement.generation == Generation::Legacy {
            return Ok(());
        }
        let entries = entries
            .iter()
            .map(|&(key, value)| ParameterEntry::new(key, value))
            .collect();
        let status = ParameterStatus::new(entries);
        Ok(self
            .client
            .send(kind::PARAMETER_STATUS, |out| status.encode(out))?)
    }
}

/// Empty, or 55 characters with hyphens where the W3C has them.
fn is_trace_parent(text: &str) -> bool {
    text.is_empty()
        || (text.len() == 55
            && [2, 35, 52]
                .iter()
                .all(|&at| text.as_bytes().get(at) == Some(&b'-')))
}
