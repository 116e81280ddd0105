"""The tests of pandas that fail against this driver, and why each of them must."""

from __future__ import annotations

from typing import Dict

EXPLAINED: Dict[str, str] = {
    "test_read_sql_psycopg2_dict_cursor_duplicate_columns": "is about a cursor class of psycopg2's",
}
"""By the name of a test, with or without its parameters."""
