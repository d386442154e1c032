"""Parse bytes as a source file would be."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pytest

from medallion.contracts import Format, Parsed


@dataclass(frozen=True)
class Read:
    parsed: Parsed
    rows: list[tuple[Any, ...]]
    columns: list[str]


Reader = Callable[..., Read]


@pytest.fixture
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as opened:
        yield opened


@pytest.fixture
def read(tmp_path: Path, connection: duckdb.DuckDBPyConnection) -> Reader:
    """`read(format, name, content)` parses a file and reads the target; it leaves no other file."""

    def parse(form: Format, name: str, content: bytes | None = None) -> Read:
        source = tmp_path / name
        out = tmp_path / "out"
        target = out / "target.parquet"
        if content is not None:
            source.write_bytes(content)
        try:
            parsed = form.parse(source, name, target, connection)
        except BaseException:
            assert not out.exists() or not list(out.iterdir()), "a failure leaves nothing behind"
            raise
        assert [path.name for path in out.iterdir()] == ["target.parquet"]
        rows = connection.execute(f"from read_parquet('{target}')").fetchall()
        columns = [column for column, *_ in connection.description or ()]
        target.unlink()
        assert parsed.rows == len(rows)
        assert columns == [column.name for column in parsed.columns]
        return Read(parsed, rows, columns)

    return parse
