"""Conversions of the user's own: for the process, a connection, a cursor; of classes, types and JSON."""

from __future__ import annotations

import decimal
import functools
import json
import uuid
from typing import Any, Iterator

import pytest

import scratchbird
from scratchbird import errors
from scratchbird.types import Json, Jsonb


class Money:
    def __init__(self, cents: int) -> None:
        self.cents = cents


class Cash(Money):
    pass


@pytest.fixture(autouse=True)
def _nothing_stays() -> Iterator[None]:
    yield
    for cls in (Money, Cash, int, str, dict, object):
        scratchbird.register_adapter(cls, None)
    for name in ("numeric", "int4", "text", "json", "nowhere"):
        scratchbird.register_loader(name, None)
    scratchbird.set_json_loads(None)
    scratchbird.set_json_dumps(None)


def sent(run: Any, value: Any) -> Any:
    return run.execute("select ? as v", (value,)).fetchone()[0]


def test_a_class_the_driver_does_not_know(conn: Any) -> None:
    with pytest.raises(errors.ProgrammingError, match="Money cannot be sent"):
        sent(conn, Money(5))
    scratchbird.register_adapter(Money, lambda money: money.cents)
    assert sent(conn, Money(5)) == 5
    scratchbird.register_adapter(Money, None)
    with pytest.raises(errors.ProgrammingError, match="Money cannot be sent"):
        sent(conn, Money(5))


def test_the_innermost_place_wins(conn: Any) -> None:
    cursor = conn.cursor()
    scratchbird.register_adapter(Money, lambda money: "process")
    assert sent(cursor, Money(5)) == "process"
    conn.register_adapter(Money, lambda money: "connection")
    assert sent(cursor, Money(5)) == "connection"
    cursor.register_adapter(Money, lambda money: "cursor")
    assert sent(cursor, Money(5)) == "cursor"
    assert sent(conn, Money(5)) == "connection"
    cursor.register_adapter(Money, None)
    assert sent(cursor, Money(5)) == "connection"


def test_connections_are_apart(connect: Any, dsn: str) -> None:
    one, other = connect(dsn), connect(dsn)
    one.register_adapter(Money, lambda money: money.cents)
    one.register_loader("numeric", float)
    assert sent(one, Money(5)) == 5
    with pytest.raises(errors.ProgrammingError):
        sent(other, Money(5))
    assert other.fetchval("select 1.5") == decimal.Decimal("1.5")


def test_subclasses_take_the_nearest_class(conn: Any) -> None:
    conn.register_adapter(Money, lambda money: "money")
    assert sent(conn, Cash(5)) == "money"
    scratchbird.register_adapter(Cash, lambda cash: "cash")
    assert sent(conn, Cash(5)) == "cash"
    assert sent(conn, Money(5)) == "money"


def test_classes_the_driver_knows(conn: Any) -> None:
    conn.register_adapter(str, str.upper)
    assert sent(conn, "abc") == "ABC"
    conn.register_adapter(int, lambda number: f"#{number}")
    assert sent(conn, 7) == "#7"
    assert sent(conn, None) is None


def test_elements_are_adapted(conn: Any) -> None:
    conn.register_adapter(Money, lambda money: money.cents)
    assert sent(conn, [Money(1), None, Money(3)]) == [1, None, 3]
    conn.register_adapter(Cash, lambda cash: [Money(cash.cents), Money(0)])
    assert sent(conn, Cash(9)) == [9, 0]


def test_none_is_null(conn: Any) -> None:
    conn.register_adapter(Money, lambda money: None)
    assert sent(conn, Money(5)) is None


def test_named_parameters_and_many_rows(conn: Any) -> None:
    conn.register_adapter(Money, lambda money: money.cents)
    assert conn.fetchval("select :m as m", {"m": Money(4)}) == 4
    conn.execute("create table adapted (n int)")
    cursor = conn.cursor()
    cursor.executemany("insert into adapted (n) values (?)", [(Money(n),) for n in range(3)])
    assert conn.fetch("select n from adapted order by n") == [(0,), (1,), (2,)]


def test_copied_rows_are_adapted(conn: Any) -> None:
    conn.execute("create table adapted_copy (n int, t text)")
    conn.register_adapter(Money, lambda money: money.cents)
    cursor = conn.cursor()
    cursor.register_adapter(str, str.upper)
    cursor.copy_from("copy adapted_copy (n, t) from stdin", [(Money(1), "a"), (2, "b")])
    assert conn.fetch("select n, t from adapted_copy order by n") == [(1, "A"), (2, "B")]


@pytest.mark.parametrize(
    ("raised", "expected"),
    [(ValueError, errors.DataError), (TypeError, errors.ProgrammingError), (LookupError, LookupError)],
)
def test_what_a_dump_raises(conn: Any, raised: Any, expected: Any) -> None:
    def dump(money: Money) -> Any:
        raise raised("not this one")

    conn.register_adapter(Money, dump)
    with pytest.raises(expected, match="not this one"):
        conn.execute("select ?, ?", (1, Money(1)))
    assert conn.fetchval("select 1") == 1


def test_a_dump_may_use_another_connection(conn: Any, dsn: str) -> None:
    with scratchbird.connect(dsn) as other:
        conn.register_adapter(Money, lambda money: other.fetchval("select ? * 2", (money.cents,)))
        conn.register_adapter(int, lambda number: 1000 + number)
        assert sent(conn, Money(21)) == 42


def test_a_loader_by_name_and_by_oid(conn: Any) -> None:
    seen = []

    def load(text: str) -> str:
        seen.append(text)
        return f"<{text}>"

    conn.register_loader("numeric", load)
    conn.register_loader(23, load)
    conn.execute("create table loaded (d decimal(5,2), i int, t text)")
    conn.execute("insert into loaded (d, i, t) values (1.50, 7, 'x'), (null, null, null)")
    assert conn.fetch("select d, i, t from loaded order by d") == [("<1.50>", "<7>", "x"), (None, None, None)]
    assert seen == ["1.50", "7"]


def test_the_innermost_loader_wins(conn: Any) -> None:
    cursor = conn.cursor()
    sql = "select cast(1 as int) as n"
    results = []
    for place in (scratchbird, conn, cursor):
        place.register_loader("int4", lambda text, place=place: (place, text))
        results.append(cursor.execute(sql).fetchone()[0] == (place, "1"))
    assert results == [True] * 3
    assert conn.fetchval(sql) == (conn, "1")
    cursor.register_loader("integer", None)
    assert cursor.execute(sql).fetchone() == ((conn, "1"),)


def test_elements_of_arrays_are_loaded(conn: Any) -> None:
    conn.register_loader("int4", lambda text: f"<{text}>")
    conn.execute("create table loaded_array (a array<int>)")
    conn.execute("insert into loaded_array (a) values (?)", ([1, None, 3],))
    assert conn.fetchval("select a from loaded_array") == ["<1>", None, "<3>"]


def test_a_repeated_statement_sees_new_loaders(conn: Any) -> None:
    for load, expected in ((None, decimal.Decimal("1.5")), (float, 1.5), (str, "1.5"), (None, decimal.Decimal("1.5"))):
        conn.register_loader("numeric", load)
        value = conn.fetchval("select 1.5 as n")
        assert (value, type(value)) == (expected, type(expected))


@pytest.mark.parametrize("raised", [ValueError, TypeError, LookupError])
def test_what_a_loader_raises_is_raised(conn: Any, raised: Any) -> None:
    def load(text: str) -> Any:
        raise raised("not this one")

    conn.register_loader("text", load)
    cursor = conn.execute("select cast('a' as text) as t")
    for _ in range(2):
        with pytest.raises(raised, match="not this one"):
            cursor.fetchone()


def test_a_loader_may_look_at_the_cursor(conn: Any) -> None:
    cursor = conn.cursor()
    cursor.register_loader("int4", lambda text: (int(text), cursor.rownumber))
    assert cursor.execute("select cast(1 as int) as n").fetchone() == ((1, 1),)


def test_rows_of_classes_have_loaded_values(conn: Any) -> None:
    from scratchbird.rows import dict_row

    conn.register_loader("uuid", str)
    value = str(uuid.uuid4())
    conn.execute("create table loaded_uuid (u uuid)")
    conn.execute("insert into loaded_uuid (u) values (?)", (uuid.UUID(value),))
    assert conn.fetchrow("select u from loaded_uuid", row_factory=dict_row) == {"u": value}


def test_json_is_decoded_by_the_users_own(conn: Any) -> None:
    exact = functools.partial(json.loads, parse_float=decimal.Decimal)
    sql = "select cast('{\"a\": 1.10}' as json) as a, cast('[2.20]' as jsonb) as b"
    conn.set_json_loads(exact)
    assert repr(conn.fetchrow(sql)) == "({'a': Decimal('1.10')}, [Decimal('2.20')])"
    cursor = conn.cursor()
    cursor.set_json_loads(len)
    assert cursor.execute(sql).fetchone() == (11, 6)
    conn.set_json_loads(None)
    assert conn.fetchrow(sql) == ({"a": 1.1}, [2.2])
    scratchbird.set_json_loads(str.upper)
    assert conn.fetchrow(sql)[1] == "[2.20]"


def test_json_is_encoded_by_the_users_own(conn: Any) -> None:
    document = {"a": uuid.UUID(int=1)}
    with pytest.raises(errors.ProgrammingError, match="not JSON serializable"):
        sent(conn, document)
    conn.set_json_dumps(functools.partial(json.dumps, default=str))
    assert sent(conn, document) == {"a": str(uuid.UUID(int=1))}
    cursor = conn.cursor()
    cursor.set_json_dumps(lambda value: b'{"of": "the cursor"}')
    assert sent(cursor, document) == {"of": "the cursor"}
    conn.set_json_dumps(None)
    scratchbird.set_json_dumps(functools.partial(json.dumps, default=repr))
    assert sent(conn, document) == {"a": repr(uuid.UUID(int=1))}
    assert Json([uuid.UUID(int=1)]).value == [repr(uuid.UUID(int=1))]
    assert Jsonb([1], dumps=lambda value: "[2]").text == "[2]"


@pytest.mark.parametrize("place", ["process", "connection", "cursor"])
def test_wrong_registrations(conn: Any, place: str) -> None:
    where = {"process": scratchbird, "connection": conn, "cursor": conn.cursor()}[place]
    for call in (
        lambda: where.register_adapter("str", str),
        lambda: where.register_adapter(Money, "cents"),
        lambda: where.register_loader(None, str),
        lambda: where.register_loader(True, str),
        lambda: where.register_loader(-1, str),
        lambda: where.register_loader("numeric", 3),
        lambda: where.set_json_loads("loads"),
        lambda: where.set_json_dumps("dumps"),
    ):
        with pytest.raises(errors.ProgrammingError):
            call()


def test_what_configure_registers_stays_with_the_connection(dsn: str) -> None:
    def configure(conn: Any) -> None:
        conn.register_adapter(Money, lambda money: money.cents)
        conn.row_factory = scratchbird.rows.dict_row

    with scratchbird.ConnectionPool(dsn, min_size=1, configure=configure) as pool:
        for _ in range(2):
            with pool.connection() as conn:
                assert conn.fetchrow("select ? as v", (Money(3),)) == {"v": 3}
                conn.register_adapter(Money, lambda money: "lent")
                conn.row_factory = None
                assert conn.fetchrow("select ? as v", (Money(3),)) == ("lent",)


def test_an_adapter_does_not_keep_its_connection(dsn: str) -> None:
    import gc
    import weakref

    conn = scratchbird.connect(dsn)
    conn.register_adapter(Money, lambda money: money.cents)
    assert sent(conn, Money(1)) == 1
    conn.close()
    gone = weakref.ref(conn)
    del conn
    gc.collect()
    assert gone() is None
