"""The base of the wrappers: attributes are set once, by the constructor."""

from __future__ import annotations


class Immutable:
    """An object whose slots cannot be set or deleted from outside."""

    __slots__ = ()

    def _fill(self, **slots: object) -> None:
        """Set the slots; for constructors only."""
        for name, value in slots.items():
            object.__setattr__(self, name, value)

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"{type(self).__name__} is immutable")

    def __delattr__(self, name: str) -> None:
        raise AttributeError(f"{type(self).__name__} is immutable")
