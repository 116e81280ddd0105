"""Documents: JSON and JSONB, and paths into them."""

from __future__ import annotations

import json
from typing import Any

from sqlalchemy import types as sqltypes
from sqlalchemy.sql import elements, type_api

from scratchbird.sqlalchemy import literals
from scratchbird.sqlalchemy.operators import CONTAINS, boolean
from scratchbird.types import Json, Jsonb

_DECODED = (114, 3802)


class JSON(sqltypes.JSON):
    """A document, kept as its text. The driver sends and decodes it."""

    class Comparator(sqltypes.JSON.Comparator):  # type: ignore[type-arg]
        """What all documents can be asked."""

        @property
        def astext(self) -> Any:
            """As `as_string()`, under the name that PostgreSQL's dialect has for it."""
            return self.as_string()

    comparator_factory = Comparator

    wrapper: Any = Json

    def bind_processor(self, dialect: Any) -> Any:
        dumps = dialect._json_serializer
        wrap = self.wrapper

        def process(value: Any) -> Any:
            if value is self.NULL:
                value = None
            elif isinstance(value, elements.Null) or (value is None and self.none_as_null):
                return None
            if isinstance(value, Json):
                return value
            return wrap(value, dumps) if dumps is not None else wrap(value)

        return process

    def result_processor(self, dialect: Any, coltype: Any) -> Any:
        # Servers that guess types send a text; the driver has decoded it otherwise.
        if coltype in _DECODED:
            return None
        loads = dialect._json_deserializer or json.loads

        def process(value: Any) -> Any:
            return loads(value) if isinstance(value, str) else value

        return process

    def literal_processor(self, dialect: Any) -> Any:
        dumps = dialect._json_serializer or json.dumps

        def process(value: Any) -> str:
            if isinstance(value, Json):
                return literals.quoted(value.text)
            return literals.quoted(str(dumps(None if value is self.NULL else value)))

        return process


class JSONB(JSON):
    """A document, kept ready for use."""

    __visit_name__ = "JSONB"
    wrapper = Jsonb

    class Comparator(JSON.Comparator):
        """What only documents of this type can be asked."""

        def contained_by(self, other: Any) -> Any:
            """Whether the other has all that it has."""
            from sqlalchemy import literal

            given = other if hasattr(other, "self_group") else literal(other, self.type)
            return given.operate(CONTAINS, self.expr, result_type=sqltypes.Boolean())

        def has_key(self, key: str) -> Any:
            """Whether there is something by this name."""
            return self.path_exists(f"$.{json.dumps(key)}")

        def has_all(self, keys: Any) -> Any:
            """Whether there is something by each of these names."""
            from sqlalchemy import and_, true

            return and_(true(), *(self.has_key(key) for key in keys))

        def has_any(self, keys: Any) -> Any:
            """Whether there is something by one of these names."""
            from sqlalchemy import false, or_

            return or_(false(), *(self.has_key(key) for key in keys))

        def contains(self, other: Any, **kw: Any) -> Any:
            """Whether it has all that the other has."""
            return self.operate(CONTAINS, other, result_type=sqltypes.Boolean())

        def path_exists(self, path: Any) -> Any:
            """Whether there is something at a path such as `$.a.b`."""
            return boolean("jsonb_path_exists", self.expr, _path(path))

        def path_match(self, path: Any) -> Any:
            """What a condition about paths says."""
            return boolean("jsonb_path_match", self.expr, _path(path))

    comparator_factory = Comparator


def _path(path: Any) -> Any:
    from sqlalchemy import literal

    return path if hasattr(path, "self_group") else literal(path, sqltypes.String())


class HSTORE(JSON):
    """Texts by name: a `dict`."""

    __visit_name__ = "scratchbird"
    sql_name = "HSTORE"
    wrapper = Jsonb


class DOCUMENT(HSTORE):
    """A document in the server's own form."""

    sql_name = "DOCUMENT"


class MAP(HSTORE):
    """Values of one type by keys of another: a `dict`.

    Args:
        key: the type of the keys. The catalogue does not keep it.
        value: the type of the values.
    """

    __visit_name__ = "MAP"

    def __init__(self, key: Any = None, value: Any = None, none_as_null: bool = False) -> None:
        super().__init__(none_as_null=none_as_null)
        self.key = sqltypes.String() if key is None else type_api.to_instance(key)
        self.value = sqltypes.String() if value is None else type_api.to_instance(value)


class ROW(HSTORE):
    """Values by name, of types that are not declared: a `dict`."""

    sql_name = "ROW"


class TUPLE(HSTORE):
    """One value of each of some types: a `list`.

    Args:
        types: the types, in order. The catalogue does not keep them.

    Example:
        >>> from sqlalchemy import Integer, String
        >>> from scratchbird.sqlalchemy import Dialect
        >>> print(TUPLE([Integer, String(5)]).compile(dialect=Dialect()))
        TUPLE(INTEGER, VARCHAR(5))
    """

    __visit_name__ = "TUPLE"

    def __init__(self, types: Any = (), none_as_null: bool = False) -> None:
        super().__init__(none_as_null=none_as_null)
        self.types = tuple(type_api.to_instance(one) for one in types)


class VARIANT(TUPLE):
    """One value of one of some types.

    Args:
        types: the types it may have. The catalogue does not keep them.
    """


class NESTED(HSTORE):
    """Rows inside a row: a `list` of `dict`, or one `dict`.

    Args:
        fields: names and types, as a mapping or as pairs. The catalogue does not keep them.

    Example:
        >>> from sqlalchemy import Integer, String
        >>> from scratchbird.sqlalchemy import Dialect
        >>> print(NESTED({"n": Integer, "label": String(5)}).compile(dialect=Dialect()))
        NESTED(n INTEGER, label VARCHAR(5))
    """

    __visit_name__ = "NESTED"

    def __init__(self, fields: Any = (), none_as_null: bool = False) -> None:
        super().__init__(none_as_null=none_as_null)
        pairs = fields.items() if hasattr(fields, "items") else fields
        self.fields = tuple((name, type_api.to_instance(type_)) for name, type_ in pairs)


class JSONPathType(sqltypes.JSON.JSONPathType):
    """A path as SBsql writes it: `$."a"[0]`."""

    def _format(self, value: Any) -> str:
        if isinstance(value, str):
            return value
        return "$" + "".join(
            f"[{step}]" if isinstance(step, int) else '."' + str(step).replace("\\", "\\\\").replace('"', '\\"') + '"'
            for step in value
        )

    def bind_processor(self, dialect: Any) -> Any:
        return self._format

    def literal_processor(self, dialect: Any) -> Any:
        def process(value: Any) -> str:
            return literals.quoted(self._format(value))

        return process
