"""What a source adds to its files' columns, and files that are almost wholly quarantined."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

import medallion as md
from medallion.cli import main
from medallion.errors import SourceError


def pipeline(
    folder: Path, files: dict[str, str], steps: tuple[Any, ...] = (), **source: Any
) -> md.Pipeline:
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(content)
    declaration = md.Declaration(
        name="added",
        tables={
            "bronze": {"t": md.Source.model_validate({"source": "data/**/*.csv", **source})},
            "silver": {"t": md.Table(from_={"t": "bronze.t"}, steps=steps)},
        },
        sinks={},
    )
    return md.Pipeline(declaration, base=folder)


def rows(made: md.Pipeline, table: str = "silver.t") -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = made.lake.table(table).to_arrow().to_pylist()
    return found


HIVE = {
    "data/year=2024/month=01/a.csv": "id\n1\n2\n",
    "data/year=2024/month=02/b.csv": "id\n3\n",
    "data/year=__HIVE_DEFAULT_PARTITION__/month=a%2Fb/c.csv": "id\n4\n",
}


def test_folders_become_columns(tmp_path: Path) -> None:
    made = pipeline(
        tmp_path, HIVE, add={"year": "folder(year)", "month": "folder(month)", "near": "folder(1)"}
    )
    run = made.run()
    assert [(row["id"], row["year"], row["month"], row["near"]) for row in rows(made)] == [
        ("1", "2024", "01", "month=01"),
        ("2", "2024", "01", "month=01"),
        ("3", "2024", "02", "month=02"),
        ("4", None, "a/b", "month=a%2Fb"),
    ]
    assert not any(step.warnings for step in run.steps)
    assert made.run().status == "unchanged"


def test_folders_that_are_no_column_are_warned_of(tmp_path: Path) -> None:
    run = pipeline(tmp_path, HIVE, add={"year": "folder(year)"}).run()
    warnings = [warning for step in run.steps for warning in step.warnings]
    assert len(warnings) == 1
    assert "`add: {month: folder(month)}`" in warnings[0]


def test_file_and_record_become_columns_across_rejects(tmp_path: Path) -> None:
    ragged = "id,n\n1,a\nbroken\n3,c\n4,d\nbroken\nbroken\n7,g\n8,h\n"
    made = pipeline(
        tmp_path,
        {"data/a.csv": ragged},
        add={"file": "name", "path": "path", "at": "modified", "number": "record"},
    )
    os.utime(tmp_path / "data/a.csv", (1_700_000_000.5, 1_700_000_000.5))
    made.run()
    found = rows(made)
    assert [(row["id"], row["number"]) for row in found] == [
        ("1", 1),
        ("3", 3),
        ("4", 4),
        ("7", 7),
        ("8", 8),
    ]
    assert {(row["file"], row["path"]) for row in found} == {("a.csv", "data/a.csv")}
    assert found[0]["at"].astimezone(UTC) == datetime.fromtimestamp(1_700_000_000.5, UTC)
    os.utime(tmp_path / "data/a.csv", (1_600_000_000, 1_600_000_000))
    made.run()
    assert rows(made)[0]["at"].astimezone(UTC) == datetime.fromtimestamp(1_600_000_000, UTC)


def test_files_of_one_content_keep_their_own_names(tmp_path: Path) -> None:
    made = pipeline(
        tmp_path, {"data/a.csv": "id\n1\n", "data/b.csv": "id\n1\n"}, add={"file": "name"}
    )
    made.run()
    assert [row["file"] for row in rows(made)] == ["a.csv", "b.csv"]


def test_aliases_make_one_column_of_several_names(tmp_path: Path) -> None:
    files = {
        "data/a.csv": "customer_id,n\n1,a\n",
        "data/b.csv": "Cust_ID,n\n2,b\n",
        "data/c.csv": "n,kunde\nc,3\n",
    }
    made = pipeline(tmp_path, files, aliases={"customer_id": ["cust_id", "kunde"]}, schema="freeze")
    made.run()
    assert [(row["customer_id"], row["n"]) for row in rows(made)] == [
        ("1", "a"),
        ("2", "b"),
        ("3", "c"),
    ]


def test_an_alias_makes_one_column_of_names_that_differ_in_case(tmp_path: Path) -> None:
    files = {"data/a.csv": "id,n\n1,a\n", "data/b.csv": "ID,n\n2,b\n"}
    with pytest.raises(SourceError, match=r"'ID' is 'id' in data/a\.csv") as caught:
        pipeline(tmp_path, files).run()
    assert "declare `aliases: {id: ID}`" in caught.value.hint
    made = pipeline(tmp_path, files, aliases={"id": "ID"})
    made.run()
    assert [(row["id"], row["n"]) for row in rows(made)] == [("1", "a"), ("2", "b")]


@pytest.mark.parametrize(
    ("content", "source", "says"),
    [
        (
            "id,file\n1,x\n",
            {"add": {"file": "name"}},
            "data/a.csv: the column 'file' would be called 'file'",
        ),
        (
            "id,nr\n1,2\n",
            {"aliases": {"id": ["nr"]}},
            "data/a.csv: the column 'nr' would be called 'id'",
        ),
        ("id,n\n1,2\n", {"add": {"year": "folder(year)"}}, "data/a.csv: is not in a folder"),
        ("id,n\n1,2\n", {"add": {"up": "folder(3)"}}, "data/a.csv: is not in a folder"),
    ],
)
def test_what_cannot_be_added_names_the_file(
    tmp_path: Path, content: str, source: dict[str, Any], says: str
) -> None:
    with pytest.raises(SourceError, match=says.replace("(", r"\(")) as caught:
        pipeline(tmp_path, {"data/a.csv": content}, **source).run()
    assert caught.value.hint or "→" in str(caught.value)


@pytest.mark.parametrize(
    "source",
    [
        {"add": {"x": "folder"}},
        {"add": {"_row": "name"}},
        {"aliases": {"a": ["x"], "b": ["X"]}},
        {"aliases": {"a": ["b"], "b": ["c"]}},
    ],
)
def test_declarations_that_are_refused(source: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        md.Source.model_validate({"source": "a.csv", **source})


YAML = """\
name: months
tables:
  bronze:
    t: {source: "data/*.csv"}
  silver:
    t:
      from: bronze.t
      expect:
        - {not_null: amount, on_fail: quarantine}
        - {quarantined: {at_most: 60%}}
"""


def test_a_file_of_which_most_is_quarantined_is_reported_everywhere(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "data").mkdir()
    for month in range(1, 4):
        (tmp_path / f"data/{month}.csv").write_text("id,amount\n1,5\n2,6\n")
    (tmp_path / "data/4.csv").write_text("id,betrag\n1,5\n2,6\n3,7\n")
    (tmp_path / "medallion.yaml").write_text(YAML)
    told = "data/4.csv: 3 of its 3 rows are in quarantine, most by not_null amount"
    made = md.Pipeline.load(tmp_path / "medallion.yaml")
    run = made.run()
    assert any(told in warning for step in run.steps for warning in step.warnings)
    assert not any("data/1.csv" in warning for step in run.steps for warning in step.warnings)
    again = made.run()
    assert again.status == "unchanged"
    assert any(
        told in warning for step in made.lake.run(again.id).steps for warning in step.warnings
    )
    monkeypatch.setenv("MEDALLION_CONFIG", str(tmp_path / "medallion.yaml"))
    for command in (["run"], ["status"], ["plan"], ["plan", "--json"]):
        with pytest.raises(SystemExit) as ended:
            main(command)
        assert ended.value.code == 0
        assert told in " ".join(capsys.readouterr().out.split()), command
