"""Columns for pyarrow, NumPy, pandas and polars: what becomes of them, once for both faces.

None of those libraries is imported before it is asked for. The columns themselves are made in Rust.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any, Dict, Iterable, List, Optional, Tuple

from scratchbird import errors

if TYPE_CHECKING:
    from scratchbird import _core

BATCH_ROWS = 65_536
"""Rows of a batch where nobody says how many."""

Named = Tuple[str, Any, Optional[Any], int]
"""A column: its name, its array, which values are NULL, and its type's OID."""

TIMESTAMPTZ = 1184

BACKENDS = ("numpy", "pyarrow")


def needed(module: str, method: str, extra: str) -> Any:
    """The module, or an error that says how to get it."""
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        if error.name != module:
            raise
        message = f"{method} needs {module}: pip install 'scratchbird[{extra}]'"
        raise ModuleNotFoundError(message, name=module) from None


def found(module: str) -> Any:
    """The module, None where it is not installed."""
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        if error.name != module:
            raise
        return None


def table(data: _core.ArrowTable) -> Any:
    """A `pyarrow.Table`, and without pyarrow what every reader of the Arrow interface takes."""
    pyarrow = found("pyarrow")
    if pyarrow is None:
        return data
    return pyarrow.table(data)


def batch(data: _core.ArrowTable) -> Any:
    """The same of a `pyarrow.RecordBatch`."""
    pyarrow = found("pyarrow")
    if pyarrow is None:
        return data
    return pyarrow.RecordBatchReader.from_stream(data).read_next_batch()


def check_size(size: int) -> None:
    """Refuses batches without rows."""
    if size < 1:
        raise errors.ProgrammingError("size is at least 1")


def check_backend(dtype_backend: str) -> None:
    """Refuses what pandas' columns cannot be made of."""
    if dtype_backend not in BACKENDS:
        raise errors.ProgrammingError(f"dtype_backend is 'numpy' or 'pyarrow', not {dtype_backend!r}")


def check_pandas(method: str, dtype_backend: str) -> None:
    """Refuses a backend that this pandas does not have."""
    prepare(method, FRAME_NEEDS[dtype_backend])
    pandas = importlib.import_module("pandas")
    if dtype_backend == "pyarrow" and not hasattr(pandas, "ArrowDtype"):
        raise errors.NotSupportedError(
            f"{method} with dtype_backend='pyarrow' needs pandas 1.5 or newer, this is {pandas.__version__}"
        )


def prepare(method: str, modules: Iterable[Tuple[str, str]], names: Optional[Iterable[str]] = None) -> None:
    """Finds out what is missing before any row is taken: modules, and names that columns share."""
    for module, extra in modules:
        needed(module, method, extra)
    if names is not None:
        seen = set()
        for name in names:
            if name in seen:
                raise errors.ProgrammingError(f"two columns have the name {name!r}: name them apart with AS")
            seen.add(name)


def arrays(columns: List[Named]) -> Dict[str, Any]:
    """NumPy arrays by name, masked where there are NULLs."""
    numpy = importlib.import_module("numpy")
    return {name: values if mask is None else masked(numpy, values, mask) for name, values, mask, _ in columns}


def masked(numpy: Any, values: Any, mask: Any) -> Any:
    """A masked array over these values."""
    if values.ndim == 2:
        mask = numpy.broadcast_to(mask[:, None], values.shape)
    return numpy.ma.MaskedArray(values, mask=mask)


def frame(columns: List[Named]) -> Any:
    """A pandas DataFrame of NumPy columns: what NumPy has no NULL for gets pandas' own types with one."""
    pandas = importlib.import_module("pandas")
    data = dict(enumerate(column(pandas, *described) for described in columns))
    rows = len(columns[0][1]) if columns else 0
    made = pandas.DataFrame(data, index=pandas.RangeIndex(rows), copy=False)
    made.columns = pandas.Index([name for name, *_ in columns], dtype=object if not columns else None)
    return made


def column(pandas: Any, name: str, values: Any, mask: Optional[Any], oid: int) -> Any:
    """One column for pandas."""
    kind = values.dtype.kind
    if values.ndim == 2:
        vectors = list(values)
        if mask is not None:
            vectors = [None if absent else vector for vector, absent in zip(vectors, mask)]
        return pandas.Series(vectors, dtype=object)
    if kind == "M":
        return moments(pandas, values, oid)
    if kind == "O":
        return pandas.Series(values, dtype=object)
    if mask is not None and kind in "iu":
        return pandas.Series(pandas.arrays.IntegerArray(values, mask))
    if mask is not None and kind == "b":
        return pandas.Series(pandas.arrays.BooleanArray(values, mask))
    return pandas.Series(values, copy=False)


def moments(pandas: Any, values: Any, oid: int) -> Any:
    """Dates and timestamps; objects where this pandas has only nanoseconds, and they do not fit."""
    try:
        if oid == TIMESTAMPTZ:
            return pandas.Series(pandas.DatetimeIndex(values, tz="UTC"))
        return pandas.Series(values)
    except pandas.errors.OutOfBoundsDatetime:
        moments = values.astype(object)
        if oid == TIMESTAMPTZ:
            utc = importlib.import_module("datetime").timezone.utc
            moments = [None if moment is None else moment.replace(tzinfo=utc) for moment in moments]
        return pandas.Series(moments, dtype=object)


def arrow_frame(data: _core.ArrowTable) -> Any:
    """A pandas DataFrame whose columns are Arrow's."""
    return of_arrow(table(data))


def of_arrow(data: Any) -> Any:
    """The same of a table or a batch of pyarrow's."""
    dtype_of = importlib.import_module("pandas").ArrowDtype

    def mapped(arrow_type: Any) -> Any:
        made = dtype_of(arrow_type)
        try:
            made.type  # noqa: B018
        except NotImplementedError:
            # Intervals: pandas has a type for the column, and none for its values, so that it could not show the frame.
            return None
        return made

    return data.to_pandas(types_mapper=mapped)


def polars_frame(data: _core.ArrowTable) -> Any:
    """A polars DataFrame."""
    polars = importlib.import_module("polars")
    frame = polars.DataFrame(data)
    if frame.height == data.num_rows:
        return frame
    # polars 1.8, the last for Python 3.8, takes the first batch of a stream for all of it.
    return polars.concat([polars.DataFrame(part) for part in data._batches()])


FRAME_NEEDS = {
    "numpy": [("pandas", "pandas"), ("numpy", "numpy")],
    "pyarrow": [("pandas", "pandas"), ("pyarrow", "arrow")],
}
