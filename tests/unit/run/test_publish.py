"""Publication: tables are loaded next to the live ones, and all sinks switch to the release."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import medallion as md
from medallion.contracts import TableSpec
from medallion.errors import CallError, OwnershipError
from medallion.records import LoadReport, Release, Served
from medallion.run import publish
from medallion.run.publish import Publisher, _former
from medallion.sinks.sqlite.sink import Sqlite
from tests.unit.run.conftest import FILES, Project, declare, snapshot, write

MORE = FILES["orders/a.csv"] + "4,z,40\n"


@pytest.fixture
def pipeline(project: Project) -> md.Pipeline:
    pipeline = project()
    pipeline.run()
    return pipeline


@pytest.fixture
def scratch(tmp_path: Path) -> Path:
    folder = tmp_path / "scratch"
    folder.mkdir()
    return folder


@pytest.fixture
def publisher(pipeline: md.Pipeline, scratch: Path) -> Iterator[Publisher]:
    with Publisher(pipeline.context, scratch).connected() as connected:
        yield connected


def current(pipeline: md.Pipeline) -> Release:
    release = pipeline.lake.current()
    assert release is not None
    return release


def other(pipeline: md.Pipeline, scratch: Path, **sink: Any) -> Publisher:
    """A publisher of a pipeline with another declaration of its sink."""
    url = {"url": "sqlite:shop.db"}
    declaration = declare(sinks={"serving": url | sink})
    return Publisher(md.Pipeline(declaration, base=pipeline.base).context, scratch)


def served(pipeline: md.Pipeline, table: str = "totals") -> list[dict[str, Any]]:
    store = pipeline.store()
    rows = [dict(row) for row in store.find(table, md.Query()).rows]
    store.close()
    return sorted(rows, key=str)


def test_every_sink_shows_the_published_release(
    pipeline: md.Pipeline, publisher: Publisher
) -> None:
    release = current(pipeline)
    assert publisher.shown({release.id}) == {release.id}
    active = publisher.active()
    assert active is not None
    assert active.id == release.id
    assert served(pipeline) == [{"client": "x", "amount": 10}, {"client": "y", "amount": 20}]


def test_a_database_with_a_release_that_this_lake_does_not_know_is_refused(
    pipeline: md.Pipeline, scratch: Path
) -> None:
    with pipeline.writer() as writer:
        publisher = Publisher(pipeline.context, scratch, owner=writer.owner)
        unknown = current(pipeline).summary().model_copy(update={"id": "20990101-000000-abcdef"})
        publisher.sinks["serving"].activate(unknown)
        with pytest.raises(OwnershipError, match="20990101-000000-abcdef"):
            publisher.shown({current(pipeline).id})


@pytest.mark.parametrize(
    ("tables", "same"),
    [
        ({"totals": {"key": "client"}}, True),
        ({"totals": {"key": ["client"], "indexes": []}}, True),
        ({}, False),
        ({"totals": {"key": "client", "indexes": ["amount"]}}, False),
        ({"totals": {"key": "client", "mode": "merge"}}, False),
        ({"totals": {"key": "client"}, "clients": {"key": "client"}}, False),
    ],
)
def test_a_release_serves_what_is_declared_unless_keys_indexes_or_modes_differ(
    pipeline: md.Pipeline, scratch: Path, tables: dict[str, Any], same: bool
) -> None:
    assert other(pipeline, scratch, tables=tables).serves(current(pipeline)) is same


def test_specs_are_the_declared_tables_of_the_last_layer(
    pipeline: md.Pipeline, publisher: Publisher
) -> None:
    release = current(pipeline)
    specs = list(publisher.specs(release, "serving"))
    assert [(spec.name, spec.key, spec.mode) for _, spec in specs] == [
        ("totals", ("client",), "replace"),
        ("clients", (), "replace"),
    ]
    assert [state.id for state, _ in specs] == [
        release.tables["gold.totals"].id,
        release.tables["gold.clients"].id,
    ]
    assert [spec.columns for _, spec in specs] == [state.columns for state, _ in specs]


def test_a_lost_database_catches_up_with_the_release(
    pipeline: md.Pipeline, publisher: Publisher, scratch: Path
) -> None:
    release = current(pipeline)
    assert publisher.load(release)
    renewed = other(pipeline, scratch, url="sqlite:other.db", tables={"totals": {"key": "client"}})
    assert renewed.active() is None
    assert renewed.catch_up(release)
    active = renewed.active()
    assert active is not None
    assert active.id == release.id
    assert renewed.sinks["serving"].loaded() == publisher.sinks["serving"].loaded()


@pytest.fixture
def copied(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The tables that were loaded as copies, wherever that is possible."""
    tables: list[str] = []
    original = Sqlite.load_changes

    def load_changes(*arguments: Any) -> LoadReport | None:
        report = original(*arguments)
        tables.extend([report.served.table] if report else [])
        return report

    monkeypatch.setattr(Sqlite, "load_changes", load_changes)
    monkeypatch.setattr(publish, "LARGE", 0)
    monkeypatch.setattr(publish, "SHARE", 1)
    return tables


def test_a_table_of_which_few_rows_differ_is_copied(
    project: Project, tmp_path: Path, copied: list[str]
) -> None:
    pipeline = project()
    pipeline.run()
    before = served(pipeline)
    write(tmp_path, {"orders/a.csv": MORE})
    pipeline.run()
    assert copied == ["gold.totals"]
    incremental = served(pipeline)
    assert incremental == [*before, {"client": "z", "amount": 40}]
    release = current(pipeline)
    assert not list(pipeline.context.sinks["serving"].flaws(release))
    pipeline.roll_back()
    assert served(pipeline) == before


@pytest.mark.parametrize(
    "sink",
    [
        {"tables": {"totals": {"key": "client", "indexes": ["amount"]}}},
        {"tables": {"totals": {"key": "client", "mode": "append"}}},
        {"url": "sqlite:other.db", "tables": {"totals": {"key": "client"}}},
    ],
    ids=["another index", "another mode", "another database"],
)
def test_a_table_that_was_served_in_another_way_is_not_copied(
    project: Project, tmp_path: Path, copied: list[str], sink: dict[str, Any]
) -> None:
    project().run()
    write(tmp_path, {"orders/a.csv": MORE})
    declaration = declare(sinks={"serving": {"url": "sqlite:shop.db", **sink}})
    pipeline = md.Pipeline(declaration, base=tmp_path)
    pipeline.run()
    assert not copied
    assert {"client": "z", "amount": 40} in served(pipeline)


def test_a_table_of_which_most_rows_differ_is_not_copied(
    project: Project, tmp_path: Path, copied: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(publish, "SHARE", 10)
    pipeline = project()
    pipeline.run()
    write(tmp_path, {"orders/a.csv": MORE})
    pipeline.run()
    assert not copied
    assert {"client": "z", "amount": 40} in served(pipeline)


def test_a_loaded_table_is_served_only_when_the_release_is_activated(
    pipeline: md.Pipeline, publisher: Publisher, tmp_path: Path
) -> None:
    first = current(pipeline)
    write(tmp_path, {"orders/a.csv": MORE})
    pipeline.run()
    second = current(pipeline)
    pipeline.roll_back(first.id)
    loads = list(publisher.load_table(second, "gold.totals", first))
    assert [(load.sink, load.served.table, load.served.rows) for load in loads] == [
        ("serving", "gold.totals", 3)
    ]
    assert loads[0].served.key == ("client",)
    assert len(served(pipeline)) == 2
    release = publisher.with_served(second, loads)
    assert release.served == {"serving": {"totals": loads[0].served}}
    pointer = pipeline.lake.pointer()
    pipeline.lake.point(second, pointer, pointer.token)
    publisher.activate(second)
    assert [row["client"] for row in served(pipeline)] == ["x", "y", "z"]
    copy = tmp_path / "lake/gold/totals.parquet"
    assert copy.is_file()


def test_an_error_of_a_declared_key_has_its_place(pipeline: md.Pipeline, scratch: Path) -> None:
    wrong = other(pipeline, scratch, tables={"clients": {"key": "nmae"}})
    with pytest.raises(CallError, match="nmae") as error:
        list(wrong.load_table(current(pipeline), "gold.clients", None))
    assert error.value.path == ("sinks", "serving", "tables", "clients")


BEFORE = Served(table="gold.t", name="t__0", snapshot="s0", rows=1, columns=())
LIVE = Served(
    table="gold.t", name="t__1", snapshot="s1", rows=2, columns=(), mode="merge", key=("id",),
    former=BEFORE,
)  # fmt: skip


@pytest.mark.parametrize(
    ("mode", "identity", "live", "former"),
    [
        ("replace", "s2", LIVE, None),
        ("merge", "s2", None, None),
        ("merge", "s2", LIVE, LIVE.model_copy(update={"former": None})),
        ("merge", "s1", LIVE, BEFORE),
        ("append", "s1", LIVE, LIVE.model_copy(update={"former": None})),
    ],
)
def test_what_a_table_continues_is_the_live_one_or_what_that_was_built_on(
    mode: Any, identity: str, live: Served | None, former: Served | None
) -> None:
    spec = TableSpec(name="t", columns=(), key=("id",), mode=mode)
    assert _former(spec, snapshot("gold.t", identity), live) == former
