"""Frames on their way in: what counts as one, and the Arrow stream that is made of it.

Whatever exports `__arrow_c_stream__` or `__arrow_c_array__` is read as it is. pandas and NumPy, and exporters of
`__dataframe__`, go by way of pyarrow. What becomes of the columns is the core's business.
"""

from __future__ import annotations

import sys
from typing import Any, Dict, Iterable, List, NamedTuple, Optional, Sequence, Tuple

from scratchbird import _core, errors
from scratchbird._columns import needed

_STREAM, _ARRAY, _INTERCHANGE = "__arrow_c_stream__", "__arrow_c_array__", "__dataframe__"

_IS_JSON = {"ARROW:extension:name": "arrow.json", "ARROW:extension:metadata": ""}
"""What says of a column of text that it is JSON, in every version of Arrow."""

_NUMBERS = frozenset(("int", "float", "Decimal", "int8", "int16", "int32", "int64", "float32", "float64"))
"""Classes that may stand together in a column of objects: they have one type that holds them all."""


class Frame(NamedTuple):
    """A frame, ready to be read once."""

    source: _core.ArrowSource
    rows: Optional[int]
    """How many rows it has, where that is known before they are read."""
    is_named: bool
    """False for what has columns by position only."""


def is_frame(value: Any) -> bool:
    """Whether it is columns, and not rows."""
    kind = type(value)
    if kind is list or kind is tuple:
        return bool(value) and _is_batch(value[0])
    if isinstance(value, (_core.BaseCursor, _core.RowStream, _core.AsyncRowStream)):
        # Cursors and their streams are rows, which hold what an Arrow column of theirs may only hold as text.
        return False
    if hasattr(kind, _STREAM) or hasattr(kind, _ARRAY) or hasattr(kind, _INTERCHANGE):
        return True
    return is_pandas(value) or _is_numpy(value) or _is_lazy(value)


def frame(value: Any, method: str, size: Optional[int] = None) -> Frame:
    """The stream of a frame, in batches of at most `size` rows where that is given.

    Raises:
        ProgrammingError: two columns have the same name; a single column, such as a Series.
        DataError: a column that has no one type; the message names it, and the row where another type begins.
        ModuleNotFoundError: pyarrow is needed for it, and not installed.
    """
    if _is_lazy(value):
        value = value.collect()
    kind, is_named = type(value), True
    if kind is list or kind is tuple:
        value = _of_batches(value, method)
    elif kind.__name__ in ("Series", "ChunkedArray"):
        raise errors.ProgrammingError(f"{method} takes frames, and a {kind.__name__} is one column: make a frame of it")
    elif is_pandas(value):
        value = _of_pandas(value, method)
    elif _is_numpy(value):
        is_named = value.dtype.names is not None
        value = _of_numpy(value, method)
    elif not hasattr(kind, _STREAM) and hasattr(kind, _ARRAY):
        value = needed("pyarrow", method, "arrow").record_batch(value)
    elif not hasattr(kind, _STREAM):
        value = needed("pyarrow.interchange", method, "arrow").from_dataframe(value)
    rows = _length(value)
    if size is not None:
        pyarrow = needed("pyarrow", method, "arrow")
        value = pyarrow.table(value).to_reader(max_chunksize=size)
    source = _core.ArrowSource(value.__arrow_c_stream__())
    names = source.names
    if is_named and len(set(names)) != len(names):
        raise errors.ProgrammingError(f"two columns have the name {_twice(names)!r}")
    return Frame(source, rows, is_named)


def _twice(names: Iterable[Any]) -> Any:
    seen = set()
    for name in names:
        if name in seen:
            return name
        seen.add(name)
    return None


def _length(value: Any) -> Optional[int]:
    for name in ("num_rows", "height"):
        found = getattr(value, name, None)
        if isinstance(found, int):
            return found
    return None


def _module(value: Any) -> str:
    return type(value).__module__.partition(".")[0]


def is_pandas(value: Any) -> bool:
    """Whether it is a `pandas.DataFrame`."""
    pandas = sys.modules.get("pandas")
    return pandas is not None and isinstance(value, pandas.DataFrame)


def _is_lazy(value: Any) -> bool:
    """Whether it is a `polars.LazyFrame`."""
    polars = sys.modules.get("polars")
    return polars is not None and isinstance(value, polars.LazyFrame)


def _is_batch(value: Any) -> bool:
    """Whether it is a `pyarrow.RecordBatch`."""
    pyarrow = sys.modules.get("pyarrow")
    return pyarrow is not None and isinstance(value, pyarrow.RecordBatch)


def _of_batches(batches: Any, method: str) -> Any:
    """A `pyarrow.Table` of batches."""
    pyarrow = needed("pyarrow", method, "arrow")
    try:
        return pyarrow.Table.from_batches(batches)
    except (pyarrow.ArrowInvalid, TypeError) as error:
        raise errors.DataError(f"the batches are not of one table: {error}") from error


def _is_numpy(value: Any) -> bool:
    numpy = sys.modules.get("numpy")
    if numpy is None or not isinstance(value, numpy.ndarray):
        return False
    # One of one dimension without fields is a sequence of rows, as it always was.
    return bool(value.dtype.names is not None or value.ndim == 2)


def _of_pandas(frame: Any, method: str) -> Any:
    """A `pyarrow.Table` of the columns; the index is not among them."""
    pyarrow = needed("pyarrow", method, "arrow")
    if not frame.columns.is_unique:
        raise errors.ProgrammingError(f"two columns have the name {_twice(frame.columns)!r}")
    names = [str(name) for name in frame.columns]
    if len(set(names)) != len(names):
        raise errors.ProgrammingError(f"two columns have the name {_twice(names)!r}")
    columns = [_array(pyarrow, frame.iloc[:, position], name) for position, name in enumerate(names)]
    return _table(pyarrow, names, columns)


def _table(pyarrow: Any, names: Sequence[str], columns: Sequence[Tuple[Any, bool]]) -> Any:
    """A `pyarrow.Table` of arrays, and of each whether it is JSON."""
    fields = [
        pyarrow.field(name, made.type, metadata=_IS_JSON if is_json else None)
        for name, (made, is_json) in zip(names, columns)
    ]
    return pyarrow.Table.from_arrays([made for made, _ in columns], schema=pyarrow.schema(fields))


def _array(pyarrow: Any, column: Any, name: str) -> Tuple[Any, bool]:
    is_json = False
    if column.dtype == object:
        values = _one_class(column.array, name)
        is_json = isinstance(values, _Documents)
        column = column if values is None else values
    elif column.dtype.kind == "f" and not hasattr(column.dtype, "pyarrow_dtype"):
        # Its NaN is pandas' NULL.
        return pyarrow.array(column, from_pandas=True), False
    elif column.dtype.kind == "c":
        raise errors.DataError(f'column "{name}": complex numbers have no type in the database')
    try:
        made = pyarrow.array(column, from_pandas=True)
    except (pyarrow.ArrowInvalid, pyarrow.ArrowTypeError, pyarrow.ArrowNotImplementedError) as error:
        raise errors.DataError(f'column "{name}": {error}') from error
    return made.storage if hasattr(made, "storage") and _module(made.type) == "pandas" else made, is_json


class _Documents(List[Optional[str]]):
    """Values as JSON."""


def _one_class(values: Any, name: str) -> Optional[List[Any]]:
    """Sees to it that objects are of one class; gives what pyarrow does not know as text."""
    first: Optional[type] = None
    numbers = False
    for row, value in enumerate(values):
        kind = type(value)
        if kind is first or value is None or _is_missing(value):
            continue
        if first is None:
            first, numbers = kind, kind.__name__ in _NUMBERS
        elif not (numbers and kind.__name__ in _NUMBERS):
            message = (
                f'row {row}, column "{name}": {kind.__name__} among values of {first.__name__}: a column has one type'
            )
            error = errors.DataError(message)
            error.row_index = row
            raise error
    if first is None or first.__module__ in ("builtins", "datetime", "decimal", "numpy", "pandas"):
        if first is dict or first is tuple:
            return _Documents(_texts(values, _json))
        if numbers and any(type(value).__name__ == "Decimal" for value in values):
            return _decimals(values)
        return None
    if first.__module__.partition(".")[0] in ("numpy", "pandas"):
        return None
    return _texts(values, str)


def _is_missing(value: Any) -> bool:
    """NaN, NaT and `pandas.NA`, which are no values in a column of objects."""
    kind = type(value).__name__
    return kind in ("NAType", "NaTType") or (kind in ("float", "float64") and value != value)


def _texts(values: Any, write: Any) -> List[Optional[str]]:
    return [None if value is None or _is_missing(value) else write(value) for value in values]


def _json(value: Any) -> str:
    import json

    return json.dumps(value, ensure_ascii=False)


def _decimals(values: Any) -> List[Any]:
    """Numbers among decimals as decimals, of which floats are what they are written as."""
    from decimal import Decimal

    return [
        None if value is None or _is_missing(value) else value if isinstance(value, Decimal) else Decimal(repr(value))
        for value in values
    ]


def _of_numpy(values: Any, method: str) -> Any:
    """A `pyarrow.Table` of the fields of a structured array, or of the columns of one of two dimensions."""
    pyarrow, numpy = needed("pyarrow", method, "arrow"), sys.modules["numpy"]
    if values.dtype.names is None:
        columns: Dict[str, Any] = {str(index): values[:, index] for index in range(values.shape[1])}
    else:
        columns = {name: values[name] for name in values.dtype.names}
    mask = numpy.ma.getmaskarray(values) if numpy.ma.isMaskedArray(values) else None
    made = []
    for index, (name, column) in enumerate(columns.items()):
        absent = None
        if mask is not None:
            absent = mask[name] if mask.dtype.names is not None else mask[:, index]
            column = numpy.ma.getdata(column)
            absent = absent if absent.ndim == 1 else absent.any(axis=tuple(range(1, absent.ndim)))
        made.append(_of_array(pyarrow, numpy, column, absent, name))
    return _table(pyarrow, list(columns), made)


def _of_array(pyarrow: Any, numpy: Any, column: Any, absent: Any, name: str) -> Tuple[Any, bool]:
    kind = column.dtype.kind
    if column.ndim > 2 or kind in "cV":
        raise errors.DataError(f'column "{name}": an array of {column.dtype} and {column.ndim} dimensions has no type')
    try:
        if column.ndim == 2:
            flat = pyarrow.array(numpy.ascontiguousarray(column).reshape(-1))
            made = pyarrow.FixedSizeListArray.from_arrays(flat, column.shape[1])
            if absent is not None:
                made = made.filter(pyarrow.array(~absent), null_selection_behavior="emit_null")
            return made, False
        if kind == "O":
            checked = _one_class(column, name)
            column = column if checked is None else checked
            return pyarrow.array(column, mask=absent, from_pandas=True), isinstance(checked, _Documents)
        if kind == "U" or kind == "S":
            column = column.astype(object)
        elif kind == "M" and numpy.datetime_data(column.dtype)[0] in ("Y", "M", "W", "h", "m"):
            column = column.astype(
                "datetime64[D]" if numpy.datetime_data(column.dtype)[0] in "YMW" else "datetime64[s]"
            )
        return pyarrow.array(numpy.ascontiguousarray(column) if kind not in "US" else column, mask=absent), False
    except (pyarrow.ArrowInvalid, pyarrow.ArrowTypeError, pyarrow.ArrowNotImplementedError) as error:
        raise errors.DataError(f'column "{name}": {error}') from error


Target = Tuple[int, str, int, Optional[int], Optional[int], Optional[int]]
"""The index of a column of the frame, and of its target the name, the type, digits, digits after the point, length."""


def into_table(frame: Frame, description: Any, columns: Optional[Sequence[str]], table: str) -> List[Target]:
    """Where the columns of a frame go in a table that the server has described."""
    known = {column[0].lower(): column for column in description or ()}
    names = _chosen(frame, columns, [column[0] for column in description or ()])
    targets: List[Target] = []
    for index, name in names:
        if name.lower() not in known:
            raise errors.ProgrammingError(f"table {table} has no column {name!r}")
        found = known[name.lower()]
        targets.append((index, found[0], found[1], found[4], found[5], found[3]))
    _check_once([target[1] for target in targets])
    return targets


def into_unknown(frame: Frame, columns: Optional[Sequence[str]]) -> List[Target]:
    """The same of a table that nobody describes."""
    if columns is None and not frame.is_named:
        raise errors.NotSupportedError("this server does not describe its tables: give columns=")
    names = _chosen(frame, columns, [])
    _check_once([name for _, name in names])
    return [(index, name, 0, None, None, None) for index, name in names]


def _check_once(names: List[str]) -> None:
    if len({name.lower() for name in names}) != len(names):
        raise errors.ProgrammingError("a column is named twice")


def _chosen(frame: Frame, columns: Optional[Sequence[str]], all_names: List[str]) -> List[Tuple[int, str]]:
    """Columns of the frame by index, and the names of theirs in the table."""
    own = frame.source.names
    if not frame.is_named:
        names = list(columns) if columns is not None else all_names
        if len(names) != len(own):
            raise errors.ProgrammingError(f"{len(own)} columns of the array for {len(names)} columns of the table")
        return list(enumerate(names))
    if columns is None:
        return list(enumerate(own))
    places = {name.lower(): index for index, name in enumerate(own)}
    places.update({name: index for index, name in enumerate(own)})
    chosen = []
    for name in columns:
        index = places.get(name, places.get(name.lower()))
        if index is None:
            raise errors.ProgrammingError(f"the frame has no column {name!r}")
        chosen.append((index, name))
    return chosen


def into_parameters(frame: Frame, names: Optional[Sequence[str]], count: int, types: Sequence[int]) -> List[Target]:
    """Where the columns go in a statement: by name, or in their order."""
    own = frame.source.names
    if names is None:
        if len(own) != count:
            raise errors.ProgrammingError(f"the statement has {count} parameters, the frame {len(own)} columns")
        pairs = list(enumerate(own))
    else:
        places = {name: index for index, name in enumerate(own)}
        missing = [name for name in names if name not in places]
        if missing:
            raise errors.ProgrammingError(f"the frame has no column {missing[0]!r}")
        pairs = [(places[name], name) for name in names]
    types = types if len(types) == len(pairs) else [0] * len(pairs)
    return [(index, name, oid, None, None, None) for (index, name), oid in zip(pairs, types)]
