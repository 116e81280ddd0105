"""Transactions: levels of isolation, what else a transaction is like, and commit in two phases."""

from __future__ import annotations

from typing import Any, List, MutableMapping, Tuple

from sqlalchemy import exc
from sqlalchemy.engine import characteristics

from scratchbird.isolation import IsolationLevel
from scratchbird.sqlalchemy.versions import IS_14

_LEVELS = ("READ COMMITTED", "READ UNCOMMITTED", "REPEATABLE READ", "SERIALIZABLE", "SNAPSHOT", "READ CONSISTENCY")
_NAMES = {
    None: "READ COMMITTED",
    IsolationLevel.READ_COMMITTED: "READ COMMITTED",
    IsolationLevel.SNAPSHOT: "REPEATABLE READ",
    IsolationLevel.SNAPSHOT_TABLE_STABILITY: "SERIALIZABLE",
}


def _unpooled(connection: Any) -> Any:
    """A connection without the pool's wrapping, which SQLAlchemy 1.4 leaves around it."""
    return getattr(connection, "dbapi_connection", connection)


class Characteristic(characteristics.ConnectionCharacteristic):
    """An execution option of connections that says what their transactions are like."""

    transactional = True

    def __init__(self, name: str) -> None:
        self.name = name

    def reset_characteristic(self, dialect: Any, dbapi_conn: Any) -> None:
        setattr(_unpooled(dbapi_conn), self.name, None)

    def set_characteristic(self, dialect: Any, dbapi_conn: Any, value: Any) -> None:
        setattr(_unpooled(dbapi_conn), self.name, value)

    def get_characteristic(self, dialect: Any, dbapi_conn: Any) -> Any:
        return getattr(_unpooled(dbapi_conn), self.name)


class Transactions:
    """The part of the dialect that begins and ends transactions."""

    name: str
    _level_names: MutableMapping[Any, str]
    """Of the names of one level, the one that a connection was given."""

    def get_isolation_level_values(self, dbapi_conn: Any = None) -> Tuple[str, ...]:
        return ("AUTOCOMMIT", *_LEVELS)

    if IS_14:
        _isolation_lookup = frozenset(("AUTOCOMMIT", *_LEVELS))

    def set_isolation_level(self, dbapi_connection: Any, level: str) -> None:
        name = level.replace("_", " ").upper()
        if name not in self.get_isolation_level_values():
            known = ", ".join(self._isolation_lookup if IS_14 else self.get_isolation_level_values())
            raise exc.ArgumentError(
                f"Invalid value {level!r} for isolation_level. Valid isolation levels for {self.name} are {known}"
            )
        dbapi_connection = _unpooled(dbapi_connection)
        if name == "AUTOCOMMIT":
            dbapi_connection.autocommit = True
            return
        dbapi_connection.autocommit = False
        # The server's own default stays unsaid.
        same = name in ("READ COMMITTED", "READ UNCOMMITTED") and dbapi_connection.isolation_level is None
        if not same:
            dbapi_connection.isolation_level = name
        # Of the names of one level, the one that was asked for.
        self._level_names[dbapi_connection] = name

    def get_isolation_level(self, dbapi_connection: Any) -> str:
        dbapi_connection = _unpooled(dbapi_connection)
        if dbapi_connection.autocommit:
            return "AUTOCOMMIT"
        level = dbapi_connection.isolation_level
        name = self._level_names.get(dbapi_connection)
        if name is not None and IsolationLevel.of(name) is (level or IsolationLevel.READ_COMMITTED):
            return name
        return _NAMES.get(level) or str(level.value)

    def detect_autocommit_setting(self, dbapi_conn: Any) -> bool:
        return bool(_unpooled(dbapi_conn).autocommit)

    def do_begin_twophase(self, connection: Any, xid: Any) -> None:
        connection.connection.tpc_begin(xid)

    def do_prepare_twophase(self, connection: Any, xid: Any) -> None:
        connection.connection.tpc_prepare()

    def do_rollback_twophase(self, connection: Any, xid: Any, is_prepared: bool = True, recover: bool = False) -> None:
        connection.connection.tpc_rollback(*([xid] if recover else []))

    def do_commit_twophase(self, connection: Any, xid: Any, is_prepared: bool = True, recover: bool = False) -> None:
        connection.connection.tpc_commit(*([xid] if recover else []))

    def do_recover_twophase(self, connection: Any) -> List[str]:
        return [str(xid) for xid in connection.connection.tpc_recover()]
