"""Several patterns for one table, files that are left out, and tables without files."""

from __future__ import annotations

from pathlib import Path

import pytest

import medallion as md
from medallion.errors import DeclarationError, SourceError

YAML = """
name: patterns
tables:
  bronze:
    orders:
      source: [old/*.csv, "new/**/*.csv", old/a.csv]
      exclude: ["**/draft*.csv", new/broken/**]
      columns: [id]
      missing: {missing}
  gold:
    orders: {{from: bronze.orders, steps: [{{cast: {{id: integer}}}}]}}
"""
FILES = {
    "old/a.csv": "id\n1\n",
    "old/draft.csv": "id\n90\n",
    "new/b.csv": "id\n2\n",
    "new/deep/c.csv": "id\n3\n",
    "new/deep/draft_c.csv": "id\n91\n",
    "new/broken/d.csv": "\x00\n",
}


def project(folder: Path, missing: str = "fail") -> md.Pipeline:
    for name, text in FILES.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    (folder / "medallion.yaml").write_text(YAML.format(missing=missing))
    return md.Pipeline.load(folder / "medallion.yaml")


def ids(pipeline: md.Pipeline) -> list[int]:
    return sorted(row["id"] for row in pipeline.store().find("orders", md.Query()).rows)


def test_a_file_counts_once_and_excluded_ones_do_not(tmp_path: Path) -> None:
    pipeline = project(tmp_path)
    run = pipeline.run()
    assert run.steps[0].sources["new"] == 3
    assert ids(pipeline) == [1, 2, 3]
    assert pipeline.run().status == "unchanged"
    (tmp_path / "new/draft_e.csv").write_text("id\n92\n")
    (tmp_path / "new/e.csv").write_text("id\n4\n")
    (tmp_path / "old/a.csv").unlink()
    sources = pipeline.run().steps[0].sources
    assert (sources["new"], sources["retracted"], sources["unchanged"]) == (1, 1, 2)
    assert ids(pipeline) == [2, 3, 4]


def test_a_table_may_have_no_file(tmp_path: Path) -> None:
    pipeline = project(tmp_path, "allow")
    pipeline.run()
    for name in FILES:
        (tmp_path / name).unlink()
    assert pipeline.run().status == "succeeded"
    assert ids(pipeline) == []
    assert pipeline.run().status == "unchanged"
    (tmp_path / "old/a.csv").write_text("id\n7\n")
    pipeline.run()
    assert ids(pipeline) == [7]


def test_a_table_may_never_have_had_a_file(tmp_path: Path) -> None:
    (tmp_path / "medallion.yaml").write_text(YAML.format(missing="allow"))
    pipeline = md.Pipeline.load(tmp_path / "medallion.yaml")
    assert pipeline.run().status == "succeeded"
    assert ids(pipeline) == []


def test_no_file_names_all_places(tmp_path: Path) -> None:
    (tmp_path / "medallion.yaml").write_text(YAML.format(missing="fail"))
    with pytest.raises(SourceError, match=r"no file matches old/\*\.csv, new/\*\*/\*\.csv"):
        md.Pipeline.load(tmp_path / "medallion.yaml").run()


def test_a_table_without_files_needs_columns(tmp_path: Path) -> None:
    text = YAML.format(missing="allow").replace("      columns: [id]\n", "")
    (tmp_path / "medallion.yaml").write_text(text)
    with pytest.raises(DeclarationError, match="`missing: allow` needs `columns`"):
        md.Pipeline.load(tmp_path / "medallion.yaml")


def test_each_pattern_has_its_own_place_in_errors(tmp_path: Path) -> None:
    text = YAML.format(missing="fail").replace("old/a.csv]", "oss://bucket/a.csv]")
    (tmp_path / "medallion.yaml").write_text(text)
    with pytest.raises(
        DeclarationError, match=r"medallion\.yaml:6:.*oss://bucket/a\.csv is neither"
    ):
        md.Pipeline.load(tmp_path / "medallion.yaml")
