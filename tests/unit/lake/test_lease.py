"""The lease: which writer waits, which takes over, and what one that lost it can still do."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from medallion.errors import LeaseError
from medallion.identifiers import now
from medallion.lake import lease as leases
from medallion.lake.lease import Lease, holder, lease, unlock
from medallion.run.run_log import Event
from medallion.storage import Storage, open_storage
from medallion.storage.sealed_records import seal
from tests.integration import small

DIES = """
import os, sys
from medallion.lake.lease import Lease
from medallion.storage import open_storage
Lease(open_storage(sys.argv[1]), "of-the-dead")
os._exit(9)
"""


@pytest.fixture
def storage(tmp_path: Path) -> Storage:
    return open_storage(str(tmp_path / "lake"))


def written(storage: Storage) -> dict[str, Any]:
    body: dict[str, Any] = json.loads(storage.read(leases.PATH)[0])
    body.pop("sha256", None)
    return body


def rewrite(storage: Storage, **changes: object) -> Mapping[str, Any]:
    """What is there with some of its fields changed, as another writer would have it."""
    body = {**written(storage), **changes}
    storage.put(leases.PATH, json.dumps(body).encode())
    return body


def left_behind(storage: Storage, **changes: object) -> None:
    """The lease of another writer."""
    with lease(storage, "of-another"):
        body = written(storage)
    storage.put(leases.PATH, seal(json.dumps({**body, **changes}).encode()))


def in_seconds(seconds: float) -> str:
    return (now() + timedelta(seconds=seconds)).isoformat()


def test_a_lease_is_there_while_it_is_held_and_gone_afterwards(storage: Storage) -> None:
    assert holder(storage) is None
    with lease(storage, "mine") as held:
        found = holder(storage)
        assert found is not None
        assert (found["run"], found["process"]) == ("mine", os.getpid())
        held.check()
    assert holder(storage) is None
    assert written(storage) == {"token": 1, "run": None, "last": "mine"}


def test_it_is_given_back_when_the_block_fails(storage: Storage) -> None:
    with pytest.raises(ZeroDivisionError), lease(storage, "mine"):
        _ = 1 / 0
    assert written(storage)["run"] is None


def test_a_second_writer_is_told_who_holds_it_and_until_when(storage: Storage) -> None:
    with lease(storage, "the-first"):
        body = written(storage)
        with pytest.raises(LeaseError) as error, lease(storage, "the-second"):
            pytest.fail("two writers at once")
        assert f"run the-first, as process {os.getpid()} on {body['host']}" in str(error.value)
        assert "medallion unlock" in error.value.hint
        assert written(storage)["run"] == "the-first"


def test_the_lease_of_a_dead_process_of_this_machine_is_taken_over_at_once(
    storage: Storage, tmp_path: Path
) -> None:
    died = subprocess.run([sys.executable, "-c", DIES, str(tmp_path / "lake")], check=False)
    assert died.returncode == 9
    assert written(storage)["run"] == "of-the-dead"
    assert holder(storage) is None
    with lease(storage, "the-next") as held:
        assert written(storage)["run"] == "the-next"
        held.check()


def test_a_process_number_used_again_is_not_taken_for_the_dead(storage: Storage) -> None:
    left_behind(storage, started="1")
    with lease(storage, "the-next"):
        assert written(storage)["run"] == "the-next"


@pytest.mark.parametrize("since", [-10_000_000, 0, 10_000_000], ids=["behind", "right", "ahead"])
def test_the_lease_of_another_machine_expires_whatever_its_clock_says(
    storage: Storage, monkeypatch: pytest.MonkeyPatch, since: float
) -> None:
    dead = 2**22 + 1  # no process has this number, here or anywhere
    moment = in_seconds(since)
    left_behind(
        storage, machine="another", host="far-away", process=dead, since=moment, renewed=moment
    )
    with (
        pytest.raises(LeaseError, match=f"as process {dead} on far-away"),
        lease(storage, "the-next"),
    ):
        pytest.fail("taken too early")
    monkeypatch.setattr(leases, "LENGTH", timedelta(seconds=1))
    time.sleep(1.2)
    with lease(storage, "the-next") as taken:
        assert written(storage)["run"] == "the-next"
        assert taken.overtaken
    assert storage.info(leases.PROBE) is None


def test_tokens_grow_and_never_go_back(storage: Storage) -> None:
    for token in range(1, 4):
        with lease(storage) as taken:
            assert taken.token == written(storage)["token"] == token
    left_behind(storage, started="1")
    with lease(storage) as taken:
        assert taken.token == 5
        assert taken.overtaken
    storage.delete(leases.PATH)
    with lease(storage, floor=lambda: 7) as taken:
        assert taken.token == 8


def test_run_ids_grow_even_when_the_clock_goes_back(storage: Storage) -> None:
    storage.put(
        leases.PATH,
        seal(json.dumps({"token": 1, "run": None, "last": "29990101-000000-000abc"}).encode()),
    )
    with lease(storage) as first:
        pass
    with lease(storage) as second:
        pass
    assert "29990101-000000-000abc" < first.run < second.run


def test_a_broken_lease_is_lost_to_its_holder(storage: Storage) -> None:
    assert unlock(storage) is None
    taken = Lease(storage, "mine")
    former = unlock(storage)
    assert former is not None
    assert former["run"] == "mine"
    with pytest.raises(LeaseError, match="run mine lost its lease"):
        taken.check()
    with lease(storage, "the-next") as latter:
        taken.release()
        latter.check()
        assert latter.token == 2
    assert unlock(storage) is None


def test_a_damaged_lease_is_reported_and_can_be_broken(storage: Storage) -> None:
    storage.put(leases.PATH, b"{")
    for ask in (lambda: holder(storage), lambda: Lease(storage)):
        with pytest.raises(LeaseError, match="the lease is damaged") as error:
            ask()
        assert error.value.hint == "medallion unlock"
    assert unlock(storage) is not None
    with lease(storage, floor=lambda: 4) as taken:
        assert taken.token == 5


@pytest.mark.parametrize("gone", [False, True], ids=["taken over", "removed"])
def test_a_lost_lease_is_told_and_the_others_is_left_alone(storage: Storage, gone: bool) -> None:
    held = Lease(storage, "mine")
    if gone:
        storage.delete(leases.PATH)
    else:
        rewrite(storage, run="the-next")
    for _ in range(2):
        with pytest.raises(LeaseError, match="run mine lost its lease") as error:
            held.check()
        assert error.value.hint == "nothing was published; run again"
    held.release()
    assert gone or written(storage)["run"] == "the-next"


def test_it_is_renewed_while_it_is_held(storage: Storage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(leases, "LENGTH", timedelta(seconds=2))
    with lease(storage, "mine") as held:
        first = written(storage)["renewed"]
        for _ in range(300):
            if written(storage)["renewed"] > first:
                break
            time.sleep(0.1)
        else:
            pytest.fail("never renewed")
        held.check()


def test_a_run_that_lost_its_lease_publishes_nothing(tmp_path: Path) -> None:
    small.write(tmp_path)
    pipeline = small.load(tmp_path)
    first = pipeline.run()
    (tmp_path / "data/orders/2024-03.csv").write_text(small.MARCH)

    def overtaken(event: Event) -> None:
        if event.kind == "finished" and event.table == "gold.total":
            rewrite(pipeline.lake.storage, run="the-next", machine="another")

    with pytest.raises(LeaseError, match="lost its lease: another run has taken it over"):
        pipeline.run(watch=overtaken)
    current = pipeline.lake.current()
    assert current is not None
    assert current.id == first.release
    assert small.in_lake(pipeline) == small.in_store(pipeline) == small.BOTH
    assert written(pipeline.lake.storage)["run"] == "the-next"
    pipeline.unlock()
    pipeline.run()
    assert small.in_lake(pipeline) == small.in_store(pipeline) == small.ALL
