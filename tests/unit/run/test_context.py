"""What a run works with."""

from __future__ import annotations

from pathlib import Path

import pytest

import medallion as md
from medallion.declaration.yaml_document import read
from medallion.errors import MedallionError, OwnershipError
from medallion.records import Owner
from medallion.run.context import RunContext
from tests.unit.run.conftest import Project


def test_bronze_tables_are_numbered_in_the_order_of_the_declaration(
    project: Project, tmp_path: Path
) -> None:
    tables = list(project().context.source_tables())
    assert [(table.name, table.number) for table in tables] == [
        ("bronze.orders", 0),
        ("bronze.clients", 1),
    ]
    assert {table.storage.url for table in tables} == {str(tmp_path / "lake/bronze")}
    assert {table.base for table in tables} == {tmp_path}
    assert [table.declared.source for table in tables] == ["orders/*.csv", "clients.csv"]


def test_the_settings_of_layers_are_recorded_without_secrets(project: Project) -> None:
    layers = {"bronze": "raw", "silver": {"parquet": {"retain": 3}}, "gold": "parquet"}
    context = project(layers=layers).context
    settings = context.layer_settings()
    assert list(settings) == ["bronze", "silver", "gold"]
    assert settings["silver"] == {
        "type": "parquet",
        "path": None,
        "retain": 3,
        "compression": "snappy",
    }
    md.secrets.SECRETS.add("snappy")
    assert context.layer_settings()["silver"]["compression"] == "***"


def test_sinks_of_an_owner_refuse_the_database_of_another(project: Project) -> None:
    pipeline = project()
    pipeline.run()
    stranger = Owner(lake="another", pipeline="other", token=1, run="r")
    sinks = pipeline.context.owned_sinks(stranger)
    assert list(sinks) == ["serving"]
    release = pipeline.lake.current()
    assert release is not None
    with pytest.raises(OwnershipError):
        sinks["serving"].activate(release.summary())


def test_an_error_of_a_declared_value_begins_with_its_place(
    project: Project, tmp_path: Path
) -> None:
    file = tmp_path / "medallion.yaml"
    file.write_text("name: shop\ntables:\n  gold: {}\n")
    context = project().context
    located = RunContext(context.declaration, tmp_path, context.lake, {}, read(file, {}))
    error = MedallionError("is wrong")
    located.locate(error)
    assert error.message == "is wrong"
    error.path = ("tables", "gold", "totals")
    context.locate(error)
    assert error.message == "is wrong"
    located.locate(error)
    assert error.message == f"{file}:3:9: is wrong"
