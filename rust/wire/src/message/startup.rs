//! STARTUP: versions, features and parameters a client opens a connection with, in both layouts.

use bytes::Bytes;

use super::error::{DecodeError, EncodeError, Reason};
use super::layout::{codec, layout, Layout};
use super::reader::Reader;
use super::writer::Writer;
use super::{Generation, Uuid};

/// Protocol version 1.0 as STARTUP writes it.
pub const VERSION_1_0: u16 = 0x0100;
/// Protocol version 1.1 as STARTUP writes it.
pub const VERSION_1_1: u16 = 0x0101;
/// Most parameters a STARTUP may carry.
pub const MAX_PARAMETERS: usize = 256;
/// Most extensions a STARTUP may carry.
pub const MAX_EXTENSIONS: usize = 64;
/// Payloads shorter than this are legacy; P1 has at least its fixed fields.
const P1_LEAST: usize = 84;

/// Feature bits of STARTUP, READY and SERVER_INFO.
pub mod feature {
    /// Compressed frames; no server offers it.
    pub const COMPRESSION: u64 = 1 << 0;
    /// COPY_DATA, COPY_DONE, COPY_FAIL and QUERY in parts.
    pub const STREAMING: u64 = 1 << 1;
    /// SBLR_EXECUTE.
    pub const SBLR: u64 = 1 << 2;
    /// Known to clients only.
    pub const FEDERATION: u64 = 1 << 3;
    /// SUBSCRIBE and UNSUBSCRIBE.
    pub const NOTIFICATIONS: u64 = 1 << 4;
    /// Known to clients only.
    pub const QUERY_PLAN: u64 = 1 << 5;
    /// Gates nothing.
    pub const BATCH: u64 = 1 << 6;
    /// Gates nothing.
    pub const PIPELINE: u64 = 1 << 7;
    /// COPY in binary packets.
    pub const BINARY_COPY: u64 = 1 << 8;
    /// TXN_SAVEPOINT, TXN_RELEASE, TXN_ROLLBACK_TO.
    pub const SAVEPOINTS: u64 = 1 << 9;
    /// Known to clients only.
    pub const TWO_PHASE_COMMIT: u64 = 1 << 10;
    /// Known to clients only.
    pub const CHECKSUMS: u64 = 1 << 11;
    /// Gates nothing.
    pub const MULTI_RESULT: u64 = 1 << 13;
    /// Gates nothing.
    pub const GENERATED_KEYS: u64 = 1 << 14;
    /// Gates nothing.
    pub const OUT_PARAMETERS: u64 = 1 << 15;
    /// The array form of BIND.
    pub const ARRAY_BIND: u64 = 1 << 16;
    /// Gates nothing.
    pub const BULK_REJECTS: u64 = 1 << 17;
    /// LOB_CLOSE.
    pub const LOB_LOCATOR: u64 = 1 << 18;
    /// Gates nothing.
    pub const CURSORS: u64 = 1 << 19;
    /// STREAM_CONTROL; no server offers it.
    pub const COPY_BACKPRESSURE: u64 = 1 << 20;
    /// RESET_SESSION.
    pub const SESSION_RESET: u64 = 1 << 21;
    /// REAUTH.
    pub const REAUTH: u64 = 1 << 22;
    /// Known, no server offers it.
    pub const FAILOVER_HINTS: u64 = 1 << 23;
    /// TRACE_CONTEXT.
    pub const TRACE_CONTEXT: u64 = 1 << 24;
    /// Every bit with a meaning or a reserved place, 0 to 24.
    pub const KNOWN: u64 = (1 << 25) - 1;
    /// What the server offers.
    pub const SERVER_MASK: u64 = 0x016F_E3D6;
    /// What a client should ask for.
    pub const RECOMMENDED: u64 = 0x0123_03D6;
    /// Bits that exist from protocol 1.1 on.
    pub const SINCE_1_1: u64 = KNOWN & !((1 << 13) - 1);
}

/// Bits of [`Startup::connect_flags`].
pub mod connect_flag {
    /// Reattach to a dormant session.
    pub const DORMANT_REATTACH: u32 = 1 << 0;
    /// The database UUID is bound.
    pub const BOUND_DATABASE: u32 = 1 << 1;
    /// SQL compile assist.
    pub const SQL_COMPILE_ASSIST: u32 = 1 << 2;
    /// A manager's binding token is used.
    pub const MANAGER_BINDING: u32 = 1 << 3;
    /// Multiplexing; not together with DORMANT_REATTACH.
    pub const MULTIPLEX: u32 = 1 << 4;
    /// Every defined bit.
    pub const KNOWN: u32 = (1 << 5) - 1;
}

/// Types of a STARTUP parameter's value.
pub mod value_type {
    /// UTF-8 text.
    pub const TEXT: u8 = 1;
    /// Unsigned integer of 4 or 8 bytes.
    pub const UNSIGNED: u8 = 2;
    /// One byte.
    pub const BOOLEAN: u8 = 3;
    /// 16 bytes.
    pub const UUID: u8 = 4;
    /// Raw text.
    pub const RAW: u8 = 5;
    /// Raw text, second form.
    pub const RAW_2: u8 = 6;
}

layout! { strict "STARTUP" hides(value)
    /// One named parameter of STARTUP.
    pub struct StartupParameter {
        /// Name, one of the keys the server knows.
        key: String = lpstr,
        /// One of [`value_type`].
        value_type: u8 = u8,
        /// From 3 on the server drops the value.
        redaction: u8 = u8,
        /// The value.
        value: Bytes = bytes32,
    }
}

impl StartupParameter {
    /// A text parameter.
    pub fn text(key: impl Into<String>, value: impl Into<String>) -> Self {
        Self {
            key: key.into(),
            value_type: value_type::TEXT,
            redaction: 0,
            value: Bytes::from(value.into()),
        }
    }

    /// The value as text, if it is text.
    pub fn as_text(&self) -> Option<&str> {
        let text = matches!(
            self.value_type,
            value_type::TEXT | value_type::RAW | value_type::RAW_2
        );
        std::str::from_utf8(&self.value).ok().filter(|_| text)
    }
}

layout! { strict "STARTUP"
    /// One protocol extension a client offers.
    pub struct StartupExtension {
        /// Name.
        name: String = lpstr,
        /// Major version.
        major: u16 = u16,
        /// Least minor version.
        min_minor: u16 = u16,
        /// Greatest minor version.
        max_minor: u16 = u16,
        /// 1 required, 2 ignorable.
        flags: u32 = u32,
    }
}

/// STARTUP. In the legacy layout only `min_version`, `features` and text `parameters` are on the wire.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Startup {
    /// The layout; it decides the layouts of the whole connection.
    pub generation: Generation,
    /// Least protocol version, such as [`VERSION_1_1`].
    pub min_version: u16,
    /// Greatest protocol version.
    pub max_version: u16,
    /// Bits of [`connect_flag`].
    pub connect_flags: u32,
    /// Features the client can use, bits of [`feature`].
    pub features: u64,
    /// Features the client insists on.
    pub required_features: u64,
    /// Ignored by the server.
    pub optional_features: u64,
    /// Ignored by the server.
    pub client_instance: [u8; 16],
    /// Ignored by the server.
    pub database_id: Uuid,
    /// Ignored by the server.
    pub reattach_id: Uuid,
    /// Named parameters, at most [`MAX_PARAMETERS`].
    pub parameters: Vec<StartupParameter>,
    /// Extensions, at most [`MAX_EXTENSIONS`].
    pub extensions: Vec<StartupExtension>,
}

impl Default for Startup {
    fn default() -> Self {
        Self {
            generation: Generation::P1,
            min_version: VERSION_1_1,
            max_version: VERSION_1_1,
            connect_flags: 0,
            features: 0,
            required_features: 0,
            optional_features: 0,
            client_instance: [0; 16],
            database_id: [0; 16],
            reattach_id: [0; 16],
            parameters: Vec::new(),
            extensions: Vec::new(),
        }
    }
}

impl Startup {
    /// The layout a server takes a payload for. A legacy payload of 84 bytes or more counts as P1.
    pub fn generation_of(payload: &[u8]) -> Generation {
        match payload {
            [_, a, _, b, ..] if payload.len() >= P1_LEAST && *a <= 2 && *b <= 2 => Generation::P1,
            _ => Generation::Legacy,
        }
    }

    /// Least and greatest version of a P1 payload, which a server checks before it reads the rest.
    pub fn versions_of(payload: &[u8]) -> Option<(u16, u16)> {
        match payload {
            [a, b, c, d, ..] if Self::generation_of(payload) == Generation::P1 => {
                Some((u16::from_le_bytes([*a, *b]), u16::from_le_bytes([*c, *d])))
            }
            _ => None,
        }
    }

    /// The text of a parameter.
    pub fn parameter(&self, key: &str) -> Option<&str> {
        self.parameters
            .iter()
            .find(|parameter| parameter.key == key)
            .and_then(StartupParameter::as_text)
    }

    fn read_p1(r: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let mut startup = Self {
            generation: Generation::P1,
            min_version: r.u16("protocol_min_version")?,
            max_version: r.u16("protocol_max_version")?,
            connect_flags: r.u32("connect_flags")?,
            features: r.u64("client_features")?,
            required_features: r.u64("required_features")?,
            optional_features: r.u64("optional_features")?,
            client_instance: r.uuid("client_instance_id")?,
            database_id: r.uuid("database_uuid")?,
            reattach_id: r.uuid("reattach_uuid")?,
            parameters: Vec::new(),
            extensions: Vec::new(),
        };
        startup.parameters = read_list(r, "parameter_count", MAX_PARAMETERS)?;
        startup.extensions = read_list(r, "extension_count", MAX_EXTENSIONS)?;
        Ok(startup)
    }

    fn read_legacy(r: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let version = u16::from(r.u8("major")?) << 8 | u16::from(r.u8("minor")?);
        let reserved = r.u16("reserved")?;
        if reserved != 0 {
            return Err(r.error_at("reserved", 2, Reason::Invalid(i64::from(reserved))));
        }
        let mut startup = Self {
            generation: Generation::Legacy,
            min_version: version,
            max_version: version,
            features: r.u64("features")?,
            ..Self::default()
        };
        loop {
            let key = r.cstr("key")?;
            if key.is_empty() {
                return Ok(startup);
            }
            let value = r.cstr("value")?;
            if startup.parameters.len() == MAX_PARAMETERS {
                return Err(r.error("parameters", Reason::Invalid(MAX_PARAMETERS as i64 + 1)));
            }
            startup.parameters.push(StartupParameter::text(key, value));
        }
    }

    fn write_legacy(&self, w: &mut Writer<'_>) {
        let [major, minor] = self.min_version.to_be_bytes();
        w.raw(&[major, minor, 0, 0]);
        w.u64("features", &self.features);
        for parameter in &self.parameters {
            w.cstr("key", &parameter.key);
            w.cstr("value", parameter.as_text().unwrap_or_default());
        }
        w.raw(&[0]);
    }
}

fn read_list<T: Layout>(
    r: &mut Reader<'_>,
    field: &'static str,
    max: usize,
) -> Result<Vec<T>, DecodeError> {
    let offset = r.offset();
    let count = r.u32(field)?;
    if count as usize > max {
        let (count, available) = (u64::from(count), r.remaining());
        return Err(r.error_at(field, offset, Reason::Count { count, available }));
    }
    (0..count).map(|_| T::read(r)).collect()
}

fn write_list<T: Layout>(w: &mut Writer<'_>, field: &'static str, list: &[T], max: usize) {
    if list.len() > max {
        let (message, count) = ("STARTUP", list.len());
        w.fail(EncodeError::Count {
            message,
            field,
            count,
            max,
        });
    }
    w.count32(field, list.len());
    for item in list {
        item.write(w);
    }
}

impl Layout for Startup {
    fn read(r: &mut Reader<'_>) -> Result<Self, DecodeError> {
        match Self::generation_of(r.ahead()) {
            Generation::P1 => Self::read_p1(r),
            Generation::Legacy => Self::read_legacy(r),
        }
    }

    fn write(&self, w: &mut Writer<'_>) {
        if self.generation == Generation::Legacy {
            return self.write_legacy(w);
        }
        w.u16("protocol_min_version", &self.min_version);
        w.u16("protocol_max_version", &self.max_version);
        w.u32("connect_flags", &self.connect_flags);
        w.u64("client_features", &self.features);
        w.u64("required_features", &self.required_features);
        w.u64("optional_features", &self.optional_features);
        w.uuid("client_instance_id", &self.client_instance);
        w.uuid("database_uuid", &self.database_id);
        w.uuid("reattach_uuid", &self.reattach_id);
        write_list(w, "parameter_count", &self.parameters, MAX_PARAMETERS);
        write_list(w, "extension_count", &self.extensions, MAX_EXTENSIONS);
    }
}

codec!(strict Startup = "STARTUP");
