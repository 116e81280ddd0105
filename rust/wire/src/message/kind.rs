//! The code of every message, and its name.

macro_rules! kinds {
    ($($direction:ident $name:ident = $code:literal;)*) => {
        $(#[doc = concat!("`", stringify!($name), "`, ", stringify!($direction), ".")] pub const $name: u8 = $code;)*

        /// Every code with its name.
        pub const ALL: &[(u8, &str)] = &[$(($code, stringify!($name))),*];

        /// The name of a code, if it has one.
        pub fn name(kind: u8) -> Option<&'static str> {
            match kind {
                $($code => Some(stringify!($name)),)*
                _ => None,
            }
        }
    };
}

kinds! {
    client STARTUP = 0x01;
    client AUTH_RESPONSE = 0x02;
    client QUERY = 0x03;
    client PARSE = 0x04;
    client BIND = 0x05;
    client DESCRIBE = 0x06;
    client EXECUTE = 0x07;
    client CLOSE = 0x08;
    client SYNC = 0x09;
    client FLUSH = 0x0A;
    client CANCEL = 0x0B;
    client TERMINATE = 0x0C;
    client COPY_DATA = 0x0D;
    client COPY_DONE = 0x0E;
    client COPY_FAIL = 0x0F;
    client SBLR_EXECUTE = 0x10;
    client SUBSCRIBE = 0x11;
    client UNSUBSCRIBE = 0x12;
    client FEDERATED_QUERY = 0x13;
    client STREAM_CONTROL = 0x14;
    client TXN_BEGIN = 0x15;
    client TXN_COMMIT = 0x16;
    client TXN_ROLLBACK = 0x17;
    client TXN_SAVEPOINT = 0x18;
    client TXN_RELEASE = 0x19;
    client TXN_ROLLBACK_TO = 0x1A;
    client PING = 0x1B;
    client SET_OPTION = 0x1C;
    client CLUSTER_AUTH = 0x1D;
    client ATTACH_CREATE = 0x1E;
    client ATTACH_DETACH = 0x1F;
    client ATTACH_LIST = 0x20;
    client RESET_SESSION = 0x21;
    client REAUTH = 0x22;
    client TRACE_CONTEXT = 0x23;
    server AUTH_REQUEST = 0x40;
    server AUTH_OK = 0x41;
    server AUTH_CONTINUE = 0x42;
    server READY = 0x43;
    server ROW_DESCRIPTION = 0x44;
    server DATA_ROW = 0x45;
    server COMMAND_COMPLETE = 0x46;
    server EMPTY_QUERY = 0x47;
    server ERROR = 0x48;
    server NOTICE = 0x49;
    server PARSE_COMPLETE = 0x4A;
    server BIND_COMPLETE = 0x4B;
    server CLOSE_COMPLETE = 0x4C;
    server PORTAL_SUSPENDED = 0x4D;
    server NO_DATA = 0x4E;
    server PARAMETER_STATUS = 0x4F;
    server PARAMETER_DESCRIPTION = 0x50;
    server COPY_IN_RESPONSE = 0x51;
    server COPY_OUT_RESPONSE = 0x52;
    server COPY_BOTH_RESPONSE = 0x53;
    server NOTIFICATION = 0x54;
    server FUNCTION_RESULT = 0x55;
    server NEGOTIATE_VERSION = 0x56;
    server SBLR_COMPILED = 0x57;
    server QUERY_PLAN = 0x58;
    server STREAM_READY = 0x59;
    server STREAM_DATA = 0x5A;
    server STREAM_END = 0x5B;
    both TXN_STATUS = 0x5C;
    server PONG = 0x5D;
    server CLUSTER_AUTH_OK = 0x5E;
    server FEDERATED_RESULT = 0x5F;
    server QUERY_PROGRESS = 0x60;
    server SERVER_INFO = 0x61;
    server STATE_NOTIFICATION = 0x62;
    server CANCEL_ACK = 0x65;
    server CANCELLED = 0x66;
    server MULTI_RESULT_BEGIN = 0x67;
    server MULTI_RESULT_END = 0x68;
    server GENERATED_KEYS = 0x69;
    server OUT_PARAMETERS = 0x6A;
    server BATCH_RESULT = 0x6B;
    server PIPELINE_STATUS = 0x6C;
    server ARRAY_BIND_STATUS = 0x6D;
    server BULK_REJECT_DATA = 0x6E;
    server LOB_LOCATOR = 0x6F;
    server LOB_CHUNK = 0x70;
    both LOB_CLOSE = 0x71;
    server CURSOR_STATUS = 0x72;
    server FAILOVER_HINT = 0x73;
    both HEARTBEAT = 0x80;
    both EXTENSION = 0x81;
}
