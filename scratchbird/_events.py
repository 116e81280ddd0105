"""Notifications, notices and progress, once for both faces of a connection: statements, handlers, and who is told."""

from __future__ import annotations

import logging
import threading
import time
import weakref
from functools import partial
from typing import Any, Callable, Dict, List, Optional, Tuple

from scratchbird import errors
from scratchbird._steps import Steps
from scratchbird.bulk import quoted
from scratchbird.notification import Notification, Progress

logger = logging.getLogger("scratchbird.notification")

KINDS: Dict[str, int] = {"channel": 0, "table": 1, "query": 2, "event": 3}
"""What can be subscribed to, and its number on the wire (SBWP 3.6)."""

_NOTIFICATIONS, _NOTICES, _PROGRESS = 1, 2, 4

NotificationHandler = Callable[[Notification], Any]
NoticeHandler = Callable[[Exception], Any]
ProgressHandler = Callable[[Progress], Any]
_Fields = Tuple[str, bytes, int, Optional[str], Optional[int]]


def notification(fields: _Fields) -> Notification:
    channel, data, process_id, change, row_id = fields
    return Notification(channel, data.decode("utf-8", "replace"), process_id, change, row_id, data)


class Deadline:
    """The end of a wait of so many seconds."""

    def __init__(self, timeout: Optional[float]) -> None:
        if timeout is not None and not timeout >= 0:
            raise errors.ProgrammingError("timeout is a number of seconds, 0 or more")
        self._end = None if timeout is None else time.monotonic() + timeout

    def left(self) -> Optional[float]:
        return None if self._end is None else max(0.0, self._end - time.monotonic())


def checked_count(stop_after: Optional[int]) -> Optional[int]:
    if stop_after is not None and stop_after < 0:
        raise errors.ProgrammingError("stop_after is a number of notifications, 0 or more")
    return stop_after


def subscription(kind: str) -> int:
    try:
        return KINDS[kind]
    except KeyError:
        raise errors.ProgrammingError(f"kind is one of {', '.join(KINDS)}, not {kind!r}") from None


def listen(connection: Any, channel: str, timeout: Optional[float]) -> Steps[None]:
    connection._check_notifications()
    yield partial(connection.execute, f"LISTEN {quoted(channel)}", timeout=timeout)


def unlisten(connection: Any, channel: Optional[str], timeout: Optional[float]) -> Steps[None]:
    connection._check_notifications()
    yield partial(connection.execute, f"UNLISTEN {'*' if channel is None else quoted(channel)}", timeout=timeout)


def notify(connection: Any, channel: str, payload: str, timeout: Optional[float]) -> Steps[None]:
    connection._check_notifications()
    if not isinstance(payload, str):
        raise errors.ProgrammingError(f"a payload is a text, not {type(payload).__name__}")
    yield partial(connection.execute, f"NOTIFY {quoted(channel)}, ?", (payload,), timeout=timeout)


class Handlers:
    """Who is told of what a connection hears."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.notification: List[NotificationHandler] = []
        self.notice: List[NoticeHandler] = []
        self.progress: Optional[ProgressHandler] = None
        self.iterators = 0

    def kinds(self) -> int:
        return (
            (_NOTIFICATIONS if self.notification else 0)
            | (_NOTICES if self.notice else 0)
            | (_PROGRESS if self.progress else 0)
        )


class EventHandling:
    """The handlers of a connection of either face."""

    _set_handlers: Callable[[int, Any], None]
    _untold_notifications: Callable[[bool], List[_Fields]]
    _untold_notices: Callable[[], List[Exception]]

    _handlers_of_connection: Optional[Handlers] = None

    @property
    def _handlers(self) -> Handlers:
        if self._handlers_of_connection is None:
            self._handlers_of_connection = Handlers()
        return self._handlers_of_connection

    def _handlers_changed(self) -> None:
        self._set_handlers(self._handlers.kinds(), weakref.ref(self))

    @property
    def on_progress(self) -> Optional[ProgressHandler]:
        """Called with a [`Progress`][scratchbird.Progress] while a statement runs, when the server says how far it is.

        Set it to a function, or to None. It is called in the thread that waits for the statement, and with the latest
        report only; an exception of it is logged and does not disturb the statement, which
        [`cancel`][scratchbird.Connection.cancel] ends. Servers need not report anything; the beta server does not.

        Example:
            >>> with connect(dsn) as connection:
            ...     connection.on_progress = lambda progress: print(progress.rows)
            ...     rows = connection.execute("select n from generate_series(1, 60000) as n").fetchall()
            50000
        """
        return self._handlers.progress

    @on_progress.setter
    def on_progress(self, handler: Optional[ProgressHandler]) -> None:
        self._handlers.progress = handler
        self._handlers_changed()

    def add_notice_handler(self, callback: NoticeHandler) -> None:
        """Have a function called with every notice of the server, an exception object as in `messages`.

        It is called after the statement that brought the notice, in the thread or task that ran it. Notices stay in
        `messages` too. An exception of the function is logged and does not disturb the statement.

        Args:
            callback: the function; one that was added twice is called twice.

        Example:
            >>> with connect(dsn) as connection:
            ...     connection.add_notice_handler(print)
            ...     connection.remove_notice_handler(print)
        """
        self._handlers.notice.append(callback)
        self._handlers_changed()

    def remove_notice_handler(self, callback: NoticeHandler) -> None:
        """Have a function called no more.

        Raises:
            ValueError: it was not added.
        """
        self._handlers.notice.remove(callback)
        self._handlers_changed()

    def _tell_handlers(self) -> None:
        """Called by the core when there is something, and by whoever waits for notifications."""
        handlers = self._handlers
        if handlers.notice:
            for notice in self._untold_notices():
                for tell in list(handlers.notice):
                    self._call(tell, notice)
        if handlers.notification:
            for fields in self._untold_notifications(handlers.iterators > 0):
                self._tell(notification(fields))

    def _tell(self, message: Notification) -> None:
        for tell in list(self._handlers.notification):
            self._call(tell, message)

    def _tell_progress(self, rows: int, size: int) -> None:
        handler = self._handlers.progress
        if handler is not None:
            self._call(handler, Progress(rows, size))

    def _call(self, handler: Callable[[Any], Any], event: Any) -> Any:
        try:
            return handler(event)
        except Exception:
            logger.exception("a handler of %s raised", type(event).__name__)
            return None
