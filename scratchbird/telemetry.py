"""Watching all connections of the process: OpenTelemetry, and the log of slow statements.

Single connections are watched by the keys `telemetry` and `slow_query_ms` of their connection string.
"""

from __future__ import annotations

import threading
from typing import Any, Optional

from scratchbird import _core, _watching, errors
from scratchbird._statement_text import sanitized

__all__ = ["instrument", "sanitized", "uninstrument"]

_lock = threading.Lock()


def instrument(
    *,
    slow_query_ms: Optional[float] = None,
    query_text: bool = True,
    trace_context: bool = True,
    tracer_provider: Any = None,
    meter_provider: Any = None,
) -> None:
    """Watch every connection and every pool of this process, blocking and asynchronous, from now on.

    Where `opentelemetry-api` is installed (`pip install scratchbird[otel]`), what connections do makes client spans and
    is counted in the histogram `db.client.operation.duration`, and pools have the metrics `db.client.connection.*`, as
    the semantic conventions for databases say. Values of parameters and literals never appear.

    Calling it again replaces what was set before. It holds for connections that exist already too; what they are doing
    just then is not watched.

    Args:
        slow_query_ms: statements that take this many milliseconds or more are logged as warnings by the logger
            `scratchbird.slow`, without values; None logs none. The key `slow_query_ms` of a connection wins.
        query_text: whether spans have the text of the statement, its literals replaced by `?`.
        trace_context: whether the server is told of the trace, where it offers that.
        tracer_provider: an OpenTelemetry tracer provider; the global one if not given.
        meter_provider: an OpenTelemetry meter provider; the global one if not given.

    Raises:
        InterfaceError: the limit is no number of milliseconds, or a provider is given without `opentelemetry-api`.

    Example:
        >>> instrument(slow_query_ms=500)
        >>> uninstrument()
    """
    if slow_query_ms is not None and not slow_query_ms >= 0:
        raise errors.InterfaceError("slow_query_ms is a number of milliseconds, 0 or more")
    instruments: Any = None
    try:
        _watching.check_installed()
    except errors.InterfaceError:
        if tracer_provider is not None or meter_provider is not None:
            raise
    else:
        from scratchbird import _otel

        instruments = _otel.Instruments(tracer_provider, meter_provider)
    with _lock:
        _watching.process = _watching.ProcessSettings(
            None if slow_query_ms is None else slow_query_ms / 1000, instruments, query_text, trace_context
        )
        _core._watch_process(True)


def uninstrument() -> None:
    """Watch no more than single connections ask for. Without `instrument` before, nothing happens."""
    with _lock:
        _core._watch_process(False)
        _watching.process = None
