"""The small pipeline with its store in MongoDB, perhaps its lake on S3: what must hold whatever happened to a run."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import medallion as md
from medallion.sinks.mongodb.database import LOADS, connect
from tests.integration import small

LAYERS = "layers:\n  bronze: raw\n  silver: parquet\n  gold: {type: parquet, retain: 2}\ntables:"
YAML = small.YAML.replace("sqlite:lake/serving.db", "${STORE}").replace("tables:", LAYERS, 1)
MERGED = YAML.replace("{key: client_id,", "{key: client_id, mode: merge,")
ON_S3 = MERGED.replace("layers:", "lake: ${LAKE}\nlayers:", 1)
"""The same on S3, and one table merged with the rows served before, which gives the same rows."""
IMPATIENT = "serverSelectionTimeoutMS=1000"

Figures = tuple[int, Decimal]


@dataclass
class Project:
    """A project with one release published; `prepare` brings in a file for the next."""

    folder: Path
    before: Figures = small.BOTH
    after: Figures = small.BOTH
    number: int = 0

    def prepare(self) -> None:
        self.number += 1
        self.before, self.after = self.after, figures(self.number)
        amount = self.after[1] - small.BOTH[1]
        (self.folder / "data/orders/2024-03.csv").write_text(
            small.MARCH.replace("100.00", str(amount))
        )

    def store_at(self, url: str, **settings: str) -> None:
        """Say where the store is, and perhaps more, in `.env`."""
        values = {"STORE": url, **settings}
        (self.folder / ".env").write_text(
            "".join(f"{name}={value}\n" for name, value in values.items())
        )

    def recover(self, where: str) -> None:
        """What must hold after a fault: one whole release in lake and store; then the next run publishes."""
        pipeline = small.load(self.folder)
        assert small.in_lake(pipeline) in (self.before, self.after), where
        assert shown(pipeline) in (self.before, self.after), where
        pipeline.run()
        assert small.in_lake(pipeline) == shown(pipeline) == self.after, where
        pipeline.collect()  # so that the next run has no more to clear up than this one had

    def check_litter(self) -> None:
        """After collecting there are the collections of the kept releases and nothing else."""
        pipeline = small.load(self.folder)
        pipeline.collect()
        assert shown(pipeline) == self.after
        releases = pipeline.lake.releases()
        assert len(releases) == 2
        kept = {
            served.name for release in releases for served in release.served["serving"].values()
        }
        url = pipeline.declaration.sinks["serving"].sink.url
        with connect(url) as client:
            database = client.get_default_database()
            assert {found["_id"] for found in database[LOADS].find()} == kept
            own = {
                name
                for name in database.list_collection_names()
                if not name.startswith(("_medallion", "system."))
            }
        assert own == kept | {"by_client", "total"}


def figures(number: int) -> Figures:
    """What the release with the n-th file shows."""
    return small.BOTH[0] + 1, small.BOTH[1] + 1 + Decimal(number).scaleb(-2)


def shown(pipeline: md.Pipeline) -> Figures:
    """What the store shows, both tables being of one release."""
    store = pipeline.store()
    try:
        total = store.find("total", md.Query())
        clients = store.find("by_client", md.Query())
    finally:
        store.close()
    (row,) = total.rows
    assert total.release == clients.release
    assert sum(client["orders"] for client in clients.rows) == row["orders"]
    assert sum(client["revenue"] for client in clients.rows) == row["revenue"]
    return row["orders"], row["revenue"]


def made(folder: Path, url: str, yaml: str = YAML, **settings: str) -> Project:
    """A project with two releases published."""
    small.write(folder, yaml)
    project = Project(folder)
    project.store_at(url, **settings)
    small.load(folder).run()
    project.prepare()
    small.load(folder).run()
    return project
