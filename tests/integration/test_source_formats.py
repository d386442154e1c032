"""Each kind of source file from the declaration to a corrected record, with every record counted."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import fastavro
import openpyxl
import pytest

import medallion as md

DEEP = "<a>" * 200 + "</a>" * 200
YAML = """\
name: orders
tables:
  bronze:
    orders: {{source: "data/*", format: {form}}}
  silver:
    orders:
      from: bronze.orders
      steps:
        - cast: {{id: integer, amount: "decimal(12,2)"}}
sinks: {{}}
"""


def excel(rows: list[list[Any]]) -> bytes:
    workbook = openpyxl.Workbook()
    for row in rows:
        workbook.active.append(row)
    data = io.BytesIO()
    workbook.save(data)
    return data.getvalue()


def avro(amounts: list[bytes]) -> bytes:
    """A file with a record per block."""
    schema = {
        "type": "record",
        "name": "order",
        "fields": [{"name": "id", "type": "long"}, {"name": "amount", "type": "string"}],
    }
    data = io.BytesIO()
    texts = [amount.decode("latin-1") for amount in amounts]
    rows = [{"id": number, "amount": text} for number, text in enumerate(texts, 1)]
    fastavro.writer(data, schema, rows, sync_interval=1)
    return data.getvalue().replace("ÿ".encode(), b"\xff\xff")


# For each format: its declaration, a file in which record 2 cannot be read and record 3 cannot be
# cast, the same file with record 2 as it should be, and the text of record 2 in quarantine.
FILES: dict[str, tuple[str, bytes, str]] = {
    "excel": (
        "excel",
        excel([["id", "amount"], [1, 1.5], [2, "#N/A"], [], [3, "three"], [4, 4]]),
        '{"id": "2", "amount": "#N/A"}',
    ),
    "xml": (
        "{xml: {attributes: '', flatten: true}}",
        f"<orders><o id='1'><amount>1.5</amount></o><o id='2'>{DEEP}</o>"
        "<o id='3'><amount>three</amount></o><o id='4'><amount>4</amount></o></orders>".encode(),
        "",
    ),
    "avro": ("avro", avro([b"1.5", b"\xff", b"three", b"4"]), ""),
    "fixed_width": (
        "{fixed_width: {length: 6, columns: {id: 1, amount: 2-6}}}",
        b"1 1.50\n2 2.\n3three\n4 4.00\n",
        "2 2.",
    ),
}


@pytest.mark.parametrize("kind", FILES)
def test_from_a_record_that_cannot_be_read_to_its_correction(kind: str, tmp_path: Path) -> None:
    form, content, text = FILES[kind]
    (tmp_path / "data").mkdir()
    (tmp_path / "data/first").write_bytes(content)
    (tmp_path / "medallion.yaml").write_text(YAML.format(form=form))
    pipeline = md.Pipeline.load(tmp_path / "medallion.yaml")
    assert not pipeline.check().problems
    run = pipeline.run()
    for step in run.steps:
        for tally in step.tallies:
            assert tally.rows_in == tally.kept + tally.quarantined
    rejects = pipeline.quarantine("bronze.orders").to_arrow().to_pylist()
    assert [(reject["file"], reject["record"]) for reject in rejects] == [("data/first", 2)]
    assert json.loads(rejects[0]["row"])["text"] == text
    rejects = pipeline.quarantine("silver.orders").to_arrow().to_pylist()
    assert [(reject["record"], reject["value"]) for reject in rejects] == [(3, "three")]
    assert ids(pipeline) == [1, 4]

    rows = pipeline.corrections.rejects("bronze.orders").rows()
    pipeline.corrections.correct(
        "bronze.orders", [{**row, "id": "2", "amount": "2.25"} for row in rows]
    )
    rows = pipeline.corrections.rejects("silver.orders").rows()
    pipeline.corrections.correct("silver.orders", [{**row, "amount": "3"} for row in rows])
    pipeline.run()
    assert ids(pipeline) == [1, 2, 3, 4]
    origins = pipeline.why("silver.orders", {"id": 2})
    (record,) = origins.as_dicts(origins.records())
    assert (record["file"], record["record"]) == ("data/first", 2)


def ids(pipeline: md.Pipeline) -> list[int]:
    return sorted(pipeline.lake.table("silver.orders").to_arrow()["id"].to_pylist())
