"""The declaration in Python: its short forms, its defaults and its names."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from medallion.contracts import Sink
from medallion.declaration.models import (
    Declaration,
    Heading,
    ServedTable,
    SinkDeclaration,
    Source,
    Table,
    sink_declaration,
)
from medallion.expectations.not_null import NotNull
from medallion.formats.csv import Csv
from medallion.transforms.trim import Trim


def declare(**fields: Any) -> Declaration:
    tables = {
        "gold": {"stats": Table(from_="silver.clients")},
        "silver": {"clients": Table(from_="bronze.clients")},
        "bronze": {"clients": Source(source="clients.csv")},
    }
    return Declaration(**{"name": "shop", "tables": tables} | fields)


@pytest.mark.parametrize("name", ["a", "A1_b", "x" * 60])
def test_names_begin_with_a_letter(name: str) -> None:
    assert Heading(name=name).name == name
    assert Heading(name=name).lake == "lake"


@pytest.mark.parametrize("name", ["", "1a", "_a", "a-b", "a b", "é", "a\n", "x" * 61])
def test_other_names_are_refused(name: str) -> None:
    with pytest.raises(ValidationError):
        Heading(name=name)


def test_a_source_has_its_format_from_a_name_a_mapping_or_an_object() -> None:
    for value in ("csv", {"csv": {"delimiter": ","}}, Csv(delimiter=",")):
        assert isinstance(Source(source="a.csv", format=value).format, Csv)
    assert Source(source="a.csv").format is None
    assert Source.model_validate({"source": "a", "schema": "freeze"}).schema_policy == "freeze"
    with pytest.raises(ValidationError):
        Source(source="")


def test_a_table_names_its_inputs_by_alias() -> None:
    assert Table(from_="silver.clients").from_ == {"clients": "silver.clients"}
    both = Table(from_=["silver.clients", "gold.stats"])
    assert both.from_ == {"clients": "silver.clients", "stats": "gold.stats"}
    assert Table(from_={"c": "silver.clients"}).from_ == {"c": "silver.clients"}
    with pytest.raises(ValidationError, match="two tables have the alias 'CLIENTS'"):
        Table(from_=["gold.CLIENTS", "silver.clients"])
    with pytest.raises(ValidationError):
        Table(from_=[])


def test_steps_and_rules_are_plugins_and_a_rule_may_have_an_on_fail() -> None:
    table = Table(
        from_="bronze.a",
        steps=["trim", {"trim": ["x"]}, Trim()],
        expect=[{"not_null": "x", "on_fail": "drop"}, NotNull(columns=("y",))],
    )
    assert [type(step) for step in table.steps] == [Trim] * 3
    assert [(rule.on_fail, type(rule)) for rule in table.expect] == [
        ("drop", NotNull),
        ("fail", NotNull),
    ]
    with pytest.raises(Exception, match="trimm"):
        Table(from_="bronze.a", steps=["trimm"])


def test_a_table_reads_what_its_steps_and_rules_name() -> None:
    table = Table(
        from_={"o": "silver.orders"},
        steps=[{"join": {"with": "silver.clients", "on": "client_id"}}],
        expect=[
            {"references": {"client_id": "silver.clients.client_id"}},
            {"references": {"order_id": "silver.orders.order_id"}},
        ],
    )
    assert table.reads() == {"o": "silver.orders", "silver.clients": "silver.clients"}


def test_a_served_table_lists_every_column_it_names_with_its_place() -> None:
    table = ServedTable(key="id", indexes=["day", ["country", "-total"]])
    assert (table.key, table.indexes) == (("id",), (("day",), ("country", "-total")))
    assert list(table.columns()) == [
        (("key", 0), "id"),
        (("indexes", 0, 0), "day"),
        (("indexes", 1, 0), "country"),
        (("indexes", 1, 1), "total"),
    ]
    assert list(ServedTable().columns()) == []


def test_a_sink_is_found_by_the_scheme_of_its_url_or_by_its_type() -> None:
    declared = sink_declaration("serving", {"url": "sqlite:a.db", "tables": {"t": {"key": "id"}}})
    assert isinstance(declared, SinkDeclaration)
    assert (declared.sink.name, declared.sink.label) == ("sqlite", "serving")
    assert declared.tables == {"t": ServedTable(key=("id",))}
    typed = sink_declaration("serving", {"type": "sqlite", "url": "sqlite:a.db", "tables": None})
    assert isinstance(typed, SinkDeclaration)
    assert (typed.sink, typed.tables) == (declared.sink, {})
    assert sink_declaration("serving", declared) is declared
    assert sink_declaration("serving", "sqlite:a.db") == "sqlite:a.db"


def test_the_defaults_are_three_layers_one_database_and_duckdb(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("MEDALLION_STORE", raising=False)
    monkeypatch.delenv("MEDALLION_ENGINE", raising=False)
    declaration = declare()
    layers = {name: layer.name for name, layer in declaration.layers.items()}
    assert layers == {"bronze": "raw", "silver": "parquet", "gold": "parquet"}
    sinks: dict[str, Sink] = {label: sink.sink for label, sink in declaration.sinks.items()}
    assert {label: sink.name for label, sink in sinks.items()} == {"serving": "sqlite"}
    assert declaration.engine.name == "duckdb"
    monkeypatch.setenv("MEDALLION_STORE", "sqlite:other.db")
    assert declare().sinks["serving"].sink.url == "sqlite:other.db"


def test_tables_are_in_the_order_of_layers_and_the_last_layer_is_served() -> None:
    declaration = declare()
    assert declaration.names() == ["bronze.clients", "silver.clients", "gold.stats"]
    assert declaration.served() == ["gold.stats"]
    assert declaration.table("silver.clients") == Table(from_="bronze.clients")
    with pytest.raises(KeyError):
        declaration.table("silver.stats")
    two = declare(layers={"bronze": "raw", "silver": "parquet"})
    assert two.served() == ["silver.clients"]
    assert declare(sinks={}).sinks == {}


def test_unknown_keys_are_refused() -> None:
    with pytest.raises(ValidationError, match="tabels"):
        declare(tabels={})
