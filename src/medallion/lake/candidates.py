"""Candidates of a lake: releases that are computed and loaded, and not published.

Each is one record under its name, with the whole release. It is a release like any other, except
that the pointer has never named it.
"""

from __future__ import annotations

import re
from datetime import timedelta

from medallion.errors import CallError, MissingError, did_you_mean
from medallion.lake.lake import Lake
from medallion.lake.record_files import ReleaseHead, snapshot_path
from medallion.records import Candidate, Moment, Record, Release

FOLDER = "candidates"
NAME = re.compile(r"[a-z][a-z0-9_-]{0,59}")  # an id of a release begins with a digit
_ID = re.compile(r"[0-9][0-9a-f-]{0,30}")  # of a release, or the beginning of one
DEFAULT = "next"  # the name of a candidate that was not given one
LIFETIME = timedelta(days=14)


class CandidateHead(Record):
    """The fields of a candidate for a list: of its tables, only the number of rows."""

    name: str
    release: ReleaseHead
    base: str | None
    expires: Moment
    failed: tuple[str, ...] = ()


def candidate_path(name: str) -> str:
    """The path of a candidate's record in the lake. Raises CallError for another kind of name."""
    if not NAME.fullmatch(name):
        raise CallError(
            f"{name!r} is not a name for a candidate",
            hint="use up to 60 lowercase letters, digits, - and _, beginning with a letter",
        )
    return f"{FOLDER}/{name}.json"


def candidates(lake: Lake, unreadable: list[str] | None = None) -> list[Candidate]:
    """All candidates, the newest first.

    Raises DamagedError, unless `unreadable` is given: it then receives the paths of damaged
    records.
    """
    records = lake.records.all(FOLDER, Candidate, unreadable=unreadable)
    return sorted(records, key=lambda item: item.release.id, reverse=True)


def candidate_heads(lake: Lake) -> list[CandidateHead]:
    """The heads of all candidates whose records can be read, the newest first."""
    heads = lake.records.all(FOLDER, CandidateHead, unreadable=[])
    return sorted(heads, key=lambda item: item.release.id, reverse=True)


def find_candidate(lake: Lake, name: str) -> Candidate | None:
    """A candidate by its name, or None. Raises CallError when no candidate can have the name."""
    try:
        return lake.records.read(candidate_path(name), Candidate)
    except MissingError:
        return None


def candidate(lake: Lake, name: str) -> Candidate:
    """A candidate by its name. Raises CallError when there is none."""
    record = find_candidate(lake, name)
    if record:
        return record
    names = lake.records.ids(FOLDER)
    raise CallError(
        f"there is no candidate {name!r}{did_you_mean(name, names)}",
        hint="medallion releases lists them",
    )


def put_candidate(lake: Lake, record: Candidate, before: Release | None) -> None:
    """Write a candidate in the place of one of its name, and sync the records of its snapshots.

    Those of `before` are synced already.
    """
    path = candidate_path(record.name)
    lake.records.put(path, record)
    known = {snapshot.id for snapshot in before.tables.values()} if before else set()
    snapshots = [item for item in record.release.tables.values() if item.id not in known]
    lake.storage.sync([path, *map(snapshot_path, snapshots)])


def delete_candidate(lake: Lake, name: str) -> None:
    """Delete the record of a candidate; its objects stay until retention removes them."""
    lake.storage.delete(candidate_path(name))


def resolve(lake: Lake, reference: str) -> Release:
    """The release that an id, the beginning of one, or the name of a candidate refers to.

    Raises CallError when there is none, or more than one.
    """
    if NAME.fullmatch(reference):
        return candidate(lake, reference).release
    return lake.release(release_id(lake, reference))


def release_id(lake: Lake, reference: str) -> str:
    """The id of the published release that an id or the beginning of one refers to.

    Raises CallError when there is none, or more than one.
    """
    if not _ID.fullmatch(reference):
        raise CallError(f"there is no release {reference[:80]!r}", hint="medallion releases")
    known = lake.release_ids()
    ids = [ident for ident in known if ident.startswith(reference)]
    if reference in ids:
        return reference
    if not ids:
        raise CallError(f"there is no release {reference!r}{did_you_mean(reference, known)}")
    if len(ids) > 1:
        raise CallError(f"{reference!r} is the beginning of {len(ids)} releases: {', '.join(ids)}")
    return ids[0]
