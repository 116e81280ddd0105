"""The server of the live suite, and tables that are the suite's own.

The server is the one of `SCRATCHBIRD_TEST_DSN`; without it, development servers of both profiles. Nothing is touched
that was not made here: every object has a name with a random part, and is dropped by the test that made it.
"""

from __future__ import annotations

import os
import urllib.parse
import uuid
import warnings
from typing import Any, Callable, Iterator, NamedTuple

import pytest

import scratchbird
from tests.fix_server import start

GIVEN = os.environ.get("SCRATCHBIRD_TEST_DSN")


class Target(NamedTuple):
    """A server: where it is, and whether it is a beta, which guesses types and lacks much."""

    dsn: str
    is_beta: bool

    def means(self, found: Any, value: Any, text: str) -> bool:
        """Whether a value came back: as itself, or from a server that guesses types as its text."""
        return bool(found == value and type(found) is type(value)) or (self.is_beta and str(found) == text)


@pytest.fixture(scope="session", params=["given"] if GIVEN else ["standard", "beta"])
def target(request: pytest.FixtureRequest) -> Iterator[Target]:
    """The server under test."""
    if GIVEN is None:
        with start(profile=request.param) as running:
            yield Target(str(running.dsn), request.param == "beta")
        return
    with scratchbird.connect(GIVEN) as connection:
        is_beta = connection.info.server_profile == "beta"
    yield Target(GIVEN, is_beta)


@pytest.fixture
def dsn(target: Target) -> str:
    """In place of the development server of the other tests."""
    return target.dsn


@pytest.fixture(autouse=True)
def marked(request: pytest.FixtureRequest, target: Target) -> None:
    """What `@pytest.mark.beta_lacks(reason, raises=…)` says: the test is expected to fail on a beta, in this way."""
    mark = request.node.get_closest_marker("beta_lacks")
    if mark is not None and target.is_beta:
        raises = mark.kwargs.get("raises", scratchbird.NotSupportedError)
        # A beta that has learned it is no failure; the development server must not.
        request.applymarker(pytest.mark.xfail(reason=mark.args[0], raises=raises, strict=GIVEN is None))


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    """Defects are the subject of other tests."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", scratchbird.ServerDefectWarning)
        yield


# Set up before the connections of the test, so that they are closed before the tables are dropped.
@pytest.fixture(autouse=True)
def make(target: Target) -> Iterator[Callable[..., str]]:
    """`make(columns)` makes a table of the test's own, gives its name, and drops it after the test."""
    made: list[str] = []

    def table(columns: str) -> str:
        name = f"sb_live_{uuid.uuid4().hex[:12]}"
        with scratchbird.connect(target.dsn, autocommit=True) as admin:
            admin.execute(f"CREATE TABLE {name} ({columns})")
        made.append(name)
        return name

    yield table
    for name in made:
        with scratchbird.connect(target.dsn, autocommit=True) as admin:
            admin.execute(f"DROP TABLE {name}")


@pytest.fixture
def table(make: Callable[..., str]) -> str:
    """A table of `id`, `label` and `n`."""
    return make("id BIGINT NOT NULL PRIMARY KEY, label TEXT, n BIGINT")


@pytest.fixture
def count(target: Target) -> Callable[[str], int]:
    """The number of rows of a table that everybody sees."""

    def count(table: str) -> int:
        with scratchbird.connect(target.dsn) as other:
            row = other.execute(f"SELECT count(*) FROM {table}").fetchone()
            assert row is not None
            return int(row[0])

    return count


@pytest.fixture
def has_password(target: Target) -> bool:
    """Whether the DSN logs in by a password that a test can replace by a wrong one."""
    return bool(urllib.parse.urlsplit(target.dsn).password)
