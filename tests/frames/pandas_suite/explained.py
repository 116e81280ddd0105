"""The tests of pandas that fail against this driver, and why each of them must."""

from __future__ import annotations

from typing import Dict

EXPLAINED: Dict[str, str] = {
    "test_read_sql_psycopg2_dict_cursor_duplicate_columns": "is about a cursor class of psycopg2's",
    "test_copy_from_callable_insertion_method": "calls copy_expert, a method of psycopg2's cursors",
    "test_psycopg2_schema_support": "drops a schema with CASCADE, which SBsql refuses (DIALECT 4.2)",
}
"""By the name of a test, with or without its parameters."""
