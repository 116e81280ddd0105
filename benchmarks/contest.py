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

SECONDS = 2.0
"""How long the rounds of one workload on one API may take, so that all of them take less than ten minutes."""

LEAST = 3
"""Rounds that are made in any case, for a median."""


OURS = "scratchbird"


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
    more: Tuple[Workload, ...] = ()
    """What ours does besides, in the same rounds, to be compared with the same figures of the peers."""
    rivals: Optional[Tuple[str, ...]] = None
    """The peers it is measured against, where the others take long; all that have the operation if that is `None`."""
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
        operation = getattr(self.driver, workload.operation)
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


def _able(workload: Workload, driver: Any) -> bool:
    """Whether a driver takes part."""
    if driver.name == OURS:
        return hasattr(driver, workload.operation)
    if workload.limit is not None or driver.name not in (workload.rivals or (driver.name,)):
        return False
    return hasattr(driver, workload.operation)


def contest(workload: Workload, api: str, drivers: Sequence[Any], endpoints: Endpoints, rounds: int) -> List[Result]:
    """Measures one workload on one API, and what ours does besides; nothing where scratchbird or every peer lacks the
    operation."""
    ours = [workload, *(each for each in workload.more if api in each.apis)]
    contenders = [Contender(driver(), api, endpoints) for driver in drivers if _able(workload, driver)]
    turns = [(one, each) for one in contenders for each in (ours if one.driver.name == OURS else [workload])]
    try:
        figures: Dict[Tuple[str, str], List[float]] = {(one.driver.name, each.name): [] for one, each in turns}
        for one, each in turns if workload.warm else []:
            one.measure(each)
        began = time.monotonic()
        for turn in range(rounds):
            if turn >= LEAST and time.monotonic() - began > SECONDS:
                break
            shift = turn % max(1, len(turns))
            for one, each in turns[shift:] + turns[:shift]:
                figures[one.driver.name, each.name].append(one.measure(each))
    finally:
        for one in contenders:
            one.close()
    made = min((len(values) for values in figures.values()), default=0)
    medians = {key: statistics.median(values) for key, values in figures.items()}
    peers = {name: median for (name, _), median in medians.items() if name != OURS}
    if workload.limit is not None:
        peers = {"the limit": workload.limit}
    return [
        compare(each, api, medians[OURS, each.name], peers, made)
        for each in ours
        if peers and (OURS, each.name) in medians
    ]


def compare(workload: Workload, api: str, ours: float, peers: Mapping[str, float], rounds: int) -> Result:
    """Sets our figure against the peer's that the target names."""
    target, named = workload.targets.get(api, (None, None))
    best = max if workload.rate else min
    peer = named if named in peers else best(peers, key=lambda name: peers[name])
    ratio = ours / peers[peer]
    met = None if target is None else (ratio >= target if workload.rate else ratio <= target)
    everyone = {OURS: ours, **peers} if workload.limit is None else {OURS: ours}
    return Result(workload.name, api, workload.unit, ours, peers[peer], peer, ratio, target, met, everyone, rounds)
