"""Notifications, of connections: sending, subscribing, waiting."""

from __future__ import annotations

from typing import Generator, Optional

from scratchbird import _events
from scratchbird._events import NotificationHandler
from scratchbird._steps import blocking
from scratchbird.dbapi.statements import StatementMethods
from scratchbird.notification import Notification
from scratchbird.rows import Row


class EventMethods(_events.EventHandling, StatementMethods[Row]):
    """What a connection offers to hear from other sessions."""

    def listen(self, channel: str, *, timeout: Optional[float] = None) -> None:
        """Hear what is sent to a channel from now on.

        Args:
            channel: its name, taken as it is: it may contain anything, and keeps its case.
            timeout: the most seconds it may take; the connection's `statement_timeout` if not given.

        Raises:
            NotSupportedError: the server delivers no notifications.
            ProgrammingError: the name is empty, or there is no such channel where the server wants it created first.

        Example:
            >>> with connect(dsn) as connection:
            ...     connection.listen("news")
            ...     connection.unlisten("news")
        """
        blocking(_events.listen(self, channel, timeout))

    def unlisten(self, channel: Optional[str] = None, *, timeout: Optional[float] = None) -> None:
        """Hear a channel no more, or none at all.

        Args:
            channel: its name; all channels if not given.
            timeout: the most seconds it may take; the connection's `statement_timeout` if not given.
        """
        blocking(_events.unlisten(self, channel, timeout))

    def notify(self, channel: str, payload: str = "", *, timeout: Optional[float] = None) -> None:
        """Send a message to a channel, as part of the transaction: it goes out when the transaction commits.

        Args:
            channel: its name, taken as it is.
            payload: the message. How long it may be is the server's to say.
            timeout: the most seconds it may take; the connection's `statement_timeout` if not given.

        Raises:
            NotSupportedError: the server delivers no notifications.
            ProgrammingError: the payload is no text.
        """
        blocking(_events.notify(self, channel, payload, timeout))

    def subscribe(
        self,
        name: str,
        *,
        kind: str = "table",
        filter: str = "",  # noqa: A002 - SBWP names it so
        timeout: Optional[float] = None,
    ) -> None:
        """Subscribe to the changes of a table, or to what else the server offers (SBWP 3.6 SUBSCRIBE).

        Args:
            name: the table, channel, query or event channel.
            kind: `"table"`, `"channel"`, `"query"` or `"event"`.
            filter: a condition in the server's own notation; what it means depends on the kind and the server.
            timeout: the most seconds it may take; the connection's `statement_timeout` if not given.

        Raises:
            NotSupportedError: the server delivers no notifications, or none of this kind.
            ProgrammingError: there is no such table, or no such kind.
        """
        self._check_notifications()
        self._subscribe(_events.subscription(kind), name, filter, timeout)

    def unsubscribe(self, name: str, *, timeout: Optional[float] = None) -> None:
        """End a subscription.

        Args:
            name: what was subscribed to.
            timeout: the most seconds it may take; the connection's `statement_timeout` if not given.
        """
        self._check_notifications()
        self._unsubscribe(name, timeout)

    def notifications(
        self, timeout: Optional[float] = None, stop_after: Optional[int] = None
    ) -> Generator[Notification, None, None]:
        """Wait for notifications, and give them one by one.

        Those that came while other statements ran come first. Other threads can use the connection meanwhile. Each
        notification goes to one iterator only.

        Args:
            timeout: the most seconds to wait, all in all; 0 gives what is there, None waits for ever.
            stop_after: the most notifications to give.

        Raises:
            NotSupportedError: the server delivers no notifications.
            OperationalError: the connection was lost.
            InterfaceError: the connection is closed, or was closed meanwhile.

        Example:
            >>> with connect(dsn) as connection:
            ...     connection.listen("news")
            ...     connection.notify("news", "hello")
            ...     connection.commit()
            ...     for notification in connection.notifications(timeout=5, stop_after=1):
            ...         print(notification.channel, notification.payload)
            news hello
        """
        self._check_notifications()
        return self._received(_events.Deadline(timeout), _events.checked_count(stop_after))

    def _received(self, deadline: _events.Deadline, stop_after: Optional[int]) -> Generator[Notification, None, None]:
        handlers = self._handlers
        with handlers.lock:
            handlers.iterators += 1
        try:
            given = 0
            while stop_after is None or given < stop_after:
                taken = self._take_notification()
                if taken is None:
                    if not self._wait_notification(deadline.left(), False):
                        return
                    continue
                message = _events.notification(taken[0])
                if not taken[1]:
                    self._tell(message)
                given += 1
                yield message
        finally:
            with handlers.lock:
                handlers.iterators -= 1

    def add_notification_handler(self, callback: NotificationHandler) -> None:
        """Have a function called with every notification.

        Nobody listens for a connection that is idle: the function is called when a statement, a commit, a rollback or a
        ping has been answered, and by [`notifications`][scratchbird.Connection.notifications], in the thread that
        called it. An exception of the function is logged and does not disturb the statement.

        Args:
            callback: the function; one that was added twice is called twice.

        Raises:
            NotSupportedError: the server delivers no notifications.
        """
        self._check_notifications()
        self._handlers.notification.append(callback)
        self._handlers_changed()

    def remove_notification_handler(self, callback: NotificationHandler) -> None:
        """Have a function called no more.

        Raises:
            ValueError: it was not added.
        """
        self._handlers.notification.remove(callback)
        self._handlers_changed()
