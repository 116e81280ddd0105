"""Doing work again that failed for a passing reason: `retry` for any function, `transactional` for whole transactions.

What is worth another try is said by the errors themselves (`is_retryable`, `is_disconnect`); no message is looked at.
Work whose commit may have taken effect is never repeated.
"""

from __future__ import annotations

import asyncio
import functools
import inspect
import logging
import random
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Callable, Iterator, Optional, TypeVar, Union, overload

from scratchbird._steps import Steps, awaiting, blocking
from scratchbird.aio import AsyncConnection
from scratchbird.dbapi import Connection
from scratchbird.errors import InterfaceError
from scratchbird.isolation import Level
from scratchbird.pool import AsyncConnectionPool, ConnectionPool
from scratchbird.transaction import Scope

if TYPE_CHECKING:
    from typing_extensions import Concatenate, ParamSpec

    P = ParamSpec("P")

__all__ = ["retry", "transactional"]

T = TypeVar("T")
F = TypeVar("F", bound=Callable[..., Any])
Source = Union[Connection, AsyncConnection, ConnectionPool, AsyncConnectionPool]

logger = logging.getLogger("scratchbird.retry")


@dataclass(frozen=True)
class Backoff:
    """How often and after which pauses something is tried again."""

    retries: int
    first_pause: float
    longest_pause: float
    timeout: Optional[float]

    def __post_init__(self) -> None:
        if not isinstance(self.retries, int) or isinstance(self.retries, bool) or self.retries < 0:
            raise InterfaceError(f"retries is a number, 0 or more, not {self.retries!r}")
        for name in ("first_pause", "longest_pause", "timeout"):
            value = getattr(self, name)
            if name == "timeout" and value is None:
                continue
            if not isinstance(value, (int, float)) or isinstance(value, bool) or not value >= 0:
                raise InterfaceError(f"{name} is a number of seconds, 0 or more, not {value!r}")

    def pauses(self) -> Iterator[float]:
        """A pause for every further try, in seconds: each about twice the one before, less up to a half by chance."""
        deadline = None if self.timeout is None else time.monotonic() + self.timeout
        for number in range(self.retries):
            # 2**1024 is no float; by then the longest pause was reached long ago.
            pause = min(self.longest_pause, self.first_pause * 2.0 ** min(number, 60)) * random.uniform(0.5, 1.0)
            if deadline is not None and time.monotonic() + pause > deadline:
                return
            yield pause


def _is_passing(error: BaseException, reconnects: bool) -> bool:
    """Whether another try may succeed and does nothing twice."""
    passing = getattr(error, "is_retryable", False) or (reconnects and getattr(error, "is_disconnect", False))
    return bool(passing) and not any(getattr(cause, "outcome_unknown", False) for cause in _chain(error))


def _chain(error: BaseException) -> Iterator[BaseException]:
    """The error, and what led to it: a commit of unknown outcome may have been swallowed on the way."""
    seen = set()
    pending: list[Optional[BaseException]] = [error]
    while pending:
        current = pending.pop()
        if current is not None and id(current) not in seen:
            seen.add(id(current))
            yield current
            pending += [current.__cause__, current.__context__]


def _trying(
    attempt: Callable[[], Any], sleep: Callable[[float], Any], backoff: Backoff, reconnects: bool, name: str
) -> Steps[Any]:
    """Calls `attempt` until it succeeds, or fails in a way that no further try changes."""
    pauses = backoff.pauses()
    tries = 1
    while True:
        try:
            return (yield attempt)
        except Exception as error:
            if not _is_passing(error, reconnects):
                raise
            pause = next(pauses, None)
            if pause is None:
                raise
            # The message may hold data of the user's.
            state = getattr(error, "sqlstate", None)
            logger.info(
                "%s failed with %s (%s) on try %d: again in %.3f s", name, type(error).__name__, state, tries, pause
            )
        tries += 1
        yield functools.partial(sleep, pause)


def _name_of(function: Any) -> str:
    return str(getattr(function, "__qualname__", type(function).__name__))


def _is_coroutine_function(function: Any) -> bool:
    while isinstance(function, functools.partial):
        function = function.func
    call = getattr(function, "__call__", None)  # noqa: B004 - to look at it, not to know whether it is there
    return inspect.iscoroutinefunction(function) or inspect.iscoroutinefunction(call)


def _check(function: Any, what: str) -> None:
    if not callable(function):
        raise InterfaceError(f"{what} takes a function, not {type(function).__name__}")
    if inspect.isgeneratorfunction(function) or inspect.isasyncgenfunction(function):
        raise InterfaceError(f"{what} cannot run a generator again, whose results have been used already")


@overload
def retry(function: F) -> F: ...


@overload
def retry(
    *,
    retries: int = 3,
    first_pause: float = 0.05,
    longest_pause: float = 2.0,
    timeout: Optional[float] = None,
    reconnect: bool = False,
) -> Callable[[F], F]: ...


def retry(
    function: Optional[F] = None,
    *,
    retries: int = 3,
    first_pause: float = 0.05,
    longest_pause: float = 2.0,
    timeout: Optional[float] = None,
    reconnect: bool = False,
) -> Any:
    """Call a function again where it fails for a passing reason: a serialization failure or a deadlock.

    A decorator, with or without arguments; `retry(function)` also just wraps one. Functions and coroutine functions are
    taken alike. The function must begin and end its own transaction, because it is called from its beginning:
    [`transactional`][scratchbird.transactional] sees to that. An error is worth another try if its `is_retryable` is
    true, and it never is where a commit of unknown outcome (SQLSTATE 08007) is among its causes.

    Args:
        function: the function, where the decorator is used without arguments.
        retries: the most further tries after the first.
        first_pause: seconds before the second try. Each further pause is twice as long, less up to a half by chance.
        longest_pause: the most seconds of a pause.
        timeout: seconds from the first try after which no other is begun; None is no limit.
        reconnect: whether a lost connection, and one that could not be made, is worth another try too. The function
            must open its own connection, or borrow one of a pool.

    Returns:
        The function that tries again. What the last try raises is raised.

    Raises:
        InterfaceError: an argument is out of its range, or the function is a generator.

    Example:
        >>> import scratchbird
        >>> @scratchbird.retry(retries=5)
        ... def count():
        ...     with scratchbird.connect(dsn) as connection:
        ...         return connection.execute("select 1").fetchone()
        >>> count()
        (1,)
    """
    backoff = Backoff(retries, first_pause, longest_pause, timeout)

    def decorate(function: Callable[..., Any]) -> Callable[..., Any]:
        _check(function, "retry")
        name = _name_of(function)
        if _is_coroutine_function(function):

            async def tried_async(*args: Any, **kwargs: Any) -> Any:
                attempt = functools.partial(function, *args, **kwargs)
                return await awaiting(_trying(attempt, asyncio.sleep, backoff, reconnect, name))

            return functools.wraps(function)(tried_async)

        def tried(*args: Any, **kwargs: Any) -> Any:
            attempt = functools.partial(function, *args, **kwargs)
            return blocking(_trying(attempt, time.sleep, backoff, reconnect, name))

        return functools.wraps(function)(tried)

    return decorate if function is None else decorate(function)


class _Transactions:
    """What runs a function in a transaction of a connection, or of one that a pool lends."""

    def __init__(self, function: Callable[..., Any], backoff: Backoff, characteristics: dict[str, Any]) -> None:
        self._function = function
        self._backoff = backoff
        self._characteristics = characteristics
        self._name = _name_of(function)

    def _plan(self, source: Any, pooled: type) -> Backoff:
        """The tries that make sense: none inside a transaction, which a conflict spoils as a whole."""
        if isinstance(source, pooled) or not (source.in_transaction or source._scope != Scope.PLAIN):
            return self._backoff
        return Backoff(0, 0.0, 0.0, None)

    def run(self, source: Any, args: Any, kwargs: Any) -> Any:
        pooled = isinstance(source, ConnectionPool)
        if not pooled and not isinstance(source, Connection):
            raise _wrong_source(source, "a Connection or a ConnectionPool")

        def once(connection: Connection) -> Any:
            with connection.transaction(**self._characteristics):
                return self._function(connection, *args, **kwargs)

        def attempt() -> Any:
            if not pooled:
                return once(source)
            connection = source.getconn()
            try:
                return once(connection)
            finally:
                source.putconn(connection)

        plan = self._plan(source, ConnectionPool)
        return blocking(_trying(attempt, time.sleep, plan, pooled, self._name))

    async def run_async(self, source: Any, args: Any, kwargs: Any) -> Any:
        pooled = isinstance(source, AsyncConnectionPool)
        if not pooled and not isinstance(source, AsyncConnection):
            raise _wrong_source(source, "an AsyncConnection or an AsyncConnectionPool")

        async def once(connection: AsyncConnection) -> Any:
            async with connection.transaction(**self._characteristics):
                return await self._function(connection, *args, **kwargs)

        async def attempt() -> Any:
            if not pooled:
                return await once(source)
            connection = await source.getconn()
            try:
                return await once(connection)
            finally:
                await source.putconn(connection)

        plan = self._plan(source, AsyncConnectionPool)
        return await awaiting(_trying(attempt, asyncio.sleep, plan, pooled, self._name))


def _wrong_source(source: Any, wanted: str) -> InterfaceError:
    return InterfaceError(f"a transactional function needs {wanted}, not {type(source).__name__}")


if TYPE_CHECKING:

    class _Bound:
        """`@transactional(pool)`: the connection is not an argument of the call any more."""

        def __call__(self, function: Callable[Concatenate[Any, P], T]) -> Callable[P, T]: ...


@overload
def transactional(source: F) -> F: ...


@overload
def transactional(
    source: Source,
    *,
    retries: int = 3,
    first_pause: float = 0.05,
    longest_pause: float = 2.0,
    timeout: Optional[float] = None,
    isolation: Level = None,
    read_only: Optional[bool] = None,
    deferrable: Optional[bool] = None,
) -> _Bound: ...


@overload
def transactional(
    source: None = None,
    *,
    retries: int = 3,
    first_pause: float = 0.05,
    longest_pause: float = 2.0,
    timeout: Optional[float] = None,
    isolation: Level = None,
    read_only: Optional[bool] = None,
    deferrable: Optional[bool] = None,
) -> Callable[[F], F]: ...


def transactional(
    source: Any = None,
    *,
    retries: int = 3,
    first_pause: float = 0.05,
    longest_pause: float = 2.0,
    timeout: Optional[float] = None,
    isolation: Level = None,
    read_only: Optional[bool] = None,
    deferrable: Optional[bool] = None,
) -> Any:
    """Run a function in a transaction, and again from its beginning where a conflict undid it.

    The function gets a connection as its first argument; what it does with it is committed when it returns and rolled
    back when it raises. Given a pool, here or in the call, every try borrows a connection, and a connection that was
    lost before the commit is worth another try as well. A commit whose answer was lost is never repeated: its error
    says `outcome_unknown`.

    Args:
        source: the pool or connection to use. Without one the caller gives it as the first argument.
        retries: the most further tries after the first.
        first_pause: seconds before the second try, as for [`retry`][scratchbird.retry].
        longest_pause: the most seconds of a pause.
        timeout: seconds from the first try after which no other is begun; None is no limit.
        isolation: as for [`Connection.transaction`][scratchbird.Connection.transaction].
        read_only: as for `transaction`.
        deferrable: as for `transaction`.

    Returns:
        A decorator, or the decorated function. Of a coroutine function it makes a coroutine function.

    Raises:
        InterfaceError: an argument is out of its range, or of the other face.

    Inside a transaction that holds work already, the function runs in a savepoint and is not repeated: a conflict
    spoils the whole transaction, which only its owner can begin again.

    Example:
        >>> import scratchbird
        >>> @scratchbird.transactional(retries=5)
        ... def answer(connection, number):
        ...     return connection.execute("select %s", (number,)).fetchone()[0]
        >>> with scratchbird.connect(dsn) as connection:
        ...     answer(connection, 42)
        42
    """
    backoff = Backoff(retries, first_pause, longest_pause, timeout)
    characteristics = {"isolation": isolation, "read_only": read_only, "deferrable": deferrable}
    known = isinstance(source, (Connection, AsyncConnection, ConnectionPool, AsyncConnectionPool))

    def decorate(function: Callable[..., Any]) -> Callable[..., Any]:
        _check(function, "transactional")
        transactions = _Transactions(function, backoff, characteristics)
        if _is_coroutine_function(function):

            async def run_async(*args: Any, **kwargs: Any) -> Any:
                given, rest = _split(source if known else None, args)
                return await transactions.run_async(given, rest, kwargs)

            return functools.wraps(function)(run_async)

        def run(*args: Any, **kwargs: Any) -> Any:
            given, rest = _split(source if known else None, args)
            return transactions.run(given, rest, kwargs)

        return functools.wraps(function)(run)

    return decorate if source is None or known else decorate(source)


def _split(source: Any, args: Any) -> Any:
    """The source of the connection, and the other arguments."""
    if source is not None:
        return source, args
    if not args:
        raise InterfaceError("a transactional function needs a connection or a pool as its first argument")
    return args[0], args[1:]
