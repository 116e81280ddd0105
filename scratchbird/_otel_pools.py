"""The metrics of pools, by OpenTelemetry's semantic conventions for databases."""

from __future__ import annotations

import contextlib
import time
from typing import Any, Callable, Dict, Iterable, Iterator

from opentelemetry.metrics import CallbackOptions, Observation

from scratchbird import _watching
from scratchbird.errors import PoolTimeout

_POOL = "db.client.connection.pool.name"
_STATE = "db.client.connection.state"
_CONNECTIONS = "{connection}"


class PoolInstruments:
    """What is measured of pools. The levels are asked for whenever metrics are collected.

    Args:
        owner: the instruments that these are part of: levels are those of the pools whose instruments they are.
    """

    def __init__(self, owner: Any) -> None:
        self._owner = owner
        meter = owner.meter

        def level(name: str, unit: str, description: str, read: Callable[[Dict[str, int]], int]) -> None:
            meter.create_observable_up_down_counter(
                name, [lambda options: self._levels(options, read)], unit=unit, description=description
            )

        meter.create_observable_up_down_counter(
            "db.client.connection.count",
            [self._counts],
            unit=_CONNECTIONS,
            description="Connections of the pool, by their state.",
        )
        level("db.client.connection.idle.max", _CONNECTIONS, "The most idle connections.", lambda s: s["pool_max"])
        level("db.client.connection.idle.min", _CONNECTIONS, "The fewest idle connections.", lambda s: s["pool_min"])
        level("db.client.connection.max", _CONNECTIONS, "The most connections.", lambda s: s["pool_max"])
        level(
            "db.client.connection.pending_requests",
            "{request}",
            "Callers that wait for a connection.",
            lambda s: s["requests_waiting"],
        )
        self._timeouts = meter.create_counter(
            "db.client.connection.timeouts", unit="{timeout}", description="Callers that got no connection in time."
        )

        def durations(name: str, description: str) -> Any:
            return meter.create_histogram(
                name, unit="s", description=description, explicit_bucket_boundaries_advisory=owner.SECONDS
            )

        self._create_time = durations("db.client.connection.create_time", "How long connecting took.")
        self._wait_time = durations("db.client.connection.wait_time", "How long a caller waited for a connection.")
        self._use_time = durations("db.client.connection.use_time", "How long a connection was lent.")

    def _statistics(self) -> Iterator[Any]:
        from scratchbird.pool.engine import engines

        for engine in engines():
            if engine.instruments() is self._owner:
                yield engine.name, engine.core.statistics(False)

    def _levels(self, options: CallbackOptions, read: Callable[[Dict[str, int]], int]) -> Iterable[Observation]:
        return [Observation(read(statistics), {_POOL: name}) for name, statistics in self._statistics()]

    def _counts(self, options: CallbackOptions) -> Iterable[Observation]:
        found = []
        for name, statistics in self._statistics():
            idle = statistics["pool_available"]
            used = max(0, statistics["pool_size"] - idle)
            found.append(Observation(idle, {_POOL: name, _STATE: "idle"}))
            found.append(Observation(used, {_POOL: name, _STATE: "used"}))
        return found

    @contextlib.contextmanager
    def waiting(self, pool: str) -> Iterator[None]:
        """Measure how long a caller waits inside the block."""
        begin = time.perf_counter()
        try:
            yield
        except PoolTimeout:
            with _watching.harmless():
                self._timeouts.add(1, {_POOL: pool})
            raise
        with _watching.harmless():
            self._wait_time.record(time.perf_counter() - begin, {_POOL: pool})

    def created(self, pool: str, seconds: float) -> None:
        """A connection has been made."""
        with _watching.harmless():
            self._create_time.record(seconds, {_POOL: pool})

    def used(self, pool: str, seconds: float) -> None:
        """A connection has come back."""
        with _watching.harmless():
            self._use_time.record(seconds, {_POOL: pool})
