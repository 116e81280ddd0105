"""How much of SBsql a server takes: the documented language, or the part of it that the beta server carries out.

Contract: DIALECT 0 and 15. The compilers ask for abilities here; which server is there is found out at the first
connection, or said by `server_profile` in the URL or as an argument of `create_engine`.
"""

from __future__ import annotations

from typing import NamedTuple


class Grammar(NamedTuple):
    """What compilers need to know of a server."""

    returning: bool = True
    """Rows come back from INSERT, UPDATE and DELETE (DIALECT 5.1)."""
    identity: bool = True
    """GENERATED ... AS IDENTITY and computed columns (DIALECT 4.2)."""
    sequence_defaults: bool = False
    """A Sequence of a column also becomes its DEFAULT."""
    constraints_apart: bool = False
    """Constraints of tables are added by ALTER TABLE, but for a key of one column (DIALECT 4.2, 4.3)."""
    literal_limit: bool = False
    """LIMIT and OFFSET take numbers, no parameters (DIALECT 8)."""
    ignores_locks: bool = False
    """SELECT ... FOR UPDATE returns no rows."""
    drop_index: bool = True
    """Indexes can be dropped (DIALECT 4.6)."""
    default_values: bool = True
    """INSERT ... DEFAULT VALUES (DIALECT 5.1)."""
    rows_by_parameters: bool = True
    """One INSERT may have several rows of parameters."""
    guesses_types: bool = False
    """The types of results are guessed from the texts of the first row (DIALECT 13b)."""


DOCUMENTED = Grammar()
BETA = Grammar(
    returning=False,
    identity=False,
    sequence_defaults=True,
    constraints_apart=True,
    literal_limit=True,
    ignores_locks=True,
    drop_index=False,
    default_values=False,
    rows_by_parameters=False,
    guesses_types=True,
)
"""The part that the beta server has."""


def of_profile(name: str) -> Grammar:
    """The grammar of a server with this profile (`server_profile`)."""
    return BETA if name.lower() == "beta" else DOCUMENTED
