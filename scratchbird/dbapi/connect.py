"""`connect`: the way to a connection."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Optional, Union

from scratchbird import _core, _pool_switch
from scratchbird.dbapi.connection import Connection
from scratchbird.rows import Row, RowFactory

if TYPE_CHECKING:
    import os


def connect(
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
) -> Connection[Row]:
    """Connect to a server.

    Keyword arguments win over the DSN, and both over the `SCRATCHBIRD_*` environment variables.

    Args:
        dsn: a URI `scratchbird://user:password@host:port/database?key=value`, or a string of `key=value` pairs.
        host: the server's name or address, or a path of a Unix-domain socket; `localhost` if not given.
        port: the TCP port, 3092 if not given.
        user: the user's name.
        password: the password.
        database: the database's name.
        sslmode: `require` (TLS, the default), `verify-ca`, `verify-full`, or `disable`.
        sslrootcert: a PEM file with the certificate authorities to trust.
        connect_timeout: the most seconds an attempt may take, 30 if not given; 0 waits for ever.
        autocommit: whether every statement commits by itself; False if not given.
        application_name: shown by the server's monitoring.
        row_factory: what makes the rows of its cursors, such as [`dict_row`][scratchbird.rows.dict_row]; tuples if not
            given.
        **options: any other key of the connection string.

    Returns:
        An open connection, inside a transaction.

    Raises:
        InterfaceError: an option is unknown, malformed or contradicts another.
        OperationalError: the server cannot be reached, TLS failed, or the login was refused (SQLSTATE 08001, 28000).
        NotSupportedError: the server asks for what this driver does not offer.

    Contract: PEP 249 `connect`; SBWP 7.
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
        connection: Connection[Any] = pools.pools(dsn, {**named, **options}).sync.getconn()
    else:
        connection = Connection(_core.connect(dsn, {**named, **options}))
    if row_factory is not None:
        connection.row_factory = row_factory
    return connection
