"""Deletion vectors, read back by deltalake: arrays, bitmaps, and several of them in one vector."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from deltalake import DeltaTable

from medallion.layers.delta.deletion_vectors import ARRAY_LENGTH, bitmap_array, vector

ROWS = 200_000


@pytest.mark.parametrize(
    "gone",
    [
        [0],
        [ROWS - 1],
        [0, 65_535, 65_536, 131_071, 131_072],
        range(ARRAY_LENGTH),
        range(ARRAY_LENGTH + 1),
        range(3, ROWS, 2),
        range(ROWS),
        [7, *range(65_536, 131_072), 199_998],
    ],
)
def test_deltalake_reads_the_rows_that_are_left(tmp_path: Path, gone: list[int] | range) -> None:
    pq.write_table(pa.table({"a": np.arange(ROWS)}), tmp_path / "part.parquet")
    schema = {"fields": [{"name": "a", "type": "long", "nullable": True, "metadata": {}}]}
    features = ["deletionVectors"]
    actions = [
        {
            "protocol": {
                "minReaderVersion": 3,
                "minWriterVersion": 7,
                "readerFeatures": features,
                "writerFeatures": features,
            }
        },
        {
            "metaData": {
                "id": "one",
                "format": {"provider": "parquet", "options": {}},
                "schemaString": json.dumps({"type": "struct", **schema}),
                "partitionColumns": [],
                "configuration": {},
            }
        },
        {
            "add": {
                "path": "part.parquet",
                "partitionValues": {},
                "size": (tmp_path / "part.parquet").stat().st_size,
                "modificationTime": 0,
                "dataChange": True,
                "stats": f'{{"numRecords": {ROWS}}}',
                "deletionVector": vector(np.array(gone)),
            }
        },
    ]
    (tmp_path / "_delta_log").mkdir()
    lines = "\n".join(map(json.dumps, actions))
    (tmp_path / "_delta_log/00000000000000000000.json").write_text(lines)
    rows = pa.table(DeltaTable(str(tmp_path)).scan())["a"].to_numpy()
    assert sorted(rows.tolist()) == sorted(set(range(ROWS)) - set(gone))


def test_the_bytes_are_those_of_the_format() -> None:
    """Worked out by hand from the specification of 64-bit Roaring bitmaps."""
    assert bitmap_array(np.array([1, 3, 65_536])).hex() == (
        "d1d33964"  # magic
        "0100000000000000"  # bitmaps
        "00000000"  # upper 32 bits of the first
        "3a30000002000000"  # cookie, containers
        "00000100"  # container 0: two rows
        "01000000"  # container 1: one row
        "18000000"  # their offsets
        "1c000000"
        "01000300"
        "0000"
    )
    upper = bitmap_array(np.array([1, (1 << 32) + 1]))
    assert upper[4:12] == (2).to_bytes(8, "little")
