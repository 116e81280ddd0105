"""Values as they stand in the text of a statement: `literal_binds`, Alembic's `--sql`, DEFAULT (DIALECT 1, Literals).

A text in a CAST, unless the language has a literal of the type's own. Quotes are doubled; nothing else has a meaning in
a text of SBsql.
"""

from __future__ import annotations

from typing import Any, Callable

from scratchbird.types import Range

Writer = Callable[[Any], str]


def quoted(text: str) -> str:
    """A text as a literal.

    Example:
        >>> quoted("it's")
        "'it''s'"
    """
    return "'" + text.replace("'", "''") + "'"


def as_text(type_: Any, dialect: Any, text_of: Writer = str) -> Writer:
    """Writes values of a type by their text, in a CAST to it."""

    def write(value: Any) -> str:
        return f"CAST({quoted(text_of(value))} AS {dialect.type_compiler.process(type_)})"

    return write


def binary(value: Any) -> str:
    """Bytes as a literal.

    Example:
        >>> binary(b"it's")
        "X'69742773'"
    """
    return f"X'{bytes(value).hex()}'"


def range_text(value: Any) -> str:
    """The text form of a range; what is a text already stays one.

    Example:
        >>> range_text(Range(1, None, "()"))
        '(1,)'
    """
    if isinstance(value, str):
        return value
    if not isinstance(value, Range):
        raise TypeError(f"a range is a scratchbird.types.Range, not a {type(value).__name__}")
    if value.isempty:
        return "empty"
    return f"{value.bounds[0]}{_bound_text(value.lower)},{_bound_text(value.upper)}{value.bounds[1]}"


def _bound_text(value: Any) -> str:
    if value is None:
        return ""
    text = str(value)
    if all(character.isalnum() or character in "_.+-" for character in text):
        return text
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
