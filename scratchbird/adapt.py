"""The user's own conversions: what a class is sent as, what a type is read as, and who reads and writes JSON.

They can be registered for the process (the functions of this module), for a connection or for a cursor (methods of the
same names); the innermost place that knows a class or type wins.
"""

from __future__ import annotations

from typing import Any, Callable, Optional, Protocol, Type, TypeVar, Union

from scratchbird import _core

__all__ = ["register_adapter", "register_loader", "set_json_dumps", "set_json_loads"]

T = TypeVar("T")
Loads = Callable[[str], Any]
Dumps = Callable[[Any], Union[str, bytes]]

_process = _core.Adapters()


def register_adapter(cls: Type[T], dump: Optional[Callable[[T], Any]]) -> None:
    """Say what instances of a class are sent as, in the whole process.

    Subclasses are sent the same way, unless something is registered for them: the nearest class in the method
    resolution order counts, then the innermost of cursor, connection and process. Elements of lists are adapted too.

    Args:
        cls: the class; those that the driver knows by itself (`int`, `dict` …) are no exception.
        dump: returns, for an instance, what is sent instead: anything the driver can send by itself, None for NULL. Of
            a returned list the elements are adapted; what is returned itself is not adapted again. None undoes the
            registration.

    Raises:
        ProgrammingError: `cls` is no class, or `dump` is not callable. When a value is sent, a ValueError of `dump`
            becomes a DataError and a TypeError a ProgrammingError that name the parameter, with the original as the
            cause; other exceptions pass as they are.

    Example:
        >>> class Money:
        ...     def __init__(self, cents: int) -> None:
        ...         self.cents = cents
        >>> register_adapter(Money, lambda money: money.cents)
        >>> connection.execute("select ? + 1", (Money(250),)).fetchone()  # doctest: +SKIP
        (251,)
        >>> register_adapter(Money, None)
    """
    _process.register_adapter(cls, dump)


def register_loader(type_: Union[int, str], load: Optional[Callable[[str], Any]]) -> None:
    """Say what values of a type are read as, in the whole process.

    It holds for results that are fetched from a statement run later; for elements of arrays and bounds of ranges of the
    type, too.

    Args:
        type_: the OID of the type, or its name: one of the [table of types](../types.md#table), an SQL name
            (`bigint`, `timestamp with time zone`) or the name of a type of your own.
        load: takes the text of a value, as the server writes it, and returns any object. It is not called for NULL.
            Values that the server sent in binary are turned into their text first. None undoes the registration.

    Raises:
        ProgrammingError: `type_` is neither an OID nor a name, or `load` is not callable. What `load` raises, the
            fetch raises, and the row is still to be fetched.

    Example:
        >>> register_loader("numeric", float)
        >>> connection.execute("select 1.5").fetchone()  # doctest: +SKIP
        (1.5,)
        >>> register_loader("numeric", None)
    """
    _process.register_loader(type_, load)


def set_json_loads(loads: Optional[Loads]) -> None:
    """Set what decodes JSON and binary JSON in results, in the whole process.

    Args:
        loads: takes the text of a document, as `json.loads` and `orjson.loads` do; None for `json.loads`.

    Raises:
        ProgrammingError: it is not callable. What it raises, the fetch raises.

    Example:
        >>> import decimal, functools, json
        >>> set_json_loads(functools.partial(json.loads, parse_float=decimal.Decimal))
        >>> set_json_loads(None)
    """
    _process.set_json_loads(loads)


def set_json_dumps(dumps: Optional[Dumps]) -> None:
    """Set what encodes dicts, and the values of `Json` and `Jsonb`, in the whole process.

    A `Json` is encoded when it is made: with the encoder it is given, else with that of the process. Those of a
    connection or cursor are for dicts.

    Args:
        dumps: returns the text of a value, or the bytes of that in UTF-8, as `json.dumps` and `orjson.dumps` do; None
            for `json.dumps`.

    Raises:
        ProgrammingError: it is not callable.

    Example:
        >>> import functools, json
        >>> set_json_dumps(functools.partial(json.dumps, default=str))
        >>> set_json_dumps(None)
    """
    _process.set_json_dumps(dumps)


def process_dumps() -> Optional[Dumps]:
    """The JSON encoder of the process, where one is set."""
    dumps: Optional[Dumps] = _process.json_dumps
    return dumps


class _Adapted(Protocol):
    """What the core's connections and cursors offer to `AdaptMethods`."""

    @property
    def _adapters(self) -> _core.Adapters: ...


class AdaptMethods:
    """The conversions of a connection or of a cursor, on both faces. They cost no waiting."""

    def register_adapter(self: _Adapted, cls: Type[T], dump: Optional[Callable[[T], Any]]) -> None:
        """Say what instances of a class are sent as, here. As
        [`register_adapter`][scratchbird.register_adapter] for the process."""
        self._adapters.register_adapter(cls, dump)

    def register_loader(self: _Adapted, type_: Union[int, str], load: Optional[Callable[[str], Any]]) -> None:
        """Say what values of a type are read as, here. As
        [`register_loader`][scratchbird.register_loader] for the process."""
        self._adapters.register_loader(type_, load)

    def set_json_loads(self: _Adapted, loads: Optional[Loads]) -> None:
        """Set what decodes JSON, here. As [`set_json_loads`][scratchbird.set_json_loads] for the process."""
        self._adapters.set_json_loads(loads)

    def set_json_dumps(self: _Adapted, dumps: Optional[Dumps]) -> None:
        """Set what encodes dicts, here. As [`set_json_dumps`][scratchbird.set_json_dumps] for the process."""
        self._adapters.set_json_dumps(dumps)
