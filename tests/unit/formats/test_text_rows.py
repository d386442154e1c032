"""Records of texts in a Parquet file."""

from __future__ import annotations

from pathlib import Path

import pyarrow.parquet as pq

from medallion.formats import text_rows
from medallion.formats.text_rows import write_rows


def test_rows_in_order_over_several_batches(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(text_rows, "_ROWS", 3)
    monkeypatch.setattr(text_rows, "_CHARACTERS", 10)
    rows = [("a" * (number % 7), number, None) for number in range(20)]
    path = tmp_path / "a.parquet"
    assert write_rows(iter(rows), ["text", "number", "none"], path, ["number"]) == 20
    table = pq.read_table(path)
    assert [(*row.values(),) for row in table.to_pylist()] == rows
    assert list(map(str, table.schema.types)) == ["string", "int64", "string"]
    assert pq.ParquetFile(path).num_row_groups > 20 // 3


def test_no_rows(tmp_path: Path) -> None:
    assert write_rows([], ["a"], tmp_path / "a.parquet") == 0
    assert pq.read_table(tmp_path / "a.parquet").column_names == ["a"]
