"""Types: every one both ways through a table and through reflection, and what they can be asked."""

from __future__ import annotations

import datetime
import decimal
import enum
import ipaddress
import uuid
from typing import Any

import pytest
import sqlalchemy as sa

from scratchbird import sqlalchemy as sb
from scratchbird.types import Geometry, Interval, Range

UTC = datetime.timezone.utc
DAY = datetime.date(2026, 3, 1)


class Mood(enum.Enum):
    SAD = "sad"
    OK = "ok"


VALUES = [
    (sa.Boolean(), True),
    (sa.SmallInteger(), -3),
    (sa.Integer(), 3),
    (sa.BigInteger(), 1 << 40),
    (sb.INT8(), -128),
    (sb.UINT8(), 255),
    (sb.UINT16(), 65535),
    (sb.UINT32(), (1 << 32) - 1),
    (sb.UINT64(), (1 << 64) - 1),
    (sb.INT128(), -(1 << 127)),
    (sb.UINT128(), (1 << 128) - 1),
    (sa.REAL(), 1.5),
    (sb.DOUBLE(), 0.1),
    (sa.Float(), 2.25),
    (sa.Numeric(12, 4), decimal.Decimal("12.3456")),
    (sa.Numeric(12, 4, asdecimal=False), 12.5),
    (sb.DECFLOAT(), decimal.Decimal("1E-20")),
    (sb.REAL16(), 1.5),
    (sb.BFLOAT16(), -0.25),
    (sb.REAL128(), decimal.Decimal("1.00000000000000000001")),
    (sb.BSON(), b"\x05\x00\x00\x00\x00"),
    (sb.HSTORE(), {"a": "b", "c": None}),
    (sb.MAP(sa.Text(), sa.Integer()), {"a": 1}),
    (sb.ROW(), {"a": 1, "b": None}),
    (sb.TUPLE([sa.Integer, sa.String(5)]), [1, "x"]),
    (sb.VARIANT([sa.Integer, sa.Text]), "either"),
    (sb.NESTED({"n": sa.Integer, "odd name": sa.Text}), [{"n": 1, "odd name": "x"}]),
    (sb.INT4MULTIRANGE(), [Range(1, 3), Range(5, 7)]),
    (sb.INT8MULTIRANGE(), []),
    (sb.NUMMULTIRANGE(), [Range(decimal.Decimal("1.5"), None, "()")]),
    (sb.DATEMULTIRANGE(), [Range(None, DAY, "()")]),
    (sb.TSMULTIRANGE(), [Range(datetime.datetime(2026, 3, 1, 1, 2, 3, 4), datetime.datetime(2026, 3, 2))]),
    (
        sb.TSTZMULTIRANGE(),
        [Range(datetime.datetime(2026, 3, 1, tzinfo=UTC), datetime.datetime(2026, 3, 2, tzinfo=UTC))],
    ),
    (sb.MONEY(), decimal.Decimal("3.50")),
    (sa.String(20), "a'b%s:c?"),
    (sa.Text(), "ünïcode\nline; x=y"),
    (sa.CHAR(3), "abc"),
    (sa.Enum(Mood), Mood.OK),
    (sa.Enum("x", "y'z"), "y'z"),
    (sa.Enum("x", "yy", native_enum=False, create_constraint=True, name="letters"), "yy"),
    (sa.LargeBinary(), b"\x00\xff'"),
    (sa.VARBINARY(4), b"\x01"),
    (sa.Date(), DAY),
    (sa.Time(), datetime.time(1, 2, 3, 4)),
    (sa.Time(timezone=True), datetime.time(1, 2, 3, tzinfo=UTC)),
    (sa.DateTime(), datetime.datetime(2026, 3, 1, 1, 2, 3, 4)),
    (sa.DateTime(timezone=True), datetime.datetime(2026, 3, 1, 1, 2, 3, 4, UTC)),
    (sb.TIMESTAMP(precision=0), datetime.datetime(2026, 3, 1, 1, 2, 3)),
    (sa.Interval(), datetime.timedelta(days=3, seconds=4)),
    (sb.INTERVAL(), Interval(months=2)),
    (sa.JSON(), {"a": [1, None, "ü"]}),
    (sb.JSONB(), {"a": [1, None, "ü"]}),
    (sa.JSON(), [1, 2]),
    (sa.Uuid(), uuid.UUID(int=7)),
    (sa.Uuid(as_uuid=False), str(uuid.UUID(int=7)).replace("-", "-")),
    (sa.ARRAY(sa.Integer()), [1, None, 3]),
    (sa.ARRAY(sa.Integer(), dimensions=2), [[1, 2], [3, 4]]),
    (sa.ARRAY(sa.Float()), [1.5, None, 2.0]),
    (sa.ARRAY(sa.String(5)), ["a", 'b"', "c,d"]),
    (sa.ARRAY(sa.Date()), [DAY]),
    (sa.ARRAY(sa.Numeric(8, 2)), [decimal.Decimal("1.25")]),
    (sb.INET(), ipaddress.ip_address("10.0.0.1")),
    (sb.CIDR(), ipaddress.ip_network("10.0.0.0/8")),
    (sb.MACADDR(), "08:00:2b:01:02:03"),
    (sb.MACADDR8(), "08:00:2b:01:02:03:04:05"),
    (sb.BIT(4), "0101"),
    (sb.BIT(8, varying=True), "010"),
    (sb.INT4RANGE(), Range(1, 5)),
    (sb.INT8RANGE(), Range(1, 1 << 40)),
    (sb.NUMRANGE(), Range(decimal.Decimal("1.5"), None)),
    (sb.DATERANGE(), Range(DAY, datetime.date(2026, 3, 8))),
    (sb.TSRANGE(), Range(datetime.datetime(2026, 3, 1), None)),
    (sb.TSTZRANGE(), Range(datetime.datetime(2026, 3, 1, tzinfo=UTC), None)),
    (sb.VECTOR(3), [1.0, 2.5, 3.0]),
    (sb.TSVECTOR(), "'bird'"),
    (sb.Geometry("POINT"), Geometry.from_wkt("POINT (1 2)")),
    (sb.Geometry("LINESTRING"), Geometry.from_wkt("LINESTRING (0 0, 1 1)")),
    (sb.Geometry("GEOGRAPHY"), Geometry.from_wkt("POLYGON ((0 0, 1 0, 1 1, 0 0))")),
    (sb.Geometry("MULTIPOINT"), Geometry.from_wkt("MULTIPOINT (1 1, 2 2)")),
    (sb.DOCUMENT(), {"a": [1]}),
    (sb.DOCUMENT(), [1, "x"]),
    (sb.DENSE_VECTOR(2), [1.0, 2.0]),
    (sb.HALFVEC(2), [1.0, 2.0]),
    (sb.SPARSE_VECTOR(3), "{1:1.5}/3"),
    (sb.BINARY_VECTOR(4), "0101"),
    (sb.SEARCH_QUERY(), "'bird'"),
    (sa.ARRAY(sb.VECTOR(2)), [[1.0, 2.0], [3.0, 4.0]]),
    (sa.ARRAY(sb.JSONB()), [{"a": 1}, [1, 2, 3]]),
    (sa.ARRAY(sb.INET()), [ipaddress.ip_address("10.0.0.1"), None]),
    (sa.ARRAY(sb.DATERANGE()), [Range(DAY, datetime.date(2026, 3, 8))]),
    (sa.ARRAY(sa.LargeBinary()), [b"\x00'", b""]),
    (sa.ARRAY(sa.Integer()), []),
    (sb.DOMAIN("counted_low", sa.Integer(), check="VALUE < 9"), 3),
]


@pytest.mark.parametrize(("type_", "value"), VALUES, ids=lambda value: repr(value)[:40])
def test_both_ways(engine: Any, metadata: sa.MetaData, type_: Any, value: Any) -> None:
    table = sa.Table("typed", metadata, sa.Column("id", sa.Integer, primary_key=True), sa.Column("v", type_))
    metadata.create_all(engine)
    with engine.begin() as connection:
        connection.execute(table.insert().values(v=value))
        connection.execute(table.insert(), [{"v": None}, {"v": value}])
        found = [row.v for row in connection.execute(sa.select(table.c.v).order_by(table.c.id))]
    assert [plain(found[0]), found[1], plain(found[2])] == [plain(value), None, plain(value)]
    assert type(plain(found[0])) is type(plain(value))
    reflected = sa.inspect(engine).get_columns("typed")[1]["type"]
    assert not isinstance(reflected, sa.types.NullType)
    # What was reflected makes the same table again.
    again = sa.Table("typed_again", metadata, sa.Column("v", reflected))
    again.create(engine)
    assert repr(sa.inspect(engine).get_columns("typed_again")[0]["type"]) == repr(reflected)


def plain(value: Any) -> Any:
    """A NumPy array as a list: once the program has imported NumPy vectors come as arrays."""
    return value.tolist() if hasattr(value, "tolist") else value


@pytest.mark.parametrize(("type_", "value"), VALUES, ids=lambda value: repr(value)[:40])
def test_as_a_literal(engine: Any, metadata: sa.MetaData, type_: Any, value: Any) -> None:
    table = sa.Table("spelled", metadata, sa.Column("id", sa.Integer, primary_key=True), sa.Column("v", type_))
    metadata.create_all(engine)
    insert = table.insert().values(id=1, v=value)
    text = insert.compile(dialect=engine.dialect, compile_kwargs={"literal_binds": True})
    with engine.begin() as connection:
        connection.connection.driver_connection.execute(str(text))
        assert plain(connection.scalar(sa.select(table.c.v))) == plain(value)


@pytest.fixture
def scratch(engine: Any, metadata: sa.MetaData) -> Any:
    """A table with documents, an array, a range and a vector, and a connection."""
    table = sa.Table(
        "scratch",
        metadata,
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("doc", sb.JSONB),
        sa.Column("tags", sb.ARRAY(sa.String)),
        sa.Column("days", sb.DATERANGE),
        sa.Column("place", sb.Vector(2)),
    )
    metadata.create_all(engine)
    with engine.connect() as connection:
        rows = [
            {
                "doc": {"a": {"b": [1, 2]}, "n": "7"},
                "tags": ["x", "y"],
                "days": Range(DAY, datetime.date(2026, 3, 8)),
                "place": [1, 0],
            },
            {"doc": {"a": {"b": []}}, "tags": ["z"], "days": Range(datetime.date(2026, 5, 1), None), "place": [0, 1]},
        ]
        connection.execute(table.insert(), rows)
        yield (
            table,
            lambda condition: connection.scalars(sa.select(table.c.id).where(condition).order_by(table.c.id)).all(),
        )


def test_documents(scratch: Any) -> None:
    table, where = scratch
    doc = table.c.doc
    assert where(doc["a"]["b"][1].as_integer() == 2) == [1]
    assert where(doc[("a", "b", 0)].as_integer() == 1) == [1]
    assert where(doc["n"].as_string() == "7") == [1]
    assert where(doc.contains({"a": {"b": [2]}})) == [1]
    assert where(doc.path_exists("$.n")) == [1]
    assert where(doc["n"].astext == "7") == [1]
    assert where(doc.has_key("n")) == [1]
    assert where(doc.has_key('n"o')) == []
    assert where(doc.has_all(["a", "n"])) == [1]
    assert where(doc.has_any(["nowhere", "n"])) == [1]
    assert where(doc.has_any([])) == []
    assert where(doc.contained_by({"a": {"b": [1, 2, 3]}, "n": "7", "more": None})) == [1, 2]


def test_arrays(scratch: Any) -> None:
    table, where = scratch
    assert where(table.c.tags.contains(["x"])) == [1]
    assert where(table.c.tags.has("z")) == [2]
    assert where(table.c.tags[1] == "z") == [2]
    assert where(table.c.tags.any("y")) == [1]
    assert where(table.c.tags.cardinality() == 2) == [1]
    assert where(table.c.tags.contained_by(["x", "y", "w"])) == [1]


def test_ranges(scratch: Any) -> None:
    table, where = scratch
    days = table.c.days
    assert where(days.contains(datetime.date(2026, 3, 3))) == [1]
    assert where(days.contains(Range(datetime.date(2026, 3, 3), datetime.date(2026, 3, 4)))) == [1]
    assert where(days.overlaps(Range(datetime.date(2026, 4, 1), datetime.date(2027, 1, 1)))) == [2]
    assert where(days.strictly_left_of(Range(datetime.date(2026, 4, 1), None))) == [1]
    assert where(days.strictly_right_of(Range(None, datetime.date(2026, 4, 1)))) == [2]
    assert where(days.lower_bound() == datetime.date(2026, 5, 1)) == [2]


def test_vectors(scratch: Any, engine: Any) -> None:
    table, where = scratch
    place = table.c.place
    assert where(place.l2_distance([1, 0]) < 0.1) == [1]
    assert where(place.cosine_distance([0.0, 2.0]) < 0.1) == [2]
    assert where(place.inner_product([0, 3]) > 2.5) == [2]
    assert where(place.max_inner_product([3, 0]) < -2.5) == [1]
    assert where(place.l2_distance(place) == 0) == [1, 2]


@pytest.mark.parametrize(
    ("using", "options"), [("VECTOR_HNSW", {"metric": "cosine"}), ("VECTOR_IVF", {}), ("VECTOR_EXACT", {})]
)
def test_vector_indexes(engine: Any, metadata: sa.MetaData, using: str, options: Any) -> None:
    table = sa.Table("places", metadata, sa.Column("place", sb.Vector(3)))
    named = {f"scratchbird_{key}": value for key, value in options.items()}
    sa.Index("near", table.c.place, scratchbird_using=using, **named)
    metadata.create_all(engine)
    assert [index["name"] for index in sa.inspect(engine).get_indexes("places")] == ["near"]


def test_other_indexes(engine: Any, metadata: sa.MetaData) -> None:
    table = sa.Table("words", metadata, sa.Column("w", sa.Text), sa.Column("n", sa.Integer), sa.Column("m", sa.Integer))
    sa.Index("words_text", table.c.w, scratchbird_using="full_text")
    sa.Index("words_some", table.c.n.desc(), scratchbird_where=table.c.m == 1, scratchbird_include=["m"])
    sa.Index("words_low", sa.func.lower(table.c.w))
    metadata.create_all(engine)
    found = {index["name"]: index for index in sa.inspect(engine).get_indexes("words")}
    assert found["words_text"]["dialect_options"]["scratchbird_using"] == "full_text"
    assert found["words_some"]["column_sorting"] == {"n": ("desc",)}
    assert found["words_some"]["include_columns"] == ["m"]
    assert found["words_some"]["dialect_options"]["scratchbird_where"] == "m = 1"
    assert found["words_low"]["column_names"] == [None]


def test_domains(engine: Any, metadata: sa.MetaData) -> None:
    positive = sb.DOMAIN("positive", sa.Integer(), check="VALUE > 0", metadata=metadata)
    table = sa.Table("counted", metadata, sa.Column("n", positive))
    metadata.create_all(engine)
    with engine.begin() as connection:
        connection.execute(table.insert().values(n=1))
    with pytest.raises(sa.exc.IntegrityError), engine.begin() as connection:
        connection.execute(table.insert().values(n=-1))
    reflected = sa.inspect(engine).get_columns("counted")[0]["type"]
    assert isinstance(reflected, sb.DOMAIN)
    assert reflected.name == "positive"
    metadata.drop_all(engine)
    with engine.connect() as connection:
        assert not engine.dialect.has_domain(connection, "positive")


def test_conflicts(engine: Any, metadata: sa.MetaData) -> None:
    table = sa.Table("stock", metadata, sa.Column("id", sa.Integer, primary_key=True), sa.Column("n", sa.Integer))
    metadata.create_all(engine)
    new = sb.insert(table)
    with engine.begin() as connection:
        connection.execute(new, [{"id": 1, "n": 1}, {"id": 2, "n": 2}])
        connection.execute(new.on_conflict_do_nothing(index_elements=["id"]), {"id": 1, "n": 9})
        update = new.on_conflict_do_update(index_elements=[table.c.id], set_={"n": table.c.n + new.excluded.n})
        connection.execute(update, [{"id": 2, "n": 5}, {"id": 3, "n": 3}])
        unless = new.on_conflict_do_update(index_elements=["id"], set_={"n": 0}, where=table.c.n > 100)
        connection.execute(unless, {"id": 3, "n": 1})
        assert connection.execute(sa.select(table).order_by(table.c.id)).all() == [(1, 1), (2, 7), (3, 3)]


@pytest.mark.parametrize("ratio", [1.5, None])
def test_parameters_outside_of_many_rows(engine: Any, metadata: sa.MetaData, ratio: Any) -> None:
    table = sa.Table(
        "many_of_them", metadata, sa.Column("id", sa.Integer, primary_key=True), sa.Column("v", sb.ARRAY(sa.Float))
    )
    metadata.create_all(engine)
    new = sb.insert(table)
    new = new.on_conflict_do_update(index_elements=["id"], set_={"v": [9.5]}).returning(table.c.id, table.c.v)
    rows = [{"id": 1, "v": [ratio]}, {"id": 2, "v": [2.0, ratio]}, {"id": 3, "v": None}]
    with engine.begin() as connection:
        assert sorted(connection.execute(new, rows).all())[:2] == [(1, [ratio]), (2, [2.0, ratio])]
        assert sorted(connection.execute(new, rows).all()) == [(1, [9.5]), (2, [9.5]), (3, [9.5])]


def test_multiranges_are_read_whole() -> None:
    from scratchbird.sqlalchemy.multiranges import multirange_text, parse_multirange

    for bad in ("", "{", "{[1,2)", "{[1,2),}", "{[1,2)[3,4)}", "[1,2)", "{[1,2)} "):
        with pytest.raises(ValueError, match="not a text of several ranges"):
            parse_multirange(bad, int)
    odd = [Range('a"b', "c,d"), Range("\\", "}", "(]")]
    assert parse_multirange(multirange_text(odd), str) == odd
    with pytest.raises(TypeError, match="list of Range"):
        multirange_text([(1, 2)])


def test_the_count_of_inserted_rows(engine: Any, metadata: sa.MetaData) -> None:
    table = sa.Table("here", metadata, sa.Column("id", sa.Integer, primary_key=True), sa.Column("n", sa.Integer))
    metadata.create_all(engine)
    with engine.begin() as connection:
        assert connection.execute(table.insert(), [{"id": 1, "n": 1}, {"id": 2, "n": 2}]).rowcount == 2
        assert connection.execute(table.insert(), {"id": 3, "n": 3}).rowcount == 1


def test_upsert_and_merge(engine: Any, metadata: sa.MetaData) -> None:
    table = sa.Table("here", metadata, sa.Column("id", sa.Integer, primary_key=True), sa.Column("n", sa.Integer))
    other = sa.Table("there", metadata, sa.Column("id", sa.Integer, primary_key=True), sa.Column("n", sa.Integer))
    metadata.create_all(engine)
    with engine.begin() as connection:
        connection.execute(sb.upsert(table), [{"id": 1, "n": 1}, {"id": 2, "n": 2}])
        assert connection.execute(sb.upsert(table).values(id=2, n=20).returning(table.c.n)).all() == [(20,)]
        connection.execute(other.insert(), [{"id": 1, "n": 0}, {"id": 2, "n": 5}, {"id": 3, "n": 7}])
        statement = (
            sb.merge(table, other, table.c.id == other.c.id)
            .when_matched_delete(other.c.n == 0)
            .when_matched_update({"n": table.c.n + other.c.n + 100})
            .when_not_matched_insert({table.c.id: other.c.id, "n": 9})
        )
        assert connection.execute(statement).rowcount == 3
        assert connection.execute(sa.select(table).order_by(table.c.id)).all() == [(2, 125), (3, 9)]


def test_identity_computed_and_sequences(engine: Any, metadata: sa.MetaData) -> None:
    numbers = sa.Sequence("numbers", start=10, increment=5, metadata=metadata)
    table = sa.Table(
        "sums",
        metadata,
        sa.Column("id", sa.Integer, sa.Identity(always=True, start=7), primary_key=True),
        sa.Column("s", sa.Integer, numbers, server_default=numbers.next_value()),
        sa.Column("twice", sa.Integer, sa.Computed("s * 2")),
        comment="it's",
    )
    metadata.create_all(engine)
    with engine.begin() as connection:
        result = connection.execute(table.insert().returning(table))
        assert result.all() == [(7, 10, 20)]
        assert connection.scalar(numbers) == 15
        rows = connection.execute(
            table.insert().returning(table.c.id, sort_by_parameter_order=True), [{"s": n} for n in range(1000)]
        ).all()
        assert [row.id for row in rows] == list(range(8, 1008))
    inspector = sa.inspect(engine)
    assert inspector.get_sequence_names() == ["numbers"]
    assert inspector.get_table_comment("sums") == {"text": "it's"}
    assert inspector.get_columns("sums")[2]["computed"]["sqltext"] == "(s * 2)"


def test_a_copy_of_a_domain_is_the_same_domain() -> None:
    domain = sb.DOMAIN(
        "low", sa.Integer(), default="3", not_null=True, check="VALUE < 9", schema="app", create_type=False
    )
    column = sa.Table("t", sa.MetaData(), sa.Column("v", domain)).to_metadata(sa.MetaData()).c.v
    assert column.type is not domain
    for name in ("name", "default", "not_null", "check", "schema", "create_type"):
        assert getattr(column.type, name) == getattr(domain, name)
    assert str(column.type.data_type) == "INTEGER"


def test_conflicts_in_a_part_of_a_table(engine: Any, metadata: sa.MetaData) -> None:
    table = sa.Table(
        "dwellings", metadata, sa.Column("n", sa.Integer), sa.Column("state", sa.Text), sa.Column("s", sa.Text)
    )
    sa.Index("one_taken", table.c.n, unique=True, scratchbird_where=table.c.state == "taken")
    metadata.create_all(engine)
    new = sb.insert(table)
    taken = {"index_elements": [table.c.n], "index_where": table.c.state == "taken"}
    update = new.on_conflict_do_update(set_={"s": table.c.s + new.excluded.s}, where=table.c.s != "x", **taken)
    with engine.begin() as connection:
        for _ in range(2):
            connection.execute(update, {"n": 1, "state": "taken", "s": "a"})
        connection.execute(new.on_conflict_do_nothing(**taken), {"n": 1, "state": "taken", "s": "b"})
        connection.execute(new.on_conflict_do_nothing(**taken), {"n": 1, "state": "free", "s": "c"})
        assert connection.execute(sa.select(table.c.s).order_by(table.c.s)).scalars().all() == ["aa", "c"]
