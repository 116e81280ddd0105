"""`pipeline()` blocks: statements that are sent without waiting for the answers of those before them."""

from __future__ import annotations

import logging
from types import TracebackType
from typing import Any, Optional, Protocol, Type

from scratchbird._steps import Steps, awaiting, blocking
from scratchbird.errors import Error

__all__ = ["AsyncPipeline", "Pipeline"]

logger = logging.getLogger("scratchbird.pipeline")


class _Piped(Protocol):
    """What a block needs of a connection; on the asyncio face `_pipeline_sync` is awaited."""

    def _pipeline_open(self) -> None: ...

    def _pipeline_sync(self) -> Any: ...

    def _pipeline_leave(self) -> None: ...


class PipelineBase:
    """What both faces of a block share."""

    def __init__(self, connection: Any) -> None:
        self._connection: _Piped = connection

    @property
    def connection(self) -> Any:
        """The connection whose pipeline it is."""
        return self._connection

    def _leave(self, error: Optional[BaseException]) -> Steps[None]:
        if isinstance(error, GeneratorExit):
            # The coroutine is thrown away: nothing can be awaited any more. What was not synced ends the connection.
            self._connection._pipeline_leave()
            return
        try:
            yield self._connection._pipeline_sync
        except Error as failure:
            if error is None:
                raise
            # The exception that ends the block says more, and may be this very failure.
            if str(failure) != str(error):
                logger.warning("the pipeline has failed besides: %s", failure)
        finally:
            self._connection._pipeline_leave()


class Pipeline(PipelineBase):
    """A block of statements that are sent without waiting. Made by
    [`Connection.pipeline`][scratchbird.Connection.pipeline]."""

    def sync(self) -> None:
        """Send what is queued, and wait for all of it: what was done since the last sync holds from now on, or none of
        it does.

        Raises:
            Error: the first failure since the last sync.
        """
        self._connection._pipeline_sync()

    def __enter__(self) -> Pipeline:
        self._connection._pipeline_open()
        return self

    def __exit__(
        self,
        exc_type: Optional[Type[BaseException]],
        exc: Optional[BaseException],
        traceback: Optional[TracebackType],
    ) -> None:
        blocking(self._leave(exc))


class AsyncPipeline(PipelineBase):
    """A block of statements that are sent without waiting. Made by
    [`AsyncConnection.pipeline`][scratchbird.AsyncConnection.pipeline]."""

    async def sync(self) -> None:
        """Send what is queued, and wait for all of it. As [`Pipeline.sync`][scratchbird.Pipeline.sync], awaited."""
        await self._connection._pipeline_sync()

    async def __aenter__(self) -> AsyncPipeline:
        self._connection._pipeline_open()
        return self

    async def __aexit__(
        self,
        exc_type: Optional[Type[BaseException]],
        exc: Optional[BaseException],
        traceback: Optional[TracebackType],
    ) -> None:
        await awaiting(self._leave(exc))
