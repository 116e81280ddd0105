"""`connect`: the way to a connection."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Optional, Sequence, Union, cast

from scratchbird import _core, _pool_switch, _providers
from scratchbird.dbapi.connection import Connection
from scratchbird.rows import Row, RowFactory

if TYPE_CHECKING:
    import os

    from scratchbird._providers import Secret


def connect(
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
) -> Connection[Row]:
    """Connect to a server.

    Keyword arguments win over the DSN, and both over the `SCRATCHBIRD_*` environment variables.

    Args:
        dsn: a URI `scratchbird://user:password@host:port/database?key=value`, or a string of `key=value` pairs.
        host: the server's name or address, or a path of a Unix-domain socket; `localhost` if not given. Several, in a
            list or separated by commas, are tried in turn.
        port: the TCP port, 3092 if not given; one for all hosts, or one for each.
        user: the user's name.
        password: the password, or a callable that returns it, also a coroutine function. It is called at every login,
            in a thread of the driver's.
        token: a token to log in with, or a callable, as for `password`.
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
    connection: Connection[Any]
    try:
        pools = _pool_switch.active()
        if pools is not None:
            connection = pools.pools(dsn, given).sync.getconn()
        else:
            connection = Connection(_core.connect(dsn, _providers.wrapped(given)))
    finally:
        # A traceback that shows variables shows no secrets of this frame.
        del dsn, password, token, options, given
    if row_factory is not None:
        connection.row_factory = row_factory
    return cast("Connection[Row]", connection)
