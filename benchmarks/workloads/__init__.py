"""What is measured, and the targets: ours divided by the peer's figure of the same run."""

from __future__ import annotations

from typing import List

from benchmarks.contest import Workload
from benchmarks.workloads import sqlalchemy
from benchmarks.workloads.end_to_end import END_TO_END
from benchmarks.workloads.fetching import FETCHING
from benchmarks.workloads.frames import FRAMES
from benchmarks.workloads.loading import LOADING
from benchmarks.workloads.memory import MEMORY
from benchmarks.workloads.requests import REQUESTS
from benchmarks.workloads.sharing import SHARING
from benchmarks.workloads.stalls import STALLS
from benchmarks.workloads.vectors import VECTORS

CANNED: List[Workload] = [*REQUESTS, *FETCHING, *LOADING, *FRAMES, *SHARING, *STALLS, *VECTORS, *MEMORY]
"""On servers that answer from memory, so that drivers are measured and not databases."""

OBJECTS: List[Workload] = sqlalchemy.CANNED
"""The same, through SQLAlchemy."""

OBJECTS_END_TO_END: List[Workload] = sqlalchemy.END_TO_END

__all__ = ["CANNED", "END_TO_END", "OBJECTS", "OBJECTS_END_TO_END"]
