"""Rows as files for other programs: CSV, JSON, Parquet and Excel.

DuckDB formats CSV, JSON and Parquet, so that no row becomes a Python object.
Nested values are JSON text in CSV and Excel. In JSON, decimals are text, so that they stay exact.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from medallion.contracts import literal, quote
from medallion.errors import DataError
from medallion.export.spreadsheet_csv import BOM, without_formula, without_formula_sql
from medallion.sql.expressions import kinds, reason

if TYPE_CHECKING:
    from medallion.contracts import Relation

FileFormat: TypeAlias = Literal["csv", "spreadsheet", "json", "parquet", "xlsx"]
Head: TypeAlias = Mapping[str, Any]

BATCH = 10_000
NESTED = ("list", "array", "struct", "map", "union", "variant")
_TEXTS = ("varchar", "json", "enum", "interval", "blob", *NESTED)
_FLOATS = ("float", "double")
_MOMENTS = ("timestamp", "timestamp_s", "timestamp_ms", "timestamp_ns", "timestamp with time zone")


def write(rows: Relation, form: FileFormat, target: Path, head: Head) -> None:
    """Write rows to a file. `head` are the members before `rows` in JSON.

    Raises DataError when a value cannot be computed, or when a sheet cannot hold all rows.
    """
    with _explained():
        _WRITERS[form](rows, target, head)


def write_file(rows: Relation, form: FileFormat, target: Path, head: Head | None = None) -> None:
    """Write rows to a file in one atomic step, or to a device or pipe.

    Raises the errors of `write`; nothing is written then.
    """
    regular = target.is_file() or not target.exists()
    target = target.resolve() if regular else target
    with tempfile.TemporaryDirectory(
        dir=target.parent if regular else None, prefix=".medallion-"
    ) as folder:
        part = Path(folder) / f"rows.{form}"
        write(rows, form, part, head or {})
        if regular:
            part.replace(target)
            return
        with part.open("rb") as source, target.open("wb") as device:
            shutil.copyfileobj(source, device)


def flattened(rows: Relation) -> Relation:
    """The same rows with nested values as JSON text and bytes in base64."""
    columns = []
    for name, kind in kinds(rows).items():
        column = quote(name)
        if kind in NESTED:
            column = f"cast(to_json({column}) as varchar) as {column}"
        elif kind == "blob":
            column = f"to_base64({column}) as {column}"
        columns.append(column)
    return rows.project(", ".join(columns))


def json_lines(rows: Relation) -> Iterator[list[str]]:
    """The rows in batches, each row as a JSON object; decimals are text."""
    members = ", ".join(
        f"{literal(name)}, {_as_json(name, kind)}" for name, kind in kinds(rows).items()
    )
    lines = rows.project(f"cast(json_object({members}) as varchar) as line")
    for batch in lines.to_arrow_reader(BATCH):
        yield batch.column(0).to_pylist()


def _write_csv(rows: Relation, target: Path, _: Head) -> None:
    flattened(rows).write_csv(str(target), header=True)


def _write_spreadsheet(rows: Relation, target: Path, _: Head) -> None:
    """CSV with a byte order mark, in which no text or column name is a formula."""
    columns = []
    for name, kind in kinds(rows).items():
        column = quote(name)
        if kind in _TEXTS:
            column = without_formula_sql(f"cast({column} as varchar)")
        columns.append(f"{column} as {quote(str(without_formula(name)))}")
    part = target.with_name(f"{target.name}.part")
    flattened(rows).project(", ".join(columns)).write_csv(str(part), header=True)
    with part.open("rb") as source, target.open("wb") as file:
        file.write(BOM)
        shutil.copyfileobj(source, file)
    part.unlink()


def _write_parquet(rows: Relation, target: Path, _: Head) -> None:
    rows.write_parquet(str(target))


def _write_json(rows: Relation, target: Path, head: Head) -> None:
    from pydantic_core import to_json

    with target.open("wb") as file:
        file.write(to_json(head)[:-1] + (b"," if head else b"") + b'"rows":[')
        separator = "\n"
        for lines in json_lines(rows):
            file.write((separator + ",\n".join(lines)).encode())
            separator = ",\n"
        file.write(b"\n]}\n")


def _write_xlsx(rows: Relation, target: Path, _: Head) -> None:
    from medallion.export.xlsx import write_sheet

    texts = flattened(rows)
    write_sheet(target, texts.columns, texts.to_arrow_reader(BATCH))


def _as_json(name: str, kind: str) -> str:
    """A column as JSON; values without a JSON type become text or null."""
    column = quote(name)
    if kind == "decimal":
        return f"cast({column} as varchar)"
    if kind in _FLOATS:
        return f"case when isfinite({column}) then {column} end"
    if kind in _MOMENTS:
        text = f"replace(cast({column} as varchar), ' ', 'T')"
        return f"regexp_replace({text}, '[+]00$', 'Z')" if kind.endswith("zone") else text
    return f"to_base64({column})" if kind == "blob" else column


@contextmanager
def _explained() -> Iterator[None]:
    import duckdb

    try:
        yield
    except duckdb.IOException as error:
        raise OSError(reason(error)) from error
    except duckdb.Error as error:
        raise DataError(reason(error)) from error


_WRITERS: dict[FileFormat, Callable[[Relation, Path, Head], None]] = {
    "csv": _write_csv,
    "spreadsheet": _write_spreadsheet,
    "json": _write_json,
    "parquet": _write_parquet,
    "xlsx": _write_xlsx,
}
