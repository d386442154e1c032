"""The shop's own endpoints, and its figures."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from falcon.testing import TestClient

import medallion as md
from medallion_api.app import assemble

SHOP = Path(__file__).parents[2] / "examples/shop"


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    folder = tmp_path_factory.mktemp("shop")
    shutil.copy(SHOP / "medallion.yaml", folder)
    shutil.copytree(SHOP / "data", folder / "data")
    pipeline = md.Pipeline.load(folder / "medallion.yaml")
    pipeline.run()
    api = assemble(pipeline)
    yield TestClient(api.app)
    api.reading.store.close()


def rows(shop: TestClient, path: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(shop.simulate_get(path).text, parse_float=Decimal)[
        "rows"
    ]
    return found


def test_every_endpoint_of_the_shop(shop: TestClient) -> None:
    summary = json.loads(shop.simulate_get("/stats/summary").text, parse_float=Decimal)
    assert (summary["clients"], summary["purchases"], summary["products"]) == (1500, 23663, 10)
    assert len(rows(shop, "/clients?limit=1000")) == 1000
    assert shop.simulate_get("/clients?count=exact").json["count"] == 1500
    for path, number in (("/products", 10), ("/monthly", 13), ("/countries", 9)):
        found = rows(shop, path)
        assert len(found) == number
        assert sum(row["revenue"] for row in found) == summary["revenue"]
    top = rows(shop, "/top-clients")
    assert len(top) == 10
    assert top == rows(shop, "/clients?limit=10")
    one = top[0]
    assert (
        json.loads(shop.simulate_get(f"/clients/{one['client_id']}").text, parse_float=Decimal)
        == one
    )
    french = rows(shop, "/clients?country=France&total_spent__gte=100&limit=1000")
    assert french
    assert all(row["country"] == "France" and row["total_spent"] >= 100 for row in french)
