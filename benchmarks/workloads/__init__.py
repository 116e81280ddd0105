"""What is measured, and the targets: ours divided by the peer's figure of the same run."""

from __future__ import annotations

from typing import List

from benchmarks.contest import Workload
from benchmarks.workloads.fetching import FETCHING
from benchmarks.workloads.loading import LOADING
from benchmarks.workloads.requests import REQUESTS
from benchmarks.workloads.sharing import SHARING
from benchmarks.workloads.stalls import STALLS

WORKLOADS: List[Workload] = [*REQUESTS, *FETCHING, *LOADING, *SHARING, *STALLS]
