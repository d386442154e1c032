"""`medallion discard`: a candidate is removed."""

from __future__ import annotations

from pathlib import Path

from tests.unit.cli.conftest import CLIENTS, Call
from tests.unit.cli.test_rollback import served_rows


def files(folder: Path) -> set[Path]:
    """The files of the lake, except records of runs and their rejects, which runs keep."""
    paths = {path for path in (folder / "lake").rglob("*") if path.is_file()}
    return {path for path in paths if not {"runs", "quarantine"} & {*path.parts}}


def test_a_candidate_is_removed_with_its_files(call: Call, published: Path) -> None:
    before = files(published)
    (published / "clients.csv").write_text(CLIENTS + "4,Dan,50\n")
    assert call(published, "run", "--no-publish").code == 0
    assert (published / "lake/candidates/next.json").exists()
    result = call(published, "discard", "next")
    assert (result.code, result.out) == (0, "discarded next\n")
    assert files(published) == before
    assert served_rows(published) == 2
    assert call(published, "discard", "next").code == 2
    assert call(published, "verify").code == 0


def test_a_candidate_as_json(call: Call, published: Path) -> None:
    (published / "clients.csv").write_text(CLIENTS + "4,Dan,50\n")
    run = call(published, "run", "--no-publish", "--as", "x", "--json").json
    assert (run["candidate"], run["release"], run["status"]) == ("x", None, "succeeded")
    assert call(published, "discard", "x", "--json").json == {"discarded": "x"}
