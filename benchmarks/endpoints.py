"""Where the servers are that the drivers connect to, and how they are started."""

from __future__ import annotations

import contextlib
import subprocess
import tempfile
from pathlib import Path
from typing import Iterator, NamedTuple
from urllib.parse import urlsplit

TABLES = (
    """
    create table mixed (
        id int8 primary key, name text, ratio float8, at timestamptz, price numeric, active bool, key uuid,
        document json, data bytea, parent int8
    )
    """,
    """
    insert into mixed
    select
        n, 'row ' || n, n / 7.0, timestamptz '2024-01-01' + n * interval '1 second', (n * 37 % 100000) / 100.0,
        n % 2 = 0, gen_random_uuid(), json_build_object('n', n, 'tags', json_build_array('a', 'b')),
        decode(md5(n::text), 'hex'),
        nullif(n % 3, 0)
    from generate_series(0, {rows} - 1) as g(n)
    """,
    """
    create unlogged table seven (
        id int8, name text, ratio float8, at timestamptz, price numeric, active bool, key uuid
    )
    """,
    "vacuum analyze mixed",
)
USER = PASSWORD = DATABASE = "bench"


class Endpoints(NamedTuple):
    """A server of SBWP and one of PostgreSQL's protocol, with the same rows."""

    dsn: str
    """The connection string for scratchbird."""
    host: str
    """PostgreSQL's address, or the folder of its socket."""
    port: int = 5432
    user: str = USER
    password: str = PASSWORD
    database: str = DATABASE
    tls: bool = True
    """Whether PostgreSQL is reached through TLS. A socket of the file system needs none."""
    in_memory: bool = True
    """Whether the servers answer from memory. These know pgvector's type; the database has no such extension."""

    @property
    def libpq(self) -> str:
        """The connection string for libpq."""
        return (
            f"host={self.host} port={self.port} user={self.user} password={self.password} dbname={self.database} "
            f"sslmode={'require' if self.tls else 'disable'} gssencmode=disable"
        )


@contextlib.contextmanager
def canned(binary: Path) -> Iterator[Endpoints]:
    """The servers of `benchmarks/servers`, which answer from memory, until the block ends."""
    with tempfile.TemporaryDirectory() as directory:
        process = subprocess.Popen([binary, directory], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            line = process.stdout.readline()
            words = line.split()
            if len(words) < 4:
                raise RuntimeError(f"{binary} did not say where its servers are, but {line!r}")
            sbwp, postgres = int(words[1]), int(words[3])
            dsn = f"scratchbird://{USER}:{PASSWORD}@127.0.0.1:{sbwp}/{DATABASE}"
            yield Endpoints(dsn, "127.0.0.1", postgres)
        finally:
            process.stdin.close()
            try:
                process.wait(timeout=10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            process.stdout.close()


@contextlib.contextmanager
def end_to_end(rows: int) -> Iterator[Endpoints]:
    """A PostgreSQL for the peers, on its socket; for scratchbird the development server in front of the same one, with
    TLS. So scratchbird's requests take one hop more."""
    import psycopg

    from scratchbird import devserver
    from scratchbird.devserver.engine import Engine

    engine = Engine(None)
    try:
        # The database that every cluster has.
        url = urlsplit(engine.lease())._replace(path="/postgres").geturl()
        with devserver.start(backend=url, database="bench") as server:
            with psycopg.connect(url, autocommit=True) as connection:
                for statement in TABLES:
                    connection.execute(statement.format(rows=rows).encode())
                at = connection.info
                yield Endpoints(
                    server.dsn, at.host, at.port, at.user, at.password, at.dbname, tls=False, in_memory=False
                )
    finally:
        engine.release()
