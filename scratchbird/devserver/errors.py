"""The one exception of the development server's launcher."""

from __future__ import annotations


class DevServerError(RuntimeError):
    """The development server could not be started: what is missing or wrong, and what to do about it."""
