"""What a session hears from others, and what a long statement says of itself."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple, Optional


@dataclass(frozen=True)
class Notification:
    """A message that another session sent, or a change of a table that was subscribed to (SBWP 3.6).

    Attributes:
        channel: the channel, or the name that was subscribed to.
        payload: the message as text; bytes that are no UTF-8 are replaced by U+FFFD.
        process_id: the sender's process id, as the server gives it.
        change: for the change of a row `"I"`, `"U"` or `"D"`: inserted, updated, deleted; else None.
        row_id: the number of that row, where the server gives one.
        data: the message as it came, bytes.
    """

    channel: str
    payload: str
    process_id: int
    change: Optional[str] = None
    row_id: Optional[int] = None
    data: bytes = field(default=b"", repr=False)


class Progress(NamedTuple):
    """How far a statement is, as the server reports it (SBWP 3.2.6 QUERY_PROGRESS).

    Attributes:
        rows: rows so far.
        bytes: bytes so far.
    """

    rows: int
    bytes: int
