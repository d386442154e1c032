"""Decimals beyond 64 bits from a file to a SQLite sink, its view, its API, and the next runs."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from decimal import Decimal
from pathlib import Path

from falcon.testing import TestClient

import medallion as md
from medallion.ops.verify import Inspection
from medallion_api.app import assemble

YAML = """\
name: wide
lake: lake
tables:
  bronze:
    rows: {source: "rows.csv"}
  gold:
    amounts:
      from: bronze.rows
      steps:
        - cast: {id: integer, amount: "decimal(38,4)"}
sinks:
  serving: {url: "sqlite:serving.db", tables: {amounts: {key: id, indexes: [amount]}}}
api: {endpoints: {/amounts: {table: amounts}}}
"""
LARGE = "1234567890123456789012345678901234.5678"


def test_a_number_beyond_64_bits_appears_changes_and_goes(tmp_path: Path) -> None:
    file = tmp_path / "medallion.yaml"
    file.write_text(YAML)
    narrow = _run(file, "1,-0.5\n2,\n3,0.0001\n")
    wide = _run(file, f"1,-0.5\n2,\n3,{LARGE}\n")
    pipeline = md.Pipeline.load(file)
    with closing(sqlite3.connect(tmp_path / "serving.db")) as connection:
        shown = connection.execute("select amount from amounts order by amount").fetchall()
    assert shown == [(None,), (-0.5,), (float(LARGE),)]
    with closing(pipeline.store()) as store:
        (totals,) = store.group("amounts", (), {"total": "sum(amount)"}, md.Query())
        assert totals == {"total": Decimal("1234567890123456789012345678901234.0678")}
    assert _from_api(pipeline, "amount__gt=1e33&sort=-amount") == [Decimal(LARGE)]
    assert _from_api(pipeline, f"amount={LARGE}") == [Decimal(LARGE)]
    assert _from_api(pipeline, "sort=-amount") == [Decimal(LARGE), Decimal("-0.5"), None]
    assert not Inspection(pipeline, thorough=True).damages
    _run(file, f"1,-0.5\n2,7\n3,-{LARGE}\n")
    assert _from_api(pipeline, "sort=amount") == [Decimal(f"-{LARGE}"), Decimal("-0.5"), 7]
    pipeline.roll_back(narrow)
    assert _from_api(pipeline, "sort=amount") == [None, Decimal("-0.5"), Decimal("0.0001")]
    pipeline.roll_back(wide)
    assert _from_api(pipeline, "sort=-amount")[0] == Decimal(LARGE)


def _run(file: Path, rows: str) -> str:
    (file.parent / "rows.csv").write_text(f"id,amount\n{rows}")
    return md.Pipeline.load(file).run().release


def _from_api(pipeline: md.Pipeline, query: str) -> list[object]:
    api = assemble(pipeline)
    response = TestClient(api.app).simulate_get("/amounts", query_string=query)
    api.reading.store.close()
    body = json.loads(response.text, parse_float=Decimal)
    return [row["amount"] for row in body["rows"]]
