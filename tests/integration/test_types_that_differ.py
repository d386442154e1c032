"""Types that differ between the files of a table, or between tables: values stay exact."""

from __future__ import annotations

import datetime as dt
import re
import tempfile
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import medallion as md
from medallion.errors import SourceError, StepError

ODD = 9_007_199_254_740_993  # the first whole number that a DOUBLE cannot hold


def write(folder: Path, name: str, **columns: Any) -> None:
    (folder / "data").mkdir(exist_ok=True)
    pq.write_table(pa.table(columns), folder / "data" / f"{name}.parquet")


def pipeline(folder: Path, steps: list[Any] | None = None, **source: Any) -> md.Pipeline:
    declaration = md.Declaration(
        name="types",
        tables={
            "bronze": {"t": md.Source(source="data/*", **source)},
            "silver": {"t": md.Table(from_={"t": "bronze.t"}, steps=steps or [])},
        },
        sinks={},
    )
    return md.Pipeline(declaration, base=folder)


def column(run_of: md.Pipeline, name: str = "x", table: str = "silver.t") -> list[Any]:
    return run_of.lake.table(table).to_arrow().column(name).to_pylist()


def type_of(run_of: md.Pipeline, name: str = "x", table: str = "silver.t") -> str:
    return {found.name: found.type for found in run_of.lake.table(table).columns}[name]


def drift(run: md.records.Run) -> list[str]:
    return [said for step in run.steps for said in step.drift]


def test_a_file_with_another_type_leaves_the_values_of_the_others_alone(tmp_path: Path) -> None:
    write(tmp_path, "a", x=pa.array([ODD - 1, ODD]))
    running = pipeline(tmp_path, [{"deduplicate": {"key": "x"}}])
    running.run()
    assert column(running) == [ODD - 1, ODD]
    write(tmp_path, "b", x=pa.array([0.5, 9007199254740992.0]))
    run = running.run()
    assert column(running) == [str(ODD - 1), str(ODD), "0.5", "9007199254740992.0"]
    assert run.steps[0].sources == {"unchanged": 1, "new": 1, "retracted": 0}
    assert drift(run) == [
        "data/b.parquet: column 'x' is float64, but int64 in data/a.parquet; it is kept as text",
        "column 'x' was int64 and is text now",
    ]


def test_whole_numbers_that_a_double_holds_become_doubles(tmp_path: Path) -> None:
    write(tmp_path, "a", x=pa.array([1, None, -999_999_999_999_999]))
    write(tmp_path, "b", x=pa.array([0.5]))
    running = pipeline(tmp_path)
    running.run()
    assert (type_of(running), column(running)) == (
        "float64",
        [1.0, None, -999_999_999_999_999.0, 0.5],
    )


@pytest.mark.parametrize("policy", ["evolve", "discard", "freeze"])
def test_decimals_of_other_scales(tmp_path: Path, policy: str) -> None:
    write(tmp_path, "a", x=pa.array([Decimal(12)], pa.decimal128(38, 0)))
    write(tmp_path, "b", x=pa.array([Decimal("0.25")], pa.decimal128(38, 10)))
    running = pipeline(tmp_path, schema=policy)
    if policy == "freeze":
        what = r"b\.parquet: column 'x' is decimal\(38,10\), but decimal\(38,0\) in data/a\.parquet"
        with pytest.raises(SourceError, match=what):
            running.run()
        return
    running.run()
    assert (type_of(running), column(running)) == ("decimal(38,10)", [Decimal(12), Decimal("0.25")])
    write(tmp_path, "a", x=pa.array([Decimal(10**37)], pa.decimal128(38, 0)))
    running.run()
    assert (type_of(running), column(running)) == ("text", ["1" + "0" * 37, "0.2500000000"])


def test_frozen_columns_keep_their_types_from_run_to_run(tmp_path: Path) -> None:
    write(tmp_path, "a", x=pa.array([1]))
    running = pipeline(tmp_path, schema="freeze")
    running.run()
    write(tmp_path, "a", x=pa.array([1.5]))
    with pytest.raises(
        SourceError, match=r"a\.parquet: column 'x' is float64, but int64 in data/a\.parquet"
    ):
        running.run()
    write(tmp_path, "a", x=pa.array([2]))
    assert running.run().status == "succeeded"


@pytest.mark.parametrize(
    ("one", "other", "kept"),
    [
        (pa.array([1], pa.int8()), pa.array([2**40]), ("int64", [1, 2**40])),
        (pa.array([-1]), pa.array([2**64 - 1], pa.uint64()), ("decimal(20,0)", [-1, 2**64 - 1])),
        (pa.array([True]), pa.array([1]), ("text", ["true", "1"])),
        (
            pa.array([0.1], pa.float32()),
            pa.array([2**60]),
            ("text", ["0.10000000149011612", str(2**60)]),
        ),
        (pa.array([dt.date(2024, 1, 2)]), pa.array(["x"]), ("text", ["2024-01-02", "x"])),
        (
            pa.array([dt.date(2024, 1, 2)]),
            pa.array([dt.datetime(2024, 1, 2, 3)]),
            ("timestamp", [dt.datetime(2024, 1, 2), dt.datetime(2024, 1, 2, 3)]),
        ),
        (pa.nulls(1), pa.array([b"x"]), ("binary", [None, b"x"])),
        (pa.array([[1]]), pa.array([[]], pa.list_(pa.null())), ("list<int64>", [[1], []])),
        (
            pa.array([{"a": 1}]),
            pa.array([{"b": "y", "a": ODD}]),
            ("struct<a: int64, b: text>", [{"a": 1, "b": None}, {"a": ODD, "b": "y"}]),
        ),
        (
            pa.array([{"a": ODD}]),
            pa.array([{"a": 0.5}]),
            ("struct<a: text>", [{"a": str(ODD)}, {"a": "0.5"}]),
        ),
        (
            pa.array([{"a": [7]}]),
            pa.array([{"a": [0.5]}]),
            ("struct<a: list<float64>>", [{"a": [7.0]}, {"a": [0.5]}]),
        ),
        (
            pa.array(["k"]).dictionary_encode(),
            pa.array(["v"], pa.large_string()),
            ("text", ["k", "v"]),
        ),
    ],
)
def test_what_two_files_have_in_common(
    tmp_path: Path, one: Any, other: Any, kept: tuple[str, list[Any]]
) -> None:
    write(tmp_path, "a", x=one)
    write(tmp_path, "b", x=other)
    running = pipeline(tmp_path)
    running.run()
    assert type_of(running) == kept[0]
    assert column(running) == kept[1]
    assert column(running, table="bronze.t") == kept[1]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (pa.array([[1]]), pa.array(["x"])),
        (pa.array([{"a": 1}]), pa.array([[1]])),
        (pa.array([b"x"]), pa.array(["x"])),
        (pa.array([1]), pa.array([dt.date(2024, 1, 1)])),
        (pa.array([dt.datetime(2024, 1, 1)]), pa.array([dt.datetime(2024, 1, 1, tzinfo=dt.UTC)])),
        (pa.array([{"a": 1}]), pa.array([{"a": dt.date(2024, 1, 1)}])),
    ],
)
def test_what_no_type_holds_names_both_files_and_types(
    tmp_path: Path, one: Any, other: Any
) -> None:
    write(tmp_path, "a", x=one)
    write(tmp_path, "b", x=other)
    with pytest.raises(SourceError) as caught:
        pipeline(tmp_path).run()
    assert "data/b.parquet: the column 'x' is " in caught.value.message
    assert " in data/a.parquet; no type holds both exactly" in caught.value.message


def test_a_moment_beyond_the_wider_type_is_an_error_with_both_types(tmp_path: Path) -> None:
    write(tmp_path, "a", x=pa.array([dt.datetime(2500, 1, 1)], pa.timestamp("us")))
    write(tmp_path, "b", x=pa.array([1], pa.timestamp("ns")))
    with pytest.raises(
        SourceError, match=r"a\.parquet: .*'x' is timestamp, but timestamp\(ns\) in data/b\.parquet"
    ):
        pipeline(tmp_path).run()


def test_durations_and_wide_decimals_keep_every_digit(tmp_path: Path) -> None:
    wide = Decimal(f"{10**50 + 1}e-2")
    write(
        tmp_path,
        "a",
        d=pa.array([5_400_000_001, None], pa.duration("us")),
        x=pa.array([wide, None], pa.decimal256(60, 2)),
        n=[1, 2],
    )
    running = pipeline(tmp_path, [{"derive": {"later": "interval '1 day 00:00:00.000001'"}}])
    running.run()
    assert column(running, "d") == ["PT1H30M0.000001S", None]
    assert column(running, "x") == [str(wide), None]
    assert column(running, "later") == ["P1DT0.000001S"] * 2
    write(tmp_path, "a", x=pa.array([[wide]], pa.list_(pa.decimal256(60, 2))))
    with pytest.raises(
        SourceError, match=r"a\.parquet: column 'x' has nested values of type decimal256\(60, 2\)"
    ):
        running.run()


MICROSECONDS = pa.array([90_000_000], pa.duration("us"))


@pytest.mark.parametrize(
    ("one", "other", "types"),
    [
        (MICROSECONDS, pa.array(["PT1M"]), ("text", "duration[us]")),
        (
            MICROSECONDS,
            pa.array([Decimal(1)], pa.decimal256(60, 2)),
            ("decimal256(60, 2)", "duration[us]"),
        ),
        (
            pa.array([Decimal(1)], pa.decimal256(60, 2)),
            pa.array(["1.00"]),
            ("text", "decimal256(60, 2)"),
        ),
        (
            pa.array([1], pa.timestamp("ns", "UTC")),
            pa.array([1], pa.timestamp("us", "UTC")),
            ("timestamptz", "timestamptz(ns)"),
        ),
        (
            pa.array([[1]], pa.list_(pa.timestamp("ns", "UTC"))),
            pa.array([[1]], pa.list_(pa.timestamp("us", "UTC"))),
            ("list<timestamptz>", "list<timestamptz(ns)>"),
        ),
    ],
    ids=["duration, text", "duration, decimal256", "decimal256, text", "ns, us", "lists"],
)
@pytest.mark.parametrize("add", [{}, {"file": "name"}], ids=["plain", "added column"])
def test_frozen_columns_are_compared_by_their_types_in_the_files(
    tmp_path: Path, one: pa.Array, other: pa.Array, types: tuple[str, str], add: dict[str, str]
) -> None:
    write(tmp_path, "a", x=one)
    running = pipeline(tmp_path, schema="freeze", add=add)
    running.run()
    write(tmp_path, "b", x=other)
    difference = f"data/b.parquet: column 'x' is {types[0]}, but {types[1]} in data/a.parquet"
    with pytest.raises(SourceError, match=re.escape(difference)):
        running.run()
    evolving = pipeline(tmp_path, add=add)
    assert any(said.startswith(difference) for said in drift(evolving.run()))
    write(tmp_path, "b", x=one)
    assert running.run().status == "succeeded"


@pytest.mark.parametrize(
    ("one", "other", "types"),
    [
        ("0.1234567890123456789", '"text"', ("text", "number")),
        ("[0.1234567890123456789]", '["text"]', ("list<text>", "list<number>")),
        ("0.1234567890123456789", "0.5", ("float64", "number")),
        ('1},{"x":"1"', '"1"', ("text", "json")),
        (f'{ODD}}},{{"x":0.5', '"1"', ("text", "number")),
    ],
)
def test_frozen_json_columns_tell_text_from_what_is_read_as_text(
    tmp_path: Path, one: str, other: str, types: tuple[str, str]
) -> None:
    ndjson(tmp_path, "a", *f'{{"x":{one}}}'.replace("},{", "}\n{").splitlines())
    running = pipeline(tmp_path, schema="freeze")
    running.run()
    ndjson(tmp_path, "b", f'{{"x":{other}}}')
    difference = f"data/b.ndjson: column 'x' is {types[0]}, but {types[1]} in data/a.ndjson"
    with pytest.raises(SourceError, match=re.escape(difference)):
        running.run()


def test_a_column_of_nulls_has_the_type_of_the_others_next_to_an_added_column(
    tmp_path: Path,
) -> None:
    ndjson(tmp_path, "a", '{"x":null,"n":1}')
    ndjson(tmp_path, "b", '{"x":1.5,"n":1}')
    running = pipeline(tmp_path, schema="freeze", add={"file": "name"})
    running.run()
    assert (type_of(running), column(running)) == ("float64", [None, 1.5])


def test_integers_of_128_bits_are_kept_as_they_are(tmp_path: Path) -> None:
    write(tmp_path, "a", x=pa.array([2**62, 2**62, 2**62]))
    running = pipeline(tmp_path, [{"sql": "select sum(x) as x, [sum(x)] as l from rows"}])
    running.run()
    assert type_of(running) == "int128"
    assert column(running) == [3 * 2**62]
    assert column(running, "l") == [[3 * 2**62]]


def test_a_quarantined_row_is_shown_as_in_its_file(tmp_path: Path) -> None:
    write(tmp_path, "a", x=pa.array([ODD]), y=["1"])
    write(tmp_path, "b", x=pa.array([0.5]), y=["bad"])
    write(tmp_path, "c", x=pa.array([ODD]), y=["worse"])
    running = pipeline(tmp_path, [{"cast": {"y": "integer"}}])
    run = running.run()
    assert column(running) == [str(ODD)]
    (rejects,) = [file for step in run.steps for file in step.rejects]
    found = pq.read_table(tmp_path / "lake" / rejects.path).sort_by("file").to_pylist()
    assert [(reject["file"], reject["record"], reject["row"]) for reject in found] == [
        ("data/b.parquet", 1, '{"x":0.5,"y":"bad"}'),
        ("data/c.parquet", 1, f'{{"x":{ODD},"y":"worse"}}'),
    ]


def nested(levels: int, leaf: Any, around: Any) -> Any:
    return nested(levels - 1, around(leaf), around) if levels else leaf


@pytest.mark.parametrize(
    ("levels", "around"),
    [(10, lambda leaf: pa.list_(leaf)), (32, lambda leaf: pa.struct([("a", leaf)]))],
)
def test_depth_of_parquet_columns(tmp_path: Path, levels: int, around: Any) -> None:
    write(tmp_path, "a", x=pa.nulls(1, nested(levels, pa.int64(), around)))
    running = pipeline(tmp_path)
    running.run()
    assert column(running) == [None]
    write(tmp_path, "a", x=pa.nulls(1, nested(levels + 1, pa.int64(), around)))
    with pytest.raises(
        SourceError, match=r"a\.parquet: column 'x' nests too deeply: 32 levels .* 10 may be lists"
    ):
        running.run()


def test_depth_of_computed_columns(tmp_path: Path) -> None:
    write(tmp_path, "a", x=[1])
    with pytest.raises(md.errors.StepError, match=r"silver\.t.*column 'deep' nests too deeply"):
        pipeline(tmp_path, [{"derive": {"deep": "[" * 11 + "x" + "]" * 11}}]).run()


def ndjson(folder: Path, name: str, *lines: str) -> None:
    (folder / "data").mkdir(exist_ok=True)
    (folder / "data" / f"{name}.ndjson").write_text("\n".join(lines))


@pytest.mark.parametrize(
    ("empty", "value", "kept"),
    [
        ("[]", "[1]", ("list<int64>", [[], [1]])),
        ("{}", '{"a":1}', ("struct<a: int64>", [{"a": None}, {"a": 1}])),
        ("null", "[1]", ("list<int64>", [None, [1]])),
        ("null", "1.5", ("float64", [None, 1.5])),
        (
            '{"a":[]}',
            '{"a":[{"b":true}]}',
            ("struct<a: list<struct<b: boolean>>>", [{"a": []}, {"a": [{"b": True}]}]),
        ),
        ("[{}]", '[{"a":1}]', ("list<struct<a: int64>>", [[{"a": None}], [{"a": 1}]])),
        ("[null]", '["x"]', ("list<text>", [[None], ["x"]])),
        ("[]", "[[]]", ("list<list<text>>", [[], [[]]])),
        ("{}", "{}", ("text", ["{}", "{}"])),
    ],
)
def test_what_is_empty_in_one_file_has_the_type_of_the_others(
    tmp_path: Path, empty: str, value: str, kept: tuple[str, list[Any]]
) -> None:
    for order in ("ab", "ba"):
        for name, text in zip(order, (empty, value), strict=True):
            ndjson(tmp_path, name, f'{{"x":{text},"n":1}}')
        running = pipeline(tmp_path, schema="freeze")
        assert drift(running.run()) == []
        assert type_of(running) == kept[0]
        assert column(running) == (kept[1] if order == "ab" else kept[1][::-1])


def test_numbers_of_two_json_files(tmp_path: Path) -> None:
    ndjson(tmp_path, "a", '{"x":10,"y":{"z":[1]}}', '{"x":-3}')
    ndjson(tmp_path, "b", '{"x":9.99,"y":{"z":[0.5]}}')
    running = pipeline(tmp_path)
    running.run()
    assert (type_of(running), column(running)) == ("float64", [10.0, -3.0, 9.99])
    assert column(running, "y") == [{"z": [1.0]}, None, {"z": [0.5]}]
    ndjson(tmp_path, "c", f'{{"x":{ODD},"y":{{"z":[{ODD}]}}}}')
    running.run()
    assert (type_of(running), column(running)) == ("text", ["10", "-3", "9.99", str(ODD)])
    assert column(running, "y") == [{"z": ["1"]}, None, {"z": ["0.5"]}, {"z": [str(ODD)]}]


@pytest.mark.parametrize(
    "steps", [[{"sql": "select x / 0 as y from rows"}], [{"sql": "select 9 // x as y from rows"}]]
)
def test_a_division_by_zero_in_sql_is_an_error_of_its_step(
    tmp_path: Path, steps: list[Any]
) -> None:
    write(tmp_path, "a", x=[0])
    with pytest.raises(md.errors.StepError) as caught:
        pipeline(tmp_path, steps).run()
    assert caught.value.message.startswith("silver.t.steps[0].sql: ")
    assert "Division by zero in expression" in caught.value.message
    assert "nullif(divisor, 0)" in caught.value.hint


@pytest.mark.parametrize("call", ["running_sum(x)", "moving_sum(x, 2)", "sum(x)"])
def test_an_overflow_of_lazy_rows_names_its_step(tmp_path: Path, call: str) -> None:
    write(tmp_path, "a", x=[2**63 - 1, 1])
    window = {"window": {"order_by": "x", "columns": {"y": call}}}
    with pytest.raises(
        md.errors.StepError, match=r"^silver\.t\.steps\[1\]\.window: .*out of range"
    ):
        pipeline(tmp_path, ["trim", window, {"select": ["x", "y"]}]).run()


def test_a_row_that_cannot_be_computed_keeps_its_place_in_the_file(tmp_path: Path) -> None:
    write(tmp_path, "a", x=[4, 0, 2**62], y=[1.5, 2.0, 3.0])
    running = pipeline(tmp_path, [{"derive": {"d": "8 / x", "e": "x * 4"}}, {"filter": "d > 0"}])
    run = running.run()
    assert column(running, "d") == [2.0]
    (rejects,) = [file for step in run.steps for file in step.rejects]
    found = pq.read_table(tmp_path / "lake" / rejects.path).sort_by("record").to_pylist()
    assert [(row["record"], row["rule"], row["column"], row["value"]) for row in found] == [
        (2, "derive", "d", "0"),
        (3, "derive", "e", str(2**62)),
    ]


NUMBERS = st.one_of(
    st.integers(-5, 5), st.integers(ODD - 3, ODD + 3), st.integers(-(2**63), 2**63 - 1)
)
COLUMNS = st.one_of(
    st.tuples(st.just(pa.int64()), st.lists(NUMBERS, max_size=3)),
    st.tuples(st.just(pa.uint64()), st.lists(st.integers(0, 2**64 - 1), max_size=3)),
    st.tuples(st.just(pa.int8()), st.lists(st.integers(-128, 127), max_size=3)),
    st.tuples(
        st.just(pa.float64()), st.lists(NUMBERS.map(float) | st.floats(allow_nan=False), max_size=3)
    ),
    st.tuples(st.just(pa.float32()), st.lists(st.floats(width=32, allow_nan=False), max_size=3)),
    st.tuples(st.just(pa.decimal128(38, 0)), st.lists(NUMBERS.map(Decimal), max_size=3)),
    st.tuples(
        st.just(pa.decimal128(38, 10)),
        st.lists(st.sampled_from([Decimal("0.25"), Decimal(7)]), max_size=3),
    ),
    st.tuples(st.just(pa.decimal256(50, 2)), st.lists(NUMBERS.map(Decimal), max_size=3)),
    st.tuples(st.just(pa.string()), st.lists(st.sampled_from(["1", "true", ""]), max_size=3)),
    st.tuples(st.just(pa.bool_()), st.lists(st.booleans(), max_size=3)),
    st.tuples(st.just(pa.binary()), st.lists(st.binary(max_size=2), max_size=3)),
    st.tuples(st.just(pa.date32()), st.lists(st.dates(), max_size=3)),
    st.tuples(st.just(pa.timestamp("us")), st.lists(st.datetimes(), max_size=3)),
    st.tuples(
        st.just(pa.timestamp("us", "UTC")),
        st.lists(st.datetimes(timezones=st.just(dt.UTC)), max_size=3),
    ),
    st.tuples(st.just(pa.list_(pa.int64())), st.lists(st.lists(NUMBERS, max_size=2), max_size=3)),
    st.tuples(st.just(pa.null()), st.lists(st.none(), max_size=3)),
    st.tuples(
        st.sampled_from([pa.large_string(), pa.dictionary(pa.int32(), pa.string())]),
        st.lists(st.sampled_from(["1", "x", ""]), max_size=3),
    ),
    st.tuples(
        st.just(pa.struct([("a", pa.int64())])),
        st.lists(st.fixed_dictionaries({"a": NUMBERS}), max_size=3),
    ),
    st.tuples(
        st.just(pa.struct([("a", pa.float64())])),
        st.lists(st.fixed_dictionaries({"a": st.floats(allow_nan=False)}), max_size=3),
    ),
    st.tuples(st.just(pa.time64("us")), st.lists(st.times(), max_size=3)),
)


@settings(max_examples=25, suppress_health_check=[HealthCheck.too_slow])
@given(COLUMNS, COLUMNS)
def test_any_two_files_keep_their_values_or_fail(
    one: tuple[Any, list[Any]], other: tuple[Any, list[Any]]
) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for file, (type_, values) in zip("ab", (one, other), strict=True):
            write(folder, file, x=pa.array(values, type_))
        running, refusal = pipeline(folder), ""
        try:
            running.run()
        except (SourceError, md.errors.StepError) as error:
            refusal = error.message
        if refusal:
            assert "x" in refusal
            assert "data/a.parquet" in refusal
            assert " is " in refusal
            return
        values = [*one[1], *other[1]]
        assert all(same(kept, value) for kept, value in zip(column(running), values, strict=True))


def same(kept: Any, value: Any) -> bool:
    """Whether a kept value is the value itself, or the text of it."""
    if isinstance(kept, dict) and isinstance(value, dict):
        return kept.keys() == value.keys() and all(same(kept[key], value[key]) for key in value)
    if isinstance(kept, list) and isinstance(value, list):
        return len(kept) == len(value) and all(map(same, kept, value))
    if not isinstance(kept, str) or isinstance(value, str):
        day = type(value) is dt.date and type(kept) is dt.datetime
        return bool(kept == (dt.datetime.combine(value, dt.time()) if day else value))
    if isinstance(value, bool):
        return kept == str(value).lower()
    return (
        type(value).fromisoformat(kept) == value
        if isinstance(value, dt.date | dt.time)
        else type(value)(kept) == value
    )


@pytest.mark.parametrize(
    "values",
    [
        pa.array([dt.date(2024, 1, 31), dt.date(9999, 12, 31)]),
        pa.array([dt.datetime(1, 1, 1), dt.datetime(2024, 1, 31)], pa.timestamp("us")),
        pa.array([[dt.date(2024, 1, 31)], [dt.date(1600, 1, 1)]]),
        pa.array([{"d": dt.date(9999, 12, 31)}, None]),
    ],
    ids=["date", "timestamp", "list", "struct"],
)
@pytest.mark.parametrize(
    "layers", [["bronze"], ["bronze", "silver"]], ids=["bronze alone", "silver"]
)
def test_dates_outside_the_years_of_nanoseconds_fail_the_run(
    tmp_path: Path, values: pa.Array, layers: list[str]
) -> None:
    nanoseconds = pa.timestamp("ns")
    kinds = {"list": pa.list_(nanoseconds), "struct": pa.struct([("d", nanoseconds)])}
    of = (
        "list"
        if pa.types.is_list(values.type)
        else "struct"
        if pa.types.is_struct(values.type)
        else ""
    )
    write(tmp_path, "a", x=values)
    write(tmp_path, "b", x=pa.nulls(1, kinds.get(of, nanoseconds)))
    tables: dict[str, Any] = {
        "bronze": {"t": md.Source(source="data/*")},
        "silver": {"t": md.Table(from_={"t": "bronze.t"})},
    }
    declaration = md.Declaration(
        name="types", tables={name: tables[name] for name in layers}, sinks={}
    )
    running = md.Pipeline(declaration, base=tmp_path)
    with pytest.raises(SourceError, match=r"a\.parquet.* is .* in data/b\.parquet"):
        running.run()
    assert running.lake.current() is None


def test_dates_and_nanoseconds_that_fit_share_a_column(tmp_path: Path) -> None:
    write(tmp_path, "a", x=pa.array([dt.date(2024, 1, 31), None]), y=pa.nulls(2, pa.date32()))
    write(tmp_path, "b", x=pa.array([1], pa.timestamp("ns")), y=pa.array([1], pa.timestamp("ns")))
    running = pipeline(tmp_path)
    running.run()
    assert column(running) == [
        dt.datetime(2024, 1, 31),
        None,
        pa.scalar(1, pa.timestamp("ns")).as_py(),
    ]
    assert column(running, "y")[:2] == [None, None]


def test_nanoseconds_with_a_zone_are_cut_wherever_they_are(tmp_path: Path) -> None:
    moment, zone = 1_706_704_200_123_456_789, pa.timestamp("ns", "UTC")
    struct = pa.struct([("a", zone), ("b", pa.int64())])
    write(
        tmp_path,
        "a",
        x=pa.array([moment, -1, None], zone),
        list=pa.array([[moment, None], None, []], pa.list_(zone)),
        struct=pa.array([{"a": moment, "b": 1}, None, {"a": None, "b": 2}], struct),
        map=pa.array([[("k", moment)], None, []], pa.map_(pa.string(), zone)),
    )
    running = pipeline(tmp_path)
    running.run()
    cut = dt.datetime(2024, 1, 31, 12, 30, 0, 123456, dt.UTC)
    assert column(running) == [cut, dt.datetime(1969, 12, 31, 23, 59, 59, 999999, dt.UTC), None]
    assert column(running, "list") == [[cut, None], None, []]
    assert column(running, "struct") == [{"a": cut, "b": 1}, None, {"a": None, "b": 2}]
    assert column(running, "map") == [[("k", cut)], None, []]


@pytest.mark.parametrize(
    "day", [dt.time(12, 30), dt.date(9999, 12, 31), dt.datetime(1, 1, 1)], ids=str
)
def test_times_and_dates_that_meet_text_are_text(tmp_path: Path, day: Any) -> None:
    write(tmp_path, "a", x=pa.array([day, None]))
    write(tmp_path, "b", x=pa.array(["later"]))
    running = pipeline(tmp_path)
    running.run()
    assert column(running) == [str(day), None, "later"]


@pytest.mark.parametrize("step", ["sql", "derive"])
def test_a_time_with_an_offset_keeps_it_as_text(tmp_path: Path, step: str) -> None:
    write(tmp_path, "a", k=pa.array([1]))
    value = "'12:00:00+05'::timetz"
    steps = {"sql": {"sql": f"select {value} as x from t"}, "derive": {"derive": {"x": value}}}
    running = pipeline(tmp_path, [steps[step]])
    running.run()
    assert (type_of(running), column(running)) == ("text", ["12:00:00+05"])


def test_a_nested_time_with_an_offset_is_refused(tmp_path: Path) -> None:
    write(tmp_path, "a", k=pa.array([1]))
    with pytest.raises(StepError, match=r"'x' is list<timetz>, which cannot be stored"):
        pipeline(tmp_path, [{"sql": "select ['12:00:00+05'::timetz] as x from t"}]).run()
