"""Pipeline: load, check, plan, run, publish, roll back."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self, Unpack

from medallion.contracts import Sink, Store
from medallion.declaration.consistency import require_consistent
from medallion.declaration.models import Declaration
from medallion.declaration.variables import read_dotenv
from medallion.declaration.yaml_document import Document
from medallion.errors import CallError
from medallion.lake import ownership
from medallion.lake.candidates import candidate_path
from medallion.lake.lake import Lake
from medallion.lake.lease import unlock
from medallion.lake.ownership import LakeIdentity
from medallion.lake.retention import Collected, collect
from medallion.lineage.openlineage.reporting import reported, reporting_writer
from medallion.records import Release, Run
from medallion.records.html import html_summary
from medallion.run import release_switch as switch
from medallion.run.context import RunContext
from medallion.run.determinism import require_deterministic
from medallion.run.planner import Plan, select
from medallion.run.preview import preview
from medallion.run.progress import with_progress
from medallion.run.run_log import Event
from medallion.run.runner import Execution, Perform
from medallion.run.selection import Selection
from medallion.run.writer import Writer, adopt, exclusive_writer
from medallion.secrets import SECRETS, mask
from medallion.storage.s3_settings import s3_options

if TYPE_CHECKING:
    from medallion.corrections import Corrections
    from medallion.lake.frames import Quarantine
    from medallion.lake.reject_filter import RowChoice
    from medallion.lineage.columns import ColumnLineage
    from medallion.lineage.origin_trace import Condition
    from medallion.lineage.origins import Origins
    from medallion.lineage.release_diff import ReleaseDiff
    from medallion.run.check import Checked

Watch = Callable[[Event], None]


class Pipeline:
    """A checked, runnable declaration.

        run = Pipeline.load("medallion.yaml").run()

    Parameters: `base` is the folder that relative paths start from; `secrets` are values that no
    message may show; `options` say how to reach an S3 server where the environment does not;
    `serving` accepts sections that do not fit the tables, for a server that can serve the rest.
    Raises DeclarationError with every inconsistency in the declaration.
    """

    document: Document | None = None  # the YAML, when it was read from a file

    def __init__(
        self,
        declaration: Declaration,
        *,
        base: Path | str = ".",
        secrets: frozenset[str] = frozenset(),
        options: Mapping[str, Any] | None = None,
        serving: bool = False,
    ) -> None:
        self.declaration = declaration
        self.base = Path(base).absolute()
        require_consistent(declaration, self.base, serving=serving)
        SECRETS.add(*secrets)
        self.lake = Lake(
            declaration.lake, base=self.base, layers=declaration.layers, options=options
        )
        self.sinks: Mapping[str, Sink] = {
            label: item.sink.located(self.base) for label, item in declaration.sinks.items()
        }

    @classmethod
    def load(cls, path: Path | str = "medallion.yaml", *, serving: bool = False) -> Self:
        """Read and check `medallion.yaml`. Raises DeclarationError with each problem and place.

        With `serving`, an endpoint or block that does not fit the tables is logged, and everything
        else is served.
        """
        from medallion.declaration.loader import load

        file = Path(path)
        declaration, document = load(file, serving=serving)
        dotenv = read_dotenv(file.parent / ".env", lambda *_: None)  # `load` has reported faults
        options = s3_options({**dotenv, **os.environ})
        pipeline = cls(declaration, base=file.parent, options=options, serving=serving)
        pipeline.document = document
        return pipeline

    def __repr__(self) -> str:
        layers = ", ".join(
            f"{len(names)} {layer}" for layer, names in self.declaration.tables.items()
        )
        return f"<Pipeline {self.declaration.name}: {layers}; lake {mask(self.lake.storage.url)}>"

    def _repr_html_(self) -> str:
        tables = {name: self.declaration.table(name) for name in self.declaration.names()}
        texts = {name: getattr(table, "description", "") for name, table in tables.items()}
        return html_summary(repr(self), texts)

    def check(self) -> Checked:
        """The columns of every table as far as they are known before a run, and all problems.

        Reads the headers of local source files. Problems are steps, expectations, keys, indexes,
        endpoints and blocks that do not fit the columns.
        """
        from medallion.run.check import check_columns

        return check_columns(self.context)

    def plan(self, selection: Selection | None = None) -> Plan:
        """What a run would do now, and why. Reads the lake and the source files; writes nothing.

        Raises CallError on a selection of unknown tables, DeclarationError for SQL that depends on
        the time or on chance, and OwnershipError when the lake is another pipeline's.
        """
        self.check_owner()
        return preview(self.context, selection)

    def run(
        self,
        selection: Selection | None = None,
        *,
        only: Sequence[str] = (),
        full: bool = False,
        candidate: str | None = None,
        progress: bool | None = None,
        watch: Watch | None = None,
        perform: Perform | None = None,
    ) -> Run:
        """Bring every table up to date and publish the result as one release.

        Parameters: `only` limits the run to these tables; `full` recomputes them even when nothing
        changed; `selection` says the same and more. `candidate` is a name: the result is kept under
        it, for `publish`, and readers do not see it. `progress` shows a bar, by default in a
        notebook only; `watch` is called with each event. `perform` is called with each step and a
        function that does its work, for a scheduler that wraps and retries it.

        Returns the record of the run. Raises LeaseError while another run writes, and DataError or
        ServiceError when a step fails: then nothing is published, and the error's `run` is the
        record of what was done.
        """
        names = (only,) if isinstance(only, str) else tuple(only)
        choice = selection or Selection(only=names, full=full)
        if candidate is not None:
            candidate_path(candidate)
        select(self.declaration, choice)
        require_deterministic(self.context)
        with (
            reported(self.context, watch or (lambda _: None)) as report,
            self.writer(full=choice.full) as writer,
            with_progress(progress, report) as watcher,
        ):
            return Execution(self.context, writer, choice, watcher, perform, candidate).execute()

    def publish(self, candidate: str, *, force: bool = False, note: str = "") -> Release:
        """Publish a candidate: lake and sinks switch to it, and nothing is computed.

        Parameters: `force` publishes one that gates, a hold or another base are against; the
        release records `note`. Raises CallError when it cannot be published.
        """
        with reporting_writer(self.context) as writer:
            return switch.publish_candidate(self.context, writer, candidate, force=force, note=note)

    def discard(self, candidate: str) -> None:
        """Remove a candidate, with all that only it needs. Raises CallError when there is none."""
        with self.writer() as writer:
            switch.discard_candidate(self.context, writer, candidate)

    def why(
        self,
        table: str,
        where: Condition = None,
        *,
        column: str | None = None,
        release: str | None = None,
    ) -> Origins:
        """The source records behind rows of a table, and those that would have counted.

        `where` is a condition or values by column; `column` limits the records to its sources.
        """
        from medallion.lineage import origin_trace

        return origin_trace.why(self.context, table, where, column=column, release=release)

    def quarantine(
        self, table: str | None = None, *, warned: bool = False, **choice: Unpack[RowChoice]
    ) -> Quarantine:
        """The rows of `Lake.quarantine`, or those kept although they break an `on_fail: warn`."""
        from medallion.lineage.warned_rows import warned_rows

        listing = partial(warned_rows, self.context) if warned else self.lake.quarantine
        return listing(table, **choice)

    def lineage(self, column: str) -> ColumnLineage:
        """What a column, such as `gold.products.revenue`, is made of, and what depends on it.

        Raises CallError when there is no such column.
        """
        from medallion.lineage.columns import column_lineage

        return column_lineage(self.context, column)

    def roll_back(self, release: str | None = None, *, hold: bool = False) -> Release:
        """Point lake and sinks back at an earlier release, by default the one before the current.

        Computes nothing. With `hold`, later runs leave candidates and publish nothing, until
        `resume`. Raises CallError when there is no such release, or a sink cannot show it.
        """
        with reporting_writer(self.context) as writer:
            return switch.roll_back(self.context, writer, release, hold=hold)

    def resume(self) -> datetime | None:
        """Let runs publish again. Returns since when they did not, or None when they did."""
        with self.writer() as writer:
            return switch.resume(self.context, writer)

    def diff(
        self,
        before: str | None = None,
        after: str | None = None,
        *,
        tables: Collection[str] = (),
        rows: int | None = 20,
    ) -> ReleaseDiff:
        """What differs between two releases, by default between the current one and the one before.

        Parameters: `before` and `after` are ids, beginnings of ids, or names of candidates; without
        `after`, `before` is compared with the current release. `tables` limits the comparison;
        `rows` is the largest number of differing rows listed of each table, None for all. Raises
        CallError when there is no such release or table.
        """
        from medallion.lineage.diff import compare

        return compare(self.lake, self.declaration, before, after, tables=tables, rows=rows)

    @property
    def corrections(self) -> Corrections:
        """What users wrote in place of rejected records: to list, to add and to revoke."""
        from medallion.corrections import Corrections

        return Corrections(self.context, self.writer)

    def collect(self) -> Collected:
        """Remove what no kept release, run or snapshot needs, and what killed runs left behind."""
        with self.writer() as writer:
            sinks = self.context.owned_sinks(writer.owner)
            return collect(self.lake, self.declaration, sinks, lease=writer.lease, thorough=True)

    def adopt(self) -> LakeIdentity:
        """Make lake and serving databases this pipeline's, whichever pipeline owned them before."""
        return adopt(self.context)

    def unlock(self) -> dict[str, Any] | None:
        """Break the lake's lease, and return its former holder, or None when there was none."""
        return unlock(self.lake.storage)

    def check_owner(self, *, remote: bool = True) -> None:
        """Raise OwnershipError when the lake, or a layer's own `path`, is another pipeline's.

        Without `remote`, those on an object store are not checked.
        """
        ownership.check_everywhere(self.lake, self.declaration.name, remote=remote)

    def store(self, sink: str | None = None) -> Store:
        """The query side of a sink, by default of the first. It connects on first use.

        Raises CallError when there is no such sink.
        """
        label = sink or next(iter(self.sinks), None)
        if label is None or label not in self.sinks:
            reason = f"there is no sink {label!r}" if label else "the declaration has no sinks"
            raise CallError(reason)
        return self.sinks[label].store()

    @property
    def context(self) -> RunContext:
        """The pipeline's parts, for the modules below it."""
        return RunContext(self.declaration, self.base, self.lake, self.sinks, self.document)

    def writer(self, *, full: bool = False) -> AbstractContextManager[Writer]:
        """Hold the lake's lease for the length of a block, with a scratch folder removed after it.

        Raises LeaseError while another run writes, OwnershipError for another pipeline's lake.
        """
        return exclusive_writer(self.context, full=full)
