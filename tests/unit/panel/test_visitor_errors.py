"""Error messages for visitors."""

from __future__ import annotations

from medallion.errors import CallError, SinkError
from medallion_panel.ui.visitor_errors import visitor_text, without_paths
from tests.unit.panel.tables import SAY


def test_visitors_see_no_paths_of_the_server() -> None:
    lost = SinkError(
        "sqlite:/srv/app/lake/serving.db: unable to open database file", hint="look at /srv/app"
    )
    assert "/srv" not in visitor_text(lost, SAY)
    assert visitor_text(SinkError("sqlite:/srv/x.db: nothing was published yet"), SAY).startswith(
        "Nothing has been published yet"
    )
    assert without_paths("/srv/app/data/sales.csv: no column 'x'") == "sales.csv: no column 'x'"
    assert without_paths("mongodb://db.example:27017/shop: refused") == "shop: refused"
    assert without_paths("gold.sales: 3/4 rows, a and/or b") == "gold.sales: 3/4 rows, a and/or b"
    assert (
        visitor_text(CallError("no table 'x'", hint="there is y"), SAY)
        == "no table 'x'. there is y."
    )
