"""`class_row`: the instance is the one that a call of the class would make, whichever road leads to it."""

from __future__ import annotations

import sys
from dataclasses import InitVar, dataclass, field
from typing import Any, Dict, List, NamedTuple

import pydantic
import pytest

from scratchbird import errors
from scratchbird.rows import class_row

XY = "select 1 as x, 'a' as y"


def one(conn: Any, cls: Any, sql: str = XY) -> Any:
    return conn.cursor(row_factory=class_row(cls)).execute(sql).fetchone()


@dataclass
class Point:
    x: int
    y: str


@dataclass(frozen=True)
class Frozen:
    x: int
    y: str = "default"


@dataclass
class Base:
    x: int


@dataclass
class Derived(Base):
    y: str
    z: float = 1.5


@dataclass
class Checked:
    x: int
    y: str

    def __post_init__(self) -> None:
        self.sum = f"{self.x}{self.y}"


@dataclass
class WithFactory:
    x: int
    y: str
    tags: List[str] = field(default_factory=list)


@dataclass
class WithInitVar:
    x: int
    y: InitVar[str]
    made: str = field(init=False, default="")

    def __post_init__(self, y: str) -> None:
        self.made = y * 2


@dataclass
class OwnInit:
    x: int
    y: str

    def __init__(self, **values: Any) -> None:
        self.x = values["x"] * 100
        self.y = values["y"]


class Undecorated(Point):
    def __init__(self, x: int, y: str) -> None:
        super().__init__(x + 1, y)


@dataclass
class Slots:
    __slots__ = ("x", "y")
    x: int
    y: str


@dataclass
class WithProperty:
    x: int
    y: str

    @property
    def double(self) -> int:
        return self.x * 2


class Counted(type):
    made = 0

    def __call__(cls, *args: Any, **keywords: Any) -> Any:
        Counted.made += 1
        return super().__call__(*args, **keywords)


@dataclass
class OfMetaclass(metaclass=Counted):
    x: int
    y: str


class Pair(NamedTuple):
    y: str
    x: int
    z: float = 0.5


class PairOwn(Pair):
    def __new__(cls, x: int, y: str) -> PairOwn:
        return super().__new__(cls, y * 2, x)


class Plain:
    def __init__(self, y: str, x: int, z: int = 9) -> None:
        self.parts = (x, y, z)


@pytest.mark.parametrize(
    ("cls", "expected"),
    [
        (Point, Point(1, "a")),
        (Frozen, Frozen(1, "a")),
        (Derived, Derived(1, "a", 1.5)),
        (Checked, Checked(1, "a")),
        (WithFactory, WithFactory(1, "a", [])),
        (OwnInit, OwnInit(x=1, y="a")),
        (Undecorated, Undecorated(1, "a")),
        (Slots, Slots(1, "a")),
        (WithProperty, WithProperty(1, "a")),
        (OfMetaclass, OfMetaclass(1, "a")),
        (Pair, Pair("a", 1, 0.5)),
        (PairOwn, PairOwn(1, "a")),
    ],
)
def test_the_instance_is_that_of_a_call(conn: Any, cls: Any, expected: Any) -> None:
    made = one(conn, cls)
    assert type(made) is cls
    assert made == expected
    assert repr(made) == repr(expected)
    if not isinstance(made, tuple) and hasattr(expected, "__dict__"):
        assert vars(made) == vars(expected)


def test_what_a_call_does_is_done(conn: Any) -> None:
    assert one(conn, Checked).sum == "1a"
    assert one(conn, WithInitVar).made == "aa"
    before = Counted.made
    one(conn, OfMetaclass)
    assert Counted.made == before + 1
    first, second = one(conn, WithFactory), one(conn, WithFactory)
    assert first.tags is not second.tags


def test_instances_do_not_share_anything(conn: Any) -> None:
    cursor = conn.cursor(row_factory=class_row(Point)).execute(
        "select n as x, 'a' as y from generate_series(1, 3) as g(n)"
    )
    first, second, _ = cursor.fetchall()
    first.y = "changed"
    first.extra = 1
    assert (second.x, second.y, hasattr(second, "extra")) == (2, "a", False)


def test_defaults_fill_in_for_columns(conn: Any) -> None:
    assert one(conn, Frozen, "select 1 as x") == Frozen(1, "default")
    assert one(conn, Pair, "select 'a' as y, 1 as x") == Pair("a", 1, 0.5)
    assert one(conn, Plain, "select 'a' as y, 1 as x").parts == (1, "a", 9)


@pytest.mark.parametrize("cls", [Point, Frozen, Checked, Pair, Plain, Slots])
def test_missing_and_surplus_columns(conn: Any, cls: Any) -> None:
    for sql, message in (
        ("select 'a' as y", "x"),
        ("select 1 as x, 'a' as y, 2 as surplus", "surplus"),
        ("select 1 as x, 'a' as y, 'b' as y", "several columns are named y"),
    ):
        with pytest.raises(errors.ProgrammingError, match=rf"class_row\({cls.__name__}\): .*{message}"):
            one(conn, cls, sql)


def test_the_message_names_every_field_and_column(conn: Any) -> None:
    with pytest.raises(errors.ProgrammingError) as caught:
        one(conn, Point, "select 1 as a, 2 as b")
    assert str(caught.value) == "class_row(Point): no column for the field x, y; no field for the column a, b"


def test_typed_dict(conn: Any) -> None:
    from typing_extensions import NotRequired, TypedDict

    class Keys(TypedDict):
        x: int
        y: NotRequired[str]

    assert one(conn, Keys) == {"x": 1, "y": "a"}
    assert one(conn, Keys, "select 1 as x") == {"x": 1}
    with pytest.raises(errors.ProgrammingError, match="no column for the field x"):
        one(conn, Keys, "select 'a' as y")
    with pytest.raises(errors.ProgrammingError, match="no field for the column z"):
        one(conn, Keys, "select 1 as x, 2 as z")


def test_dict_itself_is_a_callable(conn: Any) -> None:
    assert one(conn, dict) == {"x": 1, "y": "a"}
    assert one(conn, lambda **columns: list(columns)) == ["x", "y"]


def test_an_error_of_the_class_is_the_callers(conn: Any) -> None:
    class Picky:
        def __init__(self, x: int, y: str) -> None:
            raise LookupError("never")

    with pytest.raises(LookupError, match="never"):
        one(conn, Picky)


def test_a_class_is_needed() -> None:
    with pytest.raises(errors.ProgrammingError, match="class_row takes a class"):
        class_row(3)  # type: ignore[type-var,arg-type]


def test_a_plan_serves_every_result_of_its_columns(conn: Any) -> None:
    points = class_row(Point)
    for _ in range(2):
        assert conn.cursor(row_factory=points).execute(XY).fetchone() == Point(1, "a")
        assert conn.cursor(row_factory=points).execute("select 'b' as y, 2 as x").fetchone() == Point(2, "b")


def test_pydantic_models_are_validated(conn: Any) -> None:

    class Model(pydantic.BaseModel):  # type: ignore[name-defined,misc]
        x: int
        y: str = pydantic.Field(alias="why", min_length=1)
        tags: List[str] = []

    made = one(conn, Model, "select '1' as x, 'a' as why")
    assert (made.x, made.y, made.tags) == (1, "a", [])
    assert made.model_fields_set == {"x", "y"}
    with pytest.raises(pydantic.ValidationError):
        one(conn, Model, "select 'no number' as x, 'a' as why")


def test_a_pydantic_model_may_validate_by_itself(conn: Any) -> None:

    class Model(pydantic.BaseModel):  # type: ignore[name-defined,misc]
        x: int
        y: str

        @classmethod
        def model_validate(cls, values: Dict[str, Any], **options: Any) -> Any:
            return super().model_validate({**values, "x": 77}, **options)

    assert one(conn, Model).x == 77


def test_pydantic_dataclasses_are_validated(conn: Any) -> None:
    checked = pydantic.dataclasses.dataclass(type("Checked", (), {"__annotations__": {"x": int, "y": str}}))
    with pytest.raises(pydantic.ValidationError):
        one(conn, checked, "select 'no number' as x, 'a' as y")


@pytest.mark.skipif(sys.version_info < (3, 10), reason="slots=True came with Python 3.10")
def test_dataclasses_with_slots(conn: Any) -> None:
    made = dataclass(slots=True)(type("Slotted", (), {"__annotations__": {"x": int, "y": str}, "y": "d"}))  # type: ignore[call-overload,unused-ignore]
    assert (one(conn, made).x, one(conn, made, "select 1 as x").y) == (1, "d")
