"""A writer that is suspended at any point and overtaken changes nothing afterwards."""

from __future__ import annotations

import itertools
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import medallion as md
from medallion.errors import LeaseError, MedallionError, ServiceError
from medallion.ops import doctor
from medallion.storage.local import LocalStorage
from tests.example_counts import IS_SEARCH
from tests.integration import killing, small

LAYERS = (
    "layers:\n  bronze: {type: raw, retain: 1}\n  silver: {type: parquet, retain: 1}\n"
    "  gold: {type: parquet, retain: 1}\ntables:"
)
APRIL = "order_id,client_id,amount,day\n8,a,1000.00,2024-04-01\n"
KINDS = {
    "sqlite": (killing.LocalStorage, killing.Sqlite),
    "mongodb": (killing.LocalStorage, killing.MongoDB, killing.Collection, killing.Database),
}
STEP = 1 if IS_SEARCH else 11  # of the writes before which a writer is overtaken


class Overtaken:
    """Lets another writer publish before the n-th write of the first one, which then continues."""

    def __init__(self, folder: Path, point: int) -> None:
        self.folder = folder
        self.point = point
        self.seen = 0
        self.name: str | None = None

    def patch(self, patch: pytest.MonkeyPatch, kinds: tuple[type[Any], ...]) -> None:
        for kind in kinds:
            for name in killing.WRITES[kind]:
                patch.setattr(
                    kind, name, self._struck(f"{kind.__name__}.{name}", getattr(kind, name))
                )

    def _struck(self, name: str, method: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any, **kwargs: Any) -> Any:
            if self.name is None and args[1:2] not in (("lease.json",), ("lease.probe",)):
                self.seen += 1
                if self.seen == self.point:
                    self.name = f"{name} {args[1] if args[1:] and isinstance(args[1], str) else ''}"
                    overtake(self.folder)
            return method(*args, **kwargs)

        return call


def overtake(folder: Path) -> None:
    """The next writer: breaks the lease, ingests another file, and publishes."""
    (folder / "data/orders/2024-04.csv").write_text(APRIL)
    later = small.load(folder)
    assert later.unlock() is not None
    later.run()


@pytest.mark.parametrize("kind", ["sqlite", "mongodb"])
def test_an_overtaken_writer_changes_nothing(
    tmp_path: Path, request: pytest.FixtureRequest, kind: str
) -> None:
    url = request.getfixturevalue("mongodb_url") if kind == "mongodb" else "sqlite:lake/serving.db"
    yaml = small.YAML.replace("tables:", LAYERS, 1).replace("sqlite:lake/serving.db", url)
    names, point = list[str](), 1
    while True:
        folder = tmp_path / f"{point}"
        small.write(
            folder,
            yaml.replace("lake/", f"lake-{point}/").replace(
                "name: small", f"name: small\nlake: lake-{point}"
            ),
        )
        pipeline = small.load(folder)
        if point > 1:
            pipeline.adopt()
        pipeline.run()
        (folder / "data/orders/2024-03.csv").write_text(small.MARCH)
        struck = Overtaken(folder, point)
        with pytest.MonkeyPatch.context() as patch:
            struck.patch(patch, KINDS[kind])
            error: MedallionError | None = None
            try:
                pipeline.run()
            except ServiceError as raised:
                error = raised
        if struck.name is None:
            break
        names.append(f"{struck.name}: {error.message if error else 'it had published before'}")
        expected = (5, small.ALL[1] + 1000)
        assert small.in_lake(pipeline) == small.in_store(pipeline) == expected, names[-1]
        current = pipeline.lake.current()
        assert current is not None
        assert pipeline.lake.lost(current, pipeline.declaration.names()) == {}, names[-1]
        assert [probe.outcome for probe in doctor.integrity(pipeline)] == ["ok"], names[-1]
        small.load(folder).collect()
        assert pipeline.run().status == "unchanged", names[-1]
        assert small.in_lake(pipeline) == small.in_store(pipeline) == expected, names[-1]
        point += STEP
    print(*names, sep="\n")
    assert len(names) > 5


def test_an_overtaken_deletion_stops(tmp_path: Path) -> None:
    """gc is suspended at each deletion, and deletes nothing of what the next writer publishes.

    That has the rows of the first release, and so objects whose names were about to be deleted.
    """
    template = tmp_path / "template"
    small.write(
        template, small.YAML.replace("tables:", LAYERS.replace("retain: 1", "retain: 3"), 1)
    )
    for day in range(1, 4):
        (template / "data/orders/2024-03.csv").write_text(
            small.MARCH.replace("03-01", f"03-0{day}")
        )
        small.load(template).run()
    text = (template / "medallion.yaml").read_text()
    (template / "medallion.yaml").write_text(text.replace("retain: 3", "retain: 1"))
    paths = list[str]()
    for point in itertools.count(1, 1 if IS_SEARCH else 2):
        folder = tmp_path / f"{point}"
        shutil.copytree(template, folder)
        stopped = deletion_overtaken(folder, point)
        if stopped is None:
            break
        paths.append(stopped)
        pipeline = small.load(folder)
        assert [probe.outcome for probe in doctor.integrity(pipeline)] == ["ok"], stopped
        assert small.in_lake(pipeline) == small.in_store(pipeline) == small.ALL, stopped
        pipeline.collect()
        assert [probe.outcome for probe in doctor.integrity(pipeline)] == ["ok"], stopped
        assert len(list((folder / "lake/gold/total").iterdir())) == 1
        assert not (folder / "lake/writes").exists()
        assert pipeline.run().status == "unchanged", stopped
        shutil.rmtree(folder)
    assert any(path.startswith("orders/objects/") for path in paths)
    assert any(path.startswith("snapshots/") for path in paths)


def deletion_overtaken(folder: Path, point: int) -> str | None:
    """Suspend gc in its n-th deletion while another writer publishes; the path, or None."""
    paths = list[str]()
    delete = LocalStorage.delete

    def slow(self: LocalStorage, path: str, until: float | None = None) -> bool:
        if until is not None:
            paths.append(path)
            if len(paths) == point:
                (folder / "data/orders/2024-03.csv").write_text(small.MARCH)
                later = small.load(folder)
                assert later.unlock() is not None
                later.run()
        return delete(self, path, until)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(LocalStorage, "delete", slow)
        try:
            small.load(folder).collect()
        except LeaseError:
            pass
        else:
            assert len(paths) < point
    return paths[point - 1] if len(paths) >= point else None


SLOW = """
import sys, time
from medallion.cli import main
from medallion.run.runner import Execution
step = Execution._step
def slow(self, planned):
    open("started", "w").close()
    step(self, planned)
    time.sleep(5)
Execution._step = slow
main(["run"])
"""


def test_sigterm_releases_the_lease(tmp_path: Path) -> None:
    small.write(tmp_path)
    child = subprocess.Popen(
        [sys.executable, "-c", SLOW],
        cwd=tmp_path,
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        text=True,
    )
    while not (tmp_path / "started").exists():
        assert child.poll() is None
        time.sleep(0.05)
    child.send_signal(signal.SIGTERM)
    _, output = child.communicate(timeout=120)
    assert child.returncode == 143, output
    assert "terminated" in output
    pipeline = small.load(tmp_path)
    from medallion.lake.lease import PATH, holder

    assert holder(pipeline.lake.storage) is None
    assert b'"run": null' in pipeline.lake.storage.read(PATH)[0]
    assert pipeline.lake.runs()[0].status == "failed"
    assert isinstance(pipeline.run(), md.Run)
