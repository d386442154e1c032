"""Records that are rebuilt from other records: releases from runs and snapshots, and which of them were published."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from medallion.errors import MedallionError
from medallion.ops.verify import Inspection
from medallion.records import Release, Snapshot
from medallion.run.publish import Publisher


def rebuilt_release(look: Inspection, ident: str) -> Release | None:
    """A release from the record of the run that published it, and the records of its snapshots."""
    run = next(
        (
            item
            for item in look.runs.values()
            if item.release == ident and item.status == "succeeded"
        ),
        None,
    )
    if run is None:
        return None
    known = {item.id: item for item in (*look.snapshots.values(), *snapshots_of(look.releases))}
    ids = {step.table: step.snapshot for step in run.steps if step.snapshot}
    if not ids or any(snapshot not in known for snapshot in ids.values()):
        return None
    layers = {
        name: {"type": layer.name, **layer.model_dump(mode="json")}
        for name, layer in look.pipeline.declaration.layers.items()
    }
    published = list(look.pointer.published) if look.pointer else sorted(look.releases)
    earlier = [item for item in published if item < ident]
    release = Release(
        id=ident,
        pipeline=run.pipeline,
        run=run.id,
        created=run.finished or run.started,
        sequence=1
        + max((item.sequence for item in look.releases.values() if item.id < ident), default=0),
        previous=earlier[-1] if earlier else None,
        tables={table: known[snapshot] for table, snapshot in ids.items()},
        layers=layers,
    )
    return Publisher(look.pipeline.context, Path()).with_served(release, run.loads)


def published_releases(look: Inspection) -> list[str]:
    """The releases that were published, as far as other records tell, oldest first."""
    succeeded = {run.release for run in look.runs.values() if run.status == "succeeded"}
    followed = {release.previous for release in look.releases.values()}
    shown = set()
    for sink in look.pipeline.sinks.values():
        shown.add(shown_release(sink.active))
    return sorted(ident for ident in look.releases if ident in succeeded | followed | shown)


def snapshots_of(releases: dict[str, Release]) -> list[Snapshot]:
    """All snapshots of some releases."""
    return [snapshot for release in releases.values() for snapshot in release.tables.values()]


def shown_release(ask: Callable[[], Release | None]) -> str | None:
    """The release a sink shows, where it can say."""
    try:
        release = ask()
    except MedallionError:
        return None
    return release.id if release else None
