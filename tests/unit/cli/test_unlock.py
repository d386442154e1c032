"""`medallion unlock`: the lease of a writer is broken."""

from __future__ import annotations

from pathlib import Path

import pytest

from medallion.errors import LeaseError
from medallion.lake.lease import lease
from medallion.pipeline import Pipeline
from medallion.storage import Storage
from tests.unit.cli.conftest import Call

RUN = "20250101-000000-000000"


def storage(folder: Path) -> Storage:
    return Pipeline.load(folder / "medallion.yaml").lake.storage


def test_without_a_writer_there_is_nothing_to_break(call: Call, published: Path) -> None:
    assert call(published, "unlock") == (0, "no lease to break: no run is writing\n", "")
    assert call(published, "unlock", "--json").json == {"broken": None}


def test_a_writer_notices_that_it_lost_its_lease(call: Call, published: Path) -> None:
    with lease(storage(published), RUN) as held:
        result = call(published, "unlock")
        assert result.code == 0
        first, second = result.out.splitlines()
        assert first.startswith(f"broke the lease of run {RUN}")
        assert not first.endswith(",")
        assert second == f"next: medallion -C {published} run"
        with pytest.raises(LeaseError):
            held.check()


def test_json_has_the_former_writer(call: Call, published: Path) -> None:
    with lease(storage(published), RUN):
        assert call(published, "unlock", "--json").json["broken"]["run"] == RUN


def test_a_lease_that_cannot_be_read_is_moved_aside(call: Call, published: Path) -> None:
    (published / "lake/lease.json").write_text("not a lease")
    result = call(published, "unlock")
    assert result.code == 0
    aside = result.out.partition("it was moved to ")[2].partition(" in the lake")[0]
    assert result.out.startswith(f"the lease could not be read; it was moved to {aside}")
    assert (published / "lake" / aside).read_text() == "not a lease"
