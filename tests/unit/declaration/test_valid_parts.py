"""What is left of a declaration with problems."""

from __future__ import annotations

from pathlib import Path

from medallion.declaration.loader import load_parts
from medallion.declaration.models import Source, Table
from medallion.declaration.valid_parts import valid_declaration

TABLE = Table(from_="bronze.a")


def test_a_table_with_problems_keeps_its_place() -> None:
    tables = {"bronze": {"a": None}, "silver": {"b": TABLE, "c": None}}
    declaration = valid_declaration({"tables": tables, "sections": {"api": None}})
    assert declaration is not None
    assert declaration.names() == ["bronze.a", "silver.b", "silver.c"]
    assert isinstance(declaration.table("bronze.a"), Source)
    assert declaration.table("silver.b") is TABLE
    assert (declaration.sinks, declaration.sections, declaration.lake) == ({}, {}, "lake")


def test_without_layers_or_tables_there_is_too_little() -> None:
    assert valid_declaration({"tables": {"bronze": {}}, "sections": {}}) is None
    broken = {"layers": {"bronze": None}, "tables": {"bronze": {"a": None}}, "sections": {}}
    assert valid_declaration(broken) is None


def test_tables_that_are_not_complete_are_named(tmp_path: Path) -> None:
    file = tmp_path / "medallion.yaml"
    file.write_text(
        "name: shop\n"
        "tables:\n"
        "  bronze: {a: {source: a.csv}}\n"
        "  silver: {b: {from: bronze.a, steps: [trimm]}, c: {from: bronze.none}}\n"
    )
    parts = load_parts(file)
    assert parts.broken == {"silver.b"}
    assert [problem.path for problem in parts.problems] == [
        "tables.silver.b.steps[0]",
        "tables.silver.c.from",
    ]
