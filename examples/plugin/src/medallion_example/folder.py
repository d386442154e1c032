"""`folder`: releases as Parquet files in a folder, for tools that read files and for web servers.

FOLDER/
  owner.json               which lake's pipeline serves this folder
  active.json              the pointer: the release that readers see
  releases/ID.json         each release that was activated
  tables/NAME__HASH.parquet  one file for each snapshot, never changed
  NAME.parquet             a link to the active file
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, ClassVar, Self
from uuid import uuid4

from medallion.contracts import (
    Flaw,
    LoadReport,
    Owner,
    Release,
    Sink,
    SinkError,
    Snapshot,
    TableSpec,
    Target,
    TooLargeError,
    check_writer,
    literal,
    quote,
    target,
)
from pydantic import field_validator

from medallion_example.folder_store import FolderStore, read_active

if TYPE_CHECKING:
    import pyarrow as pa
    from medallion.contracts import Batches


class Folder(Sink):
    """Serves gold tables as Parquet files in a folder; `NAME.parquet` is always the active one.

    `url` is `folder:` and the path. The store reads the tables of queries into memory, so it suits
    tables of up to some ten thousand rows. Indexes are not used.

    ```yaml
    sinks:
      serving:
        url: folder:published
        tables:
          clients_stats: {key: client_id}
    ```
    """

    name: ClassVar[str] = "folder"

    @field_validator("url")
    @classmethod
    def _names_a_folder(cls, url: str) -> str:
        if not url.startswith("folder:") or url == "folder:":
            raise ValueError("write `folder:` and a path, such as folder:published")
        return url

    @property
    def path(self) -> Path:
        return Path(self.url.removeprefix("folder:"))

    def located(self, base: Path) -> Self:
        return self.model_copy(update={"url": f"folder:{base / self.path}"})

    def load(self, table: TableSpec, snapshot: Snapshot, rows: Batches) -> LoadReport:
        """Write the file beside its place and move it there when it is whole and its key holds."""
        import pyarrow.parquet as pq

        check_writer(self.url, self.owner(), self._writer)
        started = perf_counter()
        wanted = target(self.url, self.version, table, snapshot)
        file = self.path / "tables" / f"{wanted.name}.parquet"
        found = file.exists()
        if not found:
            former = self._former(wanted)
            file.parent.mkdir(parents=True, exist_ok=True)
            part = file.with_suffix(f".{uuid4().hex}.part")
            try:
                with pq.ParquetWriter(part, rows.schema) as writer:
                    first = 0
                    for batch in rows:
                        _check_size(wanted, batch, first)
                        writer.write_batch(batch)
                        first += batch.num_rows
                _check(wanted, part)
                if former:
                    _join(wanted, part, former)
                part.replace(file)
            finally:
                part.unlink(missing_ok=True)
        count = pq.read_metadata(file).num_rows
        return wanted.report(self.label, perf_counter() - started, count, loaded=not found)

    def activate(self, release: Release) -> None:
        served = release.served.get(self.label, {})
        for table, entry in served.items():
            if not (self.path / "tables" / f"{entry.name}.parquet").exists():
                raise SinkError(
                    f"{self.url}: release {release.id} serves {table!r} from {entry.name}, "
                    "which is not there",
                    hint="load its tables first: publish it again",
                )
        check_writer(self.url, self.owner(), self._writer)
        if self._writer:
            self.claim(self._writer)
        body = release.model_dump_json()
        _put(self.path / "releases" / f"{release.id}.json", body)
        _put(self.path / "active.json", body)  # the switch
        for link in self.path.glob("*.parquet"):
            if (
                link.is_symlink()
                and link.readlink().parts[:1] == ("tables",)
                and link.stem not in served
            ):
                link.unlink()
        for table, entry in served.items():
            new = self.path / f".{uuid4().hex}"
            new.symlink_to(Path("tables", f"{entry.name}.parquet"))
            new.replace(self.path / f"{table}.parquet")

    def active(self) -> Release | None:
        return read_active(self.path)

    def owner(self) -> Owner | None:
        file = self.path / "owner.json"
        return (
            Owner.model_validate_json(file.read_text(encoding="utf-8")) if file.exists() else None
        )

    def claim(self, owner: Owner) -> None:
        _put(self.path / "owner.json", owner.model_dump_json())

    def prune(self, keep: Sequence[Release]) -> int:
        check_writer(self.url, self.owner(), self._writer)
        active = self.active()
        kept = [*keep, active] if active else list(keep)
        names = {
            entry.name for release in kept for entry in release.served.get(self.label, {}).values()
        }
        gone = [file for file in (self.path / "tables").glob("*.parquet") if file.stem not in names]
        ids = {release.id for release in kept}
        old = [file for file in (self.path / "releases").glob("*.json") if file.stem not in ids]
        for file in (*old, *gone, *(self.path / "tables").glob("*.part")):
            file.unlink()
        return len(gone)

    def flaws(self, release: Release, rows: int | None = None) -> Iterator[Flaw]:
        for table, entry in release.served.get(self.label, {}).items():
            if not (self.path / "tables" / f"{entry.name}.parquet").exists():
                yield Flaw(table, "is not loaded")

    def discard(self, release: Release, tables: Sequence[str] | None, mark: str) -> str:
        """Remove the files of damaged tables, so that they are loaded again."""
        served = release.served.get(self.label, {})
        names = list(served) if tables is None else list(tables)
        for table in names:
            former = served[table].former
            if former and not (self.path / "tables" / f"{former.name}.parquet").exists():
                raise SinkError(
                    f"{self.url}: table {table!r} is damaged, "
                    "and the rows of earlier runs are nowhere else",
                    hint="bring the folder back from a backup, or run once with `mode: replace`",
                )
        for table in names:
            (self.path / "tables" / f"{served[table].name}.parquet").unlink(missing_ok=True)
        return ""

    def store(self) -> FolderStore:
        return FolderStore(self.path, self.label)

    def _former(self, wanted: Target) -> Path | None:
        """The file whose rows go on being served. Raises SinkError when they cannot be."""
        if wanted.spec.former is None:
            return None
        wanted.carried(wanted.spec.former)
        file = self.path / "tables" / f"{wanted.spec.former.name}.parquet"
        if not file.exists():
            raise wanted.lost(wanted.spec.former)
        return file


def _check(wanted: Target, part: Path) -> None:
    """Raises SinkError unless all rows arrived and the key tells them apart."""
    import pyarrow.parquet as pq

    wanted.reconcile(pq.read_metadata(part).num_rows)
    key = wanted.spec.key
    columns = [pq.read_table(part, columns=[name]).column(0).to_pylist() for name in key]
    for name, values in zip(key, columns, strict=True):
        if None in values:
            raise wanted.null_key(name)
    for values, times in Counter(zip(*columns, strict=True)).most_common(1):
        if times > 1:
            raise wanted.duplicate(", ".join(map(str, values)))


def _join(wanted: Target, part: Path, former: Path) -> None:
    """Add the rows served before: of two rows with one key, the mode says which stays."""
    import duckdb

    arrived, served = (f"read_parquet({literal(str(file))})" for file in (part, former))
    stays, joins = (served, arrived) if wanted.spec.mode == "append" else (arrived, served)
    key, columns = (", ".join(map(quote, names)) for names in (wanted.spec.key, wanted.kinds))
    joined = part.with_suffix(".joined.part")
    with duckdb.connect() as connection:
        rows = connection.sql(
            f"select * from {stays} union all by name "
            f"select * from {joins} where ({key}) not in (select ({key}) from {stays})"
        )
        rows.project(columns).write_parquet(str(joined))
    joined.replace(part)


def _put(file: Path, text: str) -> None:
    """Write a file so that readers see the former text or this one, and nothing between."""
    file.parent.mkdir(parents=True, exist_ok=True)
    part = file.with_name(f".{uuid4().hex}")
    with part.open("w", encoding="utf-8") as stream:
        stream.write(text)
        stream.flush()
        os.fsync(stream.fileno())
    part.replace(file)


def _check_size(wanted: Target, batch: pa.RecordBatch, first: int) -> None:
    """Raise LoadError for a whole number beyond 64 bits, which nobody could filter by."""
    for name, kind in wanted.kinds.items():
        if kind.name == "integer":
            for index, value in enumerate(batch.column(name).to_pylist()):
                if value is not None and not -(2**63) <= value < 2**63:
                    raise wanted.too_large(
                        TooLargeError(name, index, f"{value:.0f} is beyond 64 bits"), first
                    )
