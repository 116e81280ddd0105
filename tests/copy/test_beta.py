"""COPY under `server_profile=beta`: what that server cannot do is refused, and what it would damage goes as text."""

from __future__ import annotations

from typing import Any, Callable

import pytest

import scratchbird


@pytest.fixture
def cur(connect: Callable[..., Any], dsn: str) -> Any:
    cursor = connect(dsn, server_profile="beta").cursor()
    cursor.execute("create table beta_spot (id int, label varchar(100))")
    return cursor


@pytest.mark.parametrize("statement", ["COPY beta_spot TO STDOUT", "COPY (select 1) TO STDOUT CSV"])
def test_what_the_server_cannot_do(cur: Any, statement: str) -> None:
    with pytest.raises(scratchbird.NotSupportedError, match="this server"):
        with cur.copy(statement):
            pytest.fail("the block was entered")


def test_bulk_copy_needs_names(cur: Any) -> None:
    with pytest.raises(scratchbird.NotSupportedError, match="columns="):
        cur.connection.bulk_copy("beta_spot", [(1, "x")])
    assert cur.connection.bulk_copy("beta_spot", [(1, "x")], columns=["id", "label"]) == 1
    assert cur.connection.bulk_copy("beta_spot", [{"id": 2, "label": None}]) == 1


def test_text_that_reads_back_damaged_is_warned_of(cur: Any) -> None:
    with pytest.warns(scratchbird.ServerDefectWarning, match="';'"):
        cur.connection.bulk_copy("beta_spot", [(1, "a;b")], columns=["id", "label"])
