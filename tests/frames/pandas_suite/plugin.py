"""What makes pandas' tests of PostgreSQL tests of our dialect: their engine is one of ours.

They are chosen by the names of their fixtures. Their data of irises are not in pandas' wheel: flowers of the same shape
are grown here.
"""

from __future__ import annotations

import os
import sys
import tempfile
import types
from pathlib import Path
from typing import Any, List

import pandas.conftest
import pytest
import sqlalchemy

from tests.frames.pandas_suite.explained import EXPLAINED

DSN = os.environ["SCRATCHBIRD_PANDAS_DSN"]
WANTED = ("postgresql_psycopg2",)

_create = sqlalchemy.create_engine


def _engine(url: Any, **keywords: Any) -> Any:
    return _create(DSN if str(url).startswith("postgresql+psycopg2://") else url, **keywords)


sqlalchemy.create_engine = _engine  # type: ignore[assignment]
# They ask for this module before they ask for the engine, and for nothing in it.
sys.modules.setdefault("psycopg2", types.ModuleType("psycopg2"))


def _flowers() -> None:
    """150 flowers of three kinds, of which the first is the one that the tests expect."""
    lines = ["SepalLength,SepalWidth,PetalLength,PetalWidth,Name", "5.1,3.5,1.4,0.2,Iris-setosa"]
    for n in range(1, 150):
        kind = ("Iris-setosa", "Iris-versicolor", "Iris-virginica")[n // 50]
        # Eight of the first kind have the length that is asked for.
        length = 5.1 if n < 8 else 5.2 + n % 30 / 10
        lines.append(f"{length:.1f},{2 + n % 7 / 10:.1f},{1 + n % 9 / 10:.1f},{n % 5 / 10:.1f},{kind}")
    root = Path(tempfile.mkdtemp())
    folder = root / "tests" / "io" / "data" / "csv"
    folder.mkdir(parents=True)
    (folder / "iris.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    # Their fixture looks for data beside this module.
    pandas.conftest.__file__ = str(root / "conftest.py")


def pytest_collection_modifyitems(config: pytest.Config, items: List[pytest.Item]) -> None:
    """Chooses, and marks what is explained."""
    _flowers()
    chosen = []
    for item in items:
        names = {*getattr(item, "fixturenames", ()), item.name}
        if any(wanted in name for wanted in WANTED for name in names):
            name = item.name
            reason = EXPLAINED.get(name) or EXPLAINED.get(name.partition("[")[0])
            if reason is not None:
                item.add_marker(pytest.mark.xfail(reason=reason, strict=True))
            chosen.append(item)
    config.hook.pytest_deselected(items=[item for item in items if item not in chosen])
    items[:] = chosen
