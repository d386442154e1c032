"""The order of tests: long ones first, so that all workers end at about the same time.

With `--dist worksteal`, each worker begins with an equal part of the list, and one that is done
takes tests from the end of another's part.
"""

from __future__ import annotations

import os
from itertools import chain

import pytest

LONGEST = {
    *("test_killed.py", "test_servers_killed.py", "test_power_loss.py", "test_flipped_bits.py"),
    *("test_memory.py", "test_growth.py", "test_prefect.py", "test_shop_services.py"),
    *("test_compose_commands.py", "test_stores.py", "test_servers.py", "test_outage.py"),
    "test_plugin.py",
}
"""Files with tests that take half a minute or longer."""

QUICK_FOLDERS = {"unit", "contract"}
QUICK = {
    *("test_release_reader.py", "test_http_store.py", "test_tampering.py", "test_refusals.py"),
    *("test_rows.py", "test_history.py", "test_hostile.py"),
}
"""Files with hundreds of tests that take a moment each."""


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin each worker's part with its share of the longest tests, and end it with quick ones."""
    workers = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    ranked = [[item for item in items if _rank(item) == rank] for rank in range(3)]
    items[:] = chain.from_iterable(
        _part(rank, worker, workers) for worker in range(workers) for rank in ranked
    )


def _rank(item: pytest.Item) -> int:
    name, folders = item.path.name, item.path.parts
    if name in LONGEST and "unit" not in folders:
        return 0
    is_quick = not QUICK_FOLDERS.isdisjoint(folders) or (name in QUICK and "panel" not in folders)
    return 2 if is_quick else 1


def _part(items: list[pytest.Item], number: int, count: int) -> list[pytest.Item]:
    """The n-th of `count` equal parts."""
    return items[len(items) * number // count : len(items) * (number + 1) // count]
