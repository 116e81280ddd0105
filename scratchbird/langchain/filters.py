"""The language of metadata filters, as LangChain's PGVectorStore has it, made into a condition with bound values.

Nothing of a filter becomes SQL text: keys and values are parameters, operators are looked up. This module knows nothing
of LangChain or of a connection.
"""

from __future__ import annotations

import datetime
import math
from decimal import Decimal
from typing import Any, Callable, Dict, FrozenSet, List, Mapping, NamedTuple, Sequence, Tuple, Union
from uuid import UUID

from scratchbird import errors
from scratchbird.bulk import quoted

COMPARISONS = {"$eq": "=", "$lt": "<", "$lte": "<=", "$gt": ">", "$gte": ">="}
PATTERNS = {"$like": "LIKE", "$ilike": "ILIKE"}
OPERATORS = (*COMPARISONS, "$ne", "$in", "$nin", "$between", *PATTERNS, "$exists")
CONNECTIVES = ("$and", "$or", "$not")

_DEEPEST = 50
"""How deep filters may be nested; more would be for the server's stack."""


class Condition(NamedTuple):
    """A condition for WHERE, and the values of its placeholders in their order."""

    sql: str
    params: Tuple[Any, ...]


def condition(given: Mapping[str, Any], metadata: str = "metadata", columns: FrozenSet[str] = frozenset()) -> Condition:
    """The condition that a filter means.

    Args:
        given: the filter. A key is a field, whose value is what it equals or a mapping of operators; or it is `$and` or
            `$or` with a list of filters, or `$not` with a filter or a list of them. All keys of a mapping have to hold.
            `a.b` is the field `b` of the document in the field `a`.
        metadata: the column with the metadata, a JSON document.
        columns: the fields that have a column of their own.

    Raises:
        ProgrammingError: the filter is malformed: the message says where.

    Example:
        >>> condition({"year": {"$gte": 1990, "$lt": 2000}}, columns=frozenset(["year"]))
        Condition(sql='("year" >= ? AND "year" < ?)', params=(1990, 2000))
        >>> condition({"$not": {"lang": "en"}}, columns=frozenset(["lang"]))
        Condition(sql='NOT COALESCE("lang" = ?, FALSE)', params=('en',))
    """
    return _Writer(quoted(metadata), columns).filter(given, 0)


def _malformed(message: str) -> errors.ProgrammingError:
    return errors.ProgrammingError(f"filter: {message}")


def _joined(conditions: Sequence[Condition], word: str) -> Condition:
    if len(conditions) == 1:
        return conditions[0]
    sql = f" {word} ".join(one.sql for one in conditions)
    return Condition(f"({sql})", tuple(value for one in conditions for value in one.params))


def _negated(one: Condition) -> Condition:
    """What holds exactly where `one` does not, also where that is unknown."""
    return Condition(f"NOT COALESCE({one.sql}, FALSE)", one.params)


def _is_finite(value: Union[int, float, Decimal]) -> bool:
    if isinstance(value, Decimal):
        return value.is_finite()
    # An integer may be greater than all floats.
    return isinstance(value, int) or math.isfinite(value)


class _Writer:
    def __init__(self, metadata: str, columns: FrozenSet[str]) -> None:
        self._metadata, self._columns = metadata, columns

    def filter(self, given: Any, depth: int) -> Condition:
        if not isinstance(given, Mapping):
            raise _malformed(f"a mapping is expected, not {given!r}")
        if not given:
            raise _malformed("a mapping without a condition means nothing")
        if depth > _DEEPEST:
            raise _malformed(f"nested deeper than {_DEEPEST}")
        return _joined([self._entry(key, value, depth) for key, value in given.items()], "AND")

    def _entry(self, key: Any, value: Any, depth: int) -> Condition:
        if not isinstance(key, str) or not key:
            raise _malformed(f"{key!r} is not the name of a field")
        if not key.startswith("$"):
            return self._field(key, value)
        word = key.lower()
        if word == "$not":
            several = value if isinstance(value, list) else [value]
            if not several:
                raise _malformed("the list of $not is empty")
            return _joined([_negated(self.filter(one, depth + 1)) for one in several], "AND")
        if word not in CONNECTIVES:
            raise _malformed(f"{key!r} is not one of {', '.join(CONNECTIVES)}, and no field begins with $")
        if not isinstance(value, list) or not value:
            raise _malformed(f"{key} takes a list of filters, not {value!r}")
        return _joined([self.filter(one, depth + 1) for one in value], word[1:].upper())

    def _field(self, name: str, value: Any) -> Condition:
        field = _Field(name, self._metadata, name in self._columns)
        if not isinstance(value, Mapping):
            return field.compared("$eq", value)
        if not value:
            raise _malformed(f"{name!r} has no operator")
        return _joined([field.operator(operator, operand) for operator, operand in value.items()], "AND")


class _Field:
    """A field: a column of its own, or a place in the JSON document."""

    def __init__(self, name: str, metadata: str, is_column: bool) -> None:
        self._name, self._is_column = name, is_column
        if is_column:
            self._text = Condition(quoted(name), ())
            return
        *path, last = name.split(".")
        if "\0" in name or not last or not all(path):
            raise _malformed(f"{name!r} is not the name of a field")
        arrows = "".join(" -> CAST(? AS TEXT)" for _ in path)
        self._node = Condition(f"({metadata}{arrows} -> CAST(? AS TEXT))", (*path, last))
        self._text = Condition(f"({metadata}{arrows} ->> CAST(? AS TEXT))", (*path, last))

    def operator(self, operator: Any, operand: Any) -> Condition:
        write = _WRITERS.get(operator) if isinstance(operator, str) else None
        if write is None:
            raise _malformed(f"{operator!r} of {self._name!r} is not one of {', '.join(OPERATORS)}")
        return write(self, operator, operand)

    def _typed(self, kind: str) -> Condition:
        """The field's value where it is of a kind, NULL elsewhere: a text is never less than a number."""
        if self._is_column:
            return self._text
        node, text = self._node, self._text
        value = f"CAST({text.sql} AS DECIMAL)" if kind == "number" else text.sql
        sql = f"CASE WHEN json_typeof({node.sql}) = '{kind}' THEN {value} END"
        return Condition(sql, (*node.params, *text.params))

    def _checked(self, operator: str, value: Any) -> Tuple[str, Any]:
        """The kind of a value, and the value as it is bound."""
        if isinstance(value, bool):
            return "boolean", value if self._is_column else str(value).lower()
        if isinstance(value, (int, float, Decimal)):
            if not _is_finite(value):
                raise _malformed(f"{operator} of {self._name!r}: {value!r} is not a number that JSON knows")
            return "number", value
        if isinstance(value, str):
            if "\0" in value:
                raise _malformed(f"{operator} of {self._name!r}: no text has a NUL character")
            return "string", value
        if self._is_column and isinstance(value, (datetime.date, datetime.time, datetime.timedelta, UUID)):
            return "value", value
        what = "a text, a number or a boolean" + (", a date, a time or a UUID" if self._is_column else "")
        raise _malformed(f"{operator} of {self._name!r} takes {what}, not {value!r}")

    def compared(self, operator: str, value: Any) -> Condition:
        if value is None:
            if operator != "$eq":
                raise _malformed(f"{operator} of {self._name!r} takes a value, not None")
            return self.exists("$exists", False)
        kind, bound = self._checked(operator, value)
        if kind == "boolean" and operator != "$eq":
            raise _malformed(f"{operator} of {self._name!r}: booleans have no order")
        typed = self._typed(kind)
        return Condition(f"{typed.sql} {COMPARISONS[operator]} ?", (*typed.params, bound))

    def differs(self, operator: str, value: Any) -> Condition:
        if value is None:
            return self.exists("$exists", True)
        return _joined([self.exists("$exists", True), _negated(self.compared("$eq", value))], "AND")

    def one_of(self, operator: str, values: Any) -> Condition:
        if not isinstance(values, (list, tuple, set, frozenset)):
            raise _malformed(f"{operator} of {self._name!r} takes a list, not {values!r}")
        kinds: Dict[str, List[Any]] = {}
        for value in values:
            kind, bound = self._checked(operator, value)
            kinds.setdefault(kind, []).append(bound)
        if not kinds:
            return Condition("FALSE", ())
        written = []
        for kind, bound in kinds.items():
            typed = self._typed(kind)
            written.append(Condition(f"{typed.sql} IN ({', '.join('?' * len(bound))})", (*typed.params, *bound)))
        return _joined(written, "OR")

    def none_of(self, operator: str, values: Any) -> Condition:
        return _joined([self.exists("$exists", True), _negated(self.one_of(operator, values))], "AND")

    def between(self, operator: str, values: Any) -> Condition:
        if not isinstance(values, (list, tuple)) or len(values) != 2:
            raise _malformed(f"{operator} of {self._name!r} takes a list of two values, not {values!r}")
        low, high = values
        return _joined([self.compared("$gte", low), self.compared("$lte", high)], "AND")

    def like(self, operator: str, pattern: Any) -> Condition:
        if not isinstance(pattern, str):
            raise _malformed(f"{operator} of {self._name!r} takes a text, not {pattern!r}")
        kind, bound = self._checked(operator, pattern)
        typed = self._typed(kind)
        return Condition(f"{typed.sql} {PATTERNS[operator]} ?", (*typed.params, bound))

    def exists(self, operator: str, wanted: Any) -> Condition:
        if not isinstance(wanted, bool):
            raise _malformed(f"{operator} of {self._name!r} takes True or False, not {wanted!r}")
        return Condition(f"{self._text.sql} IS {'NOT ' if wanted else ''}NULL", self._text.params)


_WRITERS: Dict[str, Callable[[_Field, str, Any], Condition]] = {
    **dict.fromkeys(COMPARISONS, _Field.compared),
    **dict.fromkeys(PATTERNS, _Field.like),
    "$ne": _Field.differs,
    "$in": _Field.one_of,
    "$nin": _Field.none_of,
    "$between": _Field.between,
    "$exists": _Field.exists,
}
