"""SQLAlchemy's own pytest plug-in, with this dialect. A run of its own: `python -m tests.sqlalchemy.run`."""

from __future__ import annotations

import os
import sys

import pytest
from sqlalchemy.dialects import registry

sys.path.insert(0, os.path.dirname(__file__))

registry.register("scratchbird", "scratchbird.sqlalchemy", "Dialect")
registry.register("scratchbird.sync", "scratchbird.sqlalchemy", "Dialect")
registry.register("scratchbird.asyncio", "scratchbird.sqlalchemy.asyncio", "AsyncDialect")
pytest.register_assert_rewrite("sqlalchemy.testing.assertions")

import provisioning  # noqa: E402, F401
from sqlalchemy.testing.plugin.pytestplugin import *  # noqa: E402, F403
