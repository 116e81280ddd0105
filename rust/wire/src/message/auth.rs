//! Authentication: AUTH_REQUEST, AUTH_RESPONSE, AUTH_CONTINUE, AUTH_OK and REAUTH. The bytes of the
//! mechanisms themselves are [`crate::auth`]'s.

use bytes::Bytes;

use super::layout::layout;
use super::Uuid;

/// Authentication methods of AUTH_REQUEST and AUTH_CONTINUE.
pub mod method {
    /// Nothing to send.
    pub const OK: u8 = 0;
    /// The password as it is.
    pub const PASSWORD: u8 = 1;
    /// MD5; refused.
    pub const MD5: u8 = 2;
    /// SCRAM-SHA-256.
    pub const SCRAM_SHA_256: u8 = 3;
    /// SCRAM-SHA-512.
    pub const SCRAM_SHA_512: u8 = 4;
    /// A token as it is.
    pub const TOKEN: u8 = 5;
    /// Operating system peer.
    pub const PEER: u8 = 6;
    /// Reattach to a dormant session.
    pub const REATTACH: u8 = 7;
    /// Client certificate.
    pub const CERTIFICATE: u8 = 8;
    /// GSSAPI.
    pub const GSSAPI: u8 = 9;
    /// SSPI.
    pub const SSPI: u8 = 10;
    /// LDAP.
    pub const LDAP: u8 = 11;
    /// SAML.
    pub const SAML: u8 = 12;
    /// OpenID Connect.
    pub const OIDC: u8 = 13;
    /// One-time password.
    pub const MFA_TOTP: u8 = 14;
    /// Cluster certificates.
    pub const CLUSTER_PKI: u8 = 15;
}

/// Stages of AUTH_CONTINUE.
pub mod stage {
    /// The data is a challenge.
    pub const CHALLENGE: u8 = 0;
    /// The mechanism has succeeded.
    pub const SUCCESS: u8 = 1;
    /// The mechanism has failed.
    pub const ERROR: u8 = 2;
}

layout! { open "AUTH_REQUEST"
    /// The server asks for a credential.
    pub struct AuthRequest {
        /// One of [`method`].
        method: u8 = u8_pad3,
        /// Data of the method; the server sends none.
        data: Bytes = rest,
    }
}

layout! { strict "AUTH_RESPONSE" hides(credential)
    /// The client's credential or its part of an exchange.
    pub struct AuthResponse {
        /// Password, token or SCRAM message, delimited by the frame alone.
        credential: Bytes = rest,
    }
}

layout! { open "AUTH_CONTINUE"
    /// The server's part of an exchange.
    pub struct AuthContinue {
        /// One of [`method`].
        method: u8 = u8,
        /// One of [`stage`].
        stage: u8 = u8,
        /// Always zero.
        reserved: u16 = u16,
        /// Data of the mechanism.
        data: Bytes = bytes32,
    }
}

layout! { open "AUTH_OK"
    /// Authentication has succeeded.
    pub struct AuthOk {
        /// The session, and the attachment id of every frame from now on.
        session: Uuid = uuid,
        /// Last data of the mechanism, such as a SCRAM server signature.
        info: Bytes = bytes32,
    }
}

layout! { strict "REAUTH" hides(credential)
    /// A credential for an open session.
    pub struct Reauth {
        /// Must not be empty.
        credential: Bytes = rest,
    }
}
