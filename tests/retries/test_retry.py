"""`retry`: what is worth another try, how often, after which pauses; for functions and coroutine functions."""

from __future__ import annotations

import asyncio
import functools
import inspect
import logging
import time
from typing import Any, Callable, List

import pytest

import scratchbird
from scratchbird import InterfaceError, retries
from scratchbird.errors import from_fields

Run = Callable[..., Any]


def conflict() -> Exception:
    return from_fields("DatabaseError", "try again", {"sqlstate": "40001", "is_retryable": 1})


def lost() -> Exception:
    return from_fields("OperationalError", "gone", {"sqlstate": "08006", "is_disconnect": 1})


def unknown() -> Exception:
    return from_fields("OperationalError", "who knows", {"sqlstate": "08007", "is_disconnect": 1})


class Fails:
    """Raises these errors in turn, then returns what it was called with."""

    def __init__(self, *errors: Exception) -> None:
        self.errors = list(errors)
        self.calls = 0

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        self.calls += 1
        if self.errors:
            raise self.errors.pop(0)
        return args, kwargs


@pytest.fixture(params=["sync", "async"])
def run(request: pytest.FixtureRequest) -> Run:
    """`run(function, *args, **options)`: calls the function through `retry(**options)`, as either kind."""

    def call(function: Callable[..., Any], *args: Any, **options: Any) -> Any:
        options.setdefault("first_pause", 0.001)
        if request.param == "sync":
            return scratchbird.retry(**options)(function)(*args)

        async def coroutine_function(*args: Any) -> Any:
            await asyncio.sleep(0)
            return function(*args)

        return asyncio.run(scratchbird.retry(**options)(coroutine_function)(*args))

    return call


def test_a_conflict_is_worth_another_try(run: Run) -> None:
    function = Fails(conflict(), conflict())
    assert run(function, 1, 2) == ((1, 2), {})
    assert function.calls == 3


def test_the_last_error_is_raised(run: Run) -> None:
    errors = [conflict() for _ in range(9)]
    function = Fails(*errors)
    with pytest.raises(scratchbird.DatabaseError) as caught:
        run(function, retries=4)
    assert caught.value is errors[4]
    assert function.calls == 5


@pytest.mark.parametrize("make", [lost, unknown, ValueError, lambda: from_fields("DataError", "x", {})])
def test_other_errors_are_raised_at_once(run: Run, make: Callable[[], Exception]) -> None:
    function = Fails(make())
    with pytest.raises(Exception) as caught:
        run(function)
    assert function.calls == 1
    assert caught.value is not None


def test_a_lost_connection_with_reconnect(run: Run) -> None:
    function = Fails(lost(), conflict())
    assert run(function, reconnect=True) == ((), {})
    assert function.calls == 3


def test_a_commit_of_unknown_outcome_is_never_repeated(run: Run) -> None:
    for error in (unknown(), conflict(), lost()):
        if not getattr(error, "outcome_unknown", False):
            error.__context__ = ValueError()
            error.__context__.__cause__ = unknown()
        function = Fails(error)
        with pytest.raises(scratchbird.DatabaseError) as caught:
            run(function, reconnect=True)
        assert caught.value is error
        assert function.calls == 1


def test_a_swallowed_unknown_outcome_counts(run: Run) -> None:
    calls = []

    def function() -> None:
        calls.append(1)
        try:
            raise unknown()
        except scratchbird.OperationalError:
            raise conflict()  # noqa: B904 - the context is the point

    with pytest.raises(scratchbird.DatabaseError):
        run(function)
    assert len(calls) == 1


def test_zero_retries(run: Run) -> None:
    function = Fails(conflict())
    with pytest.raises(scratchbird.DatabaseError):
        run(function, retries=0)
    assert function.calls == 1


def test_the_time_limit(run: Run) -> None:
    function = Fails(*(conflict() for _ in range(1000)))
    began = time.monotonic()
    with pytest.raises(scratchbird.DatabaseError):
        run(function, retries=1000, first_pause=0.01, longest_pause=0.02, timeout=0.2)
    assert time.monotonic() - began < 10
    assert 2 < function.calls < 1000


def test_pauses_grow_with_jitter() -> None:
    backoff = retries.Backoff(retries=8, first_pause=0.1, longest_pause=1.0, timeout=None)
    many = [list(backoff.pauses()) for _ in range(50)]
    for number, expected in enumerate([0.1, 0.2, 0.4, 0.8, 1.0, 1.0, 1.0, 1.0]):
        column = [pauses[number] for pauses in many]
        assert all(expected / 2 <= pause <= expected for pause in column)
        assert len(set(column)) > 1
    assert len(list(retries.Backoff(5000, 0.1, 1.0, None).pauses())) == 5000


def test_the_decorator_without_arguments() -> None:
    function = Fails(conflict())
    assert scratchbird.retry(function)(7) == ((7,), {})

    @scratchbird.retry
    def documented(a: int, *, b: int = 2) -> int:
        """What it says."""
        return a + b

    assert documented(1, b=5) == 6
    assert (documented.__name__, documented.__doc__) == ("documented", "What it says.")


def test_coroutine_functions_stay_coroutine_functions() -> None:
    class Awaited:
        async def __call__(self) -> int:
            return 1

    async def plain(value: int) -> int:
        return value

    for function in (plain, functools.partial(plain, 1), Awaited()):
        assert inspect.iscoroutinefunction(scratchbird.retry(function))
    assert asyncio.run(scratchbird.retry(functools.partial(plain, 1))()) == 1


def test_a_cancelled_task_is_not_repeated() -> None:
    calls: List[int] = []

    @scratchbird.retry(reconnect=True)
    async def forever() -> None:
        calls.append(1)
        await asyncio.sleep(60)

    async def main() -> None:
        task = asyncio.ensure_future(forever())
        await asyncio.sleep(0.01)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(main())
    assert calls == [1]


def generator() -> Any:
    yield 1


async def async_generator() -> Any:
    yield 1


@pytest.mark.parametrize("function", [generator, async_generator, 7, "f"])
def test_what_cannot_be_repeated_is_refused(function: Any) -> None:
    with pytest.raises(InterfaceError):
        scratchbird.retry(function)


@pytest.mark.parametrize(
    "options",
    [
        {"retries": -1},
        {"retries": 1.5},
        {"retries": True},
        {"first_pause": -1},
        {"first_pause": float("nan")},
        {"first_pause": None},
        {"longest_pause": "x"},
        {"timeout": -0.1},
    ],
)
def test_arguments_out_of_range(options: Any) -> None:
    with pytest.raises(InterfaceError, match=next(iter(options))):
        scratchbird.retry(**options)
    with pytest.raises(InterfaceError, match=next(iter(options))):
        scratchbird.transactional(**options)


def test_tries_are_logged_without_messages(run: Run, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, logger="scratchbird.retry")
    run(Fails(from_fields("DatabaseError", "the secret value", {"sqlstate": "40P01", "is_retryable": 1})))
    (record,) = caplog.records
    assert "40P01" in record.getMessage()
    assert "secret" not in caplog.text
