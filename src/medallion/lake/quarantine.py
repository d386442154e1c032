"""Quarantine files: the rejects of source files, and warnings about files with many rejects."""

from __future__ import annotations

import io
import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from medallion.contracts import Parsed, literal
from medallion.plural import count_of
from medallion.records import REJECT_COLUMNS, SourceFile


def most_quarantined(file: str, quarantined: int, rows: int, rule: str) -> str:
    """The warning about a file of which most rows were not kept."""
    total = f"{count_of(rows, 'row')} {'is' if rows == 1 else 'are'}"
    share = f"{quarantined:,} of its {total} in quarantine"
    return f"{file}: {share}, most by {rule}; check what changed in it"


def rejects_sql(files: Iterable[Path]) -> str:
    """SQL of the rows of files of rejects, at least one."""
    listed = ", ".join(literal(str(file)) for file in files)
    return f"read_parquet([{listed}], union_by_name = true)"


def quarantined_files(rejects: Sequence[Path], sources: Iterable[SourceFile]) -> tuple[str, ...]:
    """A warning about each file of which a table's own rules quarantined most rows."""
    counts_by_rule = _counts(rejects, 'file, rule, "column"')
    rules: dict[str | None, dict[str, int]] = {}
    for file, rule, column, records in counts_by_rule:
        rules.setdefault(file, {})[f"{rule} {column or ''}".rstrip()] = records
    warnings = []
    for source in sources:
        counts, rows = rules.get(source.name, {}), source.rows - source.quarantined
        total = min(sum(counts.values()), rows)
        if total * 2 > rows:
            rule = max(counts.items(), key=lambda counted: counted[1])[0]
            warnings.append(most_quarantined(source.name, total, rows, rule))
    return tuple(warnings)


def rejected_records(rejects: Sequence[Path]) -> dict[str, int]:
    """How many records of each source file a table's own rules quarantined."""
    return {file: records for file, records in _counts(rejects, "file") if file is not None}


def _counts(rejects: Sequence[Path], groups: str) -> list[Any]:
    """The number of different records of each group in files of rejects, at least one."""
    import duckdb  # PyArrow's own aggregation would import pandas

    with duckdb.connect(config={"threads": 1}) as connection:
        return connection.sql(
            f"""
            select {groups}, count(distinct record)
            from {rejects_sql(rejects)}
            group by all order by all
            """
        ).fetchall()


def write_rejects(
    table: str, run: str, files: Iterable[tuple[SourceFile, Parsed]], scratch: Path
) -> Path:
    """Write the records that could not be split into fields as rejects, with their raw text."""
    import pyarrow as pa
    import pyarrow.json
    import pyarrow.parquet as pq

    schema = pa.schema(
        [(name, pa.int64() if name == "record" else pa.string()) for name in REJECT_COLUMNS]
    )
    common = {"table": table, "rule": "format", "column": None, "run": run}
    encode = json.JSONEncoder(ensure_ascii=False).encode
    rejects = (
        {
            **common,
            "file": file.name,
            "record": record,
            "value": reason,
            "row": encode({"text": text}),
        }
        for file, parsed in files
        for record, reason, text in parsed.rejects
    )
    # JSON, because making a table of Python lists would import pandas
    lines = "\n".join(map(json.JSONEncoder().encode, rejects)).encode()
    options = pyarrow.json.ParseOptions(explicit_schema=schema)
    blocks = pyarrow.json.ReadOptions(block_size=max(len(lines), 1))
    target = scratch / f"{table}-rejects.parquet"
    pq.write_table(pyarrow.json.read_json(io.BytesIO(lines), blocks, options), target)
    return target
