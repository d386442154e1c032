"""`medallion check`: a summary of a valid declaration, or every problem of an invalid one."""

from __future__ import annotations

from pathlib import Path

from tests.unit.cli.conftest import Call


def test_a_valid_declaration_is_summed_up_and_nothing_is_written(
    call: Call, unpublished: Path
) -> None:
    before = sorted(unpublished.rglob("*"))
    result = call(unpublished, "check")
    path = unpublished / "medallion.yaml"
    summary = f"{path} is valid: 2 tables (1 bronze, 0 silver, 1 gold), 1 sink\n"
    assert result == (0, summary, "")
    assert sorted(unpublished.rglob("*")) == before


def test_json_lists_the_tables_of_each_layer(call: Call, unpublished: Path) -> None:
    assert call(unpublished, "check", "--json").json == {
        "path": str(unpublished / "medallion.yaml"),
        "name": "shop",
        "tables": {"bronze": ["clients"], "silver": [], "gold": ["clients"]},
        "sinks": ["serving"],
        "columns": {
            "bronze.clients": {"id": "text", "name": "text", "age": "text"},
            "gold.clients": {"id": "int64", "name": "text", "age": "int64"},
        },
        "unknown": {},
    }


def test_tables_whose_columns_are_not_known_are_named(call: Call, unpublished: Path) -> None:
    (unpublished / "clients.csv").unlink()
    result = call(unpublished, "check")
    assert (result.code, result.err) == (0, "")
    assert result.out.splitlines()[1:] == [
        "bronze.clients: its columns are not known before a run: no file matches clients.csv",
        "gold.clients: its columns are not known before a run: those of bronze.clients are not",
    ]


def test_every_problem_is_printed_with_its_place(call: Call, unpublished: Path) -> None:
    file = unpublished / "medallion.yaml"
    text = file.read_text().replace("from: bronze.clients", "from: bronze.client")
    file.write_text(text.replace("deduplicate", "dedupe"))
    result = call(unpublished, "check")
    assert (result.code, result.out) == (2, "")
    problems = result.err.splitlines()
    assert problems[0] == "error: 2 problems in the declaration"
    places = [problem.partition(" ")[0] for problem in problems[1:]]
    assert places == [f"{file}:7:13:", f"{file}:9:11:"]


def test_a_lake_of_another_pipeline_is_refused(call: Call, published: Path) -> None:
    file = published / "medallion.yaml"
    file.write_text(file.read_text().replace("name: shop", "name: store"))
    result = call(published, "check")
    assert (result.code, result.out) == (2, "")
    assert "medallion adopt" in result.err


def test_a_misspelt_column_is_a_problem_of_the_declaration(call: Call, unpublished: Path) -> None:
    file = unpublished / "medallion.yaml"
    file.write_text(file.read_text().replace("age: integer", "agee: integer"))
    result = call(unpublished, "check")
    assert (result.code, result.out) == (2, "")
    assert f"{file}:10:31: " in result.err
    assert "no column 'agee'; did you mean 'age'?" in result.err
    assert call(unpublished, "run").code == 1
