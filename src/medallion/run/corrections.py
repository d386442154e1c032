"""Corrections: edited rejects become corrections, which are listed and revoked."""

from __future__ import annotations

import getpass
import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from medallion.errors import CallError, LeaseError, did_you_mean
from medallion.identifiers import now
from medallion.lake.corrections import CorrectionLog, add_entry, correction_log, purge_content
from medallion.lake.frames import Listing
from medallion.records import Correction, CorrectionEntry
from medallion.run.context import RunContext
from medallion.run.edited_rows import Corrected, EditedRows
from medallion.run.rejected_records import Cells
from medallion.run.writer import Writer

APPLIED = "applied"


def correct(
    context: RunContext,
    writer: Writer,
    table: str,
    rows: Sequence[Cells],
    *,
    note: str = "",
    author: str = "",
    file: str = "",
) -> Corrected:
    """Store the edited rows of a table's rejects as corrections, all or none.

    Parameters: `file` is the name of the file that has the rows, for messages.
    Raises DataError with every row that cannot be one, and CallError for an unknown table.
    """
    log = correction_log(context.lake)
    result = EditedRows(context, log, table, rows, writer.lease.run, file).corrections()
    if result.added:
        entry = CorrectionEntry(
            id=writer.lease.run,
            created=now(),
            author=author or user_name(),
            note=note,
            corrections=result.added,
        )
        with lease_needed("stored"):
            writer.lease.check()
        add_entry(context.lake, entry)
    return result


def revoke(
    context: RunContext, writer: Writer, ids: Sequence[str], *, purge: bool = False
) -> list[Correction]:
    """Revoke corrections by their ids, or by the common beginning of those stored together.

    With `purge`, their content is removed, too. Returns those that were not revoked, or not purged,
    before. Raises CallError when there is no such id.
    """
    log = correction_log(context.lake)
    chosen: dict[str, Correction] = {}
    for ident in ids:
        matches = [each for each in log.all if each.id == ident or each.entry == ident]
        if not matches:
            known = did_you_mean(ident, [each.id for each in log.all])
            hint = "medallion corrections lists them"
            raise CallError(f"there is no correction {ident!r}{known}", hint=hint)
        chosen |= {
            each.id: each
            for each in matches
            if (each.id not in log.purged if purge else each.id in log.active)
        }
    if chosen:
        revoked = tuple(ident for ident in chosen if ident in log.active)
        entry = CorrectionEntry(
            id=writer.lease.run,
            created=now(),
            author=user_name(),
            revoked=revoked,
            purged=tuple(chosen) if purge else (),
        )
        with lease_needed("revoked"):
            writer.lease.check()
        add_entry(context.lake, entry)
    if purge:  # also for ids whose purge was killed
        try:
            purge_content(context.lake, writer.lease.check)
        except LeaseError as error:
            raise LeaseError(
                f"corrections are revoked, and not all of their content is removed: "
                f"{error.message}",
                hint="run the same command again",
            ) from error
    return list(chosen.values())


@contextmanager
def lease_needed(done: str) -> Iterator[None]:
    """An error about the lake's lease says that no correction was stored or revoked."""
    try:
        yield
    except LeaseError as error:
        message = f"no correction was {done}: {error.message}"
        raise LeaseError(message, hint=error.hint) from error


def correction_listing(context: RunContext, table: str | None = None) -> Listing:
    """All corrections, or those of a table: what was corrected by whom, and whether it is applied.

    `original` and `values` are JSON objects. `applied` concerns the current release; otherwise
    `state` says why not.
    """
    log, release = correction_log(context.lake), context.lake.current()
    reasons = log.reasons(release.tables if release else {})
    rows = []
    for entry in log.entries:
        for each in entry.corrections:
            if table not in (None, each.table, each.source):
                continue
            state = _state(context, log, each, reasons[each.id])
            rows.append(
                {
                    "id": each.id,
                    "table": each.table,
                    "source": each.source,
                    "file": each.file,
                    "record": each.record,
                    "original": each.original,
                    "values": json.dumps(each.values, ensure_ascii=False),
                    "changes": each.changes,
                    "author": entry.author,
                    "created": entry.created,
                    "note": entry.note,
                    "applied": state == APPLIED,
                    "state": state,
                }
            )
    return Listing("corrections", rows)


def _state(context: RunContext, log: CorrectionLog, correction: Correction, reason: str) -> str:
    """Whether the current release has a correction, or why not.

    Parameters: `reason` is why its source files are without it, if they are.
    """
    newest = log.newest[correction.source, correction.sha256, correction.record]
    if correction.purged:
        return "purged" if reason else "purged; the next run reads the original"
    if correction.id in log.revoked:
        return "revoked" if reason else "revoked; the next run reads the original"
    if newest is not correction:
        return f"replaced by {newest.id}"
    if correction.source not in context.declaration.names():
        return f"the declaration has no table {correction.source}"
    return reason or APPLIED


def user_name() -> str:
    """The user of the operating system; a container may have none."""
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return "unknown"
