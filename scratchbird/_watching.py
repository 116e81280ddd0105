"""What a connection does, told to whoever watches it: the loggers, the log of slow statements, OpenTelemetry.

The core asks only where somebody watches: because of a key of the connection, because a logger was enabled when the
connection was made, or because of [`instrument`][scratchbird.telemetry.instrument]. Values of parameters never come
here, and texts of statements leave without their literals.
"""

from __future__ import annotations

import contextlib
import logging
import time
from typing import Any, Dict, Iterator, NamedTuple, Optional, Tuple

from scratchbird import errors
from scratchbird._statement_text import sanitized, verb

root = logging.getLogger("scratchbird")
root.addHandler(logging.NullHandler())

connection_log = logging.getLogger("scratchbird.connection")
statement_log = logging.getLogger("scratchbird.statement")
transaction_log = logging.getLogger("scratchbird.transaction")
copy_log = logging.getLogger("scratchbird.copy")
pipeline_log = logging.getLogger("scratchbird.pipeline")
slow_log = logging.getLogger("scratchbird.slow")

_LOGS: Dict[str, logging.Logger] = {
    "connect": connection_log,
    "execute": statement_log,
    "executemany": statement_log,
    "stream": statement_log,
    "commit": transaction_log,
    "rollback": transaction_log,
    "copy": copy_log,
    "pipeline": pipeline_log,
}
_NOT_MEASURED = ("connect",)
_READING = ("SELECT", "WITH", "VALUES", "TABLE")


class ProcessSettings(NamedTuple):
    """What `instrument` was told, for all connections."""

    slow: Optional[float]
    """Seconds from which on a statement is slow."""
    telemetry: Any
    """The instruments of OpenTelemetry, None without it."""
    query_text: bool
    trace_context: bool


process: Optional[ProcessSettings] = None


def check_installed() -> None:
    """Fail where OpenTelemetry is asked for and cannot be imported."""
    try:
        import opentelemetry.metrics
        import opentelemetry.trace  # noqa: F401 - whether it is there
    except ImportError as error:
        raise errors.InterfaceError(
            "telemetry needs the package opentelemetry-api: pip install scratchbird[otel]"
        ) from error


@contextlib.contextmanager
def harmless() -> Iterator[None]:
    """Whoever collects spans and metrics must not keep statements from running."""
    try:
        yield
    except Exception:
        root.exception("OpenTelemetry failed")


def global_instruments() -> Any:
    """The instruments of OpenTelemetry's global providers."""
    from scratchbird import _otel

    return _otel.instruments()


def instruments(own: Any) -> Any:
    """The instruments in force: those of the process, or a connection's or pool's own."""
    every = process
    return own if every is None or every.telemetry is None else every.telemetry


def _counted(rows: int) -> str:
    return "done" if rows < 0 else "1 row" if rows == 1 else f"{rows} rows"


def error_type(error: BaseException) -> str:
    """The SQLSTATE of an error, or the name of its class."""
    sqlstate = getattr(error, "sqlstate", None)
    return sqlstate if isinstance(sqlstate, str) else type(error).__qualname__


class Observer:
    """Who watches one connection, and where that connects to. Made by the core, before it connects."""

    def __init__(
        self,
        slow: Optional[float],
        telemetry: bool,
        query_text: bool,
        trace_context: bool,
        database: Optional[str],
        host: Optional[str],
        port: Optional[int],
    ) -> None:
        self._slow = slow
        self._query_text = query_text
        self._trace_context = trace_context
        self._instruments: Any = None
        self._database = database
        if telemetry:
            self._instruments = global_instruments()
        self._locate(host, port)
        logged = any(log.isEnabledFor(logging.DEBUG) for log in _LOGS.values())
        self.active = bool(logged or telemetry or slow is not None)
        """Whether the core has to tell of this connection."""

    def _locate(self, host: Optional[str], port: Optional[int]) -> None:
        self.address = "an unknown host" if host is None else host if port is None else f"{host}:{port}"
        attributes: Dict[str, Any] = {"db.system.name": "scratchbird"}
        if self._database:
            attributes["db.namespace"] = self._database
        if host is not None:
            attributes["server.address"] = host
        if port is not None:
            attributes["server.port"] = port
        self.attributes = attributes
        self.target = self._database or self.address

    def begin(self, kind: str, sql: Optional[str]) -> Optional[Operation]:
        """An operation begins. None where nobody wants to know of it."""
        every = process
        slow, instruments = self._slow, self._instruments
        query_text, trace_context = self._query_text, self._trace_context
        if every is not None:
            slow = every.slow if slow is None else slow
            if every.telemetry is not None:
                instruments, query_text, trace_context = every.telemetry, every.query_text, every.trace_context
        if (
            slow is None
            and instruments is None
            and not (_LOGS[kind].isEnabledFor(logging.DEBUG) or connection_log.isEnabledFor(logging.DEBUG))
        ):
            return None
        operation = Operation(self, kind, sql, slow)
        if instruments is not None:
            with harmless():
                operation.open_span(instruments, query_text, trace_context)
        return operation

    def connected(self, host: Optional[str], port: Optional[int]) -> None:
        """The connection is there: to this one of several hosts."""
        self._locate(host, port)

    def closed(self) -> None:
        """The connection has been closed."""
        connection_log.debug("connection to %s closed", self.address)


class Operation:
    """Something that is under way."""

    __slots__ = ("_attributes", "_begin", "_instruments", "_kind", "_observer", "_slow", "_span", "_text", "trace")

    def __init__(self, observer: Observer, kind: str, sql: Optional[str], slow: Optional[float]) -> None:
        self._observer = observer
        self._kind = kind
        self._slow = slow
        self._text = "" if sql is None else sanitized(sql)
        self._span: Any = None
        self._instruments: Any = None
        self._attributes: Dict[str, Any] = {}
        self.trace: Optional[Tuple[str, str]] = None
        """The trace for the server: `traceparent` and `tracestate`."""
        self._begin = time.perf_counter()

    def _name(self) -> str:
        """`db.operation.name`."""
        if self._kind in ("execute", "stream"):
            return verb(self._text)
        if self._kind == "executemany":
            return f"BATCH {verb(self._text)}".rstrip()
        return "BATCH" if self._kind == "pipeline" else self._kind.upper()

    def open_span(self, instruments: Any, query_text: bool, trace_context: bool) -> None:
        """Begin a span, a child of the current one."""
        self._instruments = instruments
        self._attributes = dict(self._observer.attributes)
        name = self._name()
        if name:
            self._attributes["db.operation.name"] = name
        attributes = dict(self._attributes)
        if query_text and self._text:
            attributes["db.query.text"] = self._text
        self._span = instruments.begin(f"{name} {self._observer.target}".lstrip(), attributes)
        if trace_context:
            self.trace = instruments.trace_of(self._span)

    def set_size(self, size: int) -> None:
        """How many statements a pipeline has sent, or executions an `executemany`."""
        if self._span is not None and size > 1:
            self._span.set_attribute("db.operation.batch.size", size)

    def end(self, error: Optional[BaseException], rows: int) -> None:
        """It is over.

        Args:
            error: why it failed.
            rows: how many rows came back, or were affected; -1 where that is unknown.
        """
        seconds = time.perf_counter() - self._begin
        failure = None if error is None else error_type(error)
        if self._instruments is not None:
            with harmless():
                self._tell(seconds, error, failure, rows)
        self._log(seconds, failure, rows)
        if error is not None and getattr(error, "is_disconnect", False) and self._kind != "connect":
            connection_log.warning("connection to %s lost: %s", self._observer.address, failure)

    def abandon(self) -> None:
        """It was given up: its task was cancelled, its stream closed before the end."""
        seconds = time.perf_counter() - self._begin
        # Nobody needs the rest of a stream.
        failure = None if self._kind == "stream" else "cancelled"
        if self._instruments is not None:
            with harmless():
                self._tell(seconds, None, failure, -1)
        self._log(seconds, failure, -1)

    def _tell(self, seconds: float, error: Optional[BaseException], failure: Optional[str], rows: int) -> None:
        outcome: Dict[str, Any] = {}
        if failure is not None:
            outcome["error.type"] = failure
            sqlstate = getattr(error, "sqlstate", None)
            if sqlstate:
                outcome["db.response.status_code"] = sqlstate
        shown = dict(outcome)
        if self._kind == "connect":
            shown.update(self._observer.attributes)
        elif rows >= 0 and (self._kind == "stream" or (self._kind == "execute" and verb(self._text) in _READING)):
            shown["db.response.returned_rows"] = rows
        self._instruments.end(self._span, shown, failure is not None)
        if self._kind not in _NOT_MEASURED:
            self._instruments.duration.record(seconds, {**self._attributes, **outcome})

    def _log(self, seconds: float, failure: Optional[str], rows: int) -> None:
        slow = self._slow is not None and seconds >= self._slow and self._kind != "connect"
        log = _LOGS[self._kind]
        debug = log.isEnabledFor(logging.DEBUG)
        if not slow and not debug:
            return
        milliseconds = seconds * 1000
        what = f"{self._kind}: {self._text}" if self._text else self._kind
        if self._kind == "connect":
            what = f"connect to {self._observer.address}"
        ending = f"failed with {failure}" if failure else _counted(rows)
        extra = {
            "kind": self._kind,
            "statement": self._text,
            "duration_ms": milliseconds,
            "rows": rows if rows >= 0 else None,
            "error_type": failure,
            "server_address": self._observer.address,
        }
        if debug:
            log.debug("%.3f ms, %s: %s", milliseconds, ending, what, extra=extra)
        if slow:
            slow_log.warning("%.3f ms, %s: %s", milliseconds, ending, what, extra=extra)
