"""`medallion schema`: to the output or to a file."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from medallion.cli import main
from medallion.declaration.json_schema import schema


def test_the_schema_is_printed_or_written_as_the_same_document(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as printed:
        main(["schema"])
    out, _ = capsys.readouterr()
    assert json.loads(out) == schema()
    file = tmp_path / "medallion.schema.json"
    with pytest.raises(SystemExit) as written:
        main(["schema", "--output", str(file)])
    assert (printed.value.code, written.value.code) == (0, 0)
    assert file.read_text(encoding="utf-8") == out
    assert f"wrote {file}" in "".join(capsys.readouterr())
