"""No document or row about a release in a store grows with the number of source files.

MEDALLION_TEST_FILES=7600 is the number at which a release once exceeded a document of MongoDB.
"""

from __future__ import annotations

import json
import os
import sqlite3
from contextlib import closing
from pathlib import Path

import medallion as md
from medallion.sinks.mongodb.database import connect

FILES = int(os.environ.get("MEDALLION_TEST_FILES", "120"))
FEW = 12
COLUMNS = 50
TOLERANCE = 200  # bytes: numbers with more digits


def _write(folder: Path, url: str) -> None:
    names = [f"column_{number}" for number in range(COLUMNS)]
    types = dict.fromkeys(names, "integer")
    layers = {
        "bronze": {"rows": {"source": "data/*.csv"}},
        "silver": {"rows": {"from": "bronze.rows", "steps": [{"cast": types}]}},
        "gold": {
            "totals": {
                "from": "silver.rows",
                "steps": [{"aggregate": {"metrics": {"rows": "count()"}}}],
            }
        },
    }
    declaration = {"name": "growth", "tables": layers, "sinks": {"serving": {"url": url}}}
    (folder / "medallion.yaml").write_text(json.dumps(declaration))
    (folder / "data").mkdir()


def _add_files(folder: Path, numbers: range) -> None:
    """Add files of two rows each; the second row is quarantined."""
    header = ",".join(f"column_{number}" for number in range(COLUMNS))
    for number in numbers:
        row = ",".join(str(number + column) for column in range(COLUMNS))
        (folder / f"data/{number:06}.csv").write_text(f"{header}\n{row}\nx{row}\n")


def _publish(folder: Path) -> None:
    pipeline = md.Pipeline.load(folder / "medallion.yaml")
    pipeline.run()
    release = pipeline.lake.current()
    assert release
    files = len(list((folder / "data").iterdir()))
    assert len(release.tables["bronze.rows"].sources) == files
    assert release.tables["silver.rows"].rows == files
    with closing(pipeline.store()) as store:
        summary = store.release()
        assert (summary.id, summary.tables["bronze.rows"].source_files) == (release.id, files)
        assert [row["rows"] for row in store.find("totals", md.Query()).rows] == [files]


def _assert_as_large(before: dict[str, int], after: dict[str, int]) -> None:
    """`before` and `after` are the sizes of the largest documents, by collection or table."""
    assert set(before) == set(after)
    growth = {name: after[name] - before[name] for name in before}
    assert max(growth.values()) < TOLERANCE, f"{growth}: of {before}"


def test_no_document_in_mongodb_grows_with_source_files(tmp_path: Path, mongodb_url: str) -> None:
    def largest() -> dict[str, int]:
        size = {"$group": {"_id": None, "size": {"$max": {"$bsonSize": "$$ROOT"}}}}
        with connect(mongodb_url) as client:
            database = client.get_default_database()
            names = [name for name in database.list_collection_names() if "." not in name]
            sizes = {
                name: next(iter(database[name].aggregate([size])), {"size": 0}) for name in names
            }
        return {name.partition("__")[0]: document["size"] for name, document in sizes.items()}

    _write(tmp_path, mongodb_url)
    _add_files(tmp_path, range(FEW))
    _publish(tmp_path)
    before = largest()
    assert max(before.values()) > COLUMNS * 10  # the release is there, with its columns
    _add_files(tmp_path, range(FEW, FILES))
    _publish(tmp_path)
    print(f"largest documents with {FEW} files: {before}, with {FILES}: {largest()}")
    _assert_as_large(before, largest())


def test_no_row_in_sqlite_grows_with_source_files(tmp_path: Path) -> None:
    def largest() -> dict[str, int]:
        with closing(sqlite3.connect(tmp_path / "serving.db")) as connection:
            names = [
                name
                for (name,) in connection.execute(
                    "select name from sqlite_master where type = 'table'"
                )
            ]
            rows = {
                name: connection.execute(f'select * from "{name}"').fetchall() for name in names
            }
        return {
            name.partition("__")[0]: max((len(repr(row)) for row in found), default=0)
            for name, found in rows.items()
        }

    _write(tmp_path, "sqlite:serving.db")
    _add_files(tmp_path, range(FEW))
    _publish(tmp_path)
    before = largest()
    assert max(before.values()) > COLUMNS * 10
    _add_files(tmp_path, range(FEW, FILES))
    _publish(tmp_path)
    _assert_as_large(before, largest())
