"""Pipeline: load, check, plan, run, publish, roll back."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Self

from medallion.contracts import Sink, Store
from medallion.declaration import locations
from medallion.declaration.consistency import faults
from medallion.declaration.models import Declaration
from medallion.declaration.variables import read_dotenv
from medallion.declaration.yaml_document import Document
from medallion.errors import CallError, DamagedError, DeclarationError, MedallionError, Problem
from medallion.lake import ownership
from medallion.lake.frames import summary
from medallion.lake.lake import Lake
from medallion.lake.lease import Lease, lease, unlock
from medallion.lake.ownership import LakeIdentity
from medallion.lake.retention import Collected, collect, finish_removal
from medallion.records import Owner, Release, Run
from medallion.run import ingest
from medallion.run.context import RunContext, Writing
from medallion.run.failures import Failures
from medallion.run.planner import Plan, Selection, plan, select
from medallion.run.progress import shown
from medallion.run.publish import Publisher
from medallion.run.run_log import Event
from medallion.run.runner import Execution, Perform
from medallion.run.source_tokens import read_tokens
from medallion.secrets import SECRETS, mask
from medallion.storage import local_root
from medallion.storage.s3_settings import s3_options
from medallion.storage.scratch import scratch_folder

Watch = Callable[[Event], None]


class Pipeline:
    """A checked, runnable declaration.

        run = Pipeline.load("medallion.yaml").run()

    Parameters: `declaration`; `base`, the folder that relative paths are taken from; `secrets`, values
    that no message may show; `options`, how to reach an S3 server where the environment does not say;
    `serving` accepts sections that do not fit the tables, for a server that can serve the rest.
    Raises DeclarationError with everything wrong between its parts.
    """

    document: Document | None = None  # what was written, when it was read from a file

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
        wrong = [
            (path, message)
            for path, message in faults(declaration)
            if not (serving and path[0] in declaration.sections)
        ]
        wrong = wrong or list(locations.faults(declaration, self.base))
        if wrong:
            raise DeclarationError(
                [Problem("", ".".join(map(str, path)), message) for path, message in wrong]
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
        """Read and check `medallion.yaml`. Raises DeclarationError with every problem and its place.

        With `serving`, an endpoint or block that does not fit the tables is logged, and everything else is served.
        """
        from medallion.declaration.loader import load

        file = Path(path)
        declaration, document = load(file, serving=serving)
        beside = read_dotenv(file.parent / ".env", lambda *_: None)  # its faults were told above
        options = s3_options({**beside, **os.environ})
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
        return summary(repr(self), tables)

    def plan(self, selection: Selection | None = None) -> Plan:
        """What a run would do now, and why. Reads the lake and the source files; writes nothing."""
        self.check_owner()
        current = self.lake.current()
        snapshots = current.tables if current else {}
        lost = self.lake.lost(current, self.declaration.names()) if current else {}
        arrivals, failures = {}, Failures()
        for table in self.context.source_tables():
            before, gone = snapshots.get(table.name), lost.get(table.name, ())
            touched = read_tokens(self.lake.storage, table.name)
            with failures.collected(table.name):
                arrivals[table.name], _ = ingest.take_in(
                    table, before, None, lost=gone, touched=touched
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

        Parameters: `only` limits it to these tables, `full` computes them even when nothing changed; `selection` says
        the same and more; `progress` shows a bar, by default in a notebook only; `watch` gets each step as it goes;
        `perform` is given each step and the work to do, for a scheduler that wraps and retries it.
        Raises LeaseError while another run is writing, and DataError or ServiceError when a step fails:
        then nothing is published, and the error's `run` says what was done.
        """
        names = (only,) if isinstance(only, str) else tuple(only)
        chosen = selection or Selection(only=names, full=full)
        select(self.declaration, chosen)
        with (
            self.writing(full=chosen.full) as writing,
            shown(progress, watch or _unwatched) as watcher,
        ):
            return Execution(self.context, writing, chosen, watcher, perform).execute()

    def roll_back(self, release: str | None = None) -> Release:
        """Point lake and store back at an earlier release, by default the one before the current.

        Nothing is computed. Raises CallError when there is no such release, or a sink cannot show it.
        """
        with self.writing() as writing:
            pointer = self.lake.pointer()
            if pointer.release is None:
                raise CallError(f"{self.lake.url}: nothing was published yet", hint="medallion run")
            earlier = [ident for ident in self.lake.release_ids() if ident < pointer.release]
            if release is None and not earlier:
                raise CallError(
                    f"{pointer.release} is the first release that is kept; there is none to go back to"
                )
            target = self.lake.release(release or earlier[0])
            with Publisher(
                self.context, writing.scratch, owner=writing.owner
            ).connected() as publisher:
                publisher.shown(pointer.published)
                if not publisher.load(target):
                    raise CallError(
                        f"release {target.id} cannot be shown: a sink of another kind or version has published it",
                        hint="declare that sink again, or go on with what is published now",
                    )
                writing.lease.check()
                self.lake.point(target, pointer, writing.lease.token)
                publisher.activate(target)
            return target

    def collect(self) -> Collected:
        """Remove what no kept release, run or snapshot needs, and what killed runs left behind."""
        with self.writing() as writing:
            sinks, lease = self.context.owned_sinks(writing.owner), writing.lease
            return collect(
                self.lake,
                self.declaration,
                sinks,
                run=lease.run,
                check=lease.check,
                until=lease.taken,
                thorough=True,
            )

    def adopt(self) -> LakeIdentity:
        """Make lake and serving databases this pipeline's, whose ever they were, and whatever they show."""
        with lease(self.lake.storage, floor=self._token) as taken:
            actives = {
                label: release.id
                for label, sink in self.sinks.items()
                if (release := sink.active())
            }
            published: tuple[str, ...] = ()
            with suppress(DamagedError):
                published = self.lake.pointer().published
            identity = ownership.adopt(
                self.lake,
                self.declaration.name,
                parted=any(release not in published for release in actives.values()),
            )
            ownership.adopt_layers(self.lake, identity)
            for label, sink in self.sinks.items():
                taken.check()
                sink.claim(self._owner(identity, taken, accepted=actives.get(label)))
            return identity

    def unlock(self) -> dict[str, Any] | None:
        """Free the lake's lease, whoever holds it; its former holder, or None when nobody did."""
        return unlock(self.lake.storage)

    def check_owner(self, *, remote: bool = True) -> None:
        """Raise OwnershipError when the lake, or a layer's own `path`, is another pipeline's.

        Without `remote`, those on an object store are not asked.
        """
        lake, name = self.lake, self.declaration.name
        if not remote and local_root(lake.storage) is None:
            return
        identity = ownership.check_owner(lake, name)
        for layer, storage in ownership.layers_apart(lake):
            if remote or local_root(storage) is not None:
                ownership.check_layer(lake, name, identity, layer, storage)

    def store(self, sink: str | None = None) -> Store:
        """The query side of a sink, by default the first. Connects on first use."""
        label = sink or next(iter(self.sinks), None)
        if label is None or label not in self.sinks:
            raise CallError(
                f"there is no sink {label!r}" if label else "the declaration has no sinks"
            )
        return self.sinks[label].store()

    @property
    def context(self) -> RunContext:
        """The pipeline's parts, for what runs below it."""
        return RunContext(self.declaration, self.base, self.lake, self.sinks, self.document)

    @contextmanager
    def writing(self, *, full: bool = False) -> Iterator[Writing]:
        """Hold the lake's lease, with a scratch folder that is gone afterwards.

        Raises LeaseError, and OwnershipError when the lake is another pipeline's.
        """
        with lease(self.lake.storage, floor=self._token) as taken:
            identity = ownership.claim(self.lake, self.declaration.name, full=full)
            ownership.claim_layers(self.lake, identity)
            if taken.overtaken:
                self.lake.fence(taken.token)
                finish_removal(
                    self.lake, self.declaration, run=taken.run, check=taken.check, until=taken.taken
                )
            with scratch_folder(self.lake.storage, taken.token) as scratch:
                yield Writing(taken, scratch, self._owner(identity, taken))

    def _owner(self, identity: LakeIdentity, taken: Lease, accepted: str | None = None) -> Owner:
        name = self.declaration.name
        return Owner(
            lake=identity.id, pipeline=name, token=taken.token, run=taken.run, accepted=accepted
        )

    def _token(self) -> int:
        """The largest fencing token that pointer and sinks know of, should the lease be lost."""
        tokens = [0]
        with suppress(DamagedError):
            tokens.append(self.lake.pointer(older=True).token)
        for sink in self.sinks.values():
            with suppress(MedallionError):  # whoever writes to it finds it unreachable
                if owner := sink.owner():
                    tokens.append(owner.token)
        return max(tokens)


def _unwatched(event: Event) -> None:
    del event
