"""What `setinputsizes` takes: types by position or by name."""

from __future__ import annotations

from typing import Any, Dict, List, Mapping, Optional, Sequence, Tuple, Union

from scratchbird import errors
from scratchbird.types.typeobjects import BINARY, DATETIME, NUMBER, ROWID, STRING, TypeObject

InputSize = Union[TypeObject, int, None]
"""The type of one parameter: a type object, an OID, or None for that of the value."""

InputSizes = Union[Sequence[InputSize], Mapping[str, InputSize]]

_SENT_AS = {STRING: 25, BINARY: 17, NUMBER: 1700, DATETIME: 1184, ROWID: 26}
"""The type of a group that takes the values of all others in it: text, bytea, numeric, timestamptz, oid."""

_Size = Optional[Tuple[int, List[int]]]


def _one(size: Any) -> _Size:
    if size is None:
        return None
    if isinstance(size, TypeObject):
        return (_SENT_AS.get(size, min(size.oids)), sorted(size.oids))
    if isinstance(size, int) and not isinstance(size, bool) and 0 < size < 1 << 32:
        return (size, [size])
    raise errors.ProgrammingError(f"setinputsizes takes type objects, type OIDs and None, not {size!r}")


def input_sizes(sizes: InputSizes) -> Optional[Union[List[_Size], Dict[str, _Size]]]:
    """Types as the core takes them: for each parameter the OID to send, and the OIDs that may stay.

    Raises:
        ProgrammingError: something that is no type.

    Example:
        >>> input_sizes([20, None])
        [(20, [20]), None]
    """
    if isinstance(sizes, Mapping):
        return {str(name): _one(size) for name, size in sizes.items()}
    return [_one(size) for size in sizes]
