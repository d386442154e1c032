"""Run a whole declaration on a few rows, in a separate folder.

Only the declaration and the Python functions of the project are read, and nothing in it is written:
sources, lake, layers and sinks are all in the separate folder.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from medallion.declaration.loader import load
from medallion.declaration.models import Declaration, SinkDeclaration, Source, sink_declaration
from medallion.errors import CallError, SourceError, did_you_mean
from medallion.identifiers import TableName
from medallion.lake.frames import Quarantine
from medallion.pipeline import Pipeline
from medallion.records import Run
from medallion.run.source_formats import format_of
from medallion.run.table_order import order, reads
from medallion.testing.rows import as_dicts, as_table

if TYPE_CHECKING:
    import pyarrow as pa

    from medallion.testing.rows import Rows

REJECT_COLUMNS = ("rule", "column", "value", "file", "record", "row")


@dataclass(frozen=True)
class Result:
    """The result of `run_pipeline`: the record of the run, and the pipeline, with its store."""

    pipeline: Pipeline
    run: Run

    def table(self, name: str) -> list[dict[str, Any]]:
        """The rows of a table by its full name. Raises CallError when it was not computed."""
        self._check(name)
        rows: list[dict[str, Any]] = self.pipeline.lake.table(name).to_arrow().to_pylist()
        return rows

    def rejects(self, name: str) -> list[dict[str, Any]]:
        """The rows that a table's steps and expectations quarantined, in input order.

        Keys: `rule`, `column`, `value`, `file`, `record` (from 1) and `row`, the input row as a
        dict. Raises CallError when the run did not compute the table.
        """
        self._check(name)
        files = next(step.rejects for step in self.run.steps if step.table == name)
        found = Quarantine(self.pipeline.lake.storage, {name: files})
        rejected_rows = found.scan().select(*REJECT_COLUMNS).to_arrow_table().to_pylist()
        rejected_rows.sort(key=lambda row: (row["file"] or "", row["record"] or 0))
        return [{**row, "row": json.loads(row["row"])} for row in rejected_rows]

    def _check(self, name: str) -> None:
        tables = self.pipeline.declaration.names()
        if name not in tables:
            raise CallError(
                f"the run computed no table {name!r}{did_you_mean(name, tables)}",
                hint="pass rows for all of its sources",
            )


def run_pipeline(
    declaration: Path | str | Declaration,
    sources: Mapping[str, Rows],
    folder: Path,
    *,
    serve: bool = False,
) -> Result:
    """Run a declaration on rows instead of its source files.

        result = run_pipeline("medallion.yaml", {"bronze.clients": [{"client_id": "1"}]}, tmp_path)
        assert_rows(result.table("gold.clients_stats"), [{"client_id": "1", "purchases": 0}])

    Parameters: `declaration` is a declaration or its path; `sources` are rows by the full name of
    their source table, as dicts, an Arrow table, or a pandas or Polars frame; `folder` is an empty
    folder; `serve` loads the last layer into SQLite files in it, in place of the declared sinks,
    which are left out otherwise. Tables that need a source without rows are left out. Values for a
    CSV source become text, because CSV has no other type; values for other sources keep their
    types. Raises CallError for rows that match no source table, and what the run raises.
    """
    full = declaration if isinstance(declaration, Declaration) else load(Path(declaration))[0]
    for name in sources:
        _check_source(full, name)
    computable = [name for name in order(full) if _is_computable(full, name, sources)]
    tables: dict[str, dict[str, Any]] = {}
    for name in (name for name in full.names() if name in computable):
        layer, plain = TableName(name).layer, TableName(name).table
        table = full.table(name)
        if isinstance(table, Source):
            table = _with_file(table, name, sources[name], folder)
        tables.setdefault(layer, {})[plain] = table
    last = list(full.layers)[-1]
    sinks = (
        {label: _sink(label, sink, tables.get(last, {})) for label, sink in full.sinks.items()}
        if serve
        else {}
    )
    layers = {name: layer.model_copy(update={"path": None}) for name, layer in full.layers.items()}
    reduced = full.model_copy(
        update={"lake": "lake", "layers": layers, "tables": tables, "sinks": sinks}
    )
    pipeline = Pipeline(reduced, base=folder)
    return Result(pipeline, pipeline.run())


def _check_source(declaration: Declaration, name: str) -> None:
    source_tables = [
        table for table in declaration.names() if isinstance(declaration.table(table), Source)
    ]
    if name not in source_tables:
        raise CallError(f"no source table {name!r}{did_you_mean(name, source_tables)}")


def _is_computable(declaration: Declaration, name: str, sources: Mapping[str, Rows]) -> bool:
    if isinstance(declaration.table(name), Source):
        return name in sources
    return all(
        _is_computable(declaration, input_table, sources)
        for input_table in reads(declaration, name)
    )


def _with_file(source: Source, name: str, rows: Rows, folder: Path) -> Source:
    import pyarrow.parquet as pq

    path = Path("sources", f"{name.replace('.', '/', 1)}.parquet")
    (folder / path).parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(_table(source, name, rows), folder / path)
    return source.model_copy(update={"source": path.as_posix(), "format": None, "add": {}})


def _table(source: Source, name: str, rows: Rows) -> pa.Table:
    import pyarrow as pa

    try:
        text = _is_csv(source)
        table = as_table(
            [{key: _text(value) for key, value in row.items()} for row in as_dicts(rows)]
            if text
            else rows
        )
    except (pa.ArrowException, TypeError) as error:
        raise CallError(
            f"{name}: the rows do not form a table: {error}",
            hint="use values of one type in each column",
        ) from error
    if not table.column_names:
        empty = pa.schema([(column, pa.string()) for column in source.columns])
        if not source.columns:
            raise CallError(
                f"{name}: no rows and no columns",
                hint="pass an Arrow table or a frame that has columns",
            )
        table = empty.empty_table()
    fields = [
        pa.field(field.name, pa.string() if pa.types.is_null(field.type) else field.type)
        for field in table.schema
    ]
    return table.cast(pa.schema(fields))


def _is_csv(source: Source) -> bool:
    if source.pulled:
        return False
    try:
        return (source.format or format_of(source.patterns[0])).name == "csv"
    except SourceError:  # its format depends on file endings, and there are no files here
        return False


def _text(value: object) -> str | None:
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool | list | dict):
        return json.dumps(value)
    return str(value)


def _sink(label: str, declaration: SinkDeclaration, served: Mapping[str, Any]) -> object:
    tables = {name: table for name, table in declaration.tables.items() if name in served}
    return sink_declaration(label, {"url": f"sqlite:{label}.db", "tables": tables})
