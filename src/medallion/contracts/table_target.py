"""A table to load, for all sinks: its physical name, its indexes, the check of its rows."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from hashlib import sha256

from medallion.contracts import TableSpec
from medallion.contracts.integers import TooLargeError
from medallion.errors import CallError, LoadError, SinkError, did_you_mean
from medallion.plural import count_of
from medallion.query.column_types import Kind, kind_of
from medallion.records import LoadReport, Release, Served, Snapshot

Index = tuple[tuple[str, bool], ...]

_REPLACE = "to start over, run once with `mode: replace`; the published rows are still served"


@dataclass(frozen=True)
class Target:
    """One table to load: `name` is its physical name, `place` its name in messages."""

    spec: TableSpec
    snapshot: Snapshot
    name: str
    place: str

    @property
    def kinds(self) -> dict[str, Kind]:
        return {column.name: kind_of(column.type) for column in self.spec.columns}

    def indexes(self) -> list[Index]:
        """The declared indexes as (column, descending), each with the key at its end."""
        indexes = []
        for declared in self.spec.indexes:
            index = [(name.removeprefix("-"), name.startswith("-")) for name in declared]
            used = [name for name, _ in index]
            index += [(name, False) for name in self.spec.key if name not in used]
            indexes.append(tuple(index))
        return indexes

    def report(self, label: str, seconds: float, rows: int, *, loaded: bool) -> LoadReport:
        """The report of a load; `rows` is the number of rows in the whole table."""
        spec, arrived = self.spec, self.snapshot.rows
        served = Served(
            table=self.snapshot.table,
            name=self.name,
            snapshot=self.snapshot.id,
            rows=rows,
            **spec.way(),
        )
        report = LoadReport(sink=label, served=served, seconds=seconds, loaded=loaded)
        if not loaded:
            return report
        met = arrived + spec.former.rows - rows if spec.former else 0
        return report.model_copy(
            update={"arrived": arrived, "met": met, "rate": round(arrived / seconds, 1)}
        )

    def common_columns(self, former: Served) -> list[str]:
        """The columns that a former table shares with this one; the others are null in its rows.

        Raises LoadError when the key or a type differs.
        """
        types = {column.name: column.type for column in former.columns}
        shared = [column for column in self.spec.columns if column.name in types]
        differ = next((c for c in shared if types[c.name] != c.type), None)
        if former.key == self.spec.key and differ is None:
            return [column.name for column in shared]
        reason = f"their key is ({', '.join(former.key)})"
        if former.key == self.spec.key and differ:
            reason = f"their {differ.name!r} is {types[differ.name]}, not {differ.type}"
        raise LoadError(
            f"{self.place}: it cannot join the rows served before: {reason}", hint=_REPLACE
        )

    def lost(self, former: Served) -> LoadError:
        """The error for a former table that does not exist."""
        return lost_rows(self.place, former)

    def reconcile(self, arrived: int) -> None:
        """Raise LoadError unless the database has as many rows as the snapshot."""
        if arrived != self.snapshot.rows:
            raise LoadError(
                f"{self.place}: {count_of(arrived, 'row')} arrived, "
                f"the snapshot holds {self.snapshot.rows}",
                hint="nothing was published; run again, and if it recurs, with --full",
            )

    def duplicate(self, value: object) -> LoadError:
        """The error for a key that more than one row has."""
        return LoadError(
            f"{self.place}: key ({', '.join(self.spec.key)}) is not unique: "
            f"more than one row has {value}",
            hint="deduplicate the table by its key, or declare a key that identifies its rows",
        )

    def too_large(self, error: TooLargeError, first: int) -> LoadError:
        """The error for a value that does not fit; `first` is the first row of its batch."""
        return LoadError(
            f"{self.place}: column {error.column!r}, row {first + error.index + 1:,}: {error.what}",
            hint=error.hint,
        )

    def null_key(self, name: str) -> LoadError:
        """The error for a row without a key."""
        return LoadError(
            f"{self.place}: {name!r} is null in some row, and it is part of the key",
            hint="expect it to be not_null with `on_fail: quarantine`, or declare another key",
        )


def lost_rows(place: str, lost: Served) -> LoadError:
    """The error for served rows that the database lacks; the lake has only the latest run's."""
    return LoadError(
        f"{place}: the rows served before, {lost.name} with {count_of(lost.rows, 'row')}, "
        "are not in this database, "
        "and the lake has only those of the latest run",
        hint="restore the database from a backup, or its former `url` if that was changed; "
        "to give up the rows of earlier runs, set `mode: replace` for this table, "
        "run medallion run, and set the mode back",
    )


def require_loaded(
    place: str, release: Release, served: Mapping[str, Served], loaded: Collection[str]
) -> None:
    """Raise SinkError when a table that a release serves is not among the loaded ones.

    Parameters: `served` are its tables in this sink, `loaded` the physical names.
    """
    for table, entry in served.items():
        if entry.name not in loaded:
            raise SinkError(
                f"{place}: release {release.id} serves {table!r} from {entry.name}, "
                "which does not exist",
                hint="load its tables first: publish it again",
            )


def target(place: str, version: int, spec: TableSpec, snapshot: Snapshot) -> Target:
    """The target of a table. Its physical name is unique for snapshot, serving and former table.

    Raises CallError when the key or an index names an unknown column.
    """
    names = [column.name for column in spec.columns]
    for name in (*spec.key, *(name.removeprefix("-") for index in spec.indexes for name in index)):
        if name not in names:
            raise CallError(
                f"table {spec.name!r} has no column {name!r} to index{did_you_mean(name, names)}"
            )
    for column in spec.columns:
        if column.name in spec.key and not kind_of(column.type).ordered:
            raise CallError(
                f"table {spec.name!r}: a {kind_of(column.type)} such as {column.name!r} "
                "cannot be a key"
            )
    former = spec.former.name if spec.former else None
    identity = [snapshot.id, version, spec.model_dump(mode="json", exclude={"former"}), former]
    suffix = sha256(json.dumps(identity, sort_keys=True).encode()).hexdigest()[:10]
    return Target(spec, snapshot, f"{spec.name}__{suffix}", f"{place}: table {spec.name!r}")


def masked(url: str) -> str:
    """A URL without user, password and options, fit for messages."""
    scheme, mark, rest = url.partition("://")
    rest = rest.partition("?")[0] if "@" not in rest.partition("?")[2] else rest
    user, at, host = rest.rpartition("@")
    return f"{scheme}{mark}{'***@' if at and user else ''}{host.partition('?')[0]}"
