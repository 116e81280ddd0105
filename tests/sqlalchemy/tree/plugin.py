"""What pytest needs beside SQLAlchemy's own plug-in: our dialect, and which failures are explained.

An explained test is run all the same, and may fail. Those that pass are named at the end: the explanation can go.
"""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any, Dict, List

import pytest
import sqlalchemy
from sqlalchemy.dialects import registry

registry.register("scratchbird", "scratchbird.sqlalchemy", "Dialect")
registry.register("scratchbird.sync", "scratchbird.sqlalchemy", "Dialect")
registry.register("scratchbird.asyncio", "scratchbird.sqlalchemy.asyncio", "AsyncDialect")


def explained() -> Dict[str, str]:
    """By test, class, module or folder, the reason in `explained.txt`: a line that begins with `#`, then its tests.

    A test with `@1.4` after it is explained for the versions that begin so.
    """
    found: Dict[str, str] = {}
    reason: List[str] = []
    fresh = False
    for line in (Path(__file__).parent / "explained.txt").read_text().splitlines():
        text = line.strip()
        if text.startswith("#"):
            reason = [*reason, text[1:].strip()] if fresh else [text[1:].strip()]
            fresh = True
        elif text:
            name, _, version = text.partition(" @")
            if sqlalchemy.__version__.startswith(version):
                found[name] = " ".join(reason)
            fresh = False
    return found


def names_of(item: Any) -> List[str]:
    """What an item may be called in `explained.txt`, from the most to the least precise."""
    module = item.nodeid.split("::")[0]
    cls = getattr(item.cls, "_sa_orig_cls_name", item.cls.__name__) if item.cls else ""
    plain = getattr(item, "originalname", None) or item.name.split("[")[0]
    return [f"{module}::{cls}::{item.name}", f"{module}::{cls}::{plain}", f"{module}::{cls}", module]


def pytest_configure(config: Any) -> None:
    # Not before: what it imports has assertions that pytest rewrites.
    importlib.import_module("tests.sqlalchemy.suite.provisioning")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: List[Any]) -> None:
    reasons = explained()
    for item in items:
        for name in names_of(item):
            if name in reasons:
                item.add_marker(pytest.mark.xfail(reason=reasons[name], strict=False))
                break
