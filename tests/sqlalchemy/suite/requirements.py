"""What SQLAlchemy's dialect suite may expect. Switched off is only what SBsql has no grammar for, with the section of
its description that says so, or what is about another kind of database."""

from __future__ import annotations

from typing import Any

from sqlalchemy.testing import exclusions
from sqlalchemy.testing.requirements import SuiteRequirements

from scratchbird.sqlalchemy.versions import IS_14

_ON_TEXT = """
    array_type autocommit bound_limit_offset boolean_col_expressions check_constraint_reflection
    comment_reflection comment_reflection_full_unicode computed_columns computed_columns_default_persisted
    computed_columns_reflect_persisted computed_columns_stored constraint_comment_reflection
    cross_schema_fk_reflection ctes ctes_on_dml ctes_with_update_delete ctes_with_values datetime_historic
    datetime_interval datetime_literals datetime_timezone datetime_timezone_historic date_historic deferrable_fks
    delete_from except_ fetch_first fetch_no_order_by fetch_offset_with_options
    fk_constraint_option_reflection_ondelete_noaction fk_constraint_option_reflection_ondelete_restrict
    fk_constraint_option_reflection_onupdate_restrict foreign_key_constraint_name_reflection
    foreign_key_constraint_option_reflection_ondelete foreign_key_constraint_option_reflection_onupdate
    has_temp_table identity_columns implicit_default_schema index_ddl_if_exists index_reflects_included_columns
    indexes_with_expressions infinity_floats inline_check_constraint_reflection insert_order_dicts intersect
    isolation_level json_type lateral legacy_unconditional_json_extract materialized_views
    mod_operator_as_percent_sign nullsordering percent_schema_names
    precision_numerics_enotation_small precision_numerics_many_significant_digits
    precision_numerics_retains_significant_digits reflect_indexes_with_expressions reflects_pk_names regexp_match
    regexp_replace savepoints schema_create_delete schema_reflection schemas sequences server_defaults
    server_side_cursors skip_autocommit_rollback supports_bitwise_and supports_bitwise_not supports_bitwise_or
    supports_bitwise_shift supports_bitwise_xor table_ddl_if_exists table_value_constructor temp_table_names
    temp_table_reflection time_timezone timestamp_microseconds tuple_in two_phase_transactions unicode_ddl
    unique_constraints_reflect_as_index update_from uuid_data_type views window_functions
    unusual_column_name_characters expression_server_defaults float_or_double_precision_behaves_generically
    temp_table_comment_reflection
"""
ON = _ON_TEXT.split()
OFF = {
    "supports_distinct_on": "6: DISTINCT ON is not in the language",
    "fetch_percent": "6: FETCH counts rows",
    "fetch_ties": "6: FETCH ends in ONLY",
    "computed_columns_virtual": "4.2: computed columns are STORED",
    "fetch_expression": "6: FETCH and its OFFSET count by a number or a parameter",
    "identity_columns_standard": "13: the catalogue does not tell the CACHE of an identity column",
    "temporary_views": "4.5: views are not temporary",
    "column_collation_reflection": "3: COLLATE of a column is not kept",
    "order_by_label_with_expression": "6: ORDER BY takes a column, and no expression of a label",
    "order_by_collation": "6: no COLLATE inside ORDER BY",
    "nvarchar_types": "3: NVARCHAR(n) is refused; text is Unicode in every type",
    "default_schema_name_switch": "2: there is no SET SCHEMA to rely on",
    "reflect_tables_no_columns": "4.2: a table has columns",
    "materialized_views_reflect_pk": "4.5: materialized views have no keys",
    "foreign_keys_reflect_as_index": "4.2: foreign keys make no index",
    "unique_index_reflect_as_unique_constraints": "4.6: unique indexes are no constraints",
    "non_updating_cascade": "4.2: ON UPDATE CASCADE updates",
    "denormalized_names": "2: names come back as they were written",
    "emulated_lastrowid": "5.1: the answer's last id is always 0",
    "dbapi_lastrowid": "5.1: the answer's last id is always 0",
    "update_returning_dialect_not_supported": "5.1: the documented language has RETURNING",
    "implements_get_lastrowid": "5.1: the answer's last id is always 0",
    "reflect_table_options": "4.2: tables have no options",
    "empty_inserts_executemany": "5.1: DEFAULT VALUES is one row",
}
"""By name, the section of the description of SBsql."""

if IS_14:
    OFF["datetime_literals"] = "SQLAlchemy 1.4 writes no literals of dates and times"


class Requirements(SuiteRequirements):
    """The requirements, from the two tables above."""

    def get_isolation_levels(self, config: Any) -> Any:
        return {
            "default": "READ COMMITTED",
            "supported": [
                "AUTOCOMMIT",
                "READ COMMITTED",
                "READ UNCOMMITTED",
                "REPEATABLE READ",
                "SERIALIZABLE",
                "SNAPSHOT",
                "READ CONSISTENCY",
            ],
        }

    @property
    def async_dialect(self) -> Any:
        return exclusions.only_if(lambda config: config.db.dialect.is_async)


for _name in ON:
    setattr(Requirements, _name, property(lambda self: exclusions.open()))
for _name in OFF:
    setattr(Requirements, _name, property(lambda self: exclusions.closed()))
