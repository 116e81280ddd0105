"""Frames on their way in: what counts as one, and the Arrow stream that is made of it.

Whatever exports `__arrow_c_stream__` or `__arrow_c_array__` is read as it is. pandas and NumPy, and exporters of
`__dataframe__`, go by way of pyarrow. What becomes of the columns is the core's business.
"""

from __future__ import annotations

import sys
from typing import Any, Dict, Iterable, List, NamedTuple, Optional, Sequence, Tuple

from scratchbird import _core, errors
from scratchbird._columns import needed
from scratchbird._object_columns import Documents, one_class, texts, unfit

_STREAM, _ARRAY, _INTERCHANGE = "__arrow_c_stream__", "__arrow_c_array__", "__dataframe__"

_IS_JSON = {"ARROW:extension:name": "arrow.json", "ARROW:extension:metadata": ""}
"""What says of a column of text that it is JSON, in every version of Arrow."""

_UNREADABLE = (TypeError, ValueError, OverflowError, NotImplementedError)
"""What pyarrow raises for a column that it cannot take; its own classes are among them."""


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
    if _is_polars(value):
        value = _of_polars(value, method)
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


def _is_polars(value: Any) -> bool:
    """Whether it is a `polars.DataFrame`."""
    polars = sys.modules.get("polars")
    return polars is not None and isinstance(value, polars.DataFrame)


def _of_polars(frame: Any, method: str) -> Any:
    """The frame without the types that only polars reads."""
    polars = sys.modules["polars"]
    wide = [getattr(polars, name) for name in ("Int128", "UInt128") if hasattr(polars, name)]
    for name, dtype in frame.schema.items():
        if dtype == polars.Object:
            raise errors.DataError(f'column "{name}": Object has no type in the database')
        if dtype in wide:
            try:
                frame = frame.with_columns(polars.col(name).cast(polars.Decimal(38, 0)))
            except polars.exceptions.PolarsError as error:
                raise errors.DataError(f'column "{name}": more than 38 digits: {error}') from error
    if any("Null" in repr(dtype) for dtype in frame.dtypes):
        # polars writes these in a way of its own.
        needed("pyarrow", method, "arrow")
        return frame.to_arrow()
    return frame


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
    kind = type(column.dtype).__name__
    if kind == "SparseDtype":
        column = column.sparse.to_dense()
    elif kind == "PeriodDtype":
        # Arrow would have their numbers since 1970.
        return pyarrow.array(texts(column.array, str, name), pyarrow.string()), False
    if column.dtype == object:
        values = one_class(column.array, name)
        is_json = isinstance(values, Documents)
        column = column if values is None else values
    elif column.dtype.kind == "c":
        raise errors.DataError(f'column "{name}": complex numbers have no type in the database')
    elif hasattr(column.dtype, "newbyteorder") and not column.dtype.isnative:
        column = column.astype(column.dtype.newbyteorder("="))
    made = _converted(pyarrow, column, name)
    return made.storage if hasattr(made, "storage") and _module(made.type) == "pandas" else made, is_json


def _converted(pyarrow: Any, values: Any, name: str, mask: Any = None) -> Any:
    """A `pyarrow.Array`, whose NULLs are None, NaN and NaT as pandas has it."""
    try:
        return pyarrow.array(values, mask=mask, from_pandas=True)
    except _UNREADABLE as error:
        raise errors.DataError(f'column "{name}": {error}') from error


def _of_numpy(values: Any, method: str) -> Any:
    """A `pyarrow.Table` of the fields of a structured array, or of the columns of one of two dimensions."""
    pyarrow, numpy = needed("pyarrow", method, "arrow"), sys.modules["numpy"]
    if isinstance(values, numpy.matrix):
        values = numpy.asarray(values)
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
            absent = absent if absent.ndim == 1 else _absent(absent, name)
        made.append(_of_array(pyarrow, numpy, column, absent, name))
    return _table(pyarrow, list(columns), made)


def _absent(mask: Any, name: str) -> Any:
    """Which vectors are NULL: those of which all is masked."""
    whole = mask.all(axis=tuple(range(1, mask.ndim)))
    part = mask.any(axis=tuple(range(1, mask.ndim))) & ~whole
    if part.any():
        raise unfit(int(part.argmax()), name, "a vector has no NULL in it, and a part of this one is masked")
    return whole


def _of_array(pyarrow: Any, numpy: Any, column: Any, absent: Any, name: str) -> Tuple[Any, bool]:
    kind = column.dtype.kind
    if column.ndim > 2 or kind in "cV":
        raise errors.DataError(f'column "{name}": an array of {column.dtype} and {column.ndim} dimensions has no type')
    if not column.dtype.isnative:
        column = column.astype(column.dtype.newbyteorder("="))
    try:
        if column.ndim == 2:
            flat = pyarrow.array(numpy.ascontiguousarray(column).reshape(-1))
            made = pyarrow.FixedSizeListArray.from_arrays(flat, column.shape[1])
            if absent is not None:
                made = made.take(pyarrow.array(numpy.arange(len(column)), mask=absent))
            return made, False
        if kind == "O":
            checked = one_class(column, name)
            column = column if checked is None else checked
            return _converted(pyarrow, column, name, absent), isinstance(checked, Documents)
        if kind == "U" or kind == "S":
            column = column.astype(object)
        elif kind == "M" and numpy.datetime_data(column.dtype)[0] in ("Y", "M", "W", "h", "m"):
            column = column.astype(
                "datetime64[D]" if numpy.datetime_data(column.dtype)[0] in "YMW" else "datetime64[s]"
            )
        elif kind == "m" and numpy.datetime_data(column.dtype)[0] in ("W", "D", "h", "m"):
            column = column.astype("timedelta64[s]")
        return pyarrow.array(numpy.ascontiguousarray(column) if kind not in "US" else column, mask=absent), False
    except _UNREADABLE as error:
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
