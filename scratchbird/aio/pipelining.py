"""Pipelines, of connections."""

from __future__ import annotations

from scratchbird import _core
from scratchbird.pipeline import AsyncPipeline
from scratchbird.rows import Row


class AsyncPipelineMethods(_core.AsyncConnection[Row]):
    """What a connection offers to send many statements at once."""

    def pipeline(self) -> AsyncPipeline:
        """A block whose statements are sent without waiting, with `async with`.

        As [`Connection.pipeline`][scratchbird.Connection.pipeline].
        """
        return AsyncPipeline(self)
