"""The dialect: what SQLAlchemy asks of a database, on the synchronous face of the driver."""

from __future__ import annotations

import weakref
from typing import Any, Callable, Dict, List, Optional, Tuple

from sqlalchemy import String, exc, schema
from sqlalchemy.engine import default

from scratchbird.sqlalchemy import grammar as grammars
from scratchbird.sqlalchemy import guessed
from scratchbird.sqlalchemy import types as sbtypes
from scratchbird.sqlalchemy.compiler import Compiler
from scratchbird.sqlalchemy.ddl import DDLCompiler
from scratchbird.sqlalchemy.execution import ExecutionContext
from scratchbird.sqlalchemy.names import DEFAULT_SCHEMA, IdentifierPreparer, path_parts
from scratchbird.sqlalchemy.pool import asking_pool
from scratchbird.sqlalchemy.reflection import Reflection
from scratchbird.sqlalchemy.transactions import Characteristic, Transactions
from scratchbird.sqlalchemy.typecompiler import TypeCompiler
from scratchbird.sqlalchemy.versions import IS_14, asks_for_asyncio

if not IS_14:
    from sqlalchemy.engine.interfaces import BindTyping, ExecuteStyle
    from sqlalchemy.sql.compiler import InsertmanyvaluesSentinelOpts


def _oids_of_rows(compiled: Any, oids: List[Any]) -> List[Any]:
    """The types of an INSERT of several rows. SQLAlchemy repeats those of all parameters for every row; the parameters
    that are no part of a row stand first, and once."""
    width = len(compiled.positiontup)
    extra = width - compiled._insertmanyvalues.num_positional_params_counted
    if not extra:
        return oids
    rows = [oid for at in range(0, len(oids), width) for oid in oids[at + extra : at + width]]
    return oids[:extra] + rows


class Dialect(Transactions, Reflection, default.DefaultDialect):
    """SBsql over the synchronous face of the driver: `create_engine("scratchbird://...")`.

    Args:
        server_profile: `"auto"` finds out at the first connection which server it is; `"standard"` and `"beta"` say so,
            for statements that are compiled without a connection.
        json_serializer: encodes documents, as `json.dumps` does.
        json_deserializer: decodes them, as `json.loads` does.
        isolation_level: that of all connections, where they do not say another.
        **kwargs: what every dialect takes.
    """

    name = "scratchbird"
    driver = "sync"
    is_async = False

    statement_compiler = Compiler
    ddl_compiler = DDLCompiler
    type_compiler = TypeCompiler
    if not IS_14:
        type_compiler_cls = TypeCompiler
    preparer = IdentifierPreparer
    execution_ctx_cls = ExecutionContext
    colspecs = sbtypes.COLSPECS
    ischema_names = sbtypes.NAMES

    default_schema_name = DEFAULT_SCHEMA
    default_paramstyle = "qmark" if IS_14 else "numeric_dollar"
    max_identifier_length = 63
    supports_statement_cache = True
    div_is_floordiv = False
    cte_follows_insert = False
    supports_alter = True
    supports_comments = True
    supports_constraint_comments = True
    inline_comments = False
    supports_schemas = True
    supports_sequences = True
    sequences_optional = True
    supports_identity_columns = True
    supports_native_boolean = True
    supports_native_decimal = True
    supports_native_enum = True
    supports_native_uuid = True
    supports_smallserial = True
    supports_default_values = True
    supports_default_metavalue = True
    supports_empty_insert = False
    supports_multivalues_insert = True
    supports_is_distinct_from = True
    supports_sane_rowcount = True
    supports_sane_multi_rowcount = True
    supports_server_side_cursors = True
    preexecute_autoincrement_sequences = False
    postfetch_lastrowid = False
    returns_native_bytes = True
    tuple_in_values = False
    has_terminate = True
    isolation_level: Optional[str] = None
    grammar = grammars.DOCUMENTED

    if IS_14:
        implicit_returning = True
        full_returning = True
        use_setinputsizes = True
        returns_unicode_strings = String.RETURNS_UNICODE
        supports_unicode_statements = True
        supports_unicode_binds = True
        description_encoding = None
    else:
        insert_returning = True
        update_returning = True
        delete_returning = True
        insert_executemany_returning = True
        update_returning_multifrom = True
        delete_returning_multifrom = True
        favor_returning_over_lastrowid = True
        use_insertmanyvalues = True
        use_insertmanyvalues_wo_returning = False
        # Values go in by a query whose ORDER BY gives rows their place; see the compiler's render_bind_cast.
        insertmanyvalues_implicit_sentinel = (
            InsertmanyvaluesSentinelOpts.ANY_AUTOINCREMENT
            | InsertmanyvaluesSentinelOpts.USE_INSERT_FROM_SELECT
            | InsertmanyvaluesSentinelOpts.RENDER_SELECT_COL_CASTS
        )
        # Servers were seen to refuse statements with more (DIALECT 1, Limits).
        insertmanyvalues_max_parameters = 6144
        bind_typing = BindTyping.SETINPUTSIZES
        include_set_input_sizes = sbtypes.SIZED

    construct_arguments = [
        (schema.Index, {"using": None, "metric": None, "include": None, "with": None, "where": None}),
        (schema.Table, {"on_commit": None}),
    ]
    connection_characteristics = {
        **default.DefaultDialect.connection_characteristics,
        "scratchbird_readonly": Characteristic("read_only"),
        "scratchbird_deferrable": Characteristic("deferrable"),
    }

    def __init__(
        self,
        server_profile: str = "auto",
        json_serializer: Optional[Callable[[Any], str]] = None,
        json_deserializer: Optional[Callable[[str], Any]] = None,
        isolation_level: Optional[str] = None,
        **kwargs: Any,
    ) -> None:
        if IS_14:
            # Later versions set it themselves at every new connection.
            self.isolation_level = isolation_level
            kwargs.setdefault("implicit_returning", True)
        else:
            kwargs["isolation_level"] = isolation_level
        kwargs.setdefault("paramstyle", self.default_paramstyle)
        super().__init__(**kwargs)
        if IS_14:
            self.include_set_input_sizes = sbtypes.SIZED
        else:
            self.insert_executemany_returning = self.use_insertmanyvalues
        self._json_serializer = json_serializer
        self._json_deserializer = json_deserializer
        self._profile_given = server_profile.lower()
        self._level_names = weakref.WeakKeyDictionary()
        self._take_grammar(self._profile_given)

    def _take_grammar(self, profile: str) -> None:
        takes = grammars.of_profile(profile)
        if takes is self.grammar:
            # What somebody may have set otherwise stays so.
            return
        self.grammar = takes
        self.supports_identity_columns = takes.identity
        self.supports_default_values = takes.default_values
        self.supports_default_metavalue = takes.default_values
        self.sequences_optional = takes.identity
        self.preexecute_autoincrement_sequences = not takes.returning
        self.supports_multivalues_insert = takes.rows_by_parameters
        if IS_14:
            self.implicit_returning = self.full_returning = takes.returning
        else:
            self.insert_returning = self.update_returning = self.delete_returning = takes.returning
            self.insert_executemany_returning = takes.returning
            self.use_insertmanyvalues = takes.returning

    # ---- Connections -------------------------------------------------------------------------------------------------

    @classmethod
    def import_dbapi(cls) -> Any:
        import scratchbird

        return scratchbird

    dbapi = import_dbapi  # type: ignore[assignment]  # its name in SQLAlchemy 1.4

    @classmethod
    def get_dialect_cls(cls, url: Any) -> Any:
        return cls.get_async_dialect_cls(url) if asks_for_asyncio() else cls

    @classmethod
    def get_async_dialect_cls(cls, url: Any) -> Any:
        from scratchbird.sqlalchemy.asyncio import AsyncDialect

        return AsyncDialect

    def create_connect_args(self, url: Any) -> Any:
        options: Dict[str, Any] = url.translate_connect_args(username="user")
        for key, value in url.query.items():
            words = key.lower().replace("-", "_").replace(" ", "_")
            several = ",".join(value) if isinstance(value, tuple) else value
            if words in ("server_profile", "profile"):
                self._profile_given = several.lower()
            options[key] = several
        if self._profile_given != "auto":
            options.setdefault("server_profile", self._profile_given)
            self._take_grammar(self._profile_given)
        return [], options

    def connect(self, *cargs: Any, **cparams: Any) -> Any:
        asking = asking_pool()
        if asking is None:
            return super().connect(*cargs, **cparams)
        return self._borrow(asking.lender(self.is_async, cparams))

    def _borrow(self, lender: Any) -> Any:
        """A connection of the driver's pool; closing gives it back."""
        return lender.getconn()

    def on_connect(self) -> Any:
        loads, dumps = self._json_deserializer, self._json_serializer

        def connected(dbapi_connection: Any) -> None:
            connection = getattr(dbapi_connection, "driver_connection", dbapi_connection)
            if loads is not None or dumps is not None:
                connection.set_json_loads(loads)
                connection.set_json_dumps(dumps)
            profile = connection.info.server_profile if self._profile_given == "auto" else self._profile_given
            if grammars.of_profile(profile).guesses_types:
                connection.register_loader(guessed.BOOLEAN, str)
            if IS_14 and self.isolation_level is not None:
                self.set_isolation_level(dbapi_connection, self.isolation_level)

        return connected

    def initialize(self, connection: Any) -> None:
        if self._profile_given == "auto":
            self._take_grammar(self._driver_connection(connection).info.server_profile)
        super().initialize(connection)

    def _get_server_version_info(self, connection: Any) -> Optional[Tuple[int, ...]]:
        text = self._driver_connection(connection).info.server_version
        numbers = [int(part) for part in text.replace("-", ".").split(".") if part.isdigit()]
        return tuple(numbers) or None

    @staticmethod
    def _driver_connection(connection: Any) -> Any:
        """The driver's own connection."""
        raw = connection.connection
        # SQLAlchemy 1.4 has no pool around the first one.
        return getattr(raw, "driver_connection", raw)

    def _get_default_schema_name(self, connection: Any) -> str:
        return DEFAULT_SCHEMA

    def _check_max_identifier_length(self, connection: Any) -> None:
        return None

    def validate_identifier(self, ident: str) -> None:
        """Refuse a name that a server could cut off in silence: it counts bytes, and those of a path one by one."""
        for part in path_parts(ident):
            if len(part.encode()) > self.max_identifier_length:
                limit = f"maximum length of {self.max_identifier_length} bytes"
                raise exc.IdentifierError(f"Identifier {part!r} exceeds {limit}")

    # ---- Life and death ----------------------------------------------------------------------------------------------

    def is_disconnect(self, e: Any, connection: Any, cursor: Any) -> bool:
        if not isinstance(e, self.loaded_dbapi.Error if hasattr(self, "loaded_dbapi") else self.dbapi.Error):
            return False
        state = getattr(e, "sqlstate", None) or ""
        if getattr(e, "is_disconnect", False) or state[:2] == "08" or state in ("57P01", "57P02", "57P03"):
            return True
        closed = getattr(connection, "closed", None)
        return bool(closed) and isinstance(e, self.dbapi.InterfaceError)

    def do_ping(self, dbapi_connection: Any) -> bool:
        try:
            dbapi_connection.ping()
        except self.dbapi.Error as error:
            # Later versions ask by themselves, and whoever listens to errors.
            if IS_14 and self.is_disconnect(error, dbapi_connection, None):
                return False
            raise
        return True

    def do_terminate(self, dbapi_connection: Any) -> None:
        dbapi_connection.close()

    def do_execute(self, cursor: Any, statement: Any, parameters: Any, context: Any = None) -> None:
        if context is not None and parameters and any(value is None for value in parameters):
            context.type_nulls(cursor, parameters)
        # Without parameters a text may be several statements, as CREATE TABLE for the beta server is.
        cursor.execute(statement, parameters or None)

    def oid_of_type(self, type_: Any, is_null: bool) -> Optional[int]:
        """The OID that the driver is told for a parameter; `None` where its value says enough."""
        impl = type_.dialect_impl(self)
        said = impl.get_dbapi_type(self.dbapi) if isinstance(impl, sbtypes.SAYS_OID) else None
        if said is not None or not is_null:
            return said
        return sbtypes.null_oid(impl)

    def do_set_input_sizes(self, cursor: Any, list_of_tuples: List[Any], context: Any) -> None:
        if self.positional:
            oids = [oid for _, oid, _ in list_of_tuples]
            if not IS_14 and context.execute_style is ExecuteStyle.INSERTMANYVALUES:
                oids = _oids_of_rows(context.compiled, oids)
            cursor.setinputsizes(oids)
        else:
            cursor.setinputsizes({name: oid for name, oid, _ in list_of_tuples if oid is not None})


__all__ = ["Dialect"]
