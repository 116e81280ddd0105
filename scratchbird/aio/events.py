"""Notifications, of connections: sending, subscribing, waiting."""

from __future__ import annotations

import asyncio
import inspect
import weakref
from typing import Any, AsyncGenerator, Callable, Optional, Set

from scratchbird import _events, errors
from scratchbird._events import NotificationHandler
from scratchbird._steps import awaiting
from scratchbird.aio.statements import AsyncStatementMethods
from scratchbird.notification import Notification
from scratchbird.rows import Row


class AsyncEventMethods(_events.EventHandling, AsyncStatementMethods[Row]):
    """What a connection offers to hear from other sessions."""

    _listener: Optional[asyncio.Task[None]] = None

    async def listen(self, channel: str, *, timeout: Optional[float] = None) -> None:
        """Hear what is sent to a channel. As [`Connection.listen`][scratchbird.Connection.listen], awaited."""
        await awaiting(_events.listen(self, channel, timeout))

    async def unlisten(self, channel: Optional[str] = None, *, timeout: Optional[float] = None) -> None:
        """Hear a channel no more, or none at all."""
        await awaiting(_events.unlisten(self, channel, timeout))

    async def notify(self, channel: str, payload: str = "", *, timeout: Optional[float] = None) -> None:
        """Send a message to a channel. As [`Connection.notify`][scratchbird.Connection.notify], awaited."""
        await awaiting(_events.notify(self, channel, payload, timeout))

    async def subscribe(
        self,
        name: str,
        *,
        kind: str = "table",
        filter: str = "",  # noqa: A002 - SBWP names it so
        timeout: Optional[float] = None,
    ) -> None:
        """Subscribe to the changes of a table, or to what else the server offers.

        As [`Connection.subscribe`][scratchbird.Connection.subscribe], awaited.
        """
        self._check_notifications()
        await self._subscribe(_events.subscription(kind), name, filter, timeout)

    async def unsubscribe(self, name: str, *, timeout: Optional[float] = None) -> None:
        """End a subscription."""
        self._check_notifications()
        await self._unsubscribe(name, timeout)

    def notifications(
        self, timeout: Optional[float] = None, stop_after: Optional[int] = None
    ) -> AsyncGenerator[Notification, None]:
        """Wait for notifications, and give them one by one: `async for`.

        Those that came while other statements ran come first. Other tasks can use the connection meanwhile. Each
        notification goes to one iterator only.

        Args:
            timeout: the most seconds to wait, all in all; 0 gives what is there, None waits for ever.
            stop_after: the most notifications to give.

        Raises:
            NotSupportedError: the server delivers no notifications.
            OperationalError: the connection was lost.
            InterfaceError: the connection is closed, or was closed meanwhile.

        Example:
            >>> async def main():
            ...     async with await connect_async(dsn, autocommit=True) as connection:
            ...         await connection.listen("news")
            ...         await connection.notify("news", "hello")
            ...         async for notification in connection.notifications(timeout=5, stop_after=1):
            ...             print(notification.channel, notification.payload)
            >>> asyncio.run(main())
            news hello
        """
        self._check_notifications()
        return self._received(_events.Deadline(timeout), _events.checked_count(stop_after))

    async def _received(
        self, deadline: _events.Deadline, stop_after: Optional[int]
    ) -> AsyncGenerator[Notification, None]:
        handlers = self._handlers
        handlers.iterators += 1
        try:
            given = 0
            while stop_after is None or given < stop_after:
                taken = self._take_notification()
                if taken is None:
                    if not await self._wait_notification(deadline.left(), False):
                        return
                    continue
                message = _events.notification(taken[0])
                if not taken[1]:
                    self._tell(message)
                given += 1
                yield message
        finally:
            handlers.iterators -= 1

    async def add_notification_handler(self, callback: NotificationHandler) -> None:
        """Have a function called with every notification, as soon as it has come, on the event loop.

        An exception of the function is logged. What a coroutine function returns is run as a task.

        Args:
            callback: the function; one that was added twice is called twice.

        Raises:
            NotSupportedError: the server delivers no notifications.
        """
        self._check_notifications()
        self._handlers.notification.append(callback)
        self._handlers_changed()
        if self._listener is None or self._listener.done():
            self._listener = asyncio.get_running_loop().create_task(_listen(weakref.ref(self)))

    async def remove_notification_handler(self, callback: NotificationHandler) -> None:
        """Have a function called no more.

        Raises:
            ValueError: it was not added.
        """
        self._handlers.notification.remove(callback)
        self._handlers_changed()
        if not self._handlers.notification and self._listener is not None:
            self._listener.cancel()
            self._listener = None

    def _call(self, handler: Callable[[Any], Any], event: Any) -> Any:
        result = super()._call(handler, event)
        if inspect.isawaitable(result):
            task = asyncio.ensure_future(_logged(result, event))
            # The loop itself keeps weak references only.
            _running.add(task)
            task.add_done_callback(_running.discard)
        return None


_running: Set[asyncio.Future[None]] = set()


async def _logged(handler: Any, event: Any) -> None:
    try:
        await handler
    except Exception:
        _events.logger.exception("a handler of %s raised", type(event).__name__)


async def _listen(face: weakref.ReferenceType[AsyncEventMethods[Any]]) -> None:
    """Tells the handlers of notifications that come while nobody else uses the connection; does not keep it alive."""
    while True:
        connection = face()
        if connection is None:
            return
        waiting = connection._wait_notification(None, True)
        del connection
        try:
            await waiting
        except errors.InterfaceError:
            # It was closed, or went back to its pool.
            return
        except errors.Error as error:
            _events.logger.warning("the connection was lost while handlers waited for notifications: %s", error)
            return
        connection = face()
        if connection is None:
            return
        connection._tell_handlers()
        del connection
