"""jupysql, another `%sql`, over our dialect of SQLAlchemy. It has a process of its own, since it has the same name."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

SCRIPT = """
import sys
from IPython.testing.globalipapp import start_ipython

shell = start_ipython()
shell.run_line_magic("load_ext", "sql")
shell.run_line_magic("config", "SqlMagic.named_parameters = 'enabled'")
shell.run_line_magic("sql", sys.argv[1])
shell.run_cell_magic("sql", "", "create temporary table birds (id int primary key, kind text)")
shell.run_cell_magic("sql", "", "insert into birds values (1, 'penguin'), (2, 'owl')")
shell.user_ns["wanted"] = 2
found = shell.run_cell_magic("sql", "", "select kind from birds where id = :wanted").DataFrame()
print("found", found["kind"].tolist())
shell.run_line_magic("sql", "--close " + sys.argv[1])
"""


def test_it_reads_and_writes(dsn: str) -> None:
    pytest.importorskip("sql.magic", reason="jupysql is not among the tools of this project")
    environment = dict(os.environ, PLOOMBER_STATS_ENABLED="false")
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, dsn], capture_output=True, text=True, timeout=50, env=environment, check=False
    )
    assert "found ['owl']" in done.stdout, done.stdout + done.stderr
