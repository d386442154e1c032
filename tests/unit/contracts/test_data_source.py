"""What a source gives by default."""

from __future__ import annotations

from pathlib import Path

from medallion.contracts import SourceItem
from tests.unit.run.counters import Counter


def test_a_source_has_no_relative_paths(tmp_path: Path) -> None:
    source = Counter("a", [])
    assert source.located(tmp_path) is source


def test_a_file_has_neither_token_nor_cursor() -> None:
    assert SourceItem("orders") == SourceItem("orders", "", None)
