"""Tables in `append` and `merge` over runs, reruns, corrections and rollbacks in both databases."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import medallion as md
from medallion.errors import DeclarationError, SinkError
from medallion.ops.repair import repair
from medallion.ops.verify import Inspection
from medallion.sinks.mongodb.database import connect

YAML = """\
name: modes
tables:
  bronze:
    sales: {{source: data/sales.csv}}
    other: {{source: data/other.csv}}
  gold:
    sales:
      from: bronze.sales
      steps: [{{cast: {{id: integer, amount: integer}}}}]
    other: {{from: bronze.other}}
sinks:
  serving:
    url: {url}
    tables:
      sales: {{key: id, mode: {mode}}}
"""


class Project:
    """A pipeline whose source file has the sales of one day only."""

    def __init__(self, folder: Path, url: str) -> None:
        self.folder, self.url = folder, url
        (folder / "data").mkdir()
        (folder / "data/other.csv").write_text("n\n1\n")

    def run(self, mode: str, *, full: bool = False, **sales: int) -> md.Run:
        """Run with only these sales in the file, such as `id7=10`."""
        (self.folder / "medallion.yaml").write_text(YAML.format(url=self.url, mode=mode))
        rows = "".join(f"{name.removeprefix('id')},{amount}\n" for name, amount in sales.items())
        (self.folder / "data/sales.csv").write_text(f"id,amount\n{rows}")
        return self.pipeline().run(md.Selection(full=full))

    def pipeline(self) -> md.Pipeline:
        return md.Pipeline.load(self.folder / "medallion.yaml")

    def shown(self) -> dict[int, int]:
        store = self.pipeline().store()
        try:
            return {row["id"]: row["amount"] for row in store.find("sales", md.Query()).rows}
        finally:
            store.close()


@pytest.fixture(params=["sqlite", "mongodb"])
def project(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Project]:
    url = (
        "sqlite:lake/serving.db"
        if request.param == "sqlite"
        else request.getfixturevalue("mongodb_url")
    )
    return Project(tmp_path, url)


def loads(run: md.Run) -> dict[str, tuple[Any, ...]]:
    return {
        load.served.table: (load.loaded, load.arrived, load.met, load.served.rows)
        for load in run.loads
    }


@pytest.mark.parametrize(("mode", "third"), [("append", 30), ("merge", 33)])
def test_days_add_up_and_are_counted_once(project: Project, mode: str, third: int) -> None:
    first = project.run(mode, id1=10, id2=20, id3=30)
    second = project.run(mode, id3=33, id4=40)
    assert loads(second)["gold.sales"] == (True, 2, 1, 4)
    both = {1: 10, 2: 20, 3: third, 4: 40}
    assert project.shown() == both
    assert project.run(mode, id3=33, id4=40).status == "unchanged"
    again = project.run(mode, full=True, id3=33, id4=40)
    assert again.status == "succeeded"
    assert project.shown() == both
    (project.folder / "data/other.csv").write_text("n\n1\n2\n")
    other = project.run(mode, id3=33, id4=40)
    assert loads(other)["gold.sales"] == (False, 0, 0, 4)
    assert project.shown() == both

    project.pipeline().roll_back(first.release)
    assert project.shown() == {1: 10, 2: 20, 3: 30}
    forward = project.run(mode, id3=33, id4=40)
    assert forward.status == "succeeded"
    assert project.shown() == both

    for number in range(
        5, 18
    ):  # beyond retention: what came with releases long gone is still served
        project.run(mode, **{f"id{number}": number})
    project.pipeline().collect()
    assert len(project.pipeline().lake.releases()) == 10
    assert project.shown() == both | {number: number for number in range(5, 18)}
    before = project.pipeline().roll_back()
    assert before.tables["gold.sales"].rows == 1
    assert project.shown() == both | {number: number for number in range(5, 17)}


def test_modes_may_change(project: Project) -> None:
    project.run("replace", id1=10, id2=20)
    project.run("merge", id2=22)
    assert project.shown() == {1: 10, 2: 22}
    anew = project.run("replace", id2=22)
    assert anew.status == "succeeded"
    assert project.shown() == {2: 22}
    project.run("append", id2=1, id3=3)
    assert project.shown() == {2: 22, 3: 3}


def test_lost_former_rows_are_reported_and_the_rest_is_served(project: Project) -> None:
    releases = [str(project.run("merge", **{f"id{number}": number}).release) for number in range(3)]
    pipeline = project.pipeline()
    pipeline.sinks["serving"].prune(
        [pipeline.lake.release(releases[2])]
    )  # though the lake keeps all three
    with pytest.raises(SinkError, match=r"rows served before.* are not in this database"):
        pipeline.roll_back(releases[1])
    assert pipeline.lake.pointer().release == releases[2]
    assert project.shown() == {0: 0, 1: 1, 2: 2}
    pipeline.roll_back(releases[0])  # which stands on no other: it is loaded again from the lake
    assert project.shown() == {0: 0}


def test_rows_in_another_database_are_not_silently_lost(project: Project, tmp_path: Path) -> None:
    project.run("merge", id1=10)
    project.url = f"sqlite:{tmp_path / 'another.db'}"
    with pytest.raises(SinkError, match=r"rows served before.* are not in this database") as error:
        project.run("merge", id2=20)
    assert "mode: replace" in error.value.hint
    project.run("replace", id2=20)
    project.run("merge", id3=30)
    assert project.shown() == {2: 20, 3: 30}


@pytest.mark.parametrize("repaired", [False, True], ids=["run", "repair"])
@pytest.mark.parametrize("mode", ["append", "merge"])
def test_a_lost_database_is_reported_and_its_hint_works(
    project: Project, mode: str, repaired: bool
) -> None:
    """The lake has only the rows of the latest run; earlier rows are lost with the database."""
    project.run(mode, id1=10, id2=20)
    latest = {"id3": 30}
    release = project.run(mode, **latest).release
    lose(project)
    pipeline = project.pipeline()
    if repaired:
        for _ in range(2):
            (message,) = [item.said for item in repair(pipeline) if item.outcome == "lost"]
            check_hint(message)
    with pytest.raises(SinkError, match="rows served before") as error:
        project.run(mode, **latest)
    check_hint(f"{error.value.message}; {error.value.hint}")
    assert pipeline.lake.pointer().release == release
    assert any(damage.kind == "sink" for damage in Inspection(pipeline).damages)
    project.run("replace", **latest)
    assert project.shown() == {3: 30}
    project.run(mode, **latest)
    assert project.shown() == {3: 30}
    project.run(mode, id3=33, id4=40)
    assert project.shown() == {3: 30 if mode == "append" else 33, 4: 40}
    assert Inspection(project.pipeline(), thorough=True).damages == []
    assert list(repair(project.pipeline())) == []


def lose(project: Project) -> None:
    """Delete the database."""
    if project.url.startswith("mongodb"):
        with connect(project.url) as client:
            client.drop_database(client.get_default_database().name)
        return
    for file in (project.folder / "lake").glob("serving.db*"):
        file.unlink()


def check_hint(message: str) -> None:
    """The message names the table, the number of lost rows, where they are not, and a remedy."""
    assert "table 'sales'" in message
    assert "with 2 rows" in message or "with 3 rows" in message
    assert "the lake has only those of the latest run" in message
    assert "is still served" not in message
    assert "backup" in message
    assert "set `mode: replace` for this table, run medallion run, and set the mode back" in message


def test_a_mode_without_a_key_is_refused(project: Project) -> None:
    project.run("merge", id1=10)
    file = project.folder / "medallion.yaml"
    file.write_text(file.read_text().replace("key: id, ", ""))
    with pytest.raises(
        DeclarationError, match=r"sales\.mode.*'merge' knows rows by their key; declare `key`"
    ):
        project.pipeline()
    file.write_text(file.read_text().replace("merge", "upsert"))
    with pytest.raises(DeclarationError, match="append"):
        project.pipeline()
