"""Routines to call, in the transaction of each test."""

from __future__ import annotations

from typing import Any

import pytest

ROUTINES = (
    "create procedure shift(amount int, out twice bigint, inout total bigint, out label varchar(20)) as "
    "begin twice = :amount * 2; total = :total + :amount; label = 'by ' || :amount; end",
    "create procedure counting(upto int) returns (n int) as "
    "begin n = 1; while n <= :upto do begin suspend; n = n + 1; end end",
    "create procedure remember(what varchar(20)) as begin insert into remembered (what) values (:what); end",
    "create function plus(a int, b int) returns int as return a + b",
)


@pytest.fixture
def cur(conn: Any) -> Any:
    """A cursor on `conn`, of either face, with routines to call."""
    cursor = conn.cursor()
    cursor.execute("create table remembered (what varchar(20))")
    for sql in ROUTINES:
        cursor.execute(sql)
    return cursor
