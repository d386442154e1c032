"""The walk of docs/explain.md on all surfaces: a figure, its records, a correction, and back."""

from __future__ import annotations

import json
import re
import shutil
from decimal import Decimal
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

from playwright.sync_api import TimeoutError, expect

import medallion as md
from medallion_api.keys import new_key
from tests.api.project import gunicorn
from tests.panel.forked_server import serving
from tests.panel.page_content import eventually

SHOP = Path(__file__).parents[2] / "examples/shop"
BEFORE, MISSING, AFTER = "367,862.28", Decimal("12.50"), "367,874.78"


def get(place: str, path: str, key: str) -> Any:
    """The JSON of the API with a key."""
    connection = HTTPConnection(place, timeout=60)
    try:
        connection.request("GET", path, headers={"X-API-Key": key})
        answer = connection.getresponse()
        body = answer.read()
        assert answer.status == 200, body
        return json.loads(body)
    finally:
        connection.close()


def germany(place: str, key: str, query: str = "") -> str:
    """The revenue of Germany that the API serves, as the dashboard writes it."""
    row = get(place, f"/tables/country_stats/Germany{query}", key)
    return f"{Decimal(str(row['revenue'])):,}"


def _opens(row: Any, panel: Any) -> bool:
    """Whether a Shift-click on a row opens the panel; one on a row that is drawn again does not."""
    row.locator("td").first.click(modifiers=["Shift"])
    try:
        panel.wait_for(timeout=15_000)
    except TimeoutError:
        return False
    return True


def test_a_figure_is_explained_corrected_and_rolled_back(tab: Any, tmp_path: Path) -> None:
    shutil.copytree(SHOP / "data", tmp_path / "data")
    config = tmp_path / "medallion.yaml"
    yaml = (SHOP / "medallion.yaml").read_text()
    config.write_text(yaml.replace("dashboard:\n", "dashboard:\n  why: true\n", 1))
    pipeline = md.Pipeline.load(config)
    first = pipeline.run().release
    key, entry = new_key("ann")

    with gunicorn(tmp_path, 1, MEDALLION_API_KEYS=entry) as place, serving(config) as url:
        # The figure, and the record that it lacks.
        assert germany(place, key) == BEFORE
        tab.goto(f"{url}?page=countries")
        row = tab.locator("tr", has_text=re.compile("Germany.*" + re.escape(BEFORE)))
        panel = tab.get_by_role("dialog")
        eventually(lambda: _opens(row, panel), lambda: "no panel opens")
        expect(panel).to_contain_text("Rows behind Country Germany")
        expect(panel).to_contain_text("more records would have counted")
        expect(panel).to_contain_text("12.5.0")
        tab.keyboard.press("Escape")
        expect(panel).to_have_count(0)
        path = "/why/country_stats/Germany?removed=true&limit=1000"
        records = get(place, path, key)["records"]
        assert ("data/purchases/2024-01.csv", 275) in {
            (record["file"], record["record"]) for record in records
        }

        # Corrected in a candidate, which is compared and nowhere else to be seen.
        rejects = pipeline.corrections.rejects("silver.purchases", file="2024-01.csv")
        rows = [each for each in rejects.rows() if each["amount"] == "12.5.0"]
        assert len(rows) == 1
        rows[0]["amount"] = "12.50"
        pipeline.corrections.correct("silver.purchases", rows, note="amount on the receipt")
        assert pipeline.run(candidate="corrected").candidate == "corrected"
        assert germany(place, key) == BEFORE
        assert germany(place, key, "?release=corrected") == AFTER
        diff = get(place, f"/releases/{first}/diff/corrected?table=country_stats", key)
        assert str(MISSING) in json.dumps(diff)

        # Published: all surfaces have it, and the dashboard without a reload.
        pipeline.publish("corrected")
        assert germany(place, key) == AFTER
        expect(tab.locator("tr", has_text=AFTER)).to_have_count(1)
        why = pipeline.why("gold.country_stats", "country = 'Germany'")
        ((total,),) = why.rows_of("silver.purchases").aggregate("sum(amount)").fetchall()
        assert f"{total:,}" == AFTER

        # And back.
        pipeline.roll_back()
        assert germany(place, key) == BEFORE
        expect(tab.locator("tr", has_text=BEFORE)).to_have_count(1)
