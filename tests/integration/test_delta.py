"""The `delta` layer: what other programs read in the logs is a published release, and whole."""

from __future__ import annotations

import itertools
import json
import os
import shutil
import signal
from collections.abc import Callable
from contextlib import suppress
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

import medallion as md
from medallion.errors import DamagedError, LeaseError, OwnershipError
from medallion.lake.layer_logs import activate_logs
from medallion.layers.delta import log
from medallion.ops.repair import repair
from medallion.ops.verify import Inspection
from medallion.storage.local import LocalStorage
from tests import instants
from tests.commands import forked
from tests.delta_tables import DeltaReader, check_logs, lake_rows
from tests.integration import killing, small
from tests.integration.test_fencing import Overtaken

YAML = small.YAML.replace(
    "name: small\n",
    "name: small\nlake: LAKE\nlayers:\n  bronze: raw\n"
    "  silver: {type: delta, retain: 9}\n  gold: {type: delta, retain: 9}\n",
).replace("sqlite:lake/", "sqlite:")
AGAIN = small.MARCH + "2,b,20.50,2024-01-06\n"  # with an order of January


def project(
    folder: Path, lake: str = "lake", options: dict[str, Any] | None = None, yaml: str = YAML
) -> md.Pipeline:
    small.write(folder, yaml.replace("LAKE", lake))
    return reopened(folder, options)


def reopened(folder: Path, options: dict[str, Any] | None = None) -> md.Pipeline:
    declaration = md.Pipeline.load(folder / "medallion.yaml").declaration
    return md.Pipeline(declaration, base=folder, options=options)


def add_month(folder: Path, month: int, text: str = small.MARCH) -> None:
    (folder / f"data/orders/2024-{month:02}.csv").write_text(text.replace("\n7,", f"\n{month}7,"))


def test_versions_are_releases(tmp_path: Path, lake: tuple[str, dict[str, Any]]) -> None:
    pipeline = project(tmp_path / "p", *lake)
    first = pipeline.run().release
    total = DeltaReader(pipeline, "gold.total")
    assert total.rows() == [{"orders": 3, "revenue": Decimal("37.75")}]
    assert pipeline.run().status == "unchanged"
    add_month(tmp_path / "p", 3, AGAIN)
    second = pipeline.run().release
    assert total.rows() == [{"orders": 4, "revenue": Decimal("137.75")}]
    assert pipeline.roll_back().id == first
    assert total.rows() == [{"orders": 3, "revenue": Decimal("37.75")}]
    for name in ("silver.orders", "silver.clients", "gold.by_client", "gold.total"):
        reader = DeltaReader(pipeline, name)
        assert reader.releases() == [first, second, first]
        for version, release in enumerate(reader.releases()):
            assert reader.rows(version) == lake_rows(pipeline, name, release)
    names = {entry.path for entry in pipeline.lake.storage.list("gold")}
    assert "gold/total/_delta_log/00000000000000000002.json" in names
    assert "gold/total.parquet" in names


def test_the_files_of_the_lake_are_registered_as_they_are(tmp_path: Path) -> None:
    pipeline = project(tmp_path)
    add_month(tmp_path, 3, AGAIN)
    pipeline.run()
    release = pipeline.lake.current()
    assert release
    snapshot = release.tables["silver.orders"]
    assert snapshot.removed is not None
    paths = DeltaReader(pipeline, "silver.orders").log().file_uris()
    assert {path.partition("/lake/silver/")[2] for path in paths} == {
        file.path for file in snapshot.files
    }
    assert sum(file.rows for file in snapshot.files) > snapshot.rows
    columns = DeltaReader(pipeline, "silver.orders").rows()[0].keys()
    assert columns == {"order_id", "client_id", "amount", "day"}


def test_equal_source_files_keep_their_rows(tmp_path: Path) -> None:
    """Their partitions have the same data file, and a log has each path once."""
    yaml = YAML.replace("        - deduplicate: {key: order_id}\n", "")
    pipeline = project(tmp_path, yaml=yaml)
    lines = "".join(f"{number},a,1.00,2024-01-05\n" for number in range(70_000))
    for month in (4, 5, 6):
        text = f"order_id,client_id,amount,day\n{lines}"
        assert len(text) > 1 << 20
        (tmp_path / f"data/orders/2024-{month:02}.csv").write_text(text)
    pipeline.run()
    release = pipeline.lake.current()
    assert release
    paths = [file.path for file in release.tables["silver.orders"].files]
    assert len(paths) == len(set(paths)) + 2
    orders = DeltaReader(pipeline, "silver.orders")
    rows = orders.count()
    assert rows == release.tables["silver.orders"].rows > 210_000
    (tmp_path / "data/orders/2024-05.csv").unlink()
    pipeline.run()
    assert orders.count() == rows - 70_000
    pipeline.collect()
    assert not Inspection(pipeline, thorough=True).damages
    check_logs(pipeline)


def test_added_columns_and_changed_types(tmp_path: Path) -> None:
    pipeline = project(tmp_path)
    pipeline.run()
    text = "order_id,client_id,amount,day,note\n8,a,5.00,2024-04-01,gift\n"
    (tmp_path / "data/orders/2024-04.csv").write_text(text)
    pipeline.run()
    orders = DeltaReader(pipeline, "silver.orders")
    assert [row["note"] for row in orders.rows() if row["order_id"] == "8"] == ["gift"]
    assert "note" not in orders.rows(0)[0]
    yaml = (tmp_path / "medallion.yaml").read_text()
    yaml = yaml.replace('"decimal(12,2)", day: date', "float, day: timestamp, order_id: integer")
    (tmp_path / "medallion.yaml").write_text(yaml)
    pipeline = reopened(tmp_path)
    pipeline.run()
    types = {field.name: str(field.type.to_json()) for field in orders.log().schema().fields}
    assert types == {
        "order_id": '"long"',
        "client_id": '"string"',
        "amount": '"double"',
        "day": '"timestamp_ntz"',
        "note": '"string"',
    }
    assert orders.log().protocol().reader_features == ["deletionVectors", "timestampNtz"]
    assert isinstance(orders.rows(1)[0]["amount"], Decimal)
    check_logs(pipeline)


def test_empty_tables(tmp_path: Path) -> None:
    pipeline = project(tmp_path)
    for name in ("2024-01", "2024-02"):
        (tmp_path / f"data/orders/{name}.csv").write_text("order_id,client_id,amount,day\n")
    pipeline.run()
    assert DeltaReader(pipeline, "silver.orders").rows() == []
    assert DeltaReader(pipeline, "gold.by_client").rows() == []
    (tmp_path / "data/orders/2024-01.csv").write_text(small.JANUARY)
    pipeline.run()
    check_logs(pipeline)


def test_retention_leaves_the_newest_version_whole(
    tmp_path: Path, lake: tuple[str, dict[str, Any]]
) -> None:
    pipeline = project(tmp_path / "p", *lake, yaml=YAML.replace("retain: 9", "retain: 1"))
    for month in (3, 4, 5):
        add_month(tmp_path / "p", month, AGAIN)
        pipeline.run()
    pipeline.collect()
    check_logs(pipeline)
    assert len(pipeline.lake.release_ids()) == 1
    total = DeltaReader(pipeline, "gold.total")
    assert total.log().version() == 2
    with pytest.raises(Exception, match=r"(?i)not ?found"):
        total.rows(0)


def test_vacuum_by_another_program_removes_nothing_that_is_kept(tmp_path: Path) -> None:
    pipeline = project(tmp_path)
    for month in (3, 4):
        add_month(tmp_path, month, AGAIN)
        pipeline.run()
    for name in ("silver.orders", "gold.total"):
        assert DeltaReader(pipeline, name).log().vacuum(dry_run=False) == []
    pipeline.roll_back()
    assert not Inspection(pipeline, thorough=True).damages
    check_logs(pipeline)


def run_apart(folder: Path, point: int | None, when: str = "before") -> int | None:
    """Run in a process of its own, which dies at a write: a fork of this one cannot use deltalake."""
    return forked(run_to, (point, when), folder, os.environ).code


def run_to(target: tuple[int | None, str]) -> None:
    """Run to the n-th write and die there, or to the end and list the writes."""
    point, when = target
    names: list[str] = []

    def strike(name: str) -> None:
        if point is not None:
            os.kill(os.getpid(), signal.SIGKILL)
        names.append(name)

    killing.strike_at(point, strike, after=when == "after", kinds=(LocalStorage,))
    small.load(Path.cwd()).run()
    Path("writes").write_text("\n".join(names))


def test_a_kill_between_pointer_and_logs_is_caught_up(tmp_path: Path) -> None:
    published = tmp_path / "published"
    project(published, yaml=YAML.replace("retain: 9", "retain: 1")).run()
    add_month(published, 3, AGAIN)
    whole = tmp_path / "whole"
    shutil.copytree(published, whole)
    assert run_apart(whole, None) == 0
    writes = (whole / "writes").read_text().splitlines()
    start = next(n for n, name in enumerate(writes, 1) if "swap current.json" in name)
    end = max(n for n, name in enumerate(writes, 1) if "logs.json" in name)
    points = range(start, end + 1, 3)
    assert any("_delta_log" in writes[point - 1] for point in points)
    for number, point in enumerate(points):
        folder = tmp_path / str(point)
        shutil.copytree(published, folder)
        assert run_apart(folder, point, ("before", "after")[number % 2]) == -signal.SIGKILL
        instants.tried[instants.POINT] += 1
        pipeline = reopened(folder)
        if number % 4 < 2:
            pipeline.collect()  # removes the files of the release before, if no log needs them
            check_logs(pipeline)
        pipeline.run()
        check_logs(pipeline)
        assert not Inspection(pipeline, thorough=True).damages


def test_an_overtaken_writer_commits_nothing_after_the_newer_one(tmp_path: Path) -> None:
    names = list[str]()
    published = tmp_path / "published"
    project(published).run()
    add_month(published, 3, AGAIN)
    for point in itertools.count(4, 3):
        folder = shutil.copytree(published, tmp_path / str(point))
        pipeline = reopened(folder)
        struck = OvertakenAfterPublication(folder, point)
        with pytest.MonkeyPatch.context() as patch:
            struck.patch(patch, (killing.LocalStorage,))
            with suppress(LeaseError):
                pipeline.run()
        if struck.name is None:
            break
        names.append(struck.name)
        check_logs(pipeline)
        releases = pipeline.lake.release_ids()
        for name in ("silver.orders", "gold.total"):
            shown = DeltaReader(pipeline, name).releases()
            assert shown == sorted(shown)
            assert set(shown) <= set(releases)
    assert any("_delta_log" in name for name in names), names


class OvertakenAfterPublication(Overtaken):
    """The same, but only the writes after the pointer has moved are counted."""

    def _struck(self, name: str, method: Callable[..., Any]) -> Callable[..., Any]:
        struck = super()._struck(name, method)

        def call(*args: Any, **kwargs: Any) -> Any:
            if self.published or self.name is not None:
                return struck(*args, **kwargs)
            value = method(*args, **kwargs)
            self.published = args[1:2] == ("current.json",)
            return value

        return call

    published = False


def test_a_commit_of_another_program_in_between_is_replaced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pipeline = project(tmp_path)
    pipeline.run()
    add_month(tmp_path, 3)
    create = LocalStorage.create
    theirs = b'{"commitInfo": {"timestamp": 1, "operation": "OPTIMIZE"}}'

    def created(storage: LocalStorage, path: str, data: bytes) -> str:
        if path == "total/_delta_log/00000000000000000001.json":
            monkeypatch.undo()
            create(storage, path, theirs)
        return create(storage, path, data)

    monkeypatch.setattr(LocalStorage, "create", created)
    release = pipeline.run().release
    total = DeltaReader(pipeline, "gold.total")
    assert total.log().version() == 2
    assert total.log().history(1)[0]["userMetadata"] == release
    check_logs(pipeline)


def test_tables_that_are_no_longer_declared_become_empty(tmp_path: Path) -> None:
    pipeline = project(tmp_path, yaml=YAML.replace("retain: 9", "retain: 1"))
    pipeline.run()
    first = DeltaReader(pipeline, "gold.total"), DeltaReader(pipeline, "silver.orders")
    yaml = (tmp_path / "medallion.yaml").read_text()
    start = yaml.index("    total:")
    yaml = yaml[:start] + yaml[yaml.index("sinks:") :]
    yaml = yaml.replace("silver: {type: delta, retain: 1}", "silver: parquet")
    (tmp_path / "medallion.yaml").write_text(yaml)
    pipeline = reopened(tmp_path)
    pipeline.run()
    pipeline.collect()
    for reader in first:
        assert reader.rows() == []
        assert reader.log().version() == 1
    check_logs(pipeline)
    record = json.loads((tmp_path / "lake/logs.json").read_text())
    assert [item["table"] for item in record["tables"]] == ["gold.by_client"]
    pipeline.run()
    assert first[0].log().version() == 1


def test_a_layer_that_moves_leaves_empty_tables(tmp_path: Path) -> None:
    yaml = YAML.replace("gold: {type: delta", "gold: {path: one, type: delta")
    pipeline = project(tmp_path, yaml=yaml)
    pipeline.run()
    before = DeltaReader(pipeline, "gold.total")
    text = (tmp_path / "medallion.yaml").read_text().replace("path: one", "path: two")
    (tmp_path / "medallion.yaml").write_text(text)
    pipeline = reopened(tmp_path)
    pipeline.run()
    assert before.rows() == []
    assert DeltaReader(pipeline, "gold.total").url != before.url
    check_logs(pipeline)


def test_the_table_of_another_program_is_left_alone(tmp_path: Path) -> None:
    import pyarrow as pa
    from deltalake import DeltaTable, write_deltalake

    theirs = str(tmp_path / "lake/gold/total")
    write_deltalake(theirs, pa.table({"a": [1, 2]}))
    pipeline = project(tmp_path)
    with pytest.raises(
        OwnershipError, match=r"gold/total: another program writes this Delta table"
    ):
        pipeline.run()
    assert DeltaTable(theirs).version() == 0
    assert DeltaTable(theirs).count() == 2


def test_a_lost_log_is_written_again_by_repair(tmp_path: Path) -> None:
    pipeline = project(tmp_path)
    pipeline.run()
    for path in (tmp_path / "lake/gold/total/_delta_log").iterdir():
        path.unlink()
    assert pipeline.run().status == "unchanged"
    (damage,) = Inspection(pipeline, thorough=True).damages
    assert (damage.kind, damage.place, damage.advice) == ("log", "gold.total", "medallion repair")
    assert "gold/total/_delta_log: is lost" in damage.said
    assert [str(item.place) for item in repair(pipeline)] == ["gold.total"]
    assert not Inspection(pipeline, thorough=True).damages
    check_logs(pipeline)
    (tmp_path / "lake/logs.json").write_text("{}")
    pipeline.run()
    check_logs(pipeline)
    assert DeltaReader(pipeline, "gold.total").log().version() == 0


def test_a_long_log_has_checkpoints_and_forgets_old_versions(
    tmp_path: Path, lake: tuple[str, dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(log, "KEPT_SECONDS", -1)
    pipeline = project(tmp_path / "p", *lake, yaml=YAML.replace("retain: 9", "retain: 3"))
    pipeline.run()
    current = pipeline.lake.current()
    assert current
    older = current
    for number in range(1, 27):
        release = current.model_copy(update={"id": f"{current.id[:-6]}{number:06}"})
        pipeline.lake.publish(release, pipeline.lake.pointer(), older)
        activate_logs(pipeline.lake, release)
        older = release
    check_logs(pipeline)
    names = [Path(entry.path).name for entry in pipeline.lake.storage.list("gold/total/_delta_log")]
    assert names == [
        "00000000000000000019.checkpoint.parquet",
        *(f"{version:020}.json" for version in range(19, 27)),
        "_last_checkpoint",
    ]
    total = DeltaReader(pipeline, "gold.total")
    assert total.rows(24) == total.rows()
    assert [int(release[-6:]) for release in total.releases()] == list(range(19, 27))


def test_verify_finds_what_another_program_has_committed(tmp_path: Path) -> None:
    pipeline = project(tmp_path)
    pipeline.run()
    from deltalake import DeltaTable

    DeltaTable(tmp_path / "lake/gold/total").delete()
    (damage,) = Inspection(pipeline).damages
    assert "gold/total/_delta_log: shows release None" in damage.said
    list(repair(pipeline))
    assert not Inspection(pipeline).damages
    check_logs(pipeline)


@pytest.mark.parametrize("damage", [b"", b"{", b'{"add": {"path": 1}}', b"\xff\xfe"])
def test_a_damaged_log_is_reported_and_can_be_written_again(tmp_path: Path, damage: bytes) -> None:
    pipeline = project(tmp_path)
    pipeline.run()
    folder = tmp_path / "lake/gold/total/_delta_log"
    (folder / "00000000000000000000.json").write_bytes(damage)
    (flaw,) = Inspection(pipeline).damages
    assert "gold/total/_delta_log: the log cannot be read" in flaw.said
    assert "move that folder away" in flaw.advice
    add_month(tmp_path, 3)
    with pytest.raises(
        DamagedError, match="gold/total/_delta_log: the log cannot be read"
    ) as caught:
        pipeline.run()
    assert "medallion repair" in caught.value.hint
    folder.rename(tmp_path / "damaged")
    list(repair(pipeline))
    check_logs(pipeline)
