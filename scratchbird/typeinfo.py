"""Enumerations and composite types of the server: looked up in its catalogue, and registered for Python classes.

Both are domains in SBsql: `CREATE DOMAIN app.mood AS ENUM8('sad', 'ok')` and `CREATE DOMAIN app.address AS
ROW(street TEXT, number INTEGER)`. Tables are composite types too, of which a row can be one value.
"""

from __future__ import annotations

import dataclasses
import re
from collections import namedtuple
from enum import Enum
from typing import Any, Dict, Iterable, List, Mapping, Optional, Protocol, Tuple, Type, Union

from scratchbird import _core, errors
from scratchbird._steps import Steps, awaiting, blocking
from scratchbird.rows import field_name, tuple_row
from scratchbird.types import Composite

__all__ = ["CompositeInfo", "EnumInfo"]

Connection = Union[_core.Connection[Any], _core.AsyncConnection[Any]]


class Place(Protocol):
    """A connection or a cursor: where a type can be registered."""

    @property
    def _adapters(self) -> _core.Adapters: ...


@dataclasses.dataclass(frozen=True)
class EnumInfo:
    """An enumeration of the server.

    Args:
        name: its name.
        schema: the schema it is in.
        labels: its labels, in order.
    """

    name: str
    schema: str
    labels: Tuple[str, ...]

    @classmethod
    def fetch(cls, connection: Connection, name: str, *, timeout: Optional[float] = None) -> Any:
        """Look an enumeration up: an `EnumInfo`, None where there is none. Of an AsyncConnection, awaited.

        Args:
            connection: of either face.
            name: the name, `schema.name` outside of the default schema.
            timeout: the most seconds that each look into the catalogue may take.

        Raises:
            ProgrammingError: several schemas have one of that name.
            NotSupportedError: the server has no catalogue of types, as the beta server has none.

        Example:
            >>> EnumInfo.fetch(connection, "app.mood")  # doctest: +SKIP
            EnumInfo(name='mood', schema='app', labels=('sad', 'ok'))
        """
        return _run(connection, _fetch_enum(connection, name, timeout))

    def register(self, place: Optional[Place], cls: Type[Enum], mapping: Optional[Mapping[Any, str]] = None) -> None:
        """Read values of the enumeration as members of a class, and send members as their labels.

        Args:
            place: a connection or a cursor; None for the whole process.
            cls: the class. The label of a member is its value, or its name where the values are no labels.
            mapping: the labels of members, where they are neither.

        Raises:
            ProgrammingError: a label has no member, or a member no label.
        """
        labels = _labels(self, cls, mapping or {})
        members = {label: member for member, label in labels.items()}

        def load(text: str) -> Any:
            try:
                return members[text]
            except KeyError:
                raise errors.DataError(f"{text!r} is no label of {self.name} that {cls.__qualname__} knows") from None

        adapters = _core.Adapters() if place is None else place._adapters
        adapters.register_loader(self.name, load)
        adapters.register_adapter(cls, labels.__getitem__)


@dataclasses.dataclass(frozen=True)
class CompositeInfo:
    """A composite type of the server, or the rows of a table as values.

    Args:
        name: its name.
        schema: the schema it is in.
        field_names: the names of its fields, in order.
        field_types: the names of their types.
    """

    name: str
    schema: str
    field_names: Tuple[str, ...]
    field_types: Tuple[str, ...]

    @classmethod
    def fetch(cls, connection: Connection, name: str, *, timeout: Optional[float] = None) -> Any:
        """Look a composite type or a table up: a `CompositeInfo`, None where there is none. Of an AsyncConnection,
        awaited. The arguments and errors are those of `EnumInfo.fetch`.

        Example:
            >>> CompositeInfo.fetch(connection, "app.address").field_names  # doctest: +SKIP
            ('street', 'number')
        """
        return _run(connection, _fetch_composite(connection, name, timeout))

    def register(self, place: Optional[Place] = None, factory: Any = None) -> Any:
        """Read values of the type as instances of a class, and send instances as values of the type.

        The fields are read by their types, with the conversions that are registered for these.

        Args:
            place: a connection or a cursor; None for the whole process.
            factory: a class that takes the fields as arguments, in order, and can be iterated for them, such as a
                `NamedTuple`; or a dataclass. A new named tuple if not given.

        Returns:
            The class.

        Raises:
            ProgrammingError: `factory` is no class.
        """
        if factory is None:
            factory = _named(self.name, map(field_name, self.field_names))
        if not isinstance(factory, type):
            raise errors.ProgrammingError(f"a composite type is registered for a class, not for {factory!r}")
        made: Any = factory

        def dump(value: Any) -> Composite:
            if dataclasses.is_dataclass(value):
                fields: Any = [getattr(value, field.name) for field in dataclasses.fields(value)]
            else:
                fields = value
            return Composite(fields, names=self.field_names)

        adapters = _core.Adapters() if place is None else place._adapters
        adapters.register_record(self.name, list(self.field_types), lambda values: made(*values))
        adapters.register_adapter(factory, dump)
        return factory


def _named(name: str, fields: Iterable[str]) -> Any:
    return namedtuple(field_name(name), list(fields))


def register_enum(
    connection: Any, name: str, cls: Type[Enum], mapping: Optional[Mapping[Any, str]], timeout: Optional[float]
) -> Steps[EnumInfo]:
    """The steps of `register_enum` of connections."""
    info = yield from _fetch_enum(connection, name, timeout)
    if info is None:
        raise errors.ProgrammingError(f"there is no enumeration {name!r}")
    info.register(connection, cls, mapping)
    return info


def register_composite(connection: Any, name: str, factory: Any, timeout: Optional[float]) -> Steps[Any]:
    """The steps of `register_composite` of connections."""
    info = yield from _fetch_composite(connection, name, timeout)
    if info is None:
        raise errors.ProgrammingError(f"there is no composite type and no table {name!r}")
    return info.register(connection, factory)


def _run(connection: Any, steps: Steps[Any]) -> Any:
    return awaiting(steps) if isinstance(connection, _core.AsyncConnection) else blocking(steps)


def _labels(info: EnumInfo, cls: Type[Enum], mapping: Mapping[Any, str]) -> Dict[Any, str]:
    """The label of every member."""
    known = set(info.labels)
    found: Dict[Any, str] = {}
    for member in cls:
        for label in (mapping.get(member), member.value, member.name):
            if isinstance(label, str) and label in known:
                found[member] = label
                break
        else:
            raise errors.ProgrammingError(f"{member} has no label in the enumeration {info.name}")
    without = known.difference(found.values())
    if without:
        raise errors.ProgrammingError(f"{cls.__qualname__} has no member for the label {', '.join(sorted(without))}")
    return found


def _fetch_enum(connection: Any, name: str, timeout: Optional[float]) -> Steps[Optional[EnumInfo]]:
    domain = yield from _domain(connection, name, "enum", timeout)
    if domain is None:
        return None
    schema, leaf, declared = domain
    labels = tuple(label.replace("''", "'") for label in re.findall(r"'((?:[^']|'')*)'", declared))
    return EnumInfo(leaf, schema, labels)


def _fetch_composite(connection: Any, name: str, timeout: Optional[float]) -> Steps[Optional[CompositeInfo]]:
    domain = yield from _domain(connection, name, "row(", timeout)
    if domain is not None:
        schema, leaf, declared = domain
        fields = [_field(text) for text in _split(declared[declared.index("(") + 1 : declared.rindex(")")])]
    else:
        wanted, leaf = _parts(name)
        sql = (
            "select table_schema, column_name, ordinal_position, data_type, domain_name"
            " from sys.information.columns where table_name = ?"
        )
        columns = yield from _catalogue(connection, sql, leaf, timeout)
        columns = [column for column in columns if wanted in (None, column[0])]
        if not columns:
            return None
        schema = _only(name, {column[0] for column in columns})
        columns.sort(key=lambda column: int(column[2]))
        fields = [(column[1], column[4] or column[3]) for column in columns]
    return CompositeInfo(leaf, schema, tuple(field[0] for field in fields), tuple(field[1] for field in fields))


def _domain(connection: Any, name: str, kind: str, timeout: Optional[float]) -> Steps[Optional[Tuple[str, str, str]]]:
    """The schema, name and declaration of a domain of a kind."""
    wanted, leaf = _parts(name)
    sql = "select domain_schema, domain_name, data_type from sys.information.domains where domain_name = ?"
    rows = yield from _catalogue(connection, sql, leaf, timeout)
    rows = [row for row in rows if wanted in (None, row[0]) and str(row[2]).lower().startswith(kind)]
    if not rows:
        return None
    schema = _only(name, {row[0] for row in rows})
    return schema, leaf, rows[0][2]


def _catalogue(connection: Any, sql: str, leaf: str, timeout: Optional[float]) -> Steps[List[Any]]:
    cursor = connection.cursor(row_factory=tuple_row)
    try:
        yield lambda: cursor.execute(sql, (leaf,), timeout=timeout)
        rows: List[Any] = yield cursor.fetchall
    except (errors.ProgrammingError, errors.OperationalError) as error:
        if error.is_disconnect or error.sqlstate == "57014":
            raise
        raise errors.NotSupportedError("the server has no catalogue of its types to look into") from error
    yield cursor.close
    return rows


def _only(name: str, schemas: Any) -> str:
    if len(schemas) > 1:
        raise errors.ProgrammingError(f"{name!r} is in several schemas: {', '.join(sorted(schemas))}")
    schema: str = schemas.pop()
    return schema


def _parts(name: str) -> Tuple[Optional[str], str]:
    """The last part of the schema and the name, folded to lower case where they are not quoted."""
    parts = re.findall(r'"((?:[^"]|"")*)"|([^.]+)', name)
    if not parts:
        raise errors.ProgrammingError(f"not the name of a type: {name!r}")
    plain = [quoted.replace('""', '"') or bare.strip().lower() for quoted, bare in parts]
    return (plain[-2] if len(plain) > 1 else None), plain[-1]


def _split(declared: str) -> List[str]:
    """The parts between commas that are in no brackets and no quotes."""
    return [part.strip() for part in re.findall(r'(?:"[^"]*"|\([^()]*\)|<[^<>]*>|[^,])+', declared)]


def _field(declared: str) -> Tuple[str, str]:
    """The name and the type of one field."""
    found = re.match(r'(?:"((?:[^"]|"")*)"|(\S+))\s+(.+)$', declared)
    if found is None:
        raise errors.DataError(f"the catalogue describes a field as {declared!r}")
    quoted, bare, type_name = found.groups()
    return (quoted.replace('""', '"') if quoted is not None else bare), type_name
