"""`Connection`: a session with a server."""

from __future__ import annotations

from types import TracebackType
from typing import Optional, Type

from scratchbird import _transactions, errors
from scratchbird._shared import DORMANT
from scratchbird._steps import blocking
from scratchbird.dbapi.bulk import BulkMethods
from scratchbird.dbapi.compat import CompatMethods
from scratchbird.dbapi.events import EventMethods
from scratchbird.dbapi.fetching import FetchMethods
from scratchbird.dbapi.pipelining import PipelineMethods
from scratchbird.dbapi.preparing import PrepareMethods
from scratchbird.dbapi.transactions import TransactionMethods
from scratchbird.dbapi.types import TypeMethods
from scratchbird.metadata import Metadata
from scratchbird.rows import Row


class Connection(
    TransactionMethods[Row],
    BulkMethods[Row],
    FetchMethods[Row],
    TypeMethods[Row],
    CompatMethods[Row],
    PipelineMethods[Row],
    PrepareMethods[Row],
    EventMethods[Row],
):
    """A session with a server. Made by [`connect`][scratchbird.connect].

    As a context manager it commits when the block succeeds, rolls back when it raises, and closes.
    """

    def detach(self) -> None:
        """Leave the session dormant, to attach to it again later. No server of this protocol can.

        The connection stays as it is. `dormant_id` and `dormant_reattach_token` of a connection string are refused in
        the same way.

        Raises:
            NotSupportedError: always.

        Contract: SBWP 3.10.
        """
        raise errors.from_fields("NotSupportedError", DORMANT, {"sqlstate": "0A000"})

    @property
    def metadata(self) -> Metadata:
        """What is in the database. See [`Metadata`][scratchbird.metadata.Metadata]."""
        return Metadata(self)

    def set_autocommit(self, value: bool) -> None:
        """Set `autocommit`, as a method so that both faces have the same name for it."""
        self.autocommit = value

    def __enter__(self) -> Connection[Row]:
        if self.closed:
            raise errors.InterfaceError("the connection is closed")
        return self

    def __exit__(
        self,
        exc_type: Optional[Type[BaseException]],
        exc: Optional[BaseException],
        traceback: Optional[TracebackType],
    ) -> None:
        try:
            blocking(_transactions.leave(self, exc_type is not None))
        finally:
            self.close()
