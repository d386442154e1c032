"""The writer of a lake: its lease, its scratch folder, and its claim on lake, layers and sinks."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from medallion.errors import DamagedError, MedallionError
from medallion.lake import ownership
from medallion.lake.lease import Lease, lease
from medallion.lake.ownership import LakeIdentity
from medallion.lake.retention import finish_removal
from medallion.records import Owner
from medallion.run.context import RunContext
from medallion.storage.scratch import scratch_folder


@dataclass(frozen=True)
class Writer:
    """What the only writer of a lake has: its lease, a scratch folder, its identity to sinks."""

    lease: Lease
    scratch: Path
    owner: Owner


@contextmanager
def exclusive_writer(context: RunContext, *, full: bool = False) -> Iterator[Writer]:
    """Hold the lake's lease for the length of a block, with a scratch folder removed after it.

    Parameters: `full` accepts a lake of an older format, which a full run recomputes. Raises
    LeaseError while another run writes, and OwnershipError when the lake, a layer or a serving
    database belongs to another pipeline.
    """
    lake, pipeline = context.lake, context.declaration.name
    with lease(lake.storage, floor=lambda: _largest_token(context)) as own:
        identity = ownership.claim(lake, pipeline, full=full)
        ownership.claim_layers(lake, identity)
        if own.overtaken:
            lake.fence(own.token)
            finish_removal(lake, context.declaration, own)
        with scratch_folder(lake.storage, own.token) as scratch:
            yield Writer(own, scratch, _owner(identity, own))


def adopt(context: RunContext) -> LakeIdentity:
    """Make lake, layers and serving databases this pipeline's, whichever pipeline owned them."""
    lake, pipeline = context.lake, context.declaration.name
    with lease(lake.storage, floor=lambda: _largest_token(context)) as own:
        actives = {
            label: release.id for label, sink in context.sinks.items() if (release := sink.active())
        }
        published: tuple[str, ...] = ()
        with suppress(DamagedError):
            published = lake.pointer().published
        diverged = any(release not in published for release in actives.values())
        identity = ownership.adopt(lake, pipeline, diverged=diverged)
        ownership.adopt_layers(lake, identity)
        for label, sink in context.sinks.items():
            own.check()
            sink.claim(_owner(identity, own, accepted=actives.get(label)))
        return identity


def _owner(identity: LakeIdentity, own: Lease, accepted: str | None = None) -> Owner:
    return Owner(
        lake=identity.id,
        pipeline=identity.pipeline,
        token=own.token,
        run=own.run,
        accepted=accepted,
    )


def _largest_token(context: RunContext) -> int:
    """The largest fencing token that pointer and sinks know, for a lake whose lease is lost."""
    tokens = [0]
    with suppress(DamagedError):
        tokens.append(context.lake.pointer(older=True).token)
    for sink in context.sinks.values():
        with suppress(MedallionError):  # an unreachable sink is reported when it is written to
            if owner := sink.owner():
                tokens.append(owner.token)
    return max(tokens)
