"""The rows that are written, and the statements that all drivers send."""

from __future__ import annotations

import datetime
import decimal
import uuid
from dataclasses import dataclass
from typing import Any, Iterator, List, Tuple

Row = Tuple[Any, ...]

SEVEN = ("id", "name", "ratio", "at", "price", "active", "key")
COLUMNS = ", ".join(SEVEN)
MIXED = "select id, name, ratio, at, price, active, key, document, data, parent from mixed"


@dataclass
class Mixed:
    """A row of the table `mixed`."""

    id: int
    name: str
    ratio: float
    at: datetime.datetime
    price: decimal.Decimal
    active: bool
    key: uuid.UUID
    document: Any
    data: bytes
    parent: int


def sevens(count: int) -> Iterator[Row]:
    """Rows of int8, text, float8, timestamptz, numeric, bool and uuid."""
    start = datetime.datetime(2024, 1, 1, tzinfo=datetime.timezone.utc)
    second = datetime.timedelta(seconds=1)
    for n in range(count):
        price = decimal.Decimal(n * 37 % 100_000).scaleb(-2)
        yield n, f"row {n}", n / 7, start + n * second, price, n % 2 == 0, uuid.UUID(int=n * 0x9E3779B97F4A7C15)


def insert(marks: List[str]) -> str:
    """An INSERT with these placeholders."""
    return f"insert into seven ({COLUMNS}) values ({', '.join(marks)})"


INSERT_VECTOR = "insert into vectors (id, embedding) values"
VECTORS = "select id, embedding from vectors"
NEAREST = (
    "select id, title, embedding <-> {0} as distance from vectors where embedding is not null "
    "order by embedding <-> {0} limit 10"
)
