"""What an SQLSTATE allows to be tried again. `is_retryable` of an exception says it directly."""

from __future__ import annotations

import re
from typing import Optional, Union

RETRY_SCOPE_NONE = "none"
"""Nothing is to be tried again."""

RETRY_SCOPE_STATEMENT = "statement"
"""The statement, in a fresh transaction."""

RETRY_SCOPE_RECONNECT = "reconnect"
"""The connection is gone: connect, and start over."""

RETRY_SCOPE_TRANSACTION = "transaction"
"""Given by no SQLSTATE: a driver never replays a transaction."""

_IN_MESSAGE = re.compile(r"\[([0-9A-Z]{5})\]")


def extract_sqlstate(error: Union[BaseException, str, None]) -> Optional[str]:
    """The SQLSTATE of an exception, or of a message that begins with `[SQLSTATE]`; `None` without one.

    Example:
        >>> extract_sqlstate("[23505] duplicate key"), extract_sqlstate("no code")
        ('23505', None)
    """
    known = getattr(error, "sqlstate", None)
    if isinstance(known, str):
        return known
    found = _IN_MESSAGE.match(str(error))
    return found[1] if found else None


def retry_scope_for_sqlstate(sqlstate: Optional[str]) -> str:
    """What may be tried again after an error: one of the `RETRY_SCOPE_*` (SBWP 6.2).

    Example:
        >>> [retry_scope_for_sqlstate(code) for code in ("40001", "08006", "42601", None)]
        ['statement', 'reconnect', 'none', 'none']
    """
    if not isinstance(sqlstate, str) or len(sqlstate) != 5:
        return RETRY_SCOPE_NONE
    if sqlstate in ("40001", "40P01"):
        return RETRY_SCOPE_STATEMENT
    return RETRY_SCOPE_RECONNECT if sqlstate.startswith("08") else RETRY_SCOPE_NONE


def is_retryable_sqlstate(sqlstate: Optional[str]) -> bool:
    """Whether anything may be tried again after an error of this SQLSTATE."""
    return retry_scope_for_sqlstate(sqlstate) != RETRY_SCOPE_NONE
