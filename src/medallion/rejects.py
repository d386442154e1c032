"""Rejects of source files, as the Parquet file that quarantine keeps."""

from __future__ import annotations

import io
import json
from collections.abc import Iterable
from pathlib import Path

from medallion.contracts import Parsed
from medallion.records import SourceFile

FIELDS = ("table", "rule", "column", "value", "file", "record", "run", "row")


def write_rejects(table: str, run: str, files: Iterable[tuple[SourceFile, Parsed]], scratch: Path) -> Path:
    """Write the records that could not be split into fields as Reject rows; `row` holds their raw text."""
    import pyarrow as pa
    import pyarrow.json
    import pyarrow.parquet as pq

    schema = pa.schema([(name, pa.int64() if name == "record" else pa.string()) for name in FIELDS])
    rows = (
        (table, "format", None, reason, file.name, record, run, json.dumps({"text": text}, ensure_ascii=False))
        for file, parsed in files
        for record, reason, text in parsed.rejects
    )
    # by way of JSON, for a table made from Python's lists would import pandas
    lines = "\n".join(json.dumps(dict(zip(FIELDS, row, strict=True))) for row in rows).encode()
    options = pyarrow.json.ParseOptions(explicit_schema=schema)
    blocks = pyarrow.json.ReadOptions(block_size=max(len(lines), 1))
    target = scratch / f"{table}-rejects.parquet"
    pq.write_table(pyarrow.json.read_json(io.BytesIO(lines), blocks, options), target)
    return target
