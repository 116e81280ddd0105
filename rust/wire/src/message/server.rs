//! Everything a server can send.

use super::{
    kind, messages, AuthContinue, AuthOk, AuthRequest, CancelAck, Cancelled, ClusterAuthOk,
    CommandComplete, CopyBothResponse, CopyData, CopyInResponse, CopyOutResponse, Diagnostic,
    Extension, FederatedResult, FunctionResult, Heartbeat, NegotiateVersion, Notification,
    ParameterDescription, ParameterStatus, Pong, QueryPlan, QueryProgress, Ready, Row,
    RowDescription, SblrCompiled, ServerInfo, StreamData, StreamEnd, StreamReady, TxnStatus,
};

messages! {
    /// A message from server to client.
    pub enum ServerMessage;
    content {
        AuthRequest(AuthRequest) = AUTH_REQUEST,
        AuthOk(AuthOk) = AUTH_OK,
        AuthContinue(AuthContinue) = AUTH_CONTINUE,
        Ready(Ready) = READY,
        RowDescription(RowDescription) = ROW_DESCRIPTION,
        DataRow(Row) = DATA_ROW,
        CommandComplete(CommandComplete) = COMMAND_COMPLETE,
        Error(Diagnostic) = ERROR,
        Notice(Diagnostic) = NOTICE,
        ParameterStatus(ParameterStatus) = PARAMETER_STATUS,
        ParameterDescription(ParameterDescription) = PARAMETER_DESCRIPTION,
        CopyInResponse(CopyInResponse) = COPY_IN_RESPONSE,
        CopyOutResponse(CopyOutResponse) = COPY_OUT_RESPONSE,
        CopyBothResponse(CopyBothResponse) = COPY_BOTH_RESPONSE,
        CopyData(CopyData) = COPY_DATA,
        Notification(Notification) = NOTIFICATION,
        FunctionResult(FunctionResult) = FUNCTION_RESULT,
        NegotiateVersion(NegotiateVersion) = NEGOTIATE_VERSION,
        SblrCompiled(SblrCompiled) = SBLR_COMPILED,
        QueryPlan(QueryPlan) = QUERY_PLAN,
        StreamReady(StreamReady) = STREAM_READY,
        StreamData(StreamData) = STREAM_DATA,
        StreamEnd(StreamEnd) = STREAM_END,
        TxnStatus(TxnStatus) = TXN_STATUS,
        Pong(Pong) = PONG,
        ClusterAuthOk(ClusterAuthOk) = CLUSTER_AUTH_OK,
        FederatedResult(FederatedResult) = FEDERATED_RESULT,
        QueryProgress(QueryProgress) = QUERY_PROGRESS,
        ServerInfo(ServerInfo) = SERVER_INFO,
        CancelAck(CancelAck) = CANCEL_ACK,
        Cancelled(Cancelled) = CANCELLED,
        Heartbeat(Heartbeat) = HEARTBEAT,
        Extension(Extension) = EXTENSION,
    }
    empty {
        EmptyQuery = EMPTY_QUERY,
        ParseComplete = PARSE_COMPLETE,
        BindComplete = BIND_COMPLETE,
        CloseComplete = CLOSE_COMPLETE,
        PortalSuspended = PORTAL_SUSPENDED,
        NoData = NO_DATA,
        CopyDone = COPY_DONE,
    }
    opaque {
        STATE_NOTIFICATION,
        MULTI_RESULT_BEGIN,
        MULTI_RESULT_END,
        GENERATED_KEYS,
        OUT_PARAMETERS,
        BATCH_RESULT,
        PIPELINE_STATUS,
        ARRAY_BIND_STATUS,
        BULK_REJECT_DATA,
        LOB_LOCATOR,
        LOB_CHUNK,
        LOB_CLOSE,
        CURSOR_STATUS,
        FAILOVER_HINT,
    }
}
