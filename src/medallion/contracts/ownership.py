"""Ownership of a serving database: one lake may write to it, and of its writers the newest."""

from __future__ import annotations

from medallion.errors import LeaseError, OwnershipError
from medallion.records import Owner

_ADOPT = "run `medallion adopt` to take it over, or give this pipeline a database of its own"


def check_writer(place: str, owner: Owner | None, writer: Owner | None) -> None:
    """Check that a writer may write to a database.

    Parameters: `place` is the database's name in messages; `owner` is the recorded owner, None when
    there is none; `writer` wants to write, None when ownership is not checked. Raises
    OwnershipError when the database belongs to another lake, and LeaseError when a newer writer has
    used it.
    """
    if owner is None or writer is None:
        return
    if owner.lake != writer.lake:
        raise OwnershipError(
            f"{place} is served by pipeline {owner.pipeline!r} (lake {owner.lake}), "
            f"and this is pipeline {writer.pipeline!r} (lake {writer.lake})",
            hint=_ADOPT,
        )
    if (owner.token, owner.run) != (writer.token, writer.run) and owner.token >= writer.token:
        raise LeaseError(
            f"{place}: run {owner.run} has published since run {writer.run} took the lease",
            hint="nothing was switched; run again",
        )


def check_release(
    place: str, owner: Owner | None, lake: str | None, release: str, pipeline: str
) -> None:
    """Raise OwnershipError for a served release unknown to the lake, unless it was accepted."""
    if owner and owner.lake == lake and owner.accepted == release:
        return
    raise OwnershipError(
        f"{place} shows release {release} of pipeline {pipeline!r}, which this lake does not know: "
        "its pointer was lost, it is a copy of another lake, or another lake serves this database",
        hint="medallion repair restores a lost pointer; medallion adopt takes the database over, "
        "and the next release replaces all that it shows",
    )
