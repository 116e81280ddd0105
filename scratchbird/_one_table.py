"""One Arrow table of several that are parts of one result.

Some types follow the values of a result: the scale of a `numeric`, the dimension of a vector, the depth of an array.
Here the types of parts become that of the whole. Nothing is rounded, nothing cut.
"""

from __future__ import annotations

import importlib
from typing import Any, List, Sequence

from scratchbird import errors


def one_table(parts: Sequence[Any]) -> Any:
    """The tables below each other, in their order."""
    pyarrow = importlib.import_module("pyarrow")
    schemas = [part.schema for part in parts]
    if any(not schema.equals(schemas[0]) for schema in schemas):
        parts = aligned(pyarrow, parts)
    return pyarrow.concat_tables(parts)


def aligned(pyarrow: Any, parts: Sequence[Any]) -> List[Any]:
    """The tables with the same types."""
    columns = [
        same(pyarrow, name, [part.column(at) for part in parts]) for at, name in enumerate(parts[0].column_names)
    ]
    fields = [
        next((part.schema.field(at) for part in parts if part.schema.field(at).type == column[0].type), None)
        or pyarrow.field(parts[0].column_names[at], column[0].type)
        for at, column in enumerate(columns)
    ]
    schema = pyarrow.schema(fields)
    return [pyarrow.table([column[row] for column in columns], schema=schema) for row in range(len(parts))]


def same(pyarrow: Any, name: str, parts: List[Any]) -> List[Any]:
    """The parts of a column with one type."""
    telling = [part for part in parts if part.null_count < len(part)]
    types: List[Any] = []
    for part in telling:
        if part.type not in types:
            types.append(part.type)
    if not types:
        target = parts[0].type
    elif len(types) == 1:
        target = types[0]
    else:
        return different(pyarrow, name, parts, types)
    return [part if part.type == target else absent(pyarrow, len(part), target) for part in parts]


def absent(pyarrow: Any, rows: int, target: Any) -> Any:
    """So many NULLs."""
    return pyarrow.chunked_array([pyarrow.nulls(rows, target)])


def different(pyarrow: Any, name: str, parts: List[Any], types: List[Any]) -> List[Any]:
    """Parts that hold values of several types."""
    kinds = pyarrow.types
    if all(kinds.is_decimal(kind) or kinds.is_string(kind) for kind in types):
        return numbers(pyarrow, parts, types)
    if all(kinds.is_list(kind) for kind in types):
        return lists(pyarrow, name, parts, types)
    listed = ", ".join(map(str, types))
    raise errors.DataError(f"no type holds column {name!r} of all partitions: {listed}")


def numbers(pyarrow: Any, parts: List[Any], types: List[Any]) -> List[Any]:
    """Decimals, with the scale and the width that all need; text where no decimal holds them all."""
    decimals = [kind for kind in types if pyarrow.types.is_decimal(kind)]
    if len(decimals) == len(types):
        scale = max(kind.scale for kind in decimals)
        whole = max(digits(pyarrow, part) for part in parts if pyarrow.types.is_decimal(part.type))
        wide = whole + scale > 38 or any(kind.precision > 38 for kind in decimals)
        if whole + scale <= 76:
            target = pyarrow.decimal256(76, scale) if wide else pyarrow.decimal128(38, scale)
            return [converted(pyarrow, part, target) for part in parts]
    return [text(pyarrow, part) for part in parts]


def digits(pyarrow: Any, part: Any) -> int:
    """The most digits before the point."""
    compute = importlib.import_module("pyarrow.compute")
    ends = [end.as_py() for end in compute.min_max(part).values()]
    return max((0 if not end else max(0, end.adjusted() + 1) for end in ends), default=0)


def converted(pyarrow: Any, part: Any, target: Any) -> Any:
    """The same decimals with another scale, which is no smaller."""
    if part.null_count == len(part):
        return absent(pyarrow, len(part), target)
    return part if part.type == target else part.cast(target)


def text(pyarrow: Any, part: Any) -> Any:
    """The digits of decimals."""
    if not pyarrow.types.is_decimal(part.type):
        return part
    written = [None if value is None else format(value, "f") for value in part.to_pylist()]
    return pyarrow.chunked_array([pyarrow.array(written, pyarrow.string())])


def lists(pyarrow: Any, name: str, parts: List[Any], types: List[Any]) -> List[Any]:
    """Arrays, of which those without elements do not say how deep they are."""
    compute = importlib.import_module("pyarrow.compute")
    deep = [part.type for part in parts if (compute.max(compute.list_value_length(part)).as_py() or 0) > 0]
    target = deep[0] if deep else types[0]
    if any(kind != target for kind in deep):
        listed = ", ".join(map(str, types))
        raise errors.DataError(f"the arrays of column {name!r} differ between partitions: {listed}")
    return [
        part if part.type == target else pyarrow.chunked_array([pyarrow.array(part.to_pylist(), target)])
        for part in parts
    ]
