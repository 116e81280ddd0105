"""Values and types as texts: literals in statements, names in the catalogue, vectors of a server that guesses types."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa

from scratchbird import sqlalchemy as sb
from scratchbird.sqlalchemy import guessed
from scratchbird.sqlalchemy.typenames import of_text
from scratchbird.sqlalchemy.types import NAMES
from scratchbird.types import Geometry, Json


def test_the_reference_of_a_shape_is_in_its_literal() -> None:
    shape = sa.literal(Geometry.from_wkt("POINT (1 2)", srid=4326), sb.Geometry())
    text = str(shape.compile(dialect=sb.Dialect(), compile_kwargs={"literal_binds": True}))
    assert text.startswith("st_geomfromwkb(X'0101")
    assert text.endswith("', 4326)")


@pytest.mark.parametrize(
    ("value", "type_", "expected"),
    [
        ("1 day'; drop table t; --", sb.INTERVAL(), "INTERVAL '1 day''; drop table t; --'"),
        (sa.JSON.NULL, sb.JSON(), "'null'"),
        (Json({"it's": 1}), sb.JSONB(), "'{\"it''s\": 1}'"),
        ("it's", sa.Enum("it's"), "'it''s'"),
    ],
)
def test_the_text_of_a_literal(value: Any, type_: Any, expected: str) -> None:
    text = sa.literal(value, type_).compile(dialect=sb.Dialect(), compile_kwargs={"literal_binds": True})
    assert str(text) == expected


def test_a_vector_of_a_server_that_guesses_types() -> None:
    for type_ in (sb.Vector(2), sb.HALFVEC(2)):
        read = guessed.processor(type_, sb.Dialect(server_profile="beta"))
        assert read is not None
        assert read("[1,2.5]") == [1.0, 2.5]
        assert read(None) is None
        for text in ("", "1,2", "[1,x]"):
            with pytest.raises(ValueError, match=r"vector|convert"):
                read(text)


def test_the_names_of_types_in_the_catalogue() -> None:
    assert of_text("binary(4)", NAMES).length == 4
    assert of_text("ENUM8('a', 'B')", NAMES).enums == ["a", "B"]
    assert of_text("ARRAY<VARCHAR(5)>", NAMES).item_type.length == 5
