"""Callables that give secrets: who calls them when the core asks for a token or a password, and on which loop.

The core asks from its runtime, also for connections that a pool makes in the background, where no caller of Python
waits. A thread takes the questions; each is answered in a thread of its own, or by a coroutine on the loop it belongs
to.
"""

from __future__ import annotations

import asyncio
import atexit
import contextvars
import inspect
import os
import threading
import weakref
from concurrent.futures import Future
from typing import Any, Awaitable, Callable, Dict, List, Mapping, Optional, Union

from scratchbird import _core

Secret = Union[str, Callable[[], Union[str, Awaitable[str]]]]
"""A secret, or who gives it."""

_questions: Optional[_core.Questions] = None
_thread: Optional[threading.Thread] = None
_lock = threading.Lock()


class Provider:
    """A callable given for a secret, with the context of whoever gave it."""

    def __init__(self, name: str, function: Callable[[], Any]) -> None:
        self.name = name
        self.questions = _asked()
        self._function = function
        self._context = contextvars.copy_context()
        self._loop: Optional[weakref.ReferenceType[asyncio.AbstractEventLoop]] = None
        self._running: Dict[int, Future[Any]] = {}

    def __call__(self) -> Any:
        """What the callable returns: the secret, or what is to be awaited for it."""
        return self._context.copy().run(self._function)

    def __repr__(self) -> str:
        return f"<the callable given as {self.name}>"

    @property
    def identity(self) -> Any:
        """What makes two of them the same: the callable."""
        try:
            hash(self._function)
        except TypeError:
            return id(self._function)
        return self._function

    def use_running_loop(self) -> None:
        """Await on the running loop from now on, where one is running."""
        try:
            self._loop = weakref.ref(asyncio.get_running_loop())
        except RuntimeError:
            return

    def _home(self) -> Optional[asyncio.AbstractEventLoop]:
        loop = None if self._loop is None else self._loop()
        return loop if loop is not None and loop.is_running() else None

    def _begin(self, number: int, question: Optional[_core.Question]) -> None:
        """Answer a question, or give one up."""
        if question is None:
            future = self._running.get(number)
            if future is not None:
                future.cancel()
            return
        threading.Thread(target=self._answer, args=(number, question), name="scratchbird secret", daemon=True).start()

    def _answer(self, number: int, question: _core.Question) -> None:
        try:
            found = self()
            if not inspect.isawaitable(found):
                question.answer(found)
                return
            loop = self._home()
            if loop is None:
                question.answer(asyncio.run(_awaited(found)))
            else:
                self._await_on(loop, found, number, question)
        except BaseException as error:
            question.fail(error)

    def _await_on(
        self, loop: asyncio.AbstractEventLoop, found: Awaitable[Any], number: int, question: _core.Question
    ) -> None:
        coroutine = _awaited(found)
        try:
            context = self._context.copy()
            future = context.run(asyncio.run_coroutine_threadsafe, coroutine, loop)
        except RuntimeError:
            # The loop has been closed a moment ago.
            coroutine.close()
            raise
        self._running[number] = future

        def done(future: Future[Any]) -> None:
            self._running.pop(number, None)
            error = asyncio.CancelledError() if future.cancelled() else future.exception()
            if error is None:
                question.answer(future.result())
            else:
                question.fail(error)

        future.add_done_callback(done)


async def _awaited(found: Awaitable[Any]) -> Any:
    return await found


def wrapped(options: Mapping[str, Any]) -> Dict[str, Any]:
    """The options, with a `Provider` for every callable among them."""
    return {
        name: Provider(name, value) if callable(value) and not isinstance(value, Provider) else value
        for name, value in options.items()
    }


def providers(options: Mapping[str, Any]) -> List[Provider]:
    """The providers among the options."""
    return [value for value in options.values() if isinstance(value, Provider)]


def wrapped_here(options: Mapping[str, Any]) -> Dict[str, Any]:
    """As `wrapped`, for a coroutine: what is to be awaited is awaited on its loop."""
    found = wrapped(options)
    for provider in providers(found):
        provider.use_running_loop()
    return found


def _asked() -> _core.Questions:
    """The questions of this process, and the thread that takes them."""
    global _questions, _thread
    with _lock:
        if _questions is None:
            _questions = _core.Questions()
            _thread = threading.Thread(target=_serve, args=(_questions,), name="scratchbird secrets", daemon=True)
            _thread.start()
        return _questions


def _serve(questions: _core.Questions) -> None:
    while True:
        taken = questions.take(60.0)
        if taken is None:
            return
        for provider, number, question in taken:
            try:
                provider._begin(number, question)
            except RuntimeError as error:
                # No thread can be started: too many, or the interpreter is going down.
                if question is not None:
                    question.fail(error)
        taken = provider = question = None


@atexit.register
def _end() -> None:
    """No thread may want the interpreter once it is going down."""
    with _lock:
        questions, thread = _questions, _thread
    if questions is not None:
        questions.close()
    if thread is not None:
        thread.join(1.0)


def _forked() -> None:
    global _questions, _thread, _lock
    _questions, _thread, _lock = None, None, threading.Lock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forked)
