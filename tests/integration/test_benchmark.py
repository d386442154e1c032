"""`medallion bench sink`: the user's own tables, timed in every way, and nothing left behind."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import medallion as md
from medallion.cli import group
from medallion.cli.settings import Settings
from medallion.errors import CallError
from medallion.ops.benchmark import time_loads
from medallion.sinks.mongodb.database import connect
from medallion.sinks.sqlite.database import connect as connect_file
from tests.integration import small


@pytest.fixture(params=["sqlite", "mongodb"])
def project(tmp_path: Path, request: pytest.FixtureRequest) -> Path:
    url = (
        "sqlite:lake/serving.db"
        if request.param == "sqlite"
        else request.getfixturevalue("mongodb_url")
    )
    small.write(tmp_path, small.YAML.replace("sqlite:lake/serving.db", url))
    small.load(tmp_path).run()
    return tmp_path


def content(pipeline: md.Pipeline) -> set[str]:
    """The names of all that is in the serving database."""
    url = pipeline.sinks["serving"].url
    if url.startswith("sqlite:"):
        connection = connect_file(Path(url.removeprefix("sqlite:")), write=False)
        names = {name for (name,) in connection.execute("select name from sqlite_master")}
        connection.close()
        return names
    with connect(url) as client:
        return set(client.get_default_database().list_collection_names())


def test_every_strategy_and_batch_size_is_timed_and_nothing_stays(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pipeline = small.load(project)
    before, release = content(pipeline), pipeline.sinks["serving"].active()
    for given in (
        "bench sink --json --rounds 2",
        "bench sink --batch 1 --batch 7 --table by_client",
    ):
        group.main(
            [*given.split(), "-C", str(project)], "medallion", obj=Settings(), standalone_mode=False
        )
    out = capsys.readouterr().out
    timings, end = json.JSONDecoder().raw_decode(out)
    found = {(timing["table"], timing["strategy"], timing["batch"]): timing for timing in timings}
    ways = [("by_client", mode) for mode in ("replace", "append", "merge")] + [("total", "replace")]
    assert set(found) == {(*way, batch) for way in ways for batch in (1_000, 10_000, 100_000)}
    assert {(timing["table"], timing["rows"]) for timing in timings} == {
        ("by_client", 2),
        ("total", 1),
    }
    assert all(timing["seconds"] > 0 for timing in timings)
    assert all(timing["rate"] == round(timing["rows"] / timing["seconds"], 1) for timing in timings)
    lines = [line.split() for line in out[end:].splitlines() if line.startswith("serving ")]
    assert [line[:5] for line in lines] == [
        ["serving", "by_client", mode, batch, "2"]
        for mode in ("append", "merge", "replace")
        for batch in ("1", "7")
    ]
    assert content(pipeline) == before
    assert pipeline.sinks["serving"].active() == release
    assert small.in_store(pipeline) == small.BOTH
    assert pipeline.run().status == "unchanged"


def test_what_cannot_be_timed_is_told(project: Path, tmp_path: Path) -> None:
    with pytest.raises(CallError, match="no table 'totals' is served; did you mean 'total'"):
        time_loads(small.load(project), [10], only=["totals"])
    (tmp_path / "new").mkdir()
    small.write(tmp_path / "new", small.YAML)
    with pytest.raises(CallError, match="nothing was published"):
        time_loads(small.load(tmp_path / "new"), [10])
