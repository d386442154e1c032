"""`folder`: releases as Parquet files in a folder, for tools that read files and for web servers.

FOLDER/
  owner.json                 the pipeline that publishes into this folder
  active.json                the pointer: the active release
  releases/ID.json           each release that was activated
  tables/NAME__HASH.parquet  one immutable file per snapshot
  NAME.parquet               a link to the active file
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

    `url` is `folder:` and the path. The store caches whole tables in memory, so it suits tables of
    up to about ten thousand rows. Indexes are not used.

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
        """Write a temporary file, check it, and rename it when it is complete."""
        import pyarrow.parquet as pq

        check_writer(self.url, self.owner(), self._writer)
        start = perf_counter()
        destination = target(self.url, self.version, table, snapshot)
        file = self.path / "tables" / f"{destination.name}.parquet"
        already_loaded = file.exists()
        if not already_loaded:
            former = self._former(destination)
            file.parent.mkdir(parents=True, exist_ok=True)
            temporary = file.with_suffix(f".{uuid4().hex}.part")
            try:
                with pq.ParquetWriter(temporary, rows.schema) as writer:
                    first = 0
                    for batch in rows:
                        _check_integers(destination, batch, first)
                        writer.write_batch(batch)
                        first += batch.num_rows
                _check_rows(destination, temporary)
                if former:
                    _merge_former(destination, temporary, former)
                temporary.replace(file)
            finally:
                temporary.unlink(missing_ok=True)
        count = pq.read_metadata(file).num_rows
        return destination.report(
            self.label, perf_counter() - start, count, loaded=not already_loaded
        )

    def activate(self, release: Release) -> None:
        served = release.served.get(self.label, {})
        for table, entry in served.items():
            if not (self.path / "tables" / f"{entry.name}.parquet").exists():
                raise SinkError(
                    f"{self.url}: release {release.id} serves {table!r} from {entry.name}, "
                    "which does not exist",
                    hint="load its tables first: publish it again",
                )
        check_writer(self.url, self.owner(), self._writer)
        if self._writer:
            self.claim(self._writer)
        body = release.model_dump_json()
        _replace_text(self.path / "releases" / f"{release.id}.json", body)
        _replace_text(self.path / "active.json", body)  # the switch
        for link in self.path.glob("*.parquet"):
            is_ours = link.is_symlink() and link.readlink().parts[:1] == ("tables",)
            if is_ours and link.stem not in served:
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
        _replace_text(self.path / "owner.json", owner.model_dump_json())

    def prune(self, keep: Sequence[Release]) -> int:
        check_writer(self.url, self.owner(), self._writer)
        active = self.active()
        releases = [*keep, active] if active else list(keep)
        served = [release.served.get(self.label, {}) for release in releases]
        names = {entry.name for tables in served for entry in tables.values()}
        unused_tables = [
            file for file in (self.path / "tables").glob("*.parquet") if file.stem not in names
        ]
        ids = {release.id for release in releases}
        unused_releases = [
            file for file in (self.path / "releases").glob("*.json") if file.stem not in ids
        ]
        for file in (*unused_releases, *unused_tables, *(self.path / "tables").glob("*.part")):
            file.unlink()
        return len(unused_tables)

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
                    f"{self.url}: table {table!r} is damaged, and the rows of earlier runs exist "
                    "nowhere else",
                    hint="restore the folder from a backup, or run once with `mode: replace`",
                )
        for table in names:
            (self.path / "tables" / f"{served[table].name}.parquet").unlink(missing_ok=True)
        return ""

    def store(self) -> FolderStore:
        return FolderStore(self.path, self.label)

    def _former(self, destination: Target) -> Path | None:
        """The file of the former table, or None. Raises SinkError if its rows cannot be copied."""
        if destination.spec.former is None:
            return None
        destination.common_columns(destination.spec.former)
        file = self.path / "tables" / f"{destination.spec.former.name}.parquet"
        if not file.exists():
            raise destination.lost(destination.spec.former)
        return file


def _check_rows(destination: Target, file: Path) -> None:
    """Raise SinkError unless all rows arrived, with a key that is unique and not null."""
    import pyarrow.parquet as pq

    destination.reconcile(pq.read_metadata(file).num_rows)
    key = destination.spec.key
    columns = [pq.read_table(file, columns=[name]).column(0).to_pylist() for name in key]
    for name, values in zip(key, columns, strict=True):
        if None in values:
            raise destination.null_key(name)
    for values, count in Counter(zip(*columns, strict=True)).most_common(1):
        if count > 1:
            raise destination.duplicate(", ".join(map(str, values)))


def _merge_former(destination: Target, temporary: Path, former_file: Path) -> None:
    """Add the former rows: of two rows with one key, `append` keeps the former one."""
    import duckdb

    new_rows, former_rows = (
        f"read_parquet({literal(str(file))})" for file in (temporary, former_file)
    )
    preferred, others = (
        (former_rows, new_rows) if destination.spec.mode == "append" else (new_rows, former_rows)
    )
    key, columns = (
        ", ".join(map(quote, names)) for names in (destination.spec.key, destination.kinds)
    )
    merged_file = temporary.with_suffix(".joined.part")
    with duckdb.connect() as connection:
        rows = connection.sql(
            f"select * from {preferred} union all by name "
            f"select * from {others} where ({key}) not in (select ({key}) from {preferred})"
        )
        rows.project(columns).write_parquet(str(merged_file))
    merged_file.replace(temporary)


def _replace_text(file: Path, text: str) -> None:
    """Replace a file atomically: readers see the old text or the new one."""
    file.parent.mkdir(parents=True, exist_ok=True)
    temporary = file.with_name(f".{uuid4().hex}")
    with temporary.open("w", encoding="utf-8") as stream:
        stream.write(text)
        stream.flush()
        os.fsync(stream.fileno())
    temporary.replace(file)


def _check_integers(destination: Target, batch: pa.RecordBatch, first: int) -> None:
    """Raise LoadError for an integer outside 64 bits, by which queries could not filter."""
    for name, kind in destination.kinds.items():
        if kind.name == "integer":
            for index, value in enumerate(batch.column(name).to_pylist()):
                if value is not None and not -(2**63) <= value < 2**63:
                    error = TooLargeError(name, index, f"{value:.0f} is beyond 64 bits")
                    raise destination.too_large(error, first)
