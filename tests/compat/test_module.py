"""What the module of the pure-Python driver offered."""

from __future__ import annotations

import pytest

import scratchbird
from scratchbird import PoolConfig, compat, extract_sqlstate, is_retryable_sqlstate, retry_scope_for_sqlstate


@pytest.mark.parametrize(
    ("sqlstate", "scope"),
    [
        ("40001", compat.RETRY_SCOPE_STATEMENT),
        ("40P01", compat.RETRY_SCOPE_STATEMENT),
        ("08006", compat.RETRY_SCOPE_RECONNECT),
        ("40002", compat.RETRY_SCOPE_NONE),
        ("57014", compat.RETRY_SCOPE_NONE),
        ("0800", compat.RETRY_SCOPE_NONE),
        ("", compat.RETRY_SCOPE_NONE),
        (None, compat.RETRY_SCOPE_NONE),
    ],
)
def test_retry_scopes(sqlstate: str | None, scope: str) -> None:
    assert retry_scope_for_sqlstate(sqlstate) == scope
    assert is_retryable_sqlstate(sqlstate) is (scope != "none")


def test_the_sqlstate_of_an_error(dsn: str) -> None:
    with scratchbird.connect(dsn) as connection, pytest.raises(scratchbird.ProgrammingError) as caught:
        connection.execute("select nosuchcolumn")
    assert extract_sqlstate(caught.value) == "42703"
    assert extract_sqlstate("[08006] gone") == "08006"
    for nothing in (None, "", "gone [08006]", ValueError("x"), "[0800]"):
        assert extract_sqlstate(nothing) is None


def test_the_settings_of_a_pool(dsn: str) -> None:
    config = PoolConfig(max_connections=3, min_connections=1, acquire_timeout=20.0)
    with config.open(dsn, name="old") as pool:
        assert (pool.name, pool.min_size, pool.max_size, pool.timeout) == ("old", 1, 3, 20.0)
        with pool.connection() as connection:
            assert connection.execute("select 1").fetchone() == (1,)


@pytest.mark.anyio
async def test_the_settings_of_an_asyncio_pool(dsn: str) -> None:
    async with PoolConfig(max_connections=2, test_on_checkout=False).open_async(dsn) as pool:
        assert pool.max_size == 2
        async with pool.connection() as connection:
            assert await (await connection.execute("select 1")).fetchone() == (1,)


def test_names_are_on_the_module_too() -> None:
    for name in ("COPY_FORMAT_TEXT", "COPY_FORMAT_BINARY", "PoolConfig", "extract_sqlstate", "is_retryable_sqlstate"):
        assert getattr(scratchbird, name) is getattr(compat, name)
    assert (scratchbird.COPY_FORMAT_TEXT, scratchbird.COPY_FORMAT_BINARY) == (0, 1)
