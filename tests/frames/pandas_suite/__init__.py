"""pandas' own tests of `read_sql` and `to_sql`, through SQLAlchemy, against this driver."""
