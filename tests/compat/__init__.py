"""Names of the pure-Python driver."""
