"""The examples for SQLAlchemy run as they stand."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from pathlib import Path
from typing import Any, List

import httpx
import pytest
import sqlalchemy as sa

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"


def run(*command: str, cwd: Path = EXAMPLES) -> str:
    done = subprocess.run([sys.executable, *command], capture_output=True, text=True, cwd=cwd, timeout=50, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_orm(dsn: str) -> None:
    lines = run("-W", "error", "sqlalchemy_orm.py", dsn).splitlines()
    assert lines == [
        "cliff ['gull']",
        "marsh ['heron', 'wren']",
        "a hide at ['marsh']",
        "sounds alike: ['heron', 'gull']",
        "scopes: [('dune', 1), ('marsh', 3)]",
    ]


def test_async(dsn: str) -> None:
    assert run("-W", "error", "sqlalchemy_async.py", dsn).splitlines() == ["rings: 50", "weight: 122.5"]


def test_alembic(dsn: str, engine: Any) -> None:
    folder = EXAMPLES / "alembic"
    alembic = ["-m", "alembic", "-c", "alembic.ini", "-x", f"url={dsn}"]
    run(*alembic, "upgrade", "head", cwd=folder)
    try:
        names = [column["name"] for column in sa.inspect(engine).get_columns("example_nest")]
        assert names == ["id", "tree", "eggs"]
        # Nothing is left to do for the tables that the environment wants.
        assert "No new upgrade operations" in run(*alembic, "check", cwd=folder)
    finally:
        run(*alembic, "downgrade", "base", cwd=folder)
        with engine.begin() as connection:
            connection.execute(sa.text("drop table example_nest_version"))
    assert not sa.inspect(engine).has_table("example_nest")
    assert "RENAME COLUMN place TO tree" in run(*alembic, "upgrade", "head", "--sql", cwd=folder)


@pytest.mark.skipif(sys.version_info < (3, 9), reason="FastAPI's Annotated")
def test_fastapi(dsn: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SCRATCHBIRD_URL", dsn)
    monkeypatch.syspath_prepend(str(EXAMPLES))
    from fastapi_app.app import Base, app

    async def use() -> List[Any]:
        async with app.router.lifespan_context(app):
            transport = httpx.ASGITransport(app=app)
            async with httpx.AsyncClient(transport=transport, base_url="http://app") as client:
                answers = [
                    await client.post("/feeders", json={"name": "oak", "grams": 50}),
                    await client.post("/feeders", json={"name": "elm", "grams": 10}),
                    await client.post("/feeders", json={"name": "oak", "grams": 1}),
                    await client.post("/feeders", json={"name": "ash", "grams": -1}),
                    await client.post("/feeders/1/pour/2", params={"grams": 20}),
                    await client.post("/feeders/1/pour/2", params={"grams": 31}),
                    await client.post("/feeders/1/pour/99", params={"grams": 1}),
                ]
                answers += await asyncio.gather(*(client.get("/feeders") for _ in range(10)))
            async with app.state.engine.begin() as connection:
                await connection.run_sync(Base.metadata.drop_all)
        return answers

    answers = asyncio.run(use())
    assert [answer.status_code for answer in answers[:7]] == [201, 201, 409, 422, 200, 409, 404]
    for answer in answers[7:]:
        assert [(one["name"], one["grams"]) for one in answer.json()] == [("elm", 30), ("oak", 30)]
