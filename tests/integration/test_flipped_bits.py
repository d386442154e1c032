"""One flipped bit anywhere in a lake is refused, repaired or harmless, never read as other values."""

from __future__ import annotations

import os
import random
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import medallion as md
from medallion.errors import MedallionError
from medallion.ops.verify import Inspection
from medallion.storage.digests import forget_digests
from tests.integration import small
from tests.integration.damaging import flip

FLIPS = int(os.environ.get("MEDALLION_FLIPS", "120"))
"""The number of bits flipped before everything is read; before a run, a tenth of it."""

REFUSED = "refused"


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("published")
    small.write(folder)
    small.load(folder).run()
    return folder


def test_a_flipped_bit_is_never_read_as_another_value(published: Path, tmp_path: Path) -> None:
    folder = tmp_path / "project"
    shutil.copytree(published, folder)
    right = dict(reads(folder))
    assert REFUSED not in right.values()
    refused = 0
    for seed, file in flips(folder, FLIPS):
        data = file.read_bytes()
        flip(file, random.Random(seed))
        for what, value in reads(folder):
            assert value in (right[what], REFUSED), (seed, str(file), what)
            refused += value == REFUSED
        file.write_bytes(data)
    assert refused >= FLIPS / 2


def test_a_flipped_bit_is_never_used_in_a_computation(published: Path, tmp_path: Path) -> None:
    """A run on a damaged lake, incremental or full, gives correct values or fails."""
    for seed, original in flips(published, max(FLIPS // 10, 10)):
        folder = tmp_path / f"{seed}"
        shutil.copytree(published, folder)
        flip(folder / original.relative_to(published), random.Random(seed))
        forget_digests()
        (folder / "data/orders/2024-03.csv").write_text(small.MARCH)
        where = f"seed {seed}: {original.relative_to(published)}"
        for full in (False, True):
            try:
                small.load(folder).run(md.Selection(full=full))
            except MedallionError as error:
                assert "medallion" in error.hint, where  # noqa: PT017
            else:
                pipeline = small.load(folder)
                assert small.in_store(pipeline) == small.ALL, where
                assert small.in_lake(pipeline) == small.ALL, where
        shutil.rmtree(folder)


def test_a_flipped_bit_in_the_served_file_is_found_or_harmless(
    published: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "project"
    shutil.copytree(published, folder)
    file = folder / "lake/serving.db"
    data, right = file.read_bytes(), served(folder)
    for seed in range(max(FLIPS // 4, 25)):
        chance = random.Random(seed)
        flipped = bytearray(data)
        offsets = [
            offset for offset, byte in enumerate(data) if byte
        ]  # most of a small file is free space
        flipped[chance.choice(offsets)] ^= 1 << chance.randrange(8)
        file.write_bytes(flipped)
        if served(folder) != right:
            assert Inspection(small.load(folder)).damages, seed
        for ending in ("-wal", "-shm"):
            file.with_name(file.name + ending).unlink(missing_ok=True)


def served(folder: Path) -> Any:
    """All rows that are served, or the error."""
    store = small.load(folder).store()
    try:
        return {
            name: [row for rows in store.scan(name, md.Query()) for row in rows]
            for name in ("by_client", "total")
        }
    except MedallionError:
        return REFUSED
    finally:
        store.close()


def flips(folder: Path, count: int) -> Iterator[tuple[int, Path]]:
    """Random files of the lake, with each kind of file in turn."""
    files = sorted(
        path
        for path in (folder / "lake").rglob("*")
        if path.is_file() and "serving" not in path.name
    )
    kinds: dict[str, list[Path]] = {}
    for file in files:
        kinds.setdefault(f"{file.parent} {file.suffix}", []).append(file)
    names = sorted(kinds)
    for seed in range(count):
        yield seed, random.Random(seed).choice(kinds[names[seed % len(names)]])


def reads(folder: Path) -> Iterator[tuple[str, Any]]:
    """Everything that can be read of a lake, or the errors."""
    forget_digests()
    lake = small.load(folder).lake
    asks = {
        name: lambda name=name: lake.table(name).to_arrow().to_pylist()
        for name in small.load(folder).declaration.names()
    }
    asks["quarantine"] = lambda: lake.quarantine().to_arrow().to_pylist()
    asks["releases"] = lake.releases
    asks["runs"] = lake.runs
    for what, ask in asks.items():
        try:
            yield what, ask()
        except MedallionError as error:
            assert error.hint  # noqa: PT017
            yield what, REFUSED


def _rows(lake: md.Lake, table: str) -> list[dict[str, Any]]:
    return lake.table(table).to_arrow().to_pylist()
