"""`connect_async`: the way to a connection."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Optional, Sequence, Union

from scratchbird.aio.connection import AsyncConnection
from scratchbird.rows import Row, RowFactory

if TYPE_CHECKING:
    import os

    from scratchbird._providers import Secret


async def connect_async(
    dsn: Optional[str] = None,
    *,
    host: Union[str, Sequence[str], None] = None,
    port: Union[int, str, Sequence[int], None] = None,
    user: Optional[str] = None,
    password: Optional[Secret] = None,
    token: Optional[Secret] = None,
    database: Optional[str] = None,
    sslmode: Optional[str] = None,
    sslrootcert: Union[str, os.PathLike[str], None] = None,
    connect_timeout: Optional[float] = None,
    autocommit: Optional[bool] = None,
    application_name: Optional[str] = None,
    row_factory: Optional[RowFactory[Row]] = None,
    **options: Any,
) -> AsyncConnection[Row]:
    """Connect to a server from a coroutine. As [`connect`][scratchbird.connect], awaited.

    Example:
        >>> async def main() -> None:
        ...     async with await connect_async("scratchbird://alice:secret@localhost/demo") as connection:
        ...         cursor = await connection.execute("select 1")
        ...         print(await cursor.fetchone())
    """
    given = {
        "host": host,
        "port": port,
        "user": user,
        "password": password,
        "token": token,
        "database": database,
        "sslmode": sslmode,
        "sslrootcert": sslrootcert,
        "connect_timeout": connect_timeout,
        "autocommit": autocommit,
        "application_name": application_name,
        **options,
    }
    try:
        return await AsyncConnection.connect(dsn, row_factory=row_factory, **given)
    finally:
        # A traceback that shows variables shows no secrets of this frame.
        del dsn, password, token, options, given
