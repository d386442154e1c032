"""The records of source files: a bronze table is the same however its files are grouped."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import medallion as md
from medallion.errors import SourceError
from medallion.kernel import partition_groups
from medallion.ops import repair, verify
from medallion.records import Snapshot

DATES = "select date '{}' as d, {} as n"


def pipeline(folder: Path, pattern: str, **source: Any) -> md.Pipeline:
    tables = {
        "bronze": {"t": md.Source(source=pattern, **source)},
        "silver": {"t": md.Table(from_="bronze.t")},
    }
    return md.Pipeline(md.Declaration(name="t", tables=tables, sinks={}), base=folder)


def table(pipeline: md.Pipeline) -> dict[str, Any]:
    """What a bronze table has after a run, or why there is none."""
    try:
        run = pipeline.run()
    except SourceError as error:
        return {"error": error.message}
    snapshot = pipeline.lake.table("bronze.t").snapshot
    sources = [
        source.model_dump(include={"name", "sha256", "form", "columns", "rows", "quarantined"})
        for source in snapshot.sources
    ]
    rejects = pipeline.lake.quarantine("bronze.t").to_arrow().to_pylist()
    return {
        "rows": pipeline.lake.table("silver.t").to_arrow().to_pylist(),
        "columns": snapshot.columns,
        "sources": sources,
        "tallies": snapshot.tallies,
        "warnings": snapshot.warnings,
        "drift": next(step.drift for step in run.steps if step.table == "bronze.t"),
        "rejects": [{**reject, "run": ""} for reject in rejects],
    }


def both_ways(tmp_path: Path, contents: dict[str, bytes], **source: Any) -> dict[str, Any]:
    """The table of files in one group, which is equal to that of a group for each file."""
    tables = []
    for name, size in (("together", partition_groups.SMALL), ("alone", 1)):
        folder = tmp_path / name
        (folder / "in").mkdir(parents=True)
        for file, data in contents.items():
            (folder / "in" / file).write_bytes(data)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(partition_groups, "SMALL", size)
            patch.setattr(partition_groups, "FILES", 1 << 30)
            tables.append(table(pipeline(folder, "in/*", **source)))
    assert tables[0] == tables[1]
    return tables[0]


def numbered(suffix: str, *contents: bytes) -> dict[str, bytes]:
    return {f"{number}.{suffix}": content for number, content in enumerate(contents)}


def test_csv_files_some_of_which_have_faults(tmp_path: Path) -> None:
    plain = [b"a,b\n%d,x\n%d,\n" % (number, number + 1) for number in range(5)]
    others = [b"a,b\n1\n2,3\n4,5\n", b"b,a\n6,7\n", b'a,b\n"8\n",9\n', b"a,b,c\n1,2,3\n", b"a,b\n"]
    result = both_ways(tmp_path, numbered("csv", *plain, *others))
    assert len(result["rows"]) == 15
    assert len(result["rejects"]) == 1
    assert result["warnings"] == ("in/9.csv: has a header but no records",)


def test_all_files_that_cannot_be_read_are_named(tmp_path: Path) -> None:
    contents = numbered("csv", b"a,b\n1,2\n", b"", b"a,b\n1,2\n", b"a,a\n1,2\n")
    error = both_ways(tmp_path, contents)["error"]
    assert "in/1.csv: is empty" in error
    assert "in/3.csv: duplicate column name" in error


@pytest.mark.parametrize(
    ("contents", "kind"),
    [
        ([b'[{"a": 1}]', b'[{"a": 2}]', b'[{"a": 1.5}]', b'[{"a": 2.5}]'], "float64"),
        ([b'[{"a": 1}]', b'[{"a": 9007199254740993}]', b'[{"a": 1.5}]'], "text"),
        ([b'[{"a": 1}]', b'[{"a": null}]', b'[{"a": 2, "b": []}]'], "int64"),
        ([b'[{"a": {"b": 1}}]', b'[{"a": {"b": 2}}]', b'[{"a": {"b": 0.5}}]'], "struct"),
    ],
)
def test_types_of_json_files(tmp_path: Path, contents: list[bytes], kind: str) -> None:
    result = both_ways(tmp_path, numbered("json", *contents))
    assert result["columns"][0].type.startswith(kind)


def parquet(folder: Path, query: str) -> bytes:
    import duckdb

    file = folder / "made.parquet"
    with duckdb.connect() as connection:
        connection.execute(f"copy ({query}) to '{file}' (format parquet)").fetchall()
    return file.read_bytes()


def test_dates_outside_the_years_of_the_common_type_name_their_file(tmp_path: Path) -> None:
    years = ["2024-01-01", "2025-01-01", "0950-01-01", "2026-01-01"]
    contents = [parquet(tmp_path, f"select date '{year}' as d") for year in years]
    contents.append(parquet(tmp_path, "select timestamp_ns '2024-01-01 00:00:00' as d"))
    error = both_ways(tmp_path, numbered("parquet", *contents))["error"]
    assert "in/2.parquet: the column 'd' is date" in error


def test_numbers_whose_bounds_are_unknown_in_one_file(tmp_path: Path) -> None:
    values = ["1::bigint", "2::bigint", "null::bigint", "1.5::double"]
    contents = [parquet(tmp_path, f"select {value} as n, 1 as one") for value in values]
    assert both_ways(tmp_path, numbered("parquet", *contents))["rows"]


def test_facts_of_each_file_are_added(tmp_path: Path) -> None:
    contents = numbered("csv", *(b"a,b\n%d,x\n1,y\n" % number for number in range(4)))
    rows = both_ways(tmp_path, contents, add={"file": "name", "line": "record"})["rows"]
    assert [(row["file"], row["line"]) for row in rows][:3] == [
        ("0.csv", 1),
        ("0.csv", 2),
        ("1.csv", 1),
    ]


@pytest.fixture
def grouped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> md.Pipeline:
    """A published table of 60 files in several groups."""
    monkeypatch.setattr(partition_groups, "FILES", 8)
    (tmp_path / "in").mkdir()
    for number in range(60):
        (tmp_path / f"in/{number:02}.csv").write_text(f"a,b\n{number},x\n{number},y\n")
    pipelined = pipeline(tmp_path, "in/*.csv")
    pipelined.run()
    return pipelined


def snapshot(pipelined: md.Pipeline) -> Snapshot:
    return pipelined.lake.table("bronze.t").snapshot


def records(pipelined: md.Pipeline) -> set[str]:
    return {source.records for source in snapshot(pipelined).sources}


def objects(pipelined: md.Pipeline) -> set[str]:
    folder = Path(pipelined.base) / "lake/bronze/t/records"
    return {f"t/records/{file.name}" for file in folder.iterdir()}


def rows(pipelined: md.Pipeline) -> list[tuple[str, str]]:
    listed = pipelined.lake.table("silver.t").to_arrow().to_pylist()
    return [(row["a"], row["b"]) for row in listed]


def expected(pipelined: md.Pipeline) -> list[tuple[str, str]]:
    lines = [
        line.split(",")
        for file in sorted((Path(pipelined.base) / "in").iterdir())
        for line in file.read_text().splitlines()[1:]
    ]
    return [(a, b) for a, b in lines]


def test_files_share_few_objects(grouped: md.Pipeline) -> None:
    assert 3 < len(records(grouped)) < 20
    assert len(objects(grouped)) == 2 * len(records(grouped))
    assert rows(grouped) == expected(grouped)


@pytest.mark.parametrize("change", ["changed", "retracted", "renamed", "first", "touched"])
def test_a_change_parses_its_group_again_and_no_other(grouped: md.Pipeline, change: str) -> None:
    before, folder = records(grouped), Path(grouped.base) / "in"
    if change == "changed":
        (folder / "30.csv").write_text("a,b\n30,z\n")
    elif change == "retracted":
        (folder / "30.csv").unlink()
    elif change == "renamed":
        (folder / "30.csv").rename(folder / "30b.csv")
    elif change == "first":
        (folder / "!.csv").write_text("a,b\n-1,z\n")
    else:
        (folder / "30.csv").touch()
    grouped.run()
    assert len(records(grouped) - before) <= {"renamed": 2, "touched": 0}.get(change, 1)
    assert rows(grouped) == expected(grouped)


def test_shared_records_are_kept_while_a_release_needs_them(grouped: md.Pipeline) -> None:
    folder = Path(grouped.base) / "in"
    first = rows(grouped)
    (folder / "30.csv").write_text("a,b\n30,z\n")
    grouped.run()
    both = objects(grouped)
    grouped.roll_back()
    assert rows(grouped) == first
    grouped.run()
    retained = grouped.declaration.layers["silver"].retain
    for number in range(retained + 1):
        (folder / "30.csv").write_text(f"a,b\n30,{number}\n")
        grouped.run()
    grouped.collect()
    assert rows(grouped) == expected(grouped)
    assert not both <= objects(grouped)
    assert not verify.Inspection(grouped, thorough=True).damages


@pytest.mark.parametrize("kind", [".parquet", ".json"])
@pytest.mark.parametrize("fault", ["lost", "flipped"])
def test_damaged_shared_records_are_parsed_again(
    grouped: md.Pipeline, kind: str, fault: str
) -> None:
    before = rows(grouped)
    folder = Path(grouped.base) / "lake/bronze/t/records"
    file = sorted(folder.glob(f"*{kind}"))[2]
    if fault == "lost":
        file.unlink()
    else:
        data = bytearray(file.read_bytes())
        data[len(data) // 2] ^= 4
        file.write_bytes(data)
    (damage,) = verify.Inspection(grouped, thorough=True).damages
    assert file.name in damage.path
    assert [each.outcome for each in repair.repair(grouped)] == ["recompute"]
    grouped.run()
    assert not verify.Inspection(grouped, thorough=True).damages
    assert rows(grouped) == before


def test_groups_of_files_with_the_same_bytes_keep_all_rows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(partition_groups, "FILES", 2)
    (tmp_path / "in").mkdir()
    for number in range(30):
        (tmp_path / f"in/{number:02}.csv").write_text("a,b\n1,x\n2,y\n3\n")
    same = pipeline(tmp_path, "in/*.csv")
    figures = md.Table.model_validate(
        {"from": "bronze.t", "steps": [{"aggregate": {"by": "a", "metrics": {"n": "count()"}}}]}
    )
    tables = {**same.declaration.tables, "gold": {"counts": figures}}
    same = md.Pipeline(same.declaration.model_copy(update={"tables": tables}), base=tmp_path)
    same.run()
    assert len(records(same)) < 30
    assert rows(same) == [("1", "x"), ("2", "y")] * 30
    counts = same.lake.table("gold.counts").to_arrow().to_pylist()
    assert [(row["a"], row["n"]) for row in counts] == [("1", 30), ("2", 30)]
    rejects = same.lake.quarantine("bronze.t").to_arrow().to_pylist()
    assert len({reject["file"] for reject in rejects}) == 30


def test_a_file_of_another_suffix_is_read_by_its_rules(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    for name in ("a.csv", "b.csv"):
        (tmp_path / "in" / name).write_text("a,b\tc\n1,2\n")
    mixed = pipeline(tmp_path, "in/*")
    mixed.run()
    assert [column.name for column in snapshot(mixed).columns] == ["a", "b\tc"]
    (tmp_path / "in/a.csv").rename(tmp_path / "in/a.tsv")
    with pytest.raises(SourceError, match=r"in/a\.tsv"):
        mixed.run()


@pytest.mark.parametrize("dialect", [{"delimiter": "1"}, {"quote": "1"}, {"quote": "0"}])
def test_digits_as_marks_of_a_dialect(tmp_path: Path, dialect: dict[str, str]) -> None:
    contents = numbered(".csv", b"a1b\nx1y\nz1w\n", b"a1b\nx1y\n")
    if "quote" in dialect:
        contents = numbered(".csv", b"a,b\nx,y\nz,w\n", b"a,b\nx,y\n")
    form = {"csv": dialect}
    assert len(both_ways(tmp_path, contents, format=form)["rows"]) == 3
