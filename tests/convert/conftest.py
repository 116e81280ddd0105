"""One connection to an echoing server for all tests of conversion."""

from __future__ import annotations

from typing import Any, Callable, Iterator

import pytest

import scratchbird
from tests.convert.echo import BINARY, TEXT, Echo, Sent, query
from tests.faults.scripted import ScriptedServer

Read = Callable[..., Any]
Send = Callable[[Any], Sent]


@pytest.fixture(scope="module")
def echo() -> Iterator[tuple[Any, Echo]]:
    script = Echo()
    # Between two requests Hypothesis may have to make its tables of Unicode, for seconds.
    with ScriptedServer(script, patience=120) as server:
        conn = scratchbird.connect(
            host=server.host, port=server.port, user="u", password="p", database="d", sslmode="disable", autocommit=True
        )
        yield conn.cursor(), script
        conn.close()


@pytest.fixture(scope="module")
def read(echo: tuple[Any, Echo]) -> Read:
    """What the driver makes of a value that arrives: `read(oid, b"text")`, `read(oid, binary=b"...")`."""

    def read(oid: int, text: bytes | None = None, *, binary: bytes | None = None) -> Any:
        cell = (oid, TEXT, text) if binary is None else (oid, BINARY, binary)
        (value,) = echo[0].execute(query(cell)).fetchone()
        return value

    return read


@pytest.fixture(scope="module")
def send(echo: tuple[Any, Echo]) -> Send:
    """What a value becomes as a parameter."""

    def send(value: Any) -> Sent:
        echo[0].execute("select ?", (value,))
        return echo[1].sent[-1][0]

    return send


@pytest.fixture(scope="module")
def there_and_back(echo: tuple[Any, Echo]) -> Callable[[Any], Any]:
    """The value that a parameter comes back as."""

    def there_and_back(value: Any) -> Any:
        (back,) = echo[0].execute("select ?", (value,)).fetchone()
        return back

    return there_and_back
