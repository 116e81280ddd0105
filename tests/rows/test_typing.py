"""What mypy infers for rows: `typed.py` beside this file, of which mypy must say what its comments expect."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

HERE = Path(__file__).parent


@pytest.mark.timeout(300)
def test_mypy_knows_the_rows(tmp_path: Path) -> None:
    api = pytest.importorskip("mypy.api", reason="mypy does not run on this Python")
    source = HERE / "typed.py"
    expected = {
        (number, found.group(1))
        for number, line in enumerate(source.read_text().splitlines(), 1)
        for found in [re.search(r"# expect: ([a-z-]+)$", line)]
        if found
    }
    assert expected
    output, complaints, _ = api.run(
        ["--strict", "--no-error-summary", "--hide-error-context", "--cache-dir", str(tmp_path), str(source)]
    )
    assert complaints == ""
    errors = re.findall(r"typed\.py:(\d+): error: .*?\[([a-z-]+)\]$", output, re.MULTILINE)
    assert {(int(number), code) for number, code in errors} == expected, output
    assert output.count(": error:") == len(expected), output
