"""The stores of releases that a URL names: candidates, and earlier releases that are kept."""

from __future__ import annotations

import asyncio
import threading
from collections import OrderedDict
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from medallion.contracts import NamedRelease, Store
from medallion.errors import MedallionError
from medallion.lake.candidates import NAME, candidate, candidate_heads, release_id
from medallion.pipeline import Pipeline
from medallion.records import Release
from medallion_panel.data.cached_store import CachedStore
from medallion_panel.messages.messages import Messages
from medallion_panel.ui.visitor_errors import visitor_text

_MOST = 4  # stores that are kept in memory
_MOST_RELEASES = 10  # that are offered to compare with
_THREADS = 8


@dataclass(frozen=True)
class NamedStore:
    """The store of one release, and the `banner` that says which one visitors see."""

    store: CachedStore
    banner: str


class NamedStores:
    """Opens the stores of named releases; visitors who see the same release share one."""

    def __init__(self, pipeline: Pipeline, store: Store) -> None:
        self._pipeline, self._store = pipeline, store
        # Of its own: an API or a lake that hangs takes none from visitors of the published release.
        self._pool = ThreadPoolExecutor(_THREADS, thread_name_prefix="dashboard-named")
        self._lock = threading.Lock()
        self._stores: OrderedDict[str, CachedStore] = OrderedDict()

    async def choose(self, reference: str, published: CachedStore, say: Messages) -> NamedStore:
        """The store of a reference, opened in a thread; `published` where that is not possible."""
        loop = asyncio.get_running_loop()
        try:
            return await loop.run_in_executor(self._pool, self.named, reference, say)
        except MedallionError as error:
            reason = visitor_text(error, say)
            banner = say("The published release is shown: {reason}", reason=reason)
            return NamedStore(published, banner)

    def references(self, shown: Release) -> tuple[str, ...]:
        """The names of candidates, and the ids of the last published releases whose tables are
        kept, other than the release that is shown; none where neither API nor lake can be read.
        """
        most = _MOST_RELEASES + 1  # with the one that is shown
        try:
            known = self._store.references(most)
            known = self._lake_references(most) if known is None else known
        except MedallionError:
            return ()
        return tuple(name for name, ident in known.items() if ident != shown.id)

    def _lake_references(self, most: int) -> Mapping[str, str]:
        lake = self._pipeline.lake
        candidates = {head.name: head.release.id for head in candidate_heads(lake)}
        return candidates | {
            ident: ident for ident in lake.release_ids()[:most] if self._is_kept(ident)
        }

    def _is_kept(self, ident: str) -> bool:
        try:
            self._store.kept(ident)
        except MedallionError:
            return False
        return True

    def named(self, reference: str, say: Messages) -> NamedStore:
        """The store of a release, by its id or the name of a candidate.

        Raises CallError when there is none, StorageError when the lake cannot be read, and
        SinkError when an API cannot.
        """
        named = self._store.named(reference) or self._lake_release(reference)
        release = named.release
        banner = say(
            "This is release {release}, and not necessarily the published one.", release=release.id
        )
        if named.candidate:
            name, failed = named.candidate, "; ".join(named.failed)
            parts = [say("This is the candidate “{name}”. It is not published.", name=name)]
            parts += [say("It did not pass: {gates}.", gates=failed)] if failed else []
            banner = " ".join(parts)
        with self._lock:
            store = self._stores.setdefault(release.id, CachedStore(self._store.at(release)))
            self._stores.move_to_end(release.id)
            while len(self._stores) > _MOST:
                self._stores.popitem(last=False)
        return NamedStore(store, banner)

    def _lake_release(self, reference: str) -> NamedRelease:
        lake = self._pipeline.lake
        if NAME.fullmatch(reference):
            record = candidate(lake, reference)
            return NamedRelease(record.release.summary(), record.name, record.failed)
        return NamedRelease(lake.release(release_id(lake, reference)).summary())
