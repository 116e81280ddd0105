"""A secret is nowhere to be seen: no repr, error, log record, `info`, or local variable of the driver's frames."""

from __future__ import annotations

import asyncio
import logging
import traceback
from pathlib import Path
from typing import Any, Callable, Iterator, List

import pytest

import scratchbird
from scratchbird import AsyncConnectionPool, ConnectionPool
from tests.signin.conftest import PASSWORD, TOKEN, address

Connect = Callable[..., Any]

PACKAGE = str(Path(scratchbird.__file__).parent)
SECRET = "hush-5ecret"

# Ways to give a secret: all of them are refused by the server, or before.
GIVEN: List[Any] = [
    pytest.param({"password": SECRET}, id="password"),
    pytest.param({"password": lambda: SECRET}, id="callable"),
    pytest.param({"token": SECRET}, id="token"),
    pytest.param({"password": SECRET, "sslmoed": "x"}, id="unknown key"),
    pytest.param({"password": SECRET, "connect_timeout": "soon"}, id="bad value"),
    pytest.param({"password": SECRET, "host": "127.0.0.1", "port": 1}, id="no server"),
    pytest.param({"auth_payload_b64": SECRET}, id="bad base64"),
    pytest.param({"password": SECRET, "sslpassword": SECRET, "sslkey": "x"}, id="key password"),
    pytest.param({"password": f"{SECRET}\0"}, id="NUL"),
]


def texts_of(error: BaseException) -> Iterator[str]:
    """What tools show of an exception: texts, reprs, and the variables of our frames."""
    seen = set()
    pending: List[Any] = [error]
    while pending:
        current = pending.pop()
        if current is None or id(current) in seen:
            continue
        seen.add(id(current))
        pending += [current.__cause__, current.__context__]
        yield str(current)
        yield repr(current)
        yield repr(getattr(current, "__dict__", {}))
        for frame, _ in traceback.walk_tb(current.__traceback__):
            if frame.f_code.co_filename.startswith(PACKAGE):
                for name, value in frame.f_locals.items():
                    yield f"{frame.f_code.co_name}.{name} = {value!r}"


@pytest.fixture
def records(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    caplog.set_level(logging.DEBUG)
    return caplog


def check(error: BaseException, records: pytest.LogCaptureFixture, *secrets: str) -> None:
    shown = [*texts_of(error), *(repr(vars(record)) for record in records.records), records.text]
    for secret in secrets or (SECRET,):
        assert [text for text in shown if secret in text] == []


@pytest.mark.parametrize("options", GIVEN)
def test_a_refused_connection(
    connect: Connect, password_server: Any, records: Any, nowhere_home: Path, options: Any
) -> None:
    with pytest.raises(scratchbird.Error) as caught:
        connect(**{**address(password_server), **options})
    check(caught.value, records)


def test_a_refused_dsn(connect: Connect, password_server: Any, records: Any) -> None:
    server = password_server
    for dsn in (
        f"scratchbird://alice:{SECRET}@{server.host}:{server.port}/{server.database}",
        f"scratchbird://alice:{SECRET}@{server.host}:{server.port}/{server.database}?sslmoed=1",
        f"scratchbird://alice:{SECRET}#@{server.host}",
        f"user=alice password='{SECRET}",
        f"user=alice password=x {SECRET}",
        f"postgres://alice:{SECRET}@h/d",
        f"user=alice password={SECRET} port=0",
    ):
        with pytest.raises(scratchbird.Error) as caught:
            connect(dsn)
        check(caught.value, records)


@pytest.mark.parametrize("options", GIVEN)
def test_a_pool_that_cannot_connect(
    make_pool: Any, password_server: Any, records: Any, nowhere_home: Path, options: Any
) -> None:
    with pytest.raises(scratchbird.Error) as caught:
        pool = make_pool(
            None, min_size=1, reconnect_timeout=0, name="hidden", **{**address(password_server), **options}
        )
        assert SECRET not in repr(pool)
        with pool.connection(timeout=10):
            pass
    check(caught.value, records)


@pytest.mark.parametrize("options", GIVEN)
def test_pooling(connect: Connect, password_server: Any, records: Any, nowhere_home: Path, options: Any) -> None:
    scratchbird.pooling(timeout=10)
    try:
        with pytest.raises(scratchbird.Error) as caught:
            connect(**{**address(password_server), **options})
    finally:
        scratchbird.pooling(enabled=False)
    check(caught.value, records)


def test_a_connection_and_its_info(connect: Connect, token_server: Any, password_server: Any, records: Any) -> None:
    for server, options in (
        (token_server, {"token": TOKEN}),
        (token_server, {"token": lambda: TOKEN}),
        (password_server, {"password": PASSWORD}),
    ):
        conn = connect(**address(server), **options)
        with pytest.raises(scratchbird.Error) as caught:
            conn.execute("select nonsense from nowhere")
        check(caught.value, records, TOKEN, PASSWORD)
        conn.rollback()
        target = getattr(conn, "_target", conn)
        shown = [repr(target), repr(target.info), repr(target.info.parameters), repr(vars(target)), str(target.info)]
        assert not [text for text in shown if TOKEN in text or PASSWORD in text]


def test_pools_and_providers_in_their_repr(token_server: Any) -> None:
    with ConnectionPool(min_size=1, **address(token_server), token=TOKEN) as pool:
        pool.wait()
        shown = [repr(pool), repr(vars(pool)), repr(pool.get_stats()), repr(vars(pool._engine))]
    assert not [text for text in shown if TOKEN in text]

    class Holder:
        def __call__(self) -> str:
            return TOKEN

        def __repr__(self) -> str:
            return f"Holder({TOKEN})"

    async def main() -> str:
        async with AsyncConnectionPool(min_size=1, **address(token_server), token=Holder()) as pool:
            await pool.wait()
            return repr(pool._engine.providers) + repr(vars(pool._engine))

    assert TOKEN not in asyncio.run(main())


def test_what_a_callable_raises_stays_out_of_messages_and_logs(make_pool: Any, token_server: Any, records: Any) -> None:
    def token() -> str:
        raise RuntimeError(f"the answer was {SECRET}")

    pool = make_pool(None, min_size=1, reconnect_timeout=0, **address(token_server), token=token)
    with pytest.raises(scratchbird.OperationalError) as caught, pool.connection(timeout=10):
        pass
    # The cause is the user's own; what the driver says of it is not to repeat it.
    assert SECRET not in str(caught.value)
    assert SECRET not in records.text
