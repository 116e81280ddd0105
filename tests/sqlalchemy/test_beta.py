"""The beta server: values have the declared types, and examples run or are refused before anything is made."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from pathlib import Path
from typing import Any, Iterator, List

import pytest
import sqlalchemy as sa

from scratchbird import sqlalchemy as sb
from scratchbird.sqlalchemy import guessed
from tests.sqlalchemy.test_types import VALUES

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"


@pytest.fixture
def beta(beta_dsn: str) -> Iterator[Any]:
    engine = sa.create_engine(beta_dsn)
    yield engine
    engine.dispose()


def _is_whole(type_: Any, value: Any) -> bool:
    """Whether the server returns what it was given."""
    return not (isinstance(value, str) and ";" in value) and not isinstance(type_, (sb.Geometry, sb.DOMAIN))


TEXTS = ["true", "T", "FALSE", "007", "12", "-5", "1.50", "1e5", "2026-03-01", "null and void"]
EVERY = [
    *((type_, value) for type_, value in VALUES if _is_whole(type_, value)),
    *((sa.String(20), text) for text in TEXTS),
    (sa.Integer(), None),
    (sa.Date(), None),
]


@pytest.mark.parametrize(("type_", "value"), EVERY)
def test_values_have_the_types_that_are_declared(beta: Any, type_: Any, value: Any) -> None:
    metadata = sa.MetaData()
    key = sa.Column("id", sa.Integer, primary_key=True, autoincrement=False)
    table = sa.Table("guessed", metadata, key, sa.Column("v", type_))
    metadata.create_all(beta)
    try:
        with beta.begin() as connection:
            connection.execute(table.insert().values(id=1, v=value))
            found = connection.execute(sa.select(table).where(table.c.id == 1)).one()
        assert found.id == 1
        assert found.v == value
        assert type(found.v) is type(value)
    finally:
        metadata.drop_all(beta)


@pytest.mark.parametrize(
    ("type_", "text"),
    [
        (sa.Boolean(), "perhaps"),
        (sa.Integer(), "many"),
        (sa.Date(), "yesterday"),
        (sa.DateTime(), "2026-03-01 late"),
        (sa.Interval(), "long"),
        (sa.Interval(), ""),
        (sb.ARRAY(sa.Integer), "1,2"),
        (sb.ARRAY(sa.Integer), "{1,2}}"),
        (sb.INT4RANGE(), "[1,2"),
    ],
)
def test_a_text_that_is_none_of_its_type_is_an_error(type_: Any, text: str) -> None:
    read = guessed.processor(type_, sb.Dialect(server_profile="beta"))
    assert read is not None
    with pytest.raises((ValueError, ArithmeticError)) as caught:
        read(text)
    assert str(caught.value)


def _run(folder: Path, *command: str) -> Any:
    return subprocess.run(
        [sys.executable, *command], capture_output=True, text=True, cwd=folder, timeout=50, check=False
    )


def _tables(dsn: str) -> List[str]:
    engine = sa.create_engine(dsn)
    found = sa.inspect(engine).get_table_names()
    engine.dispose()
    return [name for name in found if name.startswith("example_")]


def test_the_example_for_the_beta_server_runs(beta_dsn: str, dsn: str) -> None:
    for url in (beta_dsn, dsn):
        done = _run(EXAMPLES, "-W", "error", "sqlalchemy_beta.py", url)
        assert done.returncode == 0, done.stdout + done.stderr
        assert done.stdout.splitlines() == [
            "boxes: 3",
            "in order: ['ash', 'elm']",
            "some: ['ash', 'oak']",
            "eggs: 5",
            "left: 2",
        ]
        assert _tables(url) == []


@pytest.mark.parametrize("name", ["sqlalchemy_orm.py", "sqlalchemy_async.py"])
def test_other_examples_say_what_is_missing_before_they_make_anything(beta_dsn: str, name: str) -> None:
    done = _run(EXAMPLES, name, beta_dsn)
    assert done.returncode != 0
    assert "The beta server has no identity columns; give the key example_" in done.stderr.splitlines()[-1]
    assert _tables(beta_dsn) == []


def test_migrations_say_what_is_missing_and_leave_nothing(beta_dsn: str) -> None:
    done = _run(EXAMPLES / "alembic", "-m", "alembic", "-c", "alembic.ini", "-x", f"url={beta_dsn}", "upgrade", "head")
    assert done.returncode != 0
    assert "The beta server has no identity columns; give the key example_nest.id a Sequence" in done.stderr
    assert _tables(beta_dsn) == []


@pytest.mark.skipif(sys.version_info < (3, 9), reason="FastAPI's Annotated")
def test_the_application_does_not_start(beta_dsn: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SCRATCHBIRD_URL", beta_dsn)
    monkeypatch.syspath_prepend(str(EXAMPLES))
    from fastapi_app.app import app

    async def begin() -> None:
        with pytest.raises(sa.exc.CompileError, match="no identity columns"):
            async with app.router.lifespan_context(app):
                raise AssertionError("it has started")
        await app.state.engine.dispose()

    asyncio.run(begin())
    assert _tables(beta_dsn) == []


def test_what_is_refused_sends_nothing(beta: Any) -> None:
    with beta.connect() as connection:
        sent: List[str] = []
        sa.event.listen(beta, "before_cursor_execute", lambda *args: sent.append(args[2]))
        table = sa.Table("none", sa.MetaData(), sa.Column("id", sa.Integer, sa.Identity(), primary_key=True))
        for statement in (
            sa.schema.CreateTable(table),
            sa.select(table).with_for_update(),
            table.insert().values(id=1).returning(table.c.id),
            sa.schema.DropIndex(sa.Index("i", table.c.id)),
        ):
            with pytest.raises(sa.exc.CompileError, match="The beta server"):
                connection.execute(statement)
        assert sent == []
