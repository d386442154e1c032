"""Every damaged file is found, gives no wrong value or traceback, and is repaired or reported."""

from __future__ import annotations

import random
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

import medallion as md
from medallion.cli import main
from medallion.errors import MedallionError
from medallion.lake.record_files import snapshot_path
from medallion.ops.repair import repair
from medallion.ops.verify import Inspection
from medallion.storage.digests import forget_digests
from tests.integration import small
from tests.integration.damaging import DAMAGES

COMMANDS = (
    ("status",),
    ("runs",),
    ("releases",),
    ("show", "gold.total"),
    ("quarantine", "silver.orders"),
    ("plan",),
    ("gc",),
)


def _newest(pattern: str) -> Callable[[Path], Path]:
    return lambda lake: sorted(lake.glob(pattern))[-1]


def _current(layer: str, table: str) -> Callable[[Path], Path]:
    def file(lake: Path) -> Path:
        return (
            lake
            / layer
            / small.load(lake.parent).lake.table(f"{layer}.{table}").snapshot.files[0].path
        )

    return file


def _older_release(lake: Path) -> Path:
    return sorted(lake.glob("releases/*.json"))[0]


def _snapshot(lake: Path) -> Path:
    source = small.load(lake.parent).lake
    return lake / snapshot_path(source.table("silver.orders").snapshot)


def _rejects(lake: Path) -> Path:
    (rejects,) = small.load(lake.parent).lake.table("silver.orders").snapshot.rejects
    return lake / rejects.path


def _run(lake: Path) -> Path:
    current = small.load(lake.parent).lake.current()
    assert current
    return lake / f"runs/{current.run}.json"


TARGETS: dict[str, Callable[[Path], Path]] = {
    "bronze object": _newest("bronze/orders/objects/*.csv"),
    "bronze records": _newest("bronze/orders/records/*.parquet"),
    "bronze record": _newest("bronze/orders/records/*.json"),
    "silver": _current("silver", "orders"),
    "gold": _current("gold", "total"),
    "rejects": _rejects,
    "snapshot": _snapshot,
    "pointer": lambda lake: lake / "current.json",
    "release": _newest("releases/*.json"),
    "older release": _older_release,
    "run": _run,
    "plain": lambda lake: lake / "gold/total.parquet",
    "plain record": lambda lake: lake / "plain.json",
    "serving": lambda lake: lake / "serving.db",
}


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with two published releases."""
    folder = tmp_path_factory.mktemp("published")
    small.write(folder)
    small.load(folder).run()
    (folder / "data/orders/2024-03.csv").write_text(small.MARCH)
    small.load(folder).run()
    return folder


@pytest.mark.parametrize("damage", DAMAGES)
@pytest.mark.parametrize("target", TARGETS)
def test_damage_is_found_and_repaired(
    published: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], target: str, damage: str
) -> None:
    folder = tmp_path / "project"
    shutil.copytree(published, folder)
    file = TARGETS[target](folder / "lake")
    DAMAGES[damage](file, random.Random(f"{target} {damage}"))
    forget_digests()
    damages = Inspection(small.load(folder)).damages
    assert damages
    assert any(file.name in item.place or item.kind == "sink" for item in damages), damages
    assert all("medallion" in item.advice for item in damages), damages
    never_wrong(folder)
    for command in COMMANDS:
        output = call(folder, capsys, *command)
        assert "unexpected" not in output
        assert "unexpected error" not in output
        assert "Traceback" not in output, output
    repaired = call(folder, capsys, "repair")
    assert "Traceback" not in repaired
    assert "unexpected error" not in repaired, repaired
    forget_digests()
    pipeline = small.load(folder)
    assert not Inspection(pipeline, thorough=True).damages, repaired
    assert small.in_lake(pipeline) == small.in_store(pipeline) == small.ALL, repaired
    assert len(pipeline.lake.releases()) >= 2, repaired
    assert call(folder, capsys, "verify", "--quiet") == ""
    assert pipeline.run().status == "unchanged", repaired
    if damage == "delete":  # all are repaired to the same
        pipeline.run(md.Selection(full=True))
        assert small.in_lake(pipeline) == small.in_store(pipeline) == small.ALL


def never_wrong(folder: Path) -> None:
    """The lake returns the correct rows, or an error with a hint."""
    hint = "none is needed"
    try:
        assert small.in_lake(small.load(folder)) == small.ALL
    except MedallionError as error:
        hint = error.hint
    assert hint


def call(folder: Path, capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    """The output of a command."""
    with pytest.raises(SystemExit):
        main(["-f", str(folder / "medallion.yaml"), *arguments])
    out, err = capsys.readouterr()
    assert "No such option" not in err
    return out + err


def test_repair_of_an_undamaged_lake_does_nothing(published: Path, tmp_path: Path) -> None:
    folder = tmp_path / "project"
    shutil.copytree(published, folder)
    before = contents(folder)
    assert list(repair(small.load(folder))) == []
    assert contents(folder) == before


def contents(folder: Path) -> dict[Path, bytes]:
    """All files, except those that SQLite creates for readers, and the lease, whose token grows."""
    changing = ("-wal", "-shm", "lease.json")
    files = [
        path for path in folder.rglob("*") if path.is_file() and not path.name.endswith(changing)
    ]
    return {path: path.read_bytes() for path in files}
