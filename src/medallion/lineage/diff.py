"""What differs between two releases, table by table."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from contextlib import nullcontext

from medallion.contracts import Input
from medallion.declaration.models import Declaration
from medallion.errors import CallError, did_you_mean
from medallion.lake.candidates import resolve
from medallion.lake.lake import Lake
from medallion.lineage.causes import causes
from medallion.lineage.changed_rows import Versions
from medallion.lineage.release_diff import ReleaseDiff
from medallion.lineage.table_diff import Watch, compare_table
from medallion.lineage.table_keys import table_key
from medallion.records import Release


def releases_to_compare(
    lake: Lake, before: str | None = None, after: str | None = None
) -> tuple[Release, Release]:
    """Two releases by id, the beginning of one, or the name of a candidate.

    Without `after`, `before` is compared with the current release, the older one first; without
    either, the current release with the one before it. Raises CallError when there is none.
    """
    if before and after:
        return resolve(lake, before), resolve(lake, after)
    current = lake.current()
    if current is None:
        raise CallError(f"{lake.url}: nothing was published yet", hint="medallion run")
    if before:
        one, other = sorted((resolve(lake, before), current), key=lambda item: item.id)
        return one, other
    earlier = [ident for ident in lake.release_ids() if ident < current.id]
    if not earlier:
        raise CallError(
            f"{current.id} is the oldest release kept; there is none to compare it with"
        )
    return lake.release(earlier[0]), current


def compare(
    lake: Lake,
    declaration: Declaration,
    before: str | None = None,
    after: str | None = None,
    *,
    tables: Collection[str] = (),
    rows: int | None,
) -> ReleaseDiff:
    """What differs between two releases, which `releases_to_compare` finds.

    Parameters: `tables` limits the comparison to these; `rows` is the largest number of differing
    rows to list of each table, None for all. Raises CallError on an unknown table.
    """
    releases = releases_to_compare(lake, before, after)
    names = list(dict.fromkeys(name for release in releases[::-1] for name in release.tables))
    for name in tables:
        if name not in names:
            raise CallError(
                f"there is no table {name!r} in release {releases[0].id} or {releases[1].id}"
                f"{did_you_mean(name, names)}"
            )
    chosen = [name for name in names if not tables or name in tables]
    return compare_releases(lake, declaration, *releases, tables=chosen, rows=rows)


def compare_releases(
    lake: Lake,
    declaration: Declaration,
    before: Release,
    after: Release,
    *,
    tables: Iterable[str],
    rows: int | None,
    watch: Watch = nullcontext,
) -> ReleaseDiff:
    """What differs in these tables between two releases; `watch` is entered for each comparison."""
    diffs = []
    for name in tables:
        versions = Versions(*(_input(lake, release, name) for release in (before, after)))
        diff = compare_table(name, versions, table_key(declaration, name), rows, watch)
        if diff.status != "unchanged":
            diff = diff.model_copy(update={"causes": tuple(causes(before, after, name))})
        diffs.append(diff)
    return ReleaseDiff(before=before.id, after=after.id, tables=tuple(diffs))


def _input(lake: Lake, release: Release, table: str) -> Input | None:
    snapshot = release.tables.get(table)
    return lake.input(snapshot, release) if snapshot else None
