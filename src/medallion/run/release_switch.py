"""Switches of the published release that compute nothing: a rollback, a candidate's publication."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from datetime import datetime

from medallion.errors import CallError, DamagedError, ServiceError
from medallion.identifiers import next_id, now
from medallion.lake.candidates import candidate, delete_candidate, put_candidate
from medallion.lake.corrections import require_unpurged
from medallion.lake.lake import Lake
from medallion.lake.pointer import FORMAT, Pointer, held_since, swap_pointer
from medallion.lake.retention import collect
from medallion.records import Approval, Candidate, Release
from medallion.run.context import RunContext
from medallion.run.publish import Publisher
from medallion.run.writer import Writer


def roll_back(
    context: RunContext, writer: Writer, release: str | None = None, *, hold: bool = False
) -> Release:
    """Point lake and sinks back at an earlier release, by default the one before the current.

    Parameters: with `hold`, later runs publish nothing until `resume`. Raises CallError when there
    is no such release, or a sink cannot show it.
    """
    lake, pointer = context.lake, context.lake.pointer()
    if pointer.release is None:
        raise CallError(f"{lake.url}: nothing was published yet", hint="medallion run")
    earlier = [ident for ident in lake.release_ids() if ident < pointer.release]
    if release is None and not earlier:
        raise CallError(
            f"{pointer.release} is the oldest release kept; there is none to roll back to"
        )
    target = lake.release(release or earlier[0])
    require_unpurged(lake, target)
    publisher = Publisher(context, writer.scratch, owner=writer.owner)
    with publisher.connected() as connected:
        connected.shown(pointer.published)
        if not connected.load(target):
            raise CallError(
                f"release {target.id} cannot be shown: "
                "a sink of another kind or version published it",
                hint="declare that sink again, or keep what is published now",
            )
        connected.exports.check()
        connected.exports.prepare(target)
        if hold:
            pointer = replace(pointer, held=pointer.held or now())
        writer.lease.check()
        lake.point(target, pointer, writer.lease.token)
        connected.activate(target)
    return target


def resume(context: RunContext, writer: Writer) -> datetime | None:
    """Let runs publish again. Returns since when they did not, or None when they did."""
    pointer = context.lake.pointer()
    if pointer.held:
        latter = replace(pointer, held=None, token=writer.lease.token)
        writer.lease.check()
        swap_pointer(context.lake.storage, latter, pointer)
    return pointer.held


def publish_candidate(
    context: RunContext, writer: Writer, name: str, *, force: bool = False, note: str = ""
) -> Release:
    """Publish a candidate: move the pointers of lake and sinks to it.

    Parameters: `force` publishes one that did not pass its gates, or that was computed from another
    release than the current one; `note` is recorded in the release. Raises CallError when there is
    no such candidate, or it cannot be published.
    """
    lake, pointer = context.lake, context.lake.pointer(older=True)
    record = candidate(lake, name)
    if record.release.id != pointer.release:
        require_unpurged(lake, record.release)
        _check(context, record, pointer, force=force)
    publisher = Publisher(context, writer.scratch, owner=writer.owner)
    with publisher.connected() as connected:
        connected.shown(pointer.published)
        before = lake.current(pointer) if pointer.format == FORMAT else connected.active()
        if record.release.id == pointer.release:  # a publication was killed after the switch
            release = record.release
            connected.load(release)
        else:
            approval = Approval(forced=force, note=note, failed=record.failed)
            latter = _next_release(context, record, pointer, writer, approval)
            latter = connected.rebased(latter, before)
            record = record.model_copy(update={"release": latter})
            connected.exports.check()
            connected.exports.prepare(latter)
            writer.lease.check()
            put_candidate(lake, record, latter)
            lake.publish(latter, pointer, before)
            release = latter
        _record_publication(lake, release)
        connected.activate(release)
        writer.lease.check()
        delete_candidate(lake, name)
        with suppress(ServiceError):  # what cannot be removed now is removed by the next run
            sinks = connected.sinks
            collect(lake, context.declaration, sinks, lease=writer.lease, thorough=False)
    return release


def discard_candidate(context: RunContext, writer: Writer, name: str) -> Candidate:
    """Remove a candidate, and all that only it needs. Raises CallError when there is none."""
    record = candidate(context.lake, name)
    sinks = context.owned_sinks(writer.owner)
    declaration, lease = context.declaration, writer.lease
    collect(context.lake, declaration, sinks, lease=lease, thorough=True, discard=name)
    return record


def _check(context: RunContext, record: Candidate, pointer: Pointer, *, force: bool) -> None:
    """Raise CallError when a candidate cannot be published."""
    lake, release, name = context.lake, record.release, record.name
    again = f"medallion run --no-publish --as {name} computes it again"
    publisher = Publisher(context, context.base)
    served = context.declaration.served()
    if not release.tables.keys() >= set(served) or not publisher.serves(release):
        raise CallError(f"{name}: the declaration serves other tables by now", hint=again)
    if lost := lake.lost(release, context.declaration.names()):
        table, files = next(iter(lost.items()))
        raise CallError(f"{name}: {files[0]} of {table} is lost or damaged", hint=again)
    if force:
        return
    if record.failed:
        raise CallError(
            f"{name} did not pass {'; '.join(record.failed)}",
            hint=f'medallion publish {name} --force --note "why" publishes it',
        )
    if pointer.held:
        raise CallError(
            f"publication is on hold since {held_since(pointer.held)}",
            hint="medallion resume ends that; --force publishes this candidate only",
        )
    if record.base != pointer.release:
        raise CallError(
            f"{name} was computed when {_named(record.base)}, and now {_named(pointer.release)}",
            hint=f"{again}; --force publishes it as it is",
        )


def _named(release: str | None) -> str:
    return f"release {release} is published" if release else "nothing is published"


def _record_publication(lake: Lake, release: Release) -> None:
    """Name a published release in the record of the run that computed it.

    When the pointer is lost, the records of runs say which releases were published.
    """
    with suppress(CallError, DamagedError):  # the record was lost
        run = lake.run(release.run)
        if run.release != release.id:
            lake.put_run(run.model_copy(update={"release": release.id}))


def _next_release(
    context: RunContext,
    record: Candidate,
    pointer: Pointer,
    writer: Writer,
    approval: Approval,
) -> Release:
    """The release that a candidate becomes, which sorts after all that were published.

    Its id is a new one: what was read of the candidate under its own id may not be what is served
    from now on.
    """
    release, retain = record.release, context.layer_settings()
    layers = {
        name: {**body, "retain": retain[name]["retain"]} if name in retain else body
        for name, body in release.layers.items()
    }
    return release.model_copy(
        update={
            "id": next_id(max((release.id, *pointer.published))),
            "layers": layers,
            "created": now(),
            "sequence": pointer.sequence + 1,
            "token": writer.lease.token,
            "previous": pointer.release,
            "approval": approval,
        }
    )
