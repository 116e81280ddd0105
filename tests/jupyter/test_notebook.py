"""The example notebook runs from its first cell to its last."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"


def outputs(cell: Any, kind: str) -> str:
    return "".join(str(output.get("data", {}).get(kind, "")) for output in cell.outputs)


@pytest.mark.timeout(300)
@pytest.mark.filterwarnings("default")  # those of Jupyter
def test_the_notebook() -> None:
    import nbclient
    import nbformat

    book = nbformat.read(EXAMPLES / "jupyter_notebook.ipynb", 4)
    assert all(not cell.outputs for cell in book.cells if cell.cell_type == "code")
    nbclient.NotebookClient(book, timeout=120, resources={"metadata": {"path": str(EXAMPLES)}}).execute()
    cells = {cell.source.splitlines()[0] + cell.source[-20:]: cell for cell in book.cells if cell.cell_type == "code"}
    shown = [cell for cell in cells.values() if cell.outputs]
    assert not [output for cell in shown for output in cell.outputs if output.output_type == "stream"]
    pages = "".join(outputs(cell, "text/html") for cell in shown)
    texts = "\n".join(outputs(cell, "text/plain") for cell in shown)
    assert "development server" in pages
    assert "scratchbird:scratchbird" not in pages + texts
    assert "Gentoo" in pages
    assert "3 rows, " in pages
    assert "<details open" in pages
    assert "[342 rows x 3 columns]" in texts
    assert "0.871" in texts
    assert "(344, 9)" in texts


@pytest.mark.timeout(300)
@pytest.mark.filterwarnings("default")
def test_the_stop_button_of_a_kernel(dsn: str) -> None:
    """The kernel is interrupted as Jupyter does it; the connection goes on."""
    from jupyter_client import manager

    kernel, client = manager.start_new_kernel()
    try:

        def run(code: str) -> Any:
            reply = client.execute_interactive(code, timeout=100, output_hook=lambda message: None)
            return reply["content"]

        assert run("%load_ext scratchbird")["status"] == "ok"
        assert run(f"%sql {dsn}")["status"] == "ok"
        assert run("import os, signal, threading")["status"] == "ok"
        interrupt = "threading.Timer(1.5, os.kill, (os.getpid(), signal.SIGINT)).start()"
        content = run(f"{interrupt}\n%sql select pg_sleep(80)")
        assert (content["status"], content["ename"]) == ("error", "KeyboardInterrupt")
        assert run("found = %sql --rows select 41 + 1\nassert found == [(42,)]")["status"] == "ok"
        active = "query like 'select pg_sleep(80)%%' and state = 'active'".replace("%%", "%")
        check = f"running = %sql --rows select count(*) from pg_stat_activity where {active}\nassert running == [(0,)]"
        assert run(check)["status"] == "ok"
        assert run("%sql --close")["status"] == "ok"
    finally:
        client.stop_channels()
        kernel.shutdown_kernel(now=True)
