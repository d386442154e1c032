"""Retention of records: which releases must exist, and which run records stay."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from medallion.declaration.models import Declaration
from medallion.errors import DamagedError
from medallion.lake.candidates import candidate_heads
from medallion.lake.lake import Lake
from medallion.lake.pointer import Pointer
from medallion.records import Release, Run

RUNS = 100  # the newest runs stay even when their release was removed
SLACK = 50  # further runs that may accumulate, so that not every run looks for old ones


def expected_releases(
    pointer: Pointer, releases: Iterable[Release], declaration: Declaration
) -> Iterator[str]:
    """The ids of the published releases that retention cannot have removed.

    Each release records how many releases the last layer retained at its time; one is expected when
    all later ones retained it.
    """
    last = list(declaration.layers)[-1]
    known = {release.id: release for release in releases}
    later: list[tuple[int, int]] = []  # place and `retain` of each release published later
    for place, ident in enumerate(sorted(pointer.published, reverse=True)):
        is_newest = all(place - earlier < count for earlier, count in later)
        if ident == pointer.release or (is_newest and place < declaration.layers[last].retain):
            yield ident
        if release := known.get(ident):
            later.append((place, int(release.layers.get(last, {}).get("retain", 1))))


def forget_runs(lake: Lake) -> int:
    """Remove the records of old runs, and return how many. Cheap until `SLACK` have accumulated.

    A record that is the only one to name a file of rejects stays until retention removes the file.
    """
    ids = lake.run_ids()
    current = lake.current() if len(ids) > RUNS + SLACK else None
    if current is None:
        return 0
    heads = lake.records.release_heads(lake.release_ids())
    needed = {*ids[:RUNS], *(head.run for head in heads)}
    needed |= {item.release.run for item in candidate_heads(lake)}
    rejects = {file.path for each in current.tables.values() for file in each.rejects}
    old = [run for run in ids if run not in needed and _names_only(lake, run, rejects)]
    for run in old:
        lake.storage.delete(f"runs/{run}.json")
    return len(old)


def reject_paths(runs: Iterable[Run]) -> set[str]:
    """The paths of the files of rejects that some runs name."""
    return {file.path for run in runs for step in run.steps for file in step.rejects}


def _names_only(lake: Lake, run: str, paths: set[str]) -> bool:
    """Whether a run's record names no other rejects; False for a damaged record, which stays."""
    try:
        return reject_paths([lake.run(run)]) <= paths
    except DamagedError:
        return False
