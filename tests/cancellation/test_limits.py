"""Every public method that waits takes `timeout=`, on both faces: found by reading the classes, not by a list."""

from __future__ import annotations

import ast
import inspect
import re
from pathlib import Path
from typing import Any, Callable, Dict, Iterator, List, Tuple

import pytest

import scratchbird
from scratchbird import metadata

STUB = ast.parse((Path(scratchbird.__file__).parent / "_core.pyi").read_text())
WAITS = re.compile(
    r"\b(Awaitable|AsyncContextManager|AsyncGenerator|AsyncIterator|Coroutine|Async(Copy|Pipeline|RowStream|Transaction))\b"
)

HERE = (
    "the rows have come with execute(), whose limit held; in a pipeline and with a server-side cursor it holds here too"
)
WHOLE = "the limit given to copy() is for all of it"
PARTS = "the limit given to stream() is for each part"
STATEMENTS = "each statement of the pipeline has its own limit"
SILENT = "nothing is sent"
OLDER = "keeps the signature of the older driver; statement_timeout holds"
VIEWS = "several statements, for each of which statement_timeout holds"

FETCHES = ("fetchone", "fetchmany", "fetchall", "fetchval", "scroll")
COLUMNS = ("fetch_arrow_table", "fetch_df", "fetch_numpy", "fetch_polars", "fetch_record_batches")

EXCEPT: Dict[str, str] = {
    **{f"AsyncCursor.{name}": HERE for name in (*FETCHES, *COLUMNS, "nextset")},
    **{f"AsyncServerCursor.{name}": HERE for name in (*FETCHES, *COLUMNS)},
    "AsyncServerCursor.nextset": SILENT,
    "AsyncServerCursor.close": HERE,
    "AsyncCursor.close": SILENT,
    **{f"AsyncCopy.{name}": WHOLE for name in ("write", "write_row", "write_rows", "read", "rows")},
    "AsyncRowStream.close": PARTS,
    "AsyncRowStream.aclose": PARTS,
    "AsyncConnection.pipeline": STATEMENTS,
    "AsyncPipeline.sync": STATEMENTS,
    "AsyncConnection.cancel": "does not wait for anything",
    "AsyncConnection.detach": "always raises",
    **{
        f"AsyncConnection.{name}": SILENT
        for name in (
            "add_notification_handler",
            "begin",
            "remove_notification_handler",
            "set_autocommit",
            "set_deferrable",
            "set_isolation_level",
            "set_read_only",
            "set_session",
            "tpc_begin",
        )
    },
    **{
        f"AsyncConnection.{name}": OLDER
        for name in (
            "call",
            "copy_in",
            "copy_out",
            "ddl_editor_schema_payload",
            "execute_batch",
            "execute_with_generated_keys",
            "get_schema",
            "get_session_schema",
            "on_notification",
            "query_metadata",
            "query_multi",
            "set_session_schema",
        )
    },
    "AsyncPreparedStatement.close": SILENT,
    "AsyncConnection.connect": "connect_timeout, a key of the connection string, limits it",
    **{
        f"{pool}.check_connection": "a hook that a pool calls for its loans; statement_timeout and socket_timeout hold"
        for pool in ("AsyncConnectionPool", "AsyncNullConnectionPool")
    },
    **{f"AsyncMetadata.{name}": VIEWS for name in ("get", *metadata.Metadata.collections())},
}


def faces() -> Iterator[Tuple[str, type, type]]:
    for name in scratchbird.__all__:
        if name.startswith("Async") and isinstance(getattr(scratchbird, name), type):
            yield name, getattr(scratchbird, name), getattr(scratchbird, name[len("Async") :])
    yield "AsyncMetadata", metadata.AsyncMetadata, metadata.Metadata


def of_the_core(name: str) -> Dict[str, str]:
    """What the methods of a class of the core return."""
    for node in STUB.body:
        if isinstance(node, ast.ClassDef) and node.name == name:
            functions = [part for part in node.body if isinstance(part, ast.FunctionDef)]
            return {part.name: ast.unparse(part.returns) for part in functions if part.returns is not None}
    return {}


def returns(cls: type, name: str) -> str:
    for base in cls.__mro__:
        if name not in vars(base):
            continue
        method = inspect.getattr_static(base, name)
        function: Any = getattr(method, "__func__", method)
        function = inspect.unwrap(function)
        if inspect.iscoroutinefunction(function) or inspect.isasyncgenfunction(function):
            return "Awaitable"
        if not inspect.isfunction(function):
            return of_the_core(base.__name__).get(name, "")
        if base is metadata.MetadataMethods:
            return "Awaitable" if function.__annotations__.get("return") == "R" else ""
        return str(function.__annotations__.get("return", ""))
    return ""


def waiting(cls: type) -> List[str]:
    public = [name for name in dir(cls) if not name.startswith("_")]
    return [name for name in public if WAITS.search(returns(cls, name)) and callable(getattr(cls, name))]


CASES = [
    pytest.param(f"{face}.{name}", awaited, blocking, name, id=f"{face}.{name}")
    for face, awaited, blocking in faces()
    for name in waiting(awaited)
]


def has_timeout(method: Callable[..., Any]) -> bool:
    return "timeout" in inspect.signature(method).parameters


@pytest.mark.parametrize(("full", "awaited", "blocking", "name"), CASES)
def test_what_waits_has_a_limit(full: str, awaited: type, blocking: type, name: str) -> None:
    if full in EXCEPT:
        assert EXCEPT[full]
        assert not has_timeout(getattr(awaited, name)), "it has one: it is no exception any more"
        return
    assert has_timeout(getattr(awaited, name))
    if hasattr(blocking, name):
        assert has_timeout(getattr(blocking, name))


def test_the_exceptions_exist() -> None:
    known = {case.values[0] for case in CASES}
    assert set(EXCEPT) - known == set()


def test_they_were_found() -> None:
    """Not a list to keep up: that the search finds what is made in each way."""
    known = {case.values[0] for case in CASES}
    assert known >= {
        "AsyncConnection.commit",
        "AsyncConnection.execute",
        "AsyncConnection.prepare",
        "AsyncConnection.transaction",
        "AsyncConnection.tpc_commit",
        "AsyncConnection.notifications",
        "AsyncConnectionPool.connection",
        "AsyncConnectionPool.putconn",
        "AsyncCursor.callproc",
        "AsyncCursor.copy",
        "AsyncCursor.execute",
        "AsyncCursor.stream",
        "AsyncPreparedStatement.fetchval",
    }
