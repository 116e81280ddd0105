"""Variables that a procedure or a function fills: OUT and INOUT parameters, and results."""

from __future__ import annotations

import datetime
import decimal
import uuid
from typing import Any, Callable, Dict, Generic, Optional, Tuple, Type, TypeVar, Union

from scratchbird import errors
from scratchbird.types import BINARY, DATETIME, NUMBER, ROWID, STRING
from scratchbird.types.typeobjects import TypeObject

T = TypeVar("T")

VarType = Union[Type[T], TypeObject, int, None]
"""What a variable holds: a class, a type object of PEP 249, the OID of a type, or `None` for anything."""


class Var(Generic[T]):
    """A variable for an OUT or INOUT parameter, or for a function's result. Made by `var()` of connections and cursors.

    Args:
        type: what it holds. For a class, what the server returns is converted if nothing is lost by it.
        value: what it holds at first: the input of an INOUT parameter.

    Raises:
        ProgrammingError: `type` is none of `VarType`.
        DataError: `value` is not of the type.

    Example:
        >>> total = Var(int, 20)
        >>> total.value, total.getvalue()
        (20, 20)
    """

    __slots__ = ("_convert", "_value", "type")

    def __init__(self, type: VarType[T] = None, value: Optional[T] = None) -> None:  # noqa: A002 - its name
        self.type = type
        self._convert = _converter(type)
        self._value: Optional[T] = None
        self.value = value

    @property
    def value(self) -> Optional[T]:
        """What it holds; `None` is NULL, and nothing yet."""
        return self._value

    @value.setter
    def value(self, value: Optional[T]) -> None:
        self._accept(value)

    def getvalue(self, pos: int = 0) -> Optional[T]:
        """What it holds. `pos` is 0: a variable holds one value."""
        _only_position(pos)
        return self._value

    def setvalue(self, pos: int, value: Optional[T]) -> None:
        """Set what it holds, the input of an INOUT parameter. `pos` is 0: a variable holds one value.

        Raises:
            DataError: the value is not of the type.
        """
        _only_position(pos)
        self._accept(value)

    def _accept(self, value: Any) -> None:
        """Takes what the server or the program gives."""
        self._value = None if value is None else self._convert(value)

    def __repr__(self) -> str:
        return f"scratchbird.Var({_name(self.type)}, {self._value!r})"


def _only_position(pos: int) -> None:
    if pos != 0:
        raise errors.ProgrammingError(f"a variable holds one value, at position 0, not {pos}")


# ---- Conversion ------------------------------------------------------------------------------------------------------


def _name(kind: Any) -> str:
    return kind.__name__ if isinstance(kind, type) else repr(kind)


def _mismatch(kind: Any, value: Any) -> errors.DataError:
    return errors.DataError(f"a variable of {_name(kind)} cannot hold {type(value).__name__} {value!r}")


def _to_int(value: Any) -> int:
    number = int(value)
    if not isinstance(value, str) and number != value:
        raise ValueError("a fraction")
    return number


def _to_bool(value: Any) -> bool:
    words = {"true": True, "t": True, "false": False, "f": False, "1": True, "0": False}
    return words[str(value).lower()]


def _to_bytes(value: Any) -> bytes:
    if isinstance(value, str):
        if not value.startswith("\\x"):
            raise ValueError("not the text of bytes")
        return bytes.fromhex(value[2:])
    return bytes(memoryview(value))


_CONVERSIONS: Dict[Any, Tuple[Tuple[type, ...], Callable[[Any], Any]]] = {
    int: ((int, float, decimal.Decimal, str), _to_int),
    float: ((int, float, decimal.Decimal, str), float),
    decimal.Decimal: ((int, float, str), lambda value: decimal.Decimal(str(value))),
    bool: ((int, str), _to_bool),
    str: ((int, float, decimal.Decimal, uuid.UUID), str),
    bytes: ((bytearray, memoryview, str), _to_bytes),
    uuid.UUID: ((str,), uuid.UUID),
    datetime.date: ((str,), datetime.date.fromisoformat),
    datetime.time: ((str,), datetime.time.fromisoformat),
    datetime.datetime: ((str,), datetime.datetime.fromisoformat),
}
"""What each class can be made of, and how: only what says the same."""

_GROUPS: Dict[TypeObject, Tuple[type, ...]] = {
    STRING: (str,),
    BINARY: (bytes, bytearray, memoryview),
    NUMBER: (int, float, decimal.Decimal),
    DATETIME: (datetime.date, datetime.time, datetime.datetime, datetime.timedelta),
    ROWID: (int, str),
}


def _converter(kind: Any) -> Callable[[Any], Any]:
    """The function that makes a value of a type, or raises DataError."""
    if kind is None or (isinstance(kind, int) and not isinstance(kind, bool)):
        return _unchanged
    if isinstance(kind, TypeObject):
        classes = next((classes for group, classes in _GROUPS.items() if group == kind), (object,))
        return _checker(kind, classes)
    if isinstance(kind, type):
        if kind in _CONVERSIONS:
            return _maker(kind, *_CONVERSIONS[kind])
        return _checker(kind, (kind,))
    raise errors.ProgrammingError(f"the type of a variable is a class, a type object or an OID, not {kind!r}")


def _unchanged(value: Any) -> Any:
    return value


def _checker(kind: Any, classes: Tuple[type, ...]) -> Callable[[Any], Any]:
    def check(value: Any) -> Any:
        if not isinstance(value, classes) and not hasattr(value, "year"):
            raise _mismatch(kind, value)
        return value

    return check


def _maker(kind: Any, sources: Tuple[type, ...], make: Callable[[Any], Any]) -> Callable[[Any], Any]:
    def convert(value: Any) -> Any:
        # A bool is an int and a datetime is a date, but neither says the same.
        exact = type(value) is kind or (isinstance(value, kind) and type(value) not in (bool, datetime.datetime))
        if exact:
            return value
        if not isinstance(value, sources) or (type(value) is bool and kind is not bool):
            raise _mismatch(kind, value)
        try:
            return make(value)
        except (ValueError, ArithmeticError, KeyError) as error:
            raise _mismatch(kind, value) from error

    return convert
