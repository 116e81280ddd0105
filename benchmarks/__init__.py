"""Benchmarks of scratchbird against the PostgreSQL drivers, on servers that answer from memory. Run by `make bench`."""
