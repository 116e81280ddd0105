"""`%load_ext scratchbird`: `%sql` and `%%sql` in Jupyter and IPython.

Example:
    In a notebook::

        %load_ext scratchbird
        %sql scratchbird://alice@localhost:3092/demo
        wanted = 3
        %sql select * from users where id = :wanted
"""

from __future__ import annotations

from typing import Any

NAME = "_scratchbird_sql"


def load_ipython_extension(ipython: Any) -> None:
    """Registers `%sql` and `%%sql`, and the completion of names in them."""
    from scratchbird._columns import needed

    needed("IPython", "%load_ext scratchbird", "jupyter")
    from scratchbird.jupyter.completion import matcher
    from scratchbird.jupyter.magics import SqlMagics

    magics = SqlMagics(ipython)
    ipython.register_magics(magics)
    complete = matcher(magics)
    setattr(ipython, NAME, (magics, complete))
    if ipython.Completer is not None:
        ipython.Completer.custom_matchers.append(complete)


def unload_ipython_extension(ipython: Any) -> None:
    """Takes them away again, and closes the connections that they have opened."""
    magics, complete = getattr(ipython, NAME)
    delattr(ipython, NAME)
    magics.close()
    if ipython.Completer is not None and complete in ipython.Completer.custom_matchers:
        ipython.Completer.custom_matchers.remove(complete)
    for kind in ("line", "cell"):
        ipython.magics_manager.magics[kind].pop("sql", None)


__all__ = ["load_ipython_extension", "unload_ipython_extension"]
