"""`connect_async`: the way to a connection."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Optional, Union

from scratchbird import _pool_switch
from scratchbird.aio.connection import AsyncConnection
from scratchbird.rows import Row, RowFactory

if TYPE_CHECKING:
    import os


async def connect_async(
    dsn: Optional[str] = None,
    *,
    host: Optional[str] = None,
    port: Optional[int] = None,
    user: Optional[str] = None,
    password: Optional[str] = None,
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
    named = {
        "host": host,
        "port": port,
        "user": user,
        "password": password,
        "database": database,
        "sslmode": sslmode,
        "sslrootcert": sslrootcert,
        "connect_timeout": connect_timeout,
        "autocommit": autocommit,
        "application_name": application_name,
    }
    pools = _pool_switch.active()
    if pools is not None:
        connection: AsyncConnection[Any] = await pools.pools(dsn, {**named, **options}).asynchronous.getconn()
        if row_factory is not None:
            connection.row_factory = row_factory
        return connection
    return await AsyncConnection.connect(dsn, row_factory=row_factory, **{**named, **options})
