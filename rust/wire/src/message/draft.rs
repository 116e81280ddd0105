//! Messages of the design draft and of other clients that today's server never sends or always refuses.

use bytes::Bytes;

use super::layout::layout;
use super::Uuid;

layout! { strict "STREAM_CONTROL"
    /// Flow control of a stream; fatal at the server.
    pub struct StreamControl {
        /// 0 start, 1 pause, 2 resume, 3 cancel, 4 acknowledge.
        control: u8 = u8_pad3,
        /// Window.
        window: u32 = u32,
        /// Time limit in milliseconds.
        timeout_ms: u32 = u32,
    }
}

layout! { strict "ATTACH_CREATE"
    /// A further attachment; fatal at the server.
    pub struct AttachCreate {
        /// Mode.
        mode: String = lpstr,
        /// Database.
        database: String = lpstr,
    }
}

layout! { open "EXTENSION"
    /// A message of an extension; fatal at the server.
    pub struct Extension {
        /// Extension id.
        id: u32 = u32,
        /// Version.
        version: u16 = u16_pad2,
        /// Data of the extension.
        data: Bytes = rest,
    }
}

layout! { open "FUNCTION_RESULT"
    /// The value of a function.
    pub struct FunctionResult {
        /// Its type.
        oid: u32 = u32,
        /// 0 text, 1 binary.
        format: u8 = u8_pad3,
        /// The value, `None` for NULL.
        value: Option<Bytes> = value,
    }
}

layout! { open "STREAM_READY"
    /// A stream begins.
    pub struct StreamReady {
        /// The stream.
        stream: u64 = u64,
        /// Rows in all.
        total_rows: u64 = u64,
        /// Bytes in all, estimated.
        estimated_bytes: u64 = u64,
    }
}

layout! { open "STREAM_DATA"
    /// A piece of a stream.
    pub struct StreamData {
        /// The stream.
        stream: u64 = u64,
        /// Rows in this piece.
        rows: u32 = u32,
        /// The rows.
        data: Bytes = bytes32,
    }
}

layout! { open "STREAM_END"
    /// A stream ends.
    pub struct StreamEnd {
        /// The stream.
        stream: u64 = u64,
        /// Rows in all.
        total_rows: u64 = u64,
        /// Bytes in all.
        total_bytes: u64 = u64,
    }
}

layout! { open "CLUSTER_AUTH_OK"
    /// Authentication inside a cluster has succeeded.
    pub struct ClusterAuthOk {
        /// Key id.
        key_id: [u8; 16] = uuid,
        /// Permissions, JSON.
        permissions: String = lpstr,
    }
}

layout! { open "FEDERATED_RESULT"
    /// The end of a federated query.
    pub struct FederatedResult {
        /// The query.
        query_id: u32 = u32,
        /// Where it ran.
        source_id: Uuid = uuid,
        /// Status.
        status: u8 = u8_pad3,
        /// Rows.
        rows: u64 = u64,
        /// Time in microseconds.
        time_us: u64 = u64,
    }
}
