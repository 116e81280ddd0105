//! Compiled statements: an envelope that holds the text of one statement, opaque to the client.

use base64::engine::general_purpose::STANDARD;
use base64::Engine;
use bytes::Bytes;
use sbwp::message::{feature, kind, reason, SblrCompiled, SblrExecute};

use super::query::Step;
use super::{refusal, End, Session};
use crate::backend::Report;
use crate::client::Request;

const VERSION: u32 = 3;
/// What an envelope begins with; the statement follows in base 64.
const OPENING: &str = "{\"envelope\":\"SBLRExecutionEnvelope.v3\",\"statement\":\"";
const CLOSING: &str = "\"}";

/// FNV-1a, which identifies a text well enough and is the same on every machine.
fn hash(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}

fn open_envelope(envelope: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(envelope).ok()?;
    let encoded = text.strip_prefix(OPENING)?.strip_suffix(CLOSING)?;
    String::from_utf8(STANDARD.decode(encoded).ok()?).ok()
}

impl Session {
    /// Answers a QUERY that wants its statement compiled instead of run.
    pub(super) fn compile(&mut self, sql: &str) -> Result<Step, End> {
        let plan = match self.plan(sql) {
            Ok(plan) => plan,
            Err(report) => return Ok(Step::Failed(report)),
        };
        if plan.len() != 1 {
            let sentence = "exactly one statement can be compiled at a time";
            return Ok(Step::Failed(refusal(
                "0A000",
                "SBWP.RETURN_SBLR.MULTI_STATEMENT_REFUSED",
                sentence,
            )));
        }
        let compiled = SblrCompiled {
            hash: hash(sql),
            version: VERSION,
            envelope: Bytes::from(format!("{OPENING}{}{CLOSING}", STANDARD.encode(sql))),
        };
        self.client
            .send(kind::SBLR_COMPILED, |out| compiled.encode(out))?;
        self.complete("SBLR_COMPILED", 0)?;
        Ok(Step::Done)
    }

    pub(super) async fn sblr_execute(&mut self, request: &Request) -> Result<(), End> {
        if !self.agreement.has(feature::SBLR) {
            return self.not_negotiated("SBLR");
        }
        if !self.transaction_matches(request)? {
            return Ok(());
        }
        let execute = match SblrExecute::decode(&request.payload) {
            Ok(execute) => execute,
            Err(error) => {
                let report = refusal(
                    "08P01",
                    "SBWP.SBLR_EXECUTE.PAYLOAD_INVALID",
                    &error.to_string(),
                );
                return self.failed(&report);
            }
        };
        if !execute.values.is_empty() {
            let sentence = "a compiled statement takes no parameters";
            let code = "SBWP.SBLR_EXECUTE.PARAMETER_BINDING_REQUIRED";
            return self.failed(&refusal("0A000", code, sentence));
        }
        if execute.envelope.is_empty() {
            let sentence = "a compiled statement cannot be executed by its hash alone";
            return self.failed(&refusal(
                "08P01",
                "SBWP.SBLR_EXECUTE.EMPTY_ENVELOPE",
                sentence,
            ));
        }
        let Some(sql) = open_envelope(&execute.envelope) else {
            let report = Report::error("42000", "The server could not classify the SBLR envelope.")
                .with_detail("PARSER_SERVER_IPC.SBLR_REVALIDATION_FAILED");
            return self.failed(&report);
        };
        match self.run_text(&sql, 0, 0).await? {
            Step::Done => self.ready(reason::COMMAND_COMPLETE),
            Step::Failed(report) => self.failed(&report),
            Step::Copying => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_envelopes_open() {
        let sealed = format!("{OPENING}{}{CLOSING}", STANDARD.encode("select 'é'"));
        assert_eq!(
            open_envelope(sealed.as_bytes()).as_deref(),
            Some("select 'é'")
        );
        for rubbish in [
            "",
            "ENVEL",
            OPENING,
            "{\"envelope\":\"SBLRExecutionEnvelope.v3\",\"statement\":\"?\"}",
        ] {
            assert_eq!(open_envelope(rubbish.as_bytes()), None, "{rubbish}");
        }
    }
}
