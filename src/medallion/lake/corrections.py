"""Corrections of a lake: immutable records of what users corrected, and of what they revoked."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from medallion.errors import CallError, DamagedError
from medallion.lake.lake import Lake
from medallion.plural import count_of
from medallion.records import Correction, CorrectionEntry, Release, Snapshot, SourceFile, entry_of

FOLDER = "corrections"
SHOWN = 20  # corrections that a warning lists
WAITING = "the next run applies it"
ADVICE = (
    "restore the file from a backup; or medallion repair, which revokes the lost corrections: "
    "the next run then reads the original records"
)


@dataclass(frozen=True)
class CorrectionLog:
    """All entries of a lake, the oldest first."""

    entries: tuple[CorrectionEntry, ...] = ()

    @cached_property
    def all(self) -> tuple[Correction, ...]:
        """All corrections, also revoked ones, the oldest first."""
        return tuple(each for entry in self.entries for each in entry.corrections)

    @cached_property
    def revoked(self) -> frozenset[str]:
        """The ids of the revoked corrections."""
        return frozenset(ident for entry in self.entries for ident in entry.revoked)

    @cached_property
    def purged(self) -> frozenset[str]:
        """The ids of the corrections whose content is, or is to be, removed."""
        return frozenset(ident for entry in self.entries for ident in entry.purged)

    @cached_property
    def newest(self) -> Mapping[tuple[str, str, int], Correction]:
        """The newest correction of each record, by its source table, SHA-256 and number.

        A record is corrected again only after its former correction was revoked: where that is
        lost, the newest one shows it.
        """
        return {(each.source, each.sha256, each.record): each for each in self.all}

    @cached_property
    def active(self) -> Mapping[str, Correction]:
        """The newest corrections that were not revoked, by id."""
        return {
            each.id: each
            for each in self.newest.values()
            if each.id not in self.revoked and not each.purged
        }

    def lost(self, sources: Iterable[SourceFile]) -> tuple[str, ...]:
        """The ids of corrections that source files have, but no entry has added or revoked."""
        ids = (ident for source in sources for ident in source.corrections)
        return tuple(dict.fromkeys(ident for ident in ids if ident not in self._known))

    @cached_property
    def _known(self) -> frozenset[str]:
        return self.revoked.union(each.id for each in self.all)

    def by_file(self, table: str) -> dict[str, tuple[Correction, ...]]:
        """The active corrections of a table of source files, by the SHA-256 of the file."""
        files: dict[str, list[Correction]] = {}
        for each in self.active.values():
            if each.source == table:
                files.setdefault(each.sha256, []).append(each)
        return {sha256: tuple(each) for sha256, each in files.items()}

    def unapplied(self, table: str, snapshot: Snapshot | None) -> list[tuple[Correction, str]]:
        """The active corrections that a snapshot of source files is without, and why."""
        active = [each for each in self.active.values() if each.source == table]
        reasons = unapplied_reasons(active, snapshot)
        return [(each, reasons[each.id]) for each in active if reasons[each.id]]

    def reasons(self, tables: Mapping[str, Snapshot]) -> dict[str, str]:
        """Why tables are without each correction, by its id; empty if they have it."""
        reasons: dict[str, str] = {}
        for source in {each.source for each in self.all}:
            corrections = [each for each in self.all if each.source == source]
            reasons |= unapplied_reasons(corrections, tables.get(source))
        return reasons


def unapplied_reasons(
    corrections: Iterable[Correction], snapshot: Snapshot | None
) -> dict[str, str]:
    """Why a snapshot of source files does not have corrections, by their ids; empty if it has."""
    names, same = set[str](), defaultdict[str, list[SourceFile]](list)
    for source in snapshot.sources if snapshot else ():
        names.add(source.name)
        same[source.sha256].append(source)
    reasons = {}
    for each in corrections:
        files = same.get(each.sha256, ())
        if any(each.id in file.corrections for file in files):
            refused = any(each.id in file.unapplied for file in files)
            reason = "the record or its columns are read differently now" if refused else ""
        elif files or snapshot is None:
            reason = WAITING
        else:
            reason = f"{each.file} {'has changed' if each.file in names else 'was retracted'}"
        reasons[each.id] = reason
    return reasons


def warnings(log: CorrectionLog, snapshot: Snapshot) -> tuple[str, ...]:
    """A warning that lists the corrections that a snapshot of source files is without."""
    dropped = log.unapplied(snapshot.table, snapshot)
    if not dropped:
        return ()
    listed = [f"{each.id} (record {each.record:,}): {reason}" for each, reason in dropped[:SHOWN]]
    more = [f"{len(dropped) - SHOWN:,} more"] if len(dropped) > SHOWN else []
    count = count_of(len(dropped), "correction")
    advice = "medallion corrections lists them, and --revoke ID removes one"
    return (f"{count} not applied: {'; '.join([*listed, *more])}; {advice}",)


def entry_path(entry: str) -> str:
    """The path of an entry in the lake."""
    return f"{FOLDER}/{entry}.json"


def lost_with(ids: Sequence[str]) -> str:
    """What is to be said of a lost entry, from which the current release has these corrections."""
    return f"is lost, and with it {shown_ids(ids)}, which the current release has"


def shown_ids(ids: Sequence[str]) -> str:
    """The ids of some corrections, for messages: `2 corrections: ID, ID`."""
    more = [f"{len(ids) - SHOWN:,} more"] if len(ids) > SHOWN else []
    return f"{count_of(len(ids), 'correction')}: {', '.join([*ids[:SHOWN], *more])}"


def correction_log(lake: Lake) -> CorrectionLog:
    """The corrections of a lake. Raises DamagedError for a damaged record."""
    return CorrectionLog(tuple(reversed(lake.records.all(FOLDER, CorrectionEntry))))


def add_entry(lake: Lake, entry: CorrectionEntry) -> None:
    """Write an entry, durably. It counts from the moment when its one file is there."""
    path = entry_path(entry.id)
    lake.records.put(path, entry)
    lake.storage.sync([path])


def purge_content(lake: Lake, check: Callable[[], None]) -> None:
    """Remove the content of purged corrections from the entries that added them. Idempotent.

    The ids of purged corrections are recorded before, so that it is done after a kill, too.
    `check` raises LeaseError when another writer has the lake.
    """
    log = correction_log(lake)
    for entry in log.entries:
        purged = entry.without_content(log.purged)
        if purged != entry:
            check()
            add_entry(lake, purged)


def require_unpurged(lake: Lake, release: Release) -> None:
    """Raise CallError for a release with a correction whose content was purged.

    Its tables have rows that were computed from the content.
    """
    purged = correction_log(lake).purged
    files = (file for snapshot in release.tables.values() for file in snapshot.sources)
    ids = [
        ident
        for file in files
        for ident in file.corrections
        if ident in purged and ident not in file.unapplied
    ]
    if ids:
        raise CallError(
            f"release {release.id} was computed with content that was purged since: "
            f"{shown_ids(list(dict.fromkeys(ids)))}",
            hint="choose another release (medallion releases), or run the pipeline again",
        )


def lost_corrections(log: CorrectionLog, release: Release | None) -> dict[str, list[str]]:
    """The corrections that a release has and the lake has lost: ids by the path of their entry."""
    snapshots = release.tables.values() if release else ()
    lost: dict[str, list[str]] = {}
    for ident in log.lost(file for snapshot in snapshots for file in snapshot.sources):
        lost.setdefault(entry_path(entry_of(ident)), []).append(ident)
    return lost


def require_corrections(lake: Lake, log: CorrectionLog, release: Release | None) -> None:
    """Raise DamagedError when corrections are lost that a release has.

    Without this, their records would silently be read as they are in their files.
    """
    lost = lost_corrections(log, release)
    if lost:
        places = [f"{lake.storage.url}/{path}" for path in lost]
        lines = [
            f"{place}: {lost_with(ids)}" for place, ids in zip(places, lost.values(), strict=True)
        ]
        raise DamagedError("\n".join(lines), hint=ADVICE)
