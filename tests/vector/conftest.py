"""`scratchbird.vector` on both faces, and rows to search in."""

from __future__ import annotations

import inspect
from typing import Any, Callable, Iterator

import numpy as np
import pytest

import scratchbird
from scratchbird import vector
from tests.fix_connection import Driven
from tests.fix_server import start

POINTS = [(1, "a", "[1,0,0]"), (2, "b", "[0,1,0]"), (3, "c", "[0.9,0.1,0]"), (4, "d", "[0,0,1]"), (5, "none", None)]


class Functions:
    """The functions of `scratchbird.vector` for the face of a connection: those of the asyncio face block."""

    def __init__(self, connection: Any) -> None:
        self.connection = connection

    def __getattr__(self, name: str) -> Callable[..., Any]:
        if not isinstance(self.connection, Driven):
            return lambda *args, **kwargs: getattr(vector, name)(self.connection, *args, **kwargs)
        function = getattr(vector, "a" + name)
        assert inspect.iscoroutinefunction(function)
        return lambda *args, **kwargs: self.connection._wait(function(self.connection._target, *args, **kwargs))


@pytest.fixture
def vectors(conn: Any) -> Functions:
    """The functions, on `conn`."""
    return Functions(conn)


@pytest.fixture
def points(conn: Any) -> str:
    """A table of points, one of them without a place."""
    conn.execute("create table points (id int primary key, label varchar(20), at vector(3))")
    conn.executemany("insert into points (id, label, at) values (?, ?, ?)", POINTS)
    return "points"


@pytest.fixture
def collection(conn: Any) -> str:
    """The same points as a vector collection."""
    conn.execute(
        "create vector collection places dimension 3 metric cosine index method hnsw "
        "payload (id int, label text, at vector(3))"
    )
    conn.executemany("insert into places (id, label, at) values (?, ?, ?)", POINTS[:4])
    return "places"


@pytest.fixture
def random() -> np.random.Generator:
    return np.random.default_rng(7)


@pytest.fixture(scope="session")
def beta_server() -> Iterator[Any]:
    with start(profile="beta") as running:
        with scratchbird.connect(running.dsn, autocommit=True) as admin:
            admin.execute("create table points (id int, label text, at vector)")
            for point in POINTS:
                admin.execute("insert into points (id, label, at) values (?, ?, ?)", point)
        yield running


@pytest.fixture
def beta(connect: Callable[..., Any], beta_server: Any) -> Any:
    """A connection to a server that ranks nothing, with the same table of points."""
    return connect(beta_server.dsn)
