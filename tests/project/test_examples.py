"""The examples and the code of the README run as they stand."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]


def run(*command: str) -> str:
    done = subprocess.run(
        [sys.executable, "-W", "error", *command], capture_output=True, text=True, cwd=ROOT, timeout=50, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.parametrize("name", ["basic_usage.py", "async_operations.py"])
def test_the_examples(server: Any, name: str) -> None:
    output = run(f"examples/{name}", server.dsn)
    assert "load 344 rows with executemany" in output
    assert len(re.findall(r": \d+\.\d ms$", output, re.M)) >= 6


def test_the_search_of_vectors(server: Any) -> None:
    output = run("examples/vector_search.py", server.dsn)
    found = re.search(r"the species of (\d+) of 342 birds", output)
    assert found
    assert int(found[1]) > 330
    assert "342 rows x 4 dimensions, float32" in output


def test_the_example_of_columns(server: Any) -> None:
    pytest.importorskip("duckdb", reason="DuckDB is not made for this Python")
    output = run("examples/arrow_polars.py", server.dsn)
    assert "344 rows; the same: True" in output
    assert "124 birds of Dream" in output
    assert re.search(r"2009 +\d+", output)
    assert len(re.findall(r": \d+\.\d ms$", output, re.M)) == 7


def python_blocks(path: Path) -> list[str]:
    """The blocks of a page, without those that show ways to write an address, of a host that does not exist."""
    blocks = re.findall(r"^```python\n(.*?)^```", path.read_text(encoding="utf-8"), re.M | re.S)
    return [block for block in blocks if "db.example" not in block]


PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]


@pytest.mark.parametrize(
    ("path", "number"),
    [(path, number) for path in PAGES for number in range(len(python_blocks(path)))],
    ids=lambda part: part.name if isinstance(part, Path) else str(part),
)
def test_the_code_in_the_pages(server: Any, tmp_path: Path, path: Path, number: int) -> None:
    """Each block runs by itself; a DSN in it is an example and is replaced by the test server's."""
    code = re.sub(r'"scratchbird://[^"]*"', repr(server.dsn), python_blocks(path)[number])
    script = tmp_path / "block.py"
    script.write_text(code, encoding="utf-8")
    run(str(script))


def test_the_readme_has_both_faces() -> None:
    blocks = python_blocks(ROOT / "README.md")
    assert any("scratchbird.connect(" in block for block in blocks)
    assert any("scratchbird.connect_async(" in block for block in blocks)


def test_the_examples_with_frames(server: Any) -> None:
    output = run("examples/pandas_integration.py", server.dsn)
    assert "chunks of [50, 50, 20] rows" in output
    assert 'row 1, column "species": int among values of str' in output
    output = run("examples/bulk_load.py", server.dsn)
    assert "the Arrow stream failed after 50000 rows" in output
    assert "100000 rows are stored" in output
