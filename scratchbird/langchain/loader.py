"""LangChain's loader: the rows of a query or of a table as documents, as they arrive."""

from __future__ import annotations

from typing import Any, AsyncIterator, Callable, Iterator, List, Mapping, Optional, Sequence, Tuple, Union

from langchain_core.document_loaders import BaseLoader
from langchain_core.documents import Document

from scratchbird import errors
from scratchbird.bulk import quoted_path
from scratchbird.langchain.source import Connections, Source
from scratchbird.rows import tuple_row

Record = Mapping[str, Any]


def as_text(record: Record) -> str:
    """The values of a record, one after the other, with blanks between."""
    return " ".join(str(value) for value in record.values() if value is not None)


def as_lines(record: Record) -> str:
    """A line `name: value` for each column."""
    return "\n".join(f"{name}: {value}" for name, value in record.items() if value is not None)


class ScratchBirdLoader(BaseLoader):
    """Documents from the rows of a query.

    Rows are read as they are asked for, so that a result of any size takes little memory; until the last one the loader
    holds a connection of its own.

    Args:
        connection: a connection string, a [`ConnectionPool`][scratchbird.ConnectionPool] or
            [`AsyncConnectionPool`][scratchbird.AsyncConnectionPool] (either serves both faces), or one connection.
        query: the query, with placeholders for `params`. Either this or `table`.
        params: its values, a sequence or a mapping.
        table: the table whose rows are read, all of them.
        content_columns: the columns that make the text of the document; the first one if not given.
        metadata_columns: the columns that make its metadata; all others if not given.
        id_column: the column that makes its `id`; none if not given.
        format: a function that makes the text of a mapping of the content columns; `as_text` (the values, with blanks
            between) if not given. [`as_lines`][scratchbird.langchain.loader.as_lines] names them.

    Raises:
        ProgrammingError: both or none of `query` and `table` are given. While reading: a column is not in the result,
            or the query fails.

    Example:
        >>> query = "select * from (values ('Emma', 7), ('Ulysses', 9)) as books(title, price) where price > ?"
        >>> loader = ScratchBirdLoader(dsn, query, [8])
        >>> loader.load()
        [Document(metadata={'price': 9}, page_content='Ulysses')]
        >>> loader.close()

    Contract: `langchain_core.document_loaders.BaseLoader`.
    """

    def __init__(
        self,
        connection: Connections,
        query: Optional[str] = None,
        params: Union[Sequence[Any], Mapping[str, Any], None] = None,
        *,
        table: Optional[str] = None,
        content_columns: Optional[Sequence[str]] = None,
        metadata_columns: Optional[Sequence[str]] = None,
        id_column: Optional[str] = None,
        format: Callable[[Record], str] = as_text,
    ) -> None:
        if (query is None) == (table is None):
            raise errors.ProgrammingError("give either a query or a table")
        self._source = Source(connection)
        self._query = query if table is None else f"SELECT * FROM {quoted_path(table)}"
        self._params = params
        self._content_columns, self._metadata_columns = content_columns, metadata_columns
        self._id_column, self._format = id_column, format

    def lazy_load(self) -> Iterator[Document]:
        """The documents, one by one."""
        with self._source.connection() as connection:
            cursor = connection.cursor(row_factory=tuple_row)
            with cursor.stream(self._query or "", self._params) as rows:
                document = None
                for row in rows:
                    document = document or self._reader(cursor.description)
                    yield document(row)

    async def alazy_load(self) -> AsyncIterator[Document]:
        """The documents, one by one, for `async for`."""
        if self._source.blocks:
            async for one in super().alazy_load():
                yield one
            return
        async with self._source.aconnection() as connection:
            cursor = connection.cursor(row_factory=tuple_row)
            async with cursor.stream(self._query or "", self._params) as rows:
                document = None
                async for row in rows:
                    document = document or self._reader(cursor.description)
                    yield document(row)

    def _reader(self, description: Any) -> Callable[[Tuple[Any, ...]], Document]:
        """What makes a document of a row of these columns."""
        names = [column[0] for column in description]

        def places(columns: Sequence[str]) -> List[Tuple[str, int]]:
            missing = [column for column in columns if column not in names]
            if missing:
                raise errors.ProgrammingError(f"the result has no column {missing[0]!r}; it has {', '.join(names)}")
            return [(column, names.index(column)) for column in columns]

        content = places(names[:1] if self._content_columns is None else self._content_columns)
        taken = {name for name, _ in content} | {self._id_column}
        rest = [name for name in names if name not in taken]
        metadata = places(rest if self._metadata_columns is None else self._metadata_columns)
        ids = places([] if self._id_column is None else [self._id_column])

        def document(row: Tuple[Any, ...]) -> Document:
            return Document(
                page_content=self._format({name: row[at] for name, at in content}),
                metadata={name: row[at] for name, at in metadata},
                id=None if not ids or row[ids[0][1]] is None else str(row[ids[0][1]]),
            )

        return document

    def close(self) -> None:
        """Close the pool that was made for a connection string. A pool or connection that was given stays open."""
        self._source.close()

    async def aclose(self) -> None:
        """As `close`, awaited."""
        await self._source.aclose()
