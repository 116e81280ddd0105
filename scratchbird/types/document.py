"""Documents: values sent as JSON, binary JSON or XML.

The driver returns JSON columns decoded, as dict, list, str, int, float, bool or None; these classes are for sending.
"""

from __future__ import annotations

import json
from typing import Any, Callable

from scratchbird.adapt import process_dumps
from scratchbird.types.immutable import Immutable


class _Text(Immutable):
    """A document kept as its text, which makes it immutable and hashable whatever it was made from."""

    __slots__ = ("text",)

    text: str

    def __eq__(self, other: object) -> bool:
        if type(other) is type(self):
            return self.text == other.text
        return NotImplemented

    def __hash__(self) -> int:
        return hash((type(self), self.text))

    def __str__(self) -> str:
        return self.text

    def __getstate__(self) -> str:
        return self.text

    def __setstate__(self, state: str) -> None:
        self._fill(text=state)


class Json(_Text):
    """A value to send as JSON (OID 114).

    A dict is sent as JSON by itself; lists, strings, numbers and None need this wrapper, because alone they mean an
    array, a text, a number and NULL. The value is encoded here, so later changes to it are not seen.

    Args:
        value: what `json.dumps` can encode; NaN and infinities are refused.
        dumps: another encoder, such as `orjson.dumps`; returns str or UTF-8 bytes. If not given, the one of
            [`set_json_dumps`][scratchbird.set_json_dumps], or `json.dumps`.

    Raises:
        TypeError: a part of the value cannot be encoded.
        ValueError: the value contains NaN or an infinity, or refers to itself.

    Example:
        >>> Json([1, None, "a"]).text
        '[1, null, "a"]'
        >>> Json([1, None, "a"]).value
        [1, None, 'a']
    """

    __slots__ = ()

    def __init__(self, value: Any, dumps: Callable[[Any], str | bytes] | None = None) -> None:
        dumps = dumps or process_dumps()
        text = json.dumps(value, ensure_ascii=False, allow_nan=False) if dumps is None else dumps(value)
        self._fill(text=text.decode("utf-8") if isinstance(text, bytes) else text)

    @property
    def value(self) -> Any:
        """The value, decoded anew from the text at every call."""
        return json.loads(self.text)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.value!r})"


class Jsonb(Json):
    """A value to send as binary JSON (OID 3802); else as [`Json`][scratchbird.types.Json].

    Example:
        >>> Jsonb({"a": 1}).text
        '{"a": 1}'
    """

    __slots__ = ()


class Xml(_Text):
    """A text to send as XML (OID 142). The server checks that it is well-formed.

    Args:
        text: the document or fragment.

    Example:
        >>> Xml("<a/>").text
        '<a/>'
    """

    __slots__ = ()

    def __init__(self, text: str) -> None:
        if not isinstance(text, str):
            raise TypeError(f"Xml takes a str, not {type(text).__name__}")
        self._fill(text=text)

    def __repr__(self) -> str:
        return f"Xml({self.text!r})"
