"""`--output` and `--format`, which all commands have that write rows to files."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from medallion.cli.export_options import file_format
from medallion.errors import CallError
from tests.unit.cli.conftest import Call


def test_a_format_is_named_or_that_of_the_extension() -> None:
    assert file_format(None, Path("a.XLSX")) == "xlsx"
    assert file_format("spreadsheet", Path("a.txt")) == "spreadsheet"
    with pytest.raises(CallError, match=r"a\.txt: unknown file extension") as error:
        file_format(None, Path("a.txt"))
    assert "--format csv|spreadsheet" in error.value.hint


@pytest.mark.parametrize(
    "command",
    [
        ("show", "bronze.clients"),
        ("quarantine", "gold.clients"),
        ("quarantine", "--warned"),
        ("why", "gold.clients"),
    ],
)
def test_every_command_writes_files_alike(
    call: Call, published: Path, tmp_path: Path, command: tuple[str, ...]
) -> None:
    target = tmp_path / "rows.json"
    assert call(published, *command, "--output", str(target)).code == 0
    assert "rows" in json.loads(target.read_text())
    other = tmp_path / "rows.txt"
    assert call(published, *command, "--output", str(other), "--format", "csv").code == 0
    assert other.exists()
    refused = call(published, *command, "--output", str(tmp_path / "rows.doc"))
    assert (refused.code, "unknown file extension" in refused.err) == (2, True)


@pytest.mark.parametrize("command", [("quarantine",), ("why", "gold.clients")])
def test_a_format_needs_a_file(call: Call, published: Path, command: tuple[str, ...]) -> None:
    result = call(published, *command, "--format", "csv")
    assert (result.code, "--format needs --output FILE" in result.err) == (2, True)
