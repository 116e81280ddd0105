"""Documents as rows of the vector store's table: its columns, and both directions."""

from __future__ import annotations

import re
from typing import Any, Dict, List, Mapping, Optional, Sequence, Tuple
from uuid import uuid4

from langchain_core.documents import Document

from scratchbird import errors
from scratchbird.bulk import quoted
from scratchbird.types import Jsonb, Vector

OWN = ("id", "content", "embedding", "metadata")
"""The columns that every table of documents has."""

_TYPE = re.compile(r"[A-Za-z][A-Za-z0-9_]*( [A-Za-z]+)?(\([0-9]+(, ?[0-9]+)?\))?")


class Documents:
    """The columns of a table of documents.

    Args:
        metadata_columns: fields of the metadata that have a column of their own, each with its SQL type.

    Raises:
        ProgrammingError: a name is one of the store's own, or a type does not look like one.
    """

    def __init__(self, metadata_columns: Mapping[str, str]) -> None:
        for name, kind in metadata_columns.items():
            quoted(name)
            if name.lower() in OWN:
                raise errors.ProgrammingError(f"the store has a column {name!r} of its own")
            if not _TYPE.fullmatch(kind):
                raise errors.ProgrammingError(f"{kind!r} is not the type of a column")
        self._types = dict(metadata_columns)
        self.fields = frozenset(metadata_columns)
        self.read = ["id", "content", "metadata", *metadata_columns]

    def definition(self, table: str, dimension: int) -> str:
        """The statement that makes the table."""
        own = "".join(f", {quoted(name)} {kind}" for name, kind in self._types.items())
        return (
            f"CREATE TABLE {table} (id TEXT PRIMARY KEY, content TEXT NOT NULL, "
            f"embedding VECTOR({int(dimension)}) NOT NULL, metadata JSONB NOT NULL{own})"
        )

    def upsert(self, table: str) -> str:
        """The statement that adds a document, or replaces the one with its id."""
        names = [quoted(name) for name in (*OWN, *self._types)]
        changes = ", ".join(f"{name} = EXCLUDED.{name}" for name in names[1:])
        return (
            f"INSERT INTO {table} ({', '.join(names)}) VALUES ({', '.join('?' * len(names))}) "
            f"ON CONFLICT (id) DO UPDATE SET {changes}"
        )

    def selection(self) -> str:
        """The columns that make a document."""
        return ", ".join(quoted(name) for name in self.read)

    def row(self, number: int, key: str, text: str, vector: Any, metadata: Mapping[str, Any]) -> Tuple[Any, ...]:
        """The values of a document.

        Raises:
            DataError: the metadata is not JSON, or the vector none; the message has the number of the document.
        """
        rest = {name: value for name, value in metadata.items() if name not in self._types}
        try:
            document = Jsonb(rest)
        except (TypeError, ValueError) as error:
            raise errors.DataError(f"document {number}: its metadata is not JSON: {error}") from None
        try:
            embedding = Vector(vector)
        except (TypeError, ValueError) as error:
            raise errors.DataError(f"document {number}: its embedding is no vector: {error}") from None
        return (key, text, embedding, document, *(metadata.get(name) for name in self._types))

    def document(self, row: Sequence[Any]) -> Document:
        """The document of a row of the columns `read`."""
        key, content, metadata, *own = row
        metadata.update((name, value) for name, value in zip(self._types, own) if value is not None)
        return Document(id=key, page_content=content, metadata=metadata)


def keyed(
    texts: Sequence[str],
    vectors: Sequence[Any],
    metadatas: Optional[Sequence[Mapping[str, Any]]],
    ids: Optional[Sequence[Optional[str]]],
) -> Tuple[List[str], List[Tuple[str, str, Any, Mapping[str, Any]]]]:
    """The ids of documents, new ones for those that have none, and what has to be stored: of an id that comes twice the
    last document.

    Raises:
        ValueError: the lists have different lengths.
    """
    given = {"embeddings": vectors, "metadatas": metadatas, "ids": ids}
    for name, several in given.items():
        if several is not None and len(several) != len(texts):
            raise ValueError(f"there are {len(texts)} texts and {len(several)} {name}")
    keys = [str(uuid4()) if key is None else key for key in (ids or [None] * len(texts))]
    latest: Dict[str, Tuple[str, str, Any, Mapping[str, Any]]] = {}
    for key, text, vector, metadata in zip(keys, texts, vectors, metadatas or [{}] * len(texts)):
        latest[key] = (key, text, vector, metadata or {})
    return keys, list(latest.values())
