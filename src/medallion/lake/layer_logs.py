"""Layers with a log that other programs read, such as Delta's: brought up to date with a release.

`logs.json` has the tables with a log and the release that all of them show, so that the log of a
table that is no longer declared does not name files that retention removes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import partial
from typing import TYPE_CHECKING, Any, cast

from pydantic import ValidationError

from medallion import plugins
from medallion.contracts import Layer
from medallion.errors import DamagedError, LeaseError, MissingError
from medallion.identifiers import TableName, next_id
from medallion.lake.lake import Lake
from medallion.lake.ownership import read_identity, read_layer_owner
from medallion.lake.record_files import set_aside
from medallion.records import Record, Release
from medallion.secrets import mask_all
from medallion.storage.sealed_records import read_record, write_record

if TYPE_CHECKING:
    from medallion.storage import Storage

PATH = "logs.json"


class LoggedTable(Record):
    """A table with a log, by its full name, and how its layer is stored."""

    table: str
    layer: dict[str, Any]

    @property
    def place(self) -> tuple[str, str | None]:
        """The table and its layer's own path: there is one log at each place."""
        return self.table, self.layer.get("path")


class LogRecord(Record):
    """The tables with a log, and the release that the logs show."""

    release: str
    tables: tuple[LoggedTable, ...]


def activate_logs(lake: Lake, release: Release, *, again: bool = False) -> None:
    """Make all logs show the published release.

    Parameters: `again` looks at the logs even when the record says that they show it. Raises
    LeaseError when a newer writer has published meanwhile.
    """
    record = _read(lake)
    tables = tuple(_logged_tables(lake, release))
    latter = LogRecord(release=release.id, tables=tables)
    if not (record.tables or tables) or (record == latter and not again):
        return
    places = {item.place for item in tables}
    former = [item for item in record.tables if item.place not in places]
    if places - {item.place for item in record.tables}:
        # Recorded before they are written, so that every log is known.
        _write(lake, LogRecord(release=record.release, tables=(*former, *tables)))
    for layer, items in _by_layer(former):
        built = cast("Layer", plugins.build(plugins.LAYERS, items[0].layer))
        storage = lake.layer_storage(layer, built)
        if not built.path or _is_own(lake, storage):
            gone = dict.fromkeys(TableName(item.table).table for item in items)
            built.activate(storage, release, gone, partial(_check, lake, release))
    for _, items in _by_layer(tables):
        source = lake.input(release.tables[items[0].table], release)
        shown = {TableName(item.table).table: release.tables[item.table] for item in items}
        source.layer.activate(source.storage, release, shown, partial(_check, lake, release))
    _check(lake, release)
    _write(lake, latter)


def are_recorded(lake: Lake, release: Release) -> bool:
    """Whether the record says that all logs show a release, so that a run leaves them as they are.

    Raises DamagedError.
    """
    tables = tuple(_logged_tables(lake, release))
    try:
        record = LogRecord.model_validate(read_record(lake.storage, PATH))
    except MissingError:
        return not tables
    return record == LogRecord(release=release.id, tables=tables)


def _logged_tables(lake: Lake, release: Release) -> Iterator[LoggedTable]:
    for name, snapshot in release.tables.items():
        layer = lake.input(snapshot, release).layer
        if layer.has_log:
            settings = mask_all({"type": layer.name, **layer.model_dump(mode="json")})
            yield LoggedTable(table=name, layer=settings)


def _by_layer(tables: Iterable[LoggedTable]) -> Iterator[tuple[str, list[LoggedTable]]]:
    """The tables at one place of one layer, with the layer's name."""
    groups: dict[tuple[str, str | None], list[LoggedTable]] = {}
    for item in tables:
        key = TableName(item.table).layer, item.layer.get("path")
        groups.setdefault(key, []).append(item)
    for (name, _), items in groups.items():
        yield name, items


def _check(lake: Lake, release: Release) -> None:
    """Raise LeaseError when a newer writer has published."""
    if lake.pointer().release != release.id:
        raise LeaseError(
            f"{lake.storage.url}: a newer writer has published since release {release.id}",
            hint="run again",
        )


def _is_own(lake: Lake, storage: Storage) -> bool:
    """Whether a folder that tables were in until now still belongs to this lake."""
    owner, identity = read_layer_owner(storage), read_identity(lake)
    return owner is not None and identity is not None and owner.lake == identity.id


def _read(lake: Lake) -> LogRecord:
    """The record; an empty one when it is lost or damaged. A damaged one goes to `damaged/`."""
    try:
        return LogRecord.model_validate(read_record(lake.storage, PATH))
    except MissingError:
        pass
    except (DamagedError, ValidationError):
        set_aside(lake.storage, lake.storage, PATH, next_id(None))
    return LogRecord(release="", tables=())


def _write(lake: Lake, record: LogRecord) -> None:
    write_record(lake.storage, PATH, record.model_dump_json(indent=1).encode())
