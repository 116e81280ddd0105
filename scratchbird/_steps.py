"""One logic for both faces: a generator yields what is to be called, and here it is called, or called and awaited."""

from __future__ import annotations

from typing import Any, Callable, Generator, TypeVar

T = TypeVar("T")
Steps = Generator[Callable[[], Any], Any, T]
"""Yields what to call (and, on the asyncio face, to await); gets its result or its exception."""


def blocking(steps: Steps[T]) -> T:
    """Takes the steps one after the other."""
    try:
        step = next(steps)
        while True:
            try:
                result = step()
            except GeneratorExit:
                raise
            except BaseException as error:
                step = steps.throw(error)
            else:
                step = steps.send(result)
    except StopIteration as end:
        value: T = end.value
        return value


async def awaiting(steps: Steps[T]) -> T:
    """Takes the steps one after the other, awaiting each."""
    try:
        step = next(steps)
        while True:
            try:
                result = await step()
            except GeneratorExit:
                # The coroutine is thrown away: nothing can be awaited any more.
                steps.close()
                raise
            except BaseException as error:
                step = steps.throw(error)
            else:
                step = steps.send(result)
    except StopIteration as end:
        value: T = end.value
        return value
