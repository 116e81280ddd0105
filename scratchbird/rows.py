"""Row factories: what a fetched row is.

A row factory is a callable that takes the cursor and returns a callable that makes a row of the values of one row:
`factory(cursor) -> make_row(values)`. It is asked once a result, when the first row of it is fetched;
`cursor.description` says what columns there are. The factories of this module are carried out in Rust: for tuples,
dicts, named tuples, dataclasses and scalars, no Python code runs for a row.
"""

from __future__ import annotations

import functools
import keyword
import re
from collections import namedtuple
from typing import TYPE_CHECKING, Any, Callable, Dict, NamedTuple, Optional, Protocol, Sequence, Tuple, Type

from scratchbird import _core, _row_plans, errors

if TYPE_CHECKING:
    from typing_extensions import TypeVar
else:
    from typing import TypeVar as _TypeVar

    def TypeVar(name: str, *, default: Any = None, **options: Any) -> Any:  # noqa: N802
        """A type variable. Its default is for type checkers; not every Python knows defaults."""
        return _TypeVar(name, **options)


__all__ = [
    "DictRow",
    "Row",
    "RowFactory",
    "RowMaker",
    "TupleRow",
    "class_row",
    "dict_row",
    "namedtuple_row",
    "scalar_row",
    "tuple_row",
]

TupleRow = Tuple[Any, ...]
"""What `tuple_row` makes, and a cursor that has not been told otherwise."""

DictRow = Dict[str, Any]
"""What `dict_row` makes."""

T = TypeVar("T")
Row = TypeVar("Row", default=TupleRow)
"""What the rows of a cursor or connection are; tuples where nothing else is said."""
Made = TypeVar("Made", covariant=True)


class RowMaker(Protocol[Made]):
    """Makes a row of the values of one row."""

    def __call__(self, values: Sequence[Any], /) -> Made: ...


class RowFactory(Protocol[Made]):
    """Makes a `RowMaker` for the result of a cursor. Functions of one parameter are row factories too."""

    def __call__(self, cursor: Any, /) -> RowMaker[Made]: ...


def tuple_row(cursor: Any) -> RowMaker[TupleRow]:
    """Rows are tuples. What cursors do by themselves.

    Example:
        >>> connection.execute("select 1 as id, 'x' as name").fetchone()  # doctest: +SKIP
        (1, 'x')
    """
    return tuple


def dict_row(cursor: Any) -> RowMaker[DictRow]:
    """Rows are dicts, in the order of the columns. Of columns with the same name the last one counts.

    Example:
        >>> cursor = connection.cursor(row_factory=dict_row)  # doctest: +SKIP
        >>> cursor.execute("select 1 as id, 'x' as name").fetchone()  # doctest: +SKIP
        {'id': 1, 'name': 'x'}
    """
    return _core.RowMaker.dict(columns_of(cursor))


def scalar_row(cursor: Any) -> RowMaker[Any]:
    """Rows are the values of the first column; other columns are not looked at.

    Raises:
        ProgrammingError: the result has no columns.

    Example:
        >>> cursor = connection.cursor(row_factory=scalar_row)  # doctest: +SKIP
        >>> cursor.execute("select n from generate_series(1, 3) as g(n)").fetchall()  # doctest: +SKIP
        [1, 2, 3]
    """
    columns = columns_of(cursor)
    if not columns:
        raise errors.ProgrammingError("scalar_row: the result has no columns")
    return _core.RowMaker.scalar(columns)


def namedtuple_row(cursor: Any) -> RowMaker[NamedTuple]:
    """Rows are named tuples of one class for each list of columns.

    A character that no Python name may contain becomes `_`; a name that begins with a digit or an underscore, or is a
    keyword, gets an `f` in front: `count(*)` is `count___`, `class` is `fclass`, `_x` is `f_x`.

    Raises:
        ProgrammingError: two columns have the same name.

    Example:
        >>> cursor = connection.cursor(row_factory=namedtuple_row)  # doctest: +SKIP
        >>> cursor.execute("select 1 as id, 'x' as name").fetchone()  # doctest: +SKIP
        Row(id=1, name='x')
    """
    columns = columns_of(cursor)
    return _core.RowMaker.tuples(columns, tuple.__new__, _named_tuple(columns), None, ())


@functools.lru_cache(maxsize=512)
def _named_tuple(columns: Tuple[str, ...]) -> Type[Any]:
    names = tuple(map(field_name, columns))
    double = sorted({name for name in names if names.count(name) > 1})
    if double:
        raise errors.ProgrammingError(f"namedtuple_row: several columns are named {', '.join(double)}")
    made: Type[Any] = namedtuple("Row", names)  # type: ignore[misc] # the names are known at run time only
    return made


def field_name(column: str) -> str:
    """What `namedtuple_row` calls a column."""
    name = re.sub(r"\W", "_", column)
    return f"f{name}" if not name or name[0] == "_" or name[0].isdigit() or keyword.iskeyword(name) else name


def class_row(cls: Type[T]) -> RowFactory[T]:
    """Rows are instances of a class; columns are matched with its fields by name, in any order.

    - Dataclasses are filled without a call of the `__init__` that `@dataclass` wrote, which does nothing but the same.
      Where there is more to do (`__post_init__`, `InitVar`, a default factory, an `__init__` of your own) it is called.
    - `NamedTuple` classes are filled without a call, too; fields that no column has get their default.
    - Pydantic models are validated as `model_validate` does.
    - A `TypedDict` is a dict whose keys have been checked against the columns, once for each result.
    - Any other class or callable is called with the columns as keyword arguments.

    Args:
        cls: the class.

    Returns:
        A row factory.

    Raises:
        ProgrammingError: at the first fetch: a field without a default has no column, a column has no field, or two
            columns have the same name. Of pydantic models and of callables whose signature Python does not know, it is
            they who raise.

    Example:
        >>> @dataclass  # doctest: +SKIP
        ... class Point:
        ...     x: int
        ...     y: int
        >>> cursor = connection.cursor(row_factory=class_row(Point))  # doctest: +SKIP
        >>> cursor.execute("select 1 as x, 2 as y").fetchone()  # doctest: +SKIP
        Point(x=1, y=2)
    """
    if not callable(cls):
        raise errors.ProgrammingError(f"class_row takes a class, not {cls!r}")
    plan: Callable[[Tuple[str, ...]], Any] = functools.lru_cache(maxsize=32)(functools.partial(_row_plans.plan, cls))

    def class_row_of(cursor: Any) -> RowMaker[T]:
        maker: RowMaker[T] = plan(columns_of(cursor))
        return maker

    class_row_of.__qualname__ = f"class_row({getattr(cls, '__qualname__', cls)})"
    return class_row_of


def columns_of(cursor: Any) -> Tuple[str, ...]:
    """The names of the columns of a cursor's result.

    Raises:
        ProgrammingError: the cursor has no result with rows.
    """
    columns: Optional[Tuple[str, ...]] = cursor._columns
    if columns is None:
        raise errors.ProgrammingError("the cursor has no result with rows")
    return columns
