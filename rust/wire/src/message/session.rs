//! The session around the statements: SERVER_INFO, PARAMETER_STATUS, NEGOTIATE_VERSION, options, reset, trace
//! context and signs of life.

use bytes::Bytes;

use super::error::{DecodeError, Reason};
use super::layout::{codec, layout, Layout};
use super::reader::Reader;
use super::writer::Writer;
use super::{Generation, Uuid};

layout! { open "SERVER_INFO"
    /// What the server says of itself after AUTH_OK (P1 only).
    pub struct ServerInfo {
        /// Session UUID.
        session: Uuid = uuid,
        /// Zero.
        zero: Uuid = uuid,
        /// Zero.
        zero_2: Uuid = uuid,
        /// Product.
        product: String = lpstr,
        /// Version.
        version: String = lpstr,
        /// Dialect.
        dialect: String = lpstr,
        /// 1.
        profile_generation: u64 = u64,
        /// Every feature the server has.
        features: u64 = u64,
        /// 1.
        one: u64 = u64,
    }
}

layout! { open "PARAMETER_STATUS"
    /// One reported value.
    pub struct ParameterEntry {
        /// Name.
        key: String = lpstr,
        /// 1, text.
        value_type: u8 = u8,
        /// 0.
        redaction: u8 = u8,
        /// 0.
        defaulted: u8 = u8,
        /// Value.
        value: String = lpstr,
    }
}

impl ParameterEntry {
    /// A text entry.
    pub fn new(key: impl Into<String>, value: impl Into<String>) -> Self {
        Self {
            key: key.into(),
            value_type: 1,
            value: value.into(),
            ..Self::default()
        }
    }
}

/// PARAMETER_STATUS: a list (P1), or the older single pair, which carries key and value alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParameterStatus {
    /// P1 for the list form.
    pub generation: Generation,
    /// The values.
    pub entries: Vec<ParameterEntry>,
}

/// A list has at most this many entries; a greater first number is the length of a single pair's name.
const MAX_ENTRIES: u32 = 256;

impl ParameterStatus {
    /// A list.
    pub fn new(entries: Vec<ParameterEntry>) -> Self {
        Self {
            generation: Generation::P1,
            entries,
        }
    }

    /// The value of a key.
    pub fn get(&self, key: &str) -> Option<&str> {
        self.entries
            .iter()
            .find(|entry| entry.key == key)
            .map(|entry| entry.value.as_str())
    }

    /// The list form, if it fills the payload exactly.
    fn read_list(mut r: Reader<'_>) -> Result<Vec<ParameterEntry>, DecodeError> {
        let count = r.u32("count")?;
        let count = r.fits("count", u64::from(count), 11)?;
        let entries = (0..count)
            .map(|_| ParameterEntry::read(&mut r))
            .collect::<Result<_, _>>()?;
        r.finish()?;
        Ok(entries)
    }
}

/// Whether this can be a parameter's name. The beginning of a list that was cut off reads as a pair too, whose name
/// is what there is of a length.
fn is_name(name: &str) -> bool {
    !name.is_empty()
        && name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'-'))
}

impl Layout for ParameterStatus {
    fn read(r: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let listed = match r.clone().u32("count")? {
            0..=MAX_ENTRIES => Some(Self::read_list(r.clone())),
            _ => None,
        };
        if let Some(Ok(entries)) = listed {
            r.take_rest();
            return Ok(Self::new(entries));
        }
        let pair = (|| {
            let offset = r.offset();
            let entry = ParameterEntry::new(r.lpstr("name")?, r.lpstr("value")?);
            r.finish()?;
            match is_name(&entry.key) {
                true => Ok(entry),
                false => Err(r.error_at("name", offset, Reason::Malformed)),
            }
        })();
        match (pair, listed) {
            (Ok(entry), _) => Ok(Self {
                generation: Generation::Legacy,
                entries: vec![entry],
            }),
            // Neither form fits: the error of the form the server uses says more.
            (Err(_), Some(Err(error))) | (Err(error), _) => Err(error),
        }
    }

    fn write(&self, w: &mut Writer<'_>) {
        match (self.generation, self.entries.first()) {
            (Generation::Legacy, Some(entry)) => {
                w.lpstr("name", &entry.key);
                w.lpstr("value", &entry.value);
            }
            _ => {
                w.count32("entries", self.entries.len());
                for entry in &self.entries {
                    entry.write(w);
                }
            }
        }
    }
}

codec!(strict ParameterStatus = "PARAMETER_STATUS");

layout! { open "NEGOTIATE_VERSION"
    /// The versions and features a server accepts; never sent by today's.
    pub struct NegotiateVersion {
        /// Major version.
        major: u8 = u8,
        /// Minor version.
        minor: u8 = u8,
        /// Zero.
        reserved: u16 = u16,
        /// Accepted features.
        features: u64 = u64,
        /// Greatest message.
        max_message_size: u32 = u32,
        /// Zero.
        reserved_2: u32 = u32,
    }
}

layout! { strict "SET_OPTION"
    /// Sets a session option; an empty value deletes it.
    pub struct SetOption {
        /// Name, 1 to 256 bytes.
        name: String = lpstr,
        /// Value, at most 4096 bytes.
        value: String = lpstr,
    }
}

/// RESET_SESSION. Bytes that are missing have a default: no roll-back, drop, clear.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ResetSession {
    /// Not read by the server.
    pub request: Uuid,
    /// Roll back the open transaction; must be set, one is always open.
    pub roll_back: bool,
    /// Drop prepared statements and portals.
    pub drop_prepared: bool,
    /// Clear the trace context.
    pub clear_trace: bool,
}

impl Default for ResetSession {
    fn default() -> Self {
        Self {
            request: [0; 16],
            roll_back: true,
            drop_prepared: true,
            clear_trace: true,
        }
    }
}

impl Layout for ResetSession {
    fn read(r: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let bytes = r.take_rest();
        let mut request = [0; 16];
        for (to, from) in request.iter_mut().zip(bytes) {
            *to = *from;
        }
        let flag = |at: usize, default: bool| bytes.get(at).map_or(default, |byte| *byte != 0);
        Ok(Self {
            request,
            roll_back: flag(17, false),
            drop_prepared: flag(18, true),
            clear_trace: flag(20, true),
        })
    }

    fn write(&self, w: &mut Writer<'_>) {
        w.uuid("request_uuid", &self.request);
        w.zeros(1);
        w.bool("rollback_open_transaction", &self.roll_back);
        w.bool("drop_prepared", &self.drop_prepared);
        w.zeros(1);
        w.bool("clear_trace", &self.clear_trace);
    }
}

codec!(strict ResetSession = "RESET_SESSION");

layout! { open "TRACE_CONTEXT"
    /// The W3C trace context of what follows.
    pub struct TraceContext {
        /// Not read by the server.
        id: Uuid = uuid,
        /// Empty, or 55 characters.
        traceparent: String = lpstr,
        /// May be empty.
        tracestate: String = lpstr,
        /// Must be there, not read by the server.
        flags: u16 = u16,
    }
}

layout! { strict "PING"
    /// A sign of life wanted; also before authentication.
    pub struct Ping {
        /// Anything.
        data: Bytes = rest,
    }
}

layout! { strict "PONG"
    /// The answer to a PING.
    pub struct Pong {
        /// The data of the PING.
        data: Bytes = rest,
    }
}

/// HEARTBEAT, refused by the server; the content is a draft's and may be missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Heartbeat {
    /// Monotonic time in microseconds.
    pub monotonic_us: Option<u64>,
}

impl Layout for Heartbeat {
    fn read(r: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let monotonic_us = match r.is_empty() {
            true => None,
            false => Some(r.u64("monotonic_us")?),
        };
        Ok(Self { monotonic_us })
    }

    fn write(&self, w: &mut Writer<'_>) {
        if let Some(time) = &self.monotonic_us {
            w.u64("monotonic_us", time);
        }
    }
}

codec!(open Heartbeat = "HEARTBEAT");
