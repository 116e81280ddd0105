"""What SQLAlchemy's own tests may expect: what they expect of PostgreSQL, but for what SBsql has no grammar for.

Its class knows SQLAlchemy's own databases alone, by name. The development server's engine is PostgreSQL and SBsql is
close to it, so every question is answered as for PostgreSQL; the tables of the dialect suite come before that.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy.testing import exclusions
from test.requirements import DefaultRequirements

from tests.sqlalchemy.suite.requirements import OFF, ON
from tests.sqlalchemy.suite.requirements import Requirements as SuiteRequirements


class _Like:
    """Something, but for some of its attributes."""

    def __init__(self, something: Any, **others: Any) -> None:
        self.__dict__.update(others)
        self._something = something

    def __getattr__(self, name: str) -> Any:
        return getattr(self._something, name)


def _as_postgresql(config: Any) -> Any:
    if config is None or config.db.name != "scratchbird":
        return config
    dialect = _Like(config.db.dialect, server_version_info=(18, 4))
    return _Like(config, db=_Like(config.db, name="postgresql", driver="scratchbird", dialect=dialect))


class _AsPostgreSQL(exclusions.Predicate):
    """A condition, asked of a database that is called PostgreSQL."""

    def __init__(self, predicate: Any) -> None:
        self.predicate = predicate
        self.description = predicate.description

    def __call__(self, config: Any) -> bool:
        return bool(self.predicate(_as_postgresql(config)))

    def _as_string(self, config: Any, negate: bool = False) -> str:
        return str(self.predicate._as_string(_as_postgresql(config), negate))


def _asked(name: str) -> Any:
    def requirement(self: Any) -> Any:
        found = getattr(super(Requirements, self), name)
        if not isinstance(found, exclusions.compound):
            return found
        changed = exclusions.compound()
        changed.fails.update(_AsPostgreSQL(predicate) for predicate in found.fails)
        changed.skips.update(_AsPostgreSQL(predicate) for predicate in found.skips)
        if hasattr(found, "warns"):
            changed.warns.update({_AsPostgreSQL(predicate): said for predicate, said in found.warns.items()})
        return changed

    return property(requirement)


class Requirements(DefaultRequirements):
    """The requirements of the tests."""

    get_order_by_collation = SuiteRequirements.get_order_by_collation
    get_isolation_levels = SuiteRequirements.get_isolation_levels
    async_dialect = SuiteRequirements.async_dialect


for _name in dir(DefaultRequirements):
    if _name not in vars(Requirements) and isinstance(getattr(DefaultRequirements, _name), property):
        setattr(Requirements, _name, _asked(_name))
for _name in ON:
    setattr(Requirements, _name, property(lambda self: exclusions.open()))
for _name in OFF:
    setattr(Requirements, _name, property(lambda self: exclusions.closed()))
