"""Plain copies of many tables are checked and written in groups."""

from __future__ import annotations

from pathlib import Path

import pytest

from medallion.lake.pointer import POINTER
from medallion.storage.local import LocalStorage
from tests.integration import small


def test_a_rollback_checks_the_pointer_for_groups_of_tables(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tables = "".join(f"    copy_{number}: {{from: silver.orders}}\n" for number in range(60))
    small.write(tmp_path, small.YAML.replace("    total:\n", f"{tables}    total:\n"))
    pipeline = small.load(tmp_path)
    pipeline.run()
    first = {
        name: (tmp_path / f"lake/gold/{name}.parquet").read_bytes()
        for name in ("total", "copy_0", "copy_59")
    }
    (tmp_path / "data/orders/2024-03.csv").write_text(small.MARCH)
    pipeline.run()
    paths: list[str] = []
    read = LocalStorage.read

    def counted(storage: LocalStorage, path: str) -> tuple[bytes, str]:
        paths.append(path)
        return read(storage, path)

    monkeypatch.setattr(LocalStorage, "read", counted)
    small.load(tmp_path).roll_back()
    assert 3 < paths.count(POINTER) < 20
    for name, data in first.items():
        assert (tmp_path / f"lake/gold/{name}.parquet").read_bytes() == data
