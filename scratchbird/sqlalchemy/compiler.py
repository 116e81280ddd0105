"""Statements in SBsql.

Contract: DIALECT 4.4 (sequences), 5 (data changes), 6 (queries), 7 (functions), 9 (operators), 10 (vectors). What the
language has no grammar for is a CompileError of one sentence, before anything is sent.
"""

from __future__ import annotations

from typing import Any, List

from sqlalchemy import Integer, String, cast, types, util
from sqlalchemy.exc import CompileError
from sqlalchemy.sql import coercions, compiler, elements, expression, roles
from sqlalchemy.sql import util as sql_util

from scratchbird.sqlalchemy.dml import Upsert
from scratchbird.sqlalchemy.versions import IS_14

_UPSERT = "/* upsert */"


class Compiler(compiler.SQLCompiler):
    """Compiles statements of Core and ORM."""

    if not IS_14:

        @util.memoized_property
        def says_types(self) -> bool:
            """Whether the driver has to be told the type of any parameter."""
            found = self._get_set_input_sizes_lookup().values()
            return any(any(oid) if isinstance(oid, list) else oid is not None for oid in found)

    # ---- Queries -----------------------------------------------------------------------------------------------------

    def limit_clause(self, select: Any, **kw: Any) -> str:
        text = ""
        if select._limit_clause is not None:
            text += "\n LIMIT " + self._count(select._limit_clause, **kw)
        if select._offset_clause is not None:
            text += "\n OFFSET " + self._count(select._offset_clause, **kw)
        return text

    def fetch_clause(self, select: Any, *args: Any, **kw: Any) -> str:
        text = ""
        if select._offset_clause is not None:
            text += f"\n OFFSET {self._count(select._offset_clause, **kw)} ROWS"
        if select._fetch_clause is not None:
            options = select._fetch_clause_options
            if options["percent"] or options["with_ties"]:
                raise CompileError("SBsql has no FETCH with PERCENT or WITH TIES.")
            text += f"\n FETCH FIRST {self._count(select._fetch_clause, **kw)} ROWS ONLY"
        return text

    def _count(self, clause: Any, **kw: Any) -> str:
        # An expression stands in parentheses; the beta server takes literals alone (DIALECT 8).
        if self.dialect.grammar.literal_limit:
            kw["literal_execute"] = True
        if isinstance(clause, elements.BindParameter):
            return str(self.process(clause, **kw))
        return f"({self.process(clause, **kw)})"

    def get_select_precolumns(self, select: Any, **kw: Any) -> str:
        if select._distinct_on:
            raise CompileError("SBsql has no DISTINCT ON.")
        return "DISTINCT " if select._distinct else ""

    def visit_postgresql_distinct_on(self, element: Any, **kw: Any) -> str:
        raise CompileError("SBsql has no DISTINCT ON.")

    def for_update_clause(self, select: Any, **kw: Any) -> str:
        how = select._for_update_arg
        if self.dialect.grammar.ignores_locks:
            raise CompileError("The beta server returns no rows for SELECT ... FOR UPDATE; leave it out.")
        if how.key_share:
            raise CompileError("SBsql has no FOR KEY SHARE and no FOR NO KEY UPDATE.")
        text = " FOR SHARE" if how.read else " FOR UPDATE"
        if how.of:
            tables = util.OrderedSet()
            for clause in how.of:
                tables.update(sql_util.surface_selectables_only(clause))
            kw.update(ashint=True, use_schema=False)
            text += " OF " + ", ".join(self.process(table, **kw) for table in tables)
        if how.nowait:
            text += " NOWAIT"
        if how.skip_locked:
            text += " SKIP LOCKED"
        return text

    def format_from_hint_text(self, sqltext: Any, table: Any, hint: Any, iscrud: Any) -> Any:
        raise CompileError("SBsql has no hints for tables.")

    def visit_join(self, join: Any, asfrom: bool = False, from_linter: Any = None, **kw: Any) -> str:
        text = str(super().visit_join(join, asfrom=asfrom, from_linter=from_linter, **kw))
        # SBsql says LATERAL JOIN, not JOIN LATERAL (DIALECT 6).
        if isinstance(join.right, elements.ClauseElement) and getattr(join.right, "_is_lateral", False):
            text = text.replace(" JOIN LATERAL ", " LATERAL JOIN ", 1)
        return text

    def visit_tablesample(self, tablesample: Any, asfrom: bool = False, **kw: Any) -> str:
        raise CompileError("SBsql has no TABLESAMPLE.")

    def visit_empty_set_expr(self, element_types: Any, **kw: Any) -> str:
        columns = ", ".join(
            f"CAST(NULL AS {self._type(Integer() if type_._isnull else type_)})"
            for type_ in element_types or [Integer()]
        )
        return f"SELECT {columns} WHERE 1 <> 1"

    # ---- Expressions -------------------------------------------------------------------------------------------------

    def _type(self, type_: Any) -> str:
        """A type as a cast takes it: without collation, and text without a length that could cut it."""
        impl = type_.dialect_impl(self.dialect)
        if impl._type_affinity is String and isinstance(impl, (types.VARCHAR, String)) and not _is_blob(impl):
            impl = types.VARCHAR(impl.length) if getattr(impl, "length", None) else _plain_text(impl)
            type_ = impl
        return str(self.dialect.type_compiler.process(type_, identifier_preparer=self.preparer))

    def visit_typeclause(self, typeclause: Any, **kw: Any) -> str:
        return self._type(typeclause.type)

    def visit_try_cast(self, cast: Any, **kw: Any) -> str:
        return f"TRY_CAST({self.process(cast.clause, **kw)} AS {self.process(cast.typeclause, **kw)})"

    def render_bind_cast(self, type_: Any, dbapi_type: Any, sqltext: str) -> str:
        if dbapi_type._type_affinity is String and getattr(dbapi_type, "length", None):
            dbapi_type = types.Text()
        return f"CAST({sqltext} AS {self._type(dbapi_type)})"

    def visit_sequence(self, sequence: Any, **kw: Any) -> str:
        return "NEXT VALUE FOR " + str(self.preparer.format_sequence(sequence))

    def visit_substring_func(self, func: Any, **kw: Any) -> str:
        arguments = [self.process(clause, **kw) for clause in func.clauses]
        words = ("", " FROM ", " FOR ")
        return "substring(" + "".join(word + text for word, text in zip(words, arguments)) + ")"

    def visit_aggregate_strings_func(self, fn: Any, **kw: Any) -> str:
        kw.pop("use_function_name", None)
        if not IS_14 and hasattr(super(), "visit_aggregate_strings_func"):
            return str(super().visit_aggregate_strings_func(fn, use_function_name="string_agg", **kw))
        return "string_agg" + str(self.function_argspec(fn, **kw))

    def visit_array(self, element: Any, **kw: Any) -> str:
        if not element.clauses and not element.type.item_type._isnull:
            return f"CAST(ARRAY[] AS {self._type(element.type)})"
        return f"ARRAY[{self.visit_clauselist(element, **kw)}]"

    def visit_slice(self, element: Any, **kw: Any) -> str:
        return f"{self.process(element.start, **kw)}:{self.process(element.stop, **kw)}"

    def visit_getitem_binary(self, binary: Any, operator: Any, **kw: Any) -> str:
        return f"{self.process(binary.left, **kw)}[{self.process(binary.right, **kw)}]"

    def visit_aggregate_order_by(self, element: Any, **kw: Any) -> str:
        return f"{self.process(element.target, **kw)} ORDER BY {self.process(element.order_by, **kw)}"

    def visit_function_operator_binary(self, binary: Any, operator: Any, **kw: Any) -> str:
        """An operator of this package's types, which SBsql writes as a function."""
        return f"{operator.function}({self.process(binary.left, **kw)}, {self.process(binary.right, **kw)})"

    # Documents: steps of a path are `->`, whole paths a function (DIALECT 9).

    def visit_json_getitem_op_binary(self, binary: Any, operator: Any, _text: bool = False, **kw: Any) -> str:
        if not _text and binary.type._type_affinity is not types.JSON:
            return self._json_value(binary, **kw)
        kw["eager_grouping"] = True
        return str(self._generate_generic_binary(binary, " ->> " if _text else " -> ", **kw))

    def visit_json_path_getitem_op_binary(self, binary: Any, operator: Any, _text: bool = False, **kw: Any) -> str:
        if not _text and binary.type._type_affinity is not types.JSON:
            return self._json_value(binary, **kw)
        name = "json_value" if _text else "json_query"
        return f"{name}({self.process(binary.left, **kw)}, {self.process(binary.right, **kw)})"

    def _json_value(self, binary: Any, **kw: Any) -> str:
        kw["_text"] = True
        if binary.type._type_affinity is String:
            return str(self.process(binary, **kw))
        return str(self.process(cast(binary, binary.type), **kw))

    # Patterns.

    def visit_ilike_case_insensitive_operand(self, element: Any, **kw: Any) -> str:
        return str(element.element._compiler_dispatch(self, **kw))

    def visit_ilike_op_binary(self, binary: Any, operator: Any, **kw: Any) -> str:
        return self._ilike("ILIKE", binary, **kw)

    def visit_not_ilike_op_binary(self, binary: Any, operator: Any, **kw: Any) -> str:
        return self._ilike("NOT ILIKE", binary, **kw)

    visit_notilike_op_binary = visit_not_ilike_op_binary

    def _ilike(self, word: str, binary: Any, **kw: Any) -> str:
        escape = binary.modifiers.get("escape")
        tail = "" if escape is None else " ESCAPE " + self.render_literal_value(escape, types.String())
        return f"{self.process(binary.left, **kw)} {word} {self.process(binary.right, **kw)}{tail}"

    def visit_regexp_match_op_binary(self, binary: Any, operator: Any, **kw: Any) -> str:
        arguments = [self.process(binary.left, **kw), self.process(binary.right, **kw), *self._flags(binary)]
        return f"regexp_like({', '.join(arguments)})"

    def visit_not_regexp_match_op_binary(self, binary: Any, operator: Any, **kw: Any) -> str:
        return "NOT " + self.visit_regexp_match_op_binary(binary, operator, **kw)

    def visit_regexp_replace_op_binary(self, binary: Any, operator: Any, **kw: Any) -> str:
        replacement = binary.modifiers.get("replacement")
        arguments = [self.process(binary.left, **kw), self.process(binary.right, **kw)]
        if replacement is not None:
            arguments.append(self.process(replacement, **kw))
        return f"regexp_replace({', '.join([*arguments, *self._flags(binary)])})"

    def _flags(self, binary: Any) -> List[str]:
        flags = binary.modifiers.get("flags")
        if flags is None:
            return []
        if isinstance(flags, str):
            return [str(self.render_literal_value(flags, types.String()))]
        return [str(self.process(flags))]

    def visit_match_op_binary(self, binary: Any, operator: Any, **kw: Any) -> str:
        raise CompileError("SBsql has no MATCH operator; use like(), regexp_match() or func.similarity().")

    def visit_not_match_op_binary(self, binary: Any, operator: Any, **kw: Any) -> str:
        return self.visit_match_op_binary(binary, operator, **kw)

    # Bits are functions in SBsql.

    def _bits(self, name: str, binary: Any, **kw: Any) -> str:
        return f"{name}({self.process(binary.left, **kw)}, {self.process(binary.right, **kw)})"

    def visit_bitwise_and_op_binary(self, binary: Any, operator: Any, **kw: Any) -> str:
        return self._bits("bit_and", binary, **kw)

    def visit_bitwise_or_op_binary(self, binary: Any, operator: Any, **kw: Any) -> str:
        return self._bits("bit_or", binary, **kw)

    def visit_bitwise_xor_op_binary(self, binary: Any, operator: Any, **kw: Any) -> str:
        return self._bits("bit_xor", binary, **kw)

    def visit_bitwise_lshift_op_binary(self, binary: Any, operator: Any, **kw: Any) -> str:
        return self._bits("bit_shift_left", binary, **kw)

    def visit_bitwise_rshift_op_binary(self, binary: Any, operator: Any, **kw: Any) -> str:
        return self._bits("bit_shift_right", binary, **kw)

    def visit_bitwise_not_op_unary_operator(self, element: Any, operator: Any, **kw: Any) -> str:
        return f"bit_not({self.process(element.element, **kw)})"

    # ---- Data changes ------------------------------------------------------------------------------------------------

    if IS_14:

        def returning_clause(self, stmt: Any, returning_cols: Any) -> str:
            self._check_returning()
            columns = [
                self._label_returning_column(stmt, column, fallback_label_name=getattr(column, "_non_anon_label", None))
                for column in expression._select_iterables(returning_cols)
            ]
            return "RETURNING " + ", ".join(columns)

    else:

        def returning_clause(self, stmt: Any, returning_cols: Any, **kw: Any) -> str:
            self._check_returning()
            return str(super().returning_clause(stmt, returning_cols, **kw))

    def _check_returning(self) -> None:
        if not self.dialect.grammar.returning:
            raise CompileError("The beta server ignores RETURNING; read the rows with a SELECT.")

    def visit_insert(self, insert_stmt: Any, *args: Any, **kw: Any) -> str:
        if not isinstance(insert_stmt, Upsert):
            return str(super().visit_insert(insert_stmt, *args, **kw))
        if insert_stmt._prefixes:
            raise CompileError("UPSERT takes no prefixes.")
        # Marked, because a WITH before it may have an INSERT of its own.
        text = str(super().visit_insert(insert_stmt.prefix_with(_UPSERT), *args, **kw))
        return text.replace(f"INSERT {_UPSERT} INTO ", "UPSERT INTO ", 1)

    def visit_update(self, update_stmt: Any, *args: Any, **kw: Any) -> str:
        ordered = getattr(update_stmt, "_ordered_values", None) or update_stmt._values or ()
        for key in dict(ordered):
            if isinstance(key, elements.BinaryExpression):
                raise CompileError("SBsql sets whole columns, not elements of arrays and documents.")
        return str(super().visit_update(update_stmt, *args, **kw))

    def visit_scratchbird_merge(self, statement: Any, **kw: Any) -> str:
        return str(statement.text(self, **kw))

    def update_from_clause(
        self, update_stmt: Any, from_table: Any, extra_froms: Any, from_hints: Any, **kw: Any
    ) -> str:
        kw["asfrom"] = True
        return "FROM " + ", ".join(table._compiler_dispatch(self, fromhints=from_hints, **kw) for table in extra_froms)

    def delete_extra_from_clause(
        self, delete_stmt: Any, from_table: Any, extra_froms: Any, from_hints: Any, **kw: Any
    ) -> str:
        kw["asfrom"] = True
        return "USING " + ", ".join(table._compiler_dispatch(self, fromhints=from_hints, **kw) for table in extra_froms)

    def visit_on_conflict_do_nothing(self, clause: Any, **kw: Any) -> str:
        return f"ON CONFLICT {self._conflict_target(clause, **kw)}DO NOTHING"

    def visit_on_conflict_do_update(self, clause: Any, **kw: Any) -> str:
        kw.pop("compile_state", None)
        values = dict(clause.update_values_to_set)
        table = self.stack[-1]["selectable"].table
        changes = []
        for column in table.c:
            if column.key in values:
                value = values.pop(column.key)
            elif column in values:
                value = values.pop(column)
            else:
                continue
            changes.append(f"{self.preparer.quote(column.name)} = {self._new_value(value, column.type, **kw)}")
        for key, value in values.items():
            util.warn(f"table {table.name!r} has no column {key!r}, which ON CONFLICT DO UPDATE sets")
            name = self.preparer.quote(key) if isinstance(key, str) else self.process(key, use_schema=False)
            changes.append(f"{name} = {self._new_value(value, types.NullType(), **kw)}")
        text = f"ON CONFLICT {self._conflict_target(clause, **kw)}DO UPDATE SET {', '.join(changes)}"
        if clause.update_whereclause is not None:
            text += " WHERE " + self.process(
                clause.update_whereclause, **{**kw, "include_table": True, "use_schema": False}
            )
        return text

    def _new_value(self, value: Any, type_: Any, **kw: Any) -> str:
        if coercions._is_literal(value):
            value = elements.BindParameter(None, value, type_=None if type_._isnull else type_)
        elif isinstance(value, elements.BindParameter) and value.type._isnull:
            value = value._clone()
            value.type = type_
        elif not hasattr(value, "self_group"):
            value = coercions.expect(roles.ExpressionElementRole, value)
        if not IS_14:
            kw["is_upsert_set"] = True
        return str(self.process(value.self_group(), **{**kw, "use_schema": False}))

    def _conflict_target(self, clause: Any, **kw: Any) -> str:
        if clause.constraint_target is not None:
            name = self.preparer.truncate_and_render_constraint_name(clause.constraint_target)
            return f"ON CONSTRAINT {name} "
        if clause.inferred_target_elements is None:
            return ""
        columns = [
            self.preparer.quote(column)
            if isinstance(column, str)
            else self.process(column, include_table=False, use_schema=False)
            for column in clause.inferred_target_elements
        ]
        text = f"({', '.join(columns)}) "
        if clause.inferred_target_whereclause is not None:
            kw.update(include_table=False, use_schema=False)
            text += f"WHERE {self.process(clause.inferred_target_whereclause, **kw)} "
        return text


def _is_blob(type_: Any) -> bool:
    return isinstance(type_, types.LargeBinary)


def _plain_text(type_: Any) -> Any:
    if isinstance(type_, types.Enum):
        return types.VARCHAR()
    return (
        types.CHAR()
        if isinstance(type_, types.CHAR)
        else types.Text()
        if isinstance(type_, types.Text)
        else types.VARCHAR()
    )


__all__ = ["Compiler"]
