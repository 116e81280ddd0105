"""The DB-API compliance suite of the package `dbapi-compliance` (Stuart Bishop's), on the development server.

Overridden are only the tests that the suite itself leaves to the driver (they raise NotImplementedError in its text),
and the one that PEP 249 does not ask for: that a second `close()` raises.
"""

from __future__ import annotations

from typing import Any

import dbapi20
import pytest

import scratchbird


@pytest.mark.usefixtures("suite_arguments")
class TestDBAPI20(dbapi20.DatabaseAPI20Test):  # type: ignore[misc]
    """The suite; its base class carries the tests."""

    driver = scratchbird

    @pytest.fixture
    def suite_arguments(self, dsn: str) -> None:
        self.connect_args = (dsn,)
        self.opened: list[Any] = []

    def _connect(self) -> Any:
        # The suite forgets some of its connections; here they are closed, and their transactions ended.
        connection = super()._connect()
        self.opened.append(connection)
        return connection

    def tearDown(self) -> None:
        for connection in self.opened:
            connection.close()
        super().tearDown()
        for connection in self.opened:
            connection.close()

    def test_non_idempotent_close(self) -> None:
        connection = self._connect()
        connection.close()
        connection.close()
        assert connection.closed

    def test_setoutputsize(self) -> None:
        cursor = self._connect().cursor()
        cursor.setoutputsize(1)
        cursor.execute("select 'longer than the size'")
        assert cursor.fetchone() == ("longer than the size",)

    def test_nextset(self) -> None:
        cursor = self._connect().cursor()
        self.executeDDL1(cursor)
        for statement in self._populate():
            cursor.execute(statement)
        cursor.execute(f"select count(*) from {self.table_prefix}booze; select name from {self.table_prefix}booze")
        assert cursor.fetchone() == (len(self.samples),)
        assert cursor.nextset()
        assert len(cursor.fetchall()) == len(self.samples)
        assert cursor.nextset() is None
