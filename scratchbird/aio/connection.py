"""`AsyncConnection`: a session with a server."""

from __future__ import annotations

from types import TracebackType
from typing import Any, Optional, Type, cast

from scratchbird import _core, _pool_switch, _providers, _transactions, errors
from scratchbird._shared import DORMANT
from scratchbird._steps import awaiting
from scratchbird.aio.bulk import AsyncBulkMethods
from scratchbird.aio.compat import AsyncCompatMethods
from scratchbird.aio.events import AsyncEventMethods
from scratchbird.aio.fetching import AsyncFetchMethods
from scratchbird.aio.pipelining import AsyncPipelineMethods
from scratchbird.aio.preparing import AsyncPrepareMethods
from scratchbird.aio.transactions import AsyncTransactionMethods
from scratchbird.aio.types import AsyncTypeMethods
from scratchbird.metadata import AsyncMetadata
from scratchbird.rows import Row, RowFactory, T


class AsyncConnection(
    AsyncTransactionMethods[Row],
    AsyncBulkMethods[Row],
    AsyncFetchMethods[Row],
    AsyncTypeMethods[Row],
    AsyncCompatMethods[Row],
    AsyncPipelineMethods[Row],
    AsyncPrepareMethods[Row],
    AsyncEventMethods[Row],
):
    """A session with a server, for asyncio. Made by [`connect_async`][scratchbird.connect_async].

    As an asynchronous context manager it commits when the block succeeds, rolls back when it raises, and closes.
    """

    @classmethod
    async def connect(
        cls, dsn: Optional[str] = None, *, row_factory: Optional[RowFactory[T]] = None, **options: Any
    ) -> AsyncConnection[T]:
        """Connect to a server. The arguments are those of [`connect`][scratchbird.connect].

        With [`pooling`][scratchbird.pooling] the connection comes from a pool; those of a subclass never do.
        """
        try:
            pools = _pool_switch.active()
            connection: AsyncConnection[Any]
            if pools is not None and cls is AsyncConnection:
                connection = await pools.pools(dsn, options).asynchronous.getconn()
            else:
                connection = cls(await _core.connect_async(dsn, _providers.wrapped_here(options)))
        finally:
            # A traceback that shows variables shows no secrets of this frame.
            del dsn, options
        if row_factory is not None:
            connection.row_factory = row_factory
        return cast("AsyncConnection[T]", connection)

    async def detach(self) -> None:
        """Leave the session dormant, to attach to it again later. No server of this protocol can.

        The connection stays as it is. `dormant_id` and `dormant_reattach_token` of a connection string are refused in
        the same way.

        Raises:
            NotSupportedError: always.

        Contract: SBWP 3.10.
        """
        raise errors.from_fields("NotSupportedError", DORMANT, {"sqlstate": "0A000"})

    @property
    def metadata(self) -> AsyncMetadata:
        """What is in the database. See [`AsyncMetadata`][scratchbird.metadata.AsyncMetadata]."""
        return AsyncMetadata(self)

    async def set_autocommit(self, value: bool) -> None:
        """Set `autocommit`."""
        self.autocommit = value

    async def __aenter__(self) -> AsyncConnection[Row]:
        if self.closed:
            raise errors.InterfaceError("the connection is closed")
        return self

    async def __aexit__(
        self,
        exc_type: Optional[Type[BaseException]],
        exc: Optional[BaseException],
        traceback: Optional[TracebackType],
    ) -> None:
        try:
            await awaiting(_transactions.leave(self, exc_type is not None))
        finally:
            await self.close()
