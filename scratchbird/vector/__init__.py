"""Search by vectors: the nearest rows of a table or of a vector collection, in both faces.

Every function has a form for the asyncio face whose name begins with `a`. Where the server ranks by distance, it does;
where it cannot, the rows are fetched and ranked exactly in Rust.

Example:
    >>> from scratchbird import vector
    >>> with connect(dsn) as connection:
    ...     _ = connection.execute("create temporary table places (name varchar(9), at vector(2))")
    ...     _ = connection.execute("insert into places values ('near', '[1,1]'), ('far', '[9,9]')")
    ...     vector.search(connection, "places", "at", [1.0, 2.0], k=1, metric="l2", columns=["name"])
    [Match(distance=1.0, row=('near',))]

Contract: DIALECT 10.
"""

from __future__ import annotations

from scratchbird.vector.exact import mmr, rerank
from scratchbird.vector.hybrid import HybridMatch, asearch_hybrid, search_hybrid
from scratchbird.vector.indexes import (
    VectorIndex,
    acreate_index,
    adrop_index,
    aindexes,
    create_index,
    drop_index,
    indexes,
)
from scratchbird.vector.metric import Metric
from scratchbird.vector.request import Match
from scratchbird.vector.searching import asearch, asearch_batch, asearch_mmr, search, search_batch, search_mmr

__all__ = [
    "HybridMatch",
    "Match",
    "Metric",
    "VectorIndex",
    "acreate_index",
    "adrop_index",
    "aindexes",
    "asearch",
    "asearch_batch",
    "asearch_hybrid",
    "asearch_mmr",
    "create_index",
    "drop_index",
    "indexes",
    "mmr",
    "rerank",
    "search",
    "search_batch",
    "search_hybrid",
    "search_mmr",
]
