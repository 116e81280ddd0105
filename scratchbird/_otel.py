"""The instruments of OpenTelemetry, by its semantic conventions for databases.

Imported only where they are asked for.
"""

from __future__ import annotations

import functools
from typing import Any, Dict, Optional, Tuple

from opentelemetry import metrics, trace
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from scratchbird._otel_pools import PoolInstruments

_propagator = TraceContextTextMapPropagator()


class Instruments:
    """A tracer and a meter, and what is made with them."""

    SECONDS = (0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10)
    """The bounds of histograms of durations, as the conventions recommend."""

    def __init__(self, tracer_provider: Any = None, meter_provider: Any = None) -> None:
        from scratchbird import _core

        self._tracer = trace.get_tracer("scratchbird", _core.__version__, tracer_provider=tracer_provider)
        self.meter = metrics.get_meter("scratchbird", _core.__version__, meter_provider=meter_provider)
        self.duration = self.meter.create_histogram(
            "db.client.operation.duration",
            unit="s",
            description="Duration of database client operations.",
            explicit_bucket_boundaries_advisory=self.SECONDS,
        )
        self.pools = PoolInstruments(self)

    def begin(self, name: str, attributes: Dict[str, Any]) -> Any:
        """A new span of the client's kind."""
        return self._tracer.start_span(name, kind=trace.SpanKind.CLIENT, attributes=attributes)

    def end(self, span: Any, attributes: Dict[str, Any], failed: bool) -> None:
        """Ends a span. It gets no description: messages of errors may quote values."""
        span.set_attributes(attributes)
        if failed:
            span.set_status(trace.Status(trace.StatusCode.ERROR))
        span.end()

    def trace_of(self, span: Any) -> Optional[Tuple[str, str]]:
        """`traceparent` and `tracestate` of a span; None where there is no trace."""
        carrier: Dict[str, str] = {}
        _propagator.inject(carrier, trace.set_span_in_context(span))
        parent = carrier.get("traceparent")
        return None if parent is None else (parent, carrier.get("tracestate", ""))


@functools.lru_cache(maxsize=1)
def instruments() -> Instruments:
    """Those of the global providers."""
    return Instruments()
