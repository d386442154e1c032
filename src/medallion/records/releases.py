"""Records of releases: snapshots that belong together, and how they are served."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from medallion.identifiers import digest
from medallion.plural import count_of
from medallion.records.base import Masked, Moment, Record
from medallion.records.snapshots import Column, Snapshot

Mode = Literal["replace", "append", "merge"]


class Serving(Record):
    """How a table is served.

    `key` identifies its rows; `indexes` are lists of columns (`-name` descends). The rows of a
    `former` table are served too. Where both have a key, `mode` "merge" serves the snapshot's row
    and "append" the former one.
    """

    columns: tuple[Column, ...]
    key: tuple[str, ...] = ()
    indexes: tuple[tuple[str, ...], ...] = ()
    mode: Mode = "replace"
    former: Served | None = None

    def way(self) -> dict[str, Any]:
        """The fields of `Serving` alone."""
        return {name: getattr(self, name) for name in Serving.model_fields}


class Served(Serving):
    """One table (by its full name) in one sink.

    `name` is the physical table or collection it was loaded into, `rows` the number of rows counted
    there. `former` is the table that the previous release served, without its own `former`.
    """

    table: str
    name: str
    snapshot: str
    rows: int


Serving.model_rebuild()  # `Served` is defined here: subclasses in other modules do not import it


class TableDescription(Record):
    """What the declaration says of a table, in `text`, and of its columns by name."""

    text: Masked = ""
    columns: dict[str, Masked] = Field(default_factory=dict)

    @property
    def digest(self) -> str:
        """Identifies the texts; empty when there are none."""
        texts = [self.text, dict(self.columns)]
        return digest(texts)[:16] if any(texts) else ""


class Approval(Record):
    """How a candidate was published by hand: with `force`, and the gates that it had `failed`."""

    forced: bool = False
    note: Masked = ""
    failed: tuple[Masked, ...] = ()


class Release(Record):
    """A consistent set of snapshots under one id, published atomically.

    `tables` maps full table names to snapshots; `served` maps a sink's name to its tables by plain
    name. `sequence` counts publications and orders releases independently of clocks; `token` is the
    fencing token of its writer. `layers` records how each layer is stored, so that a release can be
    read without its declaration. `lost` are files that were damaged and that `medallion repair`
    could not rebuild. `approval` is set for a candidate that was published by hand. `descriptions`
    are those of the tables that have one, by full name.
    """

    id: str
    pipeline: str
    run: str
    created: Moment
    sequence: int = 0
    token: int = 0
    previous: str | None
    tables: dict[str, Snapshot]
    layers: dict[str, dict[str, Any]]
    served: dict[str, dict[str, Served]] = Field(default_factory=dict)
    lost: tuple[str, ...] = ()
    approval: Approval | None = None
    descriptions: dict[str, TableDescription] = Field(
        default_factory=dict, exclude_if=lambda descriptions: not descriptions
    )

    def described(self, table: str) -> TableDescription:
        """The description of a table by its full name; an empty one if it has none."""
        return self.descriptions.get(table) or TableDescription()

    def summary(self) -> Release:
        """What a store needs to know: summaries of the tables and how they are served; no files."""
        tables = {name: snapshot.summary() for name, snapshot in self.tables.items()}
        return self.model_copy(update={"tables": tables, "layers": {}})

    def __repr__(self) -> str:
        return f"<Release {self.id} of {self.pipeline}: {count_of(len(self.tables), 'table')}>"


class Candidate(Record):
    """A release that readers do not see until it is published.

    `base` is the release that was published when it was computed, and `failed` are the gates that
    it did not pass. After `expires`, it is removed by the next publication or `medallion gc`.
    """

    name: str
    release: Release
    base: str | None
    expires: Moment
    failed: tuple[Masked, ...] = ()

    def __repr__(self) -> str:
        return f"<Candidate {self.name}: {self.release!r}>"


class Owner(Record):
    """The writer of a serving database: a lake's id, its pipeline, the run and its fencing token.

    `accepted` is a release that the database shows and the lake does not know, adopted on purpose.
    """

    lake: str
    pipeline: str
    token: int
    run: str
    accepted: str | None = None
