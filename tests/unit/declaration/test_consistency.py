"""Faults between the parts of a declaration, each at its path."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from medallion.declaration.consistency import faults
from medallion.declaration.models import Declaration, Source, Table

Tables = Mapping[str, Mapping[str, Source | Table]]
SOURCE = Source(source="a.csv")


def found(tables: Tables, **fields: Any) -> list[tuple[str, str]]:
    """The place and message of every fault."""
    declaration = Declaration(**{"name": "shop", "tables": tables, "sinks": {}} | fields)
    return [(".".join(map(str, path)), message) for path, message in faults(declaration, Path())]


def test_a_valid_declaration_has_no_faults() -> None:
    tables: Tables = {
        "bronze": {"a": SOURCE},
        "silver": {"a": Table(from_="bronze.a"), "b": Table(from_="silver.a")},
        "gold": {"c": Table(from_=["silver.b", "bronze.a"])},
    }
    assert found(tables) == []


def test_a_declaration_without_tables_says_how_to_begin() -> None:
    ((place, message),) = found({})
    assert place == "tables"
    assert message.startswith("no table is declared; begin with `bronze: ")


def test_tables_of_an_unknown_layer_are_one_fault() -> None:
    tables: Tables = {
        "bronze": {"a": SOURCE},
        "sliver": {"a": Table(from_="bronze.a"), "b": Table(from_="gone.x")},
    }
    assert found(tables) == [("tables.sliver", "no layer 'sliver'; did you mean 'silver'?")]


def test_files_are_for_layers_that_keep_them_and_steps_for_the_others() -> None:
    tables: Tables = {
        "bronze": {"a": Table(from_="silver.b")},
        "silver": {"b": SOURCE},
    }
    assert (
        found(tables)
        == [
            ("tables.bronze.a.from", "layer 'bronze' keeps source files; write `source`"),
            (
                "tables.silver.b.source",
                "layer 'silver' is of type 'parquet', which cannot keep source files",
            ),
            ("tables.bronze.a.from", "a cycle: bronze.a → bronze.a"),
        ][:2]
    )


@pytest.mark.parametrize(
    ("table", "place", "message"),
    [
        (
            Table(from_="bronze.aa"),
            "tables.silver.t.from.aa",
            "no table 'bronze.aa'; did you mean 'bronze.a'?",
        ),
        (
            Table(from_={"x": "gold.g"}),
            "tables.silver.t.from.x",
            "'gold.g' is of a later layer; data only moves forward",
        ),
        (
            Table(from_="bronze.a", steps=["trim", {"join": {"with": "gold.g", "on": "id"}}]),
            "tables.silver.t.steps.1.join",
            "'gold.g' is of a later layer; data only moves forward",
        ),
        (
            Table(from_="bronze.a", expect=[{"references": {"id": "silver.none.id"}}]),
            "tables.silver.t.expect.0.references",
            "no table 'silver.none'",
        ),
    ],
)
def test_a_table_reads_only_tables_that_are_there_and_not_of_later_layers(
    table: Table, place: str, message: str
) -> None:
    tables: Tables = {
        "bronze": {"a": SOURCE},
        "silver": {"t": table},
        "gold": {"g": Table(from_="bronze.a")},
    }
    ((actual, text),) = found(tables)
    assert actual == place
    assert text.startswith(message)


def test_each_cycle_is_reported_once_with_its_way() -> None:
    tables: Tables = {
        "bronze": {"s": SOURCE},
        "silver": {
            "a": Table(from_="silver.b"),
            "b": Table(from_=["silver.c", "bronze.s"]),
            "c": Table(from_="silver.a"),
            "d": Table(from_=["silver.a", "silver.d"]),
            "e": Table(from_="silver.d"),
        },
    }
    assert found(tables) == [
        (
            "tables.silver.a.from",
            "a cycle: silver.a → silver.b → silver.c → silver.a",
        ),
        ("tables.silver.d.from", "a cycle: silver.d → silver.d"),
    ]


def test_a_long_chain_of_tables_is_followed() -> None:
    chain = {f"t{number}": Table(from_=f"silver.t{number + 1}") for number in range(3_000)}
    tables: Tables = {
        "bronze": {"s": SOURCE},
        "silver": {**chain, "t3000": Table(from_="bronze.s")},
    }
    assert found(tables) == []


def sink(**tables: Any) -> dict[str, Any]:
    return {"serving": {"url": "sqlite:a.db", "tables": tables}}


def test_a_sink_serves_tables_of_the_last_layer() -> None:
    tables: Tables = {
        "bronze": {"s": SOURCE},
        "silver": {"t": Table(from_="bronze.s")},
        "gold": {"totals": Table(from_="silver.t")},
    }
    sinks = sink(total={}, totals={"mode": "merge"})
    assert found(tables, sinks=sinks) == [
        (
            "sinks.serving.tables.total",
            "no table 'total' in the last layer; did you mean 'totals'?",
        ),
        (
            "sinks.serving.tables.totals.mode",
            "'merge' knows rows by their key; declare `key`",
        ),
    ]
    assert found(tables, sinks=sink(totals={"mode": "append", "key": "id"})) == []


def test_a_key_or_index_of_a_column_that_is_known_not_to_be_there_is_a_fault() -> None:
    tables: Tables = {
        "bronze": {"s": SOURCE},
        "gold": {"t": Table(from_="bronze.s", steps=[{"select": ["id", "day"]}])},
    }
    ((place, message),) = found(tables, sinks=sink(t={"key": "id", "indexes": [["day", "-dya"]]}))
    assert place == "sinks.serving.tables.t.indexes.0.1"
    assert "'dya'" in message
    assert "did you mean 'day'" in message


def test_a_name_that_the_database_cannot_serve_is_a_fault() -> None:
    tables: Tables = {
        "bronze": {"s": SOURCE},
        "gold": {"sqlite_stat": Table(from_="bronze.s")},
    }
    ((place, message),) = found(tables, sinks=sink())
    assert place == "tables.gold.sqlite_stat"
    assert message.startswith("the sink 'serving' cannot serve it: ")


def test_a_rule_on_files_needs_a_source_that_quarantines_them() -> None:
    rule = {"quarantined": {"at_most": 2, "of": "files"}}

    def tables(*sources: Source) -> Tables:
        bronze = {f"a{number}": source for number, source in enumerate(sources)}
        return {
            "bronze": bronze,
            "silver": {"b": Table(from_=[f"bronze.{name}" for name in bronze])},
            "gold": {"c": Table(from_="silver.b", expect=[rule])},
        }

    quarantining = Source(source="b.csv", unreadable="quarantine")
    place = "tables.gold.c.expect.0.quarantined"
    assert found(tables(SOURCE, quarantining)) == []
    reason = (
        "a file of bronze.a0 or bronze.a1 that cannot be read fails the run, and is not counted; "
        "declare `unreadable: quarantine` there"
    )
    assert found(tables(SOURCE, SOURCE)) == [(place, reason)]
    pulled = Source(source={"sql": {"url": "sqlite:///a.db", "table": "a"}})
    assert found(tables(pulled)) == [
        (place, "the table reads no source files that it could count; leave the rule out")
    ]
    assert found({"gold": {"c": Table(from_="gold.d", expect=[rule])}})[0][0].endswith("from.d")
