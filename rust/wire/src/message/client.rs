//! Everything a client can send.

use super::{
    kind, messages, ArrayBind, AttachCreate, AuthResponse, Bind, Cancel, Close, CopyData, CopyFail,
    Describe, Execute, Extension, Heartbeat, Parse, Ping, Query, Reauth, ResetSession, Savepoint,
    SblrExecute, SetOption, Startup, StreamControl, Subscribe, TraceContext, TxnBegin, TxnCommit,
    TxnRollback, TxnStatusQuery, Unsubscribe,
};

messages! {
    /// A message from client to server.
    pub enum ClientMessage;
    content {
        Startup(Startup) = STARTUP,
        AuthResponse(AuthResponse) = AUTH_RESPONSE,
        Query(Query) = QUERY,
        Parse(Parse) = PARSE,
        ArrayBind(ArrayBind) = BIND where ArrayBind::matches,
        Bind(Bind) = BIND,
        Describe(Describe) = DESCRIBE,
        Execute(Execute) = EXECUTE,
        Close(Close) = CLOSE,
        Cancel(Cancel) = CANCEL,
        CopyData(CopyData) = COPY_DATA,
        CopyFail(CopyFail) = COPY_FAIL,
        SblrExecute(SblrExecute) = SBLR_EXECUTE,
        Subscribe(Subscribe) = SUBSCRIBE,
        Unsubscribe(Unsubscribe) = UNSUBSCRIBE,
        StreamControl(StreamControl) = STREAM_CONTROL,
        TxnBegin(TxnBegin) = TXN_BEGIN,
        TxnCommit(TxnCommit) = TXN_COMMIT,
        TxnRollback(TxnRollback) = TXN_ROLLBACK,
        TxnSavepoint(Savepoint) = TXN_SAVEPOINT,
        TxnRelease(Savepoint) = TXN_RELEASE,
        TxnRollbackTo(Savepoint) = TXN_ROLLBACK_TO,
        TxnStatus(TxnStatusQuery) = TXN_STATUS,
        Ping(Ping) = PING,
        SetOption(SetOption) = SET_OPTION,
        AttachCreate(AttachCreate) = ATTACH_CREATE,
        ResetSession(ResetSession) = RESET_SESSION,
        Reauth(Reauth) = REAUTH,
        TraceContext(TraceContext) = TRACE_CONTEXT,
        Heartbeat(Heartbeat) = HEARTBEAT,
        Extension(Extension) = EXTENSION,
    }
    empty {
        Sync = SYNC,
        Flush = FLUSH,
        Terminate = TERMINATE,
        CopyDone = COPY_DONE,
    }
    opaque {
        FEDERATED_QUERY,
        CLUSTER_AUTH,
        ATTACH_DETACH,
        ATTACH_LIST,
        LOB_CLOSE,
    }
}
