"""Four processes read while fifty releases are published: each reply is from a complete release."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import medallion as md
from tests.commands import PROCESSES

if TYPE_CHECKING:
    from multiprocessing.queues import SimpleQueue
    from multiprocessing.synchronize import Event, Semaphore

YAML = """\
name: readers
tables:
  bronze:
    orders: {{source: data/orders.csv}}
  gold:
    orders:
      from: bronze.orders
      steps:
        - cast: {{number: integer}}
        - sql: select number, count(*) over () as size from orders
    total:
      from: bronze.orders
      steps:
        - aggregate: {{metrics: {{size: count()}}}}
sinks:
  serving:
    url: {url}
    tables:
      orders: {{key: number, indexes: [-size]}}
"""

READERS = 4
PUBLISHES = 50
FEWEST = 5

Seen = Counter[tuple[str, str, int]]
"""The number of replies by (query, release, size)."""


@pytest.fixture(params=["sqlite", "mongodb"])
def folder(tmp_path: Path, request: pytest.FixtureRequest) -> Path:
    url = (
        "sqlite:lake/serving.db"
        if request.param == "sqlite"
        else request.getfixturevalue("mongodb_url")
    )
    (tmp_path / "data").mkdir()
    (tmp_path / "medallion.yaml").write_text(YAML.format(url=url))
    return tmp_path


def publish(folder: Path, size: int) -> str:
    """Publish a release with `size` orders; return its id."""
    (folder / "data/orders.csv").write_text(
        "number\n" + "".join(f"{number}\n" for number in range(size))
    )
    run = md.Pipeline.load(folder / "medallion.yaml").run()
    assert run.status == "succeeded"
    assert run.release
    return run.release


def answers(store: md.Store) -> Iterator[tuple[str, str, int]]:
    """Call every method of a store; fail on a reply that is empty, partial or mixed."""
    page = store.find("orders", md.Query(limit=1000))
    yield "find", page.release, whole(page.rows)
    total = store.find("total", md.Query())
    (row,) = total.rows
    yield "total", total.release, row["size"]
    first = store.find("orders", md.Query(limit=FEWEST - 2))
    second = store.find("orders", md.Query(limit=1000, cursor=first.cursor))
    assert first.release == second.release
    yield "pages", first.release, whole(first.rows + second.rows)
    yield "scan", "", whole([row for batch in store.scan("orders", md.Query()) for row in batch])
    yield "count", "", store.count("orders", md.Query())
    reply = store.get("orders", 0)
    assert reply
    yield "get", "", reply["size"]


def whole(rows: list[dict[str, Any]]) -> int:
    """The size that all rows have as a column, which must be their number."""
    assert {row["size"] for row in rows} == {len(rows)}, rows
    assert {row["number"] for row in rows} == set(range(len(rows)))
    return len(rows)


def read(folder: Path, ready: Semaphore, stop: Event, results: SimpleQueue[Seen | str]) -> None:
    """One reader, in a child process."""
    replies: Seen = Counter()
    try:
        store = md.Pipeline.load(folder / "medallion.yaml").store()
        while not stop.is_set():
            replies.update(answers(store))
            if replies["started", "", 0] == 0:
                replies["started", "", 0] = 1
                ready.release()
            time.sleep(0.1)  # the publisher needs CPU time too
        store.close()
    except BaseException as error:
        ready.release()
        results.put(f"{type(error).__name__}: {error}")
    else:
        del replies["started", "", 0]
        results.put(replies)


def test_every_reply_is_one_release_while_fifty_are_published(folder: Path) -> None:
    ready, stop, results = PROCESSES.Semaphore(0), PROCESSES.Event(), PROCESSES.SimpleQueue()
    sizes = {publish(folder, FEWEST): FEWEST}
    readers = [
        PROCESSES.Process(target=read, args=(folder, ready, stop, results)) for _ in range(READERS)
    ]
    for reader in readers:
        reader.start()
    try:
        for _ in readers:
            assert ready.acquire(timeout=300)
        for number in range(1, PUBLISHES + 1):
            size = FEWEST + number * 7 % 40
            sizes[publish(folder, size)] = size
    finally:
        stop.set()
    outcomes = [results.get() for _ in readers]
    for reader in readers:
        reader.join()
    assert not [message for message in outcomes if isinstance(message, str)]
    replies = sum(outcomes, Seen())
    print(
        f"{replies.total()} replies from {len({release for _, release, _ in replies}) - 1} "
        f"of {len(sizes)} releases"
    )
    for question, release, size in replies:
        assert sizes[release] == size if release else size in sizes.values(), question
    assert {question for question, _, _ in replies} == {
        "find",
        "total",
        "pages",
        "scan",
        "count",
        "get",
    }
    assert len({release for _, release, _ in replies}) > PUBLISHES / 2
