"""Run a whole declaration on a few rows, in a folder of its own.

Nothing of the project is read but its declaration and its functions, and nothing of it is written:
sources, lake, layers and sinks all lie in the folder.
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
from medallion.pipeline import Pipeline
from medallion.records import Run
from medallion.run.ingest import format_of
from medallion.run.planner import order, reads
from medallion.testing.rows import as_dicts, as_table

if TYPE_CHECKING:
    import pyarrow as pa

    from medallion.testing.rows import Rows

REJECT = ("rule", "column", "value", "file", "record", "row")


@dataclass(frozen=True)
class Result:
    """What a run made of the rows it was given. `run` is its record; `pipeline.store()` asks what was served."""

    pipeline: Pipeline
    run: Run

    def table(self, name: str) -> list[dict[str, Any]]:
        """The rows of a table by its full name. Raises CallError when the run did not make it."""
        self._check(name)
        rows: list[dict[str, Any]] = self.pipeline.lake.table(name).to_arrow().to_pylist()
        return rows

    def rejects(self, name: str) -> list[dict[str, Any]]:
        """The rows that a table's steps and expectations put in quarantine, in the order they were given.

        Keys: `rule`, `column`, `value`, `file`, `record` (1 is the first row given) and `row`, the row as it was given.
        Raises CallError when the run did not make the table.
        """
        import pyarrow.parquet as pq

        self._check(name)
        file = next(step.rejects for step in self.run.steps if step.table == name)
        if file is None:
            return []
        found = pq.read_table(
            self.pipeline.lake.storage.local(file.path), columns=list(REJECT)
        ).to_pylist()
        found.sort(key=lambda row: (row["file"] or "", row["record"] or 0))
        return [{**row, "row": json.loads(row["row"])} for row in found]

    def _check(self, name: str) -> None:
        made = self.pipeline.declaration.names()
        if name not in made:
            raise CallError(
                f"the run made no table {name!r}{did_you_mean(name, made)}",
                hint="only tables all of whose sources were given rows are made",
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

    Parameters: `declaration`, or the path of one; `sources`, rows by the full name of their source table, as dicts,
    an Arrow table, or a pandas or Polars frame; `folder`, an empty one; `serve` loads the last layer into SQLite files
    there in place of the declared sinks, which otherwise are left out. Tables that need a source without rows are left
    out too. As CSV holds nothing but text, every value for a CSV source is made text; others keep their types.
    Raises CallError on rows that fit no source, and whatever the run raises.
    """
    whole = declaration if isinstance(declaration, Declaration) else load(Path(declaration))[0]
    for name in sources:
        _check_source(whole, name)
    made = [name for name in order(whole) if _given(whole, name, sources)]
    tables: dict[str, dict[str, Any]] = {}
    for name in (name for name in whole.names() if name in made):
        layer, plain = TableName(name).layer, TableName(name).table
        table = whole.table(name)
        if isinstance(table, Source):
            table = _replaced(table, name, sources[name], folder)
        tables.setdefault(layer, {})[plain] = table
    last = list(whole.layers)[-1]
    sinks = (
        {label: _sink(label, sink, tables.get(last, {})) for label, sink in whole.sinks.items()}
        if serve
        else {}
    )
    layers = {name: layer.model_copy(update={"path": None}) for name, layer in whole.layers.items()}
    small = whole.model_copy(
        update={"lake": "lake", "layers": layers, "tables": tables, "sinks": sinks}
    )
    pipeline = Pipeline(small, base=folder)
    return Result(pipeline, pipeline.run())


def _check_source(declaration: Declaration, name: str) -> None:
    known = [each for each in declaration.names() if isinstance(declaration.table(each), Source)]
    if name not in known:
        raise CallError(f"there is no source table {name!r}{did_you_mean(name, known)}")


def _given(declaration: Declaration, name: str, sources: Mapping[str, Rows]) -> bool:
    if isinstance(declaration.table(name), Source):
        return name in sources
    return all(_given(declaration, read, sources) for read in reads(declaration, name))


def _replaced(source: Source, name: str, rows: Rows, folder: Path) -> Source:
    import pyarrow.parquet as pq

    path = Path("sources", f"{name.replace('.', '/', 1)}.parquet")
    (folder / path).parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(_table(source, name, rows), folder / path)
    return source.model_copy(update={"source": path.as_posix(), "format": None, "add": {}})


def _table(source: Source, name: str, rows: Rows) -> pa.Table:
    import pyarrow as pa

    try:
        text = _holds_text(source)
        table = as_table(
            [{key: _text(value) for key, value in row.items()} for row in as_dicts(rows)]
            if text
            else rows
        )
    except (pa.ArrowException, TypeError) as error:
        raise CallError(
            f"{name}: the rows make no table: {error}", hint="give each column values of one type"
        ) from error
    if not table.column_names:
        empty = pa.schema([(column, pa.string()) for column in source.columns])
        if not source.columns:
            raise CallError(
                f"{name}: no rows and no columns",
                hint="give an Arrow table or a frame that has columns",
            )
        table = empty.empty_table()
    unknown = [
        pa.field(field.name, pa.string() if pa.types.is_null(field.type) else field.type)
        for field in table.schema
    ]
    return table.cast(pa.schema(unknown))


def _holds_text(source: Source) -> bool:
    try:
        return (source.format or format_of(source.source)).name == "csv"
    except SourceError:  # the endings of its files decide, and there are none here
        return False


def _text(value: object) -> str | None:
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool | list | dict):
        return json.dumps(value)
    return str(value)


def _sink(label: str, declared: SinkDeclaration, served: Mapping[str, Any]) -> object:
    tables = {name: table for name, table in declared.tables.items() if name in served}
    return sink_declaration(label, {"url": f"sqlite:{label}.db", "tables": tables})
