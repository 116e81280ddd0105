//! Commits that may be repeated: idempotency keys, and asking what became of one.

use std::collections::HashMap;

use bytes::BytesMut;
use sbwp::message::{
    contract_flag, finality, finality_flag, kind, reason, Idempotency, TxnCommit, TxnFinality,
    TxnStatus, TxnStatusQuery,
};

use super::{refusal, End, Session};
use crate::backend::Report;
use crate::client::Request;

/// How many commits a connection remembers.
const MOST: usize = 1024;

const COMMITTED: &str = "SBWP.COMMIT.FINALITY_COMMITTED_BY_MGA_INVENTORY";
const NOT_FOUND: &str = "SBWP.COMMIT.FINALITY_NOT_FOUND";
const CONFLICT: &str = "SBWP.RETRY.IDEMPOTENCY_KEY_CONFLICT";
const NOT_ACKNOWLEDGED: &str = "SBWP.RETRY.CALLER_ACK_REQUIRED";

/// A commit that was made under a key.
#[derive(Clone, Copy)]
struct Made {
    contract: Idempotency,
    token: [u8; 16],
    original: u64,
    replacement: u64,
}

impl Made {
    fn finality(&self, state: u8, flags: u16, code: &str, detail: &str) -> TxnFinality {
        TxnFinality {
            state,
            flags,
            key: self.contract.key,
            token: self.token,
            fingerprint: self.contract.fingerprint,
            original_transaction: self.original,
            replacement_transaction: self.replacement,
            code: code.to_owned(),
            detail: detail.to_owned(),
        }
    }

    fn committed(&self) -> TxnFinality {
        let flags = finality_flag::ENGINE_KNOWN | finality_flag::SAME_KEY_REPLAYABLE;
        self.finality(finality::COMMITTED, flags, COMMITTED, "committed")
    }

    fn refused(&self, fingerprint: u64, flags: u16, code: &str, detail: &str) -> TxnFinality {
        let flags = flags
            | finality_flag::ENGINE_KNOWN
            | finality_flag::RETRY_REFUSED
            | finality_flag::SAME_KEY_REPLAYABLE;
        TxnFinality {
            fingerprint,
            ..self.finality(finality::REFUSED, flags, code, detail)
        }
    }
}

/// The commits of one connection that were made under keys.
#[derive(Default)]
pub(super) struct Commits {
    made: HashMap<[u8; 16], Made>,
    order: std::collections::VecDeque<[u8; 16]>,
}

impl Commits {
    fn keep(&mut self, made: Made) {
        if self.order.len() >= MOST {
            if let Some(oldest) = self.order.pop_front() {
                self.made.remove(&oldest);
            }
        }
        self.order.push_back(made.contract.key);
        self.made.insert(made.contract.key, made);
    }

    fn find(&self, query: &TxnStatusQuery) -> Option<&Made> {
        match query.key {
            [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0] => {
                self.made.values().find(|made| made.token == query.token)
            }
            key => self.made.get(&key),
        }
    }
}

impl Session {
    pub(super) async fn txn_commit(&mut self, request: &Request) -> Result<(), End> {
        if !self.transaction_matches(request)? {
            return Ok(());
        }
        let commit = match TxnCommit::decode(&request.payload) {
            Ok(commit) => commit,
            Err(_) => {
                let sentence = "the payload is truncated or not supported";
                return self.failed(&refusal(
                    "08P01",
                    "SBWP.COMMIT.IDEMPOTENCY_PAYLOAD_INVALID",
                    sentence,
                ));
            }
        };
        let contract = commit
            .idempotency
            .filter(|contract| contract.contract_flags & contract_flag::KEY != 0);
        let known = contract.and_then(|contract| self.commits.made.get(&contract.key).copied());
        match (contract, known) {
            (Some(contract), Some(made)) => self.commit_again(&contract, &made),
            (contract, _) => self.commit_once(contract, commit.idempotency).await,
        }
    }

    async fn commit_once(
        &mut self,
        keyed: Option<Idempotency>,
        any: Option<Idempotency>,
    ) -> Result<(), End> {
        let original = self.transaction.id;
        let expected = any.map_or(0, |contract| contract.expected_transaction);
        if expected != 0 && expected != original {
            let sentence = format!("the current transaction is {original}, not {expected}");
            return self.failed(&refusal("25000", "SBWP.TRANSACTION_ID_MISMATCH", &sentence));
        }
        if let Err(report) = self.commit().await? {
            return self.failed(&report);
        }
        self.complete("COMMIT", 0)?;
        if let Some(contract) = keyed {
            let mut token = [0; 16];
            if getrandom::fill(&mut token).is_err() {
                // Without randomness the key itself has to do: it is as unique as its maker made it.
                token = contract.key;
            }
            let made = Made {
                contract,
                token,
                original,
                replacement: self.transaction.id,
            };
            self.commits.keep(made);
            self.tell_finality(made.committed())?;
        }
        self.ready(reason::COMMAND_COMPLETE)
    }

    /// Answers a commit whose key was used before: nothing is committed.
    fn commit_again(&mut self, contract: &Idempotency, made: &Made) -> Result<(), End> {
        let same = contract.fingerprint == made.contract.fingerprint
            && contract.expected_transaction == made.contract.expected_transaction;
        if !same {
            let sentence = "the idempotency key belongs to a different commit";
            self.tell_finality(made.refused(contract.fingerprint, 0, CONFLICT, sentence))?;
            return self.failed(&refusal("40003", CONFLICT, sentence));
        }
        let side_effects = contract.contract_flags & contract_flag::SIDE_EFFECTS != 0;
        if side_effects && contract.contract_flags & contract_flag::ACKNOWLEDGED == 0 {
            let sentence =
                "the transaction had side effects and the caller did not acknowledge the retry";
            let flags = finality_flag::SIDE_EFFECT_RETRY_REFUSED;
            self.tell_finality(made.refused(
                contract.fingerprint,
                flags,
                NOT_ACKNOWLEDGED,
                sentence,
            ))?;
            return self.failed(&refusal("40003", NOT_ACKNOWLEDGED, sentence));
        }
        self.tell_finality(made.committed())?;
        self.complete("COMMIT", 0)?;
        self.ready(reason::COMMAND_COMPLETE)
    }

    pub(super) fn txn_status(&mut self, request: &Request) -> Result<(), End> {
        let query = match TxnStatusQuery::decode(&request.payload) {
            Ok(query) => query,
            Err(_) => {
                let sentence = "the payload is truncated or of an unknown version";
                return self.failed(&refusal(
                    "08P01",
                    "SBWP.COMMIT.FINALITY_QUERY_INVALID",
                    sentence,
                ));
            }
        };
        let finality = match self.commits.find(&query) {
            Some(made) => made.committed(),
            None => TxnFinality {
                state: finality::NOT_FOUND,
                flags: finality_flag::ENGINE_KNOWN | finality_flag::RETRY_REFUSED,
                key: query.key,
                code: NOT_FOUND.to_owned(),
                detail: "no commit is known by this key or token".to_owned(),
                ..TxnFinality::default()
            },
        };
        self.tell_finality(finality)?;
        self.ready(reason::COMMAND_COMPLETE)
    }

    fn tell_finality(&mut self, finality: TxnFinality) -> Result<(), End> {
        let mut payload = BytesMut::new();
        let status = TxnStatus::Finality(finality);
        match status.encode(&mut payload) {
            Ok(()) => Ok(self
                .client
                .send(kind::TXN_STATUS, |out| out.extend_from_slice(&payload))?),
            Err(error) => self.error(&Report::error("XX000", error.to_string())),
        }
    }
}
