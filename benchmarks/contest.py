"""Runs contenders in turns, so that a disturbance of the machine hits all of them, and compares their medians."""

from __future__ import annotations

import asyncio
import gc
import os
import platform
import statistics
import time
from types import MappingProxyType
from typing import Any, Callable, Dict, List, Mapping, NamedTuple, Optional, Sequence, Tuple

from benchmarks.endpoints import Endpoints

SECONDS = 4.0
"""How long the rounds of one workload on one API may take, so that all of them take some ten minutes."""

LEAST = 3
"""Rounds that are made in any case, for a median."""


class Workload(NamedTuple):
    """What is measured."""

    name: str
    """Unique; `make bench ONLY=name` runs it."""
    operation: str
    """The method of the drivers' classes."""
    arguments: Callable[[], Tuple[Any, ...]]
    """Makes the operation's arguments, outside of the measurement."""
    per: int
    """Operations in one call."""
    unit: str
    apis: Tuple[str, ...] = ("sync",)
    targets: Mapping[str, Tuple[float, Optional[str]]] = MappingProxyType({})
    """By API: the ratio that is aimed at, and the peer it is measured against; the best one if that is `None`."""
    scale: float = 1e6
    """From seconds to the unit."""
    rate: bool = False
    """The figure is operations a second: more is better."""
    clock: Callable[[], float] = time.perf_counter
    rounds: int = 7
    """At most; fewer, but three, where they take longer than `SECONDS`."""
    warm: bool = True
    """Whether it is done once beforehand. What takes seconds has nothing to warm."""
    measure: Optional[Callable[[Contender], float]] = None
    """Finds the figure where it is not the time of a call."""
    peers: Optional[str] = None
    """The peers' method, where they have to do the same by another road; ours is `operation`."""
    limit: Optional[float] = None
    """What the figure is compared with where that is no peer."""


class Result(NamedTuple):
    """One line of the table, and of `results.json`."""

    workload: str
    api: str
    unit: str
    ours: float
    peer: float
    peer_name: str
    ratio: float
    target: Optional[float]
    met: Optional[bool]
    all: Dict[str, float]
    rounds: int


def machine() -> str:
    """What the figures were measured on."""
    return f"{platform.system()} {platform.machine()}, {os.cpu_count()} CPUs, CPython {platform.python_version()}"


def operation_of(workload: Workload, driver: Any) -> str:
    """The name of the driver's method that does what the workload measures."""
    return workload.operation if workload.peers is None or driver.name == "scratchbird" else workload.peers


class Contender:
    """One class of a driver, opened."""

    def __init__(self, driver: Any, api: str, endpoints: Endpoints) -> None:
        self.driver, self.api, self.endpoints = driver, api, endpoints
        self.loop: Optional[asyncio.AbstractEventLoop] = None
        if api == "uvloop":
            import uvloop

            self.loop = uvloop.new_event_loop()
        elif api == "asyncio":
            self.loop = asyncio.new_event_loop()
        self.call(driver.open, endpoints)

    def call(self, function: Callable[..., Any], *arguments: Any) -> Any:
        """Calls a method of the driver, on its loop if it has one."""
        if self.loop is None:
            return function(*arguments)
        return self.loop.run_until_complete(function(*arguments))

    def measure(self, workload: Workload) -> float:
        """One call of the operation, in the workload's unit."""
        if workload.measure is not None:
            gc.collect()
            return workload.measure(self)
        operation = getattr(self.driver, operation_of(workload, self.driver))
        arguments = workload.arguments()
        gc.collect()
        began = workload.clock()
        result = self.call(operation, *arguments)
        took = workload.clock() - began
        del result
        return workload.per / took if workload.rate else took / workload.per * workload.scale

    def close(self) -> None:
        self.call(self.driver.close)
        if self.loop is not None:
            self.loop.close()


def contest(
    workload: Workload, api: str, drivers: Sequence[Any], endpoints: Endpoints, rounds: int
) -> Optional[Result]:
    """Measures one workload on one API; `None` where scratchbird or every peer lacks the operation."""
    able = [driver for driver in drivers if hasattr(driver, operation_of(workload, driver))]
    if workload.limit is not None:
        able = [driver for driver in able if driver.name == "scratchbird"]
    contenders = [Contender(driver(), api, endpoints) for driver in able]
    try:
        figures: Dict[str, List[float]] = {contender.driver.name: [] for contender in contenders}
        for contender in contenders if workload.warm else []:
            contender.measure(workload)
        began = time.monotonic()
        for turn in range(rounds):
            if turn >= LEAST and time.monotonic() - began > SECONDS:
                break
            shift = turn % max(1, len(contenders))
            for contender in contenders[shift:] + contenders[:shift]:
                figures[contender.driver.name].append(contender.measure(workload))
    finally:
        for contender in contenders:
            contender.close()
    made = min(len(values) for values in figures.values()) if figures else 0
    return compare(workload, api, {name: statistics.median(values) for name, values in figures.items()}, made)


def compare(workload: Workload, api: str, medians: Dict[str, float], rounds: int) -> Optional[Result]:
    """Sets our figure against the peer's that the target names."""
    peers = {name: value for name, value in medians.items() if name != "scratchbird"}
    if workload.limit is not None:
        peers = {"the limit": workload.limit}
    if "scratchbird" not in medians or not peers:
        return None
    target, named = workload.targets.get(api, (None, None))
    best = max if workload.rate else min
    peer = named if named in peers else best(peers, key=lambda name: peers[name])
    ratio = medians["scratchbird"] / peers[peer]
    met = None if target is None else (ratio >= target if workload.rate else ratio <= target)
    return Result(
        workload.name,
        api,
        workload.unit,
        medians["scratchbird"],
        peers[peer],
        peer,
        ratio,
        target,
        met,
        medians,
        rounds,
    )
