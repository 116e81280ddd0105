"""SQLAlchemy's own tests, those that need a database, from its source distribution."""
