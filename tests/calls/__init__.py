"""Procedures, functions and generated keys."""
