"""Code that reads the rejected records that a visitor has chosen."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from medallion_panel.blocks.reject_snippets import reject_snippets
from medallion_panel.data.quarantine_reader import QuarantineChoice
from tests.corrected import published
from tests.unit.panel.tables import SAY


def test_code_reads_the_same_records(tmp_path: Path) -> None:
    pipeline = published(tmp_path)
    choice = QuarantineChoice("silver.orders", rule="cast", column="amount")
    python, command = (each["text"] for each in reject_snippets(choice, ["amount"], SAY))
    names: dict[str, Any] = {}
    code = python.replace("'medallion.yaml'", repr(str(pipeline.base / "medallion.yaml")))
    exec(code, names)  # noqa: S102 (our own code)
    assert json.dumps(names["rows"]) == '[{"amount": "abc"}]'
    assert command == (
        "medallion quarantine silver.orders --rule cast --column amount --edit rejects.csv"
    )
    (other,) = reject_snippets(QuarantineChoice("silver.orders", release="spring"), [], SAY)
    assert other["text"].endswith(
        "rejects('silver.orders', release='spring')\nrows = rejects.rows()"
    )
    assert reject_snippets(QuarantineChoice(), [], SAY) == []
