//! The messages of the manager's preamble.

use bytes::Bytes;

use super::kind;
use crate::message::layout::{codec, layout, Layout};
use crate::message::messages;
use crate::message::reader::Reader;
use crate::message::writer::Writer;
use crate::message::{DecodeError, Reason};

/// The only authentication method of a manager.
pub const TOKEN: u8 = 4;

/// The version of the preamble that HELLO names.
const PREAMBLE_VERSION: u16 = 0x0100;
/// The mark of the long form of DB_CONNECT. As a length it would be too long for the short form.
const EXTENDED: [u8; 4] = *b"MCP1";
/// The bytes of AUTH_CHALLENGE between user name and second id.
const CHALLENGE_MIDDLE: [u8; 9] = [1, 1, 4, 1, 4, 1, 0, 16, 0];

layout! { strict "HELLO"
    /// The first message.
    pub struct Hello {
        /// Version of the preamble, 0x0100.
        version: u16 = u16,
        /// Client flags.
        client_flags: u16 = u16,
    }
}

impl Hello {
    /// HELLO of this protocol version.
    pub fn new(client_flags: u16) -> Self {
        Self {
            version: PREAMBLE_VERSION,
            client_flags,
        }
    }
}

/// Pairs of key and value.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct StatusResponse {
    /// 1 for HELLO and DISCONNECT, 3 for DB_LIST and DB_INFO.
    pub request_kind: u8,
    /// Keys and values.
    pub entries: Vec<(String, String)>,
}

impl Layout for StatusResponse {
    fn read(r: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let request_kind = r.u8("request_kind")?;
        let count = r.u32("count")?;
        let count = r.fits("count", u64::from(count), 8)?;
        let entries = (0..count)
            .map(|_| Ok((r.short_lpstr("key")?, r.short_lpstr("value")?)))
            .collect::<Result<_, _>>()?;
        Ok(Self {
            request_kind,
            entries,
        })
    }

    fn write(&self, w: &mut Writer<'_>) {
        w.u8("request_kind", &self.request_kind);
        w.count32("entries", self.entries.len());
        for (key, value) in &self.entries {
            w.short_lpstr("key", key);
            w.short_lpstr("value", value);
        }
    }
}

codec!(open StatusResponse = "STATUS_RESPONSE");

layout! { strict "AUTH_START" hides(initial)
    /// Begins authentication.
    pub struct AuthStart {
        /// User name.
        username: String = short_lpstr,
        /// [`TOKEN`].
        method: u8 = u8,
        /// The token, or empty to wait for the challenge.
        initial: Bytes = bytes32,
    }
}

/// Asks for the token.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AuthChallenge {
    /// Id of the exchange.
    pub id: [u8; 16],
    /// User name, at most 64 bytes.
    pub username: String,
}

impl Layout for AuthChallenge {
    fn read(r: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let challenge = Self {
            id: r.uuid("id")?,
            username: r.padded::<64>("username")?,
        };
        r.skip("fixed", CHALLENGE_MIDDLE.len() as u64)?;
        r.uuid("id_2")?;
        Ok(challenge)
    }

    fn write(&self, w: &mut Writer<'_>) {
        w.uuid("id", &self.id);
        w.padded::<64>("username", &self.username);
        w.raw(&CHALLENGE_MIDDLE);
        w.uuid("id_2", &self.id);
    }
}

codec!(open AuthChallenge = "AUTH_CHALLENGE");

layout! { strict "AUTH_CONTINUE" hides(token)
    /// The answer to a challenge.
    pub struct AuthContinue {
        /// The token, not empty.
        token: Bytes = bytes32,
    }
}

/// How authentication ended. A failure may be tried again.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AuthResponse {
    /// 0: accepted.
    pub status: u8,
    /// Error text, at most 256 bytes.
    pub error: String,
    /// Opaque diagnostic of a failure.
    pub diagnostic: Option<Bytes>,
}

impl Layout for AuthResponse {
    fn read(r: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let status = r.u8("status")?;
        r.u32("zero")?;
        Ok(Self {
            status,
            error: r.padded::<256>("error")?,
            diagnostic: match r.is_empty() {
                true => None,
                false => Some(r.bytes32("diagnostic")?),
            },
        })
    }

    fn write(&self, w: &mut Writer<'_>) {
        w.u8("status", &self.status);
        w.zeros(4);
        w.padded::<256>("error", &self.error);
        if let Some(diagnostic) = &self.diagnostic {
            w.bytes32("diagnostic", diagnostic);
        }
    }
}

codec!(open AuthResponse = "AUTH_RESPONSE");

/// Asks for the hand-over to a database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DbConnect {
    /// The database alone.
    Short {
        /// The database; empty means the manager's own.
        database: String,
    },
    /// The form drivers send.
    Extended {
        /// The database; empty means the manager's own.
        database: String,
        /// Connection profile, `SBsql` or empty.
        profile: String,
        /// Client intent, `SBsql` or empty.
        intent: String,
        /// Empty, or 16 to 32 bytes.
        nonce: Bytes,
    },
}

impl Layout for DbConnect {
    fn read(r: &mut Reader<'_>) -> Result<Self, DecodeError> {
        if !r.ahead().starts_with(&EXTENDED) {
            return Ok(Self::Short {
                database: r.short_lpstr("database")?,
            });
        }
        r.skip("magic", EXTENDED.len() as u64)?;
        let database = r.short_lpstr("database")?;
        let profile = r.short_lpstr("profile")?;
        let intent = r.short_lpstr("intent")?;
        let length = r.u16("nonce_length")?;
        if !matches!(length, 0 | 16..=32) {
            return Err(r.error("nonce_length", Reason::Invalid(i64::from(length))));
        }
        let nonce = Bytes::copy_from_slice(r.take("nonce", u64::from(length))?);
        Ok(Self::Extended {
            database,
            profile,
            intent,
            nonce,
        })
    }

    fn write(&self, w: &mut Writer<'_>) {
        match self {
            Self::Short { database } => w.short_lpstr("database", database),
            Self::Extended {
                database,
                profile,
                intent,
                nonce,
            } => {
                w.raw(&EXTENDED);
                w.short_lpstr("database", database);
                w.short_lpstr("profile", profile);
                w.short_lpstr("intent", intent);
                w.count16("nonce", nonce.len());
                w.raw(nonce);
            }
        }
    }
}

codec!(strict DbConnect = "DB_CONNECT");

layout! { strict "DB_INFO"
    /// Asks about one database.
    pub struct DbInfo {
        /// The database.
        database: String = short_lpstr,
    }
}

layout! { open "PROTOCOL_ERROR"
    /// Why a request failed.
    pub struct Failure {
        /// Message text.
        message: String = label,
        /// Opaque diagnostic.
        diagnostic: Bytes = bytes32,
    }
}

/// PROTOCOL_ERROR is a failure and nothing else.
pub type ProtocolError = Failure;

/// How the hand-over ended.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ConnectResponse {
    /// 0: from now on the connection speaks SBWP.
    pub failure: u8,
    /// 0x0101.
    pub version: u16,
    /// Bit 0 base capabilities, bit 6 handed over with a binding token.
    pub server_flags: u16,
    /// Id.
    pub id: [u8; 16],
    /// Product, at most 64 bytes.
    pub product: String,
    /// Version of the product, at most 32 bytes.
    pub product_version: String,
    /// Why it failed.
    pub error: Option<Failure>,
}

impl Layout for ConnectResponse {
    fn read(r: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(Self {
            failure: r.u8("failure")?,
            version: r.u16("version")?,
            server_flags: r.u16("server_flags")?,
            id: r.uuid("id")?,
            product: r.padded::<64>("product")?,
            product_version: r.padded::<32>("product_version")?,
            error: match r.is_empty() {
                true => None,
                false => Some(Failure::read(r)?),
            },
        })
    }

    fn write(&self, w: &mut Writer<'_>) {
        w.u8("failure", &self.failure);
        w.u16("version", &self.version);
        w.u16("server_flags", &self.server_flags);
        w.uuid("id", &self.id);
        w.padded::<64>("product", &self.product);
        w.padded::<32>("product_version", &self.product_version);
        if let Some(error) = &self.error {
            error.write(w);
        }
    }
}

codec!(open ConnectResponse = "CONNECT_RESPONSE");

messages! {
    /// A message from client to manager.
    pub enum ManagerRequest;
    content {
        Hello(Hello) = HELLO,
        AuthStart(AuthStart) = AUTH_START,
        AuthContinue(AuthContinue) = AUTH_CONTINUE,
        DbConnect(DbConnect) = DB_CONNECT,
        DbInfo(DbInfo) = DB_INFO,
    }
    empty {
        DbList = DB_LIST,
        Disconnect = DISCONNECT,
    }
    opaque {
        ADMIN,
        ADMIN_2,
    }
}

messages! {
    /// A message from manager to client.
    pub enum ManagerReply;
    content {
        StatusResponse(StatusResponse) = STATUS_RESPONSE,
        AuthChallenge(AuthChallenge) = AUTH_CHALLENGE,
        AuthResponse(AuthResponse) = AUTH_RESPONSE,
        ConnectResponse(ConnectResponse) = CONNECT_RESPONSE,
        ProtocolError(ProtocolError) = PROTOCOL_ERROR,
    }
    empty {}
    opaque {}
}
