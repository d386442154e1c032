"""Rows that break a rule, over HTTP: those that were rejected, and those kept with a warning."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from falcon.testing import TestClient

import medallion as md
from medallion_api.app import assemble

DECLARATION = """\
name: sales
tables:
  bronze:
    sales: {source: "sales*.csv"}
  gold:
    sales:
      from: bronze.sales
      steps:
        - cast: {amount: integer}
      expect:
        - {not_null: shop, on_fail: warn}
        - {unique: id, on_fail: warn}
sinks:
  serving: {url: "sqlite:lake/serving.db"}
api:
"""
JANUARY = "id,shop,amount\n1,a,5\n2,,x\n1,,7\n"
FEBRUARY = "id,shop,amount\n2,,y\n3,,9\n"


@contextmanager
def served(folder: Path, settings: str) -> Iterator[TestClient]:
    (folder / "sales1.csv").write_text(JANUARY)
    (folder / "sales2.csv").write_text(FEBRUARY)
    (folder / "medallion.yaml").write_text(DECLARATION + settings)
    pipeline = md.Pipeline.load(folder / "medallion.yaml")
    pipeline.run()
    api = assemble(pipeline)
    yield TestClient(api.app)
    api.reading.store.close()


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    with served(tmp_path_factory.mktemp("sales"), "  why: true\n") as client:
        yield client


def test_the_quality_counts_them_and_says_where_they_are(client: TestClient) -> None:
    answer = client.simulate_get("/quality").json
    (quality,) = (table for table in answer["tables"] if table["table"] == "gold.sales")
    assert (quality["rows_in"], quality["kept"], quality["quarantined"]) == (5, 3, 2)
    assert quality["warned"] == 2
    assert quality["warned_rules"] == {"not_null shop": 2, "unique id": 1}
    path = answer["quarantine"].format(table="gold.sales")
    assert client.simulate_get(path).json["count"] == quality["quarantined"]
    warned = client.simulate_get(f"{path}?warned=true").json
    assert warned["count"] == sum(quality["warned_rules"].values())


def test_rows_have_their_rule_and_source_record(client: TestClient) -> None:
    answer = client.simulate_get("/quarantine/gold.sales?warned=true")
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["X-Release"] == answer.json["release"]
    assert (answer.json["table"], answer.json["warned"], answer.json["inexact"]) == (
        "gold.sales",
        True,
        [],
    )
    places = [(row["file"], row["record"], row["rule"]) for row in answer.json["rows"]]
    assert places == [
        ("sales1.csv", 3, "not_null"),
        ("sales1.csv", 3, "unique"),
        ("sales2.csv", 2, "not_null"),
    ]
    assert answer.json["rows"][0]["row"] == {"id": "1", "shop": None, "amount": "7"}


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("", 2),
        ("?rule=cast", 2),
        ("?rule=cast&file=sales2.csv", 1),
        ("?column=amount&column=id", 2),
        ("?file=other.csv", 0),
        ("?warned=true&rule=unique", 1),
        ("?warned=true&rule=unique&rule=not_null&file=sales*.csv", 3),
    ],
)
def test_rows_are_chosen_by_rule_file_and_column(
    client: TestClient, query: str, count: int
) -> None:
    answer = client.simulate_get(f"/quarantine/gold.sales{query}")
    assert (answer.status_code, answer.json["count"], len(answer.json["rows"])) == (
        200,
        count,
        count,
    )
    limited = client.simulate_get(f"/quarantine/gold.sales{query or '?'}&limit=0").json
    assert (limited["count"], limited["rows"]) == (count, [])


@pytest.mark.parametrize(
    ("path", "status", "message"),
    [
        ("gold.nothing", 404, "no table 'gold.nothing'"),
        ("gold.sales?rule=csat", 400, "did you mean 'cast'"),
        ("gold.sales?column=amuont&warned=true", 400, "did you mean 'amount'"),
        ("gold.sales?limit=10001", 400, "limit"),
        ("gold.sales?rules=cast", 400, "did you mean 'rule'"),
    ],
)
def test_what_is_not_there_is_a_problem(
    client: TestClient, path: str, status: int, message: str
) -> None:
    answer = client.simulate_get(f"/quarantine/{path}")
    assert answer.status_code == status
    assert message in answer.text


def test_it_is_described(client: TestClient) -> None:
    path = client.simulate_get("/openapi.json").json["paths"]["/quarantine/{table}"]
    names = {parameter["name"] for parameter in path["get"]["parameters"]}
    assert names == {"table", "rule", "file", "column", "warned", "limit"}


def test_source_records_are_shown_only_where_this_is_allowed(tmp_path: Path) -> None:
    with served(tmp_path, "  endpoints: {}\n") as client:
        assert client.simulate_get("/quarantine/gold.sales").status_code == 404
        assert client.simulate_get("/quality").json["quarantine"] is None
        assert "/quarantine/{table}" not in client.simulate_get("/openapi.json").json["paths"]
