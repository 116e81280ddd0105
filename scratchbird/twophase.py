"""The names of two-phase transactions (PEP 249, optional two-phase commit extensions)."""

from __future__ import annotations

import base64
import binascii
import re
from typing import NamedTuple, Optional, Union

from scratchbird.errors import ProgrammingError

__all__ = ["Xid"]

_LONGEST_PART = 64
_LONGEST_NAME = 199
_ENCODED = re.compile(r"(\d+)_([A-Za-z0-9+/=]*)_([A-Za-z0-9+/=]*)")


class Xid(NamedTuple):
    """The name of a transaction that several databases take part in. Made by `connection.xid`.

    A tuple of its three parts, as PEP 249 says. The server knows the transaction by one text, `str(xid)`.

    Attributes:
        format_id: a number that says how the other two are formed; `None` for a name this driver has not made.
        gtrid: the global transaction, the same in all databases.
        bqual: the branch of it, one for each database.

    Example:
        >>> xid = Xid.of(1, "transfer 17", "bank")
        >>> str(xid)
        '1_dHJhbnNmZXIgMTc=_YmFuaw=='
        >>> Xid.parse(str(xid)) == xid
        True
        >>> Xid.parse("made by hand")
        Xid(format_id=None, gtrid='made by hand', bqual='')
    """

    format_id: Optional[int]
    gtrid: str
    bqual: str

    @classmethod
    def of(cls, format_id: int, gtrid: str, bqual: str) -> Xid:
        """The name of these parts.

        Raises:
            ProgrammingError: the number is not between 0 and 2³¹ - 1, or a text is longer than 64 bytes.
        """
        if isinstance(format_id, bool) or not isinstance(format_id, int) or not 0 <= format_id < 1 << 31:
            raise ProgrammingError(f"format_id is a number between 0 and 2147483647, not {format_id!r}")
        for name, part in (("gtrid", gtrid), ("bqual", bqual)):
            if not isinstance(part, str) or len(_bytes(part)) > _LONGEST_PART:
                raise ProgrammingError(f"{name} is a text of {_LONGEST_PART} bytes at most, not {part!r}")
        return cls(format_id, gtrid, bqual)

    @classmethod
    def parse(cls, name: str) -> Xid:
        """The parts of a name that the server knows; a name of another origin becomes the `gtrid`, as it is."""
        found = _ENCODED.fullmatch(name)
        if found is not None:
            try:
                gtrid, bqual = (base64.b64decode(part, validate=True).decode() for part in found.groups()[1:])
                made = cls.of(int(found.group(1)), gtrid, bqual)
            except (binascii.Error, UnicodeDecodeError, ProgrammingError):
                return cls(None, name, "")
            # Another text for the same parts would not be found again.
            if str(made) == name:
                return made
        return cls(None, name, "")

    @classmethod
    def take(cls, xid: Union[Xid, str]) -> Xid:
        """What a user gave as a name.

        Raises:
            ProgrammingError: it is neither a name nor a text that can be one.
        """
        if isinstance(xid, Xid):
            return xid
        if isinstance(xid, str) and xid and "\0" not in xid and len(_bytes(xid)) <= _LONGEST_NAME:
            return cls.parse(xid)
        raise ProgrammingError(
            f"not the name of a transaction: {xid!r}; connection.xid() makes one, and a text of 1 to {_LONGEST_NAME} "
            "bytes will do"
        )

    @property
    def literal(self) -> str:
        """The name as a string literal of SQL."""
        return "'" + str(self).replace("'", "''") + "'"

    def __str__(self) -> str:
        if self.format_id is None:
            return self.gtrid
        gtrid, bqual = (base64.b64encode(part.encode()).decode() for part in (self.gtrid, self.bqual))
        return f"{self.format_id}_{gtrid}_{bqual}"


def _bytes(text: str) -> bytes:
    try:
        return text.encode()
    except UnicodeEncodeError:
        raise ProgrammingError(f"a lone surrogate is not a character: {text!r}") from None
