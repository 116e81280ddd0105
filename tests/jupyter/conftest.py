"""A shell of IPython for the tests of the magics."""

from __future__ import annotations

import warnings
from typing import Any, Iterator

import pytest

import scratchbird


@pytest.fixture(scope="session")
def ipython() -> Any:
    from IPython.testing.globalipapp import start_ipython

    with warnings.catch_warnings():
        # Of what IPython imports.
        warnings.simplefilter("ignore")
        return start_ipython()


@pytest.fixture
def shell(ipython: Any) -> Iterator[Any]:
    """A shell with the extension, which is unloaded after the test."""
    names = set(ipython.user_ns)
    ipython.run_line_magic("load_ext", "scratchbird")
    yield ipython
    if "sql" in ipython.magics_manager.magics["line"]:
        ipython.run_line_magic("unload_ext", "scratchbird")
    for name in set(ipython.user_ns) - names:
        del ipython.user_ns[name]


@pytest.fixture
def sql(shell: Any, dsn: str) -> Iterator[Any]:
    """`sql(line, cell)` on a connection with a table of two things."""
    with scratchbird.connect(dsn, autocommit=True) as connection:
        connection.execute("create table things (id int primary key, label text, price numeric(9,2))")
        connection.execute("insert into things values (1, '<b>one</b>', 1.50), (2, 'two', null)")
        shell.user_ns["conn"] = connection
        shell.run_line_magic("sql", "conn")

        def run(line: str = "", cell: Any = None) -> Any:
            return shell.run_line_magic("sql", line) if cell is None else shell.run_cell_magic("sql", line, cell)

        yield run
    with scratchbird.connect(dsn, autocommit=True) as connection:
        connection.execute("drop table things")
