"""What pages about the lake read from it, once per process and release."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from threading import Lock
from typing import Any

from medallion.errors import MedallionError
from medallion.lake.candidates import candidates
from medallion.lake.frames import rejects_of
from medallion.lake.reject_filter import RejectFilter
from medallion.lake.table import LakeTable
from medallion.lineage.columns import LineageColumn, LineageGraph
from medallion.lineage.table_lineage import ColumnName
from medallion.pipeline import Pipeline
from medallion.records import Candidate, Release, Run
from medallion_panel.data.table_profile import TableProfile, table_profile

SAMPLE = 10
_KEPT = 128  # answers of each kind in memory
_KEPT_RELEASES = 4


@dataclass(frozen=True)
class FileRejects:
    """The rejects of a source file in one release: `rows` are the records of the file."""

    file: str
    rejects: int
    rows: int | None


class LakeReader:
    """Reads the lake of a pipeline; a dashboard on another machine may not reach it.

    Then its methods return None, or nothing. Profiles are computed one at a time.
    """

    def __init__(self, pipeline: Pipeline) -> None:
        self._pipeline = pipeline
        self._turn = Lock()
        self._profiles = dict[tuple[str, str], TableProfile]()  # by table and snapshot
        self._rejects = dict[tuple[str, str], Counter[str]]()
        self._release_of = lru_cache(_KEPT_RELEASES)(self._read_release)
        self._derivations: tuple[object, Mapping[ColumnName, LineageColumn]] = (None, {})

    def release(self, ident: str) -> Release | None:
        """A release or candidate with all of its records, or None."""
        try:
            return self._release_of(ident)
        except MedallionError:
            return None

    def runs(self, limit: int) -> list[Run]:
        """The last runs, the newest first; none when the lake cannot be read."""
        try:
            return self._pipeline.lake.runs(limit)
        except MedallionError:
            return []

    def held(self) -> list[Candidate]:
        """The candidates that a gate has stopped, the newest first."""
        try:
            return [each for each in candidates(self._pipeline.lake) if each.failed]
        except MedallionError:
            return []

    def profile(self, table: str, release: Release) -> TableProfile | None:
        """The profile of a table of a release with all of its records."""
        key = table, release.tables[table].id
        with self._turn:
            if key not in self._profiles:
                try:
                    source = self._table(table, release)
                    self._profiles[key] = table_profile(source.scan(), source.columns)
                except MedallionError:
                    return None
                _forget_oldest(self._profiles)
            return self._profiles[key]

    def sample(self, table: str, release: Release) -> list[tuple[Any, ...]] | None:
        """The first rows of a table of a release with all of its records."""
        try:
            return list(self._table(table, release).select(limit=SAMPLE).fetchall())
        except MedallionError:
            return None

    def derivations(self, release: Release) -> Mapping[ColumnName, LineageColumn]:
        """What each column is made of, as far as it can be followed.

        Read again when tables have other columns.
        """
        columns = {name: snapshot.columns for name, snapshot in release.tables.items()}
        with self._turn:
            if self._derivations[0] != columns:
                try:
                    graph = LineageGraph(self._pipeline.context)
                except MedallionError:
                    return {}
                self._derivations = columns, graph.columns
            return self._derivations[1]

    def file_rejects(self, table: str, release: Release) -> list[FileRejects]:
        """The rejects of a table by source file, most first."""
        snapshot = release.tables[table]
        if not snapshot.rejects:
            return []
        key = table, snapshot.id
        try:
            if key not in self._rejects:
                self._rejects[key] = self._count_rejects(table, release)
                _forget_oldest(self._rejects)
        except MedallionError:
            return []
        records = {
            source.name: source.rows for each in release.tables.values() for source in each.sources
        }
        counts = self._rejects[key].most_common()
        return [FileRejects(file, rejects, records.get(file)) for file, rejects in counts]

    def _table(self, table: str, release: Release) -> LakeTable:
        return LakeTable(self._pipeline.lake.input(release.tables[table], release), release)

    def _read_release(self, ident: str) -> Release:
        lake = self._pipeline.lake
        kept = {each.release.id: each.release for each in candidates(lake)}
        return kept.get(ident) or lake.release(ident)

    def _count_rejects(self, table: str, release: Release) -> Counter[str]:
        rows = rejects_of(self._pipeline.lake.storage, release, table, RejectFilter()).scan()
        groups = rows.aggregate("file, count(*)").fetchall()
        return Counter({str(file): count for file, count in groups if file is not None})


def _forget_oldest(answers: dict[tuple[str, str], Any]) -> None:
    while len(answers) > _KEPT:
        del answers[next(iter(answers))]


@lru_cache(maxsize=4)
def lake_reader(pipeline: Pipeline) -> LakeReader:
    """The one reader of a pipeline's lake in this process."""
    return LakeReader(pipeline)


def is_served(table: str, release: Release) -> bool:
    """Whether a table is one of those that everybody can read."""
    return any(
        entry.table == table for tables in release.served.values() for entry in tables.values()
    )
