"""Engines on the development server. SQLAlchemy's own tests are in `suite/` and `tree/`, and run by themselves."""

from __future__ import annotations

from typing import Any, Iterator

import pytest
import sqlalchemy as sa

from tests.fix_server import start

collect_ignore = ["suite", "tree"]


@pytest.fixture(scope="package")
def server() -> Iterator[Any]:
    """A server of their own: what is reflected is what these tests have made."""
    with start() as running:
        yield running


@pytest.fixture
def engine(dsn: str) -> Iterator[Any]:
    """A synchronous engine."""
    engine = sa.create_engine(dsn)
    yield engine
    engine.dispose()


@pytest.fixture(scope="package")
def beta_dsn() -> Iterator[str]:
    """A development server that is as limited as the beta server."""
    with start(profile="beta") as server:
        yield f"{server.dsn}{'&' if '?' in server.dsn else '?'}server_defects=ignore"


@pytest.fixture
def metadata(engine: Any) -> Iterator[sa.MetaData]:
    """Tables that are dropped after the test."""
    metadata = sa.MetaData()
    yield metadata
    metadata.drop_all(engine)
