"""`%sql` and `%%sql`: connections, parameters, results, plans, names, progress, and the stop button."""

from __future__ import annotations

import _thread
import subprocess
import sys
import threading
import time
from decimal import Decimal
from typing import Any

import pandas as pd
import pytest
from IPython.core.error import UsageError

import scratchbird
from scratchbird.jupyter import arguments, running


def test_ipython_is_imported_with_the_extension_only() -> None:
    code = "import sys, scratchbird; assert 'IPython' not in sys.modules; assert scratchbird.load_ipython_extension"
    subprocess.run([sys.executable, "-W", "error", "-c", code], check=True, timeout=50)


def test_a_table(sql: Any) -> None:
    result = sql("select * from things order by id")
    assert result.rows() == [(1, "<b>one</b>", Decimal("1.50")), (2, "two", None)]
    assert (result.columns, result.types) == (["id", "label", "price"], ["int4", "text", "numeric"])
    page = result._repr_html_()
    assert "&lt;b&gt;one&lt;/b&gt;" in page
    assert "<b>" not in page
    assert "<small>numeric</small>" in page
    assert "<i>NULL</i>" in page
    assert "2 rows, " in page
    assert page.endswith("s</small>")
    assert repr(result).splitlines()[:2] == [
        "id (int4)  label (text)  price (numeric)",
        "1          <b>one</b>    1.50",
    ]
    assert len(result) == 2
    assert list(result) == result.rows()


def test_names_of_columns_are_escaped(sql: Any) -> None:
    page = sql('select 1 as "<script>"')._repr_html_()
    assert "<script>" not in page
    assert "&lt;script&gt;" in page


def test_a_large_table_shows_its_first_rows(sql: Any) -> None:
    result = sql("--limit 3 select n from generate_series(1, 1234) as n")
    assert result._repr_html_().count("<td") == 3
    assert "1 234 rows, 3 shown, " in result._repr_html_()
    assert "1 234 rows, 3 shown, " in repr(result)
    assert len(result.rows()) == 1234


def test_frames(sql: Any, shell: Any) -> None:
    assert sql("--df", "select id, label\nfrom things order by id").values.tolist() == [[1, "<b>one</b>"], [2, "two"]]
    assert sql("--rows select id from things order by id") == [(1,), (2,)]
    assert sql("--arrow select id from things").num_rows == 2
    if hasattr(pd, "ArrowDtype"):
        assert sql("select id from things").df(dtype_backend="pyarrow").shape == (2, 1)
    assert sql("--polars select id from things").height == 2


def test_a_name_for_the_result(sql: Any, shell: Any) -> None:
    assert sql("found << select id from things order by id") is None
    assert shell.user_ns["found"].rows() == [(1,), (2,)]


def test_parameters_are_bound(sql: Any, shell: Any) -> None:
    shell.user_ns.update(wanted="two", evil="x'; drop table things; --", amount=Decimal("1.50"))
    assert sql("--rows select id from things where label = :wanted") == [(2,)]
    assert sql("--rows", "select id\nfrom things where price = :amount -- :no") == [(1,)]
    assert sql("--rows select id from things where label = :evil") == []
    assert sql("--rows select count(*) from things") == [(2,)]
    assert sql("--rows select ':wanted', '2'::int, cast('{1,2,3}' as int[])") == [(":wanted", 2, [1, 2, 3])]
    with pytest.raises(NameError, match="the parameter :nothing"):
        sql("select :nothing")


def test_nothing_is_pasted(sql: Any, shell: Any) -> None:
    shell.user_ns["label"] = "'two'"
    assert sql("--rows select '{label}' as a, '$label' as b") == [("{label}", "$label")]


def test_variables_of_functions_are_parameters(sql: Any, shell: Any) -> None:
    outcome = shell.run_cell(
        "def f():\n    inside = 2\n    return get_ipython().run_line_magic('sql', '--rows select :inside')\nf()"
    )
    assert outcome.result == [(2,)]


def test_changes_and_their_counts(sql: Any) -> None:
    result = sql("update things set price = 3")
    assert repr(result).startswith("UPDATE")
    assert ", 2 rows, " in repr(result)
    assert "2 rows" in result._repr_html_()
    assert len(result) == 0


def test_the_last_of_several_statements(sql: Any) -> None:
    assert sql("--rows", "insert into things (id) values (3);\nselect id from things where id = 3;") == [(3,)]
    assert ", 1 row, " in repr(sql("", "select 1; delete from things where id = 3"))


def test_several_statements_with_parameters(sql: Any, shell: Any) -> None:
    shell.user_ns.update(first=7, name="a;b")
    cell = """insert into things (id) values (:first); -- one; and
        select 'x;y', /* ; */ ':name;', :name as "a;b" where :first = 7;
        ;"""
    assert sql("--rows", cell) == [("x;y", ":name;", "a;b")]
    assert sql("--rows", "delete from things where id = :first; select id from things where id = :first") == []
    assert sql("--rows", "select 1; select :name") == [("a;b",)]
    with pytest.raises(scratchbird.ProgrammingError, match="nowhere"):
        sql("--rows", "select :first; select * from nowhere; select 2")


def test_errors_are_errors(sql: Any) -> None:
    with pytest.raises(scratchbird.ProgrammingError, match="nowhere"):
        sql("select * from nowhere")
    with pytest.raises(scratchbird.OperationalError) as caught:
        sql("--timeout 0.2 select pg_sleep(30)")
    assert caught.value.sqlstate == "57014"
    assert sql("--rows select 1") == [(1,)]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("--nothing", "there is no option --nothing"),
        ("-xdf select 1", "there is no option -xdf"),
        ("--limit", "needs a value"),
        ("--limit many select 1", "is a number"),
        ("--limit 0 select 1", "at least 1"),
        ("--connection unknown select 1", "neither a connection string nor"),
    ],
)
def test_lines_that_are_wrong(sql: Any, line: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        sql(line)


def test_a_connection_string_is_in_use_until_it_is_closed(shell: Any, dsn: str) -> None:
    run = shell.run_line_magic
    connection = run("sql", dsn)
    assert connection.autocommit
    assert run("sql", "--rows select 1") == [(1,)]
    # A cell that is run again opens no other.
    assert run("sql", dsn) is connection
    shell.user_ns["where"] = dsn
    assert run("sql", "--connection where") is connection
    assert run("sql", "where") is connection
    other = run("sql", f"{dsn}?application_name=another")
    assert other is not connection
    connection.close()
    again = run("sql", dsn)
    assert again is not connection
    assert run("sql", "--rows select 1") == [(1,)]
    run("sql", "--close")
    assert again.closed
    assert connection.closed
    assert other.closed
    with pytest.raises(UsageError, match="no connection yet"):
        run("sql", "select 1")


def test_the_environment(shell: Any, server: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SCRATCHBIRD_HOST", server.host)
    monkeypatch.setenv("SCRATCHBIRD_PORT", str(server.port))
    monkeypatch.setenv("SCRATCHBIRD_USER", "scratchbird")
    monkeypatch.setenv("SCRATCHBIRD_PASSWORD", "scratchbird")
    monkeypatch.setenv("SCRATCHBIRD_DB", server.database)
    assert shell.run_line_magic("sql", "--rows select 1") == [(1,)]


def test_a_pool(shell: Any, dsn: str) -> None:
    with scratchbird.ConnectionPool(dsn, min_size=1, max_size=1) as pool:
        shell.user_ns["pool"] = pool
        assert shell.run_line_magic("sql", "pool") is pool
        result = shell.run_line_magic("sql", "select 7 as n")
        assert pool.get_stats()["pool_available"] == 1
        assert "7" in result._repr_html_()
        assert result.rows() == [(7,)]
        assert repr(shell.run_line_magic("sql", "select 8 as n")).splitlines()[1] == "8"


def test_a_connection_of_the_asyncio_face(shell: Any, dsn: str) -> None:
    import asyncio

    async def main() -> None:
        async with await scratchbird.connect_async(dsn) as connection:
            shell.user_ns["aconn"] = connection
            with pytest.raises(UsageError, match="asyncio face"):
                shell.run_line_magic("sql", "--connection aconn")

    asyncio.run(main())


def test_closed_connections(sql: Any, shell: Any) -> None:
    shell.user_ns["conn"].close()
    with pytest.raises(UsageError, match="is closed"):
        sql("select 1")


def test_unloading(shell: Any, dsn: str) -> None:
    connection = shell.run_line_magic("sql", dsn)
    matchers = len(shell.Completer.custom_matchers)
    shell.run_line_magic("unload_ext", "scratchbird")
    assert connection.closed
    assert "sql" not in shell.magics_manager.magics["line"]
    assert len(shell.Completer.custom_matchers) == matchers - 1


def completed(shell: Any, text: str) -> list[str]:
    from IPython.core.completer import provisionalcompleter

    with provisionalcompleter():
        return [text[: found.start] + found.text for found in shell.Completer.completions(text, len(text))]


def test_completion(sql: Any, shell: Any) -> None:
    for before in (
        "%sql select * from ",
        "%%sql\nselect *\nfrom ",
        "%%sql --df\nselect * from ",
        "x = %sql select * from ",
    ):
        assert before + "things" in completed(shell, before + "thi")
    assert completed(shell, "%sql select things.la") == ["%sql select things.label"]
    assert completed(shell, "%%sql\nselect * from things where pri") == ["%%sql\nselect * from things where price"]
    assert "things" not in completed(shell, "thi")
    sql("create table thimbles (n int)")
    try:
        assert "%sql select * from thimbles" in completed(shell, "%sql select * from thi")
    finally:
        sql("drop table thimbles")


def test_completion_leaves_transactions_alone(sql: Any, shell: Any, dsn: str) -> None:
    with scratchbird.connect(dsn) as connection:
        shell.user_ns["other"] = connection
        sql("other")
        assert "%sql select * from things" in completed(shell, "%sql select * from thi")
        assert not connection.in_transaction
        sql("insert into things (id) values (9)")
        assert "%sql select * from things" in completed(shell, "%sql select * from thi")
        assert connection.in_transaction
        connection.rollback()
    sql("conn")


class Page:
    """Stands for IPython's display."""

    def __init__(self) -> None:
        self.shown: list[Any] = []

    def __call__(self, page: Any, **options: Any) -> Any:
        self.shown.append(page)
        return self

    def update(self, page: Any, **options: Any) -> None:
        self.shown.append(page)


def test_a_bar_below_long_statements(dsn: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(running, "PATIENCE", 0.1)
    monkeypatch.setattr(running, "TICK", 0.1)
    page = Page()
    with scratchbird.connect(dsn) as connection:
        query = "select n from generate_series(1, 60000) as n union all select 1 from pg_sleep(1)"
        cursor = running.run(connection, lambda: connection.execute(query), running.Bar(page))
        assert cursor.rowcount == 60001
        assert connection.on_progress is None
    assert "<progress>" in page.shown[0]["text/html"]
    assert any("50 000 rows" in shown["text/plain"] for shown in page.shown)
    assert page.shown[-1] == {"text/html": "", "text/plain": ""}


def test_no_bar_below_short_statements(dsn: str) -> None:
    page = Page()
    with scratchbird.connect(dsn) as connection:
        heard: list[Any] = []
        connection.on_progress = heard.append
        running.run(connection, lambda: connection.execute("select 1"), running.Bar(page))
        assert connection.on_progress == heard.append
    assert page.shown == []


def test_the_stop_button(sql: Any) -> None:
    timer = threading.Timer(0.7, _thread.interrupt_main)
    began = time.monotonic()
    timer.start()
    with pytest.raises(KeyboardInterrupt):
        sql("select pg_sleep(50)")
    timer.join()
    assert time.monotonic() - began < 40
    active = "select count(*) from pg_stat_activity where query like 'select pg_sleep(50)%' and state = 'active'"
    assert sql(f"--rows {active}") == [(0,)]


def test_plans(sql: Any) -> None:
    plan = sql("", "explain select * from things a join things b on a.id <> b.id where a.price > 3")
    lines = repr(plan).splitlines()
    assert lines[0].startswith("Nested Loop")
    assert any(line.startswith("├─ ") for line in lines)
    assert any(line.startswith("└─ ") for line in lines)
    page = plan._repr_html_()
    assert page.count("<details") == page.count("</details>") >= 3
    assert "a.id &lt;&gt; b.id" in page
    measured = sql("explain analyze format json select * from things where price > 3")
    assert "actual time" in repr(measured)
    assert "Execution Time" in repr(measured)
    assert sql("--rows explain select 1")[0][0].startswith("Result")


def test_the_text_of_parameters() -> None:
    assert arguments.named_parameters("select :a, ':b', \":c\", x::d, $1, :a -- :e\n/* :f */ :g") == ["a", "g"]


def test_a_bar_of_a_load(sql: Any, shell: Any, dsn: str, capsys: pytest.CaptureFixture[str]) -> None:
    """The recipe of the documentation, in a cell."""
    shell.user_ns["where"] = dsn
    ran = shell.run_cell(
        "import scratchbird\n"
        "from tqdm.auto import tqdm\n"
        "with scratchbird.connect(where) as made, tqdm(total=40_000) as bar:\n"
        "    made.execute('create temporary table visits (n int)')\n"
        "    for _ in range(2):\n"
        "        made.bulk_copy('visits', [(n,) for n in range(20_000)], progress=bar)\n"
        "bar.n"
    )
    ran.raise_error()
    assert ran.result == 40_000
    assert "40000/40000" in capsys.readouterr().err
