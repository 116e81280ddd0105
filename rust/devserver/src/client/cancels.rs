//! CANCEL requests found in what was read ahead, while the statement they mean may still be running.

use std::collections::VecDeque;

use sbwp::frame::{Header, HEADER_LEN, MAX_PAYLOAD};
use sbwp::message::kind;

/// Whom a CANCEL means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Target {
    Current,
    Sequence(u32),
}

/// One CANCEL that was read and not answered yet.
#[derive(Clone, Copy, Debug)]
pub struct CancelRequest {
    target: Target,
    /// Whether it met a statement.
    struck: bool,
    /// Whether that statement ended by it.
    pub took_effect: bool,
}

/// The cancellations of one connection, in the order of their arrival.
#[derive(Debug, Default)]
pub struct Cancels {
    /// How far into the input buffer the frames were looked at.
    scanned: usize,
    seen: VecDeque<CancelRequest>,
}

impl Cancels {
    /// Looks at the headers of the frames that have arrived since the last call.
    pub(super) fn scan(&mut self, input: &[u8]) {
        // A broken header ends the scan; the session meets it later and closes the connection.
        while let Some(rest) = input.get(self.scanned..) {
            let Ok(Some(header)) = Header::parse(rest, MAX_PAYLOAD) else {
                return;
            };
            let total = HEADER_LEN + header.length as usize;
            if header.kind == kind::CANCEL {
                let Some(payload) = rest.get(HEADER_LEN..total) else {
                    return;
                };
                self.seen.push_back(CancelRequest {
                    target: target(payload),
                    struck: false,
                    took_effect: false,
                });
            }
            self.scanned += total;
        }
    }

    pub(super) fn consumed(&mut self, length: usize) {
        self.scanned = self.scanned.saturating_sub(length);
    }

    /// Whether the request with this sequence number is to be cancelled now; a CANCEL strikes once.
    pub fn strike(&mut self, sequence: u32) -> bool {
        for request in &mut self.seen {
            let meant = match request.target {
                Target::Current => true,
                Target::Sequence(wanted) => wanted == sequence,
            };
            if meant && !request.struck {
                request.struck = true;
                return true;
            }
        }
        false
    }

    /// The statement struck last has ended by it.
    pub fn took_effect(&mut self) {
        if let Some(last) = self.seen.iter_mut().rfind(|request| request.struck) {
            last.took_effect = true;
        }
    }

    /// The CANCEL that is now to be answered.
    pub fn answer(&mut self) -> Option<CancelRequest> {
        self.seen.pop_front()
    }
}

/// 8 bytes: `u32` kind, `u32` sequence. 32 bytes: request UUID, target UUID; a session runs one statement at a time, so any target means it.
fn target(payload: &[u8]) -> Target {
    match payload {
        [1, 0, 0, 0, sequence @ ..] if payload.len() == 8 => sequence
            .first_chunk::<4>()
            .map_or(Target::Current, |bytes| {
                Target::Sequence(u32::from_le_bytes(*bytes))
            }),
        _ => Target::Current,
    }
}
