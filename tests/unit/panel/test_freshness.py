"""The ages of a release, its tables and their sources."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from medallion.records import Release, SourceFile
from medallion.testing.served import snapshot
from medallion_panel.blocks.freshness import freshness_html
from tests.unit.panel.tables import FORMATS


def ago(**age: float) -> datetime:
    return datetime.now(UTC) - timedelta(**age)


def source(name: str, arrived: datetime) -> SourceFile:
    return SourceFile(
        name=name,
        bytes=1,
        sha256="0" * 64,
        token="t",  # noqa: S106 (no secret)
        arrived=arrived,
        form="csv",
        object="o",
        records="r",
        reading="csv",
        columns=(),
        rows=1,
    )


def test_every_table_has_its_age_and_its_newest_file() -> None:
    sources = (source("a.csv", ago(days=9)), source("b.csv", ago(hours=5)))
    bronze = snapshot("s1", 1234, "orders").model_copy(
        update={"created": ago(hours=3), "sources": sources}
    )
    gold = snapshot("s2", 7, "t").model_copy(update={"created": ago(days=2)})
    release = Release(
        id="r1",
        pipeline="p",
        run="run <1>",
        created=ago(minutes=10),
        previous=None,
        tables={"bronze.orders": bronze, "gold.<b>": gold},
        layers={},
    )
    html = freshness_html(release.summary(), FORMATS)
    assert "Release r1 was published 10 minutes ago by run run &lt;1&gt;." in html
    cells = re.findall(r"<td[^>]*>(.*?)</td>", html)
    assert cells == [
        *("bronze.orders", "3 hours ago", "2", "5 hours ago", "1,234"),
        *("gold.&lt;b&gt;", "2 days ago", "", "", "7"),
    ]
