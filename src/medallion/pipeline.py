"""Pipeline: load, check, plan, run, publish, roll back."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, Self

from medallion.contracts import Sink, Store
from medallion.declaration import locations
from medallion.declaration.consistency import faults
from medallion.declaration.models import Declaration
from medallion.declaration.variables import read_dotenv
from medallion.declaration.yaml_document import Document
from medallion.errors import CallError, DeclarationError, Problem
from medallion.lake import ownership
from medallion.lake.lake import Lake
from medallion.lake.lease import unlock
from medallion.lake.ownership import LakeIdentity
from medallion.lake.retention import Collected, collect
from medallion.records import Release, Run
from medallion.records.html import html_summary
from medallion.run import ingest
from medallion.run.context import RunContext
from medallion.run.failures import Failures
from medallion.run.planner import Plan, Selection, plan, select
from medallion.run.progress import with_progress
from medallion.run.publish import Publisher
from medallion.run.run_log import Event
from medallion.run.runner import Execution, Perform
from medallion.run.source_tokens import read_tokens
from medallion.run.writer import Writer, adopt, exclusive_writer
from medallion.secrets import SECRETS, mask
from medallion.storage.s3_settings import s3_options

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
        inconsistencies = [
            (path, message)
            for path, message in faults(declaration)
            if not (serving and path[0] in declaration.sections)
        ] or list(locations.faults(declaration, self.base))
        if inconsistencies:
            raise DeclarationError(
                [Problem("", ".".join(map(str, path)), said) for path, said in inconsistencies]
            )
        SECRETS.add(*secrets)
        self.lake = Lake(
            declaration.lake, base=self.base, layers=declaration.layers, options=options
        )
        self.sinks: Mapping[str, Sink] = {
            label: item.sink.located(self.base) for label, item in declaration.sinks.items()
        }

    @classmethod
    def load(cls, path: Path | str = "medallion.yaml", *, serving: bool = False) -> Self:
        """Read and check `medallion.yaml`. Raises DeclarationError with every problem and its
        place.

        With `serving`, an endpoint or block that does not fit the tables is logged, and everything
        else is served.
        """
        from medallion.declaration.loader import load

        file = Path(path)
        declaration, document = load(file, serving=serving)
        dotenv = read_dotenv(
            file.parent / ".env", lambda *_: None
        )  # `load` has reported its faults
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
        tables = {
            name: getattr(self.declaration.table(name), "description", "")
            for name in self.declaration.names()
        }
        return html_summary(repr(self), tables)

    def plan(self, selection: Selection | None = None) -> Plan:
        """What a run would do now, and why. Reads the lake and the source files; writes nothing.

        Raises CallError on a selection of unknown tables, and OwnershipError when the lake belongs
        to another pipeline.
        """
        self.check_owner()
        current = self.lake.current()
        snapshots = current.tables if current else {}
        lost = self.lake.lost(current, self.declaration.names()) if current else {}
        arrivals, failures = {}, Failures()
        for table in self.context.source_tables():
            with failures.collected(table.name):
                arrivals[table.name], _ = ingest.ingest_table(
                    table,
                    snapshots.get(table.name),
                    None,
                    lost=lost.get(table.name, ()),
                    touched=read_tokens(self.lake.storage, table.name),
                )
        failures.check()
        return plan(self.declaration, arrivals, snapshots, self.lake.find_snapshot, selection, lost)

    def run(
        self,
        selection: Selection | None = None,
        *,
        only: Sequence[str] = (),
        full: bool = False,
        progress: bool | None = None,
        watch: Watch | None = None,
        perform: Perform | None = None,
    ) -> Run:
        """Bring every table up to date and publish the result as one release.

        Parameters: `only` limits the run to these tables; `full` recomputes them even when nothing
        changed; `selection` says the same and more. `progress` shows a bar, by default in a
        notebook only; `watch` is called with each event. `perform` is called with each step and a
        function that does its work, for a scheduler that wraps and retries it.

        Returns the record of the run. Raises LeaseError while another run writes, and DataError or
        ServiceError when a step fails: then nothing is published, and the error's `run` is the
        record of what was done.
        """
        names = (only,) if isinstance(only, str) else tuple(only)
        choice = selection or Selection(only=names, full=full)
        select(self.declaration, choice)
        with (
            self.writer(full=choice.full) as writer,
            with_progress(progress, watch or _ignore) as watcher,
        ):
            return Execution(self.context, writer, choice, watcher, perform).execute()

    def roll_back(self, release: str | None = None) -> Release:
        """Point lake and sinks back at an earlier release, by default the one before the current.

        Computes nothing. Raises CallError when there is no such release, or a sink cannot show it.
        """
        with self.writer() as writer:
            pointer = self.lake.pointer()
            if pointer.release is None:
                raise CallError(f"{self.lake.url}: nothing was published yet", hint="medallion run")
            earlier = [ident for ident in self.lake.release_ids() if ident < pointer.release]
            if release is None and not earlier:
                raise CallError(
                    f"{pointer.release} is the oldest release kept; there is none to roll back to"
                )
            target = self.lake.release(release or earlier[0])
            publisher = Publisher(self.context, writer.scratch, owner=writer.owner)
            with publisher.connected() as connected:
                connected.shown(pointer.published)
                if not connected.load(target):
                    raise CallError(
                        f"release {target.id} cannot be shown: "
                        "a sink of another kind or version published it",
                        hint="declare that sink again, or keep what is published now",
                    )
                writer.lease.check()
                self.lake.point(target, pointer, writer.lease.token)
                connected.activate(target)
            return target

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
        lake, name = self.lake, self.declaration.name
        if not remote and lake.storage.root is None:
            return
        identity = ownership.check_owner(lake, name)
        for layer, storage in ownership.layers_apart(lake):
            if remote or storage.root is not None:
                ownership.check_layer(lake, name, identity, layer, storage)

    def store(self, sink: str | None = None) -> Store:
        """The query side of a sink, by default of the first. It connects on first use.

        Raises CallError when there is no such sink.
        """
        label = sink or next(iter(self.sinks), None)
        if label is None or label not in self.sinks:
            raise CallError(
                f"there is no sink {label!r}" if label else "the declaration has no sinks"
            )
        return self.sinks[label].store()

    @property
    def context(self) -> RunContext:
        """The pipeline's parts, for the modules below it."""
        return RunContext(self.declaration, self.base, self.lake, self.sinks, self.document)

    def writer(self, *, full: bool = False) -> AbstractContextManager[Writer]:
        """Hold the lake's lease for the length of a block, with a scratch folder removed after it.

        Raises LeaseError while another run writes, and OwnershipError when the lake is another
        pipeline's.
        """
        return exclusive_writer(self.context, full=full)


def _ignore(event: Event) -> None:
    del event
