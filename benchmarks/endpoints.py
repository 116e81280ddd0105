"""Starts the servers of `benchmarks/servers` and says where they are."""

from __future__ import annotations

import contextlib
import subprocess
import tempfile
from pathlib import Path
from typing import Iterator, NamedTuple

USER = PASSWORD = DATABASE = "bench"


class Endpoints(NamedTuple):
    """The ports of one pair of servers."""

    sbwp: int
    postgres: int

    @property
    def dsn(self) -> str:
        """The connection string for scratchbird."""
        return f"scratchbird://{USER}:{PASSWORD}@127.0.0.1:{self.sbwp}/{DATABASE}"

    @property
    def libpq(self) -> str:
        """The connection string for libpq."""
        return (
            f"host=127.0.0.1 port={self.postgres} user={USER} password={PASSWORD} dbname={DATABASE} "
            "sslmode=require gssencmode=disable"
        )


@contextlib.contextmanager
def serving(binary: Path) -> Iterator[Endpoints]:
    """A pair of servers that ends with the block."""
    with tempfile.TemporaryDirectory() as directory:
        process = subprocess.Popen([binary, directory], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            words = process.stdout.readline().split()
            yield Endpoints(sbwp=int(words[1]), postgres=int(words[3]))
        finally:
            process.stdin.close()
            process.wait(timeout=10)
            process.stdout.close()
