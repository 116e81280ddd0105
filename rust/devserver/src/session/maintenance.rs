//! Liveness and options of the session.

use sbwp::message::{kind, reason, Generation, ParameterEntry, ParameterStatus, SetOption};

use super::{refusal, End, Session};
use crate::client::Request;

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
