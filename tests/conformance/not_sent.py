"""Requests of the recordings that no call of the driver sends, and why. The rest of those recordings is played.

The lists are compared with what happens: a request that is sent, or is not sent for another reason, fails its test.
"""

from __future__ import annotations

from tests.conformance.replay import COPY_DATA, COPY_DONE, COPY_FAIL
from tests.faults import wire

TXN_STATUS = 0x5C

REASONS = {
    "copy": "a COPY that the driver carries on otherwise: without rows it is given up; it sends one kind of data",
    "after a copy": "data of a COPY that has ended",
    "wrong id": "a wrong transaction id in the header, which the driver never sends",
    "no value": "a text as a parameter that no Python value is sent as",
    "malformed": "array BINDs that are no array BINDs, or mean no statement",
    "binary": "parameters in binary form: to this server all go as text",
    "procedure": "EXECUTE PROCEDURE describes the procedure and CALL is refused: the driver sends a SELECT from it",
    "login again": "a second AUTH_RESPONSE",
    "cancel": "CANCEL is read after the statement: cancel() closes the connection to this server",
    "idempotency": "commits with a key of the client, and the question for one: the driver calls an outcome unknown",
    "begin": "TXN_BEGIN: a session is in a transaction always, and its payload is ignored",
    "savepoint": "the frames of savepoints: the driver sends their SQL, which savepoint_sql has",
    "sblr": "compiled statements, which the driver has no call for",
    "pipelined": "a commit between other requests, without waiting: the driver waits for it",
    "option": "SET_OPTION, which the driver does not send",
    "reset": "RESET_SESSION: a pool rolls back and restores what was changed",
    "reauth": "REAUTH accepts anything: the driver does not offer it",
    "trace": "a message of trace contexts",
    "subscribe": "subscriptions: they bring nothing, and the driver refuses them",
    "unserved": "messages that this server does not serve",
}
KINDS = {
    wire.AUTH_RESPONSE: "login again",
    wire.BIND: "malformed",
    wire.CANCEL: "cancel",
    COPY_DATA: "after a copy",
    COPY_DONE: "after a copy",
    COPY_FAIL: "after a copy",
    0x10: "sblr",
    0x11: "subscribe",
    0x12: "subscribe",
    0x15: "begin",
    wire.TXN_COMMIT: "idempotency",
    0x18: "savepoint",
    0x19: "savepoint",
    0x1A: "savepoint",
    0x1C: "option",
    0x21: "reset",
    0x22: "reauth",
    0x23: "trace",
    TXN_STATUS: "idempotency",
    0x71: "unserved",
    0x80: "unserved",
}
NOT_SENT: dict[str, set[str]] = {
    "array_bind": {"binary"},
    "array_bind_errors": {"malformed"},
    "array_bind_not_negotiated": {"malformed"},
    "auth_response_after_login": {"login again"},
    "cancel_idle": {"cancel"},
    "cancel_running": {"cancel"},
    "commit_idempotency": {"idempotency"},
    "copy_column_list": {"copy"},
    "copy_errors": {"after a copy", "copy"},
    "copy_fail": {"after a copy"},
    "copy_in_sbcp": {"copy"},
    "heartbeat_lob_close": {"unserved"},
    "params_binary_echo": {"binary"},
    "params_binary_insert": {"binary"},
    "params_no_format_codes": {"binary"},
    "params_text_echo": {"no value"},
    "pipeline_across_commit_stale_txn": {"pipelined", "wrong id"},
    "pipeline_mixed": {"pipelined"},
    "procedures": {"procedure"},
    "reauth": {"reauth"},
    "reset_session": {"reset"},
    "savepoint_frames": {"savepoint"},
    "sblr": {"sblr"},
    "set_option": {"option"},
    "subscribe": {"subscribe"},
    "trace_context": {"trace"},
    "txn_frames": {"begin"},
    "txn_id_zero": {"savepoint", "sblr"},
    "txn_wrong_id_copy_sblr": {"after a copy", "savepoint", "wrong id"},
    "txn_wrong_id_insert": {"wrong id"},
    "txn_wrong_id_other": {"begin", "wrong id"},
    "txn_wrong_id_query": {"wrong id"},
}
