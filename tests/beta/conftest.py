"""A development server as limited as the beta, and connections to it on both faces."""

from __future__ import annotations

import warnings
from typing import Any, Callable, Iterator

import pytest

import scratchbird
from tests.fix_server import start


@pytest.fixture(scope="session")
def beta_server() -> Iterator[Any]:
    with start(profile="beta") as running:
        yield running


@pytest.fixture
def dsn(beta_server: Any) -> str:
    """In place of the server that follows the protocol."""
    return str(beta_server.dsn)


@pytest.fixture(autouse=True)
def spot(dsn: str) -> Iterator[None]:
    """A committed table, made before the connections of the test and dropped after them."""
    with scratchbird.connect(dsn, autocommit=True) as admin:
        admin.execute("create table spot (id bigint primary key, label text, n bigint)")
    yield
    with scratchbird.connect(dsn, autocommit=True) as admin:
        admin.execute("drop table spot")


@pytest.fixture
def stored(dsn: str) -> Callable[..., Any]:
    """What everybody sees: rows read by a connection of its own."""

    def read(sql: str = "select * from spot order by id") -> Any:
        with scratchbird.connect(dsn, server_defects="ignore") as other:
            return other.execute(sql).fetchall()

    return read


@pytest.fixture
def told() -> Iterator[list[Any]]:
    """The warnings of the test, as they come, instead of errors."""
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always", scratchbird.ServerDefectWarning)
        yield seen


def kinds(told: list[Any]) -> list[str]:
    """The defects that the warnings are about."""
    return [warning.message.defect for warning in told]
