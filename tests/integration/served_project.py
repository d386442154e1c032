"""The small pipeline with its store in MongoDB and its lake on disk or S3, and its invariants."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import medallion as md
from medallion.sinks.mongodb.database import LOADS, connect
from tests.integration import small

LAYERS = "layers:\n  bronze: raw\n  silver: parquet\n  gold: {type: parquet, retain: 2}\ntables:"


def stored(yaml: str) -> str:
    """A declaration with its store at a URL, and two releases kept."""
    return yaml.replace("sqlite:lake/serving.db", "${STORE}").replace("tables:", LAYERS, 1)


YAML = stored(small.YAML)
MEDIANS = stored(small.MEDIANS)
MERGED = YAML.replace("{key: client_id,", "{key: client_id, mode: merge,")
ON_S3 = MERGED.replace("layers:", "lake: ${LAKE}\nlayers:", 1)
"""On S3, with one table in mode `merge`, which gives the same rows here."""
IMPATIENT = "serverSelectionTimeoutMS=3000"

Figures = tuple[int, Decimal]


@dataclass
class Project:
    """A project with one published release; `prepare` adds a source file for the next."""

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
        """Write the URL of the store and other settings to `.env`."""
        values = {"STORE": url, **settings}
        (self.folder / ".env").write_text(
            "".join(f"{name}={value}\n" for name, value in values.items())
        )

    @contextmanager
    def continued(self, url: str) -> Iterator[Project]:
        """The same project for one more test, which may leave its next release unpublished."""
        self.prepare()
        yield self
        self.store_at(url)
        small.load(self.folder).run()

    def recover(self, where: str) -> None:
        """Assert that a fault left one complete release in lake and store, and run again."""
        pipeline = small.load(self.folder)
        assert small.in_lake(pipeline) in (self.before, self.after), where
        assert shown(pipeline) in (self.before, self.after), where
        pipeline.run()
        assert small.in_lake(pipeline) == shown(pipeline) == self.after, where
        pipeline.collect()  # so that each run begins with the same amount of garbage

    def check_litter(self) -> None:
        """Assert that garbage collection leaves the collections of the kept releases only."""
        pipeline = small.load(self.folder)
        pipeline.collect()
        assert shown(pipeline) == self.after
        releases = pipeline.lake.releases()
        assert len(releases) == 2
        expected = {
            served.name for release in releases for served in release.served["serving"].values()
        }
        url = pipeline.declaration.sinks["serving"].sink.url
        with connect(url) as client:
            database = client.get_default_database()
            assert {mark["_id"] for mark in database[LOADS].find()} == expected
            collections = {
                name
                for name in database.list_collection_names()
                if not name.startswith(("_medallion", "system."))
            }
        assert collections == expected | {"by_client", "total"}


def figures(number: int) -> Figures:
    """Orders and revenue of the release with the n-th file."""
    return small.BOTH[0] + 1, small.BOTH[1] + 1 + Decimal(number).scaleb(-2)


def shown(pipeline: md.Pipeline) -> Figures:
    """Orders and revenue in the store; both tables must be of one release."""
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
    """A project with two published releases."""
    small.write(folder, yaml)
    project = Project(folder)
    project.store_at(url, **settings)
    small.load(folder).run()
    project.prepare()
    small.load(folder).run()
    return project
