"""Indexes on columns of vectors: made, dropped and looked at."""

from __future__ import annotations

import zlib
from typing import Any, List, Mapping, NamedTuple, Optional, Union

from scratchbird import errors
from scratchbird._steps import Steps, awaiting, blocking
from scratchbird.bulk import quoted
from scratchbird.metadata import escape
from scratchbird.vector.faces import awaits, blocks
from scratchbird.vector.metric import MetricName, metric_of
from scratchbird.vector.names import Table, parts_of, path
from scratchbird.vector.request import counted

METHODS = {"hnsw": "VECTOR_HNSW", "ivf": "VECTOR_IVF", "exact": "VECTOR_EXACT"}
OPTIONS = {"m": "hnsw", "ef_construction": "hnsw", "lists": "ivf"}
LONGEST_NAME = 60


class VectorIndex(NamedTuple):
    """An index on a column of vectors.

    Attributes:
        name: its name.
        schema: the name of the schema of its table.
        table: the name of the table.
        column: the column, `None` where the catalogue does not say.
        method: `hnsw`, `ivf` or `exact`.
    """

    name: str
    schema: Optional[str]
    table: str
    column: Optional[str]
    method: str


def create_index(
    conn: Any,
    table: Table,
    column: str,
    *,
    method: str = "hnsw",
    metric: Optional[MetricName] = "cosine",
    name: Optional[str] = None,
    options: Optional[Mapping[str, int]] = None,
    if_not_exists: bool = False,
    timeout: Optional[float] = None,
) -> str:
    """Make an index on a column of vectors. It is part of the transaction, as all of SBsql's definitions.

    Args:
        conn: a connection.
        table: as of [`search`][scratchbird.vector.search].
        column: the column with the vectors.
        method: `hnsw`, a graph, quick and approximate; `ivf`, an inverted file, approximate, made when there are rows;
            `exact`.
        metric: the metric that it is for. `None` says nothing of it, for servers whose indexes take none (DIALECT 4.6).
        name: its name; made of the table's and the column's if not given.
        options: `m` and `ef_construction` of `hnsw`, `lists` of `ivf`. Servers may have none.
        if_not_exists: whether an index of this name may be there already.
        timeout: the most seconds it may take.

    Returns:
        The name of the index.

    Raises:
        ProgrammingError: no such method, metric, option, table or column, or the name is taken.
        NotSupportedError: the server has no such index.

    Example:
        >>> with connect(dsn) as connection:
        ...     _ = connection.execute("create table photos (id int primary key, v vector(3))")
        ...     print(create_index(connection, "photos", "v"))
        ...     print([index.method for index in indexes(connection, "photos")])
        ...     connection.rollback()
        photos_v_vector_index
        ['hnsw']

    Contract: DIALECT 4.6.
    """
    return blocking(_create(blocks(conn), table, column, method, metric, name, options, if_not_exists, timeout))


async def acreate_index(
    conn: Any,
    table: Table,
    column: str,
    *,
    method: str = "hnsw",
    metric: Optional[MetricName] = "cosine",
    name: Optional[str] = None,
    options: Optional[Mapping[str, int]] = None,
    if_not_exists: bool = False,
    timeout: Optional[float] = None,
) -> str:
    """As [`create_index`][scratchbird.vector.create_index], on the asyncio face."""
    return await awaiting(_create(awaits(conn), table, column, method, metric, name, options, if_not_exists, timeout))


def drop_index(conn: Any, name: Union[str, Table], *, if_exists: bool = False, timeout: Optional[float] = None) -> None:
    """Drop an index.

    Args:
        conn: a connection.
        name: its name, as `table` of [`search`][scratchbird.vector.search]; an index is in the schema of its table.
        if_exists: whether it may be gone already.
        timeout: the most seconds it may take.

    Raises:
        ProgrammingError: there is no such index.
        NotSupportedError: the server drops no indexes.
    """
    blocking(_drop(blocks(conn), name, if_exists, timeout))


async def adrop_index(
    conn: Any, name: Union[str, Table], *, if_exists: bool = False, timeout: Optional[float] = None
) -> None:
    """As [`drop_index`][scratchbird.vector.drop_index], on the asyncio face."""
    await awaiting(_drop(awaits(conn), name, if_exists, timeout))


def indexes(conn: Any, table: Optional[Table] = None) -> List[VectorIndex]:
    """The indexes on columns of vectors, as far as the server's catalogue has them.

    Args:
        conn: a connection.
        table: only those of this table; a name without a schema fits in every schema.

    Contract: DIALECT 13.
    """
    return blocking(_indexes(blocks(conn), table))


async def aindexes(conn: Any, table: Optional[Table] = None) -> List[VectorIndex]:
    """As [`indexes`][scratchbird.vector.indexes], on the asyncio face."""
    return await awaiting(_indexes(awaits(conn), table))


def _create(
    conn: Any,
    table: Table,
    column: str,
    method: str,
    metric: Optional[MetricName],
    name: Optional[str],
    options: Optional[Mapping[str, int]],
    if_not_exists: bool,
    timeout: Optional[float],
) -> Steps[str]:
    if method not in METHODS:
        raise errors.ProgrammingError(f"method is one of {', '.join(map(repr, METHODS))}, not {method!r}")
    name = _name(table, column) if name is None else name
    exists = "IF NOT EXISTS " if if_not_exists else ""
    word = "" if metric is None else f" {metric_of(metric).word}"
    text = f"CREATE INDEX {exists}{quoted(name)} ON {path(table)} USING {METHODS[method]} ({quoted(column)}{word})"
    text += _options(method, options or {})
    yield lambda: conn.cursor().execute(text, timeout=timeout)
    return name


def _name(table: Table, column: str) -> str:
    name = f"{parts_of(table)[-1]}_{column}_vector_index"
    if len(name.encode()) <= LONGEST_NAME:
        return name
    # Cut as a server would, two of them could become one.
    return f"{name.encode()[:40].decode(errors='ignore')}_{zlib.crc32(name.encode()):08x}_vector"


def _options(method: str, options: Mapping[str, int]) -> str:
    for option in options:
        if OPTIONS.get(option) != method:
            known = [name for name, of in OPTIONS.items() if of == method]
            raise errors.ProgrammingError(f"an index of method {method!r} has no option {option!r}; it has {known}")
    given = ", ".join(f"{option} = {counted(option, value)}" for option, value in options.items())
    return f" WITH ({given})" if given else ""


def _drop(conn: Any, name: Table, if_exists: bool, timeout: Optional[float]) -> Steps[None]:
    exists = "IF EXISTS " if if_exists else ""
    text = f"DROP INDEX {exists}{path(name)}"
    yield lambda: conn.cursor().execute(text, timeout=timeout)


def _indexes(conn: Any, table: Optional[Table]) -> Steps[List[VectorIndex]]:
    wanted = {}
    if table is not None:
        *schema, name = parts_of(table)
        wanted["table"] = escape(name)
        if schema:
            wanted["schema"] = escape(schema[-1])
    rows = yield lambda: conn.metadata.get("indexes", wanted)
    families = {family: method for method, family in METHODS.items()}
    rows = [row for row in rows if row.get("index_family") in families]
    if not rows:
        return []
    columns = yield lambda: conn.metadata.get("index_columns", wanted)
    by_index = {(row["table_schema"], row["index_name"]): row.get("column_name") for row in columns}
    return [
        VectorIndex(
            row["index_name"],
            row["table_schema"],
            row["table_name"],
            by_index.get((row["table_schema"], row["index_name"])),
            families[row["index_family"]],
        )
        for row in rows
    ]
