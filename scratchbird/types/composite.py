"""Composite values: rows inside a row (OID 2249)."""

from __future__ import annotations

from typing import Any, Iterable, Iterator, Sequence, overload

from scratchbird.types.immutable import Immutable


class Composite(Immutable, Sequence[Any]):
    """A value made of several fields, in order, with or without names.

    Args:
        values: the fields; None is NULL.
        names: their names, as many as values.
        oids: their type OIDs, as many as values; left out, the driver infers them from the values.

    Raises:
        ValueError: names or oids are not as many as values.

    Example:
        >>> address = Composite(("Main St", 5), names=("street", "number"))
        >>> address[1], address["street"], len(address)
        (5, 'Main St', 2)
    """

    __slots__ = ("names", "oids", "values")

    values: tuple[Any, ...]
    names: tuple[str, ...] | None
    oids: tuple[int, ...] | None

    def __init__(
        self,
        values: Iterable[Any],
        names: Iterable[str] | None = None,
        oids: Iterable[int] | None = None,
    ) -> None:
        values = tuple(values)
        names = None if names is None else tuple(names)
        oids = None if oids is None else tuple(oids)
        for label, given in (("names", names), ("oids", oids)):
            if given is not None and len(given) != len(values):
                raise ValueError(f"{len(given)} {label} for {len(values)} fields")
        self._fill(values=values, names=names, oids=oids)

    def __len__(self) -> int:
        return len(self.values)

    def __iter__(self) -> Iterator[Any]:
        return iter(self.values)

    @overload
    def __getitem__(self, key: int | str) -> Any: ...

    @overload
    def __getitem__(self, key: slice) -> tuple[Any, ...]: ...

    def __getitem__(self, key: int | str | slice) -> Any:
        if isinstance(key, str):
            if self.names is None or key not in self.names:
                raise KeyError(key)
            return self.values[self.names.index(key)]
        return self.values[key]

    def __eq__(self, other: object) -> bool:
        if isinstance(other, Composite):
            return self.values == other.values and self.names == other.names
        return NotImplemented

    def __hash__(self) -> int:
        return hash((self.values, self.names))

    def __repr__(self) -> str:
        if self.names is None:
            return f"Composite({self.values!r})"
        return f"Composite({self.values!r}, names={self.names!r})"

    def __reduce__(self) -> tuple[Any, ...]:
        return (Composite, (self.values, self.names, self.oids))
