"""What the tests of this folder share: somebody who collects spans and metrics."""

from __future__ import annotations

from typing import Any, Callable, Iterator

import pytest

from scratchbird import telemetry


class Collected:
    """What OpenTelemetry got."""

    def __init__(self) -> None:
        from opentelemetry.sdk.metrics import MeterProvider
        from opentelemetry.sdk.metrics.export import InMemoryMetricReader
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import SimpleSpanProcessor
        from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

        self.exporter = InMemorySpanExporter()
        self.reader = InMemoryMetricReader()
        self.tracers = TracerProvider()
        self.tracers.add_span_processor(SimpleSpanProcessor(self.exporter))
        self.meters = MeterProvider(metric_readers=[self.reader])

    def instrument(self, **options: Any) -> None:
        telemetry.instrument(tracer_provider=self.tracers, meter_provider=self.meters, **options)

    def spans(self) -> list[Any]:
        """The spans that have ended since the last call."""
        spans = list(self.exporter.get_finished_spans())
        self.exporter.clear()
        return spans

    def points(self, name: str) -> list[Any]:
        """The points of a metric."""
        data: Any = self.reader.get_metrics_data()
        if data is None:
            return []
        metrics = [metric for scope in data.resource_metrics[0].scope_metrics for metric in scope.metrics]
        return [point for metric in metrics if metric.name == name for point in metric.data.data_points]


@pytest.fixture
def collected() -> Iterator[Collected]:
    collected = Collected()
    yield collected
    telemetry.uninstrument()
    collected.tracers.shutdown()
    collected.meters.shutdown()


@pytest.fixture
def uninstrumented() -> Iterator[Callable[..., None]]:
    yield telemetry.instrument
    telemetry.uninstrument()
