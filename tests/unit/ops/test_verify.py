"""What an inspection of a lake finds."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

import medallion as md
from medallion.ops.verify import Damage, Inspection
from tests.unit.ops.conftest import changed

Choose = Callable[[Path], Path]


def newest(pattern: str) -> Choose:
    """The newest file of the lake that matches a pattern, by its id."""
    return lambda lake: max(lake.glob(pattern), key=lambda path: path.name)


def test_everything_that_kept_releases_need_is_read_back(pipeline: md.Pipeline) -> None:
    look = Inspection(pipeline, thorough=True)
    assert look.damages == []
    assert [release.id for release in look.kept()] == pipeline.lake.release_ids()
    assert len(look.kept()) == 2
    assert look.current == pipeline.lake.current()
    # Of each release a source file, its records, their description, and a table; of the second
    # one also its rejects, and the rows that the steps of its partition removed.
    assert (look.objects, look.read_back) == (10, 10)
    assert set(look.runs) == set(pipeline.lake.run_ids())
    assert len(look.snapshots) == 4


def test_a_lake_without_a_release_has_no_damage(pipeline: md.Pipeline, tmp_path: Path) -> None:
    file = tmp_path / "new.yaml"
    text = (pipeline.base / "medallion.yaml").read_text()
    file.write_text("lake: other\n" + text.replace("shop.db", "other.db"))
    look = Inspection(md.Pipeline.load(file), thorough=True)
    assert (look.damages, look.current, look.objects) == ([], None, 0)


@pytest.mark.parametrize(
    ("choose", "kind"),
    [
        (newest("current.json"), "pointer"),
        (newest("lake.json"), "identity"),
        (newest("releases/*.json"), "release"),
        (newest("runs/*.json"), "run"),
        (newest("snapshots/gold.clients/*.json"), "snapshot"),
        (newest("plain.json"), "plain"),
        (newest("gold/clients.parquet"), "plain"),
        (newest("bronze/clients/objects/*"), "object"),
        (newest("bronze/clients/records/*.parquet"), "object"),
        (newest("bronze/clients/records/*.json"), "object"),
        (newest("quarantine/*/*"), "object"),
    ],
)
@pytest.mark.parametrize("how", ["changed", "lost"])
def test_a_changed_or_lost_file_is_one_damage_with_its_place(
    pipeline: md.Pipeline, choose: Choose, kind: str, how: str
) -> None:
    lake = pipeline.base / "lake"
    file = choose(lake)
    if how == "changed":
        changed(file)
    else:
        file.unlink()
    damages = Inspection(pipeline, thorough=True).damages
    places = [(damage.kind, damage.place) for damage in damages if damage.place == str(file)]
    assert places == [(kind, str(file))]
    assert all(damage.said and damage.advice.startswith("medallion") for damage in damages)


def test_a_lost_release_that_was_published_is_missed(pipeline: md.Pipeline) -> None:
    oldest = min((pipeline.base / "lake/releases").iterdir())
    oldest.unlink()
    (damage,) = Inspection(pipeline).damages
    assert damage == Damage("release", str(oldest), f"releases/{oldest.name}", "is lost")


def test_a_table_whose_rows_differ_in_the_database_is_a_damage(pipeline: md.Pipeline) -> None:
    with closing(sqlite3.connect(pipeline.base / "shop.db")) as database, database:
        (name,) = (
            name
            for (name,) in database.execute(
                "select name from sqlite_master where type = 'table' and name like 'clients__%'"
            )
            if database.execute(f'select count(*) from "{name}"').fetchone() == (2,)
        )
        database.execute(f"delete from \"{name}\" where id = '3'")
    look = Inspection(pipeline, thorough=True)
    assert [damage.kind for damage in look.damages] == ["sink"]
    assert look.damages[0].place == "serving: table 'clients'"
    assert look.of("sink") == look.damages
    assert look.of("object") == []


def test_a_database_that_shows_another_release_is_a_damage(pipeline: md.Pipeline) -> None:
    (pipeline.base / "shop.db").unlink()
    look = Inspection(pipeline)
    assert look.current is not None
    said = [damage.said for damage in look.of("sink")]
    assert f"shows no release, and {look.current.id} is published" in said
