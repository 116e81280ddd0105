"""Enumerations and composite types: found in the server's catalogue, registered for classes, sent and read."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from enum import Enum
from typing import Any, NamedTuple

import pytest

import scratchbird
from scratchbird import CompositeInfo, EnumInfo, errors


class Mood(Enum):
    SAD = "sad"
    FINE = "it's ok"


class ByName(Enum):
    sad = 1
    fine = 2


class Address(NamedTuple):
    street: str
    number: int


@dataclass
class Person:
    name: str
    mood: Mood
    home: Address


@pytest.fixture
def typed(conn: Any) -> Any:
    """A connection with types of its own, in a transaction: names are of the default schema."""
    conn.execute("create domain mood as enum8('sad', 'it''s ok')")
    conn.execute("create domain address as row(street text, number integer)")
    conn.execute("create domain person as row(name text, mood mood, home address)")
    conn.execute("create table people (id int, mood mood, home address, who person)")
    return conn


@pytest.fixture
def committed(dsn: str) -> Any:
    with scratchbird.connect(dsn, autocommit=True) as admin:
        admin.execute("create domain weather as enum8('rain', 'sun')")
        admin.execute("create domain place as row(street text, number integer)")
    yield
    with scratchbird.connect(dsn, autocommit=True) as admin:
        admin.execute("drop domain place")
        admin.execute("drop domain weather")


def test_an_enumeration_is_text_until_it_is_registered(committed: None, conn: Any) -> None:
    conn.execute("create table days (w weather)")
    conn.execute("insert into days (w) values ('rain')")
    assert conn.fetchval("select w from days") == "rain"

    class Weather(Enum):
        RAIN = "rain"
        SUN = "sun"

    info = conn.register_enum("weather", Weather)
    assert info == EnumInfo("weather", "public", ("rain", "sun"))
    assert conn.fetchval("select w from days") is Weather.RAIN
    conn.execute("insert into days (w) values (?)", (Weather.SUN,))
    assert conn.fetch("select w from days order by w") == [(Weather.RAIN,), (Weather.SUN,)]
    assert conn.fetchval("select count(*) from days where w = ?", (Weather.SUN,)) == 1


def test_arrays_of_an_enumeration(committed: None, conn: Any) -> None:
    class Weather(Enum):
        RAIN = "rain"
        SUN = "sun"

    conn.execute("create table weeks (n int, w array<weather>)")
    conn.execute("insert into weeks (n, w) values (1, '{rain,sun,NULL}')")
    assert conn.fetchval("select w from weeks") == ["rain", "sun", None]
    conn.register_enum("weather", Weather)
    assert conn.fetchval("select w from weeks") == [Weather.RAIN, Weather.SUN, None]
    conn.execute("insert into weeks (n, w) values (2, ?), (3, ?)", ([Weather.SUN, None], []))
    assert conn.fetch("select w from weeks where n > 1 order by n") == [([Weather.SUN, None],), ([],)]
    rows = [(n, [Weather.RAIN] * n) for n in range(10, 13)]
    conn.executemany("insert into weeks (n, w) values (?, ?)", rows)
    assert conn.fetch("select n, w from weeks where n >= 10 order by n") == rows


def test_what_the_catalogue_says(dsn: str) -> None:
    with scratchbird.connect(dsn) as plain:
        plain.execute("create domain mood as enum16('a', 'b''c', 'd,e')")
        assert EnumInfo.fetch(plain, "mood") == EnumInfo("mood", "public", ("a", "b'c", "d,e"))
        assert EnumInfo.fetch(plain, "Public.MOOD") is not None
        assert EnumInfo.fetch(plain, "elsewhere.mood") is None
        assert EnumInfo.fetch(plain, "nothing") is None
        plain.execute('create domain odd as row("a b" decimal(10,2), c array<integer>, "D" varchar(5))')
        info = CompositeInfo.fetch(plain, "odd")
        assert info.field_names == ("a b", "c", "D")
        assert info.field_types == ("decimal(10,2)", "array<integer>", "varchar(5)")
        plain.execute("create table tab (n integer, t text)")
        assert CompositeInfo.fetch(plain, "tab") == CompositeInfo("tab", "public", ("n", "t"), ("integer", "text"))
        assert CompositeInfo.fetch(plain, "nothing") is None
        plain.rollback()


def test_infos_on_the_asyncio_face(committed: None, dsn: str) -> None:
    async def look() -> Any:
        async with await scratchbird.connect_async(dsn) as conn:
            return await EnumInfo.fetch(conn, "weather"), await CompositeInfo.fetch(conn, "place")

    enumeration, composite = asyncio.run(look())
    assert enumeration.labels == ("rain", "sun")
    assert composite.field_names == ("street", "number")


def test_composite_values(committed: None, conn: Any) -> None:
    conn.execute("create table houses (p place)")
    made = conn.register_composite("place")
    value = made('Main St, "5" (a)\\', 7)
    conn.execute("insert into houses (p) values (?)", (value,))
    back = conn.fetchval("select p from houses")
    assert back == value
    assert type(back) is made
    assert (back.street, back.number) == ('Main St, "5" (a)\\', 7)
    assert made._fields == ("street", "number")


def test_composite_values_of_a_class_of_ones_own(committed: None, conn: Any) -> None:
    conn.execute("create table houses (p place)")
    assert conn.register_composite("place", Address) is Address
    conn.execute("insert into houses (p) values (?), (null)", (Address("A", 1),))
    assert conn.fetch("select p from houses order by 1") == [(Address("A", 1),), (None,)]

    @dataclass
    class Site:
        street: str
        number: int

    conn.register_composite("place", Site)
    assert conn.fetchval("select p from houses where p is not null") == Site("A", 1)
    assert conn.fetchval("select count(*) from houses where p = cast(? as place)", (Site("A", 1),)) == 1


def test_fields_are_read_by_their_types(dsn: str) -> None:
    with scratchbird.connect(dsn, autocommit=True) as conn:
        conn.execute("create domain temper as enum8('sad', 'it''s ok')")
        conn.execute("create domain spot as row(street text, number integer)")
        conn.execute("create domain human as row(name text, mood temper, home spot)")
        try:
            conn.execute("create table humans (h human)")
            conn.register_enum("temper", Mood)
            conn.register_composite("spot", Address)
            conn.register_composite("human", Person)
            person = Person("Ann", Mood.FINE, Address("Main St", 5))
            conn.execute("insert into humans (h) values (?)", (person,))
            assert conn.fetchval("select h from humans") == person
            conn.execute("drop table humans")
        finally:
            for name in ("human", "spot", "temper"):
                conn.execute(f"drop domain {name}")


def test_rows_of_a_table_as_values(dsn: str) -> None:
    with scratchbird.connect(dsn, autocommit=True) as conn:
        conn.execute("create table named_rows (n integer, t text)")
        try:
            made = conn.register_composite("named_rows")
            conn.execute("insert into named_rows (n, t) values (1, 'a')")
            assert conn.fetchval("select r from named_rows r") == made(1, "a")
        finally:
            conn.execute("drop table named_rows")


def test_labels_by_name_and_by_mapping(typed: Any) -> None:
    info = EnumInfo("mood", "public", ("sad", "fine"))
    info.register(None, ByName)
    try:
        assert typed.fetchval("select ?", (ByName.fine,)) == "fine"
    finally:
        scratchbird.register_adapter(ByName, None)
        scratchbird.register_loader("mood", None)
    mapped = {ByName.sad: "1st"}
    cursor = typed.cursor()
    EnumInfo("mood", "public", ("1st", "fine")).register(cursor, ByName, mapped)
    assert cursor.execute("select ?, ?", (ByName.sad, ByName.fine)).fetchone() == ("1st", "fine")
    with pytest.raises(errors.ProgrammingError, match=r"ByName\.sad has no label"):
        EnumInfo("mood", "public", ("fine",)).register(None, ByName)


def test_members_and_labels_must_match(typed: Any) -> None:
    with pytest.raises(errors.ProgrammingError, match=r"no member for the label third"):
        EnumInfo("mood", "public", ("sad", "fine", "third")).register(None, ByName)
    with pytest.raises(errors.ProgrammingError, match="there is no enumeration 'address'"):
        typed.register_enum("address", Mood)
    with pytest.raises(errors.ProgrammingError, match="no composite type and no table 'mood'"):
        typed.register_composite("mood")
    with pytest.raises(errors.ProgrammingError, match="registered for a class"):
        typed.register_composite("address", "Address")


def test_a_label_that_came_later(committed: None, conn: Any) -> None:
    class Only(Enum):
        RAIN = "rain"

    EnumInfo("weather", "public", ("rain",)).register(conn, Only)
    conn.execute("create table days (w weather)")
    conn.execute("insert into days (w) values ('sun')")
    with pytest.raises(errors.DataError, match=r"'sun' is no label of weather that .*Only knows"):
        conn.fetchval("select w from days")
